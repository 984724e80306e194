"""The shell that stays on a machine and looks at files; here it is one on this machine, without SSH around it."""

import os
import subprocess
import time
from pathlib import PurePosixPath

import pytest

from components.errors import CommandFailed
from components.nodes import ssh, ssh_looks
from components.nodes.local import LocalTarget
from components.nodes.ssh_looks import Looks
from components.nodes.ssh_scripts import BEGIN, LOOK, LOOK_SECONDS, THERE
from components.nodes.ssh_spec import Ssh
from components.nodes.ssh_stats import stats_in

FIRST = f"{BEGIN}\n".encode()


def shell(script=LOOK):
    pipe = subprocess.PIPE
    return subprocess.Popen(["sh", "-c", script], stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL), FIRST


@pytest.fixture
def looks():
    """Return looks, and what starts their shell; `looks.started` is every shell that was started."""
    found = Looks()
    found.started = []

    def start():
        found.started.append(shell())
        return found.started[-1]

    found.start = start
    yield found
    found.close()
    assert all(process.returncode is not None for process, _ in found.started)


@pytest.mark.parametrize(
    "content",
    [b"", b"\n", b"no end of line", b"\nabc 0\n", os.urandom(300_000), f"{BEGIN}\n".encode()],
    ids=["empty", "a line that is empty", "no end of line", "like an answer", "large", "like the begin"],
)
def test_a_file_is_read_to_the_byte(looks, tmp_path, content):
    (tmp_path / "a name's $(id) file").write_bytes(content)
    assert looks.ask("read", [str(tmp_path / "a name's $(id) file")], looks.start) == content
    assert looks.ask("find", [str(tmp_path / "a name's $(id) file")], looks.start) == THERE + content


def test_a_file_that_is_not_there_is_not_found_and_one_that_cannot_be_read_is_no_answer(looks, tmp_path):
    assert looks.ask("find", [str(tmp_path / "nothing")], looks.start) == b""
    assert looks.ask("find", [str(tmp_path)], looks.start) is None


def test_each_look_sees_the_machine_as_it_is_then_and_one_shell_is_enough(looks, tmp_path):
    file = tmp_path / "file"
    for content in (b"before", b"after"):
        file.write_bytes(content)
        assert looks.ask("read", [str(file)], looks.start) == content
        shown = looks.ask("stat", [str(tmp_path / "nothing"), str(file)], looks.start)
        assert dict(stats_in(shown)) == {1: LocalTarget("here").stat([PurePosixPath(file)])[PurePosixPath(file)]}
    assert len(looks.started) == 1


def test_folders_links_and_names_of_any_kind_are_shown_as_they_are_here(looks, tmp_path):
    for name in ("a\\b", "a b  c ", "ü$(id)*"):
        (tmp_path / name).write_text(name)
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("a b  c ")
    (tmp_path / "to a folder").symlink_to("folder")
    (tmp_path / "to nothing").symlink_to("nothing")
    paths = [PurePosixPath(path) for path in (*sorted(tmp_path.iterdir()), tmp_path, tmp_path / "folder" / "nothing")]
    shown = dict(stats_in(looks.ask("stat", [str(path) for path in paths], looks.start)))
    assert {paths[number]: stat for number, stat in shown.items()} == LocalTarget("here").stat(paths)


def test_what_a_look_cannot_show_is_left_to_a_command_and_the_next_look_goes_on(looks, tmp_path):
    (tmp_path / "a\nb").write_text("in a file whose name has two lines")
    assert looks.ask("read", [str(tmp_path / "a\nb")], looks.start) is None
    assert looks.ask("read", [str(tmp_path / "nothing")], looks.start) is None
    assert looks.ask("no-such-verb", [str(tmp_path)], looks.start) is None
    assert looks.ask("stat", [str(tmp_path / "nothing")], looks.start) == b"\n"
    assert len(looks.started) == 1


def test_a_shell_that_was_ended_is_started_again(looks, tmp_path):
    (tmp_path / "file").write_text("content")
    assert looks.ask("read", [str(tmp_path / "file")], looks.start) == b"content"
    looks.started[0][0].kill()
    looks.started[0][0].wait()
    assert looks.ask("read", [str(tmp_path / "file")], looks.start) == b"content"
    assert len(looks.started) == 2


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(f"{LOOK.partition('while IFS= read -r verb')[0]} read -r verb; echo half", id="in the middle"),
        pytest.param(f"{LOOK.partition('while IFS= read -r verb')[0]} cat >/dev/null", id="never"),
    ],
)
def test_half_an_answer_is_none_and_a_shell_that_hangs_is_not_asked_again(script, tmp_path, monkeypatch):
    monkeypatch.setattr(ssh_looks, "ANSWERS_WITHIN", 1.5)
    looks, started = Looks(), []

    def start():
        started.append(shell(script))
        return started[-1]

    for _ in range(2):
        assert looks.ask("read", [str(tmp_path)], start) is None
    looks.close()
    assert len(started) == (1 if "cat" in script.splitlines()[-1] else 2), "one that ended may be started again"


def test_a_digest_that_takes_too_long_is_ended_there(tmp_path):
    (tmp_path / "file").write_text("content")
    slow = tmp_path / "sha256sum"
    slow.write_text("#!/bin/sh\nexec sleep 600\n")
    slow.chmod(0o755)
    quick = LOOK.replace(f"timeout --kill-after=5 {LOOK_SECONDS} sha256sum", "timeout --kill-after=5 1 sha256sum")
    assert quick != LOOK
    looks = Looks()
    script = f"PATH={tmp_path}:$PATH\n{quick}"
    assert looks.ask("stat", [str(tmp_path / "file")], lambda: shell(script)) is None
    assert looks.ask("read", [str(tmp_path / "file")], lambda: shell(script)) == b"content"
    looks.close()


def test_a_machine_whose_shell_does_not_begin_is_asked_by_commands_from_then_on(tmp_path):
    started = []

    def start():
        started.append(shell("echo this account is not available; exit 1"))
        return started[-1]

    looks = Looks()
    assert looks.ask("stat", [str(tmp_path)], start) is None
    assert looks.ask("stat", [str(tmp_path)], start) is None
    assert len(started) == 1


def test_a_target_that_gets_no_look_asks_by_a_command(monkeypatch):
    said = []

    class Blind:
        def ask(self, verb, paths, start):
            return None

    class Connection:
        def run(self, command, stdin, *, node, timeout):
            said.append(command)
            return subprocess.CompletedProcess(command, 0, FIRST + b"content", FIRST)

    monkeypatch.setattr(ssh, "looks_at", lambda reached: Blind())
    monkeypatch.setattr(ssh, "connection_to", lambda reached: Connection())
    target = ssh.SshTarget("es-1", Ssh(host="es-1.example.net"))
    assert target.read(PurePosixPath("/etc/motd")) == b"content"
    assert len(said) == 1


class Files:
    """What commands show of a file that goes after the first look, or stays."""

    def __init__(self, *, goes):
        self.goes, self.looks = goes, 0

    def stat(self, paths):
        self.looks += 1
        return {} if self.goes and self.looks > 1 else {paths[0]: "there"}

    def read(self, path):
        raise CommandFailed(f"cannot read {path}", where="es-1", why="a test", next_step="nothing")


@pytest.mark.parametrize("goes", [True, False])
def test_a_file_that_goes_while_a_command_looks_is_not_there_and_one_that_stays_is_an_error(goes, monkeypatch):
    target, files = ssh.SshTarget("es-1", Ssh(host="es-1.example.net")), Files(goes=goes)
    monkeypatch.setattr(target, "_look", lambda verb, paths: None)
    monkeypatch.setattr(target, "stat", files.stat)
    monkeypatch.setattr(target, "read", files.read)
    if goes:
        assert target.find(PurePosixPath("/run/es.pid")) is None
    else:
        with pytest.raises(CommandFailed, match="cannot read /run/es"):
            target.find(PurePosixPath("/run/es.pid"))


def test_files_that_change_while_they_are_looked_at_are_looked_at_again_by_a_command(monkeypatch):
    class Late:
        def ask(self, verb, paths, start):
            return b"0 \n"

    class Connection:
        def run(self, command, stdin, *, node, timeout):
            return subprocess.CompletedProcess(command, 0, FIRST + said, FIRST)

    monkeypatch.setattr(ssh, "looks_at", lambda reached: Late())
    monkeypatch.setattr(ssh, "connection_to", lambda reached: Connection())
    target, path = ssh.SshTarget("es-1", Ssh(host="es-1.example.net")), PurePosixPath("/etc")
    said = b"0 \n41ed 0 0 1795910264.5 root:root\n"
    assert target.stat([path])[path].mode == 0o755
    said = b"0 \n"
    with pytest.raises(CommandFailed, match="something came or went meanwhile"):
        target.stat([path])


def test_the_shell_ends_when_nobody_can_ask_it_any_more():
    process, first = shell()
    process.stdin.write(first)
    process.stdin.close()
    for _ in range(200):
        if process.poll() is not None:
            break
        time.sleep(0.05)
    assert process.returncode is not None
    process.stdout.close()
