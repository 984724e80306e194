"""A node in memory that somebody else secured: its elasticsearch.yml, its files, and the passwords that open them."""

import json

from cryptography.hazmat.primitives.serialization import pkcs12

from components.pki.keyfiles import file_encryption
from tests.fake_elasticsearch import USER
from tests.fakes import FakeFile
from tests.nodes.waves import Host
from tests.pki.makers import Foreign, ca, foreign

THEIR_CA = foreign("Elasticsearch security auto-configuration CA", ca())
THEIR_LEAF = foreign("es-1", signer=THEIR_CA)
THEIR_PASSWORD = "of-their-file"
AUTO_CONFIGURED = """
xpack.security:   # as it came
  transport.ssl:
    enabled: true
    verification_mode: certificate
    keystore.path: certs/transport.p12
    truststore.path: certs/transport.p12
  http.ssl: {enabled: true, keystore.path: certs/http.p12}
"""
PEM = """
xpack.security.transport.ssl.certificate_authorities: [certs/a.crt]
xpack.security.transport.ssl: {enabled: true, key: certs/n.key, certificate: certs/n.crt}
"""
SECURE = {
    "xpack.security.transport.ssl.keystore.secure_password": THEIR_PASSWORD,
    "xpack.security.transport.ssl.truststore.secure_password": THEIR_PASSWORD,
    "xpack.security.http.ssl.keystore.secure_password": THEIR_PASSWORD,
}


def store_of(*others: Foreign, leaf: Foreign = THEIR_LEAF, password: str = THEIR_PASSWORD) -> bytes:
    """Return their PKCS#12 file: a key with its leaf, and other certificates."""
    certificates = [each.certificate for each in others]
    encryption = file_encryption(password)
    return pkcs12.serialize_key_and_certificates(b"transport", leaf.key, leaf.certificate, certificates, encryption)


def auto_configured(*, settings: str = AUTO_CONFIGURED, secure: dict[str, str] = SECURE, running: bool = True) -> Host:
    """Return a node that configured itself at its first start, and that runs and serves its own leaf."""
    host = Host()
    host.holding("certs/transport.p12", store_of(THEIR_CA)).holding("certs/http.p12", store_of(THEIR_CA))
    return _given(host, settings, secure, running=running)


def with_pem(settings: str = PEM) -> Host:
    """Return a node whose operator wrote PEM files."""
    host = Host()
    host.holding("certs/n.key", THEIR_LEAF.key_pem.encode()).holding("certs/n.crt", THEIR_LEAF.pem.encode())
    host.holding("certs/a.crt", THEIR_CA.pem.encode())
    return _given(host, settings, {}, running=True)


def _given(host: Host, settings: str, secure: dict[str, str], *, running: bool) -> Host:
    target = host.one.target
    content = json.dumps({"entries": {"keystore.seed": "x", **secure}}).encode()
    target.put(host.one.keystore.path, FakeFile(content, 0o660, USER, USER))
    if running:
        target.clock.sleep(60)
        host.one.starts()  # with the fake's own rules, before their files are in force
    target.put(host.one.config / "elasticsearch.yml", FakeFile(settings.encode(), 0o660, USER, USER))
    return host.serving(THEIR_LEAF.authority) if running else host
