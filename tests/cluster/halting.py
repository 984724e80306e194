"""Runs that are killed with SIGKILL, each one after other steps, until no step is left after which none was killed."""

import subprocess
import time
from dataclasses import dataclass

from tests.cluster.halting_provider import CHOSEN, HALTED, PLANNED, lines
from tests.cluster.plugins import install
from tests.cluster.stack_run import Finished, StackRun, kill_run

MOST_SECONDS = 300.0
"""How long a run may take until it halts or ends."""
SETTLED = 0.5
"""Seconds without another step that ends, after which what was under way beside the first one has halted too."""


@dataclass
class Halting:
    """A stack whose plugin halts after every step after which no earlier run halted."""

    run: StackRun

    def install(self) -> None:
        """Let the engine start the halting plugin instead of the usual one, from the next run on."""
        install(self.run, "halting_provider")

    def planned(self) -> set[str]:
        """Return the type and name of every resource that previews announced work on."""
        return set(lines(self.run.provider / PLANNED))

    def killed_after(self) -> list[str]:
        """Return the steps after which a run was killed, in that order."""
        return lines(self.run.provider / HALTED)

    def kill_after_each_step(self) -> Finished:
        """Run `up`, and kill it after a step, until a run comes to its end because no step is left; return that one."""
        while True:
            ended = self.kill_after_next_step()
            if ended is not None:
                return ended

    def kill_after_next_step(self) -> Finished | None:
        """Run `up`, and kill it after a step; return how it ended where no step is left, else None."""
        process = self.run.start_bare_up()
        if self._has_halted(process):
            kill_run(process)
            return None
        stdout, stderr = process.communicate()
        return Finished(process.returncode, stdout, stderr)

    def kill_after(self, step: str) -> None:
        """Run `up`, and kill it after this step and no other; the runs after it halt nowhere."""
        (self.run.provider / CHOSEN).write_text(step)
        ended = self.kill_after_next_step()
        (self.run.provider / CHOSEN).write_text("none")
        assert ended is None, f"{ended.stdout}{ended.stderr}"

    def _has_halted(self, process: subprocess.Popen[str]) -> bool:
        """Wait until a run has halted, with all that was under way; tell whether it did, and not come to its end."""
        before = seen = len(self.killed_after())
        began = changed = time.monotonic()
        while seen == before or time.monotonic() - changed < SETTLED:
            if seen == before and process.poll() is not None:
                return False
            assert time.monotonic() - began < MOST_SECONDS, f"it neither halts nor ends; so far: {self.killed_after()}"
            time.sleep(0.01)
            if len(self.killed_after()) != seen:
                seen, changed = len(self.killed_after()), time.monotonic()
        return True
