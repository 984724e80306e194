"""Real sshd's with keys of their own, and logins for tests: only root can have them."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from bench.sshd import CONFIGURATION, RIGHTS_ARE_DROPPED_IN, make_key, public_key

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
NO_PASSWORD, WITH_PASSWORD = f"essec-ops{WORKER}", f"essec-pass{WORKER}"
NO_RIGHTS, ONE_COMMAND = f"essec-none{WORKER}", f"essec-one{WORKER}"
"""Logins whose `sudo` refuses us: one may not use it, the other one may run a single command by it."""
HAVE_A_PASSWORD = (WITH_PASSWORD, NO_RIGHTS, ONE_COMMAND)
SUDO_PASSWORD = "geheim wörter $1 '"
SESSIONS_END_WITHIN = 60.0
SUDOERS = Path(f"/etc/sudoers.d/essecurity-tests{WORKER}")


def sshd_or_skip() -> None:
    """A machine without sshd and sudo, or a user that is not root, skips the test and says so."""
    missing = [name for name in ("/usr/sbin/sshd", "/usr/bin/sudo", "/usr/bin/ssh") if not Path(name).exists()]
    if missing:
        pytest.skip(f"needs {', '.join(missing)}")
    if os.geteuid() != 0:
        pytest.skip("needs root: an sshd of its own, and logins that may use sudo")


@contextmanager
def logins() -> Iterator[None]:
    """Make a login for each way in which `sudo` is allowed, or is not; remove those that it made."""
    sshd_or_skip()
    made = [name for name in (NO_PASSWORD, *HAVE_A_PASSWORD) if not _is_there(name)]
    try:
        for name in made:
            subprocess.run(["useradd", "--no-create-home", "--shell", "/bin/bash", "-p", "*", name], check=True)
        passwords = "".join(f"{name}:{SUDO_PASSWORD}\n" for name in HAVE_A_PASSWORD)
        subprocess.run(["chpasswd"], input=passwords.encode(), check=True)
        new = SUDOERS.with_name("." + SUDOERS.name)  # sudo reads no file with a dot in its name
        rights = {NO_PASSWORD: "NOPASSWD: ALL", WITH_PASSWORD: "ALL", ONE_COMMAND: "/usr/bin/id"}
        new.write_text("".join(f"{name} ALL=(ALL) {may}\n" for name, may in rights.items()))
        new.chmod(0o440)
        new.rename(SUDOERS)
        yield
    finally:
        for name in made:
            subprocess.run(["userdel", name], check=False, capture_output=True)
        if made:
            SUDOERS.unlink(missing_ok=True)


@dataclass
class Sshd:
    """A running sshd.

    Attributes:
        folder: its host key, and the key that its logins are let in with.
        address: where it listens.
        port: likewise.
        lead: what it is started with, such as `ip netns exec …`.
        more: more lines of its configuration.
    """

    folder: Path
    address: str
    port: int
    lead: tuple[str, ...] = ()
    more: str = ""
    process: subprocess.Popen | None = None

    @property
    def host_key(self) -> str:
        """Its public host key, as a stack file names it."""
        return public_key(self.folder / "host_key")

    @property
    def identity_file(self) -> str:
        return str(self.folder / "identity")

    def start(self) -> None:
        """Start it, and return once it answers."""
        RIGHTS_ARE_DROPPED_IN.mkdir(mode=0o755, exist_ok=True)
        if not (self.folder / "host_key").exists():
            make_key(self.folder / "host_key")
            make_key(self.folder / "identity")
            shutil.copy(self.folder / "identity.pub", self.folder / "authorized_keys")
        file = self.folder / "sshd_config"
        names = {"folder": self.folder, "authorized_keys": self.folder / "authorized_keys"}
        file.write_text(
            CONFIGURATION.format(port=self.port, address=self.address, **names, level="INFO", more=self.more)
        )
        with (self.folder / "sshd.log").open("w") as log:
            self.process = subprocess.Popen(
                [*self.lead, "/usr/sbin/sshd", "-D", "-e", "-f", str(file)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
            )
        scan = [*self.lead, "ssh-keyscan", "-T", "1", "-t", "ed25519", "-p", str(self.port), self.address]
        for _ in range(50):
            if subprocess.run(scan, capture_output=True, text=True, check=False).stdout:
                return
            assert self.process.poll() is None, (self.folder / "sshd.log").read_text()
            time.sleep(0.1)
        raise AssertionError("the sshd never answered")

    def cut(self) -> None:
        """Kill every session, as when the machine loses its network: the sshd itself goes on."""
        assert self.process is not None
        for one in psutil.Process(self.process.pid).children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                if one.name() == "sshd":
                    one.kill()

    def kill_sessions(self) -> None:
        """Kill every process of every session at once, as when the machine dies: none sees another one end."""
        assert self.process is not None
        kill_all(psutil.Process(self.process.pid).children(recursive=True))

    def sessions_end(self) -> bool:
        """Wait for the end of every session, and tell whether it came: a command in hand may still come to its own."""
        assert self.process is not None
        sessions = psutil.Process(self.process.pid).children(recursive=True)
        return within(SESSIONS_END_WITHIN, lambda: not any(map(_goes_on, sessions)))

    def stop(self) -> None:
        """End it and every session."""
        if self.process is not None:
            with suppress(psutil.NoSuchProcess):
                self.cut()
            self.process.terminate()
            self.process.wait()
            self.process = None


def kill_all(processes: Sequence[psutil.Process]) -> None:
    """Kill processes at once: they are stopped first, so that none of them sees another one end, and cleans up."""
    for act in (psutil.Process.suspend, psutil.Process.kill):
        for one in processes:
            with suppress(psutil.NoSuchProcess):
                act(one)


@contextmanager
def running_sshd(address: str, port: int, lead: Sequence[str] = (), more: str = "") -> Iterator[Sshd]:
    """Run an sshd with keys of its own, in a folder that every login may read."""
    sshd_or_skip()
    folder = Path(tempfile.mkdtemp(prefix="essecurity-sshd-", dir="/run"))
    folder.chmod(0o755)
    sshd = Sshd(folder, address, port, tuple(lead), more)
    try:
        sshd.start()
        yield sshd
    finally:
        sshd.stop()
        shutil.rmtree(folder)


def password_file(folder: Path, password: str = SUDO_PASSWORD) -> str:
    """Write a password for `sudo` as an operator keeps it."""
    path = folder / "sudo-password"
    path.write_text(f"{password}\n", encoding="utf-8")
    path.chmod(0o600)
    return str(path)


@contextmanager
def short_folder() -> Iterator[Path]:
    """Make a folder for temporary files whose path is short, since that of a socket must be."""
    folder = Path(tempfile.mkdtemp(prefix="es-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def within(seconds: float, reached: Callable[[], bool]) -> bool:
    """Wait until something is so, and tell whether it came to that in time."""
    deadline = time.monotonic() + seconds
    while not reached():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def left_behind(temporary: Path) -> list[str]:
    """Return the connections and the folders that a run with this folder for temporary files left: none may be."""
    folders = [str(path) for path in temporary.glob("essecurity-ssh-*")]
    mark = f"{temporary}/essecurity-ssh-"
    processes = [words for one in psutil.process_iter() if mark in (words := _words(one))]
    return [*folders, *processes]


def _goes_on(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _words(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def _is_there(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True
