"""Rules across the sections of a stack file. Each returns every mistake it finds; the tuple at the end is the list."""

import ipaddress
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from components.pki.sans import Sans
from components.pki.spec import Layer, authority_must_outlive_leaves
from components.settings.scenarios import Scenario, VerificationMode
from stacks.inventory import sans_of
from stacks.mistakes import Mistake
from stacks.model import StackModel

Rule = Callable[[StackModel], Iterable[Mistake]]

WILDCARD_BINDS = frozenset({"0.0.0.0", "::", "_global_", "0", "*", "_all_"})  # noqa: S104 (what is refused)


def node_names_are_distinct(model: StackModel) -> Iterator[Mistake]:
    """Every node needs a name of its own. Source: set-up-basic-security (node.name)."""
    counts = Counter(node.name for node in model.nodes)
    for index, node in enumerate(model.nodes):
        first = next(number for number, other in enumerate(model.nodes) if other.name == node.name)
        if counts[node.name] > 1 and index != first:
            yield Mistake(
                f"nodes[{index}].name", f"is `{node.name}`, which nodes[{first}] has already", "give it another name"
            )


def addresses_are_distinct(model: StackModel) -> Iterator[Mistake]:
    """No two layers may listen in the same place."""
    taken: dict[tuple[str, int], str] = {}
    for index, node in enumerate(model.nodes):
        for key, port in (("http_port", node.http_port), ("transport_port", node.transport_port)):
            place = (node.address, port)
            if place in taken:
                yield Mistake(
                    f"nodes[{index}].{key}",
                    f"is {node.address}:{port}, which {taken[place]} has already",
                    "give the node an address or a port of its own",
                )
            taken.setdefault(place, f"nodes[{index}].{key}")


def config_folders_are_distinct(model: StackModel) -> Iterator[Mistake]:
    """Two nodes of one machine need two config folders; only known where an address is used twice."""
    folders: dict[tuple[str, str], int] = {}
    for index, node in enumerate(model.nodes):
        machine = node.machine or model.machine
        config = machine.config or model.machine.config
        if config is None:
            continue
        place = (node.address, config.replace("{name}", node.name))
        if place in folders:
            yield Mistake(
                f"nodes[{index}].machine.config",
                f"is `{place[1]}`, which nodes[{folders[place]}] has already",
                "give each node a config folder of its own, for example with `{name}` in the path",
            )
        folders.setdefault(place, index)


def machine_is_described(model: StackModel) -> Iterator[Mistake]:
    """An archive can be anywhere, so its folder has to be named."""
    for index, node in enumerate(model.nodes):
        home = (node.machine.home if node.machine else None) or model.machine.home
        if home is None:
            yield Mistake(
                f"nodes[{index}].machine.home",
                "is missing",
                "name the folder with `bin/elasticsearch`, here or once for all in `machine.home`",
            )


def public_addresses_need_a_flag(model: StackModel) -> Iterator[Mistake]:
    """Elasticsearch does not belong on the public internet. Source: manually-configure-security (Never expose)."""
    if model.exposure.allow_public_addresses:
        return
    for index, node in enumerate(model.nodes):
        for key, value in (("address", node.address), ("bind", node.bind)):
            if value is not None and _is_public(value):
                yield Mistake(
                    f"nodes[{index}].{key}",
                    f"is {value}, an address of the public internet",
                    "use a private one, or accept the danger with `exposure: {allow_public_addresses: true}`",
                )


def wildcard_binds_need_a_flag(model: StackModel) -> Iterator[Mistake]:
    """Binding to every address exposes a node by accident. Source: networking-settings (network.host)."""
    if model.exposure.allow_wildcard_bind:
        return
    for index, node in enumerate(model.nodes):
        if node.bind is not None and node.bind.strip().lower() in WILDCARD_BINDS:
            yield Mistake(
                f"nodes[{index}].bind",
                f"is {node.bind}, which means every address of the machine",
                "name one address, `_local_` or `_site_`, or accept the danger with "
                "`exposure: {allow_wildcard_bind: true}`",
            )


def bind_is_an_address(model: StackModel) -> Iterator[Mistake]:
    """`bind` is an address or one of Elasticsearch's special values. Source: networking-settings."""
    for index, node in enumerate(model.nodes):
        bind = node.bind
        if bind is None or bind.strip().lower() in WILDCARD_BINDS or (bind.startswith("_") and bind.endswith("_")):
            continue
        if not bind.strip() or any(character.isspace() or character in "/:," for character in _bare(bind)):
            yield Mistake(
                f"nodes[{index}].bind", f"is `{bind}`", "it must be one address, a host name, `_local_` or `_site_`"
            )


def full_verification_needs_every_address(model: StackModel) -> Iterator[Mistake]:
    """With `full`, a certificate must name the address at which its node is dialled.

    Source: security-settings, xpack.security.transport.ssl.verification_mode.
    """
    if model.transport.verification_mode is not VerificationMode.FULL:
        return
    for index, node in enumerate(model.nodes):
        if node.bind is None or node.bind.startswith("_") or node.bind in WILDCARD_BINDS:
            continue
        if not sans_of(node, Layer.TRANSPORT, model).covers(_bare(node.bind)):
            yield Mistake(
                f"nodes[{index}].bind",
                f"is {node.bind}, which the node publishes, and no name of its certificate says so",
                "add it to `names` of this node, or set `transport.verification_mode: certificate`",
            )


def wildcard_names_do_not_replace_addresses(model: StackModel) -> Iterator[Mistake]:
    """A node is dialled by one address; a pattern cannot be dialled."""
    for index, node in enumerate(model.nodes):
        if node.address.startswith("*"):
            yield Mistake(
                f"nodes[{index}].address", f"is `{node.address}`, a pattern", "name the one address of this node"
            )


def a_signer_outlives_its_leaves(model: StackModel) -> Iterator[Mistake]:
    """A leaf must not outlive its authority."""
    for layer, authority in ((Layer.TRANSPORT, model.authorities.transport), (Layer.HTTP, model.authorities.http)):
        found = authority_must_outlive_leaves(layer, authority, model.certificates)
        if found:
            yield Mistake(f"authorities.{layer}.valid_for", f"is {authority.valid_for}", found.message)


def minimal_is_not_there_yet(model: StackModel) -> Iterator[Mistake]:
    """The table of `minimal` is there, its component is not."""
    if model.cluster.scenario is Scenario.MINIMAL:
        yield Mistake("cluster.scenario", "is `minimal`, which is not supported yet", "use `basic` or `basic-https`")


def http_names_need_https(model: StackModel) -> Iterator[Mistake]:
    """Names for a certificate that is not made would mislead."""
    if model.http.names and not model.cluster.scenario.contains(Scenario.BASIC_HTTPS):
        yield Mistake(
            "http.names",
            f"is set, and scenario `{model.cluster.scenario}` has no HTTP certificates",
            "remove it, or use scenario `basic-https`",
        )


RULES: tuple[Rule, ...] = (
    node_names_are_distinct,
    addresses_are_distinct,
    config_folders_are_distinct,
    machine_is_described,
    public_addresses_need_a_flag,
    wildcard_binds_need_a_flag,
    bind_is_an_address,
    full_verification_needs_every_address,
    wildcard_names_do_not_replace_addresses,
    a_signer_outlives_its_leaves,
    minimal_is_not_there_yet,
    http_names_need_https,
)


def mistakes_across(model: StackModel) -> tuple[Mistake, ...]:
    """Return every mistake that the rules find."""
    return tuple(mistake for rule in RULES for mistake in rule(model))


def _bare(host: str) -> str:
    return host.strip().removeprefix("[").removesuffix("]") if not _is_ip(host) else Sans.from_hosts([host]).ips[0]


def _is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text.strip())
    except ValueError:
        return False
    return True


def _is_public(text: str) -> bool:
    try:
        return ipaddress.ip_address(text.strip()).is_global
    except ValueError:
        return False
