"""FIPS mode: which files a node opens in it, and what its keystore needs. Source: deploy-manage/security/fips-es."""

import re
from collections.abc import Mapping

from components.settings.concerns import Concern, is_on
from components.settings.scalars import Value

FIPS_PAGE = "deploy-manage/security/fips-es"
FIPS_MODE = "xpack.security.fips_mode.enabled"
PASSWORD_HASHING = "xpack.security.authc.password_hashing.algorithm"  # noqa: S105 (a setting's name)
HASHING_IN_FIPS = "pbkdf2_stretch"
LEAST_BYTES = 14
"""Of the keystore's password: 112 bits."""
_STORES = re.compile(r"xpack\.(?:.+\.)?ssl\.(?:keystore|truststore)\.path")


def fips_concerns(settings: Mapping[str, Value], password_bytes: int) -> tuple[Concern, ...]:
    """Return what keeps a node from starting in FIPS mode; nothing where it is off.

    Args:
        settings: the settings that the node reads.
        password_bytes: length of its keystore's password, in bytes; 0 where there is none.
    """
    if not is_on(settings, FIPS_MODE):
        return ()
    found = []
    stores = [key for key in settings if _STORES.fullmatch(key)]
    if stores:
        found.append(
            _refusal(
                "FipsNeedsPem",
                f"`{FIPS_MODE}` is on, and {', '.join(f'`{key}`' for key in stores)} names a PKCS#12 or JKS file, "
                "which no node opens in FIPS mode",
                "set `certificates.key_format` and `certificates.trust_format` to `pem`",
            )
        )
    if password_bytes < LEAST_BYTES:
        has = f"one of {password_bytes} bytes" if password_bytes else "none"
        found.append(
            _refusal(
                "FipsNeedsKeystorePassword",
                f"`{FIPS_MODE}` is on, and the keystore needs a password of at least {LEAST_BYTES} bytes; the stack "
                f"file names {has}",
                "write one into a file on the node, name it in `machine.keystore_password_file`, and give it to the "
                "keystore with `elasticsearch-keystore passwd`",
            )
        )
    return tuple(found)


def _refusal(reason: str, text: str, fix: str) -> Concern:
    return Concern(reason, text, fix, refuses=True, citation=FIPS_PAGE)
