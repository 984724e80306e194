"""What other people's software says of what we issue: OpenSSL, the JDK's keytool, and an RFC 5280 linter."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from components.pki.inspect import load_certificate
from components.pki.issue import renew_authority
from components.pki.keyfiles import check_key_file, key_file_p12
from components.pki.own import own_authority
from components.pki.passwords import password_findings
from components.pki.profiles import ProfileName
from components.pki.spec import KeyType, Layer
from components.pki.trustfiles import trust_file_p12, trust_file_pem
from tests.pki.makers import HOSTS, NOW, authority, ca, foreign, leaf, own_ca

PASSWORD = "correctHorseBatteryStaple42"
MOMENT = str(int(NOW.timestamp()))
LEAVES = [ProfileName.TRANSPORT, ProfileName.HTTP, ProfileName.CLIENT]
JAVA_TRUST_MARK = "2.16.840.1.113894.746875.1.1"


def tool(name: str, *folders: str) -> str:
    found = next((path for folder in (*folders, None) if (path := shutil.which(name, path=folder))), None)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


@pytest.fixture
def keytool() -> str:
    return tool("keytool", f"{os.environ.get('JAVA_HOME', '')}/bin")


@pytest.fixture
def openssl() -> str:
    return tool("openssl")


def run(*argv: str, stdin: str = "") -> str:
    done = subprocess.run(
        argv, input=stdin, capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": "C.UTF-8"}
    )
    return f"{done.stdout}{done.stderr}"


def put(folder: Path, name: str, content: str | bytes) -> str:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(path)


@pytest.mark.parametrize("key_type", KeyType)
@pytest.mark.parametrize(
    ("profile", "purpose", "accepted"),
    [
        pytest.param(ProfileName.TRANSPORT, "sslserver", True, id="transport leaf as a server"),
        pytest.param(ProfileName.TRANSPORT, "sslclient", True, id="transport leaf as a client"),
        pytest.param(ProfileName.HTTP, "sslserver", True, id="HTTP leaf as a server"),
        pytest.param(ProfileName.HTTP, "sslclient", False, id="HTTP leaf as a client"),
        pytest.param(ProfileName.CLIENT, "sslclient", True, id="client leaf as a client"),
        pytest.param(ProfileName.CLIENT, "sslserver", False, id="client leaf as a server"),
    ],
)
def test_openssl_takes_a_leaf_for_its_purposes_and_no_other(openssl, tmp_path, key_type, profile, purpose, accepted):
    signer = authority(key_type=key_type)
    made = leaf(signer=signer, profile=profile, key_type=key_type)
    said = run(
        *(openssl, "verify", "-x509_strict", "-check_ss_sig", "-attime", MOMENT, "-purpose", purpose),
        *("-CAfile", put(tmp_path, "trust.pem", trust_file_pem([load_certificate(signer.certificate_pem)]))),
        put(tmp_path, "leaf.pem", made.certificate_pem),
    )
    assert (said.endswith("leaf.pem: OK\n")) is accepted, said
    assert accepted or "unsuitable certificate purpose" in said or "unsupported certificate purpose" in said


@pytest.mark.parametrize("host", HOSTS)
def test_openssl_finds_every_host_in_the_leaf(openssl, tmp_path, host):
    option = "-verify_hostname" if re.search(r"[a-z]\.", host) else "-verify_ip"
    said = run(
        *(openssl, "verify", "-x509_strict", "-attime", MOMENT, option, host),
        *("-CAfile", put(tmp_path, "trust.pem", authority().certificate_pem)),
        put(tmp_path, "leaf.pem", leaf().certificate_pem),
    )
    assert said.endswith("leaf.pem: OK\n"), said


def test_openssl_takes_leaves_of_both_generations_while_both_are_trusted(openssl, tmp_path):
    both = [load_certificate(authority(number).certificate_pem) for number in (1, 2)]
    trust = put(tmp_path, "trust.pem", trust_file_pem(both))
    for number in (1, 2):
        path = put(tmp_path, f"g{number}.pem", leaf(signer=authority(number)).certificate_pem)
        said = run(openssl, "verify", "-x509_strict", "-attime", MOMENT, "-CAfile", trust, path)
        assert said.endswith("OK\n"), said


def test_openssl_takes_an_old_leaf_with_only_the_renewed_authority_and_the_other_way_round(openssl, tmp_path):
    renewed = renew_authority(authority(), valid_for="12y", now=NOW)
    for anchor, signer in ((renewed, authority()), (authority(), renewed)):
        said = run(
            *(openssl, "verify", "-x509_strict", "-attime", MOMENT),
            *("-CAfile", put(tmp_path, "trust.pem", anchor.certificate_pem)),
            put(tmp_path, "leaf.pem", leaf(signer=signer).certificate_pem),
        )
        assert said.endswith("leaf.pem: OK\n"), said


def test_openssl_takes_a_leaf_below_an_own_ca_by_its_root_alone(openssl, tmp_path):
    root = own_ca("Example root")
    issuing = own_ca("Example issuing", root)
    line = own_authority(issuing.key_pem, [issuing.certificate, root.certificate])
    made = put(
        tmp_path, "leaf.pem", leaf(signer=line.issuing, profile=ProfileName.HTTP, valid_for="90D").certificate_pem
    )
    sent = put(tmp_path, "sent.pem", line.presented_pem)

    def said(trusted):
        trust = put(tmp_path, "trust.pem", trusted)
        return run(openssl, "verify", "-attime", MOMENT, "-CAfile", trust, "-untrusted", sent, made)

    assert said(line.trusted_pem(Layer.HTTP)).endswith("leaf.pem: OK\n")
    assert "unable to get issuer certificate" in said(line.trusted_pem(Layer.TRANSPORT)), "why clients get the root"


def test_openssl_sees_the_names_critical_where_there_is_no_subject(openssl, tmp_path):
    nameless = leaf("", signer=authority())
    said = run(openssl, "x509", "-noout", "-text", "-in", put(tmp_path, "leaf.pem", nameless.certificate_pem))
    assert "X509v3 Subject Alternative Name: critical" in said


@pytest.mark.parametrize("key_type", KeyType)
@pytest.mark.parametrize("alias", ["instance", "http"])
def test_keytool_sees_one_private_key_in_a_key_file(keytool, tmp_path, key_type, alias):
    made = leaf(key_type=key_type)
    content = key_file_p12(made.private_key_pem, made.certificate_pem, (), PASSWORD, alias)
    said = keytool_list(keytool, put(tmp_path, "key.p12", content))
    assert re.findall(r"Alias name: (\S+)", said) == [alias]
    assert re.findall(r"Entry type: (\S+)", said) == ["PrivateKeyEntry"]
    assert "Certificate chain length: 1" in said
    assert made.facts.fingerprint in said.replace(":", "").lower()


def test_keytool_sees_the_chain_without_the_root(keytool, tmp_path):
    root = foreign("Example Root", ca())
    issuing = foreign("Example Issuing CA", ca(0), signer=root)
    made = foreign("es-1", signer=issuing)
    content = key_file_p12(made.key_pem, made.pem, [root.pem, issuing.pem], PASSWORD, "http")
    said = keytool_list(keytool, put(tmp_path, "key.p12", content))
    assert "Certificate chain length: 2" in said
    assert re.findall(r"Owner: (.+)", said) == ["CN=es-1", "CN=Example Issuing CA"]


def test_a_second_key_that_keytool_puts_into_a_key_file_is_found(keytool, tmp_path):
    password, both = put(tmp_path, "password", PASSWORD), str(tmp_path / "both.p12")
    for node in ("es-1", "es-2"):
        made = leaf(node)
        content = key_file_p12(made.private_key_pem, made.certificate_pem, (), PASSWORD, node)
        one = put(tmp_path, f"{node}.p12", content)
        files = ("-srckeystore", one, "-destkeystore", both, "-deststoretype", "PKCS12", "-noprompt")
        run(keytool, "-importkeystore", *files, "-srcstorepass:file", password, "-deststorepass:file", password)
    found = check_key_file((tmp_path / "both.p12").read_bytes(), PASSWORD)
    assert (found.reason, "2 private keys" in found.message) == ("SeveralKeys", True)


def test_what_keytool_itself_writes_is_a_good_key_file(keytool, tmp_path):
    password, path = put(tmp_path, "password", PASSWORD), str(tmp_path / "made.p12")
    key = (
        "-alias",
        "instance",
        "-keyalg",
        "EC",
        "-groupname",
        "secp256r1",
        "-dname",
        "CN=es-1",
        "-storetype",
        "PKCS12",
    )
    run(keytool, "-genkeypair", *key, "-keystore", path, "-storepass:file", password)
    assert check_key_file((tmp_path / "made.p12").read_bytes(), PASSWORD) is None


def test_keytool_sees_trusted_entries_in_a_trust_file_also_of_a_renewed_authority(keytool, tmp_path):
    renewed = renew_authority(authority(1), valid_for="12y", now=NOW)
    anchors = [load_certificate(one.certificate_pem) for one in (authority(1), renewed, authority(2))]
    said = keytool_list(keytool, put(tmp_path, "trust.p12", trust_file_p12(anchors, PASSWORD)))
    assert re.findall(r"Entry type: (\S+)", said) == ["trustedCertEntry"] * 3
    assert sorted(re.findall(r"Owner: CN=(.+)", said)) == ["logs transport CA g1"] * 2 + ["logs transport CA g2"]


@pytest.mark.parametrize(
    "name", [pytest.param("logs", id="plain"), pytest.param("Zürich\n-----BEGIN CERTIFICATE-----", id="hostile")]
)
def test_java_reads_a_pem_trust_file_with_its_comments(keytool, tmp_path, name):
    anchors = [load_certificate(authority(number).certificate_pem) for number in (1, 2)]
    text = trust_file_pem([*anchors, foreign(name, ca()).certificate])
    said = run(keytool, "-J-Duser.language=en", "-printcert", "-file", put(tmp_path, "trust.pem", text))
    assert len(re.findall(r"^Owner: ", said, re.MULTILINE)) == 3, said


def test_openssl_sees_the_encryption_and_the_mark_of_trust_in_a_trust_file(openssl, tmp_path):
    content = trust_file_p12([load_certificate(authority().certificate_pem)], PASSWORD)
    said = run(
        *(openssl, "pkcs12", "-info", "-nokeys", "-passin", "stdin", "-in", put(tmp_path, "trust.p12", content)),
        stdin=f"{PASSWORD}\n",
    )
    assert JAVA_TRUST_MARK in said
    assert "MAC: sha256, Iteration 2048" in said
    assert "PBES2, PBKDF2, AES-256-CBC, Iteration 10000, PRF hmacWithSHA256" in said


def keytool_list(keytool: str, path: str, password: str = PASSWORD) -> str:
    return run(
        *(keytool, "-J-Duser.language=en", "-list", "-v", "-storetype", "PKCS12", "-keystore", path),
        stdin=f"{password}\n",
    )


@pytest.fixture(scope="module")
def linter():
    certificate = pytest.importorskip("pkilint.pkix.certificate", reason="pkilint is not installed")
    from pkilint.pkix import extension, name

    return certificate.create_pkix_certificate_validator_container(
        certificate.create_decoding_validators(name.ATTRIBUTE_TYPE_MAPPINGS, extension.EXTENSION_MAPPINGS),
        [
            certificate.create_issuer_validator_container([]),
            certificate.create_validity_validator_container(),
            certificate.create_subject_validator_container([]),
            certificate.create_extensions_validator_container([]),
            certificate.create_spki_validator_container([]),
        ],
    )


def complaints(linter, pem: str) -> set[str]:
    """Return the codes of all findings above a mere note."""
    from pkilint import loader

    document = loader.RFC5280CertificateDocumentLoader().load_pem_document(pem, "certificate")
    found = [one.finding for result in linter.validate(document.root) for one in result.finding_descriptions]
    assert found, "the linter must at least have noted how the key id was made"
    return {finding.code for finding in found if finding.severity.name not in {"INFO", "DEBUG"}}


@pytest.mark.parametrize("key_type", KeyType)
def test_a_linter_of_rfc_5280_has_nothing_against_an_authority(linter, key_type):
    made = authority(key_type=key_type)
    for pem in (made.certificate_pem, renew_authority(made, valid_for="30y", now=NOW).certificate_pem):
        assert complaints(linter, pem) == set()


@pytest.mark.parametrize("key_type", KeyType)
@pytest.mark.parametrize("profile", LEAVES)
def test_a_linter_of_rfc_5280_has_nothing_against_a_leaf(linter, key_type, profile):
    for hosts in (HOSTS, ()):
        made = leaf(signer=authority(key_type=key_type), profile=profile, key_type=key_type, hosts=hosts)
        assert complaints(linter, made.certificate_pem) == set()


def test_a_linter_of_rfc_5280_has_nothing_against_odd_but_possible_leaves(linter):
    assert complaints(linter, leaf("", signer=authority()).certificate_pem) == set()
    assert (
        complaints(linter, leaf("n" * 100, signer=authority(cluster="l" * 100, layer=Layer.HTTP)).certificate_pem)
        == set()
    )


def test_the_linter_objects_to_wildcards_alone_because_rfc_5280_leaves_them_to_others(linter):
    made = leaf(hosts=("*.example.net",))
    assert complaints(linter, made.certificate_pem) == {"pkix.invalid_domain_name_syntax"}


@pytest.mark.parametrize(
    "password",
    [
        pytest.param('it\'s "my" pa$$word: $HOME `id` \\ %', id="what shells stumble over"),
        pytest.param("  spaces  at both ends  ", id="spaces"),
        pytest.param("p" * 128, id="128 characters"),
    ],
)
def test_java_and_openssl_open_a_key_file_and_a_trust_file_with_an_odd_password(keytool, openssl, tmp_path, password):
    made = leaf()
    files = {
        "key.p12": (key_file_p12(made.private_key_pem, made.certificate_pem, (), password, "http"), "PrivateKeyEntry"),
        "trust.p12": (trust_file_p12([load_certificate(authority().certificate_pem)], password), "trustedCertEntry"),
    }
    assert check_key_file(files["key.p12"][0], password, made.certificate_pem) is None
    for name, (content, entry) in files.items():
        path = put(tmp_path, name, content)
        assert entry in keytool_list(keytool, path, password)
        said = run(openssl, "pkcs12", "-nokeys", "-passin", "stdin", "-in", path, stdin=f"{password}\n")
        assert "-----BEGIN CERTIFICATE-----" in said, said


def test_java_refuses_a_password_beyond_ascii_which_is_why_ours_are_within(keytool, tmp_path):
    made, password = leaf(), "Pässwörd-Pässwörd"
    content = key_file_p12(made.private_key_pem, made.certificate_pem, (), password, "http")
    assert "Password is not ASCII" in keytool_list(keytool, put(tmp_path, "key.p12", content), password)
    assert [found.reason for found in password_findings(password)] == ["PasswordNotAscii"]
