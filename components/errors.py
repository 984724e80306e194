"""The error classes. The class says what may be done; the text says what, where, why and what next."""

from components.printable import printable


class SecurityError(Exception):
    """Base of every error that an operator may see.

    Args:
        what: what happened, a clause without a full stop.
        where: the node, setting, file or resource it happened to.
        why: the cause, as far as it is known.
        next_step: what the operator should do now.
        so: what does not go on because of it, and what stays as it is; empty where that is plain.
    """

    def __init__(self, what: str, *, where: str, why: str, next_step: str, so: str = "") -> None:
        follows = f"\n  so:   {so}" if so else ""
        super().__init__(printable(f"{where}: {what}\n  why:  {why}{follows}\n  next: {next_step}"))
        self.what, self.where, self.why, self.next_step, self.so = what, where, why, next_step, so


class ConfigurationRefused(SecurityError):
    """The stack file, or a file of the operator's on a node, asks for something that cannot be: edit it."""


class ClockDiffers(ConfigurationRefused):
    """A node's clock is so far from ours that a certificate would not be valid there: set it."""


class TargetUnreachable(SecurityError):
    """A machine or an API did not answer; nothing was changed there: run again when it does."""


class MachineUnreachable(TargetUnreachable):
    """A node's machine did not answer: what is recorded of it holds, and what is done elsewhere goes on without it."""


class LoginsRefused(TargetUnreachable):
    """The cluster answers, and takes no login that is known: waiting for long does not help."""


class HttpsMissing(TargetUnreachable):
    """What answers speaks plain text where HTTPS is in force: nothing was sent, and waiting for long does not help."""


NOT_LOOKED_AT = "not looked at, and taken for what is recorded"
"""What a warning says of a node whose machine did not answer, where a run goes on without it."""


class CommandFailed(SecurityError):
    """A command on a node ended with an error; its decoded cause is in the text."""


class RolloutHalted(SecurityError):
    """A rollout stopped, and what it changed was put back where it could be: mend the cause, run again."""


class NotConverged(SecurityError):
    """Everything was applied, and yet something still differs; the text lists what."""


class VerificationFailed(SecurityError):
    """The cluster does not behave as a secured one must; the text lists every finding."""
