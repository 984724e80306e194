"""Units of the stand-in for systemd: what is written of one, and what is known of it now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tests.standin_parts.records import Records


@dataclass(frozen=True)
class Unit:
    """What a unit's file says."""

    exec_start: Sequence[str]
    user: int
    group: int
    runtime_folder: str
    environment: Mapping[str, str] = field(default_factory=dict)
    environment_file: str = ""


@dataclass(frozen=True)
class State:
    """How a unit is, in systemd's words."""

    active: str = "inactive"
    main_pid: int = 0


class Units(Records[Unit, State]):
    """All units, in a folder; the log of one is its journal."""

    service, state_type = Unit, State
