"""Which entries of a node's keystore are not the wanted ones."""

from dataclasses import dataclass

from components.drift import DriftKind
from components.nodes.machine import NodeMachine
from components.settings.content import Content
from components.values import Unknown, reveal

SIGNS = {DriftKind.ENTRY_MISSING: "+ ", DriftKind.ENTRY_UNWANTED: "− "}


@dataclass(frozen=True, slots=True)
class EntryDifference:
    """An entry that must be set, or must go.

    Attributes:
        name: its name.
        kind: what is wrong with it.
        read: whether its value was read; a preview may not know yet which one is wanted.
    """

    name: str
    kind: DriftKind
    read: bool = True

    def __str__(self) -> str:
        other = ": other value" if self.kind is DriftKind.ENTRY_CHANGED and self.read else ""
        return f"{SIGNS.get(self.kind, '')}keystore entry {self.name}{other}"


def entry_differences(machine: NodeMachine, content: Content, *, there: bool) -> tuple[EntryDifference, ...]:
    """Look into a keystore, and return which entries must be set, or must go.

    Args:
        machine: the node's machine.
        content: what must be in its keystore.
        there: whether there is a keystore. Values are only read where every name is in it.
    """
    secure = content.secure
    present = machine.secure_setting_names() if there else frozenset()
    missing = [EntryDifference(name, DriftKind.ENTRY_MISSING) for name in sorted(secure) if name not in present]
    missing += [EntryDifference(name, DriftKind.ENTRY_UNWANTED) for name in content.unwanted(present)]
    if missing:
        return tuple(missing)
    if any(isinstance(value, Unknown) for value in secure.values()):
        return tuple(EntryDifference(name, DriftKind.ENTRY_CHANGED, read=False) for name in sorted(secure))
    differing = (name for name, value in sorted(secure.items()) if machine.secure_setting(name) != reveal(value))
    return tuple(EntryDifference(name, DriftKind.ENTRY_CHANGED) for name in differing)
