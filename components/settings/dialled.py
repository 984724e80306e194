"""What nodes dial when they call each other, by their elasticsearch.yml, and whether certificates name it.

With `verification_mode: full` a node compares a peer's certificate with what it dialled. At first that is an entry of
`discovery.seed_hosts`, and then what the peer publishes; both as they are written, a name as a name: a published host
name travels with its address. Sources: reference/elasticsearch/configuration-reference/security-settings
(verification_mode), networking-settings (publish_host), discovery-cluster-formation-settings (seed_hosts);
elastic/elasticsearch 39970.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from components.nodes import hosts
from components.pki.sans import Sans, canonical_host
from components.settings.concerns import texts
from components.settings.scalars import Value

SEEDS = "discovery.seed_hosts"


@dataclass(frozen=True, slots=True)
class Dialled:
    """A host that somebody dials.

    Attributes:
        host: the name or address, in canonical form.
        node: the node that it is the address of; empty where that is not known.
        by: the nodes whose settings say so.
        setting: the setting that says so.
        others: what else the same setting says: which one of them is dialled is not known, so one that is named is
            enough.
    """

    host: str
    node: str
    by: tuple[str, ...]
    setting: str
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Published:
    """What a node publishes for one of its layers.

    Attributes:
        setting: the setting that says so; empty where none does.
        hosts: names and addresses, in canonical form.
        special: values that Elasticsearch itself turns into addresses of the machine.
    """

    setting: str = ""
    hosts: tuple[str, ...] = ()
    special: tuple[str, ...] = ()

    @property
    def is_told(self) -> bool:
        """Whether it is one of these hosts, and not another address of the machine."""
        return bool(self.hosts) and all(map(hosts.is_loopback, self.special))


def published(settings: Mapping[str, Value], layer: str = "transport") -> Published:
    """Return what a node publishes; variables are left out. Source: networking-settings (publish_host)."""
    for key in (f"{layer}.publish_host", f"{layer}.host", "network.publish_host", "network.host"):
        written = [text for text in texts(settings, key) if "${" not in text]
        if written:
            special = tuple(text for text in written if hosts.is_special(text) or hosts.wildcard_meaning(text))
            plain = set(written) - set(special)
            beyond = {text for text in plain if not hosts.is_loopback(hosts.bare(text))}
            return Published(key, tuple(_canonical(beyond or plain)), special)
    return Published()


def seeds(settings: Mapping[str, Value]) -> tuple[str, ...]:
    """Return the names and addresses in `discovery.seed_hosts`, in canonical form; variables are left out."""
    return tuple(dict.fromkeys(_canonical(map(host_of, texts(settings, SEEDS)))))


def host_of(place: str) -> str:
    """Return the host of a place such as `es-1:9300`, `[fd00::1]:9300` or `10.0.0.1`."""
    text = place.strip()
    if hosts.ip_of(text) is not None:
        return hosts.bare(text)
    return text[1:].partition("]")[0] if text.startswith("[") else text.partition(":")[0]


def dialled(settings: Mapping[str, Mapping[str, Value]]) -> tuple[Dialled, ...]:
    """Return what nodes dial of each other, by the settings of all of them.

    Args:
        settings: the effective settings of each node, by its name.
    """
    return (*_by_publishing(settings), *_by_seeds(settings))


def unnamed(found: Iterable[Dialled], vouched: Mapping[str, Sans]) -> tuple[Dialled, ...]:
    """Return what is dialled, and named by no certificate that could be meant.

    A seed host is some node's: it is enough that the certificate of one of them names it.

    Args:
        found: what is dialled.
        vouched: what the certificate of each node names, by the node's name.
    """
    return tuple(
        one
        for one in found
        if not any(
            sans.covers(host)
            for name, sans in vouched.items()
            if one.node in ("", name)
            for host in (one.host, *one.others)
        )
    )


def node_meant(host: str, nodes: Iterable[str]) -> str:
    """Return the node whose name a host name begins with; empty where there is none."""
    first = "" if hosts.ip_of(host) else host.partition(".")[0]
    return next((name for name in nodes if name.lower() in (host, first)), "")


def _by_publishing(settings: Mapping[str, Mapping[str, Value]]) -> Iterator[Dialled]:
    for name, own in settings.items():
        told = published(own)
        if told.is_told:
            for host in told.hosts:
                others = tuple(other for other in told.hosts if other != host)
                yield Dialled(host, name, (name,), told.setting, others)


def _by_seeds(settings: Mapping[str, Mapping[str, Value]]) -> Iterator[Dialled]:
    by: dict[str, list[str]] = {}
    for name, own in settings.items():
        for host in seeds(own):
            by.setdefault(host, []).append(name)
    yield from (Dialled(host, "", tuple(names), SEEDS) for host, names in by.items())


def _canonical(written: Iterable[str]) -> Iterator[str]:
    """Yield host names and addresses in canonical form; what no certificate could carry is left out."""
    for text in sorted(written):
        try:
            yield canonical_host(hosts.bare(text))
        except ValueError:
            continue
