"""How long it takes to make one authority and 200 leaves with their key files."""

import base64
import statistics
import time

from bench.figures import Figure
from components.clock import SystemClock
from components.pki.issue import LeafRequest, issue_leaf, new_authority
from components.pki.keyfiles import ALIASES, key_file_p12
from components.pki.passwords import new_password
from components.pki.profiles import PROFILES, ProfileName
from components.pki.sans import Sans
from components.pki.spec import KeyType, Layer

LEAVES = 200
ROUNDS = 3


def measure() -> Figure:
    """Return the median of a few rounds, in seconds."""
    seconds = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        issue_all()
        seconds.append(time.perf_counter() - began)
    return Figure(
        name="create_200_leaves_s",
        value=round(statistics.median(seconds), 2),
        means="one CA and 200 leaves with key files, EC P-256, in seconds",
        detail={"least_s": round(min(seconds), 2), "most_s": round(max(seconds), 2)},
    )


def issue_all() -> None:
    """Make them, as the plugin does."""
    now = SystemClock().now()
    authority = new_authority(
        cluster="bench", layer=Layer.HTTP, generation=1, key_type=KeyType.EC_P256, valid_for="10y", now=now
    )
    for number in range(LEAVES):
        request = LeafRequest(
            f"node-{number}", Sans(ips=("127.0.0.1",)), PROFILES[ProfileName.HTTP], KeyType.EC_P256, "1y"
        )
        leaf = issue_leaf(request, authority, now)
        base64.b64encode(
            key_file_p12(leaf.private_key_pem, leaf.certificate_pem, (), new_password(), ALIASES[Layer.HTTP])
        )
