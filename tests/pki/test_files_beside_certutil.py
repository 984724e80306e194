"""Our files beside those of certutil, field by field, as OpenSSL shows them: each difference has its reason.

Theirs are put together by the JDK, as certutil has it do, so their ciphers are those of the JDK that runs it.
"""

import re
import shutil
import subprocess
from pathlib import PurePosixPath

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from components.nodes.plan import FILE_MODE
from components.nodes.spec import Paths
from components.pki.inspect import load_certificate
from components.pki.issue import IssuedAuthority
from components.pki.keyfiles import ALIASES, key_file_p12, key_file_pem
from components.pki.profiles import ProfileName
from components.pki.spec import KeyType, Layer
from components.pki.trustfiles import trust_file_p12
from tests.cluster.others_security import key_store
from tests.pki import certutil
from tests.pki.certutil import Differs, differing, named
from tests.pki.makers import authority, leaf, own_ca

PASSWORD = "of-the-one-file"
MARK = "2.16.840.1.113894.746875.1.1"
"""Java's mark of a certificate that is trusted."""
PKCS12, PEM = "CertificateTool (writePkcs12)", "CertificateTool (JcaPEMWriter, getEncrypter)"
SOURCES = {
    "check sum": f"{PKCS12}: the JDK's own (PKCS12KeyStore)",
    "parts": f"{PKCS12}: the JDK's own",
    "key is encrypted": f"{PKCS12}: the JDK's own",
    "certificates are encrypted": f"{PKCS12}: the JDK's own",
    "key": f"{PKCS12}, HttpCertificateCommand: the alias",
    "leaf": PKCS12,
    "others": f"{PKCS12}: the leaf alone is of the key's entry; the CA is `ca`",
    "form": PEM,
    "encrypted": PEM,
    "transport key file": "certutil.md (cert, --out)",
    "http key file": "HttpCertificateCommand",
    "transport trust file": "certutil.md (cert, --out)",
    "CA with its key": "certutil.md (ca, --out)",
    "mode": "CertificateTool (fullyWriteFile), HttpCertificateCommand, of the file or the zip file",
}
"""Where it stands what certutil makes of a field."""
LIBRARY = "what the library writes; guessing a random password of 190 bits is of no use either way (decision 0011)"
BY_ITSELF = "whom a node trusts lies in a file of its own, which a rotation changes by itself"
OF_ALL = {
    "check sum": Differs("sha256, Iteration 10000", "sha256, Iteration 2048", LIBRARY),
    "parts": Differs("key, certificates", "certificates, key", f"{LIBRARY}; readers take both orders"),
}
DIFFERENCES = {
    "transport": {**OF_ALL, "others": Differs("ca, trusted", "", BY_ITSELF)},
    "http": {**OF_ALL, "others": Differs("ca, trusted", "", "on the HTTP layer a node trusts nobody")},
    "below an intermediate": {
        **OF_ALL,
        "others": Differs("ca, trusted", "no alias", "who trusts the root needs the CA between, and gets it from us"),
    },
    "trust": {
        "check sum": OF_ALL["check sum"],
        "parts": Differs("key, certificates", "certificates", BY_ITSELF),
        "key": Differs("instance", "absent", BY_ITSELF),
        "key is encrypted": Differs(
            "PBES2, PBKDF2, AES-256-CBC, Iteration 10000, PRF hmacWithSHA256", "absent", BY_ITSELF
        ),
        "leaf": Differs("instance", "absent", BY_ITSELF),
        "others": Differs("ca, trusted", "ca-g1-…, trusted", "two CAs stand side by side in a rotation"),
    },
}
"""By kind: the field, what certutil makes of it, what we do, and why."""
PKCS8 = "what Java reads by itself, and FIPS allows"
PEM_DIFFERENCES = {
    "a password": {
        "form": Differs("RSA PRIVATE KEY", "ENCRYPTED PRIVATE KEY", PKCS8),
        "encrypted": Differs(
            "AES-128-CBC, by MD5 of the password", "PBES2, PBKDF2, hmacWithSHA256, aes-256-cbc", PKCS8
        ),
    },
    "no password": {"form": Differs("RSA PRIVATE KEY", "PRIVATE KEY", PKCS8)},
}
"""Likewise, of keys in PEM. Theirs have a password with `--pass` only, those of our nodes always have one."""
OURS = "none of theirs, so that nothing of theirs is ever overwritten"
NAMES = {
    "transport key file": Differs("elastic-certificates.p12", "transport-key.p12", OURS),
    "http key file": Differs("http.p12", "http-key.p12", OURS),
    "transport trust file": Differs("elastic-certificates.p12", "transport-trust.p12", OURS),
    "CA with its key": Differs("elastic-stack-ca.p12", "absent", "no node has a CA's key"),
    "mode": Differs("600", "640", "for the node's group to read (tutorial-self-managed-secure)"),
}
"""Of files on a node."""


@pytest.fixture(scope="module", autouse=True)
def tools():
    missing = [name for name in ("keytool", "openssl") if shutil.which(name) is None]
    if missing:
        pytest.skip(f"needs {', '.join(missing)}")


def openssl(*arguments, stdin):
    done = subprocess.run(["openssl", *arguments], input=stdin, capture_output=True, check=True)
    return done.stderr.decode() + done.stdout.decode()


def fields(content):
    """Return what can be compared of a PKCS#12 file."""
    shown = openssl("pkcs12", "-info", "-passin", f"pass:{PASSWORD}", "-nodes", stdin=content)
    found = {"check sum": re.search(r"^MAC: (.*)$", shown, re.MULTILINE)[1]}
    parts = re.findall(r"^(PKCS7 Data|PKCS7 Encrypted data: .*)$", shown, re.MULTILINE)
    found["parts"] = ", ".join("key" if part == "PKCS7 Data" else "certificates" for part in parts)
    for name, words in {"key": "Shrouded Keybag", "certificates": "PKCS7 Encrypted data"}.items():
        for way in re.findall(rf"^{words}: (.*)$", shown, re.MULTILINE):
            found[f"{name} is encrypted" if name == "key" else f"{name} are encrypted"] = way
    others = []
    for bag in shown.split("Bag Attributes")[1:]:
        alias = re.search(r"friendlyName: (.*)", bag)
        name = re.sub(r"-[0-9a-f]{12}$", "-…", alias[1]) if alias else "no alias"
        if "PRIVATE KEY" in bag:
            found["key"] = name
        elif "localKeyID" in bag:
            found["leaf"] = name
        else:
            others.append(f"{name}, trusted" if MARK in bag else name)
    return {**found, "others": "; ".join(others)} if others or "key" in found else found


def one_of_ours(profile=ProfileName.TRANSPORT):
    signer = authority(key_type=KeyType.RSA_2048)
    return leaf(signer=signer, profile=profile, key_type=KeyType.RSA_2048)


def ours(kind):
    if kind == "trust":
        return trust_file_p12([load_certificate(authority(key_type=KeyType.RSA_2048).certificate_pem)], PASSWORD)
    if kind == "below an intermediate":
        root = own_ca("Example Root")
        between = own_ca("Example Issuing CA", root)
        made = leaf(signer=IssuedAuthority(between.key_pem, between.pem), key_type=KeyType.RSA_2048)
        chain = (between.pem, root.pem)
        return key_file_p12(made.private_key_pem, made.certificate_pem, chain, PASSWORD, ALIASES[Layer.TRANSPORT])
    made = one_of_ours(ProfileName(kind))
    return key_file_p12(made.private_key_pem, made.certificate_pem, (), PASSWORD, ALIASES[Layer(kind)])


@pytest.fixture(scope="module")
def theirs():
    """The files that certutil writes, fields by kind; one writer makes all, each key file and trust file at once."""
    of_cert = fields(key_store(PASSWORD, {"instance": certutil.leaf()}, {"ca": certutil.authority()}))
    return {
        "http": {**of_cert, "key": "http", "leaf": "http"},
        **dict.fromkeys(("transport", "below an intermediate", "trust"), of_cert),
    }


@pytest.mark.parametrize("kind", list(DIFFERENCES))
def test_our_pkcs12_files_differ_from_those_of_certutil_in_what_is_named_and_in_nothing_else(theirs, kind):
    found = fields(ours(kind))
    assert differing(theirs[kind], found) == named(DIFFERENCES[kind])
    assert {*theirs[kind], *found} <= {*SOURCES}


def pem_fields(content):
    """Return what can be compared of a private key in PEM."""
    found = {"form": re.match(r"-----BEGIN (.*)-----", content)[1]}
    if info := re.search(r"^DEK-Info: ([A-Z0-9-]+),", content, re.MULTILINE):
        found["encrypted"] = f"{info[1]}, by MD5 of the password"
    elif found["form"].startswith("ENCRYPTED"):
        said = openssl("asn1parse", stdin=content.encode())
        found["encrypted"] = ", ".join(re.findall(r"OBJECT +:(\S+)", said))
    return found


@pytest.mark.parametrize("kind", list(PEM_DIFFERENCES))
def test_our_pem_keys_differ_from_those_of_certutil_in_what_is_named_and_in_nothing_else(kind):
    key = certutil.leaf().key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    made, password = one_of_ours(), PASSWORD if kind == "a password" else None
    if password:
        key = openssl("rsa", "-traditional", "-aes128", "-passout", f"pass:{PASSWORD}", stdin=key)
        key = key[key.index("-----BEGIN") :].encode()
    mine = key_file_pem(made.private_key_pem, made.certificate_pem, (), password).private_key
    found = pem_fields(key.decode()), pem_fields(mine)
    assert differing(*found) == named(PEM_DIFFERENCES[kind])
    assert {*found[0], *found[1]} <= {*SOURCES}


def test_our_files_are_called_otherwise_no_ca_is_among_them_and_the_nodes_group_reads_them():
    names = {
        "transport key file": Paths.TRANSPORT_KEY_FILE,
        "http key file": Paths.HTTP_KEY_FILE,
        "transport trust file": Paths.TRANSPORT_TRUST_STORE,
    }
    mine = {what: PurePosixPath(place).name for what, place in names.items()}
    by_them = {what: row.theirs for what, row in NAMES.items()}
    assert differing(by_them, {**mine, "mode": f"{FILE_MODE:o}"}) == named(NAMES)
    assert {*NAMES} <= {*SOURCES}
