"""Security that a node has already and that is not ours: whose it is and which files it takes, by elasticsearch.yml."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath

from components.nodes.layers import LAYERS
from components.pki.spec import Layer
from components.settings.merge import Value

AUTO_CONFIGURED = frozenset({"certs/transport.p12", "certs/http.p12"})
"""What the first start of 8.x and 9.x makes. Source: deploy-manage/security/self-auto-setup."""
BY_CERTUTIL = frozenset({"elastic-certificates.p12", "elastic-stack-ca.p12", "http.p12"})
"""What certutil calls its files. Source: reference/elasticsearch/command-line-tools/certutil."""


class Origin(StrEnum):
    """Who secured a node before."""

    AUTO_CONFIGURATION = "by Elasticsearch's auto-configuration"
    CERTUTIL = "with certutil's files"
    HAND = "by hand"


@dataclass(frozen=True, slots=True)
class Standing:
    """A layer that speaks TLS by a node's elasticsearch.yml, and what it takes for that.

    Attributes:
        layer: the layer.
        keystore: the PKCS#12 (or JKS) key file; empty where the key is in PEM.
        key: the private key in PEM; empty where there is a keystore.
        certificate: the leaf in PEM, likewise.
        truststore: the trust file that is a store; empty where trust is in PEM, or not written.
        authorities: the trust files in PEM.
        verification_mode: how peers are verified.
    """

    layer: Layer
    keystore: str = ""
    key: str = ""
    certificate: str = ""
    truststore: str = ""
    authorities: tuple[str, ...] = ()
    verification_mode: str = "full"

    @property
    def is_ours(self) -> bool:
        """Whether it presents what we wrote, in one file or in two."""
        ours = LAYERS[self.layer]
        return self.keystore == ours.key_file or (self.key, self.certificate) == ours.pem_files

    @property
    def key_files(self) -> tuple[str, ...]:
        """The files with key and leaf, as written."""
        return tuple(path for path in (self.keystore, self.key, self.certificate) if path)

    @property
    def files(self) -> tuple[str, ...]:
        """Every file that it takes, as written, each once."""
        return tuple(dict.fromkeys(path for path in (*self.key_files, self.truststore, *self.authorities) if path))


def standing(settings: Mapping[str, Value], layer: Layer) -> Standing | None:
    """Return how a layer speaks TLS; None where it is plain.

    Source: reference/elasticsearch/configuration-reference/security-settings.
    """
    prefix = LAYERS[layer].prefix
    if settings.get(f"{prefix}enabled") != "true":
        return None
    return Standing(
        layer,
        keystore=_text(settings, f"{prefix}keystore.path"),
        key=_text(settings, f"{prefix}key"),
        certificate=_text(settings, f"{prefix}certificate"),
        truststore=_text(settings, f"{prefix}truststore.path"),
        authorities=_texts(settings, f"{prefix}certificate_authorities"),
        verification_mode=_text(settings, f"{prefix}verification_mode").lower() or "full",
    )


def foreign(settings: Mapping[str, Value]) -> tuple[Standing, ...]:
    """Return the layers that speak TLS, and not with our files."""
    found = (standing(settings, layer) for layer in Layer)
    return tuple(one for one in found if one is not None and not one.is_ours)


def origin_of(found: Iterable[Standing]) -> Origin:
    """Return who secured a node, as far as the names of the files tell."""
    paths = [PurePosixPath(path) for one in found for path in one.key_files]
    if any("/".join(path.parts[-2:]) in AUTO_CONFIGURED for path in paths):
        return Origin.AUTO_CONFIGURATION
    return Origin.CERTUTIL if any(path.name in BY_CERTUTIL for path in paths) else Origin.HAND


def told(found: Sequence[Standing]) -> str:
    """Return who secured a node and with what, in words; empty where nothing is foreign."""
    if not found:
        return ""
    return f"{origin_of(found)} ({', '.join(dict.fromkeys(path for one in found for path in one.files)) or 'no file'})"


def _text(settings: Mapping[str, Value], key: str) -> str:
    value = settings.get(key, "")
    return value if isinstance(value, str) else ",".join(value)


def _texts(settings: Mapping[str, Value], key: str) -> tuple[str, ...]:
    value = settings.get(key, ())
    return value if isinstance(value, tuple) else tuple(part.strip() for part in value.split(",") if part.strip())
