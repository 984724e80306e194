"""Inputs of the real resource types, as the program sends them."""

from typing import Any

from tests.wire.standins import StandInNode
from tests.wire.talking import Saved, hidden

AUTHORITY = "essecurity:pki:CertificateAuthority"
REQUEST = "essecurity:pki:CertificateRequest"
CERTIFICATE = "essecurity:pki:Certificate"
TRUST = "essecurity:nodes:NodeTrust"
EXCLUSIVE = "essecurity:nodes:NodeTrustExclusive"
ADOPTION = "essecurity:nodes:NodeAdoption"
IDENTITY = "essecurity:nodes:NodeIdentity"
WAVE = "essecurity:nodes:Wave"
SETTINGS = "essecurity:settings:NodeSettings"
RESTART = "essecurity:rollout:ClusterRestart"
PASSWORD = "essecurity:users:GeneratedPassword"
USER = "essecurity:users:UserPassword"
KIBANA_TRUST = "essecurity:clients:KibanaTrust"
KIBANA_SETTINGS = "essecurity:clients:KibanaSettings"
KIBANA_RESTART = "essecurity:clients:KibanaRestart"
VERIFICATION = "essecurity:verification:ClusterVerification"
ANNOUNCEMENT = "essecurity:hooks:Announcement"

TRANSPORT_TLS = {
    "xpack.security.enabled": True,
    "xpack.security.transport.ssl.enabled": True,
    "xpack.security.transport.ssl.keystore.path": "certs/transport-key.p12",
    "xpack.security.transport.ssl.certificate_authorities": ["certs/transport-trust.pem"],
}


def authority(**changes: Any) -> dict[str, Any]:
    """Return the inputs of an authority."""
    usual = {
        "cluster": "logs",
        "layer": "transport",
        "generation": 1,
        "keyType": "ec-p256",
        "validFor": "10y",
        "leafValidFor": "1y",
        "renewInLast": "1/3",
    }
    return {**usual, **changes}


def leaf(signer: Saved, **changes: Any) -> dict[str, Any]:
    """Return the inputs of a leaf of an authority."""
    usual = {
        "subject": "es-1",
        "node": "es-1",
        "layer": signer.inputs["layer"],
        "dns": ["es-1.example.net"],
        "ips": ["10.0.0.1"],
        "keyType": "ec-p256",
        "validFor": "1y",
        "renewInLast": "1/3",
        "generation": signer.inputs["generation"],
        "signerCertificatePem": signer.outputs["signerCertificatePem"],
        "signerKeyPem": signer.outputs["signerKeyPem"],
    }
    return {**usual, **changes}


def trust(node: StandInNode, *authorities: Saved) -> dict[str, Any]:
    """Return the inputs of a node's trust in authorities, of either wave."""
    return {
        "node": node.wire(),
        "layer": "transport",
        "file": "certs/transport-trust.pem",
        "format": "pem",
        "authoritiesPem": hidden("".join(one.outputs["bundlePem"]["value"] for one in authorities)),
        "generations": [one.inputs["generation"] for one in authorities],
    }


def identity(node: StandInNode, certificate: Saved) -> dict[str, Any]:
    """Return the inputs of a node's identity."""
    return {
        "node": node.wire(),
        "layer": "transport",
        "file": "certs/transport-key.p12",
        "keyFile": certificate.outputs["keyFile"],
        "serial": certificate.outputs["serial"],
        "notAfter": certificate.outputs["notAfter"],
        "generation": certificate.inputs["generation"],
    }


def content(password: str = "of-the-key-file") -> dict[str, Any]:
    """Return what a node must run with."""
    return {
        "settings": TRANSPORT_TLS,
        "absent": ["xpack.security.transport.ssl.key"],
        "secure": {"xpack.security.transport.ssl.keystore.secure_password": hidden(password)},
    }


def settings(node: StandInNode) -> dict[str, Any]:
    """Return the inputs of a node's settings."""
    return {"node": node.wire(), "content": content()}


def restart(*nodes: StandInNode, **changes: Any) -> dict[str, Any]:
    """Return the inputs of the restart of a cluster that is not started yet."""
    usual = {
        "cluster": "logs",
        "nodes": [{"node": node.wire(), "content": content()} for node in nodes],
        "line": {"logins": [{"user": "elastic", "password": hidden("of-elastic")}]},
        "fullClusterRestart": False,
        "running": False,
        "joinTimeout": 300,
    }
    return {**usual, **changes}


def password(**changes: Any) -> dict[str, Any]:
    """Return the inputs of a generated password."""
    return {"purpose": "elastic", "version": 1, **changes}


def user(node: StandInNode) -> dict[str, Any]:
    """Return the inputs of a built-in user's password."""
    return {
        "user": "elastic",
        "password": hidden("of-elastic"),
        "nodes": [node.wire()],
        "line": {"logins": [{"user": "elastic", "password": hidden("of-elastic")}]},
    }


def verification(node: StandInNode, signer: Saved, certificate: Saved) -> dict[str, Any]:
    """Return the inputs of a verification."""
    return {
        "cluster": "logs",
        "scenario": "basic",
        "nodes": [node.wire()],
        "leaves": [{"node": node.name, "layer": "transport", "serial": certificate.outputs["serial"]}],
        "transportCertificatePem": signer.outputs["signerCertificatePem"],
        "transportKeyPem": signer.outputs["signerKeyPem"],
        "documentsBefore": -1,
        "documentsAfter": -1,
    }
