"""Rules on how Elasticsearch is installed and run on a machine, as a stack file says it."""

import re
from collections.abc import Callable, Iterator

from components.nodes.layouts import LAYOUTS, OWN_KEYS, Layout, Way
from components.nodes.spec import MachineSpec
from stacks.inventory import machine_spec_of
from stacks.mistakes import Mistake
from stacks.model import StackModel

NAMES = {"unit": r"[A-Za-z0-9][A-Za-z0-9:_.@\\-]*", "container": r"[A-Za-z0-9][A-Za-z0-9_.-]*"}
"""What systemd and container runtimes take for a name; none of them begins as an option does."""
PLACEHOLDER = "{name}"


def keys_fit_the_layout(model: StackModel) -> Iterator[Mistake]:
    """A key that only other layouts know would be passed over in silence."""
    for place, machine, layouts in _written(model):
        known = frozenset().union(*(LAYOUTS[layout].keys for layout in layouts))
        for key in sorted(OWN_KEYS - known):
            if getattr(machine, key) is not None:
                fit = " or ".join(f"`{layout}`" for layout, facts in LAYOUTS.items() if key in facts.keys)
                has = " and ".join(f"`{layout}`" for layout in layouts)
                yield Mistake(
                    f"{place}.{key}", f"means nothing with layout {has}", f"take it out, or write layout {fit}"
                )


def containers_name_their_folder(model: StackModel) -> Iterator[Mistake]:
    """Where a container's config folder lies on the machine is everybody's own choice."""
    bare = [
        index
        for index, node in enumerate(model.nodes)
        if LAYOUTS[(machine := machine_spec_of(node, model.machine)).layout].way is Way.CONTAINER
        and machine.config is None
    ]
    right = "name the folder of the machine that is mounted as the container's config folder"
    if len(bare) == len(model.nodes):
        yield Mistake("machine.config", "is missing", f"{right}, for example `/srv/{PLACEHOLDER}/config`")
        return
    for index in bare:
        yield Mistake(f"nodes[{index}].machine.config", "is missing", right)


def names_can_be_names(model: StackModel) -> Iterator[Mistake]:
    """A unit and a container have names of letters, digits and a few signs."""
    for place, machine, _ in _written(model):
        for key, pattern in NAMES.items():
            name = getattr(machine, key)
            if name is not None and not re.fullmatch(pattern, name.replace(PLACEHOLDER, "x")):
                wrong = f"is `{name}`, which is no name of a {key}" if name else "is an empty text"
                yield Mistake(f"{place}.{key}", wrong, f"write its name; the only placeholder is `{PLACEHOLDER}`")


def commands_are_whole(model: StackModel) -> Iterator[Mistake]:
    """Whoever starts a node has to stop it as well, and a program is found by its name or its absolute path."""
    for index, node in enumerate(model.nodes):
        commands = machine_spec_of(node, model.machine).commands
        own = node.machine is not None and node.machine.commands is not None
        if commands is None or (not own and index and _is_common(model, index)):
            continue
        place = f"nodes[{index}].machine.commands" if own else "machine.commands"
        if bool(commands.start) is not bool(commands.stop):
            there, missing = ("start", "stop") if commands.start else ("stop", "start")
            yield Mistake(f"{place}.{missing}", f"is missing, and there is `{there}`", "give both, or none")
        for verb, words in commands:
            if words and (not words[0] or ("/" in words[0] and not words[0].startswith("/"))):
                wrong = f"begins with `{words[0]}`" if words[0] else "begins with an empty word"
                yield Mistake(f"{place}.{verb}[0]", wrong, "name a program, or write its absolute path")


def _is_common(model: StackModel, index: int) -> bool:
    """Tell whether an earlier node has the commands of the common section already."""
    return any(node.machine is None or node.machine.commands is None for node in model.nodes[:index])


def _written(model: StackModel) -> Iterator[tuple[str, MachineSpec, tuple[Layout, ...]]]:
    """Return each section on a machine with its place, and the layouts of the nodes that it is about."""
    everyone = [machine_spec_of(node, model.machine).layout for node in model.nodes]
    yield "machine", model.machine, tuple(dict.fromkeys(everyone))
    for index, node in enumerate(model.nodes):
        if node.machine is not None:
            yield f"nodes[{index}].machine", node.machine, (everyone[index],)


LAYOUT_RULES: tuple[Callable[[StackModel], Iterator[Mistake]], ...] = (
    keys_fit_the_layout,
    containers_name_their_folder,
    names_can_be_names,
    commands_are_whole,
)
