"""How long a node may take to start and to stop, whatever runs it: as long as is said, else what is usual for that."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from components.clock import SystemClock
from components.errors import CommandFailed
from components.nodes.local import LocalTarget
from components.nodes.machine import NodeMachine
from components.nodes.process import USUAL, Patience
from components.nodes.spec import Commands
from components.nodes.target import Completed
from tests.fakes import OK, FakeProcess, FakeTarget
from tests.nodes.machines import running_node
from tests.nodes.standing import Docker, Unit, contained, deb, packaged

LONGER = Patience(start=1800, stop=600)


@dataclass(frozen=True)
class Case:
    """A node that runs and does not end; the program that starts it, and how its process is asked to end."""

    machine: NodeMachine
    program: str
    waits_for_the_stop: bool = False

    @property
    def target(self) -> FakeTarget:
        return self.machine.target


def archive():
    one = running_node()
    one.process.takes = None
    return Case(one.machine, "elasticsearch")


def systemd():
    target = packaged()
    Unit(target, takes=None).start()
    return Case(deb(target), "systemctl")


def docker():
    target = packaged()
    Docker(target, takes=None)._go()
    return Case(contained(target), "docker", waits_for_the_stop=True)


def own_commands():
    target = packaged()
    target.processes[77] = FakeProcess("/opt/whatever", "elasticsearch", target.now())
    target.programs |= {"es": lambda call: OK, "es-pid": lambda call: Completed(0, "77", "")}
    commands = Commands(start=("es", "start"), stop=("es", "stop"), status=("es-pid",))
    return Case(deb(target, commands=commands), "es", waits_for_the_stop=True)


LAYOUTS = [
    pytest.param(archive, 300, id="archive"),
    pytest.param(systemd, 900, id="systemd"),
    pytest.param(docker, 300, id="docker"),
    pytest.param(own_commands, 300, id="own commands"),
]


def patient(case: Case, patience: Patience) -> NodeMachine:
    return NodeMachine(case.machine.machine, case.target, patience=patience)


def calls(case: Case, *words: str) -> list[float]:
    """Return how long each command could take that began with the program and had these words."""
    found = [call for call in case.target.ran if call.argv[0].endswith(case.program)]
    return [call.timeout for call in found if set(words) <= {*call.argv}]


def takes_too_long(case: Case) -> None:
    """Let the start take as long as it may, and fail then as a target does."""
    usual = case.target.programs[case.program]

    def start(call):
        if not {"start", "-d"} & {*call.argv}:
            return usual(call)
        case.target.clock.sleep(call.timeout)
        what = f"`{case.program}` did not end within {call.timeout:.0f} s and was ended"
        raise CommandFailed(what, where="es-1", why="the machine is overloaded", next_step="run it by hand")

    case.target.programs[case.program] = start


@pytest.mark.parametrize(("laid_out", "usual"), LAYOUTS)
@pytest.mark.parametrize("patience", [USUAL, LONGER], ids=["usual", "longer"])
def test_a_start_gets_as_long_as_is_said(patience: Patience, laid_out: Callable[[], Case], usual: int):
    case = laid_out()
    takes_too_long(case)
    with pytest.raises(CommandFailed) as caught:
        patient(case, patience).start(case.target.clock)
    seconds = patience.start or usual
    assert calls(case, "-d" if case.program == "elasticsearch" else "start") == [seconds]
    assert (caught.value.where, caught.value.what) == ("es-1", f"the node did not start within {seconds} s")
    assert f"`{case.program}` did not end within {seconds} s and was ended" in caught.value.why
    assert "raise `rollout.start_timeout` in the stack file" in caught.value.next_step


@pytest.mark.parametrize(("laid_out", "usual"), LAYOUTS)
def test_a_start_that_fails_for_another_reason_keeps_its_own_words(laid_out: Callable[[], Case], usual: int):
    case = laid_out()
    case.target.breaks("run", "-d" if case.program == "elasticsearch" else f"{case.program} start")
    with pytest.raises(CommandFailed, match="cannot run") as caught:
        case.machine.start(case.target.clock)
    assert "rollout.start_timeout" not in caught.value.next_step


@pytest.mark.parametrize(("laid_out", "usual"), LAYOUTS)
@pytest.mark.parametrize("patience", [USUAL, LONGER], ids=["usual", "longer"])
def test_a_node_gets_as_long_to_end_as_is_said(patience: Patience, laid_out: Callable[[], Case], usual: int):
    case = laid_out()
    began = case.target.clock.monotonic()
    with pytest.raises(CommandFailed) as caught:
        patient(case, patience).stop(case.target.clock)
    assert caught.value.what == f"the node did not stop within {patience.stop} s"
    assert "raise `rollout.stop_timeout` in the stack file" in caught.value.next_step
    assert patience.stop < case.target.clock.monotonic() - began < patience.stop + 15
    if case.waits_for_the_stop:
        assert calls(case, "stop") == [patience.stop]


@pytest.mark.parametrize(("patience", "seconds"), [(USUAL, 300), (LONGER, 1800)], ids=["usual", "longer"])
def test_a_container_that_says_nothing_is_taken_for_started_after_as_long_as_is_said(patience, seconds):
    target = packaged()
    Docker(target, says=())
    assert patient(Case(contained(target), "docker"), patience).start(target.clock).ok
    assert seconds <= target.clock.monotonic() < seconds + 10


def test_a_container_that_is_ready_later_than_usual_is_waited_for():
    target = packaged()
    Docker(target, says=((700.0, '{"message":"started {es-1}{x}"}'),))
    assert patient(Case(contained(target), "docker"), LONGER).start(target.clock).ok
    assert 700 <= target.clock.monotonic() < 710


def test_what_is_usual_is_what_always_held():
    assert (USUAL.start, USUAL.stop) == (None, 120)


def test_on_a_real_machine_too(tmp_path):
    machine = deb(packaged(), commands=Commands(start=("sleep", "30"), stop=("true",))).machine
    slow = NodeMachine(machine, LocalTarget("es-1"), patience=Patience(start=1))
    with pytest.raises(CommandFailed, match="the node did not start within 1 s") as caught:
        slow.start(SystemClock())
    assert caught.value.why.startswith("`sleep` did not end within 1 s and was ended")
