"""`essecurity:clients:KibanaSettings`: what one Kibana must be configured with, put in place for its next start.

It is written after the cluster has its own settings and before `kibana_system` gets its password: then only a restart
lies between the moment in which Elasticsearch takes the new password and the one in which Kibana uses it
(docs/decisions/0013).
"""

import base64
from collections.abc import Sequence
from typing import ClassVar

from pydantic import SecretStr

from components.clients.content import KibanaContent
from components.clients.drift import pending_drift
from components.clients.files import (
    KnownKeystore,
    Pending,
    keys_of_the_operator,
    pending_on,
    put_in_place,
    start_files,
    trusted_on,
)
from components.clients.fleet import agents_lose_the_cluster
from components.clients.machine import KibanaMachine, kibana_machine
from components.clients.running import SETTLING
from components.clients.spec import Kibana, KibanaPaths
from components.drift import Drift
from components.errors import ConfigurationRefused
from components.findings import Finding
from components.handling import Change, Context, Handler, Recorded
from components.nodes.plan import FILE_MODE, WantedFile
from components.nodes.trust import NOTHING_BUT, fingerprint, generations_called, surplus_authorities
from components.pki.inspect import parse_bundle
from components.pki.trustfiles import trust_file_pem
from components.values import UNKNOWN, MaybeUnknown, Unknown, Wire, reveal


class KibanaSettingsInputs(Wire):
    """What a Kibana's machine must hold.

    Attributes:
        kibana: the Kibana.
        content: settings and keystore entries.
        authorities_pem: the CAs of the HTTP layer; absent where it stays plain.
        key_file: key of the leaf that Kibana serves, as encrypted PEM in base64; absent where it serves none of ours.
        certificate_pem: that leaf.
        not_after: when it ends, ISO 8601.
        generation: generation of the CA that signs.
        held: whether *retire* waits for a person: what is trusted too much stays for now.
    """

    kibana: Kibana
    content: KibanaContent
    authorities_pem: MaybeUnknown[SecretStr] | None = None
    key_file: MaybeUnknown[SecretStr] | None = None
    certificate_pem: MaybeUnknown[SecretStr] | None = None
    not_after: MaybeUnknown[str] | None = None
    generation: int = 0
    held: bool = False


class KibanaSettingsOutputs(Wire):
    """What is known of it.

    Attributes:
        start_files: digest of the files that Kibana reads at its start only; unknown before they are written.
        keystore_file: SHA-256 of the keystore with our entries.
        steps: what was done last.
    """

    start_files: MaybeUnknown[str] = ""
    keystore_file: MaybeUnknown[str] = ""
    steps: tuple[str, ...] = ()


KibanaRecord = Recorded[KibanaSettingsInputs, KibanaSettingsOutputs]


class KibanaSettingsHandler(Handler[KibanaSettingsInputs, KibanaSettingsOutputs]):
    """Writes a Kibana's configuration; whatever it is replaced by, files stay."""

    token = "essecurity:clients:KibanaSettings"  # noqa: S105 (a resource type, not a secret)
    summary = "Our settings in kibana.yml, in Kibana's keystore, and the files that they name."
    inputs = KibanaSettingsInputs
    outputs = KibanaSettingsOutputs
    replace_on: ClassVar[frozenset[str]] = frozenset()

    def name(self, wanted: KibanaSettingsInputs) -> str:
        """Return the id."""
        return f"{wanted.kibana.name}/kibana-settings"

    def changes(self, recorded: KibanaRecord, wanted: KibanaSettingsInputs, context: Context) -> Sequence[Change]:
        """Return what somebody changed since."""
        if recorded.inputs != wanted:
            return ()
        steps = self._pending(recorded, wanted).steps
        if not steps:
            return ()
        text = f"{wanted.kibana.name}: Kibana's files differ: {'; '.join(steps)}"
        return [Change(Finding("KibanaDrifted", text), on="drift")]

    def preview(
        self, recorded: KibanaRecord | None, wanted: KibanaSettingsInputs, context: Context
    ) -> KibanaSettingsOutputs:
        """Return what will be written; write nothing."""
        self._refuse_what_cannot_be(wanted)
        pending = self._pending(recorded, wanted)
        if pending.lines:
            kibana_machine(wanted.kibana).refuse_linked_settings(pending.lines)
        for step in pending.steps:
            context.say(f"{wanted.kibana.name}: {step}")
        if recorded is None:
            self._tell_of_keys(wanted, context)
        self._tell_of_agents(recorded, wanted, context)
        before = recorded.outputs if recorded else KibanaSettingsOutputs(start_files=UNKNOWN, keystore_file=UNKNOWN)
        return KibanaSettingsOutputs(
            start_files=UNKNOWN if pending.read_at_start else before.start_files,
            keystore_file=UNKNOWN if pending.entries else before.keystore_file,
            steps=pending.steps,
        )

    def converge(
        self, recorded: KibanaRecord | None, wanted: KibanaSettingsInputs, context: Context
    ) -> KibanaSettingsOutputs:
        """Write what differs.

        Raises:
            ConfigurationRefused: kibana.yml cannot take our settings, or contradicts the stack file.
            CommandFailed: a file or an entry could not be written.
            NotConverged: something else writes the same files.
        """
        self._refuse_what_cannot_be(wanted)
        machine = kibana_machine(wanted.kibana)
        files, known = self._files(wanted), self._known(recorded)
        pending = put_in_place(machine, wanted.content, files, known, _written_before(recorded, wanted))
        if pending.steps:
            context.clock.sleep(SETTLING)
        return KibanaSettingsOutputs(
            start_files=start_files(machine), keystore_file=self._keystore_file(machine), steps=pending.steps
        )

    def drift(self, recorded: KibanaRecord, context: Context) -> Sequence[Drift]:
        """Return what differs in Kibana's files now."""
        machine = kibana_machine(recorded.inputs.kibana)
        there = machine.stat(KibanaPaths.SETTINGS, KibanaPaths.KEYSTORE)
        pending = self._pending(recorded, recorded.inputs)
        found = pending_drift(
            recorded.inputs.kibana.name,
            pending,
            has_settings=KibanaPaths.SETTINGS in there,
            has_keystore=KibanaPaths.KEYSTORE in there,
        )
        return tuple(found)

    def forget(self, recorded: KibanaRecord, context: Context) -> None:
        """Leave everything where it is: a Kibana that lost its password could not log in any more."""
        context.warn(f"{recorded.inputs.kibana.name}: kibana.yml, keystore and certificates stay as they are")

    def _pending(self, recorded: KibanaRecord | None, wanted: KibanaSettingsInputs) -> Pending:
        machine = kibana_machine(wanted.kibana)
        files, known = self._files(wanted), self._known(recorded)
        return pending_on(machine, wanted.content, files, known, _written_before(recorded, wanted))

    def _known(self, recorded: KibanaRecord | None) -> KnownKeystore | None:
        if recorded is None or isinstance(recorded.outputs.keystore_file, Unknown):
            return None
        return KnownKeystore(recorded.outputs.keystore_file, recorded.inputs.content)

    def _keystore_file(self, machine: KibanaMachine) -> str:
        stat = machine.stat(KibanaPaths.KEYSTORE).get(KibanaPaths.KEYSTORE)
        return stat.sha256 if stat else ""

    def _files(self, wanted: KibanaSettingsInputs) -> tuple[WantedFile, ...]:
        """Return the files that kibana.yml names."""
        if wanted.key_file is None:
            return self._trust_files(wanted)
        until = f", until {wanted.not_after[:10]}" if isinstance(wanted.not_after, str) else ""
        shows = f"leaf, g{wanted.generation}{until}"
        return (*self._trust_files(wanted), WantedFile(KibanaPaths.KEY_FILE, _key_file(wanted), FILE_MODE, shows))

    def _trust_files(self, wanted: KibanaSettingsInputs) -> tuple[WantedFile, ...]:
        """Return the trust file without what is trusted too much; what is missing is the business of `KibanaTrust`."""
        machine = kibana_machine(wanted.kibana)
        present = trusted_on(machine)
        if wanted.authorities_pem is None or wanted.held or not present:
            return ()
        pem = wanted.authorities_pem
        authorities = None if isinstance(pem, Unknown) else parse_bundle(reveal(pem))
        shows = f"{NOTHING_BUT} HTTP CA {generations_called((wanted.generation,), present, authorities)}"
        if authorities is None:
            return (WantedFile(KibanaPaths.TRUST_FILE, None, FILE_MODE, shows),)
        surplus = surplus_authorities(present, authorities)
        content = trust_file_pem(authorities).encode() if surplus else machine.read(KibanaPaths.TRUST_FILE)
        return (WantedFile(KibanaPaths.TRUST_FILE, content, FILE_MODE, shows),)

    def _tell_of_keys(self, wanted: KibanaSettingsInputs, context: Context) -> None:
        kept = keys_of_the_operator(kibana_machine(wanted.kibana), wanted.content)
        if kept:
            context.warn(
                f"{wanted.kibana.name}: keeps its own {', '.join(kept)}; every Kibana of a cluster needs the same one: "
                "put it into the keystores of the others before they get another"
            )

    def _tell_of_agents(self, recorded: KibanaRecord | None, wanted: KibanaSettingsInputs, context: Context) -> None:
        if wanted.authorities_pem is None:
            return
        named = kibana_machine(wanted.kibana).trusted_by_agents()
        told = agents_lose_the_cluster(named, _sent(recorded, wanted))
        if told:
            context.warn(f"{wanted.kibana.name}: {told}")

    def _refuse_what_cannot_be(self, wanted: KibanaSettingsInputs) -> None:
        """Refuse a Kibana that could not be configured, or that would be waited for in vain."""
        machine = kibana_machine(wanted.kibana)
        why = machine.cannot_be_configured()
        if why:
            raise ConfigurationRefused(
                "Kibana cannot be configured",
                where=machine.name,
                why=why,
                next_step="correct `home`, `user` or `restart` of this Kibana in the stack file",
            )
        written = machine.settings().get("server.port")
        if written is not None and written != str(wanted.kibana.port):
            raise ConfigurationRefused(
                f"server.port is {written}, and the stack file says {wanted.kibana.port}",
                where=machine.settings_place(),
                why="Kibana would be asked how it is where it does not listen",
                next_step="correct `port` of this Kibana in the stack file, or `server.port` in kibana.yml",
            )


def _written_before(recorded: KibanaRecord | None, wanted: KibanaSettingsInputs) -> tuple[str, ...]:
    if recorded is None or recorded.inputs.kibana.machine != wanted.kibana.machine or recorded.inputs.key_file is None:
        return ()
    return (KibanaPaths.KEY_FILE,)


def _sent(recorded: KibanaRecord | None, wanted: KibanaSettingsInputs) -> frozenset[str]:
    """Return the fingerprints of the CAs that come with a leaf of the HTTP CA; a leaf to come has those of the last."""
    chain = wanted.certificate_pem
    if isinstance(chain, Unknown) and recorded is not None and recorded.inputs.generation == wanted.generation:
        chain = recorded.inputs.certificate_pem
    return frozenset(map(fingerprint, parse_bundle(reveal(chain))[1:] if isinstance(chain, SecretStr) else ()))


def _key_file(wanted: KibanaSettingsInputs) -> bytes | None:
    """Return key and leaf as one PEM file: OpenSSL, and so Node.js, finds in it what it looks for."""
    key, leaf = wanted.key_file, wanted.certificate_pem
    if isinstance(key, SecretStr) and isinstance(leaf, SecretStr):
        return base64.b64decode(reveal(key)) + reveal(leaf).encode()
    return None
