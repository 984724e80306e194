"""Settings of ours that somebody changed, as a refresh lists them."""

from collections.abc import Iterator, Sequence

from components.drift import Drift, DriftKind, drift
from components.settings.merge import LineChange


def file_is_gone(node: str, file: str) -> Drift:
    """Return that a settings file is gone; a node's cannot even be merged with then."""
    return drift(node, file, DriftKind.FILE_MISSING, "our settings", "missing")


def settings_drift(node: str, file: str, changes: Sequence[LineChange], *, there: bool) -> Iterator[Drift]:
    """Yield each setting that a merge would change, or that the file is gone.

    Args:
        node: whose file it is.
        file: its name.
        changes: what a merge of our settings would change in it; values are as they may be shown.
        there: whether there is such a file.
    """
    if changes and not there:
        yield file_is_gone(node, file)
        return
    for one in changes:
        kind = DriftKind.SETTING_CHANGED
        if one.before is None:
            kind = DriftKind.SETTING_MISSING
        elif one.after is None:
            kind = DriftKind.SETTING_UNWANTED
        yield drift(node, one.key, kind, one.after or "not set", one.before or "not set")
