"""A cluster of fake nodes, and the stack that wants it secured: what the tests of a rollout start from."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from pydantic import SecretStr

from components.drift import Drift
from components.errors import RolloutHalted
from components.handling import Recorded
from components.nodes.cluster_api import ALLOCATION
from components.nodes.line import LineInputs
from components.rollout.handler import ClusterRestartHandler, ClusterRestartInputs, ClusterRestartOutputs, NodeToRun
from components.rollout.waivers import Waiver
from components.settings.content import Content
from components.settings.handler import NodeSettingsHandler, NodeSettingsInputs, NodeSettingsOutputs
from components.settings.rendering import excluded, rendered
from components.settings.scenarios import Choices, Scenario, layers_above
from tests.fake_elasticsearch import HTTP, TRANSPORT, USER, FakeCluster, FakeNode, key_file
from tests.fakes import FakeClock, FakeContext, FakeFile, FakeTarget, Fuse, Killed

THREE = ("es-1", "es-2", "es-3")
THE_OPERATORS_OWN = "new_primaries"
CERTIFICATES = {TRANSPORT: "certs/transport-key.p12", HTTP: "certs/http-key.p12"}
PEM = SecretStr("PEM of the HTTP CA")
Snapshot = dict[str, tuple[bytes, int, str, str]]


@dataclass
class World:
    """Nodes, the cluster they form, and the one who runs `up`."""

    nodes: tuple[FakeNode, ...]
    cluster: FakeCluster
    consent: bool = True
    running: bool = True
    takeover: dict[str, bool] = field(default_factory=dict)
    scenario: Scenario = Scenario.BASIC_HTTPS
    choices: Choices = field(default_factory=Choices)
    waivers: tuple[Waiver, ...] = ()
    waits: dict[str, int] = field(default_factory=dict)
    pause: float = 60.0
    contexts: list[FakeContext] = field(default_factory=list)

    @property
    def clock(self) -> FakeClock:
        return self.cluster.clock

    @property
    def fuse(self) -> Fuse:
        return self.cluster.fuse

    @property
    def context(self) -> FakeContext:
        """The voice of the last run."""
        return self.contexts[-1]

    def __getitem__(self, name: str) -> FakeNode:
        return next(one for one in self.nodes if one.name == name)

    def content(self, name: str) -> Content:
        """What the stack wants of a node."""
        above = layers_above(self.scenario)
        secure = {
            f"{prefix}keystore.secure_password": password_of(name, prefix)
            for prefix in CERTIFICATES
            if prefix not in above
        }
        return Content(
            settings=rendered(self.scenario, self.choices, None),
            absent=excluded(self.scenario, self.choices),
            secure={"bootstrap.password": "b00tstrap", **secure},
        )

    def line(self) -> LineInputs:
        """How the stack calls its cluster."""
        https = self.scenario is Scenario.BASIC_HTTPS
        return LineInputs(authorities_pem=PEM if https else None, in_clear=self.choices.traffic_in_clear)

    def wanted(self) -> ClusterRestartInputs:
        return ClusterRestartInputs(
            cluster="books",
            nodes=tuple(NodeToRun(node=one.node, content=self.content(one.name)) for one in self.nodes),
            line=self.line(),
            full_cluster_restart=self.consent,
            running=self.running,
            waivers=self.waivers,
            **self.takeover,
            **self.waits,
        )

    def recorded(self, outputs: ClusterRestartOutputs) -> Recorded:
        return Recorded(self.wanted(), outputs)

    def up_killed_before(self, steps: Sequence[str], number: int) -> None:
        """Run until one of the planned steps is due, and no further; several may have the same text."""
        context = self._begin()
        context.dies_at, context.dies_at_time = steps[number], steps[: number + 1].count(steps[number])
        with pytest.raises(Killed):
            ClusterRestartHandler().converge(None, self.wanted(), self.context)

    def up_killed_at(self, text: str) -> None:
        """Run until the first planned step that begins so is due, and no further."""
        planned = self.preview().steps
        self.up_killed_before(planned, next(number for number, step in enumerate(planned) if step.startswith(text)))

    def down(self) -> list[str]:
        """Return the nodes that do not run."""
        return [one.name for one in self.nodes if one.process is None]

    def up_interrupted_at(self, step: str) -> str:
        """Run, interrupted while a step is in hand, and return what the run said at its end."""
        self._begin().interrupted_at = step
        with pytest.raises(RolloutHalted) as stopped:
            ClusterRestartHandler().converge(None, self.wanted(), self.context)
        return str(stopped.value)

    def up(self, outputs: ClusterRestartOutputs | None = None) -> ClusterRestartOutputs:
        """Run the restart resource once, some time after whatever was before."""
        recorded = self.recorded(outputs) if outputs else None
        return ClusterRestartHandler().converge(recorded, self.wanted(), self._begin())

    def preview(self, outputs: ClusterRestartOutputs | None = None) -> ClusterRestartOutputs:
        recorded = self.recorded(outputs) if outputs else None
        return ClusterRestartHandler().preview(recorded, self.wanted(), self._begin())

    def changes(self, outputs: ClusterRestartOutputs) -> list[str]:
        """Return why the next preview would show a change."""
        told = self.drift(outputs)
        found = ClusterRestartHandler().changes(self.recorded(outputs), self.wanted(), self._begin())
        assert bool(told) is bool(found), "a refresh and a preview must not disagree"
        return [change.finding.reason for change in found]

    def drift(self, outputs: ClusterRestartOutputs) -> list[Drift]:
        """Return what a refresh finds: of the restart, and of the settings, which are another resource's to tell."""
        context, settings = self._begin(), NodeSettingsHandler()
        found = list(ClusterRestartHandler().drift(self.recorded(outputs), context))
        for one in self.nodes:
            inputs = NodeSettingsInputs(node=one.node, content=self.content(one.name))
            found += settings.drift(Recorded(inputs, NodeSettingsOutputs(settings_digest="")), context)
        return found

    def refresh(self, outputs: ClusterRestartOutputs) -> ClusterRestartOutputs:
        return ClusterRestartHandler().observe(self.recorded(outputs), self._begin())

    def snapshot(self) -> Snapshot:
        """Return every file of every config folder, but for the pid file: bytes, mode, owner and group."""
        return {
            str(path): (file.content, file.mode, file.owner, file.group)
            for one in self.nodes
            for path, file in one.target.files.items()
            if one.config in path.parents and path != one.pid_file
        }

    def everything(self) -> object:
        """Return what a kill would leave behind: files, folders, processes and cluster settings."""
        files = [sorted(one.target.folders) + list(one.target.alive()) for one in self.nodes]
        return self.snapshot(), files, dict(self.cluster.persistent)

    def runs_with_what_is_wanted(self) -> bool:
        """Tell whether every node's process was started with the wanted settings and secure settings."""
        return all(self._is_wanted(one) for one in self.nodes)

    def nothing_is_kept(self) -> bool:
        """Tell whether nothing that a rollout keeps is left on any node."""
        paths = [str(path) for one in self.nodes for path in (*one.target.files, *one.target.folders)]
        return not [path for path in paths if "essecurity-rollout" in path]

    def _is_wanted(self, one: FakeNode) -> bool:
        if one.process is None:
            return False
        content = self.content(one.name)
        settings = {key: list(value) if isinstance(value, tuple) else value for key, value in content.settings.items()}
        secure = {name: value.get_secret_value() for name, value in content.secure.items()}
        return settings.items() <= one.process.settings.items() and secure.items() <= one.process.secure.items()

    def _begin(self) -> FakeContext:
        self.clock.sleep(self.pause)
        self.contexts.append(FakeContext(self.clock))
        return self.context


def password_of(name: str, prefix: str) -> str:
    """Return the password of a node's key file on a layer."""
    return f"{name} {prefix}"


def stopped_cluster(names: tuple[str, ...] = THREE, *, data_only: tuple[str, ...] = ()) -> World:
    """Return nodes that are laid out, not secured, and not started; their new key files are in place."""
    clock, fuse = FakeClock(), Fuse()
    roles = {name: "data" if name in data_only else "" for name in names}
    nodes = tuple(
        FakeNode(name, FakeTarget(name, clock, fuse), port, roles[name]) for port, name in enumerate(names, 1)
    )
    for one in nodes:
        lay_out(one)
    return World(nodes, FakeCluster(clock, fuse, nodes))


def lay_out(one: FakeNode) -> None:
    """Give a node what its operator gave it, and the key files of the waves before the restart."""
    roles = f"node.roles: [{one.roles}]\n" if one.roles else ""
    text = f"# mine\ncluster.name: books\nnode.name: {one.name}\npath.logs: {one.log.parent}\n{roles}"
    one.target.put(one.config / "elasticsearch.yml", FakeFile(text.encode(), 0o640, "root", USER))
    if one.name != "es-3":  # es-3 has no keystore yet
        one.target.put(one.keystore.path, FakeFile(b'{"entries": {"keystore.seed": "x"}}', 0o600, USER, USER))
    for prefix, path in CERTIFICATES.items():
        one.target.put(one.config / path, FakeFile(key_file(password_of(one.name, prefix)), 0o640, USER, USER))


def open_cluster(names: tuple[str, ...] = THREE, *, data_only: tuple[str, ...] = ()) -> World:
    """Return a cluster that runs unsecured, as its operator started it."""
    world = stopped_cluster(names, data_only=data_only)
    for one in world.nodes:
        one.starts()
    return world


def with_own_allocation() -> World:
    """Return a cluster whose operator holds some shards back."""
    world = open_cluster()
    world.cluster.persistent[ALLOCATION] = THE_OPERATORS_OWN
    return world


def with_an_unreadable_key_file() -> World:
    """Return a cluster that cannot be secured yet: es-2 may not read its key file, whatever its mode says."""
    world = with_own_allocation()
    world["es-2"].file("certs/transport-key.p12").denied = True
    return world


def assert_secured(world: World, case: str = ""):
    """Every node runs with what is wanted, and no trace of the rollout is left."""
    assert world.runs_with_what_is_wanted(), case
    assert world.cluster.members() == set(THREE), case
    assert world.cluster.persistent == {ALLOCATION: THE_OPERATORS_OWN}, case
    assert world.nothing_is_kept(), case


def assert_as_before(world: World, before: Snapshot, case: str = ""):
    """Every file is what it was, the cluster runs open, and no trace of the rollout is left."""
    assert world.snapshot() == before, case
    assert world.cluster.members() == set(THREE), case
    assert not any(one.speaks_tls for one in world.nodes), case
    assert world.cluster.persistent == {ALLOCATION: THE_OPERATORS_OWN}, case
    assert world.nothing_is_kept(), case
