"""What each kind of certificate may be used for, as a table with its sources."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class KeyUse(StrEnum):
    """Bits of the extension keyUsage, in RFC 5280's words (§4.2.1.3)."""

    SIGN = "digitalSignature"
    ENCIPHER = "keyEncipherment"
    SIGN_CERTIFICATES = "keyCertSign"
    SIGN_REVOCATIONS = "cRLSign"


class Purpose(StrEnum):
    """Purposes of the extension extendedKeyUsage, in RFC 5280's words (§4.2.1.12)."""

    SERVER = "serverAuth"
    CLIENT = "clientAuth"


class ProfileName(StrEnum):
    """The kinds of certificates."""

    AUTHORITY = "authority"
    TRANSPORT = "transport"
    HTTP = "http"
    CLIENT = "client"


@dataclass(frozen=True, slots=True)
class Profile:
    """One kind of certificate.

    Attributes:
        name: which kind.
        ec_key_use: keyUsage when the key is EC.
        rsa_key_use: keyUsage when the key is RSA.
        purposes: extendedKeyUsage; empty means that the extension is left out.
        is_authority: whether it signs other certificates.
        citation: where the rule comes from.
    """

    name: ProfileName
    ec_key_use: frozenset[KeyUse]
    rsa_key_use: frozenset[KeyUse]
    purposes: frozenset[Purpose]
    is_authority: bool
    citation: str

    def key_use(self, key_type: str) -> frozenset[KeyUse]:
        """Return the keyUsage for a key type, such as ``ec-p256`` or ``rsa-2048``."""
        return self.rsa_key_use if key_type.startswith("rsa") else self.ec_key_use


_SIGN = frozenset({KeyUse.SIGN})
# An RSA key also deciphers in TLS 1.2 suites without ephemeral keys, which Elasticsearch 8 still offers; an EC
# key never does, so the bit would be wrong there (RFC 5480 §3, RFC 8446 §4.4.2.2).
_SIGN_AND_ENCIPHER = frozenset({KeyUse.SIGN, KeyUse.ENCIPHER})
_SIGN_FOR_OTHERS = frozenset({KeyUse.SIGN_CERTIFICATES, KeyUse.SIGN_REVOCATIONS})

AUTHORITY = Profile(
    ProfileName.AUTHORITY,
    ec_key_use=_SIGN_FOR_OTHERS,
    rsa_key_use=_SIGN_FOR_OTHERS,
    purposes=frozenset(),
    is_authority=True,
    citation="deploy-manage/security/set-up-basic-security.md; RFC 5280 §4.2.1.3 and §4.2.1.9; "
    "docs/reference/elasticsearch/command-line-tools/certutil.md (--keyusage, elasticsearch PR #126376)",
)
TRANSPORT = Profile(
    ProfileName.TRANSPORT,
    ec_key_use=_SIGN,
    rsa_key_use=_SIGN_AND_ENCIPHER,
    purposes=frozenset({Purpose.SERVER, Purpose.CLIENT}),
    is_authority=False,
    citation="deploy-manage/security/external-ca-transport.md (clientAuth and serverAuth, or none at all)",
)
HTTP = Profile(
    ProfileName.HTTP,
    ec_key_use=_SIGN,
    rsa_key_use=_SIGN_AND_ENCIPHER,
    purposes=frozenset({Purpose.SERVER}),
    is_authority=False,
    citation="deploy-manage/security/set-up-basic-security-plus-https.md; HttpCertificateCommand "
    "(elasticsearch PR #86311): serverAuth only, so that it never opens the transport layer",
)
CLIENT = Profile(
    ProfileName.CLIENT,
    ec_key_use=_SIGN,
    rsa_key_use=_SIGN,
    purposes=frozenset({Purpose.CLIENT}),
    is_authority=False,
    citation="deploy-manage/security/kibana-es-mutual-tls.md; RFC 5280 §4.2.1.12",
)

PROFILES: Mapping[ProfileName, Profile] = MappingProxyType(
    {profile.name: profile for profile in (AUTHORITY, TRANSPORT, HTTP, CLIENT)}
)
