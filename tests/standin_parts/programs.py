"""Puts the programs of a stand-in into a folder, for a PATH."""

import shlex
import sys
from collections.abc import Iterable
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
PROGRAM = '#!/bin/sh\ncd {checkout} && exec {python} -m {module} {records} "$@"\n'


def install_programs(folder: Path, package: str, names: Iterable[str], records: Path) -> None:
    """Install programs in `bin`, each a module of the package, with the folder of what the stand-in knows."""
    records.mkdir()
    (folder / "bin").mkdir()
    for name in names:
        words = {"checkout": CHECKOUT, "python": sys.executable, "module": f"{package}.{name}", "records": records}
        program = folder / "bin" / name
        program.write_text(PROGRAM.format(**{key: shlex.quote(str(one)) for key, one in words.items()}))
        program.chmod(0o755)
