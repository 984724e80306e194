"""Rules on machines in a stack file: where Elasticsearch is on each of them, and how it is reached."""

import posixpath
from collections.abc import Callable, Collection, Iterator, Mapping

from components.nodes import hosts
from components.nodes.layouts import LAYOUTS
from components.nodes.spec import MachineSpec
from components.nodes.ssh_spec import SshSpec
from stacks.inventory import PATHS, SSH_FILES, machine_spec_of
from stacks.layout_rules import LAYOUT_RULES
from stacks.mistakes import Mistake
from stacks.model import StackModel
from stacks.paths import mistakes_in_paths


def machine_is_described(model: StackModel) -> Iterator[Mistake]:
    """An archive can be anywhere, so its folder has to be named."""
    homeless = [i for i, node in enumerate(model.nodes) if machine_spec_of(node, model.machine).home is None]
    if len(homeless) == len(model.nodes):
        where = "name the folder with `bin/elasticsearch`, or how it was installed (`machine.layout`)"
        yield Mistake("machine.home", "is missing", where)
        return
    for index in homeless:
        yield Mistake(
            f"nodes[{index}].machine.home",
            "is missing",
            "name the folder with `bin/elasticsearch`, here or once for all in `machine.home`",
        )


def paths_are_written_out(model: StackModel) -> Iterator[Mistake]:
    """Nobody is there to expand `~` or a variable, and `{name}` is the only placeholder."""
    written = [("machine", model.machine)]
    written += [(f"nodes[{index}].machine", node.machine) for index, node in enumerate(model.nodes) if node.machine]
    for place, machine in written:
        yield from mistakes_in_paths(place, machine)
        yield from mistakes_in_paths(f"{place}.ssh", machine.ssh, SSH_FILES)


def folders_are_distinct(model: StackModel) -> Iterator[Mistake]:
    """Two nodes on one machine need two config folders and two files for their process ids.

    Nodes that have addresses of their own are most likely on machines of their own: then it is one mistake.
    """
    shared = list(_shared(model))
    if shared and _are_elsewhere(model, [index for index, *_ in shared]):
        _, key, path, _ = shared[0]
        names = ", ".join(node.name for node in model.nodes)
        wrong = f"is missing, so {names} would share `{path}` on this machine"
        yield Mistake(
            "machine.ssh", wrong, f"write `ssh: {{}}` if they are on other machines; else {_each_its_own(key)}"
        )
        return
    for index, key, path, first in shared:
        wrong = f"is `{path}`, which nodes[{first}] has already"
        yield Mistake(f"nodes[{index}].machine.{key}", wrong, _each_its_own(key))


def _each_its_own(key: str) -> str:
    return f"give each node its own, for example with `{{name}}` in `machine.{key}`"


def _shared(model: StackModel) -> Iterator[tuple[int, str, str, int]]:
    """Yield the node, the key and what it leads to, with the node that has it already."""
    taken: dict[str, int] = {}
    for index, node in enumerate(model.nodes):
        machine = machine_spec_of(node, model.machine)
        if _first_of_name(model, index) != index or _is_typed_twice(model, index, machine.ssh):
            continue
        for key, path in _own_paths(machine):
            first = taken.setdefault(f"{place_of(machine.ssh, node.name, node.address)} {key} {path}", index)
            if first != index:
                yield index, key, path, first


def _is_typed_twice(model: StackModel, index: int, ssh: SshSpec | None) -> bool:
    """Tell whether a node has all that an earlier one is reached at: a slip, which is told as one of its address."""
    node = model.nodes[index]
    if hosts.is_loopback(node.address) or (ssh is not None and ssh.host is not None):
        return False
    reached = (node.address, node.http_port, node.transport_port)
    return any((one.address, one.http_port, one.transport_port) == reached for one in model.nodes[:index])


def _are_elsewhere(model: StackModel, indices: Collection[int]) -> bool:
    """Tell whether nodes that are looked for on this machine have addresses of their own."""
    nodes = [model.nodes[0], *(model.nodes[index] for index in indices)]
    ours = all(machine_spec_of(node, model.machine).ssh is None for node in nodes)
    addresses = {node.address for node in nodes if not hosts.is_loopback(node.address)}
    return ours and len(addresses) == len({node.name for node in nodes}) > 1


def nobody_runs_as_root(model: StackModel) -> Iterator[Mistake]:
    """Elasticsearch refuses to start as root. Source: start-stop-elasticsearch."""
    written = [("machine", model.machine.user)]
    written += [(f"nodes[{i}].machine", node.machine.user) for i, node in enumerate(model.nodes) if node.machine]
    for place, user in written:
        if user is not None and user.partition(":")[0] in {"root", "0", ""}:
            yield Mistake(
                f"{place}.user",
                f"is `{user}`, as whom Elasticsearch refuses to run" if user else "is an empty text",
                "name the user that Elasticsearch runs as, or leave it out: the owner of the config folder",
            )


def paths_on_other_machines_are_absolute(model: StackModel) -> Iterator[Mistake]:
    """A relative path is relative to this project, and other machines have none of it."""
    told = set()
    for index, node in enumerate(model.nodes):
        machine = machine_spec_of(node, model.machine)
        for key in PATHS if machine.ssh is not None else ():
            path = getattr(machine, key)
            own = node.machine is not None and getattr(node.machine, key) is not None
            place = f"nodes[{index}].machine.{key}" if own else f"machine.{key}"
            written = own or getattr(model.machine, key) is not None  # `config` may be what `home` makes of it
            if path and written and not path.startswith("/") and place not in told:
                told.add(place)
                yield Mistake(place, f"is `{path}`, and {node.name} is reached by SSH", "write the absolute path there")


def _first_of_name(model: StackModel, index: int) -> int:
    return next(number for number, node in enumerate(model.nodes) if node.name == model.nodes[index].name)


def _own_paths(machine: MachineSpec) -> list[tuple[str, str]]:
    """Return the paths and names that no two nodes may share."""
    known = LAYOUTS[machine.layout].keys
    paths = [("config", machine.config), ("pid_file", machine.pid_file if "pid_file" in known else None)]
    names = [("unit", machine.unit), ("container", machine.container)]
    return [(key, posixpath.normpath(path)) for key, path in paths if path] + [
        (key, name) for key, name in names if name
    ]


def place_of(ssh: SshSpec | None, name: str, address: str) -> str:
    """Return which machine something with this name and address is on; an empty text for this one."""
    return "" if ssh is None else f"{(ssh.host or address).replace('{name}', name)}:{ssh.port or 22}"


MACHINE_RULES: Mapping[Callable[[StackModel], Iterator[Mistake]], tuple[str, ...]] = {
    machine_is_described: ("nodes", "machine"),
    paths_are_written_out: ("nodes", "machine"),
    folders_are_distinct: ("nodes", "machine"),
    paths_on_other_machines_are_absolute: ("nodes", "machine"),
    nobody_runs_as_root: ("nodes", "machine"),
    **dict.fromkeys(LAYOUT_RULES, ("nodes", "machine")),
}
"""Each rule, and the sections that it reads."""
