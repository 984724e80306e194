"""Runs one hook: `python -m components.hooks.run HOOK`, with the hook as JSON and the plan on standard input.

`pulumi-command` runs this instead of the hook itself, for three reasons: it would hand the hook our whole environment,
with the passphrase of the state in it; it has no limit of time that also ends what the hook started; and a hook on
another machine goes through the same door as everything else, where host keys are always verified.
"""

import contextlib
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from types import FrameType
from typing import IO, TextIO

import psutil

from components.errors import CommandFailed, SecurityError
from components.hooks.spec import Hook, Moment
from components.nodes.local import LocalTarget
from components.nodes.ssh import SshTarget
from components.nodes.target import Completed, NodeTarget

PASSED_ON = ("PATH", "HOME", "USER", "LOGNAME", "LANG", "TMPDIR", "SSH_AUTH_SOCK", "XDG_RUNTIME_DIR", "KRB5CCNAME")
"""What a hook on this machine gets of our environment: what a person has, and nothing that may be a secret of ours."""
IN_FOLDER = ("/bin/sh", "-c", 'cd -- "$0" && exec "$@"')
TOLD_LINES = 8
NEXT = {
    Moment.BEFORE: "mend it, or take it out of `hooks.before`, and run `up` again; nothing was changed on any node",
    Moment.AFTER: "mend it, and run `up` again, which runs this hook again; what comes before it is done",
}


def end_with_what_was_started(number: int, frame: FrameType | None = None) -> None:
    """End this process and all that it started, of which a hook has a session of its own and would go on alone."""
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(ProcessLookupError, PermissionError, psutil.Error):
            if os.getpgid(child.pid) == child.pid:
                os.killpg(child.pid, signal.SIGKILL)
            else:
                child.kill()
    os._exit(128 + number)


def main(arguments: Sequence[str], plan: IO[bytes], environment: Mapping[str, str]) -> int:
    """Run the hook, and return the exit status: 0 when it went well."""
    hook = Hook.model_validate_json(arguments[0])
    try:
        _write(sys.stdout, run(hook, plan.read(), environment))
    except SecurityError as error:
        _write(sys.stderr, f"{error}\n")
        return 1
    return 0


def _write(stream: TextIO, text: str) -> None:
    """Write UTF-8, which is what the engine reads, whatever this process was told to speak."""
    stream.buffer.write(text.encode())
    stream.flush()


def run(hook: Hook, plan: bytes, environment: Mapping[str, str], target: NodeTarget | None = None) -> str:
    """Run a hook, and return what it wrote.

    Args:
        hook: the hook.
        plan: what it reads.
        environment: our own.
        target: where it runs; what the hook names by default.

    Raises:
        SecurityError: it failed, did not end in time, or could not be run; whatever the reason, a hook's error says
            what was changed.
    """
    local = hook.ssh is None
    argv = [*IN_FOLDER, hook.folder, *hook.command] if local else hook.command
    own = {name: environment[name] for name in PASSED_ON if name in environment} if local else {}
    try:
        done = (target or _target(hook)).run(argv, stdin=plan, environment=own, timeout=hook.timeout)
    except SecurityError as error:
        what = error.what.replace(f"`{argv[0]}`", f"`{hook.command[0]}`")
        raise type(error)(what, where=_title(hook), why=error.why, next_step=NEXT[hook.moment]) from error
    if not done.ok:
        raise CommandFailed(_ended(done), where=_title(hook), why=_said(done), next_step=NEXT[hook.moment])
    return done.stdout


def _target(hook: Hook) -> NodeTarget:
    return LocalTarget(hook.name) if hook.ssh is None else SshTarget(hook.on, hook.ssh)


def _title(hook: Hook) -> str:
    return f"hook {hook.name} ({hook.moment}{f', on {hook.on}' if hook.on else ''})"


def _ended(done: Completed) -> str:
    if done.exit_status < 0:
        return f"was ended by signal {-done.exit_status}"
    return f"ended with exit status {done.exit_status}"


def _said(done: Completed) -> str:
    """Return the last lines of what it wrote to standard error; of the rest where that is nothing."""
    lines = [line for text in (done.stderr, done.stdout) for line in text.splitlines() if line.strip()]
    said = [line for line in done.stderr.splitlines() if line.strip()] or lines
    return "\n        ".join(said[-TOLD_LINES:]) or "it did not say why"


if __name__ == "__main__":
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, end_with_what_was_started)
    sys.exit(main(sys.argv[1:], sys.stdin.buffer, os.environ))
