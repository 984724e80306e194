"""Assert vocabulary for certificates: what a leaf or an authority of ours must be, criticality included."""

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID

from components.pki.inspect import authority_facts, leaf_facts
from components.pki.issue import IssuedAuthority
from components.pki.names import authority_subject
from components.pki.profiles import Purpose
from components.pki.sans import Sans
from components.pki.spec import Layer

_PURPOSES = {Purpose.SERVER: ExtendedKeyUsageOID.SERVER_AUTH, Purpose.CLIENT: ExtendedKeyUsageOID.CLIENT_AUTH}


def assert_is_authority(pem: str, *, cluster: str = "logs", layer: Layer = Layer.TRANSPORT, generation: int = 1):
    """The certificate is a self-signed authority of this generation, and nothing more."""
    certificate, facts = _opened(pem), authority_facts(pem)
    assert facts.subject == facts.issuer == authority_subject(cluster, layer, generation)
    assert facts.generation == generation
    assert _extension(certificate, x509.BasicConstraints) == (x509.BasicConstraints(ca=True, path_length=0), True)
    assert facts.key_use == {"keyCertSign", "cRLSign"}
    assert _is_critical(certificate, ExtensionOID.KEY_USAGE)
    assert facts.purposes is None
    assert_names_keys(certificate, signer=certificate)
    assert _extension_ids(certificate) == {
        ExtensionOID.BASIC_CONSTRAINTS,
        ExtensionOID.KEY_USAGE,
        ExtensionOID.SUBJECT_KEY_IDENTIFIER,
        ExtensionOID.AUTHORITY_KEY_IDENTIFIER,
    }
    certificate.verify_directly_issued_by(certificate)


def assert_is_transport_leaf(pem: str, *, node: str, signer: IssuedAuthority, sans: Sans | None = None):
    """The certificate lets a node be client and server on the transport layer."""
    assert_is_leaf(pem, subject=node, signer=signer, sans=sans, purposes={Purpose.SERVER, Purpose.CLIENT})


def assert_is_http_leaf(pem: str, *, node: str, signer: IssuedAuthority, sans: Sans | None = None):
    """The certificate lets a node be a server on the HTTP layer, and never a client."""
    assert_is_leaf(pem, subject=node, signer=signer, sans=sans, purposes={Purpose.SERVER})


def assert_is_client_leaf(pem: str, *, client: str, signer: IssuedAuthority, sans: Sans | None = None):
    """The certificate lets a client identify itself, and never be a server."""
    assert_is_leaf(pem, subject=client, signer=signer, sans=sans, purposes={Purpose.CLIENT})


def assert_is_leaf(
    pem: str, *, subject: str, signer: IssuedAuthority, purposes: set[Purpose], sans: Sans | None = None
):
    """The certificate is a leaf of the signer, for these purposes, with these names."""
    certificate, facts, issuer = _opened(pem), leaf_facts(pem), _opened(signer.certificate_pem)
    assert facts.subject == subject
    assert certificate.issuer.public_bytes() == issuer.subject.public_bytes()
    assert _extension(certificate, x509.BasicConstraints) == (x509.BasicConstraints(ca=False, path_length=None), True)
    enciphers = facts.key_type.startswith("rsa") and Purpose.SERVER in purposes
    assert facts.key_use == ({"digitalSignature", "keyEncipherment"} if enciphers else {"digitalSignature"})
    assert _is_critical(certificate, ExtensionOID.KEY_USAGE)
    assert facts.purposes == purposes
    assert not _is_critical(certificate, ExtensionOID.EXTENDED_KEY_USAGE)
    assert_names_keys(certificate, signer=issuer)
    if sans is not None:
        assert facts.sans == sans
    has_names = bool(facts.sans.hosts())
    assert (ExtensionOID.SUBJECT_ALTERNATIVE_NAME in _extension_ids(certificate)) == has_names
    if has_names:
        assert _is_critical(certificate, ExtensionOID.SUBJECT_ALTERNATIVE_NAME) == (subject == "")
    assert len(_extension_ids(certificate)) == 5 + has_names
    certificate.verify_directly_issued_by(issuer)
    assert issuer.not_valid_before_utc <= certificate.not_valid_before_utc
    assert certificate.not_valid_after_utc <= issuer.not_valid_after_utc


def assert_names_keys(certificate: x509.Certificate, *, signer: x509.Certificate):
    """Both key identifiers are there, not critical, and the signer's names its key and nothing else."""
    own, own_critical = _extension(certificate, x509.SubjectKeyIdentifier)
    upper, upper_critical = _extension(certificate, x509.AuthorityKeyIdentifier)
    assert (own_critical, upper_critical) == (False, False)
    assert own == x509.SubjectKeyIdentifier.from_public_key(certificate.public_key())
    assert upper.key_identifier == _extension(signer, x509.SubjectKeyIdentifier)[0].digest
    assert upper.authority_cert_issuer is None
    assert upper.authority_cert_serial_number is None


def _opened(pem: str) -> x509.Certificate:
    certificate = x509.load_pem_x509_certificate(pem.encode())
    assert certificate.version is x509.Version.v3
    assert 0 < certificate.serial_number < 1 << 159, "RFC 5280 §4.1.2.2: positive, at most 20 octets"
    return certificate


def _extension(certificate: x509.Certificate, kind: type) -> tuple:
    found = certificate.extensions.get_extension_for_class(kind)
    return found.value, found.critical


def _is_critical(certificate: x509.Certificate, oid: x509.ObjectIdentifier) -> bool:
    return certificate.extensions.get_extension_for_oid(oid).critical


def _extension_ids(certificate: x509.Certificate) -> set[x509.ObjectIdentifier]:
    return {found.oid for found in certificate.extensions}
