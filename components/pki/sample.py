"""A leaf of a CA whose key is elsewhere, with its key: it knocks where a probe leaf cannot be signed here.

It travels as one text, the key first, and is as secret as a CA's key: whoever has it can join the cluster as a node.
"""

from collections.abc import Mapping
from datetime import datetime

from components.findings import Finding
from components.pki.chains import ChainView, chain_findings
from components.pki.dates import day
from components.pki.given import GivenLeaf
from components.pki.inspect import leaf_facts, parse_bundle, pem_of
from components.pki.issue import IssuedLeaf
from components.pki.keys import belongs_to, load_private_key, pem_of_key
from components.pki.own import OwnAuthority
from components.pki.profiles import TRANSPORT
from components.pki.spec import Layer


def sample_pem(private_key_pem: str, certificates_pem: str) -> str:
    """Return a leaf and its key as they travel."""
    return private_key_pem + certificates_pem


def sample_leaf(pem: str) -> IssuedLeaf:
    """Return a sample as what a probe presents: the leaf, with the CAs between it and the one that verifiers trust."""
    certificates = "".join(pem_of(one) for one in parse_bundle(pem))
    return IssuedLeaf(pem_of_key(load_private_key(pem)), certificates)


def sampled_node(given: Mapping[str, GivenLeaf]) -> str | None:
    """Return the node whose leaf lives longest; None where none is given.

    *Retire* is proved with it, which may be years later.
    """
    return max(sorted(given), key=lambda name: leaf_facts(given[name].certificate_pem).not_after, default=None)


def why_no_sample(pem: str, own: OwnAuthority, now: datetime) -> tuple[str, ...]:
    """Return what speaks against a leaf that shall knock for a CA; nothing where it can."""
    leaf, *between = parse_bundle(pem)
    anchors = parse_bundle(own.trusted_pem(Layer.TRANSPORT))
    view = ChainView(leaf, tuple(between), anchors, TRANSPORT, (), now)
    other_key = () if belongs_to(load_private_key(pem), leaf) else ("it was issued for another key",)
    return (*other_key, *(finding.message for finding in chain_findings(view)))


def sample_shows_nothing(pem: str, now: datetime) -> Finding | None:
    """Find a sample that is refused for its date, whoever is trusted."""
    facts = leaf_facts(parse_bundle(pem)[0])
    if now > facts.not_after:
        return Finding("SampleExpired", f"the certificate of it that is here expired on {day(facts.not_after)}")
    if now < facts.not_before:
        return Finding("SampleNotYetValid", f"the certificate of it that is here is valid from {day(facts.not_before)}")
    return None
