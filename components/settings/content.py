"""The configuration that a node reads at its start only, as far as it is ours."""

import hashlib
import json
from collections.abc import Iterable

from pydantic import Field, SecretStr, field_validator

from components.settings.merge import SettingValue
from components.values import MaybeUnknown, Unknown, Wire, reveal

NAME_FILES = tuple(
    f".ssl.{key}" for key in ("keystore.path", "truststore.path", "key", "certificate", "certificate_authorities")
)


class Content(Wire):
    """Our settings for one node.

    Attributes:
        settings: keys of elasticsearch.yml, dotted, and their values.
        absent: keys, or prefixes that end in a dot, that must not be in elasticsearch.yml.
        secure: entries of the keystore.
    """

    settings: dict[str, SettingValue]
    absent: tuple[str, ...] = ()
    secure: dict[str, MaybeUnknown[SecretStr]] = Field(default_factory=dict)

    @field_validator("settings")
    @classmethod
    def _in_order(cls, settings: dict[str, SettingValue]) -> dict[str, SettingValue]:
        """Order the settings, since the wire does not keep any order: `enabled` comes first in its group."""
        return dict(sorted(settings.items(), key=lambda item: _reading_order(item[0])))

    def unwanted(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return the entries of a keystore that belong to a layer of which nothing may be left."""
        return tuple(sorted(name for name in names if name.startswith(self.absent_layers)))

    @property
    def absent_layers(self) -> tuple[str, ...]:
        """The prefixes of which nothing may be left, in elasticsearch.yml or in the keystore."""
        return tuple(each for each in self.absent if each.endswith("."))

    @property
    def files(self) -> tuple[str, ...]:
        """The files that our settings name, relative to the config folder."""
        named = (value for key, value in self.settings.items() if key.endswith(NAME_FILES))
        return tuple(str(file) for value in named for file in (value if isinstance(value, tuple) else (value,)))

    def settings_digest(self) -> str:
        """Return a digest of what must and must not be in elasticsearch.yml."""
        return _digest([sorted(self.settings.items()), sorted(self.absent)])

    def secure_digest(self) -> SecretStr | Unknown:
        """Return a digest of the keystore entries; secret, since a given password may be easy to guess."""
        if any(isinstance(value, Unknown) for value in self.secure.values()):
            return Unknown()
        return SecretStr(_digest(sorted((name, reveal(value)) for name, value in self.secure.items())))


def _reading_order(key: str) -> tuple[str, bool, str]:
    group, _, name = key.rpartition(".")
    return group, name != "enabled", name


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
