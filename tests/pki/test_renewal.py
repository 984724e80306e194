from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.findings import all_findings, first_finding
from components.pki.issue import renew_authority
from components.pki.profiles import HTTP, TRANSPORT, ProfileName
from components.pki.renewal import REISSUE_CHECKS, LeafView, renewal_opens, renewal_window_is_open
from components.pki.sans import Sans
from components.pki.spec import KeyType
from tests.pki.makers import HOSTS, NOW, authority, ca, foreign, leaf

THIRD = Fraction(1, 3)
BEGINS, ENDS = leaf().facts.not_before, leaf().facts.not_after
OPENS = renewal_opens(BEGINS, ENDS, THIRD)
FRESH = LeafView(
    issued=leaf().facts,
    subject="es-1",
    sans=Sans.from_hosts(HOSTS),
    profile=TRANSPORT,
    key_type=KeyType.EC_P256,
    signer=authority().facts,
    renew_in_last=THIRD,
    now=NOW,
)
remade = authority(cluster="remade")
SAME_NAME_OTHER_KEY = replace(remade.facts, subject=authority().facts.subject)


def reasons(view: LeafView) -> list[str]:
    return [found.reason for found in all_findings(REISSUE_CHECKS, view)]


def test_a_fresh_leaf_stays():
    assert reasons(FRESH) == []


@pytest.mark.parametrize(
    ("view", "reason", "words"),
    [
        pytest.param(
            replace(FRESH, sans=Sans.from_hosts([*HOSTS, "new.example"])),
            "SansDiffer",
            "lacks new.example",
            id="new name",
        ),
        pytest.param(
            replace(FRESH, sans=Sans.from_hosts(HOSTS[1:])),
            "SansDiffer",
            "still names es-1.example.net",
            id="name gone",
        ),
        pytest.param(
            replace(FRESH, sans=Sans.from_hosts([*HOSTS[:2], "10.0.0.2", "2001:db8::1"])),
            "SansDiffer",
            "lacks 10.0.0.2 and still names 10.0.0.1",
            id="address moved",
        ),
        pytest.param(
            replace(FRESH, sans=Sans()), "SansDiffer", "still names 10.0.0.1, 2001:db8::1", id="no names any more"
        ),
        pytest.param(
            replace(FRESH, signer=authority(2).facts),
            "SignerReplaced",
            "signed by CA generation 1, generation 2 signs now",
            id="next generation",
        ),
        pytest.param(
            replace(FRESH, issued=leaf(signer=authority(2)).facts),
            "SignerReplaced",
            "signed by CA generation 2, generation 1 signs now",
            id="back to the former generation",
        ),
        pytest.param(
            replace(FRESH, signer=authority(cluster="metrics").facts),
            "SignerReplaced",
            "'metrics transport CA g1' signs now",
            id="another cluster's authority of the same generation",
        ),
        pytest.param(
            replace(FRESH, signer=foreign("Example CA", ca()).authority.facts),
            "SignerReplaced",
            "'Example CA' signs now",
            id="the operator's own authority",
        ),
        pytest.param(
            replace(FRESH, signer=SAME_NAME_OTHER_KEY),
            "SignerKeyReplaced",
            "another key of 'logs transport CA g1'",
            id="same generation made anew",
        ),
        pytest.param(
            replace(FRESH, issued=replace(leaf().facts, signer_key_id="")),
            "SignerKeyReplaced",
            "key not named",
            id="leaf that does not say which key signed it",
        ),
        pytest.param(
            replace(FRESH, profile=HTTP), "ProfileChanged", "the profile http says serverAuth", id="another profile"
        ),
        pytest.param(
            replace(FRESH, issued=replace(leaf().facts, purposes=None, key_use=None)),
            "ProfileChanged",
            "any purpose, any key usage",
            id="leaf of certutil, for everything",
        ),
        pytest.param(
            replace(FRESH, key_type=KeyType.RSA_3072),
            "KeyTypeChanged",
            "key ec-p256 → rsa-3072",
            id="another key type",
        ),
        pytest.param(replace(FRESH, subject="es-2"), "SubjectDiffers", "'es-1', and shall be of 'es-2'", id="renamed"),
    ],
)
def test_one_difference_is_one_reason(view, reason, words):
    (found,) = all_findings(REISSUE_CHECKS, view)
    assert found.reason == reason
    assert words in found.message


def test_an_rsa_leaf_is_judged_by_the_key_usage_of_rsa():
    issued = leaf(profile=ProfileName.HTTP, key_type=KeyType.RSA_2048).facts
    assert reasons(replace(FRESH, issued=issued, profile=HTTP, key_type=KeyType.RSA_2048)) == []


def test_a_changed_key_type_alone_is_not_taken_for_a_changed_profile():
    issued = leaf(key_type=KeyType.RSA_2048).facts
    assert reasons(replace(FRESH, issued=issued)) == ["KeyTypeChanged"]


def test_a_renewed_authority_is_no_reason_to_reissue():
    renewed = renew_authority(authority(), valid_for="10y", now=NOW + timedelta(days=1))
    assert reasons(replace(FRESH, signer=renewed.facts)) == []


def test_an_authority_without_a_key_identifier_is_compared_by_name():
    root = foreign("Example CA", ca())
    issued = leaf(signer=root.authority).facts
    assert reasons(replace(FRESH, issued=issued, signer=root.authority.facts)) == []


def test_a_leaf_of_others_with_names_we_would_not_issue_is_reissued():
    issued = replace(FRESH.issued, sans=Sans.as_found(["ES_1"], []))
    found = first_finding(REISSUE_CHECKS, replace(FRESH, issued=issued))
    assert "still names es_1" in found.message


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        pytest.param(BEGINS, [], id="first second"),
        pytest.param(OPENS - timedelta(seconds=1), [], id="a second before the window"),
        pytest.param(OPENS, ["RenewalWindowOpen"], id="exactly at the edge"),
        pytest.param(ENDS, ["RenewalWindowOpen"], id="the last second of its life"),
        pytest.param(ENDS + timedelta(seconds=1), ["LeafExpired"], id="a second too late"),
    ],
)
def test_the_window_is_open_from_its_edge_on(now, expected):
    assert reasons(replace(FRESH, now=now)) == expected


@pytest.mark.parametrize(
    ("fraction", "opens"),
    [
        pytest.param(Fraction(1, 3), datetime(2026, 1, 21, tzinfo=UTC), id="a third"),
        pytest.param(Fraction(1, 4), datetime(2026, 1, 23, 12, tzinfo=UTC), id="a quarter"),
        pytest.param(Fraction(9, 10), datetime(2026, 1, 4, tzinfo=UTC), id="nine tenths"),
        pytest.param(Fraction(65_537, 73_000), datetime(2026, 1, 4, 1, 36, 27, 616_439, tzinfo=UTC), id="an odd one"),
    ],
)
def test_the_window_is_the_last_share_of_a_life(fraction, opens):
    first, last = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 31, tzinfo=UTC)
    assert renewal_opens(first, last, fraction) == opens


def test_a_preview_reads_days_and_dates():
    found = first_finding(REISSUE_CHECKS, replace(FRESH, now=ENDS - timedelta(days=38)))
    assert str(found) == "leaf expires on 2027-11-24 (in 38 days); its renewal window opened on 2027-07-25"


def test_an_expired_leaf_says_so_before_anything_else():
    view = replace(FRESH, now=ENDS + timedelta(hours=5), sans=Sans(), signer=authority(2).facts)
    assert str(first_finding(REISSUE_CHECKS, view)) == "leaf expired on 2027-11-24 (5 hours ago)"
    assert reasons(view) == ["LeafExpired", "SignerReplaced", "SansDiffer"], "an open window goes without saying"


@pytest.mark.parametrize(
    ("ahead", "signer_begins", "found"),
    [
        pytest.param(timedelta(0), BEGINS, [], id="made by this clock"),
        pytest.param(
            timedelta(minutes=10), BEGINS, [], id="5 minutes, which it is valid before its making, and 5 more"
        ),
        pytest.param(timedelta(minutes=10, seconds=1), BEGINS, ["LeafNotYetValid"], id="more than clocks may differ"),
        pytest.param(timedelta(days=340), BEGINS, ["LeafNotYetValid"], id="a year that was mistyped"),
        pytest.param(timedelta(days=340), NOW + timedelta(seconds=1), [], id="its authority begins later too"),
    ],
)
def test_a_leaf_that_a_clock_ahead_has_made_is_reissued(ahead, signer_begins, found):
    issued = replace(FRESH.issued, not_before=BEGINS + ahead, not_after=ENDS + ahead)
    signer = replace(authority().facts, not_before=signer_begins)
    assert reasons(replace(FRESH, issued=issued, signer=signer)) == found


def test_day_by_day_over_two_years_a_leaf_is_reissued_once_per_window_and_on_the_first_day_of_it():
    issued, reissued = leaf().facts, []
    for day in range(730):
        now = NOW + timedelta(days=day)
        if first_finding(REISSUE_CHECKS, replace(FRESH, issued=issued, now=now)):
            reissued.append(day)
            issued = leaf(at=now).facts
    assert reissued == [244, 488]


@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 (bounds)
    st.timedeltas(timedelta(seconds=1), timedelta(days=36_500)),
    st.fractions(Fraction(1, 1000), Fraction(9, 10)),
    st.timedeltas(timedelta(0), timedelta(days=36_500)),
)
def test_the_window_lies_within_the_life_and_once_open_stays_open(begins, life, fraction, later):
    opens = renewal_opens(begins, begins + life, fraction)
    assert begins <= opens <= begins + life
    issued = replace(leaf().facts, not_before=begins, not_after=begins + life)
    signer = replace(authority().facts, not_after=issued.not_after + timedelta(seconds=1))
    view = replace(FRESH, issued=issued, signer=signer, renew_in_last=fraction, now=opens + later)
    assert renewal_window_is_open(view)
    assert not renewal_window_is_open(replace(view, signer=replace(signer, not_after=issued.not_after)))
