"""Runs a stack through the Automation API, with the program in this very process, so that no language host is needed.

With an official Pulumi the same project runs by plain `pulumi up`; nothing here changes what the program says.
"""

import json
import os
import runpy
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psutil
from pulumi import automation
from pulumi.automation.errors import CommandError, InlineSourceRuntimeError, StackNotFoundError

from components.clock import SystemClock
from components.nodes.at_once import MACHINES_AT_ONCE
from stacks.at_once import machines_at_once
from stacks.debug_log import masked
from stacks.engine_calls import Engine, Project, debug_messages, diffs_side_by_side, opened_stack
from stacks.engine_errors import decoded_error, of_the_environment, stderr_of
from stacks.events import Failure, Watch
from stacks.file_backend import remove_broken_attributes
from stacks.locks import Lock, locks_on, wait_for_running
from stacks.masks import has_mask
from stacks.model import NAMESPACE
from stacks.policy_packs import PolicyPacks
from stacks.workspace import ROOT, Workspace, secrets_provider_of
from toolchain import console
from toolchain.engine import engine

PROGRAM = ROOT / "__main__.py"
NO_POLICY_PACKS = PolicyPacks()
INTERRUPTED = (
    "! interrupted: the step in hand is finished and recorded, and nothing else is begun; the next `up` goes on"
)


@dataclass
class RunFailed(Exception):
    """A run of the engine failed.

    Attributes:
        failures: what the engine and the plugin said, without doubles.
        said: what the engine printed, where no event says why.
    """

    failures: tuple[Failure, ...]
    said: str


class Driver:
    """One stack, ready to run."""

    def __init__(
        self,
        workspace: Workspace,
        program: Callable[[], None] | None = None,
        *,
        policy_packs: PolicyPacks = NO_POLICY_PACKS,
        debug: bool = False,
    ) -> None:
        self.workspace, self.debug, self.policy_packs = workspace, debug, policy_packs
        self._at_once = machines_at_once(workspace.stack_file)
        self._engine = Engine(engine())
        self._variables = {**workspace.environment, MACHINES_AT_ONCE: str(self._at_once)}
        options = automation.LocalWorkspaceOptions(
            work_dir=str(workspace.project),
            program=program or run_program,
            env_vars=self._variables,
            pulumi_command=self._engine,
            secrets_provider=secrets_provider_of(workspace.stack_file),
        )
        remove_broken_attributes(self._backend)
        with _engine_errors("open the stack"):
            self.stack = opened_stack(workspace.stack, Project(options, self._backend, NAMESPACE))

    def preview(self, watch: Watch, *, diff: bool = False) -> None:
        """Preview an `up`.

        Raises:
            RunFailed: the preview failed.
        """
        with self._watched(watch), diffs_side_by_side(self._variables):
            show = _print_line if diff else _quiet
            self.stack.preview(on_event=watch.event, on_output=show, diff=diff, color="never", **self._options())

    def up(self, watch: Watch, *, removes: bool = True) -> None:
        """Make it so.

        What does not build on a step that failed is as safe as it was before, and goes on. Not where resources go: the
        engine would remove them although others, which a failed step kept as they were, still name them in its state,
        and it could not read that state again (`deployment_executor.go`, which asks failed steps and none behind them).

        Args:
            watch: who follows it.
            removes: whether resources go, or may; then nothing begins once a step has failed.

        Raises:
            RunFailed: something failed; what was done before is recorded.
        """
        with self._watched(watch):
            self.stack.up(
                on_event=watch.event,
                on_output=_quiet,
                color="never",
                show_secrets=False,
                continue_on_error=not removes,
                **self._options(),
            )

    def refresh(self, watch: Watch) -> None:
        """Look at every machine and record what is there."""
        with self._watched(watch):
            self.stack.refresh(
                on_event=watch.event, on_output=_quiet, color="never", show_secrets=False, **self._running()
            )

    def destroy(self, watch: Watch) -> None:
        """Let go of every resource; nothing on any node is unsecured by it."""
        with self._watched(watch):
            self.stack.destroy(on_event=watch.event, on_output=_quiet, color="never", show_secrets=False)

    def outputs(self, *, in_clear: bool = True) -> Mapping[str, automation.OutputValue]:
        """Return the stack's outputs; one with a secret anywhere in it is a secret.

        Where they are not wanted ``in_clear``, the engine is asked once, and a secret's value is what it shows for it.

        The Automation API takes an output for a secret only if all of it is one: a secret inside a map is given out in
        clear, and marked as public (pulumi 3.272, `LocalWorkspace.stack_outputs`). So the engine is asked here, and
        its values are compared with what it shows where it masks.
        """
        with _engine_errors("read the outputs"):
            shown = self._shown()
            values = self._shown("--show-secrets") if in_clear else shown
        secret = {name for name, value in values.items() if shown[name] != value or has_mask(shown[name])}
        return {name: automation.OutputValue(value, secret=name in secret) for name, value in values.items()}

    def _shown(self, *options: str) -> dict[str, Any]:
        arguments = ["stack", "output", "--json", *options, "--stack", self.workspace.stack]
        printed = self._engine.run(arguments, str(self.workspace.project), self.workspace.environment)
        shown: dict[str, Any] = json.loads(printed.stdout)
        return shown

    def install_plugin(self, name: str, version: str) -> None:
        """Let the engine fetch a plugin."""
        self.stack.workspace.install_plugin(name, version)

    def clear_locks(self, waiting: Callable[[str], None]) -> bool:
        """Wait for a run that is still at work, and take away the locks of killed ones; return whether any was."""
        left = wait_for_running(self._locks, SystemClock(), waiting)
        if left:
            with _engine_errors("take away a dead lock"):
                self.stack.cancel()
        return left

    def _locks(self) -> tuple[Lock, ...]:
        return locks_on(self._backend, NAMESPACE, self.workspace.stack)

    @property
    def _backend(self) -> str:
        return {**os.environ, **self.workspace.environment}.get("PULUMI_BACKEND_URL", "")

    def _options(self) -> dict[str, Any]:
        return {**self.policy_packs.options(), **self._running()}

    def _running(self) -> dict[str, Any]:
        """Return how many resources are in hand at a time, and to debug, what makes the engine log all, to us."""
        if not self.debug:
            return {"parallel": self._at_once}
        return {
            "parallel": self._at_once,
            "debug": True,
            "log_to_std_err": True,
            "log_verbosity": 9,
            "log_flow": True,
            "on_error": _print_error,
        }

    @contextmanager
    def _watched(self, watch: Watch) -> Iterator[None]:
        with interrupts_reach_the_engine(), debug_messages(wanted=self.debug):
            try:
                yield
            except (CommandError, InlineSourceRuntimeError) as error:
                decoded = None if watch.failures else of_the_environment("run the stack", str(error))
                raise decoded or RunFailed(
                    tuple(dict.fromkeys(watch.failures)), stderr_of(str(error)).strip()
                ) from None


def run_program() -> None:
    """Run the project's program, as a language host would."""
    runpy.run_path(str(PROGRAM), run_name="__main__")


@contextmanager
def interrupts_reach_the_engine() -> Iterator[None]:
    """Leave stopping to the engine: it finishes the step in hand, saves it, and starts nothing else.

    A terminal sends an interrupt to the engine as well as to us; whoever ends us with SIGTERM means the same.
    """

    def pass_on(number: int, frame: Any) -> None:
        for child in psutil.Process().children():
            if "pulumi" in child.name():
                child.send_signal(signal.SIGINT)

    before = {
        signal.SIGINT: signal.signal(signal.SIGINT, lambda *_: console.say(INTERRUPTED)),
        signal.SIGTERM: signal.signal(signal.SIGTERM, pass_on),
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _engine_errors(what: str) -> Iterator[None]:
    try:
        yield
    except StackNotFoundError as error:
        raise decoded_error(what, str(error)) from None
    except (CommandError, RuntimeError) as error:
        raise decoded_error(what, str(error)) from None


def _print_line(line: str) -> None:
    console.say(line)


def _print_error(line: str) -> None:
    sys.stderr.write(f"{masked(line)}\n")


def _quiet(line: str) -> None:
    """Take a line of the engine's own display, which our own replaces."""
