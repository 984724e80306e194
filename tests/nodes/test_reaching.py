"""Connections are opened ahead, side by side, once each, and whoever asks for it does not wait."""

import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from components.errors import MachineUnreachable
from components.nodes import reaching as room
from components.nodes.at_once import MACHINES
from components.nodes.reaching import AT_A_TIME, Reaching, reach
from components.nodes.ssh_spec import Ssh

PATIENCE = 30.0
"""Seconds after which a test gives up."""


def machine(host, *jump):
    return SimpleNamespace(ssh=None if host is None else Ssh(host=host, jump=jump))


class Opening:
    """Opens connections that take until they are let through, and fail then, or do not."""

    def __init__(self, wanted, *, fails=True):
        self.wanted, self.fails, self.begun, self.through = wanted, fails, [], threading.Event()
        self.full = threading.Event()

    def __call__(self, one):
        self.begun.append(one.ssh.host)
        if len(self.begun) >= self.wanted:
            self.full.set()
        assert self.through.wait(PATIENCE)
        if self.fails:
            raise MachineUnreachable("it does not answer", where=one.ssh.host, why="a test", next_step="nothing")


def reached(wanted, *hosts, machines=(), fails=True):
    opening = Opening(wanted, fails=fails)
    reaching = Reaching(opening)
    reaching.begin([*map(machine, hosts), *machines])
    assert opening.full.wait(PATIENCE)
    return reaching, opening


def test_all_are_opened_side_by_side_and_nobody_waits_for_them():
    _, opening = reached(3, "a", "b", "c")
    assert sorted(opening.begun) == ["a", "b", "c"]
    opening.through.set()


def test_each_is_opened_once_however_often_it_is_named():
    reaching, opening = reached(2, "a", "b", "a")
    reaching.begin([machine("b"), machine("a")])
    opening.through.set()
    opening.full.clear()
    reaching.begin([machine("c")])
    assert opening.full.wait(PATIENCE)
    assert sorted(opening.begun) == ["a", "b", "c"]


def test_no_more_are_in_hand_than_may_be_worked_on_and_one_that_fails_does_not_end_the_others(monkeypatch):
    monkeypatch.setattr(MACHINES, "most", 2)
    _, opening = reached(2, "a", "b", "c", "d")
    assert len(opening.begun) == 2
    opening.full.clear()
    opening.wanted = 4
    opening.through.set()
    assert opening.full.wait(PATIENCE)
    assert sorted(opening.begun) == ["a", "b", "c", "d"]


BEHIND = [machine("a", "bastion"), machine("b", "bastion"), machine("c", "bastion")]


def test_of_those_behind_a_host_one_goes_first_and_then_the_others_side_by_side():
    _, opening = reached(1, machines=BEHIND, fails=False)
    assert opening.begun == ["a"]
    opening.wanted = 3
    opening.full.clear()
    opening.through.set()
    assert opening.full.wait(PATIENCE)
    assert sorted(opening.begun) == ["a", "b", "c"]


def test_where_two_behind_a_host_do_not_answer_the_others_are_left_alone():
    reaching, opening = reached(2, "z", machines=BEHIND)
    opening.through.set()
    reaching.wait(PATIENCE)
    assert sorted(opening.begun) == ["a", "b", "z"]


def test_at_the_end_no_other_one_is_begun_with(monkeypatch):
    monkeypatch.setattr(MACHINES, "most", 1)
    reaching, opening = reached(1, "a", "b", machines=BEHIND[:1])
    reaching.end()
    opening.through.set()
    reaching.wait(PATIENCE)
    assert "b" not in opening.begun


def test_this_machine_is_not_reached():
    _, opening = reached(1, None, "a")
    assert opening.begun == ["a"]
    opening.through.set()


class Places:
    """Those of the room, with an event for when so many have asked for one."""

    def __init__(self, places, wanted):
        self.places, self.wanted, self.asked, self.all_asked = places, wanted, [], threading.Event()

    def __enter__(self):
        self.asked.append(threading.current_thread())
        if len(self.asked) == self.wanted:
            self.all_asked.set()
        self.places.acquire()

    def __exit__(self, *_):
        self.places.release()


def test_no_more_log_in_at_a_time_by_themselves_than_a_host_on_the_way_takes(monkeypatch):
    places = Places(room._LOGINS, 4 * AT_A_TIME)
    guard, in_hand, most = threading.Lock(), set(), []

    def opened(ssh):
        with guard:
            in_hand.add(ssh.host)
        assert places.all_asked.wait(PATIENCE)
        with guard:
            most.append(len(in_hand))
            in_hand.remove(ssh.host)

    monkeypatch.setattr(room, "_LOGINS", places)
    monkeypatch.setattr(room, "connection_to", lambda ssh: SimpleNamespace(open=lambda node: opened(ssh)))
    ways = [SimpleNamespace(ssh=Ssh(host=f"es-{number}"), node="es") for number in range(places.wanted)]
    with ThreadPoolExecutor(len(ways)) as pool:
        list(pool.map(reach, ways))
    assert max(most) == AT_A_TIME


def test_one_whose_login_failed_leaves_its_place_to_the_next(monkeypatch):
    def refused(node):
        raise MachineUnreachable("it does not answer", where=node, why="a test", next_step="nothing")

    monkeypatch.setattr(room, "connection_to", lambda ssh: SimpleNamespace(open=refused))
    for _ in range(2 * AT_A_TIME):
        with pytest.raises(MachineUnreachable):
            reach(SimpleNamespace(ssh=Ssh(host="es-1"), node="es-1"))
    reach(SimpleNamespace(ssh=None))  # this machine
