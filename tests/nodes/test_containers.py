"""A node in a container: the runtime starts, stops and knows it; its config folder is a folder of the machine."""

import pytest

from components.errors import CommandFailed, ConfigurationRefused
from components.nodes.containers import in_plain_text
from components.nodes.target import Completed
from tests.nodes.standing import CONFIG, Docker, contained, packaged


@pytest.fixture
def target():
    return packaged()


@pytest.mark.parametrize("runtime", ["docker", "podman"])
def test_a_node_is_started_and_stopped_through_its_container(target, runtime):
    Docker(target, runtime=runtime)
    machine = contained(target, runtime)
    assert machine.process() is None
    assert machine.start_command() == f"{runtime} start es-1"
    assert machine.start(target.clock).ok
    found = machine.process()
    assert (found.pid, round(target.now() - found.started)) == (3000, 3), "waited until the node said that it is ready"
    machine.stop(target.clock)
    assert machine.process() is None


def test_a_start_time_is_the_runtimes_own_to_the_microsecond(target):
    docker = Docker(target)
    docker._go()
    target.clock.sleep(50)
    assert contained(target).process().started == pytest.approx(docker.started, abs=1e-3)


def test_a_container_that_ends_while_it_starts_has_failed_with_what_it_logged(target):
    text = '{"message":"fatal exception while booting Elasticsearch", "error.message":"unknown setting [a.b]"}'
    Docker(target, says=((2.0, text),), dies=4.0)
    done = contained(target).start(target.clock)
    assert done.exit_status == 1
    assert done.stdout.splitlines()[:2] == ["fatal exception while booting Elasticsearch", "unknown setting [a.b]"]


def test_a_container_that_has_ended_before_anybody_looks_has_failed(target):
    Docker(target, says=((0.0, "ERROR: bad"),), dies=0.0)
    done = contained(target).start(target.clock)
    assert (done.exit_status, done.stdout.strip()) == (1, "ERROR: bad")
    assert target.clock.monotonic() < 2


def test_the_last_words_of_a_container_that_ends_right_after_its_log_was_read_are_told(target):
    docker = Docker(target, says=())

    def ends_after_a_look(call):
        done = docker.run(call)
        if call.argv[1] == "logs" and docker.dies is None:
            docker.dies = target.now() - docker.started
            docker.says = ((docker.dies, "ERROR: bad"),)
        return done

    target.programs["docker"] = ends_after_a_look
    done = contained(target).start(target.clock)
    assert (done.exit_status, done.stdout.strip()) == (1, "ERROR: bad")


def test_a_container_that_a_restart_policy_starts_anew_has_failed_too_and_stays_stopped(target):
    docker = Docker(target, says=((2.0, "ERROR: bad"),), dies=4.0, again=True)
    done = contained(target).start(target.clock)
    assert (done.exit_status, done.stdout.strip()) == (1, "ERROR: bad")
    target.clock.sleep(60)
    assert not docker.running(), "else it would start with files that are half put back"
    assert len(docker.starts) == 2


def test_a_stop_that_podman_forgets_between_two_starts_is_asked_again(target):
    podman = Docker(target, runtime="podman", says=((2.0, "ERROR: bad"),), dies=4.0, again=True)
    forgotten = iter([True])

    def forgets(call):
        if call.argv[1] == "stop" and next(forgotten, False):
            return Completed(0, "es-1\n", "")
        return podman.run(call)

    target.programs["podman"] = forgets
    assert contained(target, "podman").start(target.clock).exit_status == 1
    assert not podman.running()


def test_a_node_that_says_nothing_is_taken_for_started_in_the_end(target):
    Docker(target, says=())
    began = target.clock.monotonic()
    assert contained(target).start(target.clock).ok
    assert 300 <= target.clock.monotonic() - began < 310


def test_a_container_that_does_not_end_is_never_killed_and_is_said(target):
    docker = Docker(target, takes=None)
    machine = contained(target)
    machine.start(target.clock)
    with pytest.raises(CommandFailed, match="did not stop within 120 s"):
        machine.stop(target.clock)
    assert docker.running()


def test_a_target_that_is_tired_of_waiting_for_the_stop_says_that_the_node_did_not_end(target):
    docker = Docker(target)
    machine = contained(target)
    machine.start(target.clock)

    def tired(call):
        if call.argv[1] != "stop":
            return docker.run(call)
        target.clock.sleep(120)
        raise CommandFailed("`docker` did not end within 120 s", where="es-1", why="it waits", next_step="look")

    target.programs["docker"] = tired
    with pytest.raises(CommandFailed, match="the node did not stop within 120 s"):
        machine.stop(target.clock)


def test_the_keystore_is_changed_in_the_container_while_it_runs_and_beside_it_while_it_does_not(target):
    Docker(target)
    machine = contained(target)
    assert machine.secure_setting_names() == {"keystore.seed", "bootstrap.password"}
    machine.set_secure_settings({"bootstrap.password": "b00t"})
    machine.start(target.clock)
    machine.set_secure_settings({"bootstrap.password": "b00t"})
    calls = [call for call in target.ran if "add" in call.argv]
    assert [call.argv[1] for call in calls] == ["run", "exec"]
    assert {call.stdin for call in calls} == {b"b00t\n"}
    assert not any("b00t" in word for call in target.ran for word in call.argv)


def test_files_belong_to_whom_the_folder_on_the_machine_belongs_to(target):
    machine = contained(target)
    machine.write("certs/http-key.p12", b"key", 0o640)
    file = target.files[CONFIG / "certs/http-key.p12"]
    assert (file.owner, file.group, file.mode) == ("1000", "root", 0o640)


def test_a_container_that_is_not_there_is_refused_with_its_key(target):
    Docker(target, name="elasticsearch")
    with pytest.raises(ConfigurationRefused) as caught:
        contained(target).process()
    assert caught.value.what == "there is no container es-1"
    assert "`machine.container`" in caught.value.next_step


def test_a_runtime_that_may_not_be_asked_is_an_error_and_not_a_stopped_node(target):
    denied = "permission denied while trying to connect to the Docker daemon socket"
    target.programs["docker"] = lambda call: Completed(1, "", f"{denied}\n")
    with pytest.raises(CommandFailed) as caught:
        contained(target).cannot_start()
    assert caught.value.why == denied


def test_limits_are_those_of_the_running_container(target):
    Docker(target)
    machine = contained(target)
    assert machine.limits() is None
    machine.start(target.clock)
    assert machine.limits().open_files == 65535


def test_a_log_of_json_reads_as_the_log_file_would():
    entry = '{"message":"a","error":{"message":"b","stack_trace":"c\\n\\tat d"}}'
    assert in_plain_text(f"{entry}\nplain {{text\n{{not json\n") == "a\nb\nc\n\tat d\nplain {text\n{not json"
