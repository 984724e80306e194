"""TLS settings with which a node does not start, told in its own words before it is started.

Source: ``SSLService`` and ``SslConfigurationLoader`` of Elasticsearch 9.5.3.
"""

from collections.abc import Collection, Iterator, Mapping

from components.settings.concerns import Concern
from components.settings.scalars import Value
from components.settings.scenarios import PREFIXES

EXCLUDING = (("certificate_authorities", "truststore.path"), ("certificate", "keystore.path"))
"""Two ways to say one thing: a node takes one of them."""
PAIRS = (("certificate", "key"), ("key", "certificate"))
"""Who says the first must say the second."""


def contradictions(settings: Mapping[str, Value], secure: Collection[str]) -> tuple[Concern, ...]:
    """Return what Elasticsearch would say of TLS settings that cannot stand beside each other.

    Args:
        settings: the effective settings of elasticsearch.yml.
        secure: the names of the keystore's entries, which count as settings.
    """
    return (*_switch_is_missing(settings, secure), *_excluding(settings), *_half_a_pair(settings))


def _switch_is_missing(settings: Mapping[str, Value], secure: Collection[str]) -> Iterator[Concern]:
    for prefix in PREFIXES.values():
        group, names = prefix.removesuffix("."), sorted({*settings, *secure})
        standing = [name for name in names if name.startswith(prefix)]
        if standing and f"{prefix}enabled" not in settings:
            yield _concern(
                "TlsSwitchMissing",
                f"invalid configuration for {group} - [{prefix}enabled] is not set, but the following settings have "
                f"been configured in elasticsearch.yml : [{','.join(standing)}]",
                f"set `{prefix}enabled: false`, or remove those settings from elasticsearch.yml and from the keystore "
                "(`elasticsearch-keystore remove`)",
                "SSLService",
            )


def _excluding(settings: Mapping[str, Value]) -> Iterator[Concern]:
    for first, second in EXCLUDING:
        for prefix in _prefixes(settings, first):
            if f"{prefix}{second}" in settings:
                yield _concern(
                    "OneOfTwo",
                    f"{_failed(prefix)}cannot specify both [{first}] and [{second}]",
                    f"remove `{prefix}{first}` or `{prefix}{second}` from elasticsearch.yml",
                )


def _half_a_pair(settings: Mapping[str, Value]) -> Iterator[Concern]:
    for first, second in PAIRS:
        for prefix in _prefixes(settings, first):
            if f"{prefix}{second}" not in settings:
                yield _concern(
                    "HalfAPair",
                    f"{_failed(prefix)}cannot specify [{first}] without also setting [{second}]",
                    f"set `{prefix}{second}` in elasticsearch.yml, or remove `{prefix}{first}`",
                )


def _failed(prefix: str) -> str:
    return f"failed to load SSL configuration [{prefix.removesuffix('.')}] - "


def _prefixes(settings: Mapping[str, Value], last: str) -> list[str]:
    """Return what stands before ``ssl.<last>`` in the settings, that included."""
    return [key.removesuffix(last) for key in settings if key.endswith(f".ssl.{last}")]


def _concern(reason: str, words: str, fix: str, citation: str = "SslConfigurationLoader") -> Concern:
    return Concern(reason, f'Elasticsearch would not start: "{words}"', fix, refuses=True, citation=citation)
