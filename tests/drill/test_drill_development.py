"""A drill begins on a whole, secured and converged development cluster, and leaves nothing behind but generations."""

from types import SimpleNamespace

import pytest

from components.errors import CommandFailed, ConfigurationRefused, NotConverged
from components.pki.spec import Layer
from drill import development as module
from drill.development import Drill
from drill.steps import Step
from stacks.drilled import Drilled, read_drilled, write_drilled
from stacks.model import StackModel

OUTPUTS = {
    "scenario": "basic-https",
    "elasticPassword": "secret",
    "caCertificatePem": "pem",
    "certificates": [
        {"node": None, "layer": "transport", "notAfter": "2036-11-25T00:00:00+00:00", "issuerGeneration": 3},
        {"node": None, "layer": "http", "notAfter": "2036-11-25T00:00:00+00:00", "issuerGeneration": 2},
        {"node": "es-1", "layer": "http", "notAfter": "2027-11-25T00:00:00+00:00", "issuerGeneration": 2},
    ],
}
IDLE = {"rows": [], "restart": None}
CLUSTER = {"name": "local", "scenario": "basic-https"}
NODE = {"name": "es-1", "address": "127.0.0.1"}


class World:
    """A development cluster and its stack, as the drill finds them."""

    def __init__(self, folder):
        self.running, self.outputs, self.plans, self.certificates = True, OUTPUTS, [IDLE], {}
        self.folder, self.rehearsed, self.fails_at = folder / ".dev", [], ""
        self.folder.mkdir()

    def cluster(self, _):
        return SimpleNamespace(nodes=[SimpleNamespace(name="es-1", is_running=lambda: self.running)])

    def stack(self, *_, **__):
        def preview():
            return {"plan": self.plans.pop(0) if len(self.plans) > 1 else self.plans[0]}

        return SimpleNamespace(outputs=lambda: self.outputs, preview=preview, state=lambda: None)

    def rehearse(self, name, *_):
        self.rehearsed.append((name, read_drilled(self.folder)))
        if name == self.fails_at:
            raise CommandFailed("it failed", where="here", why="so", next_step="mend it")
        return SimpleNamespace(figures=SimpleNamespace(requests=1, failed=0), with_crashes=lambda away: away)


@pytest.fixture
def world(tmp_path, monkeypatch):
    found = World(tmp_path)
    replaced = {
        "ROOT": tmp_path,
        "DevCluster": found.cluster,
        "Stack": found.stack,
        "read_stack": lambda *_: None,
        "workspace_for": lambda *_: SimpleNamespace(project=None, environment={}),
        "key_file_passwords": lambda *_: {},
        "rehearse": found.rehearse,
    }
    for name, value in replaced.items():
        monkeypatch.setattr(module, name, value)
    monkeypatch.setattr(Drill, "_ask", lambda *_: {"count": 5})
    monkeypatch.setattr(
        Drill,
        "_model",
        lambda _: StackModel(cluster=CLUSTER, nodes=[NODE], certificates=found.certificates),
    )
    return found


def test_every_step_is_rehearsed_with_its_own_sections_and_the_generations_so_far(world):
    Drill().rehearse_all()
    names = [name for name, _ in world.rehearsed]
    assert names == [
        "no-change",
        "renew-leaves",
        "renew-cas",
        "rotate-transport-ca",
        "rotate-http-ca",
        "renew-leaves-back",
    ]
    assert [drilled.rotations for _, drilled in world.rehearsed] == [
        {},
        {},
        {},
        {"transport": 1},
        {"transport": 1, "http": 1},
        {"transport": 1, "http": 1},
    ]
    assert [sorted(drilled.meanwhile) for _, drilled in world.rehearsed][:4] == [
        [],
        ["certificates"],
        ["authorities", "certificates"],
        ["certificates"],
    ]


def test_with_kills_the_transport_authority_is_rotated_once_more(world):
    Drill().rehearse_all(kill=True)
    names = [name for name, _ in world.rehearsed]
    assert names[-3:] == ["rotate-http-ca", "rotate-transport-ca-with-crashes", "renew-leaves-back"]
    assert [drilled.rotations for _, drilled in world.rehearsed][-2:] == [{"transport": 2, "http": 1}] * 2


def test_what_is_left_are_the_generations_also_of_earlier_drills(world):
    write_drilled(Drilled({"transport": 4}, {"certificates": {"key": "ec-p384"}}), world.folder)
    drill = Drill()
    drill.rehearse_all()
    assert read_drilled(world.folder) == Drilled({"transport": 5, "http": 1})
    assert drill.generations() == {"transport": 3, "http": 2}


def test_a_run_that_fails_ends_the_drill_and_what_it_raised_stays_for_the_next_up(world):
    world.fails_at = "rotate-transport-ca"
    with pytest.raises(CommandFailed):
        Drill().rehearse_all()
    assert [name for name, _ in world.rehearsed][-1] == "rotate-transport-ca"
    assert read_drilled(world.folder) == Drilled({"transport": 1})


def test_a_drill_after_which_something_is_left_to_be_done_has_failed(world):
    drill = Drill()
    world.plans = [{"rows": ["a row"], "restart": None}]
    with pytest.raises(NotConverged, match="something is left"):
        drill.rehearse_all()


@pytest.mark.parametrize(
    ("differs", "why"),
    [
        ({"running": False}, "its nodes do not run"),
        ({"outputs": {}}, "not secured"),
        ({"outputs": {**OUTPUTS, "scenario": "basic"}}, "basic-https"),
        ({"certificates": {"key_format": "pem"}}, "PEM"),
        ({"plans": [{"rows": ["a row"], "restart": None}]}, "something is to be done"),
        ({"plans": [{"rows": [], "restart": {}}]}, "something is to be done"),
    ],
    ids=str,
)
def test_where_it_could_not_tell_what_a_drill_did_none_begins(world, differs, why):
    for name, value in differs.items():
        setattr(world, name, value)
    with pytest.raises(ConfigurationRefused, match=why):
        Drill()
    assert world.rehearsed == []


def test_files_in_pem_are_changed_in_the_stack_file_since_another_up_would_leave_them_so(world):
    world.certificates = {"key_format": "pem"}
    with pytest.raises(ConfigurationRefused) as refused:
        Drill()
    assert refused.value.next_step.startswith("set `certificates.key_format: pkcs12` in the stack file, then `make up`")


@pytest.mark.parametrize(("rotates", "covered"), [((), []), ((Layer.TRANSPORT,), []), ((Layer.HTTP,), ["clients"])])
def test_clients_are_covered_where_the_authority_that_they_trust_is_rotated(world, monkeypatch, rotates, covered):
    done = []
    stack = SimpleNamespace(up=lambda: done.append("up"), up_with_covered_clients=lambda _: done.append("clients"))
    drill = Drill()
    monkeypatch.setattr(Drill, "stack", stack)
    monkeypatch.setattr(module, "rehearse", lambda *arguments: arguments[-1]() or world.rehearse(*arguments))
    drill._rehearse(Step("name", "meaning", rotates=rotates))
    assert done == (covered or ["up"])


def test_what_is_seen_of_killed_nodes_is_told_with_the_step_that_killed_them(world, monkeypatch):
    monkeypatch.setattr(module, "rotate_with_crashes", lambda stack, cluster, load, layer: [f"away, for {layer}"])
    monkeypatch.setattr(module, "rehearse", lambda *arguments: arguments[-1]() or world.rehearse(*arguments))
    step = Step("name", "meaning", rotates=(Layer.TRANSPORT,), kills=True)
    assert Drill()._rehearse(step) == ["away, for transport"]
