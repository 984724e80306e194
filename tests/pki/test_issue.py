from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from components.errors import ConfigurationRefused
from components.pki.inspect import is_signed_by, load_certificate
from components.pki.issue import IssuedAuthority, LeafRequest, issue_leaf, new_authority, renew_authority
from components.pki.keys import belongs_to, load_private_key
from components.pki.profiles import AUTHORITY, CLIENT, HTTP, TRANSPORT, ProfileName
from components.pki.sans import Sans
from components.pki.spec import KeyType, Layer
from tests.pki.asserts import (
    assert_is_authority,
    assert_is_client_leaf,
    assert_is_http_leaf,
    assert_is_leaf,
    assert_is_transport_leaf,
    assert_names_keys,
)
from tests.pki.makers import HOSTS, NOW, authority, ca, foreign, leaf, use

SKEW = timedelta(minutes=5)
SANS = Sans.from_hosts(HOSTS)
UTC_TIME, GENERALIZED_TIME = b"\x17\x0d", b"\x18\x0f"


def request(valid_for: str = "1y", subject: str = "es-1", sans: Sans = SANS) -> LeafRequest:
    return LeafRequest(subject, sans, TRANSPORT, KeyType.EC_P256, valid_for)


@pytest.mark.parametrize("key_type", KeyType)
def test_an_authority_of_every_key_type_is_one(key_type):
    made = authority(key_type=key_type)
    assert_is_authority(made.certificate_pem)
    assert made.facts.key_type == key_type


@pytest.mark.parametrize("key_type", KeyType)
def test_a_leaf_of_every_profile_and_key_type_is_one(key_type):
    pems = {name: leaf(profile=name, key_type=key_type) for name in (ProfileName.TRANSPORT, ProfileName.HTTP)}
    client = leaf("kibana", profile=ProfileName.CLIENT, key_type=key_type, hosts=())
    signer = authority()
    assert_is_transport_leaf(pems[ProfileName.TRANSPORT].certificate_pem, node="es-1", signer=signer, sans=SANS)
    assert_is_http_leaf(pems[ProfileName.HTTP].certificate_pem, node="es-1", signer=signer, sans=SANS)
    assert_is_client_leaf(client.certificate_pem, client="kibana", signer=signer, sans=Sans())
    assert {made.facts.key_type for made in (*pems.values(), client)} == {key_type}


@pytest.mark.parametrize(
    ("signer", "algorithm"),
    [
        pytest.param(KeyType.EC_P256, "sha256", id="P-256"),
        pytest.param(KeyType.EC_P384, "sha384", id="P-384"),
        pytest.param(KeyType.RSA_2048, "sha256", id="RSA"),
    ],
)
def test_the_hash_of_a_signature_is_as_strong_as_the_signing_key(signer, algorithm):
    for pem in (authority(key_type=signer).certificate_pem, leaf(signer=authority(key_type=signer)).certificate_pem):
        assert load_certificate(pem).signature_hash_algorithm.name == algorithm


def test_key_and_leaf_belong_together_and_every_leaf_has_its_own_key():
    one, other = issue_leaf(request(), authority(), NOW), issue_leaf(request(), authority(), NOW)
    assert belongs_to(load_private_key(one.private_key_pem), load_certificate(one.certificate_pem))
    assert not belongs_to(load_private_key(one.private_key_pem), load_certificate(other.certificate_pem))
    assert one.facts.serial != other.facts.serial


def test_no_repr_shows_a_key():
    for made in (authority(), leaf()):
        assert made.private_key_pem not in repr(made)
        assert "PRIVATE KEY" not in repr(made)


def test_a_life_begins_five_minutes_ago_and_is_counted_from_now():
    moment = datetime(2026, 11, 24, 4, 0, 59, 999_999, tzinfo=UTC)
    made = authority(at=moment)
    assert made.facts.not_before == datetime(2026, 11, 24, 3, 55, 59, tzinfo=UTC)
    assert made.facts.not_after == datetime(2036, 11, 24, 4, 0, 59, tzinfo=UTC)


def test_the_clock_may_come_in_any_time_zone():
    moment = NOW.astimezone(timezone(timedelta(hours=9)))
    made = new_authority(
        cluster="logs", layer=Layer.HTTP, generation=1, key_type=KeyType.EC_P256, valid_for="1y", now=moment
    )
    assert made.facts.not_after == datetime(2027, 11, 24, 4, tzinfo=UTC)


def test_a_leaf_does_not_begin_before_its_signer():
    made = issue_leaf(request(), authority(), NOW - timedelta(minutes=1))
    assert made.facts.not_before == authority().facts.not_before == NOW - SKEW


@pytest.mark.parametrize(
    ("ahead", "ends_with_signer"),
    [
        pytest.param(timedelta(0), False, id="signer outlives the leaf"),
        pytest.param(timedelta(days=365), False, id="both end in the same second"),
        pytest.param(timedelta(days=365, seconds=1), True, id="leaf would end a second later"),
        pytest.param(timedelta(days=729), True, id="signer has a day left"),
    ],
)
def test_a_leaf_does_not_outlive_its_signer(ahead, ends_with_signer):
    signer = authority(valid_for="730D")
    made = issue_leaf(request("365D"), signer, NOW + ahead)
    ends = signer.facts.not_after if ends_with_signer else NOW + ahead + timedelta(days=365)
    assert made.facts.not_after == ends


@pytest.mark.parametrize(
    ("left", "what"),
    [
        pytest.param(timedelta(days=1) - timedelta(seconds=1), "less than a day left", id="a second less than a day"),
        pytest.param(timedelta(0), "less than a day left", id="its last second"),
        pytest.param(timedelta(seconds=-1), "has expired", id="a second too late"),
    ],
)
def test_an_authority_at_its_end_signs_nothing_and_says_what_to_do(left, what):
    signer = authority()
    with pytest.raises(ConfigurationRefused) as refused:
        issue_leaf(request(), signer, signer.facts.not_after - left)
    assert what in refused.value.what
    assert "raise its generation" in refused.value.next_step
    assert refused.value.where == "logs transport CA g1"


def test_an_authority_from_the_future_signs_nothing():
    with pytest.raises(ConfigurationRefused, match="not valid yet"):
        issue_leaf(request(), authority(), NOW - SKEW - timedelta(seconds=1))


@pytest.mark.parametrize(
    "extensions",
    [
        pytest.param([], id="without basicConstraints"),
        pytest.param([(x509.BasicConstraints(ca=False, path_length=None), True)], id="a leaf"),
        pytest.param([ca(), use("digital_signature")], id="a CA that may not sign certificates"),
    ],
)
def test_what_is_no_authority_signs_nothing(extensions):
    with pytest.raises(ConfigurationRefused, match="may not sign others"):
        issue_leaf(request(), foreign("Example", *extensions).authority, NOW)


def test_key_and_certificate_of_two_authorities_sign_nothing():
    mixed = IssuedAuthority(authority(2).private_key_pem, authority(1).certificate_pem)
    with pytest.raises(ConfigurationRefused, match="does not belong to its certificate"):
        issue_leaf(request(), mixed, NOW)
    with pytest.raises(ConfigurationRefused, match="does not belong to its certificate"):
        renew_authority(mixed, valid_for="1y", now=NOW)


def test_an_own_authority_without_a_key_identifier_signs_with_the_one_of_its_key():
    signer = foreign("Example CA", ca()).authority
    made = issue_leaf(request(), signer, NOW)
    expected = x509.SubjectKeyIdentifier.from_public_key(load_certificate(signer.certificate_pem).public_key())
    assert made.facts.signer_key_id == expected.digest.hex()
    assert is_signed_by(made.certificate_pem, signer.certificate_pem)


def test_an_own_intermediate_authority_signs():
    root = foreign("Example Root", ca())
    signer = foreign("Example Issuing CA", ca(0), signer=root).authority
    assert is_signed_by(issue_leaf(request(), signer, NOW).certificate_pem, signer.certificate_pem)


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        pytest.param(ed25519.Ed25519PrivateKey.generate(), "ed25519", id="Ed25519"),
        pytest.param(rsa.generate_private_key(65537, 1024), "rsa-1024", id="short RSA"),  # noqa: S505 (is refused)
    ],
)
def test_a_key_that_not_everything_in_the_stack_reads_is_refused(key, kind):
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    with pytest.raises(ConfigurationRefused, match=kind):
        load_private_key(pem)


def test_renewing_keeps_key_subject_and_key_id_and_changes_serial_and_dates():
    old = authority()
    later = NOW + timedelta(days=3000)
    new = renew_authority(old, valid_for="10y", now=later)
    assert_is_authority(new.certificate_pem)
    assert new.private_key_pem == old.private_key_pem
    assert new.facts.key_id == old.facts.key_id
    assert new.facts.serial != old.facts.serial
    assert new.facts.not_before == later - SKEW
    assert load_certificate(new.certificate_pem).subject == load_certificate(old.certificate_pem).subject


def test_a_leaf_from_before_the_renewal_is_accepted_by_the_renewed_certificate_and_the_other_way_round():
    old = authority()
    new = renew_authority(old, valid_for="10y", now=NOW + timedelta(days=3000))
    assert is_signed_by(leaf().certificate_pem, new.certificate_pem)
    assert is_signed_by(issue_leaf(request(), new, NOW + timedelta(days=3000)).certificate_pem, old.certificate_pem)


def test_a_new_generation_has_another_key_and_accepts_nothing_of_the_old_one():
    one, two = authority(1), authority(2)
    assert_is_authority(two.certificate_pem, generation=2)
    assert one.facts.key_id != two.facts.key_id
    assert not is_signed_by(leaf(signer=one).certificate_pem, two.certificate_pem)


def test_the_two_layers_have_authorities_of_different_names():
    http = authority(layer=Layer.HTTP)
    assert_is_authority(http.certificate_pem, layer=Layer.HTTP)
    assert http.facts.subject == "logs HTTP CA g1"


@pytest.mark.parametrize(
    ("ends", "form"),
    [
        pytest.param(datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC), UTC_TIME, id="the last second of 2049"),
        pytest.param(datetime(2050, 1, 1, tzinfo=UTC), GENERALIZED_TIME, id="the first second of 2050"),
    ],
)
def test_dates_are_written_in_the_form_that_their_year_asks_for(ends, form):
    made = authority(valid_for="36500D", at=ends - timedelta(days=36_500))
    der = load_certificate(made.certificate_pem).tbs_certificate_bytes
    text = f"{ends:%y%m%d%H%M%SZ}" if form == UTC_TIME else f"{ends:%Y%m%d%H%M%SZ}"
    assert form + text.encode() in der


def test_a_node_name_that_is_too_long_is_shortened():
    made = issue_leaf(request(subject="n" * 65), authority(), NOW)
    assert len(made.facts.subject) == 64
    assert_is_transport_leaf(made.certificate_pem, node=made.facts.subject, signer=authority())


def test_names_are_critical_where_there_is_no_subject():
    made = issue_leaf(request(subject=""), authority(), NOW)
    assert_is_leaf(made.certificate_pem, subject="", signer=authority(), purposes=set(TRANSPORT.purposes), sans=SANS)


def test_a_leaf_that_names_nobody_is_refused():
    with pytest.raises(ConfigurationRefused, match="must name somebody"):
        issue_leaf(request(subject="", sans=Sans()), authority(), NOW)


def test_an_authority_cannot_be_asked_for_as_a_leaf():
    with pytest.raises(ValueError, match="not issued as a leaf"):
        replace(request(), profile=AUTHORITY)


@given(
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=80),
    st.sampled_from([TRANSPORT, HTTP, CLIENT]),
    st.integers(1, 3000).map("{}D".format),
    st.timedeltas(timedelta(0), timedelta(days=3000)),
)
def test_whatever_is_asked_for_the_leaf_lies_within_its_signers_life(subject, profile, valid_for, later):
    made = issue_leaf(LeafRequest(subject, SANS, profile, KeyType.EC_P256, valid_for), authority(), NOW + later)
    assert_names_keys(load_certificate(made.certificate_pem), signer=load_certificate(authority().certificate_pem))
    assert authority().facts.not_before <= made.facts.not_before <= NOW + later < made.facts.not_after
    assert made.facts.not_after <= authority().facts.not_after
