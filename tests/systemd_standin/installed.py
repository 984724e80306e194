"""Puts the stand-in for systemd into a folder: its programs in `bin`, its units in `units`."""

from pathlib import Path

from tests.standin_parts.programs import install_programs
from tests.systemd_standin.units import Units


def install_systemd(folder: Path) -> Units:
    """Install it, and return its units, of which there are none."""
    units = Units(folder / "units")
    install_programs(folder, "tests.systemd_standin", ("systemctl", "journalctl"), units.folder)
    return units
