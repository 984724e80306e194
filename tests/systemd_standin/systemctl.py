"""The stand-in's `systemctl`: `python -m tests.systemd_standin.systemctl FOLDER WORD…`."""

import os
import signal
import sys
from pathlib import Path

from tests.systemd_standin.units import State, Units

FAILED = (
    "Job for {0} failed because the control process exited with error code.\n"
    'See "systemctl status {0}" and "journalctl -xeu {0}" for details.'
)
ENDED = ("inactive", "failed")


def show(units: Units, asked: str, name: str) -> int:
    state, loaded = units.state(name), units.read(name) is not None
    known = {
        "MainPID": str(state.main_pid),
        "LoadState": "loaded" if loaded else "not-found",
        "ActiveState": state.active,
        "Transient": "no",
    }
    option, _, wanted = asked.partition("=")
    if option != "--property" or not set(wanted.split(",")) <= known.keys():
        return refused(f"show {asked}")
    sys.stdout.writelines(f"{key}={value}\n" for key, value in known.items() if key in wanted.split(","))
    return 0


def start(units: Units, name: str) -> int:
    if units.read(name) is None:
        sys.stderr.write(f"Failed to start {name}: Unit {name} not found.\n")
        return 5
    state = units.wait(name, lambda state: state.active != "deactivating")
    if state.active in ENDED:
        units.becomes(name, State("activating"))
        units.supervise("tests.systemd_standin.supervisor", name)
    if units.wait(name, lambda state: state.active != "activating").active == "active":
        return 0
    sys.stderr.write(f"{FAILED.format(name)}\n")
    return 1


def stop(units: Units, name: str, *, wait: bool) -> int:
    if units.read(name) is None:
        sys.stderr.write(f"Failed to stop {name}: Unit {name} not loaded.\n")
        return 5
    state = units.state(name)
    if state.active not in ENDED:
        units.becomes(name, State("deactivating", state.main_pid))
        os.kill(state.main_pid, signal.SIGTERM)
    if wait:
        units.wait(name, lambda state: state.active in ENDED)
    return 0


def refused(what: str) -> int:
    sys.stderr.write(f"the stand-in for systemd does not know: {what}\n")
    return 1


def main(folder: Path, words: list[str]) -> int:
    units = Units(folder)
    units.note(["systemctl", *words])
    match words:
        case ["show", asked, name]:
            return show(units, asked, name)
        case ["reset-failed", name]:
            return 0 if units.read(name) else refused(f"reset-failed {name}")  # it counts no starts
        case ["start", name]:
            return start(units, name)
        case ["stop", "--no-block", name]:
            return stop(units, name, wait=False)
        case ["stop", name]:
            return stop(units, name, wait=True)
    return refused(" ".join(words))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
