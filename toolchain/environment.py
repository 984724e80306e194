"""Makes `.venv` with the pinned packages. Runs on the system's own Python, so it uses nothing but the standard library.

`python3 toolchain/environment.py runtime` is enough for the program; `… dev` adds what tests and checks need;
`… policy` makes that of the policy pack, and `… peer` that of the bench's peer, which cannot share it
(docs/decisions/0007-dependencies.md).
"""

import hashlib
import shutil
import subprocess
import sys
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = {"policy": "policy", "peer": "peers/ansible"}
"""Where an environment is that is not the project's own."""
FILES = {
    "runtime": "requirements.txt",
    "dev": "requirements-dev.txt",
    **{kind: f"{folder}/requirements.txt" for kind, folder in FOLDERS.items()},
}
OLDEST = (3, 11)
INTERRUPTED = 130
"""The exit status that a shell gives to what Ctrl-C ended."""


def main() -> int:
    """Make or complete the environment, and return the exit status."""
    kind = sys.argv[1]
    if sys.version_info < OLDEST:
        have = ".".join(map(str, sys.version_info[:3]))
        return complain(
            f"Python {have} is too old",
            "this project needs Python 3.11 or newer",
            "install a newer one (Debian: apt install python3.11-venv), and name it: make PYTHON=python3.11 …",
        )
    wanted, venv = ROOT / FILES[kind], ROOT / FOLDERS.get(kind, "") / ".venv"
    stamp = venv / f"installed-{kind}-{hashlib.sha256(wanted.read_bytes()).hexdigest()[:16]}"
    if stamp.exists():
        return 0
    if not is_whole(venv):
        shutil.rmtree(venv, ignore_errors=True)
        made = run(f"make {venv.relative_to(ROOT)}", [sys.executable, "-m", "venv", str(venv)])
        if made is not None:
            shutil.rmtree(venv, ignore_errors=True)
            return complain(
                "the virtual environment could not be made",
                made,
                "install the module venv (Debian: apt install python3-venv), then run again",
            )
    pip = [str(venv / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    failed = run(f"install the pinned Python packages ({FILES[kind]})", [*pip, "--require-hashes", "-r", str(wanted)])
    if failed is not None:
        return complain(
            "the pinned Python packages could not be installed",
            failed,
            "see whether a Python package registry can be reached from here, then run again",
        )
    stamp.touch()
    return 0


def is_whole(venv: Path) -> bool:
    """Tell whether an environment was made to its end: its pip comes last, and of that the list of its files."""
    return (venv / "bin" / "python").exists() and any(venv.glob("lib/python*/site-packages/pip-*.dist-info/RECORD"))


def run(what: str, command: list[str]) -> str | None:
    """Run a command, showing that it is under way; return its last words where it failed."""
    live = sys.stdout.isatty()
    say(f"· {what} …" if not live else "")
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    said: list[str] = []
    reader = threading.Thread(target=lambda: said.extend(process.stdout or ()), daemon=True)
    reader.start()
    seconds = 0
    while True:
        try:
            process.wait(1)
            break
        except subprocess.TimeoutExpired:
            seconds += 1
            if live:
                sys.stdout.write(f"\r· {what} … {seconds} s")
                sys.stdout.flush()
    reader.join()
    sign = "✓" if process.returncode == 0 else "✗"
    say(f"{chr(13) if live else ''}{sign} {what} · {seconds} s   ")
    return None if process.returncode == 0 else " ".join("".join(said).split()[-60:])


def complain(what: str, why: str, next_step: str) -> int:
    """Print an error in the form that all errors of this project have."""
    sys.stdout.write(f"✗ {what}\n  why:  {why}\n  next: {next_step}\n")
    return 1


def say(line: str) -> None:
    """Print a line, if there is one."""
    if line:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        say("\ninterrupted; the same command finishes it, and `make clean` takes away what is there")
        sys.exit(INTERRUPTED)
