"""A node's process: found by its pid file, known by what it is, watched until it is gone."""

import pytest

from components.errors import CommandFailed
from components.nodes.process import STOP_TIMEOUT, Process
from components.nodes.target import Completed
from tests.fake_elasticsearch import USER
from tests.fakes import FakeClock, FakeFile
from tests.nodes.machines import commands, one_node, running_node, with_foreign_pid, with_user


def test_a_running_node_is_found_with_its_start():
    one = running_node()
    began = one.process.started
    one.target.clock.sleep(100)
    process = one.machine.process()
    assert process.pid == 1000
    assert began <= process.started < began + 1.5, "never too early, and exact to a second"


def test_a_node_without_a_pid_file_does_not_run():
    assert one_node().machine.process() is None


def test_a_pid_file_of_a_process_that_is_gone_is_no_process():
    one = running_node()
    one.process.ends = one.target.now()
    assert one.pid_file in one.target.files
    assert one.machine.process() is None


FOREIGN = [
    pytest.param("/usr/sbin/nginx -g daemon off;", id="a web server"),
    pytest.param("vim /etc/elasticsearch/elasticsearch.yml", id="an editor of the node's own settings"),
    pytest.param("tail -f /var/log/elasticsearch/books.log", id="somebody who reads the node's log"),
]


@pytest.mark.parametrize("args", FOREIGN)
def test_a_foreign_process_with_the_same_number_is_not_the_node(args):
    assert with_foreign_pid(one_node(), args).machine.process() is None


@pytest.mark.parametrize("content", [b"", b"\n", b"-1", b"12a", b"\xff", "١٢".encode(), b"1 2"])
def test_a_pid_file_that_holds_no_number_is_no_process(content):
    one = one_node()
    one.target.put(one.pid_file, FakeFile(content))
    assert one.machine.process() is None
    assert one.target.ran == []


def test_a_pid_file_that_is_there_and_cannot_be_read_is_an_error_and_not_a_stopped_node():
    one = running_node()
    one.target.breaks("read", "elasticsearch.pid")
    with pytest.raises(CommandFailed, match=r"cannot read .*elasticsearch\.pid"):
        one.machine.process()


@pytest.mark.parametrize(
    ("pid", "started", "same"),
    [
        pytest.param(7, 1000.0, True, id="equal"),
        pytest.param(7, 1002.0, True, id="at the edge of what ps can tell"),
        pytest.param(7, 998.0, True, id="at the other edge"),
        pytest.param(7, 1002.1, False, id="started later: the number was used again"),
        pytest.param(7, 997.9, False, id="started earlier"),
        pytest.param(8, 1000.0, False, id="another number"),
    ],
)
def test_a_process_is_the_recorded_one_by_number_and_start(pid, started, same):
    assert Process(7, 1000.0).is_same(pid, started) is same


def test_a_node_is_started_as_a_daemon_by_its_user_with_its_config_folder():
    one = one_node()
    assert with_user(one, "runner").start(one.target.clock).ok
    [call] = [call for call in one.target.ran if call.argv[0].endswith("bin/elasticsearch")]
    assert call.argv == ("/opt/elasticsearch/bin/elasticsearch", "-d", "-p", "/nodes/es-1/config/elasticsearch.pid")
    assert (call.user, call.environment) == ("runner", {"ES_PATH_CONF": "/nodes/es-1/config"})


def test_what_a_node_says_when_it_does_not_start_is_returned():
    done = with_user(one_node(), "root").start(FakeClock())
    assert (done.exit_status, done.ok) == (1, False)
    assert "ERROR: Elasticsearch did not exit normally" in done.stderr


def test_stopping_asks_once_and_waits_for_the_process_and_not_for_the_pid_file():
    one = running_node()
    process = one.process
    process.takes = 60.0
    began = one.target.clock.monotonic()
    one.machine.stop(one.target.clock)
    assert one.pid_file not in one.target.files, "gone at once, and still the process was waited for"
    assert one.target.alive() == {}
    assert 60 <= one.target.clock.monotonic() - began < 62
    assert commands(one, "kill") == [("-TERM", "1000")]


def test_stopping_a_node_that_does_not_run_does_nothing():
    one = one_node()
    one.machine.stop(one.target.clock)
    assert commands(one, "kill") == []


@pytest.mark.parametrize("args", FOREIGN)
def test_a_foreign_process_with_the_same_number_is_never_stopped(args):
    one = with_foreign_pid(one_node(), args)
    one.machine.stop(one.target.clock)
    assert commands(one, "kill") == []
    assert 4711 in one.target.alive()


def test_a_node_that_does_not_stop_is_left_as_it_is_and_said():
    one = running_node()
    one.process.takes = None
    began = one.target.clock.monotonic()
    with pytest.raises(CommandFailed) as caught:
        one.machine.stop(one.target.clock)
    assert caught.value.where == "es-1"
    assert caught.value.what == "the node did not stop within 120 s"
    assert "process 1000" in caught.value.why
    assert STOP_TIMEOUT < one.target.clock.monotonic() - began < STOP_TIMEOUT + 2
    assert one.process is not None
    assert commands(one, "kill") == [("-TERM", "1000")], "never killed"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        pytest.param(Completed(2, "", "sh: 1: Cannot fork\n"), "sh: 1: Cannot fork", id="no process left"),
        pytest.param(Completed(1, "error: no /proc\n", ""), "error: no /proc", id="ps itself fails"),
        pytest.param(Completed(0, "", ""), "it printed nothing", id="nothing was said"),
    ],
)
def test_a_machine_that_cannot_tell_whether_a_process_runs_is_not_taken_for_one_without_it(answer, why):
    one = running_node()
    process = one.machine.process()
    one.target.programs["sh"] = lambda call: answer
    for ask in (one.machine.process, lambda: one.machine.service.is_gone(process)):
        with pytest.raises(CommandFailed, match="whether process 1000 runs could not be found out") as caught:
            ask()
        assert caught.value.why == why


def test_a_shell_that_misses_its_locale_does_not_make_a_process_that_is_gone_one_that_nobody_knows():
    one = running_node()
    process = one.machine.process()
    warning = "sh: warning: setlocale: LC_ALL: cannot change locale (C.UTF-8)\n"
    one.target.programs["sh"] = lambda call: Completed(1, "\n", warning)
    assert one.machine.service.is_gone(process)


def test_nothing_speaks_against_starting_a_node_that_is_laid_out():
    one = one_node()
    assert one.machine.cannot_start() == ""
    assert {call.user for call in one.target.ran if call.argv[0] == "test"} == {USER}
    assert commands(one, "elasticsearch") == []


def test_a_program_that_the_user_may_not_run_is_found_before_the_node_is_stopped():
    one = one_node()
    one.target.files[next(path for path in one.target.files if path.name == "elasticsearch")].mode = 0o700
    assert one.machine.cannot_start() == (
        "user elasticsearch may not run /opt/elasticsearch/bin/elasticsearch, or there is no such file"
    )


def test_settings_that_the_user_may_not_read_are_found_before_the_node_is_stopped():
    one = one_node()
    one.file("elasticsearch.yml").mode = 0o600
    assert one.machine.cannot_start() == (
        "user elasticsearch may not read /nodes/es-1/config/elasticsearch.yml, or there is no such file"
    )


def test_a_node_that_a_unit_runs_is_not_ours_to_start_and_the_stack_file_has_a_key_for_it():
    one = running_node()
    one.target.of_unit = "unit=es.service\nMainPID=1000\nTransient=no\nabove=1 systemd\n"
    why = one.machine.cannot_start()
    assert why.startswith("not by us, since systemd's unit es.service runs it, and may start it while its files are")
    assert "write `unit: es.service` into its `machine` in the stack file" in why
    one.process.ends = one.target.now()
    assert one.machine.cannot_start() == "", "nothing is asked of a process that is gone"


def test_a_node_in_the_unit_of_sshd_was_started_by_hand():
    one = running_node()
    one.target.of_unit = "unit=ssh.service\nMainPID=70\nTransient=no\nabove=1 systemd\n"
    assert one.machine.cannot_start() == ""


def test_a_home_without_the_program_is_found_before_the_node_is_stopped():
    one = one_node()
    one.target.files = {path: file for path, file in one.target.files.items() if path.name != "elasticsearch"}
    assert "may not run /opt/elasticsearch/bin/elasticsearch" in one.machine.cannot_start()


def test_links_in_paths_are_followed_before_the_nodes_user_gets_them():
    one = one_node()
    one.target.programs["readlink"] = lambda call: Completed(0, f"/real{call.argv[2]}\n", "")
    one.target.programs["elasticsearch"] = lambda call: Completed(0, "", "")
    one.machine.start(one.target.clock)
    call = one.target.ran[-1]
    assert call.argv == (
        "/real/opt/elasticsearch/bin/elasticsearch",
        "-d",
        "-p",
        "/real/nodes/es-1/config/elasticsearch.pid",
    )
    assert call.environment == {"ES_PATH_CONF": "/real/nodes/es-1/config"}


def test_a_path_that_cannot_be_followed_is_used_as_it_is():
    one = one_node()
    one.target.programs["readlink"] = lambda call: Completed(1, "", "")
    assert one.machine.start(one.target.clock).ok
