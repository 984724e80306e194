"""A machine in memory behind the door `NodeTarget`, with a clock, a voice, and a fuse that kills at any call.

What runs on such a machine (Elasticsearch, its keystore command) is in `tests/fake_elasticsearch.py`.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from pathlib import PurePosixPath

from components.errors import CommandFailed
from components.nodes.target import Completed, DesiredFile, FileStat
from tests.fake_kept import FakeScripts

CALL_TAKES = 0.01
"""Seconds of the fake clock that a call takes, so that what happens later is later."""
OK = Completed(0, "", "")


class FakeClock:
    """A clock that only moves when somebody sleeps or a call is made."""

    def __init__(self, at: datetime = datetime(2026, 11, 24, 4, 0, 0, tzinfo=UTC)) -> None:
        self.began, self.passed = at, 0.0

    def now(self) -> datetime:
        return self.began + timedelta(seconds=self.passed)

    def monotonic(self) -> float:
        return self.passed

    def sleep(self, seconds: float) -> None:
        self.passed += seconds


@dataclass
class FakeContext:
    """The clock, and everything that was said."""

    clock: FakeClock = field(default_factory=FakeClock)
    shown: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    warned: list[str] = field(default_factory=list)
    dies_at: str = ""
    interrupted_at: str = ""
    interrupted: bool = False
    dies_at_time: int = 1

    def progress(self, text: str) -> None:
        self.shown.append(text)
        due = [shown for shown in self.shown if shown.endswith(self.dies_at)]
        if self.dies_at and text.endswith(self.dies_at) and len(due) == self.dies_at_time:
            raise Killed(f"when it came to: {text}")
        self.interrupted |= text == self.interrupted_at

    def stopping(self) -> bool:
        return self.interrupted

    def say(self, text: str) -> None:
        self.said.append(text)

    def warn(self, text: str) -> None:
        self.warned.append(text)


class Killed(BaseException):
    """The program ends here, as with SIGKILL: no handler of ours may catch this."""


def failed(where: str, what: str) -> CommandFailed:
    """Return the error of a command or a request that was told to fail."""
    return CommandFailed(what, where=where, why="the fake was told so", next_step="mend it")


class Moment(StrEnum):
    """When in a call a kill strikes."""

    BEFORE = "before it does anything"
    HALF = "in the middle of it"
    AFTER = "after its work, before its answer"
    FAILS = "and it only fails"


class Fuse:
    """Counts the calls through every door it guards; kills at the chosen one, and lets none through afterwards.

    With `Moment.FAILS` the chosen call only fails, and the program lives.
    """

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.at, self.moment = -1, Moment.BEFORE
        self.notes: list[object] = []
        self.look: Callable[[], object] | None = None

    def arm(self, at: int, moment: Moment) -> None:
        self.calls, self.at, self.moment = [], at, moment

    def watch(self, look: Callable[[], object]) -> None:
        """Note what a look shows before each call."""
        self.disarm()
        self.look, self.notes = look, []

    def changing_calls(self) -> list[int]:
        """Return the calls after which a look showed something else: a kill at any other leaves the same behind."""
        return [number for number, pair in enumerate(pairwise(self.notes)) if pair[0] != pair[1]]

    def disarm(self) -> None:
        self.arm(-1, Moment.BEFORE)

    @contextmanager
    def guards(self, call: str, half: Callable[[], object] | None = None) -> Iterator[None]:
        number = len(self.calls)
        self.calls.append(call)
        if self.look is not None:
            self.notes.append(self.look())
        struck = number == self.at
        if self.moment is Moment.FAILS:
            if struck:
                raise failed(call.partition(":")[0], f"cannot {call}")
            yield
            return
        if 0 <= self.at < number:
            raise Killed(f"dead since call {self.at}")
        if struck and self.moment is Moment.HALF and half:
            half()
        if struck and self.moment is not Moment.AFTER:
            raise Killed(f"{self.moment}: {call}")
        yield
        if struck:
            raise Killed(f"{self.moment}: {call}")


@dataclass
class FakeFile:
    """A file on a fake machine."""

    content: bytes
    mode: int = 0o660
    owner: str = "elasticsearch"
    group: str = "elasticsearch"
    modified: float = 0.0
    denied: bool = False
    """Whether something else than its mode keeps the node from it, as SELinux does."""

    def readable_by(self, user: str) -> bool:
        """Every user has one group here, of the same name."""
        if user in ("root", self.owner):
            return user == "root" or bool(self.mode & 0o400)
        return bool(self.mode & (0o040 if user == self.group else 0o004))


@dataclass
class FakeProcess:
    """A process on a fake machine.

    Attributes:
        args: its command line.
        user: whom it runs as.
        started: when.
        ends: when it ends; None while nothing asked it to.
        takes: seconds it takes to end after SIGTERM; None when it ignores it.
        pid_file: what it removes at SIGTERM, while it still runs (Elasticsearch's shutdown hooks run at once).
    """

    args: str
    user: str
    started: float
    ends: float | None = None
    takes: float | None = 1.5
    pid_file: PurePosixPath | None = None
    settings: dict[str, object] = field(default_factory=dict)
    secure: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Call:
    """A command that was run."""

    argv: tuple[str, ...]
    stdin: bytes
    user: str | None
    environment: Mapping[str, str]
    timeout: float = 60


@dataclass
class Fault:
    """Calls that will fail: of a verb, about something, after some that succeed."""

    verb: str
    about: str
    after: int
    times: int

    def strikes(self, verb: str, about: str) -> bool:
        if verb != self.verb or self.about not in about or not self.times:
            return False
        if self.after:
            self.after -= 1
            return False
        self.times -= 1
        return True


Program = Callable[[Call], Completed]


@dataclass
class FakeTarget:
    """A machine in memory.

    Attributes:
        look: what the look at the machine prints.
        of_unit: what is printed of the unit of a process.
    """

    name: str
    clock: FakeClock = field(default_factory=FakeClock)
    fuse: Fuse = field(default_factory=Fuse)
    files: dict[PurePosixPath, FakeFile] = field(default_factory=dict)
    folders: dict[PurePosixPath, FakeFile] = field(default_factory=dict)
    processes: dict[int, FakeProcess] = field(default_factory=dict)
    ran: list[Call] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    programs: dict[str, Program] = field(default_factory=dict)
    look: str = ""
    of_unit: str = ""
    links: dict[PurePosixPath, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.scripts = FakeScripts(self, FakeFile)
        self.programs |= {
            "sh": self._sh,
            "kill": self._kill,
            "tail": self._tail,
            "test": self._test,
            "stat": self._size,
        }
        self.programs["readlink"] = self._readlink

    def now(self) -> float:
        return self.clock.now().timestamp()

    def breaks(self, verb: str, about: str, *, after: int = 0, times: int = 1) -> None:
        """Let calls of a verb about something fail, as a full disk or a lost permission would.

        Args:
            verb: the target's verb.
            about: a part of the path or of the command line.
            after: how many such calls still succeed.
            times: how many fail then.
        """
        self.faults.append(Fault(verb, about, after, times))

    def alive(self) -> dict[int, FakeProcess]:
        return {pid: one for pid, one in self.processes.items() if one.ends is None or self.now() < one.ends}

    def put(self, path: PurePosixPath | str, file: FakeFile) -> None:
        """Place a file as somebody else would, now."""
        file.modified = self.now()
        self.files[PurePosixPath(path)] = file

    def run(self, argv, *, stdin=None, user=None, environment=None, timeout=60):
        call = Call(tuple(argv), stdin or b"", user, environment or {}, timeout)
        self.ran.append(call)
        with self._door("run", " ".join(argv), lambda: self.scripts.run_half(argv)):
            program = self.programs.get(PurePosixPath(argv[0]).name)
            if program is None:
                raise failed(self.name, f"`{argv[0]}` could not be started")
            return program(call)

    def stat(self, paths: Sequence[PurePosixPath]) -> Mapping[PurePosixPath, FileStat]:
        with self._door("stat", " ".join(map(str, paths))):
            return {path: self._stat(path) for path in paths if path in self.files or path in self.folders}

    def read(self, path: PurePosixPath) -> bytes:
        with self._door("read", str(path)):
            if path not in self.files:
                raise failed(self.name, f"cannot read {path}")
            return self.files[path].content

    def find(self, path: PurePosixPath) -> bytes | None:
        with self._door("read", str(path)):
            return self.files[path].content if path in self.files else None

    def write(self, file: DesiredFile) -> None:
        left = file.path.with_name(f"{file.path.name}.essecurity-new")
        half = FakeFile(file.content[: len(file.content) // 2], 0o600)
        with self._door("write", str(file.path), lambda: self._place(left, half)):
            self._place(file.path, FakeFile(file.content, file.mode, file.owner, file.group))
            self.files.pop(left, None)

    def remove(self, path: PurePosixPath) -> None:
        with self._door("remove", str(path), lambda: self._erase(self._below(path)[:1])):
            self._erase(self._below(path))
            self.folders.pop(path, None)

    @contextmanager
    def _door(self, verb: str, about: str, half: Callable[[], object] | None = None) -> Iterator[None]:
        self.clock.sleep(CALL_TAKES)
        with self.fuse.guards(f"{self.name}: {verb} {about}", half):
            if any(fault.strikes(verb, about) for fault in self.faults):
                raise failed(self.name, f"cannot {verb} {about}")
            yield

    def _stat(self, path: PurePosixPath) -> FileStat:
        file = self.files.get(path)
        if file is None:
            folder = self.folders[path]
            return FileStat("", folder.mode, folder.owner, folder.group, folder.modified)
        digest = hashlib.sha256(file.content).hexdigest()
        return FileStat(digest, file.mode, file.owner, file.group, file.modified)

    def _place(self, path: PurePosixPath, file: FakeFile) -> None:
        if path.parent not in self.folders:
            if path.parent.parent not in self.folders:
                raise failed(self.name, f"cannot write {path}")
            self.folders[path.parent] = FakeFile(b"", 0o750, file.owner, file.group)
        self.put(path, file)

    def _below(self, path: PurePosixPath) -> list[PurePosixPath]:
        return sorted(one for one in self.files if one == path or path in one.parents)

    def _erase(self, paths: Sequence[PurePosixPath]) -> None:
        for path in paths:
            del self.files[path]

    def _sh(self, call: Call) -> Completed:
        if "of_unit" in call.argv[2]:
            return Completed(0, self.look if "say host" in call.argv[2] else self.of_unit, "")
        if (done := self.scripts.run(call.argv)) is not None:
            return done
        known = {"jvm.options": self._jvm_options, "for path do": self._unreadable, "chmod": self._set_folder}
        return next((answer for part, answer in known.items() if part in call.argv[2]), self._ps)(call)

    def _unreadable(self, call: Call) -> Completed:
        """Folders are entered by everybody here."""
        files = ((path, self.files.get(PurePosixPath(path))) for path in call.argv[4:])
        blocked = [path for path, file in files if file and not file.readable_by(call.user or "root")]
        return Completed(0, "".join(f"{path}\n" for path in blocked), "")

    def _set_folder(self, call: Call) -> Completed:
        folder = self.folders[PurePosixPath(call.argv[4])]
        folder.owner, folder.group = call.argv[7].split(":")
        folder.mode = int(call.argv[8], 8)
        return OK

    def _jvm_options(self, call: Call) -> Completed:
        config = PurePosixPath(call.argv[-1])
        files = [config / "jvm.options", *sorted(self._below(config / "jvm.options.d"))]
        lines = [line for path in files if path in self.files for line in self.files[path].content.decode().split("\n")]
        return Completed(0, "".join(f"{line}\n" for line in lines if line.startswith("-")), "")

    def _ps(self, call: Call) -> Completed:
        process = self.alive().get(int(call.argv[-1]))
        if process is None:
            return Completed(1, "", "")
        return Completed(0, f"{int(self.now() - process.started):8} {process.args}\n{self.now():.9f}\n", "")

    def _readlink(self, call: Call) -> Completed:
        leads_to = call.argv[-1] if "-f" in call.argv else self.links.get(PurePosixPath(call.argv[-1]))
        return Completed(0, f"{leads_to}\n", "") if leads_to else Completed(1, "", "")

    def _kill(self, call: Call) -> Completed:
        process = self.alive().get(int(call.argv[2]))
        if process is None:
            return Completed(1, "", "No such process")
        if process.takes is not None and process.ends is None:
            process.ends = self.now() + process.takes
            if process.pid_file is not None:
                self.files.pop(process.pid_file, None)
        return OK

    def _tail(self, call: Call) -> Completed:
        file = self.files.get(PurePosixPath(call.argv[-1]))
        if file is None:
            return Completed(1, "", "No such file or directory")
        assert call.argv[1] == "-c", "from a byte on"
        return Completed(0, file.content[int(call.argv[2]) - 1 :].decode(), "")

    def _size(self, call: Call) -> Completed:
        file = self.files.get(PurePosixPath(call.argv[-1]))
        return Completed(0, f"{len(file.content)}\n", "") if file else Completed(1, "", "No such file or directory")

    def _test(self, call: Call) -> Completed:
        file = self.files.get(PurePosixPath(call.argv[2]))
        return OK if file and file.readable_by(call.user or "root") else Completed(1, "", "")
