"""The stand-in's `journalctl`: `python -m tests.systemd_standin.journalctl FOLDER WORD…`."""

import sys
from pathlib import Path

from tests.systemd_standin.units import Units


def main(folder: Path, words: list[str]) -> int:
    units = Units(folder)
    units.note(["journalctl", *words])
    match words:
        case ["--unit", name, "--since", since, "--lines", most, "--no-pager", "--output", "cat"] if since[0] == "@":
            path = units.log(name)
            lines = [line.split("\t", 1) for line in path.read_text().splitlines()] if path.exists() else []
            found = [text for when, text in lines if int(when) >= int(since[1:])]
            sys.stdout.writelines(f"{text}\n" for text in found[-int(most) :])
            return 0
    sys.stderr.write(f"the stand-in for journalctl does not know: {' '.join(words)}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
