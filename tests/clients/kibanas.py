"""A Kibana on a machine in memory: its files, its keystore command, its process, and what it answers."""

import base64
import json
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from pydantic import SecretStr

from components.clients.content import (
    ENCRYPTION_KEYS,
    PASSPHRASE,
    PASSWORD,
    Case,
    KibanaContent,
    absent_of,
    defaults_of,
    secure_absent_of,
    settings_of,
)
from components.clients.handler import KibanaSettingsHandler, KibanaSettingsInputs
from components.clients.machine import KibanaMachine
from components.clients.restart_handler import KibanaRestartHandler, KibanaRestartInputs
from components.clients.spec import Kibana
from components.clients.status import KibanaStatus
from components.clients.trust_handler import AUTHORITIES, KibanaTrustHandler, KibanaTrustInputs
from components.handling import Recorded
from components.nodes.dialling import Dial
from components.nodes.probes import Answer, Speech
from components.nodes.spec import Machine
from components.nodes.target import Completed
from components.pki.inspect import load_certificate, parse_bundle
from components.pki.issue import IssuedAuthority, IssuedLeaf
from components.pki.keyfiles import key_file_pem
from components.pki.profiles import ProfileName
from components.pki.spec import Layer
from components.settings.flat import flatten
from tests.fakes import OK, Call, FakeContext, FakeFile, FakeProcess, FakeTarget
from tests.pki.makers import authority, leaf

HOME, CONFIG = PurePosixPath("/opt/kibana"), PurePosixPath("/etc/kibana")
SETTINGS, KEYSTORE, PID = CONFIG / "kibana.yml", CONFIG / "kibana.keystore", PurePosixPath("/run/kibana.pid")
TRUST, KEY = CONFIG / "certs" / "http-trust.pem", CONFIG / "certs" / "kibana-key.pem"
USER = "kibana"
RESTART = ("systemctl", "restart", "kibana")
OPERATORS = "# ours\nserver.host: 10.0.0.9\nelasticsearch.hosts: [http://es-1.example.net:9200]\n"
PASSPHRASE_TEXT = "passphrase-of-the-key-file"
G1, G2 = (authority(number, layer=Layer.HTTP) for number in (1, 2))
HOSTS = ("kibana-1.example.net",)
LEAF, RENEWED, OF_G2 = (
    leaf("kibana-1", signer=signer, profile=ProfileName.HTTP, hosts=HOSTS, valid_for=life)
    for signer, life in ((G1, "1y"), (G1, "2y"), (G2, "1y"))
)
FIRST, SECOND = "first-password-of-kibana", "second-password-of-kibana"


def serial_of(one: IssuedLeaf) -> str:
    return f"{load_certificate(one.certificate_pem).serial_number:x}"


def pem_of(one: IssuedLeaf) -> bytes:
    """Return a leaf's key file: equal bytes for equal leaves, as the recorded output of its resource."""
    if one not in PEMS:
        files = key_file_pem(one.private_key_pem, one.certificate_pem, (), PASSPHRASE_TEXT)
        PEMS[one] = (files.private_key + one.certificate_pem).encode()
    return PEMS[one]


def inputs_of(one: IssuedLeaf) -> dict[str, SecretStr]:
    """Return a leaf and its key as the resource that made them hands them out."""
    key = pem_of(one).removesuffix(one.certificate_pem.encode())
    return {
        "key_file": SecretStr(base64.b64encode(key).decode()),
        "certificate_pem": SecretStr(one.certificate_pem),
    }


PEMS: dict[IssuedLeaf, bytes] = {}


@dataclass
class FakeKibana:
    """A Kibana, and the Elasticsearch that it logs in to.

    Attributes:
        password: what Elasticsearch takes from `kibana_system`; empty when it asks nobody.
        presents: the CA of the HTTP layer, or None where that is plain.
        restart: the operator's command; empty for none.
        reloads: whether SIGHUP makes it read its certificate again.
        broken: whether it fails to come up.
        own_certificate: whether it serves a certificate of the operator's.
        pid_file: where it is looked for.
    """

    password: str = ""
    presents: IssuedAuthority | None = None
    restart: tuple[str, ...] = RESTART
    reloads: bool = True
    broken: bool = False
    own_certificate: bool = False
    pid_file: PurePosixPath = PID
    target: FakeTarget = field(default_factory=lambda: FakeTarget("kibana-1"))
    loaded: dict[str, Any] = field(default_factory=dict)
    served: IssuedLeaf | None = None
    entries: dict[str, Any] = field(default_factory=dict)
    restarts: int = 0
    writes: int = 0

    def __post_init__(self) -> None:
        self.context = FakeContext(self.target.clock)
        self.target.folders |= {CONFIG: FakeFile(b"", 0o750, "root", USER), CONFIG.parent: FakeFile(b"", 0o755)}
        for program in ("kibana-keystore", "kibana"):
            self.target.put(HOME / "bin" / program, FakeFile(b"", 0o755))
        self.target.put(SETTINGS, FakeFile(OPERATORS.encode(), 0o660, "root", USER))
        self.target.programs |= {
            "kibana-keystore": self._keystore,
            "systemctl": self._restart,
            "kill": self._hang_up,
        }

    @property
    def kibana(self) -> Kibana:
        machine = Machine(node="kibana-1", home=str(HOME), config=str(CONFIG), pid_file=str(self.pid_file))
        return Kibana(
            name="kibana-1",
            address="kibana-1.example.net",
            port=5601,
            machine=machine,
            restart=self.restart,
            own_certificate=self.own_certificate,
        )

    @property
    def pid(self) -> int:
        return next(iter(self.target.alive()), 0)

    def everything(self) -> object:
        """Return what a kill could leave half-done: files, what the process has read, what it serves."""
        files = {path: (file.content, file.mode) for path, file in self.target.files.items()}
        return files, dict(self.loaded), self.served, self.restarts, self.password, self.presents

    def text(self) -> str:
        return self.target.files[SETTINGS].content.decode()

    def settings(self) -> dict[str, Any]:
        return flatten(self.text(), where="kibana.yml", also_opaque=True)

    def machine(self, kibana: Kibana) -> KibanaMachine:
        """Stand in for `kibana_machine`."""
        assert kibana == self.kibana
        return KibanaMachine(kibana, self.target)

    def starts(self) -> "FakeKibana":
        """Let it start as its operator would: it reads everything now."""
        self.target.processes.clear()
        self.target.files.pop(PID, None)
        self.loaded = {**self.settings(), **self.entries}
        if not self.broken:
            pid = 500 + self.restarts
            self.target.processes[pid] = FakeProcess("/opt/kibana/node /opt/kibana/src/cli/dist", USER, self.now())
            if "pid.file" in self.loaded:
                self.target.put(self.loaded["pid.file"], FakeFile(str(pid).encode()))
        self.loaded["trusted"] = self._trusted()
        self._read_leaf()
        return self

    def now(self) -> float:
        return self.target.now()

    def greet(self, host: str, port: int, dial: Dial) -> Answer:
        """Stand in for `handshake`."""
        assert (host, port) == ("kibana-1.example.net", 5601)
        if not self.target.alive():
            return Answer(Speech.NOTHING, refusal="Connection refused")
        if self.served is None:
            return Answer(Speech.PLAIN)
        return Answer(Speech.TLS, (load_certificate(self.served.certificate_pem),))

    def status(self, host: str, port: int, authorities_pem: str | None, dial: Dial | None = None) -> KibanaStatus:
        """Stand in for `kibana_status`: 503 unless it logs in; no answer to whoever does not trust its certificate."""
        if self.served is not None:
            issuer = load_certificate(self.served.certificate_pem).issuer
            if authorities_pem is None or issuer not in [one.subject for one in parse_bundle(authorities_pem)]:
                return KibanaStatus(0, refusal="certificate verify failed")
        return KibanaStatus(200, "available") if self._logs_in() else KibanaStatus(503, "critical")

    def _logs_in(self) -> bool:
        https = str(self.loaded.get("elasticsearch.hosts", "")).startswith("('https:")
        if https is not (self.presents is not None):
            return False
        if self.presents and load_certificate(self.presents.certificate_pem).subject not in self.loaded["trusted"]:
            return False
        return not self.password or self.loaded.get(PASSWORD) == self.password

    def _trusted(self) -> list[Any]:
        names = self.loaded.get(AUTHORITIES, ())
        files = [self.target.files[PurePosixPath(name)].content for name in names]
        return [one.subject for content in files for one in parse_bundle(content)]

    def _read_leaf(self) -> None:
        on = self.loaded.get("server.ssl.enabled") == "true"
        content = self.target.files[KEY].content if on else b""
        self.served = next((one for one, pem in PEMS.items() if pem == content), None)
        assert not on or self.loaded[PASSPHRASE] == PASSPHRASE_TEXT

    def _restart(self, call: Call) -> Completed:
        assert call.argv == RESTART
        self.restarts += 1
        self.starts()
        return OK

    def _hang_up(self, call: Call) -> Completed:
        assert call.argv[1] == "-HUP", "Kibana is never stopped"
        assert int(call.argv[2]) == self.pid
        if self.reloads:
            self._read_leaf()
        return OK

    def _keystore(self, call: Call) -> Completed:
        """Do what Kibana's command does: read values as JSON, and be silent about what it did not do."""
        assert (call.user, call.environment) == ("root", {"KBN_PATH_CONF": str(CONFIG)})
        command, *rest = call.argv[1:]
        if command == "list":
            return Completed(0, "\n".join(self.entries), "")
        if command == "create":
            self.entries = {}
        elif KEYSTORE not in self.target.files:
            return Completed(0, "", "ERROR: Kibana keystore not found. Use 'create' command to create one.")
        elif command == "add":
            assert rest[1:] == ["--force", "--stdin"]
            self.entries[rest[0]] = json.loads(call.stdin)
        else:
            assert command == "remove"
            self.entries.pop(rest[0], None)
        self.writes += 1
        self.target.put(KEYSTORE, FakeFile(f"{self.writes} {json.dumps(self.entries)}".encode(), 0o660, USER, USER))
        return OK


def running(**differs) -> FakeKibana:
    """Return a Kibana that its operator started beside an open cluster."""
    return FakeKibana(**differs).starts()


def content(password: str, *, https: bool, own: bool) -> KibanaContent:
    """Return what the program wants of a Kibana."""
    hosts = (f"{'https' if https else 'http'}://es-1:9200",)
    case = Case(FakeKibana().kibana, hosts, outbound=https, inbound=https and not own)
    secure = {PASSWORD: password} | ({PASSPHRASE: PASSPHRASE_TEXT} if case.inbound else {})
    keys = {key: f"generated-key-for-{purpose}" for purpose, key in ENCRYPTION_KEYS.items()} if https else {}
    return KibanaContent(
        settings=settings_of(case),
        absent=absent_of(case),
        defaults=defaults_of(case),
        secure={name: SecretStr(value) for name, value in secure.items()},
        secure_defaults={name: SecretStr(value) for name, value in keys.items()},
        secure_absent=secure_absent_of(case),
    )


@dataclass
class Operator:
    """Runs `up` for one Kibana, resource after resource in the program's order, and keeps what is recorded."""

    one: FakeKibana
    password: str = FIRST
    signer: IssuedAuthority | None = G1
    leaf: IssuedLeaf = LEAF
    trust: Recorded | None = None
    settings: Recorded | None = None
    restarted: Recorded | None = None

    def trust_inputs(self) -> KibanaTrustInputs:
        assert self.signer is not None
        return KibanaTrustInputs(
            kibana=self.one.kibana, authorities_pem=SecretStr(self.signer.certificate_pem), generation=1
        )

    def settings_inputs(self) -> KibanaSettingsInputs:
        https = self.signer is not None
        files = {}
        if self.signer is not None:
            files = {"authorities_pem": SecretStr(self.signer.certificate_pem), "generation": 1}
        if https and not self.one.own_certificate:
            files |= inputs_of(self.leaf)
            files["not_after"] = "2027-11-24T04:00:00+00:00"
        wanted = content(self.password, https=https, own=self.one.own_certificate)
        return KibanaSettingsInputs(kibana=self.one.kibana, content=wanted, **files)

    def restart_inputs(self) -> KibanaRestartInputs:
        assert self.settings is not None
        https = {}
        if self.signer is not None and not self.one.own_certificate:
            https = {"serial": serial_of(self.leaf), "authorities_pem": SecretStr(self.signer.certificate_pem)}
        return KibanaRestartInputs(kibana=self.one.kibana, start_files=self.settings.outputs.start_files, **https)

    def up(self) -> list[str]:
        """Bring Kibana and Elasticsearch to what is wanted, as one `up` does; return the steps at Kibana."""
        steps = []
        if self.signer is not None:
            self.trust = made(KibanaTrustHandler(), self.trust, self.trust_inputs(), self.one.context)
            steps += self.trust.outputs.steps
        self.one.presents = self.signer
        self.settings = made(KibanaSettingsHandler(), self.settings, self.settings_inputs(), self.one.context)
        self.one.password = self.password
        self.restarted = made(KibanaRestartHandler(), self.restarted, self.restart_inputs(), self.one.context)
        return [*steps, *self.settings.outputs.steps, *self.restarted.outputs.steps]

    def drift(self) -> list[str]:
        """Return the reasons that a preview finds when nothing in the stack file changed."""
        found = []
        pairs = (
            (KibanaTrustHandler(), self.trust, self.signer and self.trust_inputs),
            (KibanaSettingsHandler(), self.settings, self.settings_inputs),
            (KibanaRestartHandler(), self.restarted, self.restart_inputs),
        )
        for handler, recorded, inputs in pairs:
            if recorded is not None and inputs:
                reasons = handler.changes(recorded, inputs(), self.one.context)
                if recorded.inputs == inputs():
                    told = handler.drift(recorded, self.one.context)
                    assert bool(told) is bool(reasons), "a refresh and a preview must not disagree"
                found += [change.finding.reason for change in reasons]
        return found


def made(handler: Any, recorded: Recorded | None, wanted: Any, context: FakeContext) -> Recorded:
    return Recorded(wanted, handler.converge(recorded, wanted, context))
