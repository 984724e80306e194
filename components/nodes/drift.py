"""What a person reads of files that are not as recorded, and of leaves: in a record, in a file, in a handshake."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from cryptography import x509

from components.drift import Drift, DriftKind, drift
from components.errors import SecurityError
from components.findings import Finding
from components.nodes.identity import NodeIdentityInputs
from components.nodes.layers import LAYERS
from components.nodes.machine import NodeMachine
from components.nodes.plan import PutFile
from components.nodes.trust import SURPLUS, Authorities, names, names_beyond
from components.pki.foreign import read_store
from components.pki.inspect import load_certificate
from components.values import Unknown

OTHER_CONTENT = "other content"


def file_drift(
    node: str, layer: str, steps: Iterable[PutFile], holds: Callable[[str], str] = lambda relative: OTHER_CONTENT
) -> Iterator[Drift]:
    """Yield how files of ours differ.

    Args:
        node: whose they are.
        layer: their layer.
        steps: what is to be done for them.
        holds: says what a file with other content holds, by its relative path; only asked of such a file.
    """
    for step in steps:
        for one in step.differences:
            found = holds(step.file.relative) if one.kind is DriftKind.FILE_CHANGED else one.found
            yield drift(node, step.file.relative, one.kind, one.wanted, found, layer=layer)


def trust_drift(node: str, layer: str, file: str, present: Authorities, wanted: Authorities, against: Finding) -> Drift:
    """Return what a wave has against the CAs in a trust file.

    Args:
        node: whose file it is.
        layer: its layer.
        file: its relative path.
        present: the CAs in it.
        wanted: the recorded ones.
        against: what the wave finds: some are missing, or there are more.
    """
    kind, found = DriftKind.AUTHORITY_MISSING, f"not {', '.join(names_beyond(present, wanted))}"
    if against.reason == SURPLUS:
        kind, found = DriftKind.AUTHORITY_UNWANTED, f"also {', '.join(names_beyond(wanted, present))}"
    return drift(node, file, kind, f"trusts {', '.join(map(names, wanted))}", found, layer=layer)


def leaf_words(serial: str, not_after: str | datetime) -> str:
    """Return what a person calls a leaf: its serial number's beginning, and its last day."""
    until = not_after if isinstance(not_after, str) else not_after.isoformat()
    return f"leaf {serial[:8]}…, until {until[:10]}"


def words_of_leaf(leaf: x509.Certificate) -> str:
    """Return what a person calls this leaf."""
    return leaf_words(f"{leaf.serial_number:x}", leaf.not_valid_after_utc)


def recorded_leaf(wanted: NodeIdentityInputs) -> str:
    """Return what a person calls the recorded leaf."""
    if isinstance(wanted.serial, Unknown) or isinstance(wanted.not_after, Unknown):
        return "the recorded leaf"
    return leaf_words(wanted.serial, wanted.not_after)


def held_leaf(machine: NodeMachine, wanted: NodeIdentityInputs) -> x509.Certificate | None:
    """Return the leaf that a node's files hold, whoever wrote them; None where they do not say.

    The password is the one that the node itself would use. It is asked for only where a file is not the recorded one.
    """
    content = machine.read(wanted.leaf_file or wanted.file)
    if content is None:
        return None
    try:
        if wanted.leaf_file is not None:
            return load_certificate(content, where=wanted.leaf_file)
        password = machine.secure_setting(f"{LAYERS[wanted.layer].prefix}keystore.secure_password")
        return read_store(content, password, where=wanted.file).leaf
    except SecurityError:
        return None
