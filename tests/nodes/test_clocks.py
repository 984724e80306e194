"""A node's own clock, asked of its machine before a certificate that is made now is put there."""

from contextlib import nullcontext
from datetime import timedelta

import pytest

from components.errors import CommandFailed, ConfigurationRefused
from components.nodes.clocks import refuse_a_clock_that_is_off
from components.nodes.machine import NodeMachine
from components.nodes.ssh_spec import Ssh
from components.nodes.target import Completed
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
