import pytest
from cryptography.hazmat.primitives.serialization import pkcs12
from hypothesis import given
from hypothesis import strategies as st

from components.errors import ConfigurationRefused
from components.pki.inspect import load_certificate, parse_bundle
from components.pki.issue import renew_authority
from components.pki.keyfiles import key_file_p12
from components.pki.spec import FileFormat
from components.pki.trustfiles import anchor_findings, read_trust_file, trust_file_p12, trust_file_pem
from tests.pki.makers import NOW, authority, ca, foreign, leaf, use

PASSWORD = "correctHorseBatteryStaple42"
ONE, TWO, TEN = (load_certificate(authority(number).certificate_pem) for number in (1, 2, 10))
RENEWED = load_certificate(renew_authority(authority(1), valid_for="12y", now=NOW).certificate_pem)
OWN = foreign("Example Root", ca(), use("key_cert_sign")).certificate


def test_a_pem_trust_file_says_who_and_until_when_above_each_certificate():
    lines = trust_file_pem([TWO, ONE]).splitlines()
    assert [line for line in lines if line.startswith("#")] == [
        "# logs transport CA g1, until 2036-11-24",
        "# logs transport CA g2, until 2036-11-24",
    ]


@given(st.permutations([ONE, TWO, TEN, RENEWED, OWN]), st.permutations([ONE, TWO, TEN, RENEWED, OWN]))
def test_equal_sets_of_authorities_give_equal_files(some, others):
    assert trust_file_pem([*some, some[0]]) == trust_file_pem(others)


def test_generations_stand_in_the_order_of_their_numbers_and_the_renewed_one_behind_the_old():
    assert read_trust_file(trust_file_pem([TEN, RENEWED, TWO, ONE]).encode(), FileFormat.PEM) == (
        ONE,
        RENEWED,
        TWO,
        TEN,
    )


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("Zürich CA", id="not ASCII"),
        pytest.param("x\n-----BEGIN CERTIFICATE-----", id="a line of PEM"),
        pytest.param("x\r\ny\u2028z", id="ends of lines"),
        pytest.param("-----BEGIN CERTIFICATE-----", id="a mark of PEM"),
    ],
)
def test_no_name_of_an_authority_breaks_the_file(name):
    text = trust_file_pem([foreign(name, ca()).certificate, OWN])
    assert text.isascii()
    assert sum(line.startswith("#") for line in text.splitlines()) == 2
    assert all(line.startswith("# ") and "--" not in line for line in text.splitlines() if "until" in line)


def test_what_was_written_is_read_again_in_both_formats():
    anchors = (OWN, ONE, RENEWED, TWO)
    assert set(read_trust_file(trust_file_pem(anchors).encode(), FileFormat.PEM)) == set(anchors)
    assert set(read_trust_file(trust_file_p12(anchors, PASSWORD), FileFormat.PKCS12, PASSWORD)) == set(anchors)


def test_every_entry_of_a_pkcs12_trust_file_has_a_name_of_its_own():
    opened = pkcs12.load_pkcs12(trust_file_p12([ONE, RENEWED, TWO, OWN], PASSWORD), PASSWORD.encode())
    names = [entry.friendly_name.decode() for entry in opened.additional_certs]
    assert len(set(names)) == 4
    assert [name.rpartition("-")[0] for name in names] == ["ca", "ca-g1", "ca-g1", "ca-g2"]
    assert all(name == name.lower() for name in names), "Java puts aliases into lower case"


def test_a_pkcs12_trust_file_with_a_key_gives_only_the_other_certificates():
    content = key_file_p12(leaf().private_key_pem, leaf().certificate_pem, (), PASSWORD, "instance")
    assert read_trust_file(content, FileFormat.PKCS12, PASSWORD) == ()


@pytest.mark.parametrize(
    "write", [trust_file_pem, lambda anchors: trust_file_p12(anchors, PASSWORD)], ids=["PEM", "PKCS#12"]
)
@pytest.mark.parametrize(
    ("anchors", "why"),
    [
        pytest.param([ONE, load_certificate(leaf().certificate_pem)], "'es-1' is no CA certificate", id="a leaf"),
        pytest.param(
            [foreign("Old Root").certificate], "'Old Root' is no CA certificate", id="a root that says nothing"
        ),
        pytest.param([], "JVM's public CAs", id="nobody"),
    ],
)
def test_a_trust_file_holds_authorities_and_nothing_else(write, anchors, why):
    with pytest.raises(ConfigurationRefused) as refused:
        write(anchors)
    assert why in refused.value.why


def test_every_leaf_among_the_anchors_is_found():
    leaves = [load_certificate(leaf(node).certificate_pem) for node in ("es-1", "es-2")]
    found = anchor_findings([leaves[0], ONE, leaves[1]])
    assert [finding.reason for finding in found] == ["LeafAsAnchor", "LeafAsAnchor"]
    assert "'es-2'" in found[1].message


@pytest.mark.parametrize(
    ("content", "file_format", "password", "why"),
    [
        pytest.param(
            trust_file_p12([ONE], PASSWORD), FileFormat.PKCS12, "another", "does not open it", id="another password"
        ),
        pytest.param(trust_file_p12([ONE], PASSWORD), FileFormat.PKCS12, None, "does not open it", id="no password"),
        pytest.param(b"PEM", FileFormat.PKCS12, PASSWORD, "not PKCS#12", id="not PKCS#12"),
        pytest.param(trust_file_pem([ONE])[:-40].encode(), FileFormat.PEM, None, "has no end", id="PEM cut off"),
    ],
)
def test_a_trust_file_that_cannot_be_read_is_refused_and_says_where(content, file_format, password, why):
    with pytest.raises(ConfigurationRefused) as refused:
        read_trust_file(content, file_format, password, where="es-1: certs/transport-ca")
    assert refused.value.where == "es-1: certs/transport-ca"
    assert why in refused.value.why


def test_an_empty_pem_trust_file_trusts_nobody():
    assert read_trust_file(b"", FileFormat.PEM) == parse_bundle(b"") == ()
