"""Connections to machines are opened before anybody looks, several at a time.

By itself the engine asks for one look after the other, and whoever is asked first opens the connection: with a hundred
machines, a hundred logins in a row. Nothing that is seen is kept. A machine that does not answer says so to whoever
looks at it next, who tries again.
"""

import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import PurePosixPath
from queue import Empty, SimpleQueue

from components.nodes.at_once import MACHINES
from components.nodes.spec import Machine
from components.nodes.ssh import connection_to
from components.nodes.ssh_spec import Ssh
from components.nodes.targets import target_of

AT_A_TIME = 8
"""Logins in hand: an sshd, such as that of a host on the way, drops some beyond ten (`MaxStartups`, sshd_config(5))."""
TRIES = 2
"""Machines behind the same host that are tried one by one: where none of them answers it may be the host."""


class Reaching:
    """Opens each connection once. Where several lie behind the same hosts, one of them shows whether there is a way.

    Args:
        open_one: opens the connection to a machine.
    """

    def __init__(self, open_one: Callable[[Machine], object]) -> None:
        self._open_one = open_one
        self._begun: set[Ssh] = set()
        self._guard, self._ended = threading.Lock(), False
        self._threads: list[threading.Thread] = []

    def begin(self, machines: Iterable[Machine]) -> None:
        """Begin with those that are reached by SSH and were not begun with, and return at once."""
        ways: dict[tuple[str, ...], list[Machine]] = {}
        with self._guard:
            for machine in machines:
                if machine.ssh is not None and machine.ssh not in self._begun:
                    self._begun.add(machine.ssh)
                    ways.setdefault(machine.ssh.jump, []).append(machine)
        self._open_side_by_side(ways.pop((), ()))
        for behind in ways.values():
            self._start(self._open_behind, behind)

    def end(self) -> None:
        """Begin with no other machine."""
        self._ended = True

    def wait(self, seconds: float) -> None:
        """Let those in hand come to their end, for so many seconds each."""
        for thread in self._threads:  # also those that one of them starts meanwhile
            thread.join(seconds)

    def _start(self, work: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        with suppress(RuntimeError):  # there can be no other thread: then whoever looks opens the connection
            thread.start()
            self._threads.append(thread)

    def _open_behind(self, machines: Sequence[Machine]) -> None:
        """Open one after the other until there is a way, and then the rest."""
        for number, machine in enumerate(machines[:TRIES], 1):
            if self._open(machine):
                self._open_side_by_side(machines[number:])
                return

    def _open_side_by_side(self, machines: Sequence[Machine]) -> None:
        waiting: SimpleQueue[Machine] = SimpleQueue()
        for machine in machines:
            waiting.put(machine)
        for _ in range(min(len(machines), AT_A_TIME, MACHINES.most)):
            self._start(self._open_all, waiting)

    def _open_all(self, waiting: SimpleQueue[Machine]) -> None:
        with suppress(Empty):
            while not self._ended:
                self._open(waiting.get_nowait())

    def _open(self, machine: Machine) -> bool:
        """Tell whether it could be opened; whoever looks next says why not."""
        if self._ended:
            return False
        try:
            self._open_one(machine)
        except Exception:  # noqa: BLE001 (nobody waits for it, and a thread would print a traceback)
            return False
        return True


def look_at_the_folder(machine: Machine) -> None:
    """Look at the config folder, which opens the connection and starts the shell that looks."""
    target_of(machine).stat([PurePosixPath(machine.config)])


def reach(machine: Machine) -> None:
    """Open the connection to a machine, where it is not open; whoever is one too many waits until another one is.

    Raises:
        MachineUnreachable: the machine does not answer.
        ConfigurationRefused: it does not let us in, or is not the one that it should be.
    """
    if machine.ssh is not None:
        with _LOGINS:
            connection_to(machine.ssh).open(machine.node)


_LOGINS = threading.BoundedSemaphore(AT_A_TIME)

REACHING = Reaching(look_at_the_folder)
"""Those of this process."""
