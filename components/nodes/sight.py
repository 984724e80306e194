"""Looks at those who verify and present leaves of a CA: whom their files trust, and what a handshake shows."""

from collections.abc import Sequence
from contextlib import suppress

from components.errors import SecurityError
from components.nodes.greeting import greet
from components.nodes.spec import Node
from components.nodes.targets import machine_of
from components.pki.reversal import Certificates, Sight, Verifier
from components.pki.spec import Layer
from components.pki.trustfiles import read_trust_file


def look(layer: Layer, verifiers: Sequence[Verifier], presenters: Sequence[Node]) -> Sight:
    """Return what is in every trust file, and what every node that answers presents on a layer; change nothing."""
    trusted: dict[str, Certificates] = {}
    unread: dict[str, str] = {}
    for one in verifiers:
        try:
            trusted[one.name] = trusted_by(one)
        except SecurityError as error:
            unread[one.name] = error.why
    presented: dict[str, Certificates] = {}
    for node in presenters:
        with suppress(SecurityError):  # who cannot be asked shows nothing, which is never taken for a yes
            presented[node.name] = greet(node, layer).chain
    return Sight(trusted, unread, presented)


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
