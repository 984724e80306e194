"""Elasticsearch as far as a rollout can tell: its keystore command, its nodes, and the cluster that they form.

The rules, all of them seen on a real one (reference/elasticsearch-from-maven.md): a node with TLS and one without
never see each other; a node starts only with a key file that its user can read and the keystore can open; it does
not run as root; two processes never share a data folder; the pid file goes before the process does; nothing is
answered without a majority; while allocation is held, replicas stay away after a restart.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import count
from pathlib import PurePosixPath

import yaml

from components.errors import TargetUnreachable
from components.nodes.cluster_api import ALLOCATION, ClusterSummary, Line, hold_left
from components.nodes.cluster_facts import ClusterFacts
from components.nodes.dialling import Dial
from components.nodes.logins import https_missing
from components.nodes.machine import NodeMachine
from components.nodes.probes import Answer, Speech
from components.nodes.spec import Machine, Node
from components.nodes.target import Completed
from tests.fakes import OK, Call, FakeClock, FakeFile, FakeProcess, FakeTarget, Fuse, failed

HOME = PurePosixPath("/opt/elasticsearch")
USER = "elasticsearch"
TRANSPORT = "xpack.security.transport.ssl."
HTTP = "xpack.security.http.ssl."
JOINS_AFTER = 2.0
"""Seconds from a start until the other nodes see the node."""
FATAL = "[2026-11-24T04:00:00,000][ERROR][o.e.b.Elasticsearch      ] [{}] fatal exception while booting Elasticsearch"


def key_file(password: str) -> bytes:
    """Return what stands for a PKCS#12 file with this password."""
    return f"key file, opens with {password}".encode()


class FakeKeystore:
    """The command `elasticsearch-keystore` on one node."""

    def __init__(self, target: FakeTarget, path: PurePosixPath) -> None:
        self.target, self.path, self.salt, self.refuses, self.password = target, path, count(1), "", ""

    def entries(self) -> dict[str, str]:
        file = self.target.files.get(self.path)
        return json.loads(file.content)["entries"] if file else {}

    def run(self, call: Call) -> Completed:
        verb, *arguments = call.argv[1:]
        if self.refuses:
            return _error(65, self.refuses)
        if verb != "create" and self.path not in self.target.files:
            return _error(65, f"Elasticsearch keystore not found at [{self.path}]. Use 'create' command to create one.")
        if verb == "has-passwd":
            return OK if self.password else _error(1, "Keystore is not password-protected")
        stdin = call.stdin.decode()
        if self.password and verb != "create":
            said, _, stdin = stdin.partition("\n")
            if said != self.password:
                return _error(65, "Provided keystore password was incorrect")
        return getattr(self, f"_{verb}")(replace(call, stdin=stdin.encode()), arguments)

    def _create(self, call: Call, arguments: list[str]) -> Completed:
        if arguments == ["-p"]:
            self.password, again = call.stdin.decode().splitlines()
            assert self.password == again, "it is asked for twice"
        return self._save({"keystore.seed": "s33d"}, call)

    def _list(self, call: Call, arguments: list[str]) -> Completed:
        return Completed(0, "".join(f"{name}\n" for name in sorted(self.entries())), "")

    def _show(self, call: Call, arguments: list[str]) -> Completed:
        if arguments[0] not in self.entries():
            return _error(78, f"Setting [{arguments[0]}] does not exist in the keystore.")
        return Completed(0, f"{self.entries()[arguments[0]]}\n", "")

    def _add(self, call: Call, arguments: list[str]) -> Completed:
        assert arguments[:2] == ["-f", "-x"], "values come by standard input, and replace what is there"
        names, values = arguments[2:], call.stdin.decode().splitlines()
        if len(values) < len(names):
            return _error(78, f"Setting [{names[len(values)]}] is missing its value")
        return self._save({**self.entries(), **dict(zip(names, values, strict=False))}, call)

    def _remove(self, call: Call, arguments: list[str]) -> Completed:
        entries = self.entries()
        for name in arguments:
            if name not in entries:
                return _error(78, f"Setting [{name}] does not exist in the keystore.")
            del entries[name]
        return self._save(entries, call)

    def _save(self, entries: dict[str, str], call: Call) -> Completed:
        user, old = call.user or "root", self.target.files.get(self.path)
        if old is not None and old.owner != user:
            why = f"will not overwrite keystore at [{self.path}], because this incurs changing the file owner"
            return _error(78, why)
        content = json.dumps({"salt": next(self.salt), "entries": entries}).encode()
        self.target.put(self.path, FakeFile(content, 0o660, user, user))
        return OK


@dataclass
class FakeNode:
    """A node: its machine, and the Elasticsearch installed there; what it complains of, it logs once it runs."""

    name: str
    target: FakeTarget
    port: int
    roles: str = ""
    complains: str = ""

    def __post_init__(self) -> None:
        self.config = PurePosixPath(f"/nodes/{self.name}/config")
        self.pid_file = self.config / "elasticsearch.pid"
        self.log = PurePosixPath(f"/nodes/{self.name}/logs/books.log")
        self.keystore = FakeKeystore(self.target, self.config / "elasticsearch.keystore")
        self.pids = count(1000 * self.port)
        owner = FakeFile(b"", 0o750, USER, USER)
        self.target.folders |= {self.config: owner, self.config / "certs": owner, self.log.parent: owner}
        for program in ("elasticsearch", "elasticsearch-keystore"):
            self.target.put(HOME / "bin" / program, FakeFile(b"#!/bin/sh", 0o755, "root", "root"))
        self.target.programs |= {"elasticsearch": self._start, "elasticsearch-keystore": self.keystore.run}

    @property
    def node(self) -> Node:
        """The node as the plugin gets it."""
        machine = Machine(node=self.name, home=str(HOME), config=str(self.config), pid_file=str(self.pid_file))
        return Node(name=self.name, address=self.name, http_port=9200, transport_port=9300 + self.port, machine=machine)

    @property
    def machine(self) -> NodeMachine:
        return NodeMachine(self.node.machine, self.target)

    @property
    def process(self) -> FakeProcess | None:
        return next((one for one in self.target.alive().values() if one.settings), None)

    @property
    def speaks_tls(self) -> bool:
        return bool(self.process and self.process.settings.get(f"{TRANSPORT}enabled"))

    @property
    def serves_https(self) -> bool:
        return bool(self.process and self.process.settings.get(f"{HTTP}enabled"))

    def file(self, relative: str) -> FakeFile:
        return self.target.files[self.config / relative]

    def settings(self) -> dict[str, object]:
        return _parsed(self.file("elasticsearch.yml").content)

    def starts(self) -> None:
        """Start it as the operator does."""
        done = self._start(Call((str(HOME / "bin/elasticsearch"), "-d", "-p", str(self.pid_file)), b"", USER, {}))
        assert done.ok, done.stderr
        self.target.clock.sleep(JOINS_AFTER)

    def _start(self, call: Call) -> Completed:
        assert call.argv[1:3] == ("-d", "-p"), "a daemon that says who it is"
        user, pid = call.user or "root", next(self.pids)
        self._logs(f"[2026-11-24T04:00:00,000][INFO ][o.e.n.Node] [{self.name}] version[9.5.3], pid[{pid}]")
        if self.keystore.password and call.stdin.decode().splitlines() != [self.keystore.password]:
            return Completed(1, "", "ERROR: Provided keystore password was incorrect\n")
        refusal = self._refusal(user)
        if refusal:
            self._logs(FATAL.format(self.name) + refusal)
            return Completed(1, "", f"ERROR: Elasticsearch did not exit normally - check the logs at {self.log}\n")
        if self.complains:
            self._logs(self.complains)
        pid_file = PurePosixPath(call.argv[3])
        self.target.put(pid_file, FakeFile(str(pid).encode(), 0o644, user, user))
        args = f"/usr/bin/java -Des.path.conf={self.config} org.elasticsearch.bootstrap.Elasticsearch"
        facts = {"settings": {"node.name": self.name, **self.settings()}, "secure": self.keystore.entries()}
        self.target.processes[pid] = FakeProcess(args, user, self.target.now(), pid_file=pid_file, **facts)
        return OK

    def starts_tried(self) -> int:
        """Return how often somebody tried to start it, as its log tells."""
        return self.target.files[self.log].content.count(b"version[")

    def _refusal(self, user: str) -> str:
        if user == "root":
            return "java.lang.RuntimeException: can not run elasticsearch as root"
        if self.process is not None:
            return f"java.lang.IllegalStateException: failed to obtain node locks, tried [/nodes/{self.name}/data]"
        for prefix in (TRANSPORT, HTTP):
            if self.settings().get(f"{prefix}enabled"):
                why = self._unreadable(prefix, user)
                if why:
                    layer = prefix.removesuffix(".")
                    return (
                        f"org.elasticsearch.ElasticsearchSecurityException: failed to load SSL configuration [{layer}] "
                        f"- cannot read configured [PKCS12] keystore (as a truststore) {why}"
                    )
        return ""

    def _unreadable(self, prefix: str, user: str) -> str:
        path = self.config / str(self.settings()[f"{prefix}keystore.path"])
        file = self.target.files.get(path)
        if file is None:
            return f"[{path}] because the file does not exist"
        if file.denied or not file.readable_by(user):
            return f"[{path}] because access to read the file is blocked"
        if file.content != key_file(self.keystore.entries().get(f"{prefix}keystore.secure_password", "")):
            return f"[{path}] - this is usually caused by an incorrect password; (a keystore password was provided)"
        return ""

    def _logs(self, line: str) -> None:
        old = self.target.files.get(self.log)
        self.target.put(self.log, FakeFile((old.content if old else b"") + line.encode() + b"\n"))


@dataclass
class FakeCluster:
    """The nodes together, and what they keep: cluster settings and documents. Also the API to it.

    Attributes:
        unseen: names of nodes that the others do not trust as soon as they speak TLS.
        sick: whether some replica finds no place once the nodes were restarted.
        rebuilds: whether replicas of a node that is away are made anew on the others: then health is green without it.
        stray: whether some replica finds no place as long as replicas may not be moved.
        in_clear: nodes that got a login in plain text, each time.
    """

    clock: FakeClock
    fuse: Fuse
    nodes: tuple[FakeNode, ...]
    persistent: dict[str, str] = field(default_factory=dict)
    held_since: float | None = None
    requests: list[dict[str, str | None]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    unseen: set[str] = field(default_factory=set)
    sick: bool = False
    rebuilds: bool = False
    stray: bool = False
    alone: tuple[str, ...] = ()
    in_clear: list[str] = field(default_factory=list)
    remote_clusters: tuple[str, ...] = ()
    published: dict[str, str] = field(default_factory=dict)
    version: str = "9.5.3"

    def connect(self, seconds: float, line: Line, clock: FakeClock, waiting: Callable[[str], None]) -> "FakeCluster":
        """Stand in for `connect_within`: any node that runs answers, once there is a majority.

        Where HTTPS is in force it has to speak that; else whoever is asked first gets the login.
        """
        with self._request("connect"):
            if not self.members():
                clock.sleep(seconds)
            if not self.members():
                raise _unreachable("no node answers on its HTTP layer")
            running = [one for one in self.nodes if one.process]
            fit = [one for one in running if one.serves_https or not line.https_only]
            if not fit:
                raise https_missing((one.name for one in running), (f"{one.name}: plain text" for one in running))
            self.in_clear += [] if fit[0].serves_https else [fit[0].name]
            return self

    def greet(self, host: str, port: int, identity: None, *, listen: float, dial: Dial) -> Answer:
        """Stand in for `handshake`."""
        with self._request(f"greet {host}"):
            node = next(one for one in self.nodes if one.node.transport_port == port)
            if node.process is None:
                return Answer(Speech.NOTHING, refusal="Connection refused")
            return Answer(Speech.TLS if node.speaks_tls else Speech.PLAIN)

    def members(self) -> frozenset[str]:
        """Return the nodes that see each other and are a majority of those that may be elected."""
        voters = [one.name for one in self.nodes if one.roles != "data"]
        for tls in (True, False):
            joined = {one.name for one in self.nodes if self._has_joined(one) and one.speaks_tls is tls}
            if 2 * len(joined.intersection(voters)) > len(voters):
                return frozenset(joined)
        return frozenset()

    def summary(self) -> ClusterSummary:
        with self._request("summary"):
            held = self.persistent.get(ALLOCATION) == "primaries"
            away = held and any(one.process and one.process.started > (self.held_since or 0) for one in self.nodes)
            missing = len(self.members()) < len(self.nodes) and not (self.rebuilds and not held)
            yellow = (self.sick and self.requests) or (self.stray and held) or away or missing
            status = "yellow" if yellow else "green"
            return ClusterSummary(status, self.members(), min(self.members()), 0, 0, 0)

    def facts(self, now: float) -> ClusterFacts:
        summary = self.summary()
        names = sorted(self.members())
        return ClusterFacts(
            status=summary.status,
            unassigned=summary.unassigned,
            versions=dict.fromkeys(names, self.version),
            licence=("basic", "active"),
            disk_used=dict.fromkeys(names, 0.4),
            skew=dict.fromkeys(names, 0.0),
            voters=frozenset(one.name for one in self.nodes if one.roles != "data"),
            without_replicas=self.alone,
            published=self.published,
            remote_clusters=self.remote_clusters,
            held=hold_left(self.persistent),
        )

    def documents(self) -> int:
        with self._request("documents"):
            return 5000

    def flush(self) -> None:
        with self._request("flush"):
            return

    def persistent_settings(self) -> dict[str, str]:
        with self._request("settings"):
            return dict(self.persistent)

    def set_persistent(self, values: dict[str, str | None]) -> None:
        with self._request(f"set {sorted(values)}"):
            self.requests.append(values)
            self.persistent |= {key: value for key, value in values.items() if value is not None}
            for key in [key for key, value in values.items() if value is None]:
                self.persistent.pop(key, None)
            self.held_since = self.clock.now().timestamp()

    def close(self) -> None:
        """Nothing to close."""

    def _has_joined(self, node: FakeNode) -> bool:
        process = node.process
        if node.speaks_tls and node.name in self.unseen:
            return False
        return process is not None and process.ends is None and node.target.now() >= process.started + JOINS_AFTER

    @contextmanager
    def _request(self, what: str) -> Iterator[None]:
        self.clock.sleep(0.01)
        with self.fuse.guards(f"cluster: {what}"):
            if what in self.faults:
                self.faults.remove(what)
                raise failed("cluster", f"refused {what}")
            if not what.startswith(("greet", "connect")) and not self.members():
                raise _unreachable("the cluster has no master")
            yield


@cache
def _parsed(content: bytes) -> dict[str, object]:
    return yaml.safe_load(content) or {}


def _unreachable(what: str) -> TargetUnreachable:
    return TargetUnreachable(what, where="cluster", why="the nodes do not see each other", next_step="start them")


def _error(status: int, text: str) -> Completed:
    return Completed(status, "", f"ERROR: {text}, with exit code {status}\n")
