"""A running Kibana, looked at, restarted or reloaded, and waited for."""

from collections.abc import Callable
from dataclasses import replace

from components.clients.machine import KibanaMachine
from components.clients.running import Action, KibanaView, action, is_another, reasons
from components.clients.status import KibanaStatus, kibana_status
from components.errors import NotConverged
from components.handling import Context
from components.nodes.probes import Answer, Speech, handshake
from components.nodes.process import Process
from components.nodes.targets import dial_of

POLL = 0.5
"""Seconds between two looks at a Kibana that comes up."""
SERVED_WITHIN = 30.0
"""Seconds after SIGHUP in which the new leaf must be served."""

Look = Callable[[], KibanaView]


def greet(machine: KibanaMachine) -> Answer:
    """Return what Kibana's port answers to a TLS greeting."""
    return handshake(machine.kibana.address, machine.kibana.port, dial=dial_of(machine.machine))


def ask_status(machine: KibanaMachine, greeting: Answer, authorities_pem: str | None) -> KibanaStatus:
    """Return how Kibana says it is, over whatever it speaks; nothing is sent over TLS that cannot be verified."""
    if greeting.speech is Speech.NOTHING:
        return KibanaStatus(0, refusal=greeting.refusal)
    if greeting.speech is Speech.PLAIN:
        return _status(machine, None)
    if authorities_pem is None:
        return KibanaStatus(0, foreign=True)
    return _status(machine, authorities_pem)


def _status(machine: KibanaMachine, authorities_pem: str | None) -> KibanaStatus:
    return kibana_status(machine.kibana.address, machine.kibana.port, authorities_pem, dial_of(machine.machine))


def bring_to_use(machine: KibanaMachine, look: Look, seconds: float, context: Context) -> None:
    """Restart or reload a Kibana that runs, if it takes that, and wait until it is available.

    A Kibana before 8.11.2 does not reload its certificate; it goes on serving the old one, and is restarted then.

    Args:
        machine: the Kibana.
        look: looks at it.
        seconds: how long it may take to become available.
        context: the clock, and who is told meanwhile.

    Raises:
        CommandFailed: the restart command failed.
        NotConverged: Kibana does not become available, or goes on without what it was to use.
    """
    view = look()
    what = action(view)
    if what is Action.RELOAD and view.process is not None:
        machine.reload(view.process)
        try:
            wait_until(lambda: _serves_another(look()), machine.name, SERVED_WITHIN, context)
        except NotConverged:
            if not view.can_restart:
                raise
            what = Action.RESTART
    if what is Action.RESTART:
        context.progress(f"{machine.name}: restarting Kibana")
        machine.restart()
    restarted = what is Action.RESTART
    wait_until(lambda: _lacks(look(), view.process, restarted=restarted), machine.name, seconds, context)


def wait_until(lacking: Callable[[], str], name: str, seconds: float, context: Context) -> None:
    """Return once nothing is lacking any more.

    Args:
        lacking: looks, and returns what is still missing; an empty text when all is well.
        name: the Kibana's name.
        seconds: for how long; with 0 it is asked once.
        context: the clock, and who is told meanwhile.

    Raises:
        NotConverged: something is still missing in the end.
    """
    began = context.clock.monotonic()
    while missing := lacking():
        passed = context.clock.monotonic() - began
        if passed >= seconds:
            raise NotConverged(
                f"Kibana is not as it must be after {seconds:.0f} s",
                where=name,
                why=missing,
                next_step="look at Kibana's log, mend what it says, and run again",
            )
        context.progress(f"{name}: {missing.removeprefix(f'{name}: ')} ({passed:.0f} s of at most {seconds:.0f} s)")
        context.clock.sleep(POLL)


def _serves_another(view: KibanaView) -> str:
    if view.served == view.wanted:
        return ""
    return "it still serves another leaf; Kibana before 8.11.2 does not reload its certificate at SIGHUP"


def _lacks(now: KibanaView, before: Process | None, *, restarted: bool) -> str:
    """Return what is not as wanted; what another process read at its start is what was there."""
    seen = replace(now, has_read=True) if restarted and is_another(now.process, before) else now
    return "; ".join(finding.message for finding in reasons(seen)) if seen.runs else str(seen.status)
