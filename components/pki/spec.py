"""What an operator writes about certificates in a stack file, and the two rules that join its sections."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator, Field, SecretStr, StrictBool

from components.findings import Finding
from components.pki.lifetimes import Lifetime, lifetime_end
from components.values import Spec

MOST_GENERATIONS = 9999
SHORT_LEAF = timedelta(days=60)
SHORT_AUTHORITY = timedelta(days=90)
"""Below these ``elasticsearch-certutil http`` asks whether one is sure (HttpCertificateCommand)."""

_LONGEST_YEAR = datetime(2024, 1, 1, tzinfo=UTC)  # lifetimes are compared from a leap year's first day


class Layer(StrEnum):
    """The two layers of a node that speak TLS; each has a trust domain of its own."""

    TRANSPORT = "transport"
    HTTP = "http"


class KeyType(StrEnum):
    """Keys that Elasticsearch, Kibana, Beats and Logstash all read."""

    EC_P256 = "ec-p256"
    EC_P384 = "ec-p384"
    RSA_2048 = "rsa-2048"
    RSA_3072 = "rsa-3072"
    RSA_4096 = "rsa-4096"


class FileFormat(StrEnum):
    """How keys, certificates and trust are laid out in files.

    Source: docs/reference/elasticsearch/configuration-reference/security-settings.md (PEM and PKCS#12 files).
    """

    PEM = "pem"
    PKCS12 = "pkcs12"


def _exact(value: Any) -> Any:
    """Read 0.1 as one tenth, not as the binary number next to it, and no boolean as a number."""
    if isinstance(value, bool):
        raise ValueError("write a share of the lifetime, such as 1/3 or 0.25")  # noqa: TRY004 (pydantic's way)
    return str(value) if isinstance(value, float) else value


class HoldAfter(StrEnum):
    """The waves after which a rotation can wait for a person."""

    COVER = "cover"
    PRESENT = "present"


RenewalFraction: TypeAlias = Annotated[Fraction, BeforeValidator(_exact), Field(gt=Fraction(0), le=Fraction(9, 10))]
"""The last share of a certificate's life in which it is renewed, as `1/3` or `0.25`; at most 9/10.

Above that a certificate would be due again almost as soon as it is issued.
"""


class CertificatesSpec(Spec):
    """Section ``certificates``: every leaf that we issue."""

    valid_for: Lifetime = Field(
        "1y",
        description="How long a leaf lives: `90D`, `18M` or `1y`. A change counts from the next reissue.",
    )
    key: KeyType = Field(
        KeyType.EC_P256, description="Type of a leaf's private key. A change reissues; requests keep theirs."
    )
    renew_in_last: RenewalFraction = Field(
        Fraction(1, 3), description="A leaf or an authority is renewed in this last share of its life."
    )
    trust_format: FileFormat = Field(
        FileFormat.PEM,
        description="How nodes get the authorities they trust: `pem`, or a `pkcs12` trust file.",
    )
    key_format: FileFormat = Field(
        FileFormat.PKCS12,
        description="How nodes get their key and leaf: one `pkcs12` key file, or two `pem` files, which cannot be "
        "replaced at one stroke. A change reissues, and restarts nodes.",
    )
    reissue: dict[str, Annotated[int, Field(ge=0, strict=True)]] = Field(
        {},
        description="Leaves to be reissued although they are not due: one leaf, as `{es-1/http: 1}`, all of a node or "
        "a Kibana (`es-1`), or all of a layer (`http`). Raise the number for another time; without a restart.",
    )


class GivenLeafSpec(Spec):
    """A node's certificate that was signed elsewhere, with its key. Paths are relative to the project's folder."""

    node: str = Field(description="The node's name.")
    certificate: str | None = Field(
        None,
        description="File with the certificate, and with the CAs between it and the root: PEM, or PKCS#12 such as "
        "certutil's `elastic-certificates.p12` and `http.p12`. Left out as long as it is awaited.",
    )
    key: str | None = Field(
        None,
        description="File with its private key, PEM or PKCS#12, also the same one. Without it the key is made here and "
        "stays here, and the stack output `certificateRequests` has the request to be signed.",
    )


class OwnAuthoritySpec(Spec):
    """A CA of the operator's that signs in place of ours. Paths are relative to the project's folder."""

    key: str | None = Field(
        None,
        description="File with the CA's private key: PEM, or PKCS#12 such as certutil's `elastic-stack-ca.p12`. Left "
        "out where the key is elsewhere and every node's certificate is in `leaves`.",
    )
    certificate: str | None = Field(
        None,
        description="PEM file with the CA's certificate, and with the CAs above it up to the root. Not needed where a "
        "PKCS#12 file holds them all. Where the key is elsewhere: the root for `http`, and for `transport` the CA that "
        "signs.",
    )
    leaves: tuple[GivenLeafSpec, ...] = Field(
        (), description="Certificates that were signed elsewhere, of nodes that the CA's key does not sign for here."
    )
    password: SecretStr | None = Field(
        None, description="Opens the files in `key`, and every PKCS#12 file; encrypted (`pulumi config set --secret`)."
    )
    only_for_this_cluster: StrictBool = Field(
        False,
        description="Your word that this CA signs for this cluster alone. The transport layer asks for it: whoever "
        "has a certificate of its CA can join as a node.",
    )


class AuthoritySpec(Spec):
    """Sections ``authorities.transport`` and ``authorities.http``: a trust domain's own authority."""

    generation: int = Field(
        1,
        ge=1,
        le=MOST_GENERATIONS,
        strict=True,
        description="Number of the key that signs. Raise it by one to rotate the authority.",
    )
    valid_for: Lifetime = Field(
        "10y",
        description="How long the authority's certificate lives, at least twice as long as a leaf. "
        "Renewed in time with the same key.",
    )
    key: KeyType = Field(
        KeyType.EC_P256, description="Type of the authority's private key. Counts from the next generation."
    )
    own: OwnAuthoritySpec | None = Field(
        None,
        description="Let a CA of your own sign. To come to it, to leave it or to replace its key, raise `generation`.",
    )


class AuthoritiesSpec(Spec):
    """Section ``authorities``: one per layer, because a certificate of one must not open the other."""

    transport: AuthoritySpec = Field(
        default_factory=AuthoritySpec, description="The authority that admits nodes to the cluster."
    )
    http: AuthoritySpec = Field(
        default_factory=AuthoritySpec, description="The authority that clients trust on the HTTP layer."
    )


def authority_must_outlive_leaves(
    layer: Layer, authority: AuthoritySpec, certificates: CertificatesSpec
) -> Finding | None:
    """Find an authority that lives less than twice as long as its leaves.

    A leaf never outlives its signer, so an authority is renewed while a leaf's life and a leaf's renewal window
    are still left (see ``renewal.leaves_would_be_cut_short``). With less than two lives it would be due again
    nearly at once, and the files that clients trust would change more often than the leaves.
    """
    two_lives = lifetime_end(certificates.valid_for, lifetime_end(certificates.valid_for, _LONGEST_YEAR))
    if lifetime_end(authority.valid_for, _LONGEST_YEAR) >= two_lives:
        return None
    return Finding(
        "AuthorityTooShort",
        f"authorities.{layer}.valid_for is {authority.valid_for}, which must be at least twice "
        f"certificates.valid_for ({certificates.valid_for}): a leaf must not outlive its authority",
    )


def short_lifetimes(certificates: CertificatesSpec, authorities: AuthoritiesSpec) -> tuple[Finding, ...]:
    """Return advice, not refusals: lifetimes that leave little time to notice that nobody ran ``pulumi up``.

    Source: certutil's http mode warns at the same limits (60 days for a certificate, 90 for an authority).
    """
    asked = (
        ("certificates.valid_for", certificates.valid_for, SHORT_LEAF),
        ("authorities.transport.valid_for", authorities.transport.valid_for, SHORT_AUTHORITY),
        ("authorities.http.valid_for", authorities.http.valid_for, SHORT_AUTHORITY),
    )
    return tuple(
        Finding(
            "ShortLifetime",
            f"{setting} is {lifetime}, less than {limit.days} days: "
            "make sure that `pulumi up` runs often enough, without anybody thinking of it",
        )
        for setting, lifetime, limit in asked
        if lifetime_end(lifetime, _LONGEST_YEAR) - _LONGEST_YEAR < limit
    )
