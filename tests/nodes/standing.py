"""What runs a node on a machine in memory: a unit of systemd's, a container. Strict: an unknown word is an error."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import PurePosixPath

from components.nodes.layouts import Layout
from components.nodes.machine import NodeMachine
from components.nodes.spec import Commands, Machine
from components.nodes.target import Completed
from tests.fakes import OK, FakeFile, FakeProcess, FakeTarget

ETC = PurePosixPath("/etc/elasticsearch")
LIMITS = "Limit                     Soft Limit           Hard Limit           Units\n{rows}\n262144\n"


def packaged(*, user_of_folder="root", group="elasticsearch") -> FakeTarget:
    """Return a machine on which a package has put Elasticsearch."""
    target = FakeTarget("es-1")
    target.folders[ETC] = FakeFile(b"", 0o2750, user_of_folder, group)
    target.put(ETC / "elasticsearch.yml", FakeFile(b"cluster.name: books\n", 0o660, "root", "elasticsearch"))
    target.put(ETC / "elasticsearch.keystore", FakeFile(b"{}", 0o660, "root", "elasticsearch"))
    target.programs |= {
        "date": lambda call: _date(target, call.argv),
        "cat": lambda call: Completed(0, LIMITS.format(rows="Max open files            65535    65535    files"), ""),
        "chgrp": lambda call: _chgrp(target, call.argv),
    }
    return target


def _date(target, argv):
    [asked] = argv[1:]
    return Completed(0, f"{int(target.now() * {'+%s': 1, '+%s%N': 10**9}[asked])}\n", "")


def _chgrp(target, argv):
    group, path = argv[-2:]
    target.files[PurePosixPath(path)].group = group
    return OK


def deb(target: FakeTarget, *, commands: Commands | None = None, unit="elasticsearch.service") -> NodeMachine:
    """Return the machine of a node of the Debian package, with every default."""
    return NodeMachine(
        Machine(
            node="es-1",
            layout=Layout.DEB,
            home="/usr/share/elasticsearch",
            config=str(ETC),
            pid_file="/run/elasticsearch/elasticsearch.pid",
            user="elasticsearch",
            unit=unit,
            commands=commands,
        ),
        target,
    )


@dataclass
class Unit:
    """systemd with one unit: `systemctl` and `journalctl`.

    Attributes:
        fails: what the node says when it does not start; empty when it starts.
        takes: seconds from SIGTERM to the end; None for never.
        lingers: seconds that the unit is still ending when its process is gone.
        most_starts: how many starts are taken until its count is forgotten.
    """

    target: FakeTarget
    name: str = "elasticsearch.service"
    fails: str = ""
    takes: float | None = 1.5
    lingers: float = 0.0
    pids: count = field(default_factory=lambda: count(2000))
    pid: int = 0
    refuses: str = ""
    most_starts: int = 5
    starts: int = 0

    def __post_init__(self):
        self.target.programs |= {"systemctl": self.systemctl, "journalctl": self.journalctl}

    def systemctl(self, call):
        if self.refuses:
            return Completed(1, "", f"{self.refuses}\n")
        match call.argv[1:]:
            case ("show", "--property=LoadState,ActiveState,MainPID", name):
                loaded = "loaded" if name == self.name else "not-found"
                pid = self.pid if self.alive() else 0
                return Completed(0, f"MainPID={pid}\nLoadState={loaded}\nActiveState={self.active()}\n", "")
            case ("reset-failed", self.name):
                self.starts = 0
                return OK
            case ("start", self.name):
                return self.start()
            case ("stop", "--no-block", self.name):
                if (process := self.target.processes.get(self.pid)) and self.takes is not None:
                    process.ends = process.ends or self.target.now() + self.takes
                return OK
        raise AssertionError(call.argv)

    def start(self):
        self.starts += 1
        if self.fails or self.starts > self.most_starts:
            return Completed(1, "", f"Job for {self.name} failed because the control process exited with error code.\n")
        self.pid = next(self.pids)
        args = "/usr/share/elasticsearch/jdk/bin/java -m elasticsearch.launcher"
        self.target.processes[self.pid] = FakeProcess(args, "elasticsearch", self.target.now())
        return OK

    def alive(self):
        return self.pid in self.target.alive()

    def active(self):
        if self.alive():
            return "active" if self.target.processes[self.pid].ends is None else "deactivating"
        ends = self.pid and self.target.processes[self.pid].ends
        return "deactivating" if ends and self.target.now() < ends + self.lingers else "inactive"

    def journalctl(self, call):
        asked = ("--unit", self.name, "--since", f"@{int(self.target.now())}", "--lines", "200")
        assert call.argv[1:] == (*asked, "--no-pager", "--output", "cat")
        return Completed(0, f"{self.fails}\n", "")


CONFIG = PurePosixPath("/srv/es-1/config")
IMAGE = "sha256:0f1e"


def contained(target: FakeTarget, runtime="docker") -> NodeMachine:
    """Return the machine of a node in a container, with every default."""
    target.folders[CONFIG] = FakeFile(b"", 0o775, "1000", "root")
    target.put(CONFIG / "elasticsearch.keystore", FakeFile(b"{}", 0o660, "1000", "root"))
    machine = Machine(
        node="es-1",
        layout=Layout.DOCKER,
        home="/usr/share/elasticsearch",
        config=str(CONFIG),
        pid_file="/srv/es-1/config/elasticsearch.pid",
        user="1000:0",
        container="es-1",
        runtime=runtime,
    )
    return NodeMachine(machine, target)


@dataclass
class Docker:
    """A runtime with one container.

    Attributes:
        says: what the node logs, each line with the seconds after its start.
        dies: seconds after its start at which it ends; None for never.
        again: whether a restart policy starts it anew then.
        takes: seconds from SIGTERM to the end; None for never.
    """

    target: FakeTarget
    name: str = "es-1"
    runtime: str = "docker"
    says: tuple[tuple[float, str], ...] = ((3.0, '{"message":"started {es-1}{x}"}'),)
    dies: float | None = None
    again: bool = False
    takes: float | None = 1.5
    started: float | None = None
    ends: float | None = None
    pids: count = field(default_factory=lambda: count(3000))
    pid: int = 0
    starts: list[float] = field(default_factory=list)
    asked: bool = False

    def __post_init__(self):
        self.target.programs[self.runtime] = self.run

    def running(self):
        now = self.target.now()
        if (
            self.started is not None
            and self.dies is not None
            and now >= self.started + self.dies
            and self.again
            and not self.asked
        ):
            self._go()
        died = (
            self.dies is not None
            and (not self.again or self.asked)
            and self.started
            and now >= self.started + self.dies
        )
        return self.started is not None and not died and (self.ends is None or now < self.ends)

    def _go(self):
        self.started, self.ends, self.pid = self.target.now(), None, next(self.pids)
        self.starts.append(self.started)

    def run(self, call):
        match call.argv[1:]:
            case ("inspect", "--type", "container", "--format", _, self.name):
                return self.inspected()
            case ("inspect", *_, name):
                return Completed(1, "\n", f"Error response from daemon: No such container: {name}\n")
            case ("start", self.name):
                self.asked = False
                self._go()
                return Completed(0, f"{self.name}\n", "")
            case ("stop", "-t", "86400", self.name):
                return self.stopped()
            case ("logs", "--since", since, "--tail", "500", self.name):
                said = [(at + after, line) for at in self.starts for after, line in self.says]
                return Completed(
                    0, "\n".join(line for at, line in said if moment(since) <= at <= self.target.now()), ""
                )
            case ("exec", "-i", "--user", "1000:0", self.name, *words) if self.running():
                return self.keystore(words)
            case ("run", "--rm", "-i", "--user", "1000:0", "--volumes-from", self.name, *rest) if not self.running():
                assert rest[:3] == ["--network", "none", "--entrypoint"]
                assert rest[4] == IMAGE
                return self.keystore([rest[3], *rest[5:]])
        raise AssertionError(call.argv)

    def stopped(self):
        running = self.running()
        self.asked = True
        if not running:
            return Completed(0, f"{self.name}\n", "")
        self.ends = None if self.takes is None else self.target.now() + self.takes
        self.target.clock.sleep(130.0 if self.takes is None else self.takes)
        return Completed(0, f"{self.name}\n", "")

    def inspected(self):
        running = self.running()
        at = "0001-01-01T00:00:00Z"
        if self.started is not None:
            at = datetime.fromtimestamp(self.started, UTC).isoformat(timespec="microseconds").replace("+00:00", "123Z")
        words = (str(running).lower(), self.pid if running else 0, 0 if running else 1, IMAGE, json.dumps(at))
        return Completed(0, " ".join(map(str, words)) + "\n", "")

    @staticmethod
    def keystore(words):
        assert words[0] == "/usr/share/elasticsearch/bin/elasticsearch-keystore"
        return Completed(0, "keystore.seed\nbootstrap.password\n" if words[1] == "list" else "", "")


def moment(text):
    """Return when a time of RFC 3339 was."""
    assert text.endswith("Z")
    return datetime.fromisoformat(text).timestamp()
