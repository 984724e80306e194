"""A node in the three waves: its machine, what its layers serve, and what the waves want of it."""

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from cryptography import x509
from pydantic import SecretStr

from components.drift import Drift
from components.handling import Change, Recorded
from components.nodes.dialling import Dial
from components.nodes.exclusive_handler import NodeTrustExclusiveHandler
from components.nodes.handler import NodeTrustHandler, NodeTrustInputs, NodeTrustOutputs
from components.nodes.identity_handler import NodeIdentityHandler, NodeIdentityInputs, NodeIdentityOutputs
from components.nodes.layers import LAYERS
from components.nodes.probes import Answer, Identity, Speech
from components.nodes.spec import Machine
from components.pki.inspect import load_certificate
from components.pki.issue import IssuedAuthority, IssuedLeaf
from components.pki.spec import FileFormat, Layer
from components.pki.trustfiles import read_trust_file, trust_file_p12, trust_file_pem
from components.values import UNKNOWN, Unknown
from tests.fake_elasticsearch import USER, FakeNode
from tests.fakes import FakeContext, FakeFile
from tests.nodes.machines import one_node
from tests.pki.makers import authority, leaf

TRUST_FILE = {FileFormat.PEM: "certs/transport-trust.pem", FileFormat.PKCS12: "certs/transport-trust.p12"}
KEY_FILE = "certs/transport-key.p12"
PASSWORD = "trustfilepassword42"
READS_OUR_FILES = (
    f"xpack.security.transport.ssl.keystore.path: {KEY_FILE}\n"
    f"xpack.security.transport.ssl.certificate_authorities: [{TRUST_FILE[FileFormat.PEM]}]\n"
)
READS_PKCS12 = READS_OUR_FILES.replace("certificate_authorities", "truststore.path").replace(
    f"[{TRUST_FILE[FileFormat.PEM]}]", TRUST_FILE[FileFormat.PKCS12]
)
G1, G2, G3 = (authority(number) for number in (1, 2, 3))
NAMES = {one: f"logs transport CA g{number}" for number, one in enumerate((G1, G2, G3), 1)}


def certificates(authorities: Sequence[IssuedAuthority]) -> tuple[x509.Certificate, ...]:
    return tuple(load_certificate(one.certificate_pem) for one in authorities)


def key_file_of(one: IssuedLeaf) -> bytes:
    """Return what stands for the key file that holds a leaf."""
    return f"key file with leaf {serial_of(one)}".encode()


def serial_of(one: IssuedLeaf) -> str:
    return f"{load_certificate(one.certificate_pem).serial_number:x}"


@dataclass
class Host:
    """A node's machine and what its transport layer answers to a handshake."""

    one: FakeNode = field(default_factory=one_node)
    format: FileFormat = FileFormat.PEM
    password: SecretStr | Unknown | None = None
    serves: Callable[[], IssuedLeaf | None] = lambda: None
    takes: Callable[[], Sequence[IssuedAuthority]] = lambda: ()
    greeted: list[tuple[str, int]] = field(default_factory=list)
    knocked: list[Identity] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.context = FakeContext(self.one.target.clock)

    def machine_of(self, machine: Machine):
        """Stand in for `machine_of`."""
        assert machine == self.one.node.machine
        return self.one.machine

    def greet(
        self, host: str, port: int, identity: Identity | None = None, *, listen: float = 0.0, dial: Dial
    ) -> Answer:
        """Stand in for `handshake`."""
        self.greeted.append((host, port))
        if identity is not None:
            self.knocked.append(identity)
            issuer = load_certificate(identity.certificate_pem).issuer
            trusted = [load_certificate(one.certificate_pem).subject for one in self.takes()]
            return Answer(Speech.TLS, refusal="" if issuer in trusted else "tlsv1 alert unknown ca")
        found = self.serves()
        if found is None:
            return Answer(Speech.NOTHING, refusal="Connection refused")
        asks_for = tuple(load_certificate(one.certificate_pem).subject for one in self.takes())
        return Answer(Speech.TLS, (load_certificate(found.certificate_pem),), asks_for=asks_for)

    @property
    def trust_file(self) -> str:
        return TRUST_FILE[self.format]

    def trusting(self, *authorities: IssuedAuthority, **differs) -> "Host":
        """Give the node a trust file with these CAs."""
        found = certificates(authorities)
        pem = self.format is FileFormat.PEM
        content = trust_file_pem(found).encode() if pem else trust_file_p12(found, PASSWORD)
        return self.holding(self.trust_file, content, **differs)

    def holding(self, relative: str, content: bytes, **differs) -> "Host":
        """Give the node a file, as we would have written it where nothing else is said."""
        access = {"mode": 0o640, "owner": USER, "group": USER, **differs}
        self.one.target.put(self.one.config / relative, FakeFile(content, **access))
        return self

    def presenting(self, found: IssuedLeaf, **differs) -> "Host":
        """Give the node a key file with this leaf."""
        return self.holding(KEY_FILE, key_file_of(found), **differs)

    def running(self) -> "Host":
        """Start Elasticsearch with settings that read our files, some time ago."""
        settings = READS_OUR_FILES if self.format is FileFormat.PEM else READS_PKCS12
        self.one.target.put(self.one.config / "elasticsearch.yml", FakeFile(settings.encode(), 0o640, "root", USER))
        self.one.target.clock.sleep(60)
        self.one.starts()
        return self

    def touched(self, content: str = "") -> "Host":
        """Let somebody write elasticsearch.yml while the node runs: a comment below it, or something else."""
        self.one.target.clock.sleep(60)
        there = self.one.file("elasticsearch.yml").content + b"# of the operator\n"
        return self.holding("elasticsearch.yml", content.encode() or there, owner="root")

    def serving(self, found: IssuedLeaf) -> "Host":
        """Let the transport layer serve this leaf for ever."""
        self.serves = lambda: found
        return self

    def trusted(self) -> tuple[str, ...]:
        """Return the names of the CAs in the node's trust file."""
        password = None if self.format is FileFormat.PEM else PASSWORD
        found = read_trust_file(self.one.file(self.trust_file).content, self.format, password)
        return tuple(sorted(str(each.subject.rfc4514_string()).removeprefix("CN=") for each in found))

    def files(self) -> dict[str, tuple[bytes, int, str, str]]:
        return {
            str(path): (file.content, file.mode, file.owner, file.group) for path, file in self.one.target.files.items()
        }

    def written(self) -> list[str]:
        return [call.rpartition("/")[2] for call in self.one.target.fuse.calls if ": write " in call]


def pkcs12_host() -> Host:
    """Return a node whose trust file is PKCS#12."""
    return Host(format=FileFormat.PKCS12, password=SecretStr(PASSWORD))


@dataclass
class Trust:
    """One of the two waves about trust, on a node."""

    host: Host
    handler: NodeTrustHandler
    wants: Sequence[IssuedAuthority] | Unknown = (G1,)
    generation: int = 1
    takes_over: bool = False
    held: bool = False
    remote: Mapping[str, IssuedAuthority] = field(default_factory=dict)

    def wanted(self) -> NodeTrustInputs:
        known = None if isinstance(self.wants, Unknown) else "".join(one.certificate_pem for one in self.wants)
        return NodeTrustInputs(
            node=self.host.one.node,
            layer=Layer.TRANSPORT,
            file=self.host.trust_file,
            format=self.host.format,
            password=self.host.password,
            authorities_pem=UNKNOWN if known is None else SecretStr(known),
            generations=(self.generation,),
            takes_over=self.takes_over,
            held=self.held,
            remote_clusters=tuple(self.remote),
            remote_authorities_pem=SecretStr("".join(one.certificate_pem for one in self.remote.values())),
        )

    def recorded(self, *trusted: str) -> Recorded:
        return Recorded(self.wanted(), NodeTrustOutputs(trusted=trusted))

    def changes(self) -> list[Change]:
        found = list(self.handler.changes(self.recorded(), self.wanted(), self.host.context))
        if not isinstance(self.wants, Unknown) and not isinstance(self.host.password, Unknown):
            assert bool(self.drift()) is bool(found), "a refresh and a preview must not disagree"
        return found

    def drift(self) -> list[Drift]:
        return list(self.handler.drift(self.recorded(), self.host.context))

    def preview(self, *former: IssuedAuthority) -> NodeTrustOutputs:
        """Preview it, where these CAs of ours are recorded."""
        recorded = replace(self, wants=former).recorded() if former else None
        return self.handler.preview(recorded, self.wanted(), self.host.context)

    def up(self, *former: IssuedAuthority) -> NodeTrustOutputs:
        """Run it, where these CAs of ours are recorded."""
        recorded = replace(self, wants=former).recorded() if former else None
        return self.handler.converge(recorded, self.wanted(), self.host.context)

    def refresh(self) -> NodeTrustOutputs:
        return self.handler.observe(self.recorded("what was recorded"), self.host.context)


def cover(host: Host, *wants: IssuedAuthority, **differs) -> Trust:
    """Return the wave in which a node trusts at least these CAs."""
    return Trust(host, NodeTrustHandler(), wants or UNKNOWN, **differs)


def retire(host: Host, *wants: IssuedAuthority, **differs) -> Trust:
    """Return the wave in which a node trusts nothing but these CAs."""
    return Trust(host, NodeTrustExclusiveHandler(), wants or UNKNOWN, **differs)


@dataclass
class Present:
    """The wave in which a node presents a leaf; None stands for one that is not made yet."""

    host: Host
    leaf: IssuedLeaf | None = field(default_factory=leaf)
    pem: bool = False

    def wanted(self) -> NodeIdentityInputs:
        known = self.leaf is not None
        facts = LAYERS[Layer.TRANSPORT]
        file, leaf_file = facts.pem_files if self.pem else (facts.key_file, None)
        certificate = SecretStr(self.leaf.certificate_pem) if self.leaf else UNKNOWN
        return NodeIdentityInputs(
            node=self.host.one.node,
            layer=Layer.TRANSPORT,
            file=file,
            leaf_file=leaf_file,
            certificate_pem=certificate if self.pem else None,
            key_file=SecretStr(base64.b64encode(key_file_of(self.leaf)).decode()) if known else UNKNOWN,
            serial=serial_of(self.leaf) if known else UNKNOWN,
            not_after="2027-11-24T04:00:00+00:00" if known else UNKNOWN,
            generation=1,
        )

    def recorded(self, serial: str = "recorded") -> Recorded:
        return Recorded(self.wanted(), NodeIdentityOutputs(presented_serial=serial))

    def changes(self) -> list[Change]:
        found = list(NodeIdentityHandler().changes(self.recorded(), self.wanted(), self.host.context))
        if self.leaf is not None:
            assert bool(self.drift()) is bool(found), "a refresh and a preview must not disagree"
        return found

    def drift(self) -> list[Drift]:
        return list(NodeIdentityHandler().drift(self.recorded(), self.host.context))

    def preview(self) -> NodeIdentityOutputs:
        return NodeIdentityHandler().preview(None, self.wanted(), self.host.context)

    def up(self) -> NodeIdentityOutputs:
        return NodeIdentityHandler().converge(None, self.wanted(), self.host.context)

    def refresh(self) -> NodeIdentityOutputs:
        return NodeIdentityHandler().observe(self.recorded(), self.host.context)
