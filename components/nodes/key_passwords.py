"""The password by which a node opens a key file of ours: in its keystore, where an earlier run put it, of any stack.

A node reads its keystore at its start only. So a node that comes back into a stack file keeps its password: with
another one it could open no new key file before a restart, and would not come back from a crash meanwhile.
"""

from components.nodes.layers import LAYERS
from components.nodes.machine import NodeMachine
from components.nodes.spec import Machine
from components.nodes.targets import machine_of
from components.pki.keyfiles import opens
from components.pki.spec import FileFormat, Layer


def password_there(machine: Machine, layer: Layer, form: FileFormat) -> str | None:
    """Return the password in a node's keystore, where it opens the key file of ours that lies there; else None.

    Args:
        machine: the node's machine.
        layer: the layer whose key file it is.
        form: PKCS#12, or PEM.

    Raises:
        CommandFailed: there is such a file, and the keystore cannot be read.
        TargetUnreachable: the machine does not answer.
    """
    found = machine_of(machine)
    facts = LAYERS[layer]
    content = found.read(facts.pem_files[0] if form is FileFormat.PEM else facts.key_file)
    if content is None:
        return None
    password = _in_keystore(found, layer, form)
    return password if password is not None and opens(content, password, form) else None


def keystore_opens(machine: NodeMachine, content: bytes, layer: Layer, form: FileFormat) -> bool:
    """Tell whether a node could start with a key file: whether its keystore has the password that opens it."""
    password = _in_keystore(machine, layer, form)
    return password is not None and opens(content, password, form)


def _in_keystore(machine: NodeMachine, layer: Layer, form: FileFormat) -> str | None:
    name = "secure_key_passphrase" if form is FileFormat.PEM else "keystore.secure_password"
    entry = f"{LAYERS[layer].prefix}{name}"
    return machine.secure_setting(entry) if entry in machine.secure_setting_names() else None
