"""Our certificates and requests beside those of certutil, field by field: each difference is named, with its reason."""

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from components.pki.inspect import load_certificate
from components.pki.keys import key_type_of, new_private_key, signing_hash
from components.pki.passwords import MOST_LENGTH
from components.pki.profiles import ProfileName
from components.pki.request_handler import CertificateRequestHandler, RequestInputs
from components.pki.spec import SHORT_AUTHORITY, SHORT_LEAF, AuthoritySpec, CertificatesSpec, KeyType, Layer
from tests.fakes import FakeContext
from tests.pki import certutil
from tests.pki.certutil import HTTP_NAMES, NAMES, NO_CA, SERIAL, Differs, differing, named
from tests.pki.makers import HOSTS, NOW, authority, leaf

FIELDS, TOOL, HTTP, DOCS = "CertGenUtils", "CertificateTool", "HttpCertificateCommand", "certutil.md"
SOURCES = {
    "version": FIELDS,
    "serial": f"{FIELDS} (getSerial); RFC 5280 §4.1.2.2",
    "key": f"{FIELDS} (generateKeyPair); {DOCS} (--keysize)",
    "signed with": f"{FIELDS} (getDefaultSignatureAlgorithm)",
    "subject": f"{TOOL} (AUTO_GEN_CA_DN, Name); {HTTP} (DEFAULT_CA_NAME, and its rule for host names)",
    "begins": FIELDS,
    "ends": f"{DOCS} (--days); {HTTP} (DEFAULT_CERT_VALIDITY, DEFAULT_CA_VALIDITY)",
    "names": f"{TOOL} (getSubjectAlternativeNamesValue); {FIELDS} (createCommonName)",
    "subjectAltName": FIELDS,
    "basicConstraints": FIELDS,
    "is a CA": FIELDS,
    "path length": FIELDS,
    "keyUsage": f"{DOCS} (--keyusage); {HTTP} (DEFAULT_CERT_KEY_USAGE)",
    "key usage": f"{DOCS} (--keyusage); {HTTP} (DEFAULT_CERT_KEY_USAGE)",
    "extendedKeyUsage": f"{HTTP} (elasticsearch PR #86311)",
    "purposes": f"{HTTP} (elasticsearch PR #86311)",
    "subjectKeyIdentifier": FIELDS,
    "authorityKeyIdentifier": FIELDS,
    "names the signer's serial": f"{FIELDS} (createAuthorityKeyIdentifier, of a key)",
}
"""Where it stands what certutil makes of a field."""
CRITICAL = "software that does not understand CA:FALSE must not take a leaf for a CA"
NARROW = "a node is client and server to the other nodes, and nothing else"
JUDGED = "who signs says what it is for, and what comes back is judged before it is presented"
OF_ALL = {
    "serial": Differs(
        SERIAL, "at most 159 bits", "a number above zero fits into 20 octets only without the highest bit"
    ),
    "begins": Differs("now", "5 minutes before", "a node's clock may be behind ours"),
}
OF_LEAVES = {**OF_ALL, "basicConstraints": Differs("not critical", "critical", CRITICAL)}
A_YEAR = "a key that was lost is of use for a shorter time, and nobody has to think of the renewal"
TEN_YEARS = "it is on every verifier; its certificate is renewed with the same key, and a new key is a rotation"
WHOSE = "whoever meets it sees the node, as its `node.name` has it"
OF_TRANSPORT = {
    **OF_LEAVES,
    "subject": Differs("CN=instance", "CN=es-1", WHOSE),
    "ends": Differs("after 1095 days", "after 365 days", A_YEAR),
    "keyUsage": Differs("absent", "critical", NARROW),
    "key usage": Differs("absent", "digital_signature, key_encipherment", NARROW),
    "extendedKeyUsage": Differs("absent", "not critical", NARROW),
    "purposes": Differs("absent", "clientAuth, serverAuth", NARROW),
}
WHICH = "it says of which cluster, layer and generation it is, so that any leaf tells who signed it"
PATH = Differs("None", "0", "it signs leaves, and no CA below it")
OTHER_NAMES = Differs(
    "DNSName, IPAddress, OtherName",
    "DNSName, IPAddress",
    "only `trust_restrictions` read other names, which we never set",
)
DIFFERENCES = {
    "transport CA": {
        **OF_ALL,
        "subject": Differs(certutil.CA, "CN=logs transport CA g1", WHICH),
        "ends": Differs("after 1095 days", "after 3653 days", TEN_YEARS),
        "path length": PATH,
    },
    "HTTP CA": {
        **OF_ALL,
        "subject": Differs(certutil.HTTP_CA, "CN=logs HTTP CA g1", WHICH),
        "ends": Differs("after 1826 days", "after 3653 days", TEN_YEARS),
        "path length": PATH,
    },
    "transport": {**OF_TRANSPORT, "names": OTHER_NAMES},
    "transport, without names": OF_TRANSPORT,
    "http": {
        **OF_LEAVES,
        "subject": Differs(
            "CN=es,DC=example,DC=net", "CN=es-1", f"{WHOSE}; clients read the names alone (RFC 9110 §4.3.4)"
        ),
        "ends": Differs("after 1826 days", "after 365 days", A_YEAR),
    },
}
"""By kind: the field, what certutil makes of it, what we do, and why."""
REQUESTS = {
    "transport": {
        "subject": Differs("CN=instance", "CN=es-1", WHOSE),
        "names": OTHER_NAMES,
    },
    "http": {
        "subject": Differs("CN=es,DC=example,DC=net", "CN=es-1", WHOSE),
        "keyUsage": Differs("critical", "absent", JUDGED),
        "key usage": Differs("digital_signature, key_encipherment", "absent", JUDGED),
        "extendedKeyUsage": Differs("not critical", "absent", JUDGED),
        "purposes": Differs("serverAuth", "absent", JUDGED),
    },
}
"""Likewise, of requests: those of `csr`, and those of `http`."""
DEFAULTS = {
    "key": Differs("rsa-2048", "ec-p256", "as strong as RSA of 3072 bits, and made in a moment (decision 0011)"),
    "hash of a P-384 CA": Differs("sha256", "sha384", "as strong as the curve (RFC 5480 §4)"),
}
"""Likewise, of what is chosen where nobody says anything."""


def extensions_of(found):
    """Return what can be compared of extensions: their marks, and what they say."""
    fields = {}
    for one in found:
        fields[one.oid._name] = "critical" if one.critical else "not critical"
        value = one.value
        if isinstance(value, x509.BasicConstraints):
            fields |= {"is a CA": str(value.ca), "path length": str(value.path_length)}
        if isinstance(value, x509.KeyUsage):
            uses = ("digital_signature", "key_encipherment", "key_cert_sign", "crl_sign")
            fields["key usage"] = ", ".join(use for use in uses if getattr(value, use))
        if isinstance(value, x509.ExtendedKeyUsage):
            fields["purposes"] = ", ".join(sorted(purpose._name for purpose in value))
        if isinstance(value, x509.AuthorityKeyIdentifier):
            fields["names the signer's serial"] = str(value.authority_cert_serial_number is not None)
        if isinstance(value, x509.SubjectAlternativeName):
            fields["names"] = ", ".join(sorted({type(name).__name__ for name in value}))
    return fields


def who_and_how(signed):
    """Return what a certificate and a request have in common."""
    return {
        "key": key_type_of(signed.public_key()),
        "signed with": signed.signature_algorithm_oid._name,
        "subject": signed.subject.rfc4514_string(),
        **extensions_of(signed.extensions),
    }


def fields(certificate):
    """Return what can be compared of a certificate."""
    before = NOW - certificate.not_valid_before_utc
    return {
        "version": certificate.version.name,
        "serial": "at most 159 bits" if 0 < certificate.serial_number < 1 << 159 else "more than 159 bits",
        "begins": f"{before // timedelta(minutes=1)} minutes before" if before else "now",
        "ends": f"after {(certificate.not_valid_after_utc - NOW).days} days",
        **who_and_how(certificate),
    }


def theirs(kind):
    made = {
        "transport CA": certutil.authority,
        "HTTP CA": lambda: certutil.authority(certutil.HTTP_CA, certutil.FIVE_YEARS),
        "transport": certutil.leaf,
        "transport, without names": lambda: certutil.certificate(certutil.INSTANCE, NO_CA, signer=certutil.authority()),
        "http": certutil.http_leaf,
    }[kind]()
    return fields(made.certificate) | {"serial": SERIAL}


def ours(kind):
    """Return one of ours, with the kind of key that certutil makes, and the life that it has by default."""
    name, _, rest = kind.partition(", ")
    layer = Layer.HTTP if name.lower().startswith("http") else Layer.TRANSPORT
    signer = authority(key_type=KeyType.RSA_2048, layer=layer, valid_for=AuthoritySpec().valid_for)
    if name.endswith("CA"):
        return fields(load_certificate(signer.certificate_pem))
    usual = {"key_type": KeyType.RSA_2048, "valid_for": CertificatesSpec().valid_for}
    made = leaf(signer=signer, profile=ProfileName(name), hosts=() if rest else HOSTS, **usual)
    return fields(load_certificate(made.certificate_pem))


@pytest.mark.parametrize("kind", list(DIFFERENCES))
def test_ours_differ_from_those_of_certutil_in_what_is_named_and_in_nothing_else(kind):
    assert differing(theirs(kind), ours(kind)) == named(DIFFERENCES[kind])
    assert {*theirs(kind), *ours(kind)} <= {*SOURCES}


def requested(layer):
    """Return a request of ours, as its resource makes it."""
    inputs = RequestInputs(node="es-1", layer=layer, dns=HOSTS[:2], ips=HOSTS[2:], key_type=KeyType.RSA_2048)
    made = CertificateRequestHandler().converge(None, inputs, FakeContext())
    return x509.load_pem_x509_csr(made.request_pem.encode())


@pytest.mark.parametrize("layer", list(Layer))
def test_our_requests_differ_from_those_of_certutil_in_what_is_named_and_in_nothing_else(layer):
    for_http = (certutil.http_subject(HOSTS[1]), HTTP_NAMES, *certutil.FOR_SERVERS)
    made = certutil.request(*({"transport": (certutil.INSTANCE, NAMES), "http": for_http}[layer]))
    found = who_and_how(made), who_and_how(requested(layer))
    assert differing(*found) == named(REQUESTS[layer])
    assert {*found[0], *found[1]} <= {*SOURCES}


def test_without_a_word_we_choose_what_certutil_does_but_for_what_is_named():
    certificates, curve = CertificatesSpec(), new_private_key(KeyType.EC_P384)
    assert isinstance(curve, ec.EllipticCurvePrivateKey)
    chosen = {
        "key": str(certificates.key),
        "hash of a P-384 CA": signing_hash(curve).name,
        "hash of an RSA CA": signing_hash(certutil.new_key()).name,
        "asks below, of a leaf": str(SHORT_LEAF.days),
        "asks below, of a CA": str(SHORT_AUTHORITY.days),
        "longest password": str(MOST_LENGTH),
    }
    by_them = {
        "key": "rsa-2048",  # certutil.md: --keysize; leaf keys are always RSA
        "hash of a P-384 CA": "sha256",  # CertGenUtils, getDefaultSignatureAlgorithm
        "hash of an RSA CA": "sha256",
        "asks below, of a leaf": "60",  # HttpCertificateCommand
        "asks below, of a CA": "90",
        "longest password": "50",  # CertificateTool: OpenSSL before 1.1.0 reads no longer one
    }
    assert differing(by_them, chosen) == named(DEFAULTS)
