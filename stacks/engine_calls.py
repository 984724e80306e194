"""The Automation API, in as few calls of the engine as our runs need: each takes a fifth of a second, or more."""

import os
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from pulumi import automation, log
from pulumi.automation._stack import StackInitMode
from semver import VersionInfo

from stacks.file_backend import has_stack
from toolchain.engine import OLDEST

PARALLEL_DIFF = "PULUMI_PARALLEL_DIFF"


class Engine(automation.PulumiCommand):
    """The engine's command.

    The SDK's own asks for its version even where it is told not to check it. That need not be: `toolchain.engine`
    returns none that is older than this one, and more the SDK does not want to know.
    """

    def __init__(self, path: Path) -> None:
        self.command, self.version = str(path), VersionInfo(*OLDEST)


class Project(automation.LocalWorkspace):
    """The project's folder. No stack is selected in it, for every call names its own; it is only made where it is not.

    Args:
        options: of the SDK.
        backend: the URL of the state backend.
        name: the project's, which is part of where a file backend keeps a stack.
    """

    def __init__(self, options: automation.LocalWorkspaceOptions, backend: str, name: str) -> None:
        super().__init__(**vars(options))
        self._backend, self._name = backend, name

    def select_stack(self, stack_name: str) -> None:
        """Have the engine look for a stack, unless a file backend shows that it is there."""
        if not has_stack(self._backend, self._name, stack_name):
            super().select_stack(stack_name)


class Stack(automation.Stack):
    """A stack whose result is what its events told.

    The SDK reads every output after an `up`, masked and then in clear, and the history after every run.
    """

    def outputs(self) -> automation.OutputMap:
        """Return none; `Driver.outputs` asks for them when they are wanted."""
        return {}

    def info(self, show_secrets: bool = True) -> automation.UpdateSummary:  # noqa: FBT001, FBT002 (the SDK's)
        """Return nothing of worth, in the form that the SDK insists on."""
        return automation.UpdateSummary("update", datetime.min.replace(tzinfo=UTC), "", {}, {}, "succeeded")


def opened_stack(stack: str, project: Project) -> automation.Stack:
    """Return a stack of a project, made if it is not there yet."""
    return Stack(stack, project, StackInitMode.CREATE_OR_SELECT)


@contextmanager
def diffs_side_by_side(environment: MutableMapping[str, str]) -> Iterator[None]:
    """Have the engine ask for diffs side by side, each being a look at a machine; `false` in the shell forbids it.

    Not in a run that goes on after errors: there v3.259.0 takes the diff of whatever builds on a failed step for a
    failure of its own, and starts nothing more on other nodes (pkg/resource/deploy/step.go, `DiffStep.Skip`).

    Args:
        environment: the engine's variables, which are changed meanwhile.
    """
    environment[PARALLEL_DIFF] = os.environ.get(PARALLEL_DIFF, "true")
    try:
        yield
    finally:
        del environment[PARALLEL_DIFF]


@contextmanager
def debug_messages(*, wanted: bool) -> Iterator[None]:
    """Keep the SDK from telling the engine what it does, unless that is wanted.

    It tells four things of every resource. Each is a call, and an event that comes back to us, and without `--debug`
    nobody reads it.
    """
    tell = log.debug
    if not wanted:
        log.debug = _untold
    try:
        yield
    finally:
        log.debug = tell


def _untold(*message: object, **about: object) -> None:
    """Take a message that nobody reads."""
