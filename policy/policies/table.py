"""Every policy: what it looks at, what a security team can set, and where it comes from."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from policies.exposure import kibana_speaks_https, no_wildcard_bind, nodes_speak_https
from policies.issuing import (
    AUTHORITY,
    CERTIFICATE,
    authorities_are_apart,
    keys_are_strong_enough,
    lives_are_short_enough,
    signers_of,
)
from policies.secrets import settings_hold_no_secret, state_is_encrypted
from policies.view import Resource, Settings, Violation, Violations

Rule = Callable[[Resource, Settings], Violations]
SETTINGS, KIBANA = "essecurity:settings:NodeSettings", "essecurity:clients:KibanaSettings"
REQUEST = "essecurity:pki:CertificateRequest"
OURS = "essecurity:"
ELASTIC = "https://www.elastic.co/docs/"


@dataclass(frozen=True, slots=True)
class Policy:
    """One policy.

    Attributes:
        name: its name, as a configuration file writes it.
        title: what it asks for, in a few words.
        rules: what finds violations, by the beginning of the type that each one looks at.
        citation: where it comes from.
        settings: what can be configured, each as JSON schema with its default.
    """

    name: str
    title: str
    rules: Mapping[Rule, tuple[str, ...]]
    citation: str
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def settled(self, configured: Mapping[str, Any] | None) -> dict[str, Any]:
        """Return the configuration with every default filled in."""
        defaults = {key: schema["default"] for key, schema in self.settings.items()}
        return {**defaults, **(configured or {})}

    def violations(self, resource: Resource, configured: Mapping[str, Any] | None = None) -> list[Violation]:
        """Return what the policy finds at a resource, and nothing at one that it does not look at."""
        settings = self.settled(configured)
        return [
            violation
            for rule, types in self.rules.items()
            if resource.type.startswith(types)
            for violation in rule(resource, settings)
        ]


class Apart:
    """Remembers which keys sign for which layer, from one resource of a run to the next."""

    def __init__(self) -> None:
        self._seen: dict[str, set[str]] = {}
        self._one_at_a_time = Lock()  # the engine asks about several resources at once

    def __call__(self, resource: Resource, settings: Settings) -> Violations:
        """Return what speaks against a resource, given those before it."""
        with self._one_at_a_time:
            found = list(authorities_are_apart(self._seen, resource))
            for layer, facts in signers_of(resource):
                self._seen.setdefault(layer, set()).add(facts.key_digest)
        return iter(found)


def policies() -> tuple[Policy, ...]:
    """Return every policy, for one run."""
    return (
        Policy(
            "https-in-production",
            "HTTPS in production",
            {nodes_speak_https: (SETTINGS,), kibana_speaks_https: (KIBANA,)},
            f"{ELASTIC}deploy-manage/security/set-up-basic-security-plus-https",
            {
                "otherStacks": {
                    "type": "array",
                    "items": {"type": "string"},
                    "default": ["local", "dev", "dev-*", "test", "test-*"],
                    "description": "Names of stacks that are not production, as patterns; every other one is.",
                }
            },
        ),
        Policy(
            "no-wildcard-bind",
            "no node listens on every address",
            {no_wildcard_bind: (SETTINGS,)},
            f"{ELASTIC}reference/elasticsearch/configuration-reference/networking-settings",
        ),
        Policy(
            "no-secrets-in-clear",
            "no secret in clear",
            {state_is_encrypted: (OURS,), settings_hold_no_secret: (SETTINGS, KIBANA)},
            f"{ELASTIC}deploy-manage/security/secure-settings",
        ),
        Policy(
            "minimum-key-type",
            "keys are strong enough",
            {keys_are_strong_enough: (CERTIFICATE, AUTHORITY, REQUEST)},
            "https://doi.org/10.6028/NIST.SP.800-57pt1r5",
            {
                "rsa": {
                    "type": "string",
                    "enum": ["rsa-2048", "rsa-3072", "rsa-4096"],
                    "default": "rsa-3072",
                    "description": "The weakest RSA key that is allowed.",
                },
                "ec": {
                    "type": "string",
                    "enum": ["ec-p256", "ec-p384"],
                    "default": "ec-p256",
                    "description": "The weakest EC key that is allowed.",
                },
            },
        ),
        Policy(
            "maximum-lifetime",
            "certificates do not live too long",
            {lives_are_short_enough: (CERTIFICATE, AUTHORITY)},
            "https://cabforum.org/working-groups/server/baseline-requirements/",
            {
                "leafDays": _days(398, "a leaf"),
                "authorityDays": _days(3653, "a CA's certificate"),
            },
        ),
        Policy(
            "authorities-apart",
            "transport CA and HTTP CA are apart",
            {Apart(): (CERTIFICATE, AUTHORITY)},
            f"{ELASTIC}deploy-manage/security/external-ca-transport",
        ),
    )


def _days(default: int, what: str) -> dict[str, Any]:
    return {
        "type": "integer",
        "minimum": 1,
        "default": default,
        "description": f"The longest life of {what}, in days.",
    }
