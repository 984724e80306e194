"""Who can listen in, and who can reach a node at all."""

import ipaddress
import re
from fnmatch import fnmatchcase
from typing import Any

from policies.view import UNKNOWN, Resource, Settings, Violation, Violations, known_text, part

HTTP_TLS = "xpack.security.http.ssl.enabled"
KIBANA_TLS = "server.ssl.enabled"
BIND = re.compile(r"(network|http|transport|transport\.profiles\.[^.]+)\.(host|bind_host)")
EVERY_ADDRESS = frozenset({"*", "0", "_all_"})
EVERY_PUBLIC_ADDRESS = frozenset({"_global_", "_global:ipv4_", "_global:ipv6_"})


def is_production(stack: str, settings: Settings) -> bool:
    """Tell whether a stack counts as production: every one whose name the security team has not taken out."""
    return not any(fnmatchcase(stack, pattern) for pattern in settings["otherStacks"])


def nodes_speak_https(resource: Resource, settings: Settings) -> Violations:
    """Find a node of production whose HTTP layer is plain: clients send passwords and documents in clear.

    Source: deploy-manage/security/set-up-basic-security-plus-https.
    """
    wanted = part(resource.inputs, "content", "settings", HTTP_TLS)
    if not is_production(resource.stack, settings) or wanted in (True, "true", UNKNOWN):
        return
    yield Violation(
        "cluster.scenario",
        "leaves the HTTP layer in clear",
        f"stack {resource.stack} counts as production, where clients must send passwords and documents by HTTPS",
        "set it to `basic-https`",
    )


def kibana_speaks_https(resource: Resource, settings: Settings) -> Violations:
    """Find a Kibana of production that people reach in clear. Source: set-up-basic-security-plus-https (Kibana)."""
    if not is_production(resource.stack, settings):
        return
    name, kibana = part(resource.inputs, "kibana", "name"), part(resource.inputs, "kibana")
    why = f"stack {resource.stack} counts as production, where people must send their passwords by HTTPS"
    if known_text(part(kibana, "publicUrl")).startswith("http://"):
        yield Violation(f"public_url of {name}", "begins with http://", why, "write the https:// URL that people type")
    wanted = part(resource.inputs, "content", "settings", KIBANA_TLS)
    if wanted not in (True, "true", UNKNOWN) and part(kibana, "ownCertificate") is not True:
        yield Violation(
            f"kibana {name}",
            "is served in clear",
            why,
            "set cluster.scenario to `basic-https`, which gives it a certificate, or `own_certificate: true`",
        )


def no_wildcard_bind(resource: Resource, settings: Settings) -> Violations:
    """Find a node that listens on every address of its machine, also on those that come later.

    Source: reference/elasticsearch/configuration-reference/networking-settings (special values).
    """
    found = part(resource.inputs, "content", "settings")
    for key, value in found.items() if isinstance(found, dict) else ():
        if BIND.fullmatch(key) and (meaning := _meaning(value)):
            yield Violation(
                f"bind of {part(resource.inputs, 'node', 'name')} ({key})",
                f"means {meaning}",
                "a node shall listen where it was decided, and nowhere else; an address that the machine gets later "
                "would be open too",
                "name one address, `_local_` or `_site_`",
            )


def _meaning(value: Any) -> str:
    """Return what a value opens beyond one address; empty where it does not."""
    texts = value if isinstance(value, list) else known_text(value).split(",")
    return next((meaning for text in texts if (meaning := wildcard_meaning(known_text(text)))), "")


def wildcard_meaning(text: str) -> str:
    """Return what one address or special value opens beyond one address; empty where it does not."""
    word = text.strip().lower().removeprefix("[").removesuffix("]")
    if word in EVERY_PUBLIC_ADDRESS:
        return f"every public address of the machine (`{text.strip()}`)"
    try:
        address = ipaddress.ip_address(word)
    except ValueError:
        return f"every address of the machine (`{text.strip()}`)" if word in EVERY_ADDRESS else ""
    mapped = getattr(address, "ipv4_mapped", None) or address
    return f"every address of the machine (`{text.strip()}`)" if mapped.is_unspecified else ""
