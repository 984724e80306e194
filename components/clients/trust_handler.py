"""`essecurity:clients:KibanaTrust`: the wave *cover* of the HTTP layer, where Kibana is who verifies.

Before any node presents a leaf of a new CA, every Kibana trusts that CA, and was restarted with it: it reads its trust
file at its start only. What is trusted no longer goes with `KibanaSettings`, after all nodes present the new leaf.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from pydantic import SecretStr

from components.clients.files import trusted_on
from components.clients.machine import KibanaMachine, kibana_machine
from components.clients.perform import ask_status, greet, wait_until
from components.clients.running import RESTART_KIBANA, SETTLING, is_another, was_started_after
from components.clients.spec import Kibana, KibanaPaths
from components.drift import Drift, DriftKind, drift
from components.errors import RolloutHalted
from components.findings import Finding
from components.handling import Change, Context, Handler, Recorded
from components.nodes.converge import differing, plan_on, put_files
from components.nodes.drift import file_drift, trust_drift
from components.nodes.plan import FILE_MODE, WantedFile
from components.nodes.probes import Speech
from components.nodes.process import Process
from components.nodes.stopped_wave import authority_of, stopping
from components.nodes.trust import Authorities, covering, fingerprint, generations_called, missing_authorities, names
from components.pki.inspect import parse_bundle
from components.pki.rotation import WaveName
from components.pki.spec import Layer
from components.pki.trustfiles import trust_file_pem
from components.values import MaybeUnknown, Unknown, Wire, reveal

AUTHORITIES = "elasticsearch.ssl.certificateAuthorities"


class KibanaTrustInputs(Wire):
    """Which CAs a Kibana must trust when it calls Elasticsearch.

    Attributes:
        kibana: the Kibana.
        authorities_pem: the CAs' certificates.
        generation: their generation, for the reader of a preview.
        ready_timeout: seconds until Kibana must be available after a restart.
    """

    kibana: Kibana
    authorities_pem: MaybeUnknown[SecretStr]
    generation: int
    ready_timeout: int = 300


class KibanaTrustOutputs(Wire):
    """Which CAs it trusts.

    Attributes:
        trusted: the CAs in its trust file, by name.
        loaded: fingerprints of those that the process below has read.
        pid: its process; 0 where that is not known.
        started: when that was started, seconds since 1970.
        steps: what was done last.
    """

    trusted: MaybeUnknown[tuple[str, ...]] = ()
    loaded: tuple[str, ...] = ()
    pid: int = 0
    started: float = 0
    steps: tuple[str, ...] = ()


TrustRecord = Recorded[KibanaTrustInputs, KibanaTrustOutputs]


@dataclass(frozen=True, slots=True)
class Trust:
    """One look at what a Kibana trusts: in its file, and in its process."""

    present: Authorities
    process: Process | None
    speaks: bool
    in_use: bool
    loaded: frozenset[str]

    def has_read(self, wanted: Authorities) -> bool:
        """Tell whether there is no process that lacks a CA: it reads the file when it starts next."""
        runs = self.speaks or self.process is not None
        return not (runs and self.in_use) or {fingerprint(one) for one in wanted} <= self.loaded


class KibanaTrustHandler(Handler[KibanaTrustInputs, KibanaTrustOutputs]):
    """Lets a Kibana trust at least these CAs; nothing is taken away."""

    token = "essecurity:clients:KibanaTrust"  # noqa: S105 (a resource type, not a secret)
    summary = "A Kibana trusts at least these CAs when it calls Elasticsearch."
    inputs = KibanaTrustInputs
    outputs = KibanaTrustOutputs
    replace_on: ClassVar[frozenset[str]] = frozenset()

    def name(self, wanted: KibanaTrustInputs) -> str:
        """Return the id."""
        return f"{wanted.kibana.name}/kibana-trust"

    def changes(self, recorded: TrustRecord, wanted: KibanaTrustInputs, context: Context) -> Sequence[Change]:
        """Return what Kibana's trust file or process lacks."""
        if isinstance(wanted.authorities_pem, Unknown):
            return ()
        look, authorities = self._look(recorded, wanted), self._wanted(wanted)
        finding = missing_authorities(look.present, authorities)
        if finding is None and not look.has_read(authorities):
            finding = Finding("AuthorityNotLoaded", "was not started since its trust file was written")
        if finding is None:
            return ()
        return [Change(Finding(finding.reason, f"{wanted.kibana.name}: Kibana {finding.message}"), on="trusted")]

    def preview(self, recorded: TrustRecord | None, wanted: KibanaTrustInputs, context: Context) -> KibanaTrustOutputs:
        """Return what will be trusted, and whether that takes a restart."""
        look = self._look(recorded, wanted)
        machine, written = kibana_machine(wanted.kibana), _written_before(recorded, wanted)
        files = tuple(str(step) for step in plan_on(machine, self._files(look, wanted), written))
        covered = isinstance(wanted.authorities_pem, SecretStr) and look.has_read(self._wanted(wanted))
        steps = files if covered or not (look.in_use and look.speaks) else (*files, self._restart_step(wanted))
        for step in steps:
            context.say(f"{wanted.kibana.name}: {step}")
        return KibanaTrustOutputs(trusted=self._trusted(look, wanted), steps=steps)

    def converge(self, recorded: TrustRecord | None, wanted: KibanaTrustInputs, context: Context) -> KibanaTrustOutputs:
        """Write the trust file where it lacks a CA, and restart a Kibana that has not read it.

        Raises:
            RolloutHalted: Kibana has to be restarted by hand before any node may present the new leaf.
            NotConverged: Kibana does not become available, or something else writes the file.
            CommandFailed: the file cannot be written, or the restart command failed.
            SecurityError: any of them, also that its machine does not answer, says that it stops this wave.
        """
        with stopping(WaveName.COVER, authority_of(Layer.HTTP, (wanted.generation,)), wanted.kibana.name):
            return self._covered(recorded, wanted, context)

    def _covered(self, recorded: TrustRecord | None, wanted: KibanaTrustInputs, context: Context) -> KibanaTrustOutputs:
        machine, authorities = kibana_machine(wanted.kibana), self._wanted(wanted)
        before = self._look(recorded, wanted)
        steps = [
            str(step) for step in put_files(machine, self._files(before, wanted), _written_before(recorded, wanted))
        ]
        if steps:
            context.clock.sleep(SETTLING)
        if not self._look(recorded, wanted).has_read(authorities):
            self._restart(machine, wanted, before.process, context)
            steps.append(self._restart_step(wanted))
        look = self._look(recorded, wanted)
        return KibanaTrustOutputs(
            trusted=self._trusted(look, wanted),
            loaded=tuple(sorted(fingerprint(one) for one in authorities)),
            pid=look.process.pid if look.process else 0,
            started=look.process.started if look.process else 0,
            steps=tuple(steps),
        )

    def observe(self, recorded: TrustRecord, context: Context) -> KibanaTrustOutputs:
        """Return which CAs the file holds now."""
        present = trusted_on(kibana_machine(recorded.inputs.kibana))
        return recorded.outputs.model_copy(update={"trusted": tuple(names(one) for one in present)})

    def drift(self, recorded: TrustRecord, context: Context) -> Sequence[Drift]:
        """Return which CA Kibana's trust file or process lacks."""
        kibana, wanted = recorded.inputs.kibana, self._wanted(recorded.inputs)
        look = self._look(recorded, recorded.inputs)
        missing = missing_authorities(look.present, wanted)
        if missing is not None and not look.present:
            steps = differing(kibana_machine(kibana), self._files(look, recorded.inputs))
            return tuple(file_drift(kibana.name, Layer.HTTP, steps))
        if missing is not None:
            return (trust_drift(kibana.name, Layer.HTTP, KibanaPaths.TRUST_FILE, look.present, wanted, missing),)
        if look.has_read(wanted):
            return ()
        found = "was not started since its trust file was written"
        return (drift(kibana.name, "process", DriftKind.RUNS_WITH_OTHER, "has read its trust file", found),)

    def forget(self, recorded: TrustRecord, context: Context) -> None:
        """Leave the file: without it Kibana could not call Elasticsearch any more."""
        context.warn(f"{recorded.inputs.kibana.name}: Kibana's trust file stays as it is")

    def _restart(
        self, machine: KibanaMachine, wanted: KibanaTrustInputs, before: Process | None, context: Context
    ) -> None:
        if not wanted.kibana.restart:
            raise RolloutHalted(
                "Kibana has the new CA in its trust file, and has not read it",
                where=machine.name,
                why="it reads the file at its start only, and the stack file has no `restart` for it",
                next_step="restart Kibana, then run again; no node presents a leaf of the new CA before",
            )
        context.progress(f"{machine.name}: restarting Kibana, so that it trusts the new CA before any node needs it")
        machine.restart()
        wait_until(lambda: self._lacks(machine, before), machine.name, wanted.ready_timeout, context)

    def _lacks(self, machine: KibanaMachine, before: Process | None) -> str:
        if not is_another(machine.process(), before):
            return "it goes on as the same process after the restart command"
        pem = None if machine.kibana.own_certificate else trust_file_pem(trusted_on(machine))
        status = ask_status(machine, greet(machine), pem)
        return "" if status.ready else str(status)

    def _restart_step(self, wanted: KibanaTrustInputs) -> str:
        command = " ".join(wanted.kibana.restart)
        return f"{RESTART_KIBANA}: {command}" if command else f"{RESTART_KIBANA} yourself before the nodes go on"

    def _look(self, recorded: TrustRecord | None, wanted: KibanaTrustInputs) -> Trust:
        machine = kibana_machine(wanted.kibana)
        present, process = trusted_on(machine), machine.process()
        greeting = greet(machine)
        used = machine.settings().get(AUTHORITIES, ())
        return Trust(
            present=present,
            process=process,
            speaks=greeting.speech is not Speech.NOTHING,
            in_use=str(machine.path(KibanaPaths.TRUST_FILE)) in ((used,) if isinstance(used, str) else used),
            loaded=self._loaded(machine, recorded, process, present),
        )

    def _loaded(
        self, machine: KibanaMachine, recorded: TrustRecord | None, process: Process | None, present: Authorities
    ) -> frozenset[str]:
        """Return which CAs the process has read: those of the file that it found, or what is recorded of it."""
        stat = machine.stat(KibanaPaths.TRUST_FILE).get(KibanaPaths.TRUST_FILE)
        if process is not None and stat is not None and was_started_after(process, stat.modified):
            return frozenset(fingerprint(one) for one in present)
        known = recorded.outputs if recorded else None
        if known is None:
            return frozenset()
        same = process.is_same(known.pid, known.started) if process else known.pid == 0
        return frozenset(known.loaded) if same else frozenset()

    def _wanted(self, wanted: KibanaTrustInputs) -> Authorities:
        return parse_bundle(reveal(wanted.authorities_pem))

    def _trusted(self, look: Trust, wanted: KibanaTrustInputs) -> tuple[str, ...] | Unknown:
        if isinstance(wanted.authorities_pem, Unknown):
            return Unknown()
        return tuple(names(one) for one in covering(look.present, self._wanted(wanted)))

    def _files(self, look: Trust, wanted: KibanaTrustInputs) -> tuple[WantedFile, ...]:
        """Return the trust file with the wanted CAs beside those of today; none where they are there."""
        authorities = None if isinstance(wanted.authorities_pem, Unknown) else self._wanted(wanted)
        named = generations_called((wanted.generation,), look.present, authorities)
        shows = f"HTTP CA {named}" + (", beside what is trusted now" if look.present else "")
        if authorities is None:
            return (WantedFile(KibanaPaths.TRUST_FILE, None, FILE_MODE, shows),)
        if missing_authorities(look.present, authorities) is None:
            return ()
        content = trust_file_pem(covering(look.present, authorities)).encode()
        return (WantedFile(KibanaPaths.TRUST_FILE, content, FILE_MODE, shows),)


def _written_before(recorded: TrustRecord | None, wanted: KibanaTrustInputs) -> tuple[str, ...]:
    return (KibanaPaths.TRUST_FILE,) if recorded and recorded.inputs.kibana.machine == wanted.kibana.machine else ()
