"""When a leaf is reissued, and when an authority is renewed. A preview shows why: of a leaf, every finding."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from components.findings import Check, Finding
from components.pki.dates import day, day_and_distance
from components.pki.inspect import AuthorityFacts, LeafFacts
from components.pki.issue import CLOCK_SKEW
from components.pki.lifetimes import Lifetime, lifetime_end, lifetime_start
from components.pki.names import common_name
from components.pki.profiles import Profile
from components.pki.sans import Sans
from components.pki.spec import KeyType

_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class LeafView:
    """A leaf as it is, beside what is wanted.

    Attributes:
        issued: what the leaf says.
        subject: name that it shall carry.
        sans: names and addresses that it shall vouch for.
        profile: kind that it shall be.
        key_type: type that its key shall have.
        signer: the authority that signs now; None while its key is not made yet.
        renew_in_last: share of its life in which it is renewed.
        now: the present moment, in UTC.
    """

    issued: LeafFacts
    subject: str
    sans: Sans
    profile: Profile
    key_type: KeyType
    signer: AuthorityFacts | None
    renew_in_last: Fraction
    now: datetime


def renewal_opens(not_before: datetime, not_after: datetime, fraction: Fraction) -> datetime:
    """Return the first moment of the last ``fraction`` of a life."""
    return not_after - _share(not_after - not_before, fraction)


def _share(life: timedelta, fraction: Fraction) -> timedelta:
    """Return a share of a life, in whole numbers all the way: exact, and without overflow for odd fractions."""
    return timedelta(microseconds=life // _MICROSECOND * fraction.numerator // fraction.denominator)


def leaf_has_expired(view: LeafView) -> Finding | None:
    """Find a leaf whose life is over. RFC 5280 §4.1.2.5: it still includes the last second."""
    if view.now <= view.issued.not_after:
        return None
    return Finding("LeafExpired", f"leaf expired on {day_and_distance(view.issued.not_after, view.now)}")


def leaf_begins_later(view: LeafView) -> Finding | None:
    """Find a leaf that a clock that was ahead made: whoever meets it refuses it. RFC 5280 §4.1.2.5.

    Nothing else would heal it: its renewal window lies far off. As long as its authority begins later too, nobody could
    issue a better one.
    """
    begins, signer = view.issued.not_before, view.signer
    if begins <= view.now + CLOCK_SKEW or (signer and signer.not_before > view.now):
        return None
    return Finding("LeafNotYetValid", f"leaf is valid from {day_and_distance(begins, view.now)}")


def subject_differs(view: LeafView) -> Finding | None:
    """Find a leaf of another name; a PKI realm's role mapping goes by it (deploy-manage/…/kibana-es-mutual-tls.md)."""
    wanted = common_name(view.subject)
    if view.issued.subject == wanted:
        return None
    return Finding("SubjectDiffers", f"leaf is of {view.issued.subject!r}, and shall be of {wanted!r}")


def sans_differ(view: LeafView) -> Finding | None:
    """Find a leaf with other names and addresses than wanted."""
    found, wanted = view.issued.sans.hosts(), view.sans.hosts()
    if found == wanted:
        return None
    missing, surplus = ", ".join(sorted(wanted - found)), ", ".join(sorted(found - wanted))
    parts = [f"lacks {missing}"] * bool(missing) + [f"still names {surplus}"] * bool(surplus)
    return Finding("SansDiffer", f"leaf {' and '.join(parts)}")


def signer_was_replaced(view: LeafView) -> Finding | None:
    """Find a leaf of another authority: of another generation, another name, or the same name with another key."""
    if view.signer is None:
        return None
    found, wanted = view.issued.signing_generation, view.signer.generation
    if found != wanted and found is not None and wanted is not None:
        return Finding("SignerReplaced", f"leaf is signed by CA generation {found}, generation {wanted} signs now")
    if view.issued.issuer != view.signer.subject:
        return Finding("SignerReplaced", f"leaf is signed by {view.issued.issuer!r}, {view.signer.subject!r} signs now")
    return None


def signer_has_another_key(view: LeafView) -> Finding | None:
    """Find a leaf that another key of the same authority's name signed, such as of a CA made anew.

    An authority without a key identifier cannot be compared; then its name has to do.
    """
    if view.signer is None or view.issued.issuer != view.signer.subject:
        return None
    wanted = view.signer.key_id
    if not wanted or view.issued.signer_key_id == wanted:
        return None
    return Finding(
        "SignerKeyReplaced",
        f"leaf is signed by another key of {view.issued.issuer!r} "
        f"({_short(view.issued.signer_key_id)}) than the one that signs now ({_short(wanted)})",
    )


def _short(key_id: str) -> str:
    return f"key {key_id[:8]}" if key_id else "key not named"


def profile_changed(view: LeafView) -> Finding | None:
    """Find a leaf that may be used for other things than its profile says, judged for the key that it has."""
    found = (view.issued.key_use, view.issued.purposes)
    wanted = (view.profile.key_use(view.issued.key_type), view.profile.purposes)
    if found == wanted:
        return None
    return Finding(
        "ProfileChanged",
        f"leaf is for {_uses(*found)}; the profile {view.profile.name} says {_uses(*wanted)}",
    )


def _uses(key_use: frozenset[str] | None, purposes: frozenset[str] | None) -> str:
    return ", ".join([*sorted(purposes or ["any purpose"]), *sorted(key_use or ["any key usage"])])


def key_type_changed(view: LeafView) -> Finding | None:
    """Find a leaf whose key is of another type than wanted."""
    if view.issued.key_type == view.key_type:
        return None
    return Finding("KeyTypeChanged", f"key {view.issued.key_type} → {view.key_type}")


def renewal_window_is_open(view: LeafView) -> Finding | None:
    """Find a leaf in the last share of its life; open from the very moment on which the window begins.

    A leaf that ends with its authority would gain nothing: the next one could not live longer.
    """
    if view.signer and view.issued.not_after >= view.signer.not_after:
        return None
    opens = renewal_opens(view.issued.not_before, view.issued.not_after, view.renew_in_last)
    if view.now < opens:
        return None
    return Finding("RenewalWindowOpen", _window_text("leaf", opens, view.issued.not_after, view.now))


def lives_and_is_due(view: LeafView) -> Finding | None:
    """Find a leaf whose renewal window is open; of one whose life is over, that goes without saying."""
    return None if leaf_has_expired(view) else renewal_window_is_open(view)


def _window_text(what: str, opens: datetime, ends: datetime, now: datetime) -> str:
    return f"{what} expires on {day_and_distance(ends, now)}; its renewal window opened on {day(opens)}"


REISSUE_CHECKS: tuple[Check[LeafView], ...] = (
    leaf_has_expired,
    leaf_begins_later,
    signer_was_replaced,
    signer_has_another_key,
    subject_differs,
    sans_differ,
    profile_changed,
    key_type_changed,
    lives_and_is_due,
)
"""Why a leaf is issued anew, the most telling reason first."""


@dataclass(frozen=True, slots=True)
class AuthorityView:
    """An authority's certificate as it is.

    Attributes:
        issued: what the certificate says.
        leaf_valid_for: how long the leaves live that it signs.
        renew_in_last: share of a life in which a certificate is renewed.
        now: the present moment, in UTC.
    """

    issued: AuthorityFacts
    leaf_valid_for: Lifetime
    renew_in_last: Fraction
    now: datetime


def leaves_cut_short_from(view: AuthorityView) -> datetime:
    """Return the moment from which the authority has less life left than a leaf and a leaf's renewal window.

    A leaf issued later than one leaf's life before the authority's end would have to end early. A run that
    renews the authority and then issues needs no more margin than that. The margin of one leaf's window on top
    is for whoever renews by hand or holds the old certificate: clients that check the dates of what they trust
    (Beats and Kibana do, Java does not) then have at least a leaf's whole life to get the new one, while the
    leaves signed from here on still end before the old certificate does.
    """
    ends = view.issued.not_after
    last_full_leaf = lifetime_start(view.leaf_valid_for, ends)
    life = lifetime_end(view.leaf_valid_for, last_full_leaf) - last_full_leaf
    return last_full_leaf - _share(life, view.renew_in_last)


def authority_renewal_opens(view: AuthorityView) -> datetime:
    """Return when an authority is due: in the last share of its life, or earlier where leaves would suffer."""
    last_share = renewal_opens(view.issued.not_before, view.issued.not_after, view.renew_in_last)
    return min(last_share, leaves_cut_short_from(view))


def authority_has_expired(view: AuthorityView) -> Finding | None:
    """Find an authority whose certificate's life is over."""
    if view.now <= view.issued.not_after:
        return None
    return Finding(
        "AuthorityExpired",
        f"{view.issued.subject} expired on {day_and_distance(view.issued.not_after, view.now)}",
    )


def authority_window_is_open(view: AuthorityView) -> Finding | None:
    """Find an authority in the last share of its life."""
    opens = renewal_opens(view.issued.not_before, view.issued.not_after, view.renew_in_last)
    if view.now < opens:
        return None
    return Finding(
        "AuthorityRenewalWindowOpen",
        _window_text(view.issued.subject, opens, view.issued.not_after, view.now),
    )


def leaves_would_be_cut_short(view: AuthorityView) -> Finding | None:
    """Find an authority that soon cannot give a leaf its whole life."""
    if view.now < leaves_cut_short_from(view):
        return None
    ends = day_and_distance(view.issued.not_after, view.now)
    return Finding(
        "LeavesCutShort",
        f"{view.issued.subject} expires on {ends}; its leaves live {view.leaf_valid_for} and must end before it",
    )


AUTHORITY_RENEWAL_CHECKS: tuple[Check[AuthorityView], ...] = (
    authority_has_expired,
    authority_window_is_open,
    leaves_would_be_cut_short,
)
"""Why an authority gets a new certificate for the same key, the most telling reason first."""


def authority_begins_later(view: AuthorityView) -> Finding | None:
    """Find an authority that a clock that was ahead made: advice, because all trust this certificate already."""
    begins = view.issued.not_before
    if begins <= view.now + CLOCK_SKEW:
        return None
    return Finding(
        "AuthorityNotYetValid",
        f"{view.issued.subject} is valid from {day_and_distance(begins, view.now)}: until then it signs nothing, and "
        "whoever looks at its date refuses its leaves; set the clock of what runs this, or raise its generation",
    )


def key_change_needs_a_rotation(issued: AuthorityFacts, wanted: KeyType) -> Finding | None:
    """Find an authority whose key is of another type than the stack file says: advice, because renewing keeps it."""
    if issued.key_type == wanted:
        return None
    return Finding(
        "KeyChangeNeedsRotation",
        f"{issued.subject} has a key of type {issued.key_type}; raise its generation to get {wanted}",
    )
