"""Leaves to knock with: they exist in memory only.

They live for a month: a node whose clock is ahead would refuse one that is short for its date, which shows nothing of
whom it trusts.
"""

from datetime import datetime

from components.pki.issue import IssuedAuthority, IssuedLeaf, LeafRequest, issue_leaf
from components.pki.profiles import TRANSPORT
from components.pki.sans import Sans
from components.pki.spec import KeyType

LIFE = "30D"
NAME = "essecurity-probe"


def probe_leaf(signer: IssuedAuthority, now: datetime) -> IssuedLeaf:
    """Return a leaf that no node ever has.

    Raises:
        ConfigurationRefused: the authority may not sign it.
    """
    return issue_leaf(LeafRequest(NAME, Sans(dns=(NAME,)), TRANSPORT, KeyType.EC_P256, LIFE), signer, now)
