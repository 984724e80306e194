"""Judge a leaf that somebody else issued, with its chain, before a node may present it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise, zip_longest

from cryptography import x509

from components.errors import ConfigurationRefused
from components.findings import Check, Finding, all_findings
from components.pki.dates import day_and_distance
from components.pki.inspect import (
    ANY_PURPOSE,
    LeafFacts,
    common_name_of,
    distinct,
    extension,
    is_authority,
    is_self_signed,
    is_signed_by,
    leaf_facts,
)
from components.pki.profiles import KeyUse, Profile


@dataclass(frozen=True, slots=True)
class ChainView:
    """A leaf, who vouches for it, and what it shall serve for.

    Attributes:
        leaf: the leaf.
        intermediates: the authorities between leaf and anchor, in the order in which a node sends them.
        anchors: the authorities that the verifiers trust.
        profile: kind of leaf that is needed.
        hosts: names and addresses that are dialled, each of which the leaf must cover.
        now: the present moment, in UTC.
    """

    leaf: x509.Certificate
    intermediates: tuple[x509.Certificate, ...]
    anchors: tuple[x509.Certificate, ...]
    profile: Profile
    hosts: tuple[str, ...]
    now: datetime

    @property
    def facts(self) -> LeafFacts:
        """What the leaf says."""
        return leaf_facts(self.leaf)


def leaf_is_no_authority(view: ChainView) -> Finding | None:
    """Find an authority in a leaf's place: whoever holds a node's key could then sign others."""
    if not is_authority(view.leaf):
        return None
    return Finding("LeafIsAuthority", f"{_called(view.leaf)} is a CA certificate, a node must not present it")


def every_certificate_is_in_its_life(view: ChainView) -> Finding | None:
    """Find a certificate of the chain that is not valid yet or any more. The anchors are the verifiers' matter."""
    for certificate in (view.leaf, *view.intermediates):
        begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
        if view.now > ends:
            return Finding("ChainExpired", f"{_called(certificate)} expired on {day_and_distance(ends, view.now)}")
        if view.now < begins:
            return Finding(
                "ChainNotYetValid",
                f"{_called(certificate)} is valid from {day_and_distance(begins, view.now)}",
            )
    return None


def purposes_fit(view: ChainView) -> Finding | None:
    """Find a leaf that lacks a purpose. Without the extension it has all of them (external-ca-transport.md)."""
    found = view.facts.purposes
    if found is None or ANY_PURPOSE in found or found >= view.profile.purposes:
        return None
    missing = ", ".join(sorted(view.profile.purposes - found))
    return Finding(
        "PurposeMissing",
        f"{_called(view.leaf)} lacks {missing} in its extendedKeyUsage ({', '.join(sorted(found))}); "
        f"a {view.profile.name} certificate needs it, or no extendedKeyUsage at all",
    )


def key_may_sign_handshakes(view: ChainView) -> Finding | None:
    """Find a leaf whose keyUsage forbids TLS 1.3. Source: RFC 8446 §4.4.2.2."""
    found = view.facts.key_use
    if found is None or KeyUse.SIGN in found:
        return None
    return Finding("SignatureForbidden", f"{_called(view.leaf)} lacks digitalSignature in its keyUsage")


def every_host_is_covered(view: ChainView) -> Finding | None:
    """Find names or addresses that are dialled and that the leaf does not vouch for."""
    missing = sorted(host for host in view.hosts if not view.facts.sans.covers(host))
    if not missing:
        return None
    return Finding(
        "HostNotCovered",
        f"{_called(view.leaf)} does not cover {', '.join(missing)}; its SANs are: {view.facts.sans}",
    )


def chain_is_in_order(view: ChainView) -> Finding | None:
    """Find a certificate in the chain that the next one did not sign. Source: RFC 8446 §4.4.2."""
    chain = (view.leaf, *view.intermediates)
    for lower, upper in pairwise(chain):
        if not is_signed_by(lower, upper):
            return Finding("ChainBroken", f"{_called(lower)} is not signed by the next one, {_called(upper)}")
    return None


def every_issuer_may_sign(view: ChainView) -> Finding | None:
    """Find an issuer that is no CA, or that may not have so many CAs below it. Source: RFC 5280 §4.2.1.9."""
    for below, issuer in enumerate(view.intermediates):
        if not is_authority(issuer):
            return Finding("IssuerMayNotSign", f"{_called(issuer)} signs in the chain, but it is no CA certificate")
        if too_many_below(issuer, below):
            return Finding("PathTooLong", f"{_called(issuer)} may not have {below} CA certificates below it")
    return None


def too_many_below(issuer: x509.Certificate, below: int) -> bool:
    """Tell whether an issuer may not have so many CAs below it. Source: RFC 5280 §4.2.1.9."""
    basic = extension(issuer, x509.BasicConstraints)
    return basic is not None and basic.path_length is not None and below > basic.path_length


def chain_reaches_an_anchor(view: ChainView) -> Finding | None:
    """Find a chain whose end no trusted authority signed."""
    top = (view.leaf, *view.intermediates)[-1]
    below = len(view.intermediates)
    for anchor in view.anchors:
        if is_signed_by(top, anchor) and is_authority(anchor) and not too_many_below(anchor, below):
            return None
    trusted = ", ".join(_called(anchor) for anchor in view.anchors) or "nobody"
    return Finding(
        "NotTrusted",
        f"{_called(top)} is signed by {common_name_of(top.issuer)!r}, which is not among the trusted: {trusted}",
    )


CHAIN_CHECKS: tuple[Check[ChainView], ...] = (
    leaf_is_no_authority,
    every_certificate_is_in_its_life,
    purposes_fit,
    key_may_sign_handshakes,
    every_host_is_covered,
    chain_is_in_order,
    every_issuer_may_sign,
    chain_reaches_an_anchor,
)


def chain_findings(view: ChainView) -> tuple[Finding, ...]:
    """Return everything that speaks against presenting the leaf; empty when it may be presented."""
    return all_findings(CHAIN_CHECKS, view)


def ordered_chain(leaf: x509.Certificate, others: Iterable[x509.Certificate]) -> tuple[x509.Certificate, ...]:
    """Return the intermediates above a leaf, in the order in which they are sent, without the root.

    A verifier brings the root itself; sending it only makes handshakes longer (RFC 8446 §4.4.2).

    Args:
        leaf: the leaf.
        others: the authorities above it, in any order, also with the root or the leaf itself among them.

    Raises:
        ConfigurationRefused: one of them is not above the leaf.
    """
    left = [other for other in distinct(others) if other != leaf]
    chain: list[x509.Certificate] = []
    lower = leaf
    while upper := next((other for other in left if is_signed_by(lower, other)), None):
        left.remove(upper)
        if is_self_signed(upper):
            break
        chain.append(upper)
        lower = upper
    strangers = [other for other in left if not is_self_signed(other) or not _is_root_of(leaf, chain, other)]
    if strangers:
        raise ConfigurationRefused(
            "a certificate in the chain did not sign what is below it",
            where=_called(leaf),
            why=f"{_called(strangers[0])} is not an issuer of this leaf, nor of its issuers",
            next_step="give the leaf's own chain, and nothing else",
        )
    return tuple(chain)


def _is_root_of(leaf: x509.Certificate, chain: list[x509.Certificate], root: x509.Certificate) -> bool:
    """Tell whether a root signed the top of the chain: of a renewed root two certificates may come along."""
    return is_signed_by((leaf, *chain)[-1], root)


def leads_up_to(chain: Sequence[x509.Certificate], authority: x509.Certificate) -> bool:
    """Tell whether a chain, leaf first, goes up to an authority, each one signed by the next.

    The authority may have signed any of them: a node between whose CA and the root stands another sends both.
    """
    for lower, upper in zip_longest(chain, chain[1:]):
        if is_signed_by(lower, authority):
            return True
        if upper is None or not is_signed_by(lower, upper):
            return False
    return False


def _called(certificate: x509.Certificate) -> str:
    return repr(common_name_of(certificate.subject) or certificate.subject.rfc4514_string())
