from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from components.findings import all_findings, first_finding
from components.pki.issue import LeafRequest, issue_leaf, renew_authority
from components.pki.lifetimes import lifetime_end
from components.pki.profiles import TRANSPORT
from components.pki.renewal import (
    AUTHORITY_RENEWAL_CHECKS,
    AuthorityView,
    authority_renewal_opens,
    key_change_needs_a_rotation,
    leaves_cut_short_from,
    renewal_opens,
)
from components.pki.sans import Sans
from components.pki.spec import AuthoritySpec, CertificatesSpec, KeyType, Layer, authority_must_outlive_leaves
from tests.pki.makers import NOW, authority

THIRD = Fraction(1, 3)
SECOND = timedelta(seconds=1)
LONG = AuthorityView(authority().facts, "1y", THIRD, NOW)
SHORT = AuthorityView(authority(valid_for="2y").facts, "1y", THIRD, NOW)

lifetimes = st.one_of(
    st.integers(1, 2000).map("{}D".format), st.integers(1, 200).map("{}M".format), st.integers(1, 30).map("{}y".format)
)
starts = st.datetimes(datetime(2020, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 (bounds)
fractions = st.fractions(Fraction(1, 100), Fraction(9, 10), max_denominator=100)


def reasons(view: AuthorityView) -> list[str]:
    return [found.reason for found in all_findings(AUTHORITY_RENEWAL_CHECKS, view)]


def test_a_long_lived_authority_is_due_in_the_last_third_of_its_life():
    facts = LONG.issued
    assert authority_renewal_opens(LONG) == renewal_opens(facts.not_before, facts.not_after, THIRD)


def test_a_short_lived_authority_is_due_when_a_leaf_and_its_window_no_longer_fit():
    assert authority_renewal_opens(SHORT) == datetime(2027, 11, 24, 4, tzinfo=UTC) - timedelta(days=122)
    assert authority_renewal_opens(SHORT) == leaves_cut_short_from(SHORT)


OPENS, ENDS = authority_renewal_opens(LONG), LONG.issued.not_after
CUTS, SHORT_ENDS = leaves_cut_short_from(SHORT), SHORT.issued.not_after
SHORT_THIRD = renewal_opens(SHORT.issued.not_before, SHORT_ENDS, THIRD)


@pytest.mark.parametrize(
    ("view", "now", "expected"),
    [
        pytest.param(LONG, NOW, [], id="fresh"),
        pytest.param(LONG, OPENS - SECOND, [], id="a second before its last third"),
        pytest.param(LONG, OPENS, ["AuthorityRenewalWindowOpen"], id="exactly at the edge of its last third"),
        pytest.param(SHORT, CUTS - SECOND, [], id="a leaf and its window just fit"),
        pytest.param(SHORT, CUTS, ["LeavesCutShort"], id="a leaf and its window fit no longer"),
        pytest.param(SHORT, SHORT_THIRD, ["AuthorityRenewalWindowOpen", "LeavesCutShort"], id="both, share first"),
        pytest.param(LONG, ENDS, ["AuthorityRenewalWindowOpen", "LeavesCutShort"], id="its last second"),
        pytest.param(
            LONG,
            ENDS + SECOND,
            ["AuthorityExpired", "AuthorityRenewalWindowOpen", "LeavesCutShort"],
            id="a second too late",
        ),
    ],
)
def test_when_an_authority_is_renewed_and_why(view, now, expected):
    assert reasons(replace(view, now=now)) == expected


def test_a_preview_reads_days_and_dates():
    window = first_finding(AUTHORITY_RENEWAL_CHECKS, replace(LONG, now=ENDS - timedelta(days=900)))
    cut = first_finding(AUTHORITY_RENEWAL_CHECKS, replace(SHORT, now=CUTS))
    late = first_finding(AUTHORITY_RENEWAL_CHECKS, replace(LONG, now=ENDS + timedelta(days=1)))
    assert [str(window), str(cut), str(late)] == [
        "logs transport CA g1 expires on 2036-11-24 (in 900 days); its renewal window opened on 2033-07-25",
        "logs transport CA g1 expires on 2028-11-24 (in 488 days); its leaves live 1y and must end before it",
        "logs transport CA g1 expired on 2036-11-24 (1 day ago)",
    ]


def test_renewing_closes_every_window():
    renewed = renew_authority(authority(valid_for="2y"), valid_for="2y", now=CUTS)
    assert reasons(replace(SHORT, issued=renewed.facts, now=CUTS)) == []


def test_another_key_type_is_advice_to_rotate():
    found = key_change_needs_a_rotation(LONG.issued, KeyType.EC_P384)
    assert found.message == "logs transport CA g1 has a key of type ec-p256; raise its generation to get ec-p384"
    assert key_change_needs_a_rotation(LONG.issued, KeyType.EC_P256) is None


def test_day_by_day_over_thirty_years_no_leaf_is_cut_short_and_renewals_are_rare():
    signer, renewals = authority(valid_for="2y"), []
    for day in range(0, 30 * 365, 7):
        now = NOW + timedelta(days=day)
        if first_finding(AUTHORITY_RENEWAL_CHECKS, replace(SHORT, issued=signer.facts, now=now)):
            renewals.append(day)
            signer = renew_authority(signer, valid_for="2y", now=now)
        leaf = issue_leaf(LeafRequest("es-1", Sans(), TRANSPORT, KeyType.EC_P256, "1y"), signer, now)
        assert leaf.facts.not_after == lifetime_end("1y", now)
    assert all(later - earlier > 240 for earlier, later in pairwise(renewals))
    assert len(renewals) == 44


@given(lifetimes, lifetimes, fractions, starts, st.floats(0, 1))
def test_no_leaf_that_is_issued_before_the_window_opens_is_cut_short(valid_for, leaf_valid_for, fraction, begins, when):
    ends = lifetime_end(valid_for, begins)
    view = AuthorityView(replace(LONG.issued, not_before=begins, not_after=ends), leaf_valid_for, fraction, begins)
    opens = authority_renewal_opens(view)
    assume(opens > begins)
    issued = begins + (opens - begins) * when
    assert lifetime_end(leaf_valid_for, issued) <= ends


@given(lifetimes, lifetimes, fractions, starts)
def test_lifetimes_that_the_specs_accept_never_make_a_fresh_authority_due(valid_for, leaf_valid_for, fraction, begins):
    spec, leaves = AuthoritySpec(valid_for=valid_for), CertificatesSpec(valid_for=leaf_valid_for)
    assume(authority_must_outlive_leaves(Layer.HTTP, spec, leaves) is None)
    facts = replace(LONG.issued, not_before=begins - timedelta(minutes=5), not_after=lifetime_end(valid_for, begins))
    assert reasons(AuthorityView(facts, leaf_valid_for, fraction, begins)) == []
