"""A machine of which a real systemd is process 1, in namespaces of its own, over the files of this machine.

What is changed there, users too, is in memory, and gone with process 1, as are all processes of that machine. Its
network is this machine's. Only root can make one, and only where systemd is installed and cgroup2 may be mounted.
"""

import contextlib
import os
import secrets
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.sshd import within

SYSTEMD = Path("/lib/systemd/systemd")
TARGET = "essec.target"
COMES_UP_WITHIN = 30.0
UP = ("running", "degraded")
"""Some unit of this machine's, which has nothing to do with a node, may have failed."""
UNITS = "etc/systemd/system"
UNIT = """\
[Unit]
Description=A machine that lets users in, and has no services of its own
Requires=basic.target systemd-user-sessions.service
After=basic.target systemd-user-sessions.service
"""
MACHINE = """
set -e
mkdir "$0/files" "$0/groups"
mount -t tmpfs -o mode=755 essec "$0/files"
mount -t cgroup2 essec "$0/groups"
mkdir "$0/groups/$1"
setpriv --pdeathsig KILL sh -c 'echo $$ >"$1/cgroup.procs" && exec unshare --cgroup --mount --pid --uts --ipc \\
  --fork --kill-child sh -c "$2" "$0/files"' "$0" "$0/groups/$1" "$2" || true
find "$0/groups/$1" -depth -type d -exec rmdir {} +
"""
"""Its words: a folder, a name for its control group, and what begins the machine."""
BEGIN = f"""
set -e
over() {{
  mkdir -p "$0/$2/upper" "$0/$2/work"
  mount -t overlay -o "lowerdir=$1,upperdir=$0/$2/upper,workdir=$0/$2/work" essec "$3"
}}
mkdir "$0/root"
over / all "$0/root"
cd "$0/root"
over /run run run
mount -t proc proc proc
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 essec sys/fs/cgroup
mount -t tmpfs -o mode=755 essec dev
cp -a /dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty dev
ln -s /proc/self/fd dev/fd
ln -s pts/ptmx dev/ptmx
mkdir dev/shm dev/pts
mount -t tmpfs essec dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 essec dev/pts
rm -rf etc/systemd/system
mkdir -p etc/systemd/system etc/tmpfiles.d .before
ln -sf /dev/null etc/tmpfiles.d/tmp.conf  # it would empty /tmp, where our own files are
printf '%s' '{UNIT}' >etc/systemd/system/{TARGET}
pivot_root . .before
umount --lazy .before
exec env -i container=essec {SYSTEMD} --system --unit={TARGET} --log-target=journal --show-status=no
"""
STARTING, STOPPING = "7d4958e842da4a758f6c1cdc7b36dcc5", "de5b426a63be47a7b6ac3eaac82e2f6f"
"""What systemd says with these words, in its journal (systemd, src/systemd/sd-messages.h)."""
VERBS = {STARTING: "start", STOPPING: "stop"}


class NotMade(Exception):
    """This machine lets none be made; the text is why."""


@dataclass(frozen=True)
class SystemdMachine:
    """Such a machine.

    Attributes:
        pid: of its process 1, as it is seen from here.
    """

    pid: int

    @property
    def lead(self) -> tuple[str, ...]:
        """What a command is started with to run there."""
        return ("nsenter", f"--target={self.pid}", "--mount", "--pid", "--uts", "--ipc", "--cgroup")

    @property
    def root(self) -> Path:
        """Where its files are seen from here."""
        return Path(f"/proc/{self.pid}/root")

    def run(self, *command: str) -> str:
        """Run a command there, and return what it printed."""
        return subprocess.run([*self.lead, *command], check=True, capture_output=True, text=True).stdout

    def write_unit(self, name: str, text: str) -> None:
        """Write a unit, and let systemd know."""
        (self.root / UNITS / name).write_text(text)
        self.run("systemctl", "daemon-reload")

    def began(self, unit: str) -> list[str]:
        """Return what systemd itself has begun with a unit, by its journal: `start` or `stop`, the oldest first."""
        self.run("journalctl", "--sync")
        found = (f"MESSAGE_ID={word}" for word in VERBS)
        asked = ["journalctl", "--no-pager", "--output=json", "_PID=1", f"UNIT={unit}", *found]
        lines = self.run(*asked, "--output-fields=MESSAGE_ID").splitlines()
        return [verb for line in lines for word, verb in VERBS.items() if word in line]


@contextmanager
def systemd_machine(folder: Path, *needed: Path) -> Iterator[SystemdMachine]:
    """Run one; all of it is gone at the end.

    Args:
        folder: is empty, and for it alone.
        needed: what has to be seen there; what lies on another file system than `/` is not.

    Raises:
        NotMade: none can be made here.
    """
    if not SYSTEMD.exists():
        raise NotMade(f"there is no {SYSTEMD}")
    words = (str(folder), f"essec-{secrets.token_hex(4)}", BEGIN)
    lead = ("setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "sh", "-c", MACHINE)
    with (folder / "said").open("w+") as said:
        runner = subprocess.Popen([*lead, *words], stdin=subprocess.DEVNULL, stdout=said, stderr=said)
        pid = 0
        try:
            pid = _process_1(runner)
            machine = SystemdMachine(pid)
            _wait_until_up(machine)
            _see(machine, folder, *needed)
            yield machine
        except NotMade as error:
            said.seek(0)
            raise NotMade(f"{error}: {said.read().strip()}") from None
        finally:
            if pid:
                with contextlib.suppress(ProcessLookupError):  # it may have ended by itself
                    os.kill(pid, signal.SIGKILL)
            else:
                runner.kill()
            runner.wait()


def _process_1(runner: subprocess.Popen[bytes]) -> int:
    """Return the process that became systemd."""
    within(COMES_UP_WITHIN, lambda: runner.poll() is not None or _systemd_below(runner) != 0)
    if pid := _systemd_below(runner):
        return pid
    raise NotMade("systemd did not begin")


def _systemd_below(runner: subprocess.Popen[bytes]) -> int:
    with contextlib.suppress(psutil.NoSuchProcess):
        for one in psutil.Process(runner.pid).children(recursive=True):
            if one.cmdline()[:1] == [str(SYSTEMD)]:
                return one.pid
    return 0


def _wait_until_up(machine: SystemdMachine) -> None:
    asked = [*machine.lead, "systemctl", "is-system-running"]

    def is_up() -> bool:
        return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip() in UP

    if not within(COMES_UP_WITHIN, lambda: is_up() or not psutil.pid_exists(machine.pid)) or not is_up():
        raise NotMade("systemd did not come up")


def _see(machine: SystemdMachine, *paths: Path) -> None:
    """Look whether paths of ours are seen there."""
    for path in paths:
        if not (machine.root / path.relative_to("/")).exists():
            raise NotMade(f"{path} is on another file system than /")
