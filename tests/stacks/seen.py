"""Resources as the engine's events show them, for tests of what is made of them."""

from typing import Any

from stacks.plan_rows import Seen

ROOMS = {
    "CertificateAuthority": "pki",
    "Certificate": "pki",
    "NodeCertificates": "pki",
    "NodeTrust": "nodes",
    "NodeAdoption": "nodes",
    "NodeIdentity": "nodes",
    "NodeTrustExclusive": "nodes",
    "Wave": "nodes",
    "NodeSettings": "settings",
    "ClusterRestart": "rollout",
    "GeneratedPassword": "users",
    "UserPassword": "users",
    "ClusterVerification": "verification",
    "BasicSecurity": "scenarios",
}
MASKED = "[secret]"
"""How the engine shows a secret in its events."""
TLS_ON = "+ xpack.security.transport.ssl.enabled: true"


def token_of(kind: str) -> str:
    """Return a type as the program names it."""
    return f"essecurity:{ROOMS[kind]}:{kind}"


def seen(kind: str, name: str, op: str, inputs: dict[str, Any] | None = None, **outputs: Any) -> Seen:
    """Return one resource."""
    return Seen(name, token_of(kind), op, inputs or {}, outputs)


def node(name: str) -> dict[str, Any]:
    """Return a node as a resource input."""
    return {"name": name, "address": f"{name}.example.net", "httpPort": 9200.0, "transportPort": 9300.0}


def authority(op: str = "create", layer: str = "transport", generation: float = 1.0, **outputs: Any) -> Seen:
    """Return an authority, as it is when its outputs are known."""
    known = {"notAfter": "2036-11-22T04:00:00+00:00", "signerKeyPem": MASKED, **outputs}
    return seen("CertificateAuthority", f"{layer}-ca", op, {"layer": layer, "generation": generation}, **known)


def leaf(name: str, op: str = "create", layer: str = "transport", **outputs: Any) -> Seen:
    """Return a leaf."""
    inputs = {"node": name, "layer": layer, "renewInLast": "1/3", "signerKeyPem": MASKED}
    return seen("Certificate", f"{name}-{layer}-leaf", op, inputs, **{"keyFile": MASKED, **outputs})


def trust(name: str, op: str = "create", step: str = "write certs/transport-trust.pem (0640): g1 (new)") -> Seen:
    """Return a node's trust file in the wave cover."""
    return seen("NodeTrust", f"{name}-transport-trust", op, {"node": node(name)}, steps=[step] if step else [])


def exclusive(name: str, op: str = "create", step: str = "") -> Seen:
    """Return a node's trust file in the wave retire."""
    inputs = {"node": node(name), "authoritiesPem": MASKED}
    return seen("NodeTrustExclusive", f"{name}-transport-trust-exclusive", op, inputs, steps=[step] if step else [])


def identity(name: str, op: str = "create", step: str = "write certs/transport-key.p12 (0640): leaf (new)") -> Seen:
    """Return a node's key file."""
    inputs = {"node": node(name), "layer": "transport", "file": "certs/transport-key.p12", "keyFile": MASKED}
    return seen("NodeIdentity", f"{name}-transport-identity", op, inputs, steps=[step] if step else [])


def adoption(name: str, op: str = "create", step: str = "write certs/transport-key.p12 (0640): its leaf") -> Seen:
    """Return a node's key file with the leaf of somebody else."""
    inputs = {"node": node(name), "layer": "transport", "keyFile": MASKED, "password": MASKED}
    return seen("NodeAdoption", f"{name}-transport-adoption", op, inputs, steps=[step])


def wave(which: str, *steps: str, op: str = "update") -> Seen:
    """Return a wave with what is shown in it."""
    return seen("Wave", f"transport-{which}-wave", op, {"layer": "transport", "wave": which}, steps=list(steps))


def settings(name: str, *steps: str, op: str = "create", secure: tuple[str, ...] = ()) -> Seen:
    """Return a node's settings."""
    content = {"settings": {}, "secure": dict.fromkeys(secure, MASKED)}
    inputs = {"node": node(name), "content": content}
    return seen("NodeSettings", f"{name}-settings", op, inputs, steps=list(steps), settingsDigest="d1")


def restart(op: str = "create", **outputs: Any) -> Seen:
    """Return the restart: a full stop of two nodes, or another one."""
    full_stop = {
        "procedure": "full stop",
        "reasons": [f"{name}: transport layer plain → TLS" for name in ("es-1", "es-2")],
        "steps": ["stop es-1, es-2", "start es-1, es-2"],
        "fullStopSeconds": 0.0,
    }
    return seen("ClusterRestart", "restart", op, {"cluster": "logs"}, **{**full_stop, **outputs})


def password(purpose: str, op: str = "create") -> Seen:
    """Return a generated password."""
    return seen("GeneratedPassword", f"{purpose}-password", op, {"purpose": purpose, "version": 1.0}, value=MASKED)


def user(name: str, op: str = "create", step: str = "") -> Seen:
    """Return a built-in user."""
    inputs = {"user": name, "password": MASKED}
    return seen("UserPassword", f"{name}-user", op, inputs, steps=[step or f"set the password of {name}"])


def verification(op: str = "create", **outputs: Any) -> Seen:
    """Return the verification."""
    inputs = {"cluster": "logs", "transportKeyPem": MASKED}
    return seen("ClusterVerification", "verification", op, inputs, **{"checks": 25.0, **outputs})


def securing() -> list[Seen]:
    """Return a first `up` of two nodes, in the order in which the engine sees it: by graph, not by kind."""
    two = ("es-2", "es-1")
    return [
        seen("BasicSecurity", "basic-security", "create"),
        authority(),
        *(password(purpose) for purpose in ("bootstrap", "elastic", "kibana_system")),
        *(leaf(name) for name in two),
        *(trust(name) for name in two),
        *(identity(name) for name in two),
        *(settings(name, TLS_ON, secure=("bootstrap.password",)) for name in two),
        restart(),
        user("elastic"),
        *(exclusive(name) for name in two),
        verification(),
    ]
