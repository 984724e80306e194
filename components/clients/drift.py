"""What of a Kibana is not as recorded, as a refresh lists it."""

from collections.abc import Iterator

from components.clients.files import EntryChange, Pending
from components.clients.running import KibanaView, reasons
from components.clients.spec import KibanaPaths
from components.drift import Drift, DriftKind, drift
from components.nodes.drift import file_drift
from components.pki.spec import Layer
from components.settings.drift import settings_drift


def pending_drift(kibana: str, pending: Pending, *, has_settings: bool, has_keystore: bool) -> Iterator[Drift]:
    """Yield what differs in a Kibana's files."""
    yield from file_drift(kibana, Layer.HTTP, pending.files)
    if pending.entries and not has_keystore:
        yield drift(kibana, KibanaPaths.KEYSTORE, DriftKind.FILE_MISSING, "our entries", "missing")
    else:
        yield from (_entry(kibana, entry) for entry in pending.entries)
    yield from settings_drift(kibana, KibanaPaths.SETTINGS, pending.lines, there=has_settings)


def running_drift(view: KibanaView) -> Iterator[Drift]:
    """Yield what a Kibana that runs has not read, or lacks."""
    for finding in reasons(view):
        text = finding.message.removeprefix(f"{view.name}: ")
        if finding.reason == "KibanaServesAnotherLeaf":
            recorded, served = (f"serves leaf {(serial or '')[:8]}…" for serial in (view.wanted, view.served))
            yield drift(view.name, "handshake", DriftKind.SERVED_DIFFERS, recorded, served)
        elif finding.reason == "KibanaNotAvailable":
            yield drift(view.name, "process", DriftKind.NOT_AVAILABLE, "is available", text)
        else:
            yield drift(view.name, "process", DriftKind.RUNS_WITH_OTHER, "runs with the recorded configuration", text)


def _entry(kibana: str, entry: EntryChange) -> Drift:
    what = f"keystore entry {entry.name}"
    if not entry.after:
        return drift(kibana, what, DriftKind.ENTRY_UNWANTED, "not there", "set")
    if entry.before:  # Kibana's command shows no value
        return drift(
            kibana, what, DriftKind.ENTRY_CHANGED, "the recorded keystore", "a keystore that was changed since"
        )
    return drift(kibana, what, DriftKind.ENTRY_MISSING, "set", "missing")
