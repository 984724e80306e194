"""A node's own clock, asked of its machine before a certificate that is made now is put there."""

from contextlib import nullcontext
from datetime import timedelta
from functools import partial

import pytest

from components.errors import CommandFailed, ConfigurationRefused, MachineUnreachable
from components.handling import Recorded
from components.nodes import wave_handler
from components.nodes.clocks import refuse_a_clock_that_is_off
from components.nodes.machine import NodeMachine
from components.nodes.ssh_spec import Ssh
from components.nodes.target import Completed
from components.nodes.wave_handler import WaveHandler, WaveInputs, WaveOutputs
from components.pki.spec import Layer
from components.values import UNKNOWN
from tests.fakes import FakeContext
from tests.nodes.machines import commands, one_node

DAY = 86_400


@pytest.fixture
def one():
    return one_node()


@pytest.fixture
def look(one):
    """Look at the clock of a machine that is reached by SSH; return what was warned of."""

    def look(ahead, *, says=None, good_for=None):
        def date(call):
            assert call.argv == ("date", "-u", "+%s")
            return Completed(0, says or f"{int(one.target.now() + ahead)}\n", "")

        one.target.programs["date"] = date
        context = FakeContext(one.target.clock)
        away = one.node.machine.model_copy(update={"ssh": Ssh(host="es-1.example.net")})
        until = None if good_for is None else one.target.clock.now() + timedelta(seconds=good_for)
        refuse_a_clock_that_is_off(NodeMachine(away, one.target), context, until)
        return context.warned

    return look


@pytest.mark.parametrize(
    ("ahead", "warned"),
    [
        pytest.param(0, [], id="the same"),
        pytest.param(28, [], id="half a minute is nothing"),
        pytest.param(-28, [], id="nor is it behind"),
        pytest.param(-290, ["es-1: its clock is 290 s behind this machine's: let NTP set it"], id="behind, and valid"),
        pytest.param(40, ["es-1: its clock is 40 s ahead of this machine's: let NTP set it"], id="ahead"),
        pytest.param(DAY, [f"es-1: its clock is {DAY} s ahead of this machine's: let NTP set it"], id="a day ahead"),
    ],
)
def test_a_clock_on_which_new_certificates_are_valid_is_at_most_told(look, ahead, warned):
    assert look(ahead) == warned


@pytest.mark.parametrize("ahead", [-302, -DAY])
def test_a_clock_on_which_new_certificates_are_not_valid_yet_is_refused_with_what_to_do(look, ahead):
    with pytest.raises(ConfigurationRefused) as caught:
        look(ahead)
    assert str(caught.value).splitlines() == [
        f"es-1: its clock is {round(-ahead, -1)} s behind this machine's",
        "  why:  certificates that are made now are not valid there yet, so it could talk to no other node",
        "  next: set it by NTP (chrony, systemd-timesyncd), or set this machine's where that is the wrong one; "
        "no file was written there by it; then run again",
    ]


@pytest.mark.parametrize("ahead", [DAY + 60, 3 * 365 * DAY])
def test_a_clock_on_which_the_new_certificate_is_over_already_is_refused_with_what_to_do(look, ahead):
    with pytest.raises(ConfigurationRefused) as caught:
        look(ahead, good_for=DAY)
    assert str(caught.value).splitlines() == [
        f"es-1: its clock is {round(ahead, -1)} s ahead of this machine's",
        "  why:  the certificate that it is to present is good until 2026-11-25, which is over there, so it could "
        "talk to no other node",
        "  next: set it by NTP (chrony, systemd-timesyncd), or set this machine's where that is the wrong one; "
        "no file was written there by it; then run again",
    ]


@pytest.mark.parametrize(("ahead", "warnings"), [(0, 0), (DAY - 60, 1), (-60, 1)])
def test_a_clock_on_which_the_new_certificate_is_good_still_is_at_most_told(look, ahead, warnings):
    assert len(look(ahead, good_for=DAY)) == warnings


def test_a_certificate_that_is_over_here_too_is_not_the_clocks_matter(look):
    assert look(0, good_for=-DAY) == []


@pytest.mark.parametrize(("ahead", "is_refused"), [(0, False), (-310, True)])
def test_the_time_that_an_answer_waited_for_its_turn_is_no_time_of_the_clock(one, ahead, is_refused):
    """The first answer took two and a half minutes, and the clock was looked at when they were over."""
    context, waits = FakeContext(one.target.clock), [150.0]

    def date(call):
        one.target.clock.sleep(waits.pop() if waits else 0.0)
        return Completed(0, f"{int(one.target.clock.now().timestamp() + ahead)}\n", "")

    one.target.programs["date"] = date
    away = NodeMachine(one.node.machine.model_copy(update={"ssh": Ssh(host="es-1.example.net")}), one.target)
    with pytest.raises(ConfigurationRefused) if is_refused else nullcontext():
        refuse_a_clock_that_is_off(away, context)
    assert context.warned == []


def test_a_machine_that_does_not_tell_its_time_is_told(look):
    with pytest.raises(CommandFailed, match="`date -u \\+%s` says `Fri Nov 27`"):
        look(0, says="Fri Nov 27\n")


def test_the_clock_of_this_machine_is_not_asked_again(one):
    refuse_a_clock_that_is_off(one.machine, FakeContext(one.target.clock))
    assert commands(one, "date") == []


class Covered:
    """The wave *cover* of three nodes by SSH: who is asked for the time when it is looked at, and what it is there."""

    def __init__(self, monkeypatch):
        hosts = {name: one_node() for name in ("es-1", "es-2", "es-3")}
        self.asked, self.ahead, self.untold = [], dict.fromkeys(hosts, 0.0), {}
        self.context = FakeContext(hosts["es-1"].target.clock)
        self.nodes = tuple(self.named(name, one) for name, one in hosts.items())
        doors = {node.machine: NodeMachine(node.machine, hosts[node.name].target) for node in self.nodes}
        monkeypatch.setattr(wave_handler, "machine_of", doors.__getitem__)
        for name, one in hosts.items():
            one.target.programs["date"] = partial(self.date, name)

    def named(self, name, one):
        machine = one.node.machine.model_copy(update={"node": name, "ssh": Ssh(host=name)})
        return one.node.model_copy(update={"name": name, "machine": machine})

    def date(self, name, call):
        self.asked.append(name)
        if name in self.untold:
            raise self.untold[name]("does not tell", where=name, why="it does not", next_step="see that it does")
        return Completed(0, f"{int(self.context.clock.now().timestamp() + self.ahead[name])}\n", "")

    def wanted(self, *leaves):
        return WaveInputs(layer=Layer.TRANSPORT, wave="cover", nodes=self.nodes, generation=1, leaves=leaves)

    def changes(self, recorded, wanted):
        """Look at it, and return who was asked for the time."""
        self.asked.clear()
        assert WaveHandler().changes(Recorded(recorded, WaveOutputs()), wanted, self.context) == ()
        return sorted(self.asked)


@pytest.fixture
def covered(monkeypatch):
    return Covered(monkeypatch)


def test_before_one_node_presents_a_new_leaf_every_node_that_verifies_it_is_asked_for_the_time(covered):
    everybody = [node.name for node in covered.nodes]
    before = covered.wanted("a1", "b1", "c1")
    assert covered.changes(before, covered.wanted("a1", "b2", "c1")) == everybody
    assert covered.changes(before, before.model_copy(update={"leaves": UNKNOWN})) == everybody
    assert covered.changes(before, before) == []


def test_what_an_older_version_recorded_names_no_leaves_and_is_no_reason_to_ask(covered):
    older, known = covered.wanted(), covered.wanted("a1", "b1", "c1")
    assert covered.changes(older, known) == []
    assert covered.changes(older, known.model_copy(update={"leaves": UNKNOWN})) != []


def test_the_leaf_of_one_node_waits_for_the_clock_of_another_one_which_is_named(covered):
    covered.ahead["es-3"] = -DAY
    with pytest.raises(ConfigurationRefused) as caught:
        covered.changes(covered.wanted("a1"), covered.wanted("a2"))
    assert (caught.value.where, caught.value.what) == ("es-3", f"its clock is {DAY} s behind this machine's")
    assert caught.value.so.startswith("the wave cover of transport CA g1 is not through without es-3, so present does")


@pytest.mark.parametrize("error", [MachineUnreachable, CommandFailed, ConfigurationRefused])
def test_a_machine_that_cannot_be_asked_keeps_nobody_else_from_a_new_leaf_and_is_told_by_its_own_files(covered, error):
    """As one that is off, or whose `sudo` was taken away."""
    covered.untold["es-2"] = error
    assert len(covered.changes(covered.wanted("a1"), covered.wanted("a2"))) == len(covered.nodes)
