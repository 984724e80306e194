"""Names that nodes dial of each other, or tell clients to dial, and that no certificate would carry."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from components.facts.node import NodeFacts
from components.nodes import hosts
from components.pki.sans import Sans
from components.pki.spec import Layer
from components.settings.dialled import Dialled, dialled, node_meant, published, seeds, unnamed
from components.settings.scenarios import Scenario, VerificationMode
from stacks.discovered import Discovered
from stacks.inventory import sans_of
from stacks.model import StackModel


@dataclass(frozen=True, slots=True)
class Missed:
    """A name that is dialled, and that no certificate would name.

    Attributes:
        dialled: what is dialled, and who says so.
        seen: the node that is meant; None where that is not known.
    """

    dialled: Dialled
    seen: Discovered | None

    def __str__(self) -> str:
        told = f"`{self.dialled.setting}` of {', '.join(self.dialled.by)}"
        if self.seen is None:
            return f"{told} has {self.dialled.host}, which no certificate would name: add it to the node's `names`"
        return (
            f"{told} has {self.dialled.host}, which the certificate of {self.seen.name} would not name: add it to "
            f"`nodes[{self.seen.index}].names`"
        )


def missed(nodes: Sequence[Discovered], model: StackModel) -> tuple[Missed, ...]:
    """Return what nodes dial of each other, and clients are told to dial, and that no certificate would name."""
    known = [one for one in nodes if one.facts is not None and one.facts.found is not None]
    found: list[Missed] = []
    if model.cluster.scenario.contains(Scenario.BASIC) and len(nodes) > 1 and _asks_for_names(model):
        vouched = {one.name: sans_of(one.spec, Layer.TRANSPORT, model) for one in nodes}
        settings = {one.name: one.facts.settings for one in known if one.facts}
        found += [_missed(one, nodes) for one in unnamed(dialled(settings), vouched)]
        found += _by_address(known, vouched)
    if model.cluster.scenario.contains(Scenario.BASIC_HTTPS):
        found += _to_clients(known, model)
    return tuple({(one.dialled.host, one.seen.name if one.seen else ""): one for one in reversed(found)}.values())[::-1]


def _asks_for_names(model: StackModel) -> bool:
    return model.transport.verification_mode is VerificationMode.FULL


def _missed(one: Dialled, nodes: Sequence[Discovered]) -> Missed:
    """Return what is missed, with the node that is meant: by who publishes it, by its addresses, or by its name."""
    by_name = {each.name: each for each in nodes}
    if one.node:
        return Missed(one, by_name[one.node])
    addresses = {one.host} if hosts.ip_of(one.host) else set[str]()
    for name in one.by:
        addresses |= by_name[name].resolved.get(one.host, frozenset())
    theirs = [each for each in nodes if addresses & _addresses(each)]
    named = node_meant(one.host, by_name)
    if len(theirs) == 1:
        return Missed(one, theirs[0])
    return Missed(one, by_name[named] if named else None)


def _addresses(seen: Discovered) -> set[str]:
    own = set(seen.facts.machine.addresses) if seen.facts else set()
    return own | {host for host in (seen.spec.address, *seen.spec.names) if hosts.ip_of(host)}


def _by_address(nodes: Sequence[Discovered], vouched: Mapping[str, Sans]) -> Iterator[Missed]:
    """Yield the address of a node that publishes one of its machine's by a special value, such as `_site_`.

    Of several addresses it is not known which one it publishes, so one that is named is enough.
    """
    for one in nodes:
        if one.facts is None:
            continue
        told, own = published(one.facts.settings), one.facts.machine.addresses
        elsewhere = [text for text in told.special if not hosts.is_loopback(text)]
        if elsewhere and not told.hosts and own and not any(vouched[one.name].covers(each) for each in own):
            host = own[0]
            yield Missed(Dialled(host, one.name, (one.name,), f"{told.setting}: {', '.join(elsewhere)}"), one)


def _to_clients(nodes: Sequence[Discovered], model: StackModel) -> Iterator[Missed]:
    """Yield what nodes tell clients to dial that ask for all nodes (sniffing). Source: networking-settings."""
    for one in nodes:
        told = published(one.facts.settings, "http") if one.facts else None
        sans = sans_of(one.spec, Layer.HTTP, model)
        for host in told.hosts if told else ():
            if not sans.covers(host):
                yield Missed(Dialled(host, one.name, (one.name,), told.setting if told else ""), one)


def names_to_add(seen: Discovered, found: Iterable[Missed]) -> list[str]:
    """Return what is missed in a node's certificates, but for its address, which stands there in any case."""
    theirs = (one.dialled.host for one in found if one.seen and one.seen.index == seen.index)
    return [host for host in theirs if host != seen.spec.address]


def seed_names(nodes: Iterable[NodeFacts]) -> frozenset[str]:
    """Return the host names among the seed hosts, whose addresses are to be asked for."""
    return frozenset(host for facts in nodes for host in seeds(facts.settings) if hosts.ip_of(host) is None)
