"""How many machines are worked on at a time: one number for the whole process, however many calls are in hand.

Files go to all nodes at once, up to this limit; a restart has an order of its own (`components/rollout`), and the limit
only says how many nodes of one step are in hand together. It is counted where machines are reached by SSH
(`ssh.py`), so it holds for every resource and every command. All nodes on this very machine are one machine.
"""

import threading
from collections import Counter, deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import contextmanager
from typing import TypeVar

from components.errors import ConfigurationRefused

MACHINES_AT_ONCE = "ESSECURITY_MACHINES_AT_ONCE"
"""Variable with the limit, for the plugin: the driver sets it, from `rollout.machines_at_once`."""
DEFAULT, MOST = 32, 64
"""The plugin answers 64 calls at a time; half of them leave hands free for several calls to one machine."""
HEARS_CTRL_C_WITHIN = 0.2
"""Seconds: a signal that comes just as a thread begins to wait, while others start commands, does not wake it."""
Machine = TypeVar("Machine")
Result = TypeVar("Result")


class Machines:
    """Lets no more than so many machines be worked on at a time; any number of threads may work on one of them."""

    def __init__(self, most: int = DEFAULT) -> None:
        self.most = most
        self._in_hand: Counter[Hashable] = Counter()
        self._freed = threading.Condition()

    @contextmanager
    def work_on(self, machine: Hashable) -> Iterator[None]:
        """Wait until the machine may be worked on. Whoever works on one must not ask for another one meanwhile."""
        with self._freed:
            self._freed.wait_for(lambda: machine in self._in_hand or len(self._in_hand) < self.most)
            self._in_hand[machine] += 1
        try:
            yield
        finally:
            with self._freed:
                self._in_hand[machine] -= 1
                if not self._in_hand[machine]:
                    del self._in_hand[machine]
                    self._freed.notify_all()


MACHINES = Machines()
"""Those of this process."""


def side_by_side(
    work: Callable[[Machine], Result], machines: Iterable[Machine], told: Callable[[Result], None]
) -> None:
    """Work on each machine, no more at a time than may be, and tell in this thread what comes of each one, as it comes.

    Whoever is interrupted meanwhile waits for none of them: no other one is begun, and what is in hand keeps no
    process from ending, as threads of a `ThreadPoolExecutor` would.

    Raises:
        Exception: whatever the work on one of them raised.
    """
    waiting = deque((machine, Future[Result]()) for machine in machines)
    left = {future for _, future in waiting}

    def take() -> None:
        while True:
            try:
                machine, future = waiting.popleft()
            except IndexError:
                return
            try:
                future.set_result(work(machine))
            except Exception as error:  # noqa: BLE001 (raised where it is waited for)
                future.set_exception(error)

    try:
        for _ in range(min(len(left), MACHINES.most)):
            threading.Thread(target=take, daemon=True).start()
        while left:
            done, left = wait(left, HEARS_CTRL_C_WITHIN, FIRST_COMPLETED)
            for future in done:
                told(future.result())
    finally:
        waiting.clear()


def limit_machines(environment: Mapping[str, str]) -> None:
    """Take the limit from the environment, before any machine is worked on.

    Raises:
        ConfigurationRefused: it is no number, or not one that can be.
    """
    wanted = environment.get(MACHINES_AT_ONCE, "")
    if not wanted:
        return
    if not (wanted.isdecimal() and 1 <= int(wanted) <= MOST):
        raise ConfigurationRefused(
            f"`{wanted}` is no number of machines",
            where=MACHINES_AT_ONCE,
            why=f"it must be a whole number from 1 to {MOST}",
            next_step="correct it, or unset it: the driver sets it from `rollout.machines_at_once`",
        )
    MACHINES.most = int(wanted)
