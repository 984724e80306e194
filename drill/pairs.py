"""Whether every node would take every other one now, by real handshakes, over and over.

Load cannot show that: transport connections that stand outlive a bad swap of keys and trust, and the damage waits for
the next reconnect. So each node's own key and leaf knock at each other node's transport port: those that it presents,
and those in its key file, which it would present after a crash.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.serialization import pkcs12

from components.nodes.layers import LAYERS
from components.nodes.probes import LISTEN, Identity, handshake
from components.pki.inspect import pem_of
from components.pki.keys import PrivateKey, pem_of_key
from components.pki.spec import Layer
from devcluster.node import DevNode
from drill.repeating import over_and_over

PAUSE = 0.5
"""Seconds between two rounds."""


@dataclass(frozen=True, slots=True)
class Refused:
    """One node that did not take another one, twice; and that one presented this leaf, or had it in its key file."""

    presenter: str
    verifier: str
    serial: str
    refusal: str


@dataclass
class Pairs:
    """All ordered pairs of a cluster's nodes.

    Attributes:
        nodes: the nodes.
        passwords: of their transport key files, by the nodes' names.
        leaves: key and leaf of every serial number that was ever in a key file.
        filed: the serial number in every key file that was ever seen, by its bytes; to open one takes as long as it
            takes to guess at its password once, and rounds that did it each time were a load of their own.
        accepted: how many handshakes were accepted.
        refused: those that were not.
    """

    nodes: Sequence[DevNode]
    passwords: Mapping[str, str]
    leaves: dict[str, Identity] = field(default_factory=dict)
    filed: dict[bytes, str] = field(default_factory=dict)
    accepted: int = 0
    refused: list[Refused] = field(default_factory=list)

    @contextmanager
    def checked(self) -> Iterator["Pairs"]:
        """Check all pairs over and over until the block ends."""
        with ThreadPoolExecutor(len(self.nodes) ** 2) as pool, over_and_over(lambda: self.check(pool), PAUSE):
            yield self

    def check(self, pool: ThreadPoolExecutor) -> None:
        """Check all pairs once."""
        presented = {node.name: self.presented(node) for node in self.nodes}
        knocks = [
            (presenter, serial, verifier)
            for presenter, verifier in itertools.permutations(self.nodes, 2)
            for serial in presented[presenter.name]
        ]
        for refused, accepted in pool.map(lambda knock: self._knock(*knock), knocks):
            self.accepted += accepted
            self.refused += refused

    def presented(self, node: DevNode) -> frozenset[str]:
        """Return the serial numbers of the leaves that a node presents and would present after a crash."""
        content = (node.config / LAYERS[Layer.TRANSPORT].key_file).read_bytes()
        if content not in self.filed:
            self.filed[content] = self._opened(content, node)
        served = handshake(node.spec.address, node.spec.transport_port).serial
        return frozenset({self.filed[content], served}) & self.leaves.keys()

    def _opened(self, content: bytes, node: DevNode) -> str:
        """Keep key and leaf of a key file, and return its serial number."""
        opened = pkcs12.load_pkcs12(content, self.passwords[node.name].encode())
        assert opened.cert is not None  # noqa: S101 (a key file of ours has both)
        assert isinstance(opened.key, PrivateKey)  # noqa: S101 (likewise)
        leaf = opened.cert.certificate
        serial = f"{leaf.serial_number:x}"
        self.leaves[serial] = Identity(pem_of(leaf), pem_of_key(opened.key))
        return serial

    def _knock(self, presenter: DevNode, serial: str, verifier: DevNode) -> tuple[list[Refused], bool]:
        """Knock, and once more after a refusal; a node that is killed meanwhile, or starts, breaks off in silence."""
        refusal = ""
        for _ in range(2):
            answer = handshake(verifier.spec.address, verifier.spec.transport_port, self.leaves[serial], listen=LISTEN)
            if not answer.refused or serial not in self.presented(presenter):
                return [], answer.trusted
            refusal = answer.refusal
        return [Refused(presenter.name, verifier.name, serial, refusal)], False
