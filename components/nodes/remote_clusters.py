"""What a change of trust does to remote clusters, whose nodes and ours verify each other on the transport layer.

Source: deploy-manage/remote-clusters/remote-clusters-cert; remote-clusters-settings (cluster.remote.ALIAS).
"""

from collections.abc import Iterator, Mapping, Sequence

from components.nodes.trust import Authorities, names
from components.pki.keys import public_key_of
from components.pki.names import generation_of
from components.settings.merge import Value

PREFIX = "cluster.remote."
DIALLED = ("seeds", "proxy_address")
"""The settings that say where a remote cluster is."""


def aliases(settings: Mapping[str, Value]) -> tuple[str, ...]:
    """Return the remote clusters that a node's elasticsearch.yml says how to reach, by alias."""
    found = (key.removeprefix(PREFIX).split(".") for key in settings if key.startswith(PREFIX))
    return tuple(dict.fromkeys(words[0] for words in found if len(words) > 1 and words[1] in DIALLED))


def unnamed_remote_clusters(settings: Mapping[str, Value], named: Sequence[str]) -> Iterator[str]:
    """Yield what is to be said of each that the stack file does not name, where a CA is about to be replaced."""
    for alias in aliases(settings):
        if alias not in named:
            yield (
                f"elasticsearch.yml has {PREFIX}{alias}, and `remote_clusters` does not name it: reached by "
                "certificates, its nodes and ours refuse each other after this; name it first, unless it is reached "
                "with an API key"
            )


def is_another(ours: Authorities | None, former: Authorities, generations: Sequence[int], present: Authorities) -> bool:
    """Tell whether our CA is another one for those to whom the node's own CA was known, and not just a renewed one.

    Args:
        ours: our CAs; None while not all of them are made.
        former: those that are recorded; none before a first run.
        generations: the generations of ours.
        present: what the node trusts; nothing on one that is new, or whose file is lost.
    """
    if ours is not None:
        return bool(present) and not set(map(public_key_of, ours)) <= set(map(public_key_of, present))
    series = _series_of(former)
    return not set(generations) <= {generation_of(names(one)) for one in present if _series(names(one)) in series}


def without(present: Authorities, others: Authorities) -> Authorities:
    """Return the CAs that have another key than all of the others."""
    keys = set(map(public_key_of, others))
    return tuple(one for one in present if public_key_of(one) not in keys)


def strangers_that_go(present: Authorities, ours: Authorities | None, former: Authorities) -> Iterator[str]:
    """Yield what is to be said where CAs go that are no former ones of this cluster.

    Args:
        present: what a trust file holds, but for what stays of others.
        ours: what stays of ours; None while not all of it is made.
        former: those of ours that are recorded; none before a first run.
    """
    series = _series_of(ours or ()) | _series_of(former)
    strangers = [name for one in without(present, ours or ()) if _series(name := names(one)) not in series]
    if strangers:
        yield (
            f"nodes that present leaves of {', '.join(strangers)} are refused after this: if a remote cluster's do, "
            "name it in `remote_clusters` first"
        )


def beside(clusters: Sequence[str]) -> str:
    """Return in words the CAs of remote clusters that are trusted beside ours; nothing without any."""
    if not clusters:
        return ""
    return f" and {'those' if len(clusters) > 1 else 'that'} of remote cluster{'s' if len(clusters) > 1 else ''} " + (
        ", ".join(clusters)
    )


def _series_of(authorities: Authorities) -> set[str]:
    return {_series(names(one)) for one in authorities}


def _series(subject: str) -> str:
    """Return the name of an authority of ours without its generation; of any other, its name."""
    number = generation_of(subject)
    return subject if number is None else subject.removesuffix(str(number))
