"""What a node would be started with, and all that speaks against it. Read-only."""

from collections.abc import Mapping

from components.nodes.machine import NodeMachine
from components.settings.bootstrap import ENCRYPT_SENSITIVE_DATA, Start, bootstrap_concerns, is_enforced
from components.settings.concerns import Concern, is_on
from components.settings.content import Content
from components.settings.contradictions import contradictions
from components.settings.fips import FIPS_MODE, fips_concerns
from components.settings.merge import Value, flatten
from components.settings.operator_file import merged_on
from components.settings.risks import risk_concerns
from components.settings.scenarios import PREFIXES


def settings_of(machine: NodeMachine, content: Content) -> dict[str, Value]:
    """Return the settings that a node would be started with: the operator's own, and ours.

    Raises:
        ConfigurationRefused: the operator's file cannot be read, or not be changed safely.
    """
    return flatten(merged_on(machine, content).text, where=machine.settings_place())


def start_of(machine: NodeMachine, content: Content) -> Start:
    """Return what a node would be started with; errors as above.

    What costs a command is only asked where some check needs it: the keystore's entries, and the machine's limits.
    """
    settings = settings_of(machine, content)
    there = machine.secure_setting_names() if _entries_matter(settings) else frozenset[str]()
    secure = (there - {*content.unwanted(there)}) | content.secure.keys()
    start = Start(settings, secure, machine.jvm_options())
    return Start(settings, start.secure, start.jvm_options, machine.limits()) if is_enforced(start) else start


def concerns_on(machine: NodeMachine, content: Content) -> tuple[Concern, ...]:
    """Return what speaks against starting a node with our settings in its elasticsearch.yml; errors as above."""
    start = start_of(machine, content)
    return (
        *contradictions(start.settings, start.secure),
        *bootstrap_concerns(start),
        *risk_concerns(start.settings),
        *_fips_concerns(machine, start.settings),
    )


def _fips_concerns(machine: NodeMachine, settings: Mapping[str, Value]) -> tuple[Concern, ...]:
    """Return what FIPS mode asks for and is not there; the password's file is only read where the mode is on."""
    return fips_concerns(settings, machine.keystore_password_bytes()) if is_on(settings, FIPS_MODE) else ()


def _entries_matter(settings: Mapping[str, Value]) -> bool:
    """Tell whether some check needs the keystore: its TLS entries count where a layer has no switch at all."""
    unswitched = [prefix for prefix in PREFIXES.values() if f"{prefix}enabled" not in settings]
    return bool(unswitched) or is_on(settings, ENCRYPT_SENSITIVE_DATA)
