"""From what the operator wrote to what the plugin gets: nodes with every default filled in, and their names."""

from pathlib import Path

from components.clients.spec import Kibana, KibanaSpec, host_of
from components.nodes.layouts import LAYOUTS, OWN_KEYS, Runtime, Way
from components.nodes.spec import Commands, CommandsSpec, Machine, MachineSpec, Node, NodeSpec
from components.nodes.ssh_spec import Ssh, SshSpec
from components.pki.sans import Sans
from components.pki.spec import Layer
from stacks.model import StackModel

LOOPBACK = ("localhost", "127.0.0.1", "::1")
PATHS = ("home", "config", "pid_file", "keystore_password_file")
"""Keys of a machine that are paths, in which `{name}` stands for the node's name."""
LAYOUT_KEYS = ("home", "config", "pid_file", "user", "unit", "container")
"""Keys of a machine for which a layout may have a value."""
TEXTS = (*PATHS, "user", "unit", "container")
"""Keys in which `{name}` stands for the node's name."""
SECTIONS = ("ssh", "commands")
"""Keys with keys below them."""
SSH_FILES = ("identity_file", "config_file", "sudo_password_file")
"""Keys below `ssh` that are paths on the machine of the operator."""


def sans_of(node: NodeSpec, layer: Layer, model: StackModel) -> Sans:
    """Return what a node's leaf must name: its address, its name, and what clients dial on the HTTP layer.

    Loopback is only named on the HTTP layer, where tools on the machine itself call the node.
    """
    hosts = [node.address, *node.names]
    if layer is Layer.HTTP:
        hosts += [*model.http.names, *LOOPBACK]
    return Sans.from_hosts(hosts, where=f"names of {node.name}")


def least_sans_of(node: NodeSpec, layer: Layer, model: StackModel) -> Sans:
    """Return what a node's leaf must name if it was signed elsewhere: what others dial, and nothing besides."""
    names = model.http.names if layer is Layer.HTTP else ()
    return Sans.from_hosts([node.address, *names], where=f"names of {node.name}")


def nodes_of(model: StackModel, root: Path) -> tuple[Node, ...]:
    """Return the nodes as the plugin gets them; relative paths are relative to ``root``, the project's folder."""
    return tuple(
        Node(
            name=node.name,
            address=node.address,
            http_port=node.http_port,
            transport_port=node.transport_port,
            machine=machine_for(node, model.machine, root),
        )
        for node in model.nodes
    )


def machine_for(node: NodeSpec, default: MachineSpec, root: Path) -> Machine:
    """Return a node's machine: its own section over the common one over the layout's defaults."""
    wanted = machine_spec_of(node, default)

    def path(text: str) -> str:
        return str((root / text).absolute())

    home = path(wanted.home or ".")
    config = path(wanted.config) if wanted.config else f"{home}/config"
    return Machine(
        node=node.name,
        layout=wanted.layout,
        home=home,
        config=config,
        pid_file=path(wanted.pid_file) if wanted.pid_file else f"{config}/elasticsearch.pid",
        user=wanted.user,
        keystore_password_file=path(wanted.keystore_password_file) if wanted.keystore_password_file else None,
        ssh=None if wanted.ssh is None else ssh_for(node.name, node.address, wanted.ssh, root),
        unit=wanted.unit,
        container=wanted.container,
        runtime=wanted.runtime,
        commands=None if wanted.commands is None else Commands(**wanted.commands.model_dump()),
    )


def ssh_for(name: str, address: str, spec: SshSpec, root: Path) -> Ssh:
    """Return how a machine is reached; relative paths are relative to ``root``, since these files are on this machine.

    Args:
        name: of the node or the Kibana; `{name}` stands for it.
        address: what is dialled where the stack file names no other host.
        spec: what is written.
        root: the project's folder.
    """
    texts = {key: text.replace("{name}", name) for key in SSH_FILES if (text := getattr(spec, key)) is not None}
    files = {key: str((root / text).absolute()) for key, text in texts.items()}
    return Ssh(**{**spec.model_dump(), "host": (spec.host or address).replace("{name}", name), **files})


def machine_spec_of(node: NodeSpec, default: MachineSpec) -> MachineSpec:
    """Return what is written about a node's machine, in its own section or in the common one, for this node.

    What is not written is as the layout has it; a key of the common section that another layout knows is left out.
    """
    wanted = _over(default, node.machine) if node.machine else default
    facts = LAYOUTS[wanted.layout]
    strange = OWN_KEYS - facts.keys
    texts = {key: text for key in LAYOUT_KEYS if (text := getattr(facts, key))}
    texts |= {key: text for key in TEXTS if key not in strange and (text := getattr(wanted, key)) is not None}
    texts = {key: text.replace("{name}", node.name) for key, text in texts.items()}
    if texts.get("home") and facts.way is Way.DAEMON:
        texts.setdefault("config", f"{texts['home']}/config")
    others = {
        "commands": None if wanted.commands is None else _named(wanted.commands, node.name),
        "runtime": (wanted.runtime or Runtime.DOCKER) if facts.way is Way.CONTAINER else None,
    }
    return wanted.model_copy(update={**dict.fromkeys(strange), **texts, **others})


def _named(commands: CommandsSpec, name: str) -> CommandsSpec:
    """Return the commands for a node."""
    return CommandsSpec(**{verb: tuple(word.replace("{name}", name) for word in words) for verb, words in commands})


def _over(default: MachineSpec, own: MachineSpec) -> MachineSpec:
    """Return the common section with what a node's own one says in its place, key by key, and below `SECTIONS`."""
    written = {key: getattr(own, key) for key in own.model_fields_set if getattr(own, key) is not None}
    for section in SECTIONS:
        ours, common = getattr(own, section), getattr(default, section)
        if ours is not None and common is not None:
            below = {key: getattr(ours, key) for key in ours.model_fields_set}
            written[section] = common.model_copy(update=below)
    return default.model_copy(update=written)


def kibana_sans_of(kibana: KibanaSpec) -> Sans:
    """Return what a Kibana's leaf must name: where it listens, and what people type."""
    public = [host_of(kibana.public_url)] if kibana.public_url else []
    return Sans.from_hosts([kibana.address, *kibana.names, *public, *LOOPBACK], where=f"names of {kibana.name}")


def kibana_of(spec: KibanaSpec, root: Path) -> Kibana:
    """Return a Kibana as the plugin gets it; relative paths are relative to ``root``, the project's folder."""

    def path(text: str) -> str:
        return str((root / text.replace("{name}", spec.name)).absolute())

    home = path(spec.home)
    config = path(spec.config) if spec.config else f"{home}/config"
    pid_file = path(spec.pid_file) if spec.pid_file else f"{config}/kibana.pid"
    command = tuple(word.replace("{name}", spec.name) for word in spec.restart)
    if command and "/" in command[0] and spec.ssh is None:
        command = (path(command[0]), *command[1:])
    return Kibana(
        name=spec.name,
        address=spec.address,
        port=spec.port,
        public_url=spec.public_url,
        machine=Machine(
            node=spec.name,
            home=home,
            config=config,
            pid_file=pid_file,
            user=spec.user,
            ssh=None if spec.ssh is None else ssh_for(spec.name, spec.address, spec.ssh, root),
        ),
        restart=command,
        own_certificate=spec.own_certificate,
    )
