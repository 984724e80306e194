"""Rules across the sections of a stack file. Each returns every mistake it finds; the tuple at the end is the list."""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass

from components.nodes import hosts
from components.pki.spec import FileFormat, Layer, authority_must_outlive_leaves
from components.settings.scenarios import Scenario, VerificationMode
from stacks.fips_rules import FIPS_RULES
from stacks.hook_rules import HOOK_RULES
from stacks.inventory import sans_of
from stacks.kibana_rules import KIBANA_RULES
from stacks.machine_rules import MACHINE_RULES
from stacks.mistakes import Mistake, names_given_twice
from stacks.model import StackModel
from stacks.own_authority_rules import OWN_AUTHORITY_RULES
from stacks.reissue_rules import REISSUE_RULES
from stacks.rotation_rules import ROTATION_RULES


def node_names_are_distinct(model: StackModel) -> Iterator[Mistake]:
    """Every node needs a name of its own. Source: set-up-basic-security (node.name)."""
    yield from names_given_twice("nodes", [node.name for node in model.nodes])


def addresses_are_distinct(model: StackModel) -> Iterator[Mistake]:
    """No two layers may listen in the same place."""
    taken: dict[tuple[str, int], str] = {}
    for index, node in enumerate(model.nodes):
        for key, port in (("http_port", node.http_port), ("transport_port", node.transport_port)):
            place = f"nodes[{index}].{key}"
            first = taken.setdefault((node.address, port), place)
            if first != place:
                yield Mistake(
                    place,
                    f"is {port}, and {hosts.with_port(node.address, port)} is that of {first} already",
                    "give the node another address, or this layer another port",
                )


def addresses_can_be_dialled(model: StackModel) -> Iterator[Mistake]:
    """Others reach a node at its one address."""
    for index, node in enumerate(model.nodes):
        why = hosts.why_nobody_can_dial(node.address)
        if why:
            yield Mistake(f"nodes[{index}].address", f"is `{node.address}`, {why}", "name the one address of this node")


def public_addresses_need_a_flag(model: StackModel) -> Iterator[Mistake]:
    """Elasticsearch does not belong on the public internet. Source: manually-configure-security (Never expose)."""
    if model.exposure.allow_public_addresses:
        return
    for index, node in enumerate(model.nodes):
        for key, value in (("address", node.address), ("bind", node.bind)):
            if value is not None and hosts.is_public(value):
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
        meaning = hosts.wildcard_meaning(node.bind or "")
        if meaning:
            yield Mistake(
                f"nodes[{index}].bind",
                f"is `{node.bind}`, which means {meaning}",
                "name one address, `_local_` or `_site_`, or accept the danger with "
                "`exposure: {allow_wildcard_bind: true}`",
            )


def bind_is_an_address(model: StackModel) -> Iterator[Mistake]:
    """`bind` is an address or one of Elasticsearch's special values. Source: networking-settings."""
    for index, node in enumerate(model.nodes):
        if node.bind is not None and not hosts.is_bindable(node.bind):
            yield Mistake(
                f"nodes[{index}].bind",
                f"is `{node.bind}`" if node.bind else "is an empty text",
                "it must be one address or host name without a port, `_local_` or `_site_`",
            )


def full_verification_needs_every_address(model: StackModel) -> Iterator[Mistake]:
    """With `full`, a certificate must name the address at which its node is dialled.

    Source: security-settings, xpack.security.transport.ssl.verification_mode.
    """
    if model.transport.verification_mode is not VerificationMode.FULL:
        return
    for index, node in enumerate(model.nodes):
        bind = node.bind
        if bind is None or not hosts.is_bindable(bind) or hosts.is_special(bind) or hosts.wildcard_meaning(bind):
            continue
        if not sans_of(node, Layer.TRANSPORT, model).covers(str(hosts.ip_of(bind) or bind.strip())):
            yield Mistake(
                f"nodes[{index}].bind",
                f"is {bind}, which the node publishes, and no name of its certificate says so",
                "add it to `names` of this node, or set `transport: {verification_mode: certificate}`",
            )


def a_signer_outlives_its_leaves(model: StackModel) -> Iterator[Mistake]:
    """A leaf must not outlive its authority."""
    authorities = {Layer.TRANSPORT: model.authorities.transport}
    if model.cluster.scenario.contains(Scenario.BASIC_HTTPS):
        authorities[Layer.HTTP] = model.authorities.http
    for layer, authority in authorities.items():
        if authority_must_outlive_leaves(layer, authority, model.certificates):
            yield Mistake(
                f"authorities.{layer}.valid_for",
                f"is `{authority.valid_for}`",
                f"it must be at least twice `certificates.valid_for`, which is `{model.certificates.valid_for}`: "
                "a leaf must not outlive its authority",
            )


def minimal_is_for_one_node(model: StackModel) -> Iterator[Mistake]:
    """Several nodes need TLS between them. Source: manually-configure-security (minimal security, important)."""
    if model.cluster.scenario is Scenario.MINIMAL and len(model.nodes) > 1:
        yield Mistake(
            "cluster.scenario",
            f"is `minimal`, and there are {len(model.nodes)} nodes, which need TLS between them",
            "use `basic` or `basic-https`",
        )


def minimal_is_not_for_production(model: StackModel) -> Iterator[Mistake]:
    """Passwords alone are not enough where people depend on it. Source: set-up-minimal-security (production mode)."""
    if model.cluster.scenario is Scenario.MINIMAL and model.cluster.production:
        yield Mistake(
            "cluster.scenario",
            "is `minimal`, which is not enough for production: nothing is encrypted",
            "use `basic-https`, or take `production: true` away",
        )


def minimal_stays_on_loopback(model: StackModel) -> Iterator[Mistake]:
    """Without TLS, nobody on another machine may reach the node. Source: bootstrap-checks (development mode)."""
    if model.cluster.scenario is not Scenario.MINIMAL:
        return
    for index, node in enumerate(model.nodes):
        for key, value in (("address", node.address), ("bind", node.bind)):
            if value is not None and not hosts.is_loopback(value):
                yield Mistake(
                    f"nodes[{index}].{key}",
                    f"is `{value}`, and with scenario `minimal` nothing on the network is encrypted",
                    "use a loopback address such as 127.0.0.1, or scenario `basic-https`",
                )


def taking_over_needs_one_key_file(model: StackModel) -> Iterator[Mistake]:
    """A node that is taken over presents its old leaf out of our one key file until all trust the new CA."""
    if model.takeover is not None and model.certificates.key_format is FileFormat.PEM:
        yield Mistake(
            "certificates.key_format", "is `pem`, and `takeover` needs `pkcs12`", "change it once the cluster is ours"
        )


def http_names_need_https(model: StackModel) -> Iterator[Mistake]:
    """Names for a certificate that is not made would mislead."""
    if model.http.names and not model.cluster.scenario.contains(Scenario.BASIC_HTTPS):
        yield Mistake(
            "http.names",
            f"is set, and scenario `{model.cluster.scenario}` has no HTTP certificates",
            "remove it, or use scenario `basic-https`",
        )


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    Attributes:
        find: returns every mistake that it finds.
        reads: the sections that it looks at; it is not asked while one of them cannot be read.
    """

    find: Callable[[StackModel], Iterable[Mistake]]
    reads: frozenset[str]


def _rule(find: Callable[[StackModel], Iterable[Mistake]], *reads: str) -> Rule:
    return Rule(find, frozenset(reads))


SECTION_RULES = {
    **MACHINE_RULES,
    **FIPS_RULES,
    **KIBANA_RULES,
    **OWN_AUTHORITY_RULES,
    **ROTATION_RULES,
    **REISSUE_RULES,
    **HOOK_RULES,
}
"""Rules that have a module of their own, and the sections that each one reads."""

RULES: tuple[Rule, ...] = (
    _rule(node_names_are_distinct, "nodes"),
    _rule(addresses_are_distinct, "nodes"),
    _rule(addresses_can_be_dialled, "nodes"),
    _rule(public_addresses_need_a_flag, "nodes", "exposure"),
    _rule(wildcard_binds_need_a_flag, "nodes", "exposure"),
    _rule(bind_is_an_address, "nodes"),
    _rule(full_verification_needs_every_address, "nodes", "transport"),
    _rule(a_signer_outlives_its_leaves, "cluster", "authorities", "certificates"),
    _rule(minimal_is_for_one_node, "cluster", "nodes"),
    _rule(minimal_is_not_for_production, "cluster"),
    _rule(minimal_stays_on_loopback, "cluster", "nodes"),
    _rule(taking_over_needs_one_key_file, "takeover", "certificates"),
    _rule(http_names_need_https, "cluster", "http"),
    *(_rule(find, *reads) for find, reads in SECTION_RULES.items()),
)


def mistakes_across(model: StackModel, unreadable: Collection[str] = ()) -> tuple[Mistake, ...]:
    """Return every mistake that the rules find.

    Args:
        model: the stack file.
        unreadable: sections that stand in the model only for lack of better ones; no rule looks at them.
    """
    asked = [rule for rule in RULES if rule.reads.isdisjoint(unreadable)]
    return tuple(mistake for rule in asked for mistake in rule.find(model))


def sections_waited_for(unreadable: Collection[str]) -> tuple[str, ...]:
    """Return the sections that some rule waits for, in the order of the model."""
    read = frozenset().union(*(rule.reads for rule in RULES))
    return tuple(section for section in StackModel.model_fields if section in read and section in unreadable)
