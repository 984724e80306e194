"""Commands on this machine: what reaches them, and what never does."""

import grp
import os
import pwd
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from components.errors import CommandFailed, ConfigurationRefused
from tests.nodes.local_files import OURS, TARGET, some_other_group, someone_else


def python(code: str, **differs):
    return TARGET.run([sys.executable, "-I", "-S", "-c", code], **differs)


def environment(**differs) -> dict[str, str]:
    """Return the environment that a command sees."""
    done = TARGET.run(["env"], **differs)
    return dict(line.split("=", 1) for line in done.stdout.splitlines())


def test_standard_input_reaches_the_command():
    assert TARGET.run(["cat"], stdin=b"s3cret\nand more\n").stdout == "s3cret\nand more\n"


def test_without_standard_input_a_command_reads_the_end_and_does_not_wait_for_the_terminal():
    assert TARGET.run(["cat"]).stdout == ""


def test_how_a_command_ended_is_told_and_is_no_error():
    done = TARGET.run(["sh", "-c", "echo out; echo err >&2; exit 65"])
    assert (done.exit_status, done.stdout, done.stderr, done.ok) == (65, "out\n", "err\n", False)
    assert TARGET.run(["true"]).ok


def test_a_command_that_a_signal_ends_has_a_negative_status():
    assert TARGET.run(["sh", "-c", "kill -9 $$"]).exit_status == -9


def test_output_that_is_not_utf8_does_not_stop_us():
    assert TARGET.run(["printf", "a\\377b"]).stdout == "a\ufffdb"


def test_an_argument_is_never_read_by_a_shell():
    assert TARGET.run(["echo", "$HOME; touch x", "*"]).stdout == "$HOME; touch x *\n"


def test_the_environment_is_minimal_and_no_secret_of_ours_leaks_into_it(monkeypatch):
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "s3cret")
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    monkeypatch.setenv("PATH", "/somewhere/else")
    assert environment() == {
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "LC_ALL": "C.UTF-8",
    }


def test_what_is_asked_for_is_added_to_the_environment():
    found = environment(environment={"ES_PATH_CONF": "/etc/es"})
    assert found.pop("ES_PATH_CONF") == "/etc/es"
    assert set(found) == {"PATH", "LC_ALL"}


def test_a_command_starts_in_the_root_folder_and_in_a_session_of_its_own():
    done = python("import os; print(os.getcwd(), os.getsid(0) == os.getpid())")
    assert done.stdout.split() == ["/", "True"]


def test_a_command_that_takes_too_long_is_ended_and_the_time_is_said():
    with pytest.raises(CommandFailed) as caught:
        TARGET.run(["sleep", "60"], timeout=0.05)
    assert caught.value.where == "es-1"
    assert caught.value.what == "`sleep` did not end within 0 s and was ended"
    assert "es-1" in caught.value.next_step


def test_a_time_out_shows_neither_arguments_nor_standard_input():
    with pytest.raises(CommandFailed) as caught:
        TARGET.run(["sh", "-c", "sleep 60 # s3cret"], stdin=b"pa55word", timeout=0.05)
    assert "s3cret" not in str(caught.value)
    assert "pa55word" not in str(caught.value)


def test_a_command_that_takes_too_long_is_ended_with_all_that_it_started(tmp_path):
    """What `bin/elasticsearch` starts is a child of it, and would hold the node's folders."""
    child = tmp_path / "child"
    with pytest.raises(CommandFailed, match="was ended"):
        TARGET.run(["sh", "-c", 'sleep 60 & echo $! > "$1"; wait', "sh", str(child)], timeout=3)
    pid = child.read_text().strip()
    left = [TARGET.run(["ps", "-o", "args=", "-p", pid]).stdout for _ in range(10)]
    with suppress(ProcessLookupError):
        os.kill(int(pid), 9)
    assert "sleep 60" not in left[-1]


def test_what_a_command_leaves_running_with_its_output_is_not_killed_when_the_time_is_over():
    """A node that an operator's own `start` puts into the background, for one."""
    done = TARGET.run(["sh", "-c", "sleep 60 & echo $!; echo err >&2; exit 3"], timeout=3)
    running = TARGET.run(["ps", "-o", "args=", "-p", done.stdout.strip()]).stdout
    with suppress(ProcessLookupError):
        os.kill(int(done.stdout), 9)
    assert (done.exit_status, done.stderr, running) == (3, "err\n", "sleep 60\n")


def test_a_missing_program_is_an_error_that_says_where_to_look(tmp_path):
    with pytest.raises(CommandFailed) as caught:
        TARGET.run([f"{tmp_path}/bin/elasticsearch", "-d"])
    assert caught.value.what == f"`{tmp_path}/bin/elasticsearch` could not be started"
    assert "No such file or directory" in caught.value.why
    assert "`machine.home`" in caught.value.next_step


def test_a_program_that_may_not_be_run_is_an_error_too(tmp_path: Path):
    (tmp_path / "elasticsearch").write_text("#!/bin/sh\n")
    (tmp_path / "elasticsearch").chmod(0o644)
    with pytest.raises(CommandFailed, match="Permission denied"):
        TARGET.run([str(tmp_path / "elasticsearch")])


def test_an_unknown_user_is_refused_with_what_to_do():
    with pytest.raises(ConfigurationRefused) as caught:
        TARGET.run(["true"], user="no-such-user")
    assert caught.value.where == "es-1"
    assert "`no-such-user`" in caught.value.what
    assert caught.value.next_step == "correct `machine.user` in the stack file, or create the user"


def test_our_own_user_needs_no_change_of_user():
    assert TARGET.run(["id", "-un"], user=OURS).stdout == f"{OURS}\n"


def test_only_root_changes_users_and_everybody_else_is_told(monkeypatch):
    monkeypatch.setattr("os.geteuid", lambda: 4_000_000)
    monkeypatch.setattr("pwd.getpwuid", lambda uid: type("Account", (), {"pw_name": "ops"})())
    with pytest.raises(ConfigurationRefused) as caught:
        TARGET.run(["true"], user="nobody")
    assert caught.value.what == "cannot act as user `nobody`"
    assert "`ops`" in caught.value.why
    assert caught.value.next_step == "run as `nobody` or as root"


@pytest.fixture
def in_another_group() -> Iterator[None]:
    """We are in one group more than the user whom we act as, where we may be."""
    before = os.getgroups()
    if os.geteuid() == 0:
        os.setgroups([*before, grp.getgrnam(some_other_group()).gr_gid])
    yield
    if os.geteuid() == 0:
        os.setgroups(before)


def test_a_command_runs_as_the_user_with_that_users_groups_only(in_another_group):
    account = pwd.getpwnam(someone_else())
    assert TARGET.run(["id", "-un"], user=account.pw_name).stdout == f"{account.pw_name}\n"
    groups = {int(number) for number in TARGET.run(["id", "-G"], user=account.pw_name).stdout.split()}
    assert groups == set(os.getgrouplist(account.pw_name, account.pw_gid))


def test_another_user_gets_no_home_and_no_name_of_ours_in_the_environment():
    assert set(environment(user=someone_else())) == {"PATH", "LC_ALL"}
