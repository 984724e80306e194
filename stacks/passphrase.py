"""The file with the passphrase that encrypts the stack's secrets: whether others on this machine may read it."""

import os
import shlex
import stat
from collections.abc import Mapping
from pathlib import Path

FILE = "PULUMI_CONFIG_PASSPHRASE_FILE"
"""Where Pulumi takes its name from."""
PASSPHRASE = "PULUMI_CONFIG_PASSPHRASE"  # noqa: S105 (the name of a variable)
"""Where this is set, Pulumi does not ask for a file."""


def open_to_others(environment: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """Return a warning where the group or everybody may open the file; nothing where there is none.

    It is no error: some pipelines mount such files in no other way.

    Args:
        environment: the variables by which the stack is run.
    """
    name = "" if environment.get(PASSPHRASE) else environment.get(FILE, "")
    try:
        mode = stat.S_IMODE(Path(name).stat().st_mode) if name else 0
    except OSError:  # the engine says what is wrong with it, in the run that needs it
        return ()
    if not mode & (stat.S_IRWXG | stat.S_IRWXO):
        return ()
    return (
        f"{FILE}: {name} is open to others on this machine (mode {mode:04o}), and it may decrypt every key and "
        f"password in the stack's state: `chmod 600 {shlex.quote(name)}`",
    )
