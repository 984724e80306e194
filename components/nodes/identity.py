"""Which leaf a node must present, and the files that it takes: one PKCS#12 file, or a key and a leaf in PEM."""

import base64

from pydantic import SecretStr

from components.layer_words import spelled
from components.nodes.plan import WantedFile
from components.nodes.spec import Node
from components.pki.spec import Layer
from components.values import MaybeUnknown, Unknown, Wire, reveal

FILE_MODE = 0o640
"""Source: tutorial-self-managed-secure (certificates belong to the group elasticsearch, mode 640)."""


class NodeIdentityInputs(Wire):
    """Which leaf a node must present on a layer.

    Attributes:
        node: the node.
        layer: the layer.
        file: the key file, relative to the config folder.
        key_file: the key file's content, in base64.
        leaf_file: where the leaf goes, likewise, if key and leaf are two PEM files; None for one PKCS#12 file.
        certificate_pem: the leaf.
        serial: serial number of the leaf, in hex.
        not_after: when the leaf ends, ISO 8601.
        generation: generation of the CA that signed it.
    """

    node: Node
    layer: Layer
    file: str
    key_file: MaybeUnknown[SecretStr]
    leaf_file: str | None = None
    certificate_pem: MaybeUnknown[SecretStr] | None = None
    serial: MaybeUnknown[str]
    not_after: MaybeUnknown[str]
    generation: int


def identity_files(wanted: NodeIdentityInputs) -> tuple[WantedFile, ...]:
    """Return the files that hold a node's key and leaf, as they must be; without content as far as it is not known yet.

    Two PEM files are replaced one right after the other. A node that looks in between serves neither old nor new
    until it looks again, 5 seconds later; one that was killed in between is mended by the next run.
    Source: deploy-manage/security/updating-certificates (PEM key and certificate change together).
    """
    until = "" if isinstance(wanted.not_after, Unknown) else f", until {wanted.not_after[:10]}"
    of = f"g{wanted.generation}{until}"
    content = None if isinstance(wanted.key_file, Unknown) else base64.b64decode(reveal(wanted.key_file))
    if wanted.leaf_file is None:
        return (WantedFile(wanted.file, content, FILE_MODE, f"{spelled(wanted.layer)} leaf, {of}"),)
    pem = wanted.certificate_pem
    leaf = None if pem is None or isinstance(pem, Unknown) else reveal(pem).encode()
    return (
        WantedFile(wanted.file, content, FILE_MODE, f"key of the {spelled(wanted.layer)} leaf, {of}"),
        WantedFile(wanted.leaf_file, leaf, FILE_MODE, f"{spelled(wanted.layer)} leaf, {of}"),
    )
