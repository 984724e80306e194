"""Our certificates beside those of elasticsearch-certutil, field by field; every difference is named, with its reason.

certutil is on no registry, so its certificates are made here as its source says
(x-pack/plugin/security/cli, `CertificateTool`, `HttpCertificateCommand`, `CertGenUtils`).
"""

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from components.pki.inspect import load_certificate
from components.pki.profiles import ProfileName
from components.pki.spec import KeyType
from tests.pki.makers import HOSTS, authority, ca, foreign, leaf, names, purposes, use

NO_CA = (x509.BasicConstraints(ca=False, path_length=None), False)
NAMES = names(HOSTS[0])
"""Which names there are is not the matter here, only how they are carried."""


def key_ids(made):
    """Return the identifiers that certutil adds: of the key itself, and of the signer's key alone."""
    public = made.certificate.public_key()
    return (
        (x509.SubjectKeyIdentifier.from_public_key(public), False),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(public), False),
    )


def by_certutil(*extensions):
    one = foreign("es-1")
    return foreign("es-1", *extensions, *key_ids(one), key=one.key).certificate


OF_CERTUTIL = {
    "authority": by_certutil(ca(), use("key_cert_sign", "crl_sign")),
    "transport": by_certutil(NO_CA, NAMES),
    "http": by_certutil(
        NO_CA, NAMES, use("digital_signature", "key_encipherment"), purposes(ExtendedKeyUsageOID.SERVER_AUTH)
    ),
}
CRITICAL = "software that does not understand CA:FALSE must not take a leaf for a CA"
NARROW = "a node is client and server to the other nodes, and nothing else"
DIFFERENCES = {
    "authority": {"path length": ("None", "0", "it signs leaves, and no CA below it")},
    "transport": {
        "basicConstraints": ("not critical", "critical", CRITICAL),
        "keyUsage": ("absent", "critical", NARROW),
        "key usage": ("absent", "digital_signature, key_encipherment", NARROW),
        "extendedKeyUsage": ("absent", "not critical", NARROW),
        "purposes": ("absent", "clientAuth, serverAuth", NARROW),
    },
    "http": {"basicConstraints": ("not critical", "critical", CRITICAL)},
}
"""By kind: the field, what certutil makes of it, what we do, and why."""


def fields(certificate):
    """Return what can be compared of a certificate: version, sizes, algorithms, and each extension with its marks."""
    found = {"version": certificate.version.name, "long serial": str(certificate.serial_number.bit_length() > 160)}
    found["signed with"] = certificate.signature_hash_algorithm.name
    found["life is whole seconds"] = str(certificate.not_valid_after_utc.microsecond == 0)
    for one in certificate.extensions:
        found[one.oid._name] = "critical" if one.critical else "not critical"
        value = one.value
        if isinstance(value, x509.BasicConstraints):
            found |= {"is a CA": str(value.ca), "path length": str(value.path_length)}
        if isinstance(value, x509.KeyUsage):
            uses = ("digital_signature", "key_encipherment", "key_cert_sign", "crl_sign")
            found["key usage"] = ", ".join(use for use in uses if getattr(value, use))
        if isinstance(value, x509.ExtendedKeyUsage):
            found["purposes"] = ", ".join(sorted(purpose._name for purpose in value))
        if isinstance(value, x509.AuthorityKeyIdentifier):
            found["names the signer's serial"] = str(value.authority_cert_serial_number is not None)
    return found


def made(kind):
    """Return one of ours, with the kind of key that certutil makes."""
    signer = authority(key_type=KeyType.RSA_2048)
    if kind == "authority":
        return load_certificate(signer.certificate_pem)
    one = leaf(signer=signer, profile=ProfileName(kind), key_type=KeyType.RSA_2048)
    return load_certificate(one.certificate_pem)


@pytest.mark.parametrize("kind", list(OF_CERTUTIL))
def test_ours_differ_from_those_of_certutil_in_what_is_named_and_in_nothing_else(kind):
    theirs, ours = fields(OF_CERTUTIL[kind]), fields(made(kind))
    found = {
        name: (theirs.get(name, "absent"), ours.get(name, "absent"))
        for name in {**theirs, **ours}
        if theirs.get(name) != ours.get(name)
    }
    assert found == {name: (theirs, ours) for name, (theirs, ours, _) in DIFFERENCES[kind].items()}
