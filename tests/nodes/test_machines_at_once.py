"""No more machines are worked on at a time than the stack file allows, whatever asks for them."""

import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import PurePosixPath
from types import SimpleNamespace

import pytest

from components.clock import SystemClock
from components.errors import ConfigurationRefused
from components.nodes import at_once, ssh
from components.nodes.at_once import DEFAULT, MACHINES, MACHINES_AT_ONCE, MOST, Machines, limit_machines
from components.nodes.ssh_scripts import BEGIN
from components.nodes.ssh_spec import Ssh
from components.rollout.limits import Limits
from components.rollout.perform import Performer

BEGUN = f"{BEGIN}\n".encode()
FULL = 10.0
"""Seconds after which a test gives up in which too few machines are worked on."""


class Counting:
    """Counts what is worked on at a time, and holds the first ones until as many are in hand as there should be."""

    def __init__(self, wanted):
        self.wanted, self.most, self.in_hand = wanted, 0, []
        self.changed = threading.Condition()

    def work(self, name):
        with self.changed:
            self.in_hand.append(name)
            self.most = max(self.most, len(set(self.in_hand)))
            self.changed.notify_all()
            assert self.changed.wait_for(lambda: self.most >= self.wanted, FULL), "too few at a time"
        time.sleep(0.01)  # in which one too many would come
        with self.changed:
            self.in_hand.remove(name)


@pytest.fixture
def limited(monkeypatch):
    """Return what sets the limit of this process for one test."""

    def set_to(most):
        monkeypatch.setattr(MACHINES, "most", most)

    return set_to


@pytest.mark.parametrize("most", [1, 3])
def test_no_more_machines_are_reached_at_a_time_than_allowed_whatever_is_done_there(most, limited, monkeypatch):
    limited(most)
    counting = Counting(most)

    class Connection:
        def __init__(self, reached):
            self.reached = reached

        def run(self, command, stdin, *, node, timeout):
            counting.work(self.reached.host)
            return subprocess.CompletedProcess(command, 0, BEGUN, BEGUN)

        def dial(self, host, port, *, node):
            counting.work(self.reached.host)

    class Looks:
        def __init__(self, reached):
            self.reached = reached

        def ask(self, verb, paths, start):
            counting.work(self.reached.host)
            return b""

    monkeypatch.setattr(ssh, "connection_to", Connection)
    monkeypatch.setattr(ssh, "looks_at", Looks)
    path = PurePosixPath("/etc/elasticsearch/elasticsearch.yml")

    def work(number):
        target = ssh.SshTarget(f"es-{number}", Ssh(host=f"es-{number}.example.net"))
        target.read(path)
        target.run(["true"])
        target.dial("127.0.0.1", 9300)
        target.remove(path)

    with ThreadPoolExecutor(24) as pool:
        list(pool.map(work, [*range(12), *range(12)]))  # twice, as with two layers of a node
    assert counting.most == most
    assert counting.in_hand == []


def test_several_threads_work_on_one_machine_at_a_time():
    machines, together = Machines(1), threading.Barrier(3, timeout=FULL)

    def work(_):
        with machines.work_on("es-1"):
            together.wait()

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(work, range(3)))


def test_a_machine_whose_work_failed_leaves_its_place_to_the_next():
    machines = Machines(1)
    with pytest.raises(RuntimeError, match="no space left"), machines.work_on("es-1"):
        raise RuntimeError("no space left")
    with machines.work_on("es-2"):
        assert machines.most == 1


def test_a_step_of_a_rollout_has_no_more_nodes_in_hand_than_allowed(limited):
    limited(4)
    counting, names = Counting(4), [f"es-{number}" for number in range(12)]
    nodes = {name: SimpleNamespace(name=name, work=lambda name=name: counting.work(name)) for name in names}
    performer = Performer(nodes, cluster=None, context=SimpleNamespace(clock=SystemClock()), limits=Limits())
    performer.each(names, lambda node: node.work())
    assert counting.most == 4


def test_the_limit_comes_from_the_environment(monkeypatch):
    machines = Machines()
    monkeypatch.setattr(at_once, "MACHINES", machines)
    limit_machines({})
    assert machines.most == DEFAULT
    limit_machines({MACHINES_AT_ONCE: "5"})
    assert machines.most == 5


@pytest.mark.parametrize("wanted", ["0", str(MOST + 1), "all", "-1", "1.5"])
def test_a_limit_that_cannot_be_is_refused(wanted):
    with pytest.raises(ConfigurationRefused, match=f"{MACHINES_AT_ONCE}: `{wanted}` is no number of machines"):
        limit_machines({MACHINES_AT_ONCE: wanted})
