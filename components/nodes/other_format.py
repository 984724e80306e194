"""A trust file of the other format that a node reads until it is restarted, so that *cover* in the new one is no cover.

Key files keep their names, and are reloaded: with another CA in the same run a node would refuse the others for as long
as it reads the old trust file. (A key file of the other format is no such thing: what it presents waits for the same
restart, and *retire* comes after that.)
"""

from collections.abc import Callable

from components.errors import ConfigurationRefused
from components.layer_words import spelled
from components.nodes.layers import LAYERS
from components.nodes.machine import NodeMachine
from components.nodes.spec import Paths
from components.nodes.taking_over import trusted
from components.nodes.trust import Authorities
from components.pki.spec import FileFormat, Layer
from components.settings.merge import flatten
from components.settings.standing import Standing, standing

FORMATS = {Paths.TRANSPORT_TRUST_FILE: FileFormat.PEM, Paths.TRANSPORT_TRUST_STORE: FileFormat.PKCS12}
"""Our trust files."""


def refuse_another_ca_beside_another_format(
    machine: NodeMachine, layer: Layer, file: str, lacks: Callable[[Authorities], bool]
) -> None:
    """Refuse that nodes come to present leaves of a CA that the trust file in force does not hold.

    Args:
        machine: the node's machine.
        layer: the layer.
        file: the trust file that is wanted.
        lacks: whether these CAs are not all that the node must trust.

    Raises:
        ConfigurationRefused: its elasticsearch.yml names our trust file of the other format, and that one lacks a CA.
    """
    if LAYERS[layer].trust_file is None:
        return
    found = standing(flatten(machine.settings_text(), where=machine.name), layer)
    reads = next((one for one in _trust_files(found) if one in FORMATS), file)
    if found is None or reads == file or not (lacks(held) if (held := _held(machine, found)) else True):
        return
    raise ConfigurationRefused(
        f"the {spelled(layer)} CA cannot be rotated together with `certificates.trust_format`",
        where=machine.name,
        why=f"until its restart it reads {reads}, which lacks the new CA, and takes its new key file before: whichever "
        "node is restarted first could not join any more",
        next_step=f"one after the other: with `certificates.trust_format: {FORMATS[reads]}` run `up`, then change the "
        f"format; or put `authorities.{layer}.generation` back, run `up` with the new format, then raise it",
    )


def _trust_files(found: Standing | None) -> tuple[str, ...]:
    return (found.truststore, *found.authorities) if found else ()


def _held(machine: NodeMachine, found: Standing) -> Authorities:
    """Return the CAs in the trust file in force; none where it cannot be read."""
    try:
        return trusted(machine, found)
    except ConfigurationRefused:
        return ()
