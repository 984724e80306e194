"""Looks at those who verify and present leaves of a CA: whom their files trust, and what a handshake shows."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from components.errors import SecurityError
from components.nodes.at_once import MACHINES
from components.nodes.greeting import greet
from components.nodes.spec import Node
from components.nodes.targets import machine_of
from components.pki.reversal import Certificates, Sight, Verifier
from components.pki.spec import Layer
from components.pki.trustfiles import read_trust_file


def look(layer: Layer, verifiers: Sequence[Verifier], presenters: Sequence[Node]) -> Sight:
    """Return what is in every trust file, and what every node that answers presents on a layer; change nothing."""
    with ThreadPoolExecutor(MACHINES.most) as pool:
        files = list(pool.map(_read, verifiers))
        chains = list(pool.map(lambda node: _chain(node, layer), presenters))
    return Sight(
        {one.name: found for one, (found, _) in zip(verifiers, files, strict=True) if found is not None},
        {one.name: why for one, (found, why) in zip(verifiers, files, strict=True) if found is None},
        {node.name: chain for node, chain in zip(presenters, chains, strict=True) if chain is not None},
    )


def _read(one: Verifier) -> tuple[Certificates | None, str]:
    """Return what a trust file holds, or why it cannot be read."""
    try:
        return trusted_by(one), ""
    except SecurityError as error:
        return None, error.why


def _chain(node: Node, layer: Layer) -> Certificates | None:
    """Return what a node presents; who cannot be asked shows nothing, which is never taken for a yes."""
    try:
        return greet(node, layer).chain
    except SecurityError:
        return None


def trusted_by(one: Verifier) -> Certificates:
    """Return the CAs in a trust file; none where there is no file.

    Raises:
        ConfigurationRefused: the file is damaged.
        CommandFailed: it, or the keystore with its password, cannot be read.
    """
    machine = machine_of(one.machine)
    content = machine.read(one.file)
    if content is None:
        return ()
    password = machine.secure_setting(one.password_entry) if one.password_entry else None
    return read_trust_file(content, one.format, password)
