"""The verbs over a real sshd on loopback: a login that is root, and `sudo` without a password and with one."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path, PurePosixPath
from types import SimpleNamespace
from unittest.mock import Mock

import psutil
import pytest

from components.clock import SystemClock
from components.errors import CommandFailed, ConfigurationRefused, TargetUnreachable
from components.nodes import ssh_connection
from components.nodes.dialling import ThroughCommand
from components.nodes.folder_lock import TEMPORARY_SUFFIX
from components.nodes.local import LocalTarget
from components.nodes.machine import NodeMachine
from components.nodes.multiplexed import NotSpoken
from components.nodes.probes import Speech, handshake
from components.nodes.process import Patience
from components.nodes.spec import Commands, Machine
from components.nodes.ssh import SshTarget, close_connections
from components.nodes.ssh_spec import Ssh
from components.nodes.target import DesiredFile
from tests.cluster_fixtures import free_ports
from tests.sshd import (
    NO_PASSWORD,
    NO_RIGHTS,
    ONE_COMMAND,
    SUDO_PASSWORD,
    WITH_PASSWORD,
    left_behind,
    logins,
    make_key,
    password_file,
    running_sshd,
    short_folder,
    sshd_or_skip,
    within,
)

LOGINS = ("root", NO_PASSWORD, WITH_PASSWORD)
TUNNELS_END_WITHIN = 10.0
"""Seconds in which an `ssh -W` ends by itself once its connection is closed."""
HOW = ("root", "sudo", "sudo with a password")


@pytest.fixture(scope="module")
def sshd():
    sshd_or_skip()
    with logins(), running_sshd("127.0.0.1", free_ports(1)[0]) as found:
        yield found


@pytest.fixture(autouse=True)
def temporary(monkeypatch, tmp_path_factory):
    """A folder for temporary files, in which nothing may be left."""
    tmp_path_factory.getbasetemp()  # made where it belongs, before the place of temporary files is another one
    with short_folder() as folder:
        monkeypatch.setattr(tempfile, "tempdir", str(folder))
        yield folder
        close_connections()
        assert within(TUNNELS_END_WITHIN, lambda: left_behind(folder) == []), left_behind(folder)


@pytest.fixture
def reach(sshd, tmp_path):
    """Return what makes a target: as whom, and what differs from the usual way."""

    def make(user="root", **differs):
        usual = {
            "host": sshd.address,
            "port": sshd.port,
            "user": user,
            "identity_file": sshd.identity_file,
            "host_key": sshd.host_key,
            "config_file": "/dev/null",
            "sudo_password_file": password_file(tmp_path) if user == WITH_PASSWORD else None,
        }
        return SshTarget("es-1", Ssh(**{**usual, **differs}))

    return make


@pytest.fixture
def place():
    """Return a folder that every login may walk into."""
    folder = Path(subprocess.run(["mktemp", "-d"], capture_output=True, text=True, check=True).stdout.strip())
    folder.chmod(0o755)
    yield folder
    subprocess.run(["rm", "-r", str(folder)], check=True)


def file(path, content=b"content", mode=0o640, owner="nobody", group="root"):
    return DesiredFile(PurePosixPath(path), content, mode, owner, group)


@pytest.mark.parametrize("user", LOGINS, ids=HOW)
def test_a_file_is_written_looked_at_read_and_removed_as_on_this_machine(reach, place, user):
    target, here = reach(user), LocalTarget("es-1")
    place.chmod(0o2755)  # as packages make the config folder: what is made in there would get the bit, too
    path = PurePosixPath(place / "certs" / "a name's $(id) file.p12")
    content = os.urandom(200_000)
    target.write(file(path, content))
    assert target.read(path) == target.find(path) == content
    assert target.find(path.with_name("nothing")) is None
    known = target.stat([path, path.parent, PurePosixPath(place / "nothing")])
    expected = here.stat([path, path.parent])
    assert known.keys() == expected.keys()
    for one, facts in known.items():
        assert facts.modified == pytest.approx(expected[one].modified, abs=1e-3)
        assert (facts.sha256, facts.mode, facts.owner, facts.group) == (
            expected[one].sha256,
            expected[one].mode,
            expected[one].owner,
            expected[one].group,
        )
    assert (known[path].mode, known[path].owner, known[path.parent].mode) == (0o640, "nobody", 0o750)
    assert [entry.name for entry in Path(path.parent).iterdir()] == [path.name]
    target.remove(path.parent)
    target.remove(path)
    assert target.stat([path, path.parent]) == {}


@pytest.mark.parametrize("user", LOGINS, ids=HOW)
def test_a_command_gets_its_words_its_input_its_user_and_no_other_environment(reach, user):
    target = reach(user)
    words = ["printf", "%s|", "a b", "it's", "$HOME", "*", ""]
    assert target.run(words).stdout == "a b|it's|$HOME|*||"
    assert target.run(["cat"], stdin=b"\xc3\xa4 first\nsecond").stdout == "ä first\nsecond"
    assert target.run(["cat"]).stdout == ""
    assert target.run(["id", "-un"]).stdout == "root\n"
    assert target.run(["id", "-un"], user="nobody").stdout == "nobody\n"
    environment = target.run(["env"], environment={"ES_PATH_CONF": "/etc/a b"}).stdout.splitlines()
    assert sorted(line.partition("=")[0] for line in environment) == ["ES_PATH_CONF", "LC_ALL", "PATH"]
    assert "ES_PATH_CONF=/etc/a b" in environment
    assert target.run(["pwd"]).stdout == "/\n"


@pytest.mark.parametrize(
    ("script", "status"), [("exit 0", 0), ("exit 3", 3), ("exit 255", 254), ("kill -TERM $$", -15)]
)
def test_the_end_of_a_command_is_told_and_is_never_taken_for_a_broken_connection(reach, script, status):
    done = reach(NO_PASSWORD).run(["sh", "-c", f"echo out; echo err >&2; {script}"])
    assert (done.exit_status, done.stdout, done.stderr.splitlines()[0]) == (status, "out\n", "err")


@pytest.mark.parametrize("status", [124, 137])
def test_a_command_that_ends_as_one_that_was_ended_has_its_own_words(reach, status):
    done = reach().run(["sh", "-c", f"echo lost >&2; exit {status}"], timeout=20)
    assert (done.exit_status, done.stderr) == ({124: 124, 137: -9}[status], "lost\n")


@pytest.mark.parametrize("name", ["g" * 60, "my dir", "job%2Fmain"])
def test_a_folder_for_temporary_files_in_which_no_socket_can_be_is_left_for_another(
    reach, temporary, monkeypatch, name
):
    (temporary / name).mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary / name))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(temporary))
    assert reach().run(["echo", "hi"]).stdout == "hi\n"
    assert [one.name.startswith("essecurity-ssh-") for one in temporary.iterdir() if one.name != name] == [True]


def test_a_wrong_password_is_shown_to_sudo_once_whatever_is_asked_of_the_machine_afterwards(
    reach, tmp_path, monkeypatch
):
    """`faillock` with `deny=3` locks a login for all machines after three of them."""
    shown, run = [], ssh_connection.Connection.run
    monkeypatch.setattr(
        ssh_connection.Connection, "run", lambda self, *words, **how: shown.append(1) or run(self, *words, **how)
    )
    (tmp_path / "wrong").mkdir()
    target = reach(WITH_PASSWORD, sudo_password_file=password_file(tmp_path / "wrong", "another"))
    somewhere = PurePosixPath("/etc/hostname")
    asks = (
        lambda: target.find(somewhere),
        lambda: target.run(["id"]),
        lambda: target.stat([somewhere]),
        lambda: target.write(file("/etc/no/x")),
    )
    for ask in asks:
        with pytest.raises(ConfigurationRefused, match="`sudo` does not take the password") as caught:
            ask()
        assert caught.value.why == "sudo: 1 incorrect password attempt"
    assert len(shown) == 1


def test_a_command_that_does_not_end_is_ended_there_too(reach, place):
    mark = place / "still-there"
    with pytest.raises(CommandFailed, match=r"es-1: `sh` did not end within 1 s and was ended"):
        reach(NO_PASSWORD).run(["sh", "-c", f"sleep 3; touch {mark}"], timeout=1)
    time.sleep(3)
    assert not mark.exists()


@pytest.mark.parametrize("user", LOGINS, ids=HOW)
def test_a_node_gets_as_long_to_start_and_to_stop_there_as_is_said(user, reach):
    commands = Commands(start=("sleep", "30"), stop=("sleep", "30"), status=("echo", str(os.getpid())))
    machine = Machine(node="es-1", home="/opt/es", config="/etc/es", pid_file="/run/es.pid", commands=commands)
    node = NodeMachine(machine, reach(user), patience=Patience(start=1, stop=1))
    for verb in ("start", "stop"):
        with pytest.raises(CommandFailed, match=f"es-1: the node did not {verb} within 1 s") as caught:
            getattr(node, verb)(SystemClock())
        assert f"raise `rollout.{verb}_timeout` in the stack file" in caught.value.next_step


@pytest.mark.parametrize(
    ("run", "kind", "said"),
    [
        pytest.param({"argv": ["no-such"]}, CommandFailed, "`no-such` could not be started", id="no such command"),
        pytest.param(
            {"argv": ["id"], "user": "no-such"},
            ConfigurationRefused,
            "there is no user `no-such` on this machine",
            id="no such user",
        ),
    ],
)
def test_what_cannot_be_run_is_told(reach, run, kind, said):
    with pytest.raises(kind) as caught:
        reach(NO_PASSWORD).run(**run)
    assert caught.value.what == said


def test_many_commands_at_a_time_share_one_connection(reach, sshd, temporary):
    target, found = reach(NO_PASSWORD), []

    def ask(number):
        found.append(target.run(["sh", "-c", f"sleep 0.2; echo {number}"]).stdout)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(int, found)) == list(range(30))
    assert len([words for words in left_behind(temporary) if " ssh -F" in words and words.startswith("ssh")]) <= 1


def test_what_was_cut_short_never_gets_the_files_name(reach, sshd, place):
    """The connection breaks in the middle of the content: what was there before is still there, and is complete."""
    target, path = reach(), PurePosixPath(place / "http-key.p12")
    target.write(file(path, b"before"))
    failed = []

    def write():
        try:
            target.write(file(path, b"x" * 400_000_000))
        except TargetUnreachable as error:
            failed.append(error)

    thread = threading.Thread(target=write)
    thread.start()
    while not any(one.stat().st_size > 1_000_000 for one in place.glob(f"*{TEMPORARY_SUFFIX}")):
        assert thread.is_alive()
    sshd.cut()
    thread.join()
    assert failed
    assert "does not answer by SSH" in failed[0].what
    assert Path(path).read_bytes() == b"before"
    target.write(file(path, b"after"))  # the next run: a new connection, and the temporary file is replaced
    assert Path(path).read_bytes() == b"after"
    assert [one.name for one in place.iterdir()] == [path.name]


@pytest.mark.parametrize(
    ("user", "folder", "why"),
    [
        pytest.param("root", "/proc/nothing", "cannot make|No such file", id="a folder that cannot be"),
        pytest.param("root", "/dev/full-not", "", id="a folder that is made"),
    ],
)
def test_a_file_that_cannot_be_written_is_told(reach, user, folder, why):
    if not why:
        target = reach(user)
        target.write(file(f"{folder}/x"))
        target.remove(PurePosixPath(folder))
        return
    with pytest.raises(CommandFailed, match=why):
        reach(user).write(file(f"{folder}/x"))


def test_a_full_disk_leaves_what_was_there(reach, place):
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(place)], check=True)
    try:
        target, path = reach(NO_PASSWORD), PurePosixPath(place / "a.pem")
        target.write(file(path, b"before"))
        with pytest.raises(CommandFailed) as caught:
            target.write(file(path, os.urandom(1_000_000)))
        assert "No space left on device" in caught.value.why
        assert [entry.name for entry in place.iterdir()] == ["a.pem"]
        assert target.read(path) == b"before"
    finally:
        subprocess.run(["umount", str(place)], check=True)


def test_a_read_only_folder_is_told(reach, place):
    subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", str(place)], check=True)
    try:
        with pytest.raises(CommandFailed) as caught:
            reach(NO_PASSWORD).write(file(place / "a.pem"))
        assert "Read-only file system" in caught.value.why
    finally:
        subprocess.run(["umount", str(place)], check=True)


REFUSALS = [
    pytest.param({"host_key": None}, "the host key of 127.0.0.1 is not known", id="host key not known"),
    pytest.param({"host_key": "OTHER"}, "the host key of 127.0.0.1 is another one than before", id="another host key"),
    pytest.param({"user": "no-such-login"}, "127.0.0.1 does not let us log in", id="login refused"),
    pytest.param({"identity_file": "OTHER"}, "127.0.0.1 does not let us log in", id="key refused"),
    pytest.param({"host": "no-such.invalid"}, "there is no host no-such.invalid", id="no such host"),
    pytest.param(
        {"user": WITH_PASSWORD, "sudo_password_file": None}, "`sudo` asks for a password", id="no password for sudo"
    ),
    pytest.param(
        {"user": WITH_PASSWORD, "sudo_password_file": "WRONG"}, "`sudo` does not take the password", id="wrong password"
    ),
    pytest.param({"user": NO_RIGHTS}, "`sudo` asks for a password", id="no rights, and no password"),
    pytest.param(
        {"user": NO_RIGHTS, "sudo_password_file": "RIGHT"},
        "this login may not use `sudo`",
        id="no rights, and a password",
    ),
    pytest.param(
        {"user": ONE_COMMAND, "sudo_password_file": "RIGHT"},
        "`sudo` does not let this login run `sh`",
        id="rights to a single command",
    ),
    pytest.param(
        {"user": WITH_PASSWORD, "sudo_password_file": "OPEN"},
        "cannot use the password for `sudo` in",
        id="a password that others may read",
    ),
    pytest.param(
        {"user": WITH_PASSWORD, "sudo_password_file": "/nothing"},
        "cannot use the password for `sudo` in /nothing",
        id="no such file",
    ),
]


@pytest.mark.parametrize(("differs", "what"), REFUSALS)
def test_a_machine_that_does_not_let_us_in_is_told_with_what_to_do(reach, tmp_path, differs, what):
    make_key(tmp_path / "other")
    other = " ".join((tmp_path / "other.pub").read_text().split()[:2])
    open_file = tmp_path / "open"
    open_file.write_text(SUDO_PASSWORD)
    open_file.chmod(0o644)
    words = {"OPEN": str(open_file), "/nothing": "/nothing"}
    if differs.get("sudo_password_file") == "RIGHT":
        words["RIGHT"] = password_file(tmp_path)
    if differs.get("sudo_password_file") == "WRONG":
        (tmp_path / "wrong").mkdir()
        words["WRONG"] = password_file(tmp_path / "wrong", "another")
    words["OTHER"] = other if "host_key" in differs else str(tmp_path / "other")
    target = reach(**{key: words.get(value, value) for key, value in differs.items()})
    with pytest.raises(ConfigurationRefused) as caught:
        target.run(["cat"], stdin=b"a secret")
    assert what in caught.value.what
    assert caught.value.where == "es-1"
    assert "a secret" not in str(caught.value)
    assert SUDO_PASSWORD not in str(caught.value)


def test_a_machine_that_does_not_answer_is_unreachable(reach):
    with pytest.raises(TargetUnreachable, match="does not answer by SSH") as caught:
        reach(port=free_ports(1)[0]).read(PurePosixPath("/etc/hostname"))
    assert "Connection refused" in caught.value.why


@pytest.mark.parametrize("says", ["echo welcome", r"printf '\033]0;ops@es-1\007'"], ids=["a line", "a window's title"])
def test_a_talkative_login_shell_changes_nothing(reach, sshd, place, says):
    """What `.bashrc` prints comes before everything else, on each command."""
    folder = Path("/root")
    kept = (folder / ".bashrc").read_bytes() if (folder / ".bashrc").exists() else None
    (folder / ".bashrc").write_text(f"{says}; echo careful >&2\n")
    try:
        path = PurePosixPath(place / "a.pem")
        reach().write(file(path, b"exact"))
        assert reach().read(path) == b"exact"
        assert reach().run(["echo", "said"]).stdout == "said\n"
    finally:
        if kept is None:
            (folder / ".bashrc").unlink()
        else:
            (folder / ".bashrc").write_bytes(kept)


def test_a_host_on_the_way_is_gone_through(reach, sshd, tmp_path, temporary):
    config = tmp_path / "config"
    known = tmp_path / "known_hosts"
    known.write_text(f"[{sshd.address}]:{sshd.port} {sshd.host_key}\n")
    config.write_text(f"Host *\n  UserKnownHostsFile {known}\n  IdentityFile {sshd.identity_file}\n")
    jump = (f"{NO_PASSWORD}@{sshd.address}:{sshd.port}", f"root@{sshd.address}:{sshd.port}")
    target = reach(NO_PASSWORD, jump=jump, config_file=str(config))
    assert target.run(["id", "-un"]).stdout == "root\n"
    hosts = [words for words in left_behind(temporary) if words.startswith("ssh ") and "ControlMaster=yes" in words]
    assert len(hosts) == 3


@pytest.mark.parametrize("lax", ["", "  StrictHostKeyChecking no\n"], ids=["as it is", "where all keys are taken"])
@pytest.mark.parametrize(
    ("known", "what"),
    [("", "the host key of 127.0.0.1 is not known"), ("OTHER", "the host key of 127.0.0.1 is another one than before")],
    ids=["not known", "another one"],
)
def test_the_host_key_of_a_host_on_the_way_is_checked_whatever_the_configuration_says(
    reach, sshd, tmp_path, known, what, lax
):
    make_key(tmp_path / "other")
    other = " ".join((tmp_path / "other.pub").read_text().split()[:2])
    config, hosts = tmp_path / "config", tmp_path / "known_hosts"
    hosts.write_text(f"[{sshd.address}]:{sshd.port} {other}\n" if known else "")
    config.write_text(f"Host *\n  UserKnownHostsFile {hosts}\n  IdentityFile {sshd.identity_file}\n{lax}")
    target = reach(jump=(f"root@{sshd.address}:{sshd.port}",), config_file=str(config))
    with pytest.raises(ConfigurationRefused) as caught:
        target.run(["cat"], stdin=b"a secret")
    assert what in caught.value.what
    assert hosts.read_text().count("\n") == bool(known)


@pytest.mark.parametrize("by", ["the connection", "a command"])
def test_ports_are_called_from_the_machine(reach, sshd, monkeypatch, by):
    commands = []

    def command(argv, *rest):
        commands.append(argv)
        return ThroughCommand.of(argv, *rest)

    monkeypatch.setattr(ssh_connection, "ThroughCommand", SimpleNamespace(of=command))
    if by == "a command":
        monkeypatch.setattr(ssh_connection, "call", Mock(side_effect=NotSpoken))
    target = reach(NO_PASSWORD)
    spoken = handshake(sshd.address, sshd.port, dial=target.dial)
    assert spoken.speech is Speech.PLAIN
    silent = handshake(sshd.address, free_ports(1)[0], dial=target.dial)
    assert (silent.speech, silent.refusal) == (Speech.NOTHING, "Connection refused")
    assert len(commands) == (2 if by == "a command" else 0)


def test_an_sshd_that_forwards_nothing_is_told(reach):
    with running_sshd("127.0.0.1", free_ports(1)[0], more="AllowTcpForwarding no") as closed:
        target = reach(port=closed.port, host_key=closed.host_key, identity_file=closed.identity_file)
        silent = handshake(closed.address, closed.port, dial=target.dial)
    assert silent.speech is Speech.NOTHING
    assert "AllowTcpForwarding" in silent.refusal


def test_a_process_that_is_killed_leaves_no_connection_and_no_file(reach, temporary):
    code = (
        "import os, signal; from components.nodes.ssh import SshTarget; from components.nodes.ssh_spec import Ssh;"
        f"print(SshTarget('es-1', Ssh.model_validate_json({reach(NO_PASSWORD).ssh.model_dump_json()!r}))"
        ".run(['id', '-un']).stdout); os.kill(os.getpid(), signal.SIGKILL)"
    )
    environment = {**os.environ, "TMPDIR": str(temporary)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert within(10, lambda: left_behind(temporary) == []), left_behind(temporary)


HOSTILE = """\
NoHostAuthenticationForLocalhost yes
VerifyHostKeyDNS yes
StrictHostKeyChecking no
ForkAfterAuthentication yes
StdinNull yes
SessionType none
RequestTTY force
ControlPersist yes
SendEnv *
"""


def test_what_a_configuration_says_otherwise_changes_nothing(reach, sshd, tmp_path, monkeypatch):
    config = tmp_path / "config"
    config.write_text(HOSTILE)
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "a secret of this run")
    target = reach(NO_PASSWORD, config_file=str(config))
    assert target.run(["cat"], stdin=b"content").stdout == "content"
    shells = [Path(f"/proc/{one.pid}/environ") for one in psutil.Process(sshd.process.pid).children(recursive=True)]
    assert shells
    assert all("a secret of this run" not in path.read_text() for path in shells if path.exists())
    make_key(tmp_path / "other")
    other = " ".join((tmp_path / "other.pub").read_text().split()[:2])
    with pytest.raises(ConfigurationRefused, match="is another one than before"):
        reach(NO_PASSWORD, config_file=str(config), host_key=other).run(["id"])


def test_a_login_shell_that_never_begins_is_given_up(reach, monkeypatch):
    monkeypatch.setattr(ssh_connection, "OPENING_TIMEOUT", 1)
    monkeypatch.setattr(ssh_connection, "SHELL_WITHIN", 1)
    folder = Path("/root")
    kept = (folder / ".bashrc").read_bytes() if (folder / ".bashrc").exists() else None
    (folder / ".bashrc").write_text("sleep 60\n")
    try:
        with pytest.raises(TargetUnreachable, match="does not answer by SSH"):
            reach().run(["id"])
    finally:
        if kept is None:
            (folder / ".bashrc").unlink()
        else:
            (folder / ".bashrc").write_bytes(kept)


def test_a_link_in_the_place_of_the_temporary_file_is_not_followed(reach, place):
    """The folder may be the node's user's, and we are root there."""
    path, victim = PurePosixPath(place / "a.pem"), place / "victim"
    victim.write_text("untouched")
    victim.chmod(0o600)
    Path(f"{path}{TEMPORARY_SUFFIX}").symlink_to(victim)
    reach(NO_PASSWORD).write(file(path, b"content", owner="nobody"))
    assert (victim.read_text(), victim.stat().st_mode & 0o777, victim.stat().st_uid) == ("untouched", 0o600, 0)
    assert not Path(path).is_symlink()


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o660, 0o644, 0o775])
def test_a_file_gets_its_mode(reach, place, mode):
    path = PurePosixPath(place / "a.pem")
    reach().write(file(path, mode=mode))
    assert reach().stat([path])[path].mode == mode
