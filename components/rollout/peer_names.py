"""Whether nodes will find the names that they dial in each other's certificates: asked before anything changes.

With `verification_mode: full` a name that is dialled and not named keeps two nodes apart. It is only said, and not
refused: a seed host may be a machine that is no more.
"""

from collections.abc import Mapping, Sequence

from components.nodes import hosts
from components.pki.sans import Sans
from components.rollout.preflight import Gate, Sign
from components.settings.concerns import is_on
from components.settings.dialled import Dialled, dialled, node_meant, published, unnamed
from components.settings.scalars import Value
from components.settings.scenarios import VERIFICATION_MODE, T, VerificationMode

FULL = VerificationMode.FULL.value
REFUSED = "peers would refuse it; add it to its `names`"


def names_missed(settings: Mapping[str, Mapping[str, Value]], vouched: Mapping[str, Sequence[str]]) -> tuple[Gate, ...]:
    """Return a gate to be minded for each name that nodes dial, and that no certificate will name.

    Args:
        settings: what each node is to start with, by its name.
        vouched: the names and addresses that the transport leaf of each node carries; of one that is not in it nothing
            is known.
    """
    if not vouched or not any(_asks_for_names(each) for each in settings.values()):
        return ()
    sans = {name: _sans(found) for name, found in vouched.items()}
    known = (one for one in _dialled_by_peers(settings) if one.node in ("", *vouched))
    return tuple(_gate(one, tuple(settings)) for one in unnamed(known, sans))


def published_and_missed(
    published_now: Mapping[str, str], settings: Mapping[str, Mapping[str, Value]], vouched: Mapping[str, Sequence[str]]
) -> tuple[Gate, ...]:
    """Return a gate to be minded for each node that publishes what its certificate will not name, as the cluster tells.

    Only where its settings do not say what it publishes, as with `_site_` or `0.0.0.0`. Loopback is left out: then no
    other machine dials it, and what it publishes once it listens elsewhere nobody knows yet.

    Args:
        published_now: what each node publishes for the transport layer, by its name; of others nothing is known.
        settings: as in `names_missed`.
        vouched: likewise.
    """
    return tuple(
        Gate("NameMissed", Sign.MIND, f"{name} publishes {host} now, which its certificate will not name: {REFUSED}")
        for name, host in sorted(published_now.items())
        if name in vouched
        and any(_asks_for_names(each) for other, each in settings.items() if other != name)
        and not published(settings.get(name, {})).is_told
        and not hosts.is_loopback(host)
        and not _sans(vouched[name]).covers(host)
    )


def _dialled_by_peers(settings: Mapping[str, Mapping[str, Value]]) -> tuple[Dialled, ...]:
    """Return what is dialled by nodes that ask for the name; what a node publishes is dialled by all the others."""
    strict = {name for name, each in settings.items() if _asks_for_names(each)}
    return tuple(one for one in dialled(settings) if strict & (set(settings) - {one.node} if one.node else {*one.by}))


def _asks_for_names(settings: Mapping[str, Value]) -> bool:
    return is_on(settings, f"{T}enabled") and settings.get(VERIFICATION_MODE, FULL) == FULL


def _sans(found: Sequence[str]) -> Sans:
    addresses = [host for host in found if hosts.ip_of(host) is not None]
    return Sans.as_found([host for host in found if host not in addresses], addresses)


def _gate(one: Dialled, names: Sequence[str]) -> Gate:
    node = one.node or node_meant(one.host, names)
    told = f"`{one.setting}` of {', '.join(one.by)} has {one.host}"
    if node:
        text = f"{told}, which the certificate of {node} will not name: {REFUSED}"
    else:
        text = f"{told}, which no certificate will name; if that is a node of this cluster, add it to its `names`"
    return Gate("NameMissed", Sign.MIND, text)
