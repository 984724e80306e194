"""What a trust file must hold in each wave: at least these CAs, or nothing but these."""

from types import SimpleNamespace

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from components.nodes.trust import (
    covering,
    fingerprint,
    generations_called,
    missing_authorities,
    names,
    surplus_authorities,
)
from components.pki.inspect import load_certificate
from components.pki.issue import renew_authority
from tests.pki.makers import NOW, authority, foreign

ONE, TWO, THREE = (load_certificate(authority(number).certificate_pem) for number in (1, 2, 3))
RENEWED = load_certificate(renew_authority(authority(1), valid_for="12y", now=NOW).certificate_pem)
NAMESAKE = foreign("logs transport CA g1").certificate
"""Of the same common name as ONE, and of another key."""
EVERY = [ONE, TWO, THREE, RENEWED, NAMESAKE]
some = st.lists(st.sampled_from(EVERY), max_size=8)


@pytest.mark.parametrize(
    ("generations", "present", "wanted", "called"),
    [
        pytest.param((1,), [ONE], [RENEWED], "g1 (renewed)", id="renewed"),
        pytest.param((1,), [ONE, RENEWED], [RENEWED], "g1 (renewed)", id="renewed and covered"),
        pytest.param((1,), [RENEWED], [RENEWED], "g1", id="renewed before"),
        pytest.param((1,), [], [ONE], "g1", id="a first one"),
        pytest.param((1,), [NAMESAKE], [ONE], "g1", id="of another key"),
        pytest.param((2,), [ONE], [TWO], "g2", id="a new generation"),
        pytest.param((1, 2), [ONE], [RENEWED, TWO], "g1 (renewed) + g2", id="both at once"),
        pytest.param((1,), [ONE], None, "g1 (renewed)", id="about to be renewed"),
        pytest.param((1,), [], None, "g1", id="about to be made"),
        pytest.param((2,), [ONE], None, "g2", id="a new generation is about to be made"),
        pytest.param((1, 2), [ONE], None, "g1 + g2", id="which one is made is not known"),
    ],
)
def test_a_generation_that_has_a_new_certificate_for_the_same_key_is_called_renewed(
    generations, present, wanted, called
):
    assert generations_called(generations, present, wanted) == called


@given(some, some)
def test_covering_never_takes_a_ca_away_and_keeps_the_order_of_what_is_there(present, wanted):
    assert covering(present, wanted)[: len(present)] == tuple(present)


@given(some, some)
def test_after_covering_nothing_is_missing(present, wanted):
    assert missing_authorities(covering(present, wanted), wanted) is None


@given(some, some)
def test_covering_adds_nothing_that_is_not_wanted(present, wanted):
    assert set(covering(present, wanted)) == {*present, *wanted}


@given(some, some)
def test_covering_what_is_covered_changes_nothing(present, wanted):
    covered = covering(present, wanted)
    assert covering(covered, wanted) == covered


@given(some, some)
def test_something_is_missing_exactly_when_a_wanted_ca_is_not_trusted(present, wanted):
    assert (missing_authorities(present, wanted) is None) == (set(wanted) <= set(present))


@given(some, some)
def test_something_is_surplus_exactly_when_an_unwanted_ca_is_trusted(present, wanted):
    assert (surplus_authorities(present, wanted) is None) == (set(present) <= set(wanted))


@given(some)
def test_trusting_exactly_the_wanted_cas_is_neither_missing_nor_surplus(wanted):
    assert missing_authorities(wanted, wanted) is None
    assert surplus_authorities(wanted, wanted) is None


@pytest.mark.parametrize(
    "other", [pytest.param(RENEWED, id="renewed with the same key"), pytest.param(NAMESAKE, id="a foreign namesake")]
)
def test_a_ca_is_known_by_its_fingerprint_and_not_by_its_name(other):
    assert names(other) == names(ONE)
    assert fingerprint(other) != fingerprint(ONE)
    assert missing_authorities([other], [ONE]) is not None
    assert surplus_authorities([other], [ONE]) is not None
    assert covering([other], [ONE]) == (other, ONE)


def test_every_missing_ca_is_named():
    finding = missing_authorities([ONE], [ONE, TWO, THREE])
    assert finding.reason == "AuthorityNotTrusted"
    assert finding.message == "does not trust logs transport CA g2, logs transport CA g3 yet"


def test_every_surplus_ca_is_named():
    finding = surplus_authorities([ONE, TWO, THREE], [THREE])
    assert finding.reason == "SurplusAuthorityTrusted"
    assert finding.message == "still trusts logs transport CA g1, logs transport CA g2"


def test_a_ca_without_a_common_name_is_called_by_its_whole_subject():
    nameless = SimpleNamespace(subject=x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Example")]))
    assert names(nameless) == "O=Example"
