"""Commands of an operator's in place of what a layout does, verb by verb."""

import pytest

from components.errors import CommandFailed
from components.nodes.spec import Commands
from components.nodes.target import Completed
from tests.fakes import OK, FakeProcess
from tests.nodes.standing import Unit, deb, packaged

BOTH = {"start": ("/usr/local/bin/es", "start"), "stop": ("/usr/local/bin/es", "stop")}


@pytest.fixture
def target():
    return packaged()


def own(target, **commands):
    return deb(target, commands=Commands(**commands))


def running(target, pid=77):
    target.processes[pid] = FakeProcess("/opt/whatever", "elasticsearch", target.now())


def test_a_node_is_started_and_stopped_by_the_commands_and_its_process_is_waited_for(target):
    running(target)

    def es(call):
        if call.argv[1] == "stop":
            target.processes[77].ends = target.now() + 3.0
        return OK

    target.programs |= {"es": es, "es-pid": lambda call: Completed(0, "es-1 is process 77\n", "")}
    machine = own(target, **BOTH, status=("es-pid",))
    assert machine.process().pid == 77
    began = target.clock.monotonic()
    machine.stop(target.clock)
    assert 3 <= target.clock.monotonic() - began < 4
    assert machine.start(target.clock).ok
    assert machine.start_command() == "/usr/local/bin/es start"
    assert {call.user for call in target.ran if call.argv[0].endswith("es")} == {None}


def test_what_has_no_command_is_done_as_the_layout_does_it(target):
    unit = Unit(target)
    target.programs["keys"] = lambda call: Completed(0, "keystore.seed\n", "")
    machine = own(target, keystore=("keys", "of", "es-1"))
    assert machine.start(target.clock).ok
    assert machine.process().pid == unit.pid
    assert machine.secure_setting_names() == {"keystore.seed"}
    [call] = [call for call in target.ran if call.argv[0] == "keys"]
    assert call.argv == ("keys", "of", "es-1", "list")
    machine.stop(target.clock)
    assert not unit.alive()


@pytest.mark.parametrize("status", [1, 3])
def test_a_status_that_is_not_zero_means_that_the_node_does_not_run(target, status):
    target.programs["es-pid"] = lambda call: Completed(status, "", "stopped\n")
    assert own(target, status=("es-pid",)).process() is None


@pytest.mark.parametrize(
    ("done", "what", "why"),
    [
        pytest.param(Completed(0, "up\n", ""), "told no process id", "it printed `up` at its end", id="a word"),
        pytest.param(Completed(0, "", ""), "told no process id", "it printed nothing", id="nothing"),
        pytest.param(Completed(127, "", "no such file\n"), "ended with status 127", "no such file", id="not there"),
        pytest.param(Completed(126, "", "denied\n"), "ended with status 126", "denied", id="may not be run"),
    ],
)
def test_a_status_that_is_no_answer_is_an_error_and_not_a_stopped_node(target, done, what, why):
    target.programs["es-pid"] = lambda call: done
    with pytest.raises(CommandFailed) as caught:
        own(target, status=("es-pid", "es-1")).process()
    assert (caught.value.what, caught.value.why) == (f"`es-pid es-1` {what}", why)
    assert "`machine.commands.status`" in caught.value.next_step


def test_a_process_id_that_nobody_has_any_more_is_no_process(target):
    target.programs["es-pid"] = lambda call: Completed(0, "78", "")
    assert own(target, status=("es-pid",)).process() is None


def test_a_number_that_is_used_again_by_another_process_is_not_waited_for(target):
    running(target)

    def stop(call):
        target.clock.sleep(60)
        running(target)  # another one of this number
        return OK

    target.programs |= {"es": stop, "es-pid": lambda call: Completed(0, "77", "")}
    began = target.clock.monotonic()
    own(target, **BOTH, status=("es-pid",)).stop(target.clock)
    assert target.clock.monotonic() - began < 62


def test_a_stop_that_fails_is_told_in_its_own_words(target):
    running(target)
    target.programs |= {"es": lambda call: Completed(2, "", "denied\n"), "es-pid": lambda call: Completed(0, "77", "")}
    with pytest.raises(CommandFailed, match="could not be asked to stop") as caught:
        own(target, **BOTH, status=("es-pid",)).stop(target.clock)
    assert caught.value.why == "denied"


def test_a_program_that_is_not_there_is_found_before_the_node_is_stopped(target):
    assert own(target, **BOTH).cannot_start() == "we may not run /usr/local/bin/es, or there is no such file"
    assert own(target, start=("es", "start"), stop=("es", "stop")).cannot_start() == ""


def test_of_limits_nobody_knows_where_somebody_else_starts_the_node(target):
    Unit(target).start()
    assert own(target, **BOTH).limits() is None
    assert own(target, keystore=("keys",)).limits() is not None
