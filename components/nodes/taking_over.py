"""What a node presents and trusts as long as somebody else's files are in force, read from these very files.

Only what the running node really speaks counts: of settings that were never put into force there is nothing to take.
"""

from collections.abc import Sequence

from components.errors import ConfigurationRefused
from components.nodes.greeting import greet
from components.nodes.layers import LAYERS
from components.nodes.machine import NodeMachine
from components.nodes.probes import Speech
from components.nodes.spec import Node
from components.nodes.trust import Authorities
from components.pki.foreign import Held, read_pem_pair, read_store
from components.pki.inspect import distinct, fingerprint_of, is_authority, parse_bundle
from components.pki.spec import Layer
from components.settings.merge import flatten
from components.settings.standing import Standing, standing


def in_force(node: Node, machine: NodeMachine, layer: Layer) -> Standing | None:
    """Return how somebody else secured a layer on which the node speaks TLS now; None where it is ours, or plain."""
    if machine.process() is None:
        return None
    found = standing(flatten(machine.settings_text(), where=machine.name), layer)
    if found is None or found.is_ours:
        return None
    return found if greet(node, layer).speech is Speech.TLS else None


def presented(machine: NodeMachine, found: Standing) -> Held:
    """Return the key and the certificates that a layer presents.

    Raises:
        ConfigurationRefused: its files cannot be read.
    """
    prefix = LAYERS[found.layer].prefix
    if found.keystore:
        password = _password(machine, f"{prefix}keystore.secure_password", f"{prefix}keystore.password")
        return read_store(_content(machine, found.keystore), password, where=_where(machine, found.keystore))
    passphrase = _password(machine, f"{prefix}secure_key_passphrase", f"{prefix}key_passphrase")
    key, certificate = (_content(machine, path) for path in (found.key, found.certificate))
    return read_pem_pair(key, certificate, passphrase, where=_where(machine, found.key))


def trusted(machine: NodeMachine, found: Standing) -> Authorities:
    """Return the CAs that a layer trusts; where nothing is said, those beside its own leaf.

    Source: reference/elasticsearch/configuration-reference/security-settings (truststore.path, default).

    Raises:
        ConfigurationRefused: its files cannot be read, or hold no CA.
    """
    if found.authorities:
        bundles = (parse_bundle(_content(machine, path), where=path) for path in found.authorities)
        certificates = tuple(one for bundle in bundles for one in bundle)
    elif found.truststore:
        certificates = _in_truststore(machine, found)
    else:
        certificates = presented(machine, found).certificates
    authorities = tuple(one for one in distinct(certificates) if is_authority(one))
    if authorities:
        return authorities
    raise ConfigurationRefused(
        "cannot tell which CA the node trusts now",
        where=machine.name,
        why=f"{', '.join(found.files) or 'its elasticsearch.yml'} holds no certificate of a CA, and without its CA the "
        "nodes would refuse each other while they are restarted one after the other",
        next_step=f"name the CA's certificate in {LAYERS[found.layer].prefix}certificate_authorities, restart the "
        "nodes, then run again",
    )


def fingerprints_served(node: Node, machine: NodeMachine) -> frozenset[str]:
    """Return the SHA-256 fingerprints of what the HTTP layer may serve by somebody else's key file; none without one.

    Raises:
        ConfigurationRefused: the key file cannot be read.
    """
    found = in_force(node, machine, Layer.HTTP)
    if found is None:
        return frozenset()
    return frozenset(fingerprint_of(one) for one in presented(machine, found).certificates)


def why_useless(machine: NodeMachine, found: Sequence[Standing]) -> str:
    """Return why a node does not start with what others' settings name; empty where nothing speaks against it."""
    try:
        for one in found:
            presented(machine, one)
            if one.layer is Layer.TRANSPORT:
                trusted(machine, one)
    except ConfigurationRefused as error:
        return error.why
    return ""


def _in_truststore(machine: NodeMachine, found: Standing) -> Authorities:
    prefix = LAYERS[found.layer].prefix
    password = _password(machine, f"{prefix}truststore.secure_password", f"{prefix}truststore.password")
    held = read_store(_content(machine, found.truststore), password, where=_where(machine, found.truststore))
    return held.certificates


def _password(machine: NodeMachine, entry: str, setting: str) -> str:
    """Return a password out of the keystore, or out of elasticsearch.yml where older versions had it; or none."""
    if entry in machine.secure_setting_names():
        return machine.secure_setting(entry)
    return str(flatten(machine.settings_text(), where=machine.name).get(setting, ""))


def _content(machine: NodeMachine, path: str) -> bytes:
    content = machine.read(path) if path else None
    if content is None:
        raise ConfigurationRefused(
            "cannot read what the node has now",
            where=machine.name,
            why=f"its elasticsearch.yml names {path}, which is not there" if path else "no key file is named there",
            next_step="put the file back with which the node was started, then run again",
        )
    return content


def _where(machine: NodeMachine, path: str) -> str:
    return f"{machine.name}: {machine.path(path)}"
