"""Issue certificates: authorities with a new or the same key, and leaves.

Every certificate is X.509 v3 after RFC 5280: a random positive serial number of at most 20 octets, dates in UTC
(UTCTime until 2049, GeneralizedTime from 2050), key identifiers by method 1 of §4.2.1.2, and an authority key
identifier that names only the key, so that it also fits a renewed certificate of the same authority.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.x509.oid import NameOID

from components.errors import ConfigurationRefused
from components.pki.extensions import authority_extensions, key_id_for, leaf_extensions
from components.pki.inspect import (
    AuthorityFacts,
    LeafFacts,
    authority_facts,
    is_authority,
    leaf_facts,
    load_certificate,
    pem_of,
)
from components.pki.keys import (
    PrivateKey,
    belongs_to,
    load_private_key,
    new_private_key,
    pem_of_key,
    signing_hash,
)
from components.pki.lifetimes import Lifetime, lifetime_end
from components.pki.names import authority_subject, common_name
from components.pki.profiles import Profile
from components.pki.sans import Sans
from components.pki.spec import KeyType, Layer

CLOCK_SKEW = timedelta(minutes=5)
"""A new certificate is valid from this long ago, because a node's clock may be behind ours."""
LEAST_SIGNER_LIFE = timedelta(days=1)
"""An authority with less life left signs nothing: the leaf would end before anybody could act."""


@dataclass(frozen=True, slots=True)
class IssuedAuthority:
    """An authority that can sign: ours, or one that the operator owns. Its key never shows in a repr.

    Attributes:
        private_key_pem: PKCS#8 PEM, not encrypted; a secret.
        certificate_pem: its certificate.
    """

    private_key_pem: str = field(repr=False)
    certificate_pem: str

    @property
    def facts(self) -> AuthorityFacts:
        """What its certificate says."""
        return authority_facts(self.certificate_pem)


@dataclass(frozen=True, slots=True)
class IssuedLeaf:
    """A leaf and its key. The key never shows in a repr.

    Attributes:
        private_key_pem: PKCS#8 PEM, not encrypted; a secret.
        certificate_pem: its certificate.
    """

    private_key_pem: str = field(repr=False)
    certificate_pem: str

    @property
    def facts(self) -> LeafFacts:
        """What its certificate says."""
        return leaf_facts(self.certificate_pem)


@dataclass(frozen=True, slots=True)
class LeafRequest:
    """What a leaf shall be.

    Attributes:
        subject: name of the node or client; becomes the common name, shortened to 64 octets.
        sans: names and addresses it vouches for.
        profile: TRANSPORT, HTTP or CLIENT.
        key_type: type of the new key.
        valid_for: life from now on; ends earlier when the signer's does.
    """

    subject: str
    sans: Sans
    profile: Profile
    key_type: KeyType
    valid_for: Lifetime

    def __post_init__(self) -> None:
        """Refuse a mistake of ours: an authority is no leaf.

        Raises:
            ValueError: the profile is that of an authority.
        """
        if self.profile.is_authority:
            raise ValueError("an authority is not issued as a leaf")


def new_authority(
    *, cluster: str, layer: Layer, generation: int, key_type: KeyType, valid_for: Lifetime, now: datetime
) -> IssuedAuthority:
    """Return a new generation of a cluster's authority: a new key and its self-signed certificate.

    Args:
        cluster: the cluster's name.
        layer: the layer whose trust domain it is.
        generation: its number, from 1.
        key_type: type of the new key.
        valid_for: life of the certificate from now on.
        now: the present moment, with a time zone.
    """
    key = new_private_key(key_type)
    subject = _name(authority_subject(cluster, layer, generation))
    key_id = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    certificate = _root(key, subject, key_id, _life(valid_for, now))
    return IssuedAuthority(pem_of_key(key), pem_of(certificate))


def renew_authority(current: IssuedAuthority, *, valid_for: Lifetime, now: datetime) -> IssuedAuthority:
    """Return the same authority with a new certificate: same key, subject and key id, new serial and dates.

    Whoever trusts the old certificate also accepts what the new one signs, until the old one expires.

    Raises:
        ConfigurationRefused: key and certificate do not belong together, or cannot be read.
    """
    key, certificate = _opened(current)
    renewed = _root(key, certificate.subject, key_id_for(certificate), _life(valid_for, now))
    return IssuedAuthority(current.private_key_pem, pem_of(renewed))


def issue_leaf(request: LeafRequest, signer: IssuedAuthority, now: datetime) -> IssuedLeaf:
    """Return a leaf with a new key, signed by the authority.

    Args:
        request: what the leaf shall be.
        signer: the authority that signs.
        now: the present moment, with a time zone.

    Raises:
        ConfigurationRefused: as with ``sign_leaf``.
    """
    key = new_private_key(request.key_type)
    return IssuedLeaf(pem_of_key(key), sign_leaf(request, key.public_key(), signer, now))


def sign_leaf(
    request: LeafRequest, public_key: CertificatePublicKeyTypes, signer: IssuedAuthority, now: datetime
) -> str:
    """Return a leaf of a key, signed by the authority, as PEM.

    Args:
        request: what the leaf shall be.
        public_key: the key that it is for.
        signer: the authority that signs.
        now: the present moment, with a time zone.

    Raises:
        ConfigurationRefused: the signer has expired, has less than a day left, is not valid yet, may not sign,
            or its key and certificate do not belong together; or the leaf would name nobody.
    """
    signing_key, authority = _opened(signer)
    _refuse_unfit_signer(authority, now)
    if not request.subject and not request.sans.hosts():
        raise ConfigurationRefused(
            "a certificate must name somebody",
            where=f"{request.profile.name} certificate",
            why="it has neither a subject nor a name or address",
            next_step="give the node or client a name",
        )
    life = _within(_life(request.valid_for, now), authority)
    builder = _builder(_name(common_name(request.subject)), authority.subject, public_key, life)
    named = bool(request.subject)
    for value, critical in leaf_extensions(request.profile, request.sans, public_key, authority, named=named):
        builder = builder.add_extension(value, critical)
    return pem_of(builder.sign(signing_key, signing_hash(signing_key)))


def _opened(authority: IssuedAuthority) -> tuple[PrivateKey, x509.Certificate]:
    certificate = load_certificate(authority.certificate_pem, where="authority")
    key = load_private_key(authority.private_key_pem, where="authority's private key")
    if not belongs_to(key, certificate):
        raise ConfigurationRefused(
            "the authority's private key does not belong to its certificate",
            where=authority.facts.subject or "authority",
            why="the certificate was issued for another key",
            next_step="give the key and the certificate that belong together",
        )
    return key, certificate


def _refuse_unfit_signer(authority: x509.Certificate, now: datetime) -> None:
    where = authority_facts(authority).subject or "authority"
    expires, begins = authority.not_valid_after_utc, authority.not_valid_before_utc
    if not is_authority(authority):
        raise ConfigurationRefused(
            "the certificate may not sign others",
            where=where,
            why="it is no CA certificate (basicConstraints), or its keyUsage lacks keyCertSign",
            next_step="give a CA certificate",
        )
    if now < begins:
        raise ConfigurationRefused(
            "the authority is not valid yet",
            where=where,
            why=f"its life begins at {begins:%Y-%m-%d %H:%M:%S}Z, and it is {now.astimezone(UTC):%Y-%m-%d %H:%M:%S}Z",
            next_step="set this machine's clock, or wait",
        )
    if expires - now < LEAST_SIGNER_LIFE:
        raise ConfigurationRefused(
            "the authority has expired" if expires < now else "the authority has less than a day left",
            where=where,
            why=f"its life ends at {expires:%Y-%m-%d %H:%M:%S}Z, and no leaf may outlive it",
            next_step="renew the authority (same key), or raise its generation to rotate it (new key)",
        )


def _life(valid_for: Lifetime, now: datetime) -> tuple[datetime, datetime]:
    """Return when a certificate begins and ends, to the second: X.509 knows nothing finer."""
    present = now.astimezone(UTC).replace(microsecond=0)
    return present - CLOCK_SKEW, lifetime_end(valid_for, present)


def _within(life: tuple[datetime, datetime], signer: x509.Certificate) -> tuple[datetime, datetime]:
    return max(life[0], signer.not_valid_before_utc), min(life[1], signer.not_valid_after_utc)


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)] if common else [])


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    public_key: CertificatePublicKeyTypes,
    life: tuple[datetime, datetime],
) -> x509.CertificateBuilder:
    return x509.CertificateBuilder(
        issuer_name=issuer,
        subject_name=subject,
        public_key=public_key,
        serial_number=x509.random_serial_number(),
        not_valid_before=life[0],
        not_valid_after=life[1],
    )


def _root(
    key: PrivateKey, subject: x509.Name, key_id: x509.SubjectKeyIdentifier, life: tuple[datetime, datetime]
) -> x509.Certificate:
    builder = _builder(subject, subject, key.public_key(), life)
    for value, critical in authority_extensions(key, key_id):
        builder = builder.add_extension(value, critical)
    return builder.sign(key, signing_hash(key))
