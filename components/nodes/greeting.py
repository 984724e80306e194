"""A node's two layers, greeted from where its machine is reached."""

from components.nodes.layers import LAYERS
from components.nodes.probes import Answer, Identity, handshake
from components.nodes.spec import Node
from components.nodes.targets import dial_of
from components.pki.spec import Layer


def greet(node: Node, layer: Layer, identity: Identity | None = None, *, listen: float = 0.0) -> Answer:
    """Greet a layer of a node with TLS and return what it answers.

    Args:
        node: the node.
        layer: which of its two.
        identity: what to present when asked for a client certificate.
        listen: seconds to wait, after the handshake, for what tells whether the layer took what was presented.

    Raises:
        ConfigurationRefused: its machine does not let us in, or is not the one that it should be.
    """
    return handshake(node.address, LAYERS[layer].port(node), identity, listen=listen, dial=dial_of(node.machine))
