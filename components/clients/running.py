"""What a running Kibana lacks, and what that takes: rules that look at one view, each with its source."""

from dataclasses import dataclass
from enum import StrEnum

from components.clients.status import KibanaStatus
from components.findings import Check, Finding, all_findings
from components.nodes.probes import Speech
from components.nodes.process import Process
from components.settings.effects import effect_of


class Action(StrEnum):
    """What brings a Kibana to use what lies on its machine."""

    NONE = "none"
    WAIT = "wait"
    START = "start"
    RELOAD = "reload"
    RESTART = "restart"
    BY_HAND = "restart by hand"


PRECISION = 1.0
"""Seconds by which a process may seem younger than it is: `ps` counts whole seconds."""
SETTLING = 1.1
"""Seconds that are let pass after a file was written, so that what starts next has surely read it."""


def was_started_after(process: Process, written: float) -> bool:
    """Tell whether a process was surely started after something was written, in seconds since 1970."""
    return process.started - PRECISION >= written


def is_another(now: Process | None, before: Process | None) -> bool:
    """Tell whether a restart has led to another process; of one that nobody can name, it is taken for granted."""
    return now is None or before is None or not now.is_same(before.pid, before.started)


@dataclass(frozen=True, slots=True)
class KibanaView:
    """One look at a Kibana.

    Attributes:
        name: its name.
        speech: what its port answers to a TLS greeting.
        process: its process; None where its process id is not known.
        written: when what it reads at its start only was last written, in seconds since 1970.
        has_read: whether this very process is recorded to have read that; None where nothing is recorded of it.
        wants_tls: whether it must serve a leaf of ours; if not, its TLS is the operator's business.
        served: serial number of the leaf that it serves, in hex; empty without one.
        wanted: serial number of the leaf that it must serve; None where that is not made yet, empty without TLS.
        will_change: whether what it reads at its start is about to be written.
        can_restart: whether the stack file has a restart command.
        status: how it says it is.
    """

    name: str
    speech: Speech
    process: Process | None
    written: float
    has_read: bool | None
    wants_tls: bool
    served: str
    wanted: str | None
    will_change: bool
    can_restart: bool
    status: KibanaStatus

    @property
    def runs(self) -> bool:
        """Whether there is anything to restart or to ask."""
        return self.process is not None or self.speech is not Speech.NOTHING


def configuration_will_change(view: KibanaView) -> Finding | None:
    """Find settings that are about to be written. Source: set-up-minimal-security (restart Kibana)."""
    if not view.will_change:
        return None
    return Finding("KibanaConfigurationChanges", f"{view.name}: its configuration changes")


def configuration_is_newer(view: KibanaView) -> Finding | None:
    """Find settings that were written since Kibana started. Source: set-up-minimal-security (restart Kibana)."""
    started_later = view.process is not None and was_started_after(view.process, view.written)
    if view.will_change or (started_later if view.has_read is None else view.has_read):
        return None
    return Finding("KibanaConfigurationIsNewer", f"{view.name}: it was not started since its configuration was written")


def tls_differs(view: KibanaView) -> Finding | None:
    """Find TLS that is to go on, which no reload does. Source: elastic/kibana#171823."""
    if view.will_change or view.speech is not Speech.PLAIN or not view.wants_tls:
        return None
    return Finding("KibanaTlsDiffers", f"{view.name}: it speaks plain HTTP still")


def leaf_differs(view: KibanaView) -> Finding | None:
    """Find another leaf than the one in its key file. Source: elastic/kibana#171823 (SIGHUP, from 8.12)."""
    if not view.wants_tls or view.speech is not Speech.TLS or view.served == view.wanted:
        return None
    return Finding("KibanaServesAnotherLeaf", f"{view.name}: it serves another leaf than the one in its key file")


def is_not_available(view: KibanaView) -> Finding | None:
    """Find a Kibana that says it cannot serve, or cannot log in. Source: kibana api, GET /api/status."""
    if view.status.ready:
        return None
    return Finding("KibanaNotAvailable", f"{view.name}: {view.status}")


RESTART_REASONS: tuple[Check[KibanaView], ...] = (configuration_will_change, configuration_is_newer, tls_differs)
RELOAD_REASONS: tuple[Check[KibanaView], ...] = (leaf_differs,)
WAIT_REASONS: tuple[Check[KibanaView], ...] = (is_not_available,)


def reasons(view: KibanaView) -> tuple[Finding, ...]:
    """Return what is wrong with a Kibana that runs: why it must read something again, or else that it cannot serve."""
    if not view.runs:
        return ()
    return all_findings((*RESTART_REASONS, *RELOAD_REASONS), view) or all_findings(WAIT_REASONS, view)


def action(view: KibanaView) -> Action:
    """Return what it takes; a Kibana that does not run is started by whoever stopped it."""
    if not view.runs:
        return Action.START
    if all_findings(RESTART_REASONS, view):
        return Action.RESTART if view.can_restart else Action.BY_HAND
    if not all_findings(RELOAD_REASONS, view):
        return Action.WAIT if all_findings(WAIT_REASONS, view) else Action.NONE
    if view.process is not None:
        return Action.RELOAD
    return Action.RESTART if view.can_restart else Action.BY_HAND


RESTART_KIBANA = "restart Kibana"
"""How a step begins after which Kibana has another process, whoever sees to it."""
WAIT_UNTIL_AVAILABLE = "wait until /api/status says that Kibana is available"


def steps_of(view: KibanaView, command: tuple[str, ...]) -> tuple[str, ...]:
    """Return what will be done, and what will be waited for, as lines for people."""
    what = action(view)
    if what is Action.RESTART:
        return (f"{RESTART_KIBANA}: {' '.join(command)}", WAIT_UNTIL_AVAILABLE)
    if what is Action.RELOAD:
        within = effect_of("Kibana key file").within
        return (f"reload Kibana's certificate {within}", WAIT_UNTIL_AVAILABLE)
    if what is Action.WAIT:
        return (WAIT_UNTIL_AVAILABLE,)
    if what is Action.BY_HAND:
        return (f"{RESTART_KIBANA} yourself: the stack file has no `restart` for it",)
    return ("start Kibana yourself: it does not run",) if what is Action.START else ()
