"""Drift: what on a machine is not as it is recorded, in the form in which a refresh lists it.

It is told against the recorded inputs, never against what an earlier refresh saw, so that it is told until it is
repaired. What is found here is what `changes` of the same resource finds; `up` looks by itself and needs no refresh.
"""

from collections.abc import Mapping
from enum import StrEnum

from components.errors import SecurityError
from components.layer_words import spelled
from components.values import Wire


class DriftKind(StrEnum):
    """What kind of difference it is; safe to match on in scripts."""

    FILE_MISSING = "FileMissing"
    FILE_CHANGED = "FileChanged"
    OWNER_CHANGED = "OwnerChanged"
    MODE_CHANGED = "ModeChanged"
    SETTING_MISSING = "SettingMissing"
    SETTING_CHANGED = "SettingChanged"
    SETTING_UNWANTED = "SettingUnwanted"
    ENTRY_MISSING = "EntryMissing"
    ENTRY_CHANGED = "EntryChanged"
    ENTRY_UNWANTED = "EntryUnwanted"
    AUTHORITY_MISSING = "AuthorityMissing"
    AUTHORITY_UNWANTED = "AuthorityUnwanted"
    SERVED_DIFFERS = "ServedDiffers"
    PASSWORD_REFUSED = "PasswordRefused"  # noqa: S105 (a reason, not a secret)
    RUNS_WITH_OTHER = "RunsWithOther"
    NOT_RUNNING = "NotRunning"
    NOT_AVAILABLE = "NotAvailable"
    ROLLOUT_UNFINISHED = "RolloutUnfinished"
    VERIFICATION_FAILED = "VerificationFailed"
    NOT_LOOKED_AT = "NotLookedAt"


NEXT: Mapping[DriftKind, str] = {
    DriftKind.FILE_MISSING: "`up` writes it",
    DriftKind.FILE_CHANGED: "`up` writes it",
    DriftKind.OWNER_CHANGED: "`up` writes it",
    DriftKind.MODE_CHANGED: "`up` writes it",
    DriftKind.SETTING_MISSING: "`up` puts it back",
    DriftKind.SETTING_CHANGED: "`up` puts it back",
    DriftKind.SETTING_UNWANTED: "`up` takes it out",
    DriftKind.ENTRY_MISSING: "`up` sets it",
    DriftKind.ENTRY_CHANGED: "`up` sets it",
    DriftKind.ENTRY_UNWANTED: "`up` removes it",
    DriftKind.AUTHORITY_MISSING: "`up` adds it",
    DriftKind.AUTHORITY_UNWANTED: "`up` takes it out",
    DriftKind.SERVED_DIFFERS: "`up` waits for it",
    DriftKind.PASSWORD_REFUSED: "`up` sets it",
    DriftKind.RUNS_WITH_OTHER: "`up` restarts it",
    DriftKind.NOT_RUNNING: "start it yourself",
    DriftKind.NOT_AVAILABLE: "`up` waits for it",
    DriftKind.ROLLOUT_UNFINISHED: "`up` finishes it",
    DriftKind.VERIFICATION_FAILED: "`up` verifies it again",
}
"""What comes next, by kind; what could not be looked at says it itself."""


class Drift(Wire):
    """One thing that is not as it is recorded. Holds no secret.

    Attributes:
        node: the node or the Kibana; empty for the cluster.
        layer: the layer, where it is about one.
        what: the file, the setting, the keystore entry or the login.
        kind: the reason code.
        recorded: what is recorded of it, in words.
        found: what is there, in words.
        next: what repairs it.
    """

    node: str
    layer: str = ""
    what: str
    kind: DriftKind
    recorded: str
    found: str
    next: str

    @property
    def place(self) -> str:
        """Where it is, without the node; the name of most files says of which layer they are."""
        return f"{spelled(self.layer)} {self.what}" if self.layer not in self.what else self.what

    def __str__(self) -> str:
        """Return it as a message on a resource."""
        whose = f"{self.node}: " if self.node else ""
        if self.kind is DriftKind.NOT_LOOKED_AT:
            return f"{whose}{self.place}: not looked at: {self.found}"
        return f"{whose}{self.place}: {self.recorded} → {self.found}; {self.next}"


def drift(node: str, what: str, kind: DriftKind, recorded: str, found: str, *, layer: str = "") -> Drift:
    """Return a finding, with what comes next by its kind."""
    return Drift(node=node, layer=layer, what=what, kind=kind, recorded=recorded, found=found, next=NEXT[kind])


def not_looked_at(node: str, error: SecurityError) -> Drift:
    """Return what is said where nobody could look, by the error: nothing is known of it, and that is not well."""
    what = error.where.removeprefix(node).lstrip(": ") or "machine"
    found = f"{error.what}: {error.why}"
    return Drift(node=node, what=what, kind=DriftKind.NOT_LOOKED_AT, recorded="", found=found, next=error.next_step)
