"""Puts the stand-in for systemd into a folder: its programs in `bin`, its units in `units`."""

import shlex
import sys
from pathlib import Path

from tests.systemd_standin.units import Units

CHECKOUT = Path(__file__).resolve().parents[2]
PROGRAM = '#!/bin/sh\ncd {checkout} && exec {python} -m tests.systemd_standin.{name} {folder} "$@"\n'


def install_systemd(folder: Path) -> Units:
    """Install it, and return its units, of which there are none."""
    units = Units(folder / "units")
    units.folder.mkdir()
    (folder / "bin").mkdir()
    words = {"checkout": CHECKOUT, "python": sys.executable, "folder": units.folder}
    for name in ("systemctl", "journalctl"):
        program = folder / "bin" / name
        program.write_text(PROGRAM.format(name=name, **{key: shlex.quote(str(one)) for key, one in words.items()}))
        program.chmod(0o755)
    return units
