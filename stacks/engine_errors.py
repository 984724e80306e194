"""What the engine prints when it cannot do its work, as errors of ours: what, where, why, what next."""

from components.errors import CommandFailed, SecurityError, TargetUnreachable

LOCKED = ("the stack is currently locked by", "Another update is currently in progress")
"""What the engine says when another run is at work: with a backend of files or a bucket, and with Pulumi Cloud."""
HALF_WRITTEN = ("failed to load checkpoint", "EOF")
"""What it says, and ends with, where it meets attributes that another run is writing (stacks/file_backend.py)."""


def decoded_error(what: str, said: str) -> SecurityError:
    """Return what the engine said as an error of ours.

    Args:
        what: what it was to do.
        said: what it printed.
    """
    return of_the_environment(what, said) or CommandFailed(
        f"the engine could not {what}",
        where="Pulumi",
        why=_reason(said),
        next_step="mend what it names, then run again",
    )


def of_the_environment(what: str, said: str) -> SecurityError | None:
    """Return an error of ours where the engine misses something in its environment, and None where it does not."""
    if any(text in said for text in LOCKED):
        return CommandFailed(
            f"the engine could not {what}",
            where="lock of the stack",
            why=" ".join(stderr_of(said).rpartition("error: ")[2].split()),
            next_step="wait until the other run has ended, then run again; if it was killed, and nothing runs any "
            "more, take its lock away with `pulumi cancel --stack` and its name: the next `up` finishes its work",
        )
    if "PULUMI_ACCESS_TOKEN" in said or "pulumi login" in said:
        return TargetUnreachable(
            f"the engine could not {what}",
            where="state backend",
            why="no backend is chosen, and nobody is logged in to Pulumi Cloud",
            next_step="set PULUMI_BACKEND_URL (for example to a bucket), or log in with `pulumi login`",
        )
    if is_half_written(said):
        return CommandFailed(
            f"the engine could not {what}",
            where="state backend",
            why=f"it could not be read whole, as while another run writes it ({_reason(said)})",
            next_step="run again; in a folder, `?metadata=skip` at the end of the backend's URL prevents it",
        )
    if "incorrect passphrase" in said:
        return CommandFailed(
            f"the engine could not {what}",
            where="secrets of the stack",
            why="they are encrypted with another passphrase than that of PULUMI_CONFIG_PASSPHRASE or of the file that "
            "PULUMI_CONFIG_PASSPHRASE_FILE names (incorrect passphrase)",
            next_step="give the passphrase that the stack was made with; for the development cluster, unset both",
        )
    if "passphrase" in said:
        return CommandFailed(
            f"the engine could not {what}",
            where="secrets of the stack",
            why=_reason(said),
            next_step="name a file that holds the stack's passphrase in PULUMI_CONFIG_PASSPHRASE_FILE (for a new "
            "stack: any text, kept safe)",
        )
    return None


def is_half_written(said: str) -> bool:
    """Tell whether the engine met a state, or attributes of it, that were being written."""
    where, end = HALF_WRITTEN
    return where in said and said.rstrip().endswith(end)


def _reason(said: str) -> str:
    lines = [line.strip().removeprefix("error: ") for line in stderr_of(said).splitlines() if line.strip()]
    return lines[0] if lines else "it printed nothing"


def stderr_of(said: str) -> str:
    """Return what the engine printed as errors, out of the text of an exception."""
    _, found, after = said.partition("stderr:")
    return after if found else said
