"""What somebody else's security leaves behind on a node that became ours: keystore entries and files."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import PurePosixPath

from components.nodes.layers import LAYERS
from components.settings.merge import Value
from components.settings.standing import Origin, Standing, origin_of

PREFIXES = tuple(facts.prefix for facts in LAYERS.values())
RIVAL_ENTRIES = tuple(f"{prefix}keystore.secure_key_password" for prefix in PREFIXES)
"""Entries with which a node would not open our key file: its key has the file's own password.

Source: reference/elasticsearch/configuration-reference/security-settings (keystore.secure_key_password).
"""
IDLE_ENTRIES = (
    *(f"{prefix}truststore.secure_password" for prefix in PREFIXES),
    *(f"{prefix}secure_key_passphrase" for prefix in PREFIXES),
    "autoconfiguration.password_hash",
)
"""Entries that nothing reads any more; unless they are among ours."""
HTTP_AUTHORITY = "certs/http_ca.crt"
"""What auto-configuration makes for clients, and no setting names. Source: deploy-manage/security/self-auto-setup."""


def entries_to_remove(present: Collection[str], ours: Collection[str], *, also_idle: bool) -> tuple[str, ...]:
    """Return the keystore entries that must go, and those that may where the operator wants them gone.

    Args:
        present: the names of the keystore's entries.
        ours: those that we set.
        also_idle: whether to remove what is only of no use any more.
    """
    going = (*RIVAL_ENTRIES, *(IDLE_ENTRIES if also_idle else ()))
    return tuple(name for name in going if name in present and name not in ours)


def old_files(found: Sequence[Standing], now: Mapping[str, Value]) -> tuple[str, ...]:
    """Return the files, relative to the config folder, that somebody else's settings named and ours do not.

    A path that leads out of the config folder is left alone.

    Args:
        found: what they were.
        now: the effective settings of the present elasticsearch.yml.
    """
    names = [path for one in found for path in one.files]
    if found and origin_of(found) is Origin.AUTO_CONFIGURATION:
        names.append(HTTP_AUTHORITY)
    named_now = {path for value in now.values() for path in ((value,) if isinstance(value, str) else value)}
    return tuple(path for path in dict.fromkeys(names) if path not in named_now and _is_inside(path))


def _is_inside(path: str) -> bool:
    pure = PurePosixPath(path)
    return not pure.is_absolute() and ".." not in pure.parts
