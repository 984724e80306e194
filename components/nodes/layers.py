"""The two layers of a node as data: which settings, which files, which port."""

from collections.abc import Callable
from dataclasses import dataclass

from components.nodes.spec import Node, Paths
from components.pki.spec import Layer


@dataclass(frozen=True, slots=True)
class LayerFacts:
    """What differs between the layers.

    Attributes:
        prefix: the settings' prefix, with its final dot.
        key_file: our key file, relative to the config folder.
        pem_files: our key and our leaf, likewise, where they are two PEM files.
        trust_file: our trust file, likewise; None where nodes verify nobody.
        port: the port of the layer on a node.
    """

    prefix: str
    key_file: str
    pem_files: tuple[str, str]
    trust_file: str | None
    port: Callable[[Node], int]


LAYERS: dict[Layer, LayerFacts] = {
    Layer.TRANSPORT: LayerFacts(
        "xpack.security.transport.ssl.",
        Paths.TRANSPORT_KEY_FILE,
        (Paths.TRANSPORT_KEY_PEM, Paths.TRANSPORT_LEAF_PEM),
        Paths.TRANSPORT_TRUST_FILE,
        lambda node: node.transport_port,
    ),
    Layer.HTTP: LayerFacts(
        "xpack.security.http.ssl.",
        Paths.HTTP_KEY_FILE,
        (Paths.HTTP_KEY_PEM, Paths.HTTP_LEAF_PEM),
        None,
        lambda node: node.http_port,
    ),
}
