import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, ObjectIdentifier

from components.errors import ConfigurationRefused
from components.pki.inspect import (
    authority_facts,
    distinct,
    is_authority,
    is_self_signed,
    is_signed_by,
    leaf_facts,
    load_certificate,
    parse_bundle,
)
from components.pki.sans import Sans
from tests.pki.makers import HOSTS, authority, ca, foreign, leaf, names, purposes, use

A, B = authority(1).certificate_pem, authority(2).certificate_pem


def test_a_leaf_tells_everything_that_is_recorded_nowhere_else():
    facts = leaf_facts(leaf().certificate_pem)
    assert (facts.subject, facts.issuer, facts.signing_generation) == ("es-1", "logs transport CA g1", 1)
    assert facts.sans == Sans.from_hosts(HOSTS)
    assert facts.signer_key_id == authority().facts.key_id
    assert facts.key_type == "ec-p256"
    assert facts.serial == f"{load_certificate(leaf().certificate_pem).serial_number:x}"
    assert len(facts.fingerprint) == 64


def test_der_and_pem_tell_the_same():
    der = load_certificate(leaf().certificate_pem).public_bytes(Encoding.DER)
    assert leaf_facts(der) == leaf_facts(leaf().certificate_pem)
    assert leaf_facts(load_certificate(der)) == leaf_facts(der)


def test_a_certificate_of_others_is_read_without_judging_it():
    odd = foreign("Odd", names("ES_1"), purposes(ObjectIdentifier("1.2.3.4"), ExtendedKeyUsageOID.SERVER_AUTH))
    facts = leaf_facts(odd.certificate)
    assert (facts.sans.dns, facts.purposes) == (("es_1",), {"1.2.3.4", "serverAuth"})
    assert (facts.key_use, facts.key_id, facts.signer_key_id, facts.signing_generation) == (None, "", "", None)


def test_a_bare_certificate_has_no_facts_that_it_does_not_say():
    facts = authority_facts(foreign("Bare").certificate)
    assert (facts.key_use, facts.purposes, facts.key_id, facts.generation) == (None, None, "", None)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        pytest.param("", 0, id="empty"),
        pytest.param("# nothing here\n", 0, id="only a comment"),
        pytest.param(A, 1, id="one"),
        pytest.param(A + B, 2, id="two"),
        pytest.param((A + B).replace("\n", "\r\n"), 2, id="CRLF"),
        pytest.param(f"# one\n{A}\n\nsubject=CN = two\n{B}trailing words", 2, id="comments around"),
        pytest.param("\ufeff" + A, 1, id="byte order mark"),
        pytest.param(A.rstrip("\n") + "\n" + B.rstrip("\n"), 2, id="no newline at the end"),
        pytest.param(leaf().private_key_pem + leaf().certificate_pem, 1, id="a private key before it"),
        pytest.param(A + A, 2, id="the same twice"),
    ],
)
def test_a_bundle_is_read_as_people_write_it(text, count):
    assert len(parse_bundle(text)) == count
    assert len(parse_bundle(text.encode())) == count


def test_a_bundle_may_hold_comments_in_any_encoding():
    assert len(parse_bundle("# Zertifizierungsstelle für Kunden\n".encode("latin-1") + A.encode())) == 1


def test_a_bundle_keeps_its_order():
    assert [authority_facts(one).generation for one in parse_bundle(B + A)] == [2, 1]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(A[: len(A) // 2], id="cut off"),
        pytest.param(A[: len(A) // 2] + "\n" + B, id="cut off, with another behind it"),
        pytest.param(A.replace("M", "*", 3), id="letters that base64 does not have"),
        pytest.param(
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", id="something else in the block"
        ),
    ],
)
def test_a_damaged_bundle_is_refused_and_says_where(content):
    with pytest.raises(ConfigurationRefused) as refused:
        parse_bundle(content, where="es-1: certs/transport-ca.pem")
    assert refused.value.where == "es-1: certs/transport-ca.pem"
    assert "https://" not in str(refused.value)


@pytest.mark.parametrize(
    "content", [pytest.param("", id="empty"), pytest.param(b"\x30\x03abc", id="no DER"), pytest.param("x", id="text")]
)
def test_what_is_no_certificate_is_refused(content):
    with pytest.raises(ConfigurationRefused, match="cannot be read"):
        load_certificate(content)


def test_only_the_signer_counts_as_signer():
    assert is_signed_by(leaf().certificate_pem, A)
    assert not is_signed_by(leaf().certificate_pem, B)
    assert not is_signed_by(A, leaf().certificate_pem)


def test_the_same_name_with_another_key_is_another_signer():
    root, twin = foreign("Example CA", ca()), foreign("Example CA", ca())
    assert not is_signed_by(foreign("es-1", signer=root).certificate, twin.certificate)


def test_a_root_is_self_signed_and_a_leaf_is_not():
    assert is_self_signed(load_certificate(A))
    assert not is_self_signed(load_certificate(leaf().certificate_pem))


@pytest.mark.parametrize(
    ("extensions", "expected"),
    [
        pytest.param([ca()], True, id="CA without key usage"),
        pytest.param([ca(), use("key_cert_sign")], True, id="CA that may sign certificates"),
        pytest.param([ca(), use("crl_sign")], False, id="CA that may not"),
        pytest.param([use("key_cert_sign")], False, id="key usage without CA"),
        pytest.param([], False, id="nothing said"),
    ],
)
def test_an_authority_is_one_that_says_so(extensions, expected):
    assert is_authority(foreign("Example", *extensions).certificate) is expected


def test_doubles_go_and_the_order_stays():
    a, b = parse_bundle(A + B)
    assert distinct([b, a, b, a]) == (b, a)
