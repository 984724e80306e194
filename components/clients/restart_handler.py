"""`essecurity:clients:KibanaRestart`: which configuration a Kibana runs with, and how it got there."""

from collections.abc import Sequence
from typing import ClassVar

from pydantic import SecretStr

from components.clients.drift import running_drift
from components.clients.machine import KibanaMachine, kibana_machine
from components.clients.perform import ask_status, bring_to_use, greet
from components.clients.running import Action, KibanaView, action, reasons, steps_of
from components.clients.spec import Kibana, KibanaPaths
from components.drift import Drift
from components.handling import Change, Context, Handler, Recorded
from components.nodes.probes import Speech
from components.nodes.process import Process
from components.values import MaybeUnknown, Unknown, Wire


class KibanaRestartInputs(Wire):
    """What a Kibana must run with.

    Attributes:
        kibana: the Kibana.
        start_files: digest of what it reads at its start only.
        serial: serial number of the leaf that it must serve; absent where it serves none of ours.
        authorities_pem: the CAs that signed that leaf; absent likewise.
        ready_timeout: seconds until it must be available.
    """

    kibana: Kibana
    start_files: MaybeUnknown[str]
    serial: MaybeUnknown[str] | None = None
    authorities_pem: MaybeUnknown[SecretStr] | None = None
    ready_timeout: int = 300


class KibanaRestartOutputs(Wire):
    """What it runs with.

    Attributes:
        start_files: digest of what the process read at its start; empty where that is not known.
        pid: that process; 0 where its process id is not known.
        started: when it was started, seconds since 1970.
        steps: what was done last, or in a preview what will be.
        status: how it said it was.
    """

    start_files: MaybeUnknown[str] = ""
    pid: int = 0
    started: float = 0
    steps: tuple[str, ...] = ()
    status: str = ""


RestartRecord = Recorded[KibanaRestartInputs, KibanaRestartOutputs]


class KibanaRestartHandler(Handler[KibanaRestartInputs, KibanaRestartOutputs]):
    """Restarts or reloads a Kibana that does not use what lies on its machine, and asks it how it is."""

    token = "essecurity:clients:KibanaRestart"  # noqa: S105 (a resource type, not a secret)
    summary = "Which configuration a Kibana runs with, and that it is available with it."
    inputs = KibanaRestartInputs
    outputs = KibanaRestartOutputs
    replace_on: ClassVar[frozenset[str]] = frozenset()

    def name(self, wanted: KibanaRestartInputs) -> str:
        """Return the id."""
        return f"{wanted.kibana.name}/kibana-restart"

    def changes(self, recorded: RestartRecord, wanted: KibanaRestartInputs, context: Context) -> Sequence[Change]:
        """Return why Kibana has to read something again, or that it cannot serve."""
        if isinstance(wanted.start_files, Unknown) or isinstance(wanted.serial, Unknown):
            return ()
        view = self._view(kibana_machine(wanted.kibana), recorded, wanted)
        return [Change(finding, on="steps") for finding in reasons(view)]

    def preview(
        self, recorded: RestartRecord | None, wanted: KibanaRestartInputs, context: Context
    ) -> KibanaRestartOutputs:
        """Return what will be done; restart nothing."""
        view = self._view(kibana_machine(wanted.kibana), recorded, wanted)
        steps = steps_of(view, wanted.kibana.restart)
        for finding in reasons(view):
            context.say(finding.message)
        for step in steps:
            context.say(f"{wanted.kibana.name}: {step}")
        return KibanaRestartOutputs(start_files=wanted.start_files, steps=steps)

    def converge(
        self, recorded: RestartRecord | None, wanted: KibanaRestartInputs, context: Context
    ) -> KibanaRestartOutputs:
        """Restart or reload it if it takes that, and wait until it is available.

        Raises:
            CommandFailed: the restart command failed.
            NotConverged: Kibana does not become available with what it was given.
        """
        machine = kibana_machine(wanted.kibana)
        view = self._view(machine, recorded, wanted)
        steps = steps_of(view, wanted.kibana.restart)
        if action(view) in (Action.START, Action.BY_HAND):
            context.warn(f"{wanted.kibana.name}: {steps[0]}; it has all its files")
            return KibanaRestartOutputs(steps=steps, status=str(view.status))
        bring_to_use(machine, lambda: self._view(machine, recorded, wanted), wanted.ready_timeout, context)
        process, status = machine.process(), ask_status(machine, greet(machine), _pem(wanted))
        if status.foreign:
            context.warn(f"{wanted.kibana.name}: {status}")
        return KibanaRestartOutputs(
            start_files=wanted.start_files,
            pid=process.pid if process else 0,
            started=process.started if process else 0,
            steps=steps,
            status=str(status),
        )

    def observe(self, recorded: RestartRecord, context: Context) -> KibanaRestartOutputs:
        """Return how Kibana is now."""
        view = self._view(kibana_machine(recorded.inputs.kibana), recorded, recorded.inputs)
        return recorded.outputs.model_copy(update={"status": str(view.status)})

    def drift(self, recorded: RestartRecord, context: Context) -> Sequence[Drift]:
        """Return what a Kibana that runs has not read, or lacks."""
        return tuple(running_drift(self._view(kibana_machine(recorded.inputs.kibana), recorded, recorded.inputs)))

    def forget(self, recorded: RestartRecord, context: Context) -> None:
        """Let it run as it is."""
        context.warn(f"{recorded.inputs.kibana.name}: Kibana goes on with the configuration that it has")

    def _view(self, machine: KibanaMachine, recorded: RestartRecord | None, wanted: KibanaRestartInputs) -> KibanaView:
        greeting, process = greet(machine), machine.process()
        stats = machine.stat(KibanaPaths.SETTINGS, KibanaPaths.KEYSTORE)
        return KibanaView(
            name=wanted.kibana.name,
            speech=greeting.speech,
            process=process,
            written=max((stat.modified for stat in stats.values()), default=0.0),
            has_read=_is_known_to_run_with(recorded, wanted, process, greeting.speech),
            wants_tls=wanted.serial is not None,
            served=greeting.serial,
            wanted=None if isinstance(wanted.serial, Unknown) else wanted.serial,
            will_change=isinstance(wanted.start_files, Unknown),
            can_restart=bool(wanted.kibana.restart),
            status=ask_status(machine, greeting, _pem(wanted)),
        )


def _is_known_to_run_with(
    recorded: RestartRecord | None, wanted: KibanaRestartInputs, process: Process | None, speech: Speech
) -> bool | None:
    """Tell whether the process that was recorded has read what is wanted; None where it is not that process."""
    if recorded is None or speech is Speech.NOTHING or not recorded.outputs.start_files:
        return None
    known = recorded.outputs
    same = known.pid == 0 if process is None else process.is_same(known.pid, known.started)
    return known.start_files == wanted.start_files if same else None


def _pem(wanted: KibanaRestartInputs) -> str | None:
    pem = wanted.authorities_pem
    return None if pem is None or isinstance(pem, Unknown) else pem.get_secret_value()
