"""What an operator has in their home for `ssh`: a configuration, keys, known hosts, and an agent.

`ssh` asks `/etc/passwd` for the home, whatever `HOME` says. So who is to live in one made for a test gets mounts of its
own, in which root's home is another folder: nothing is written into the real one.
"""

import os
import pwd
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Home:
    """The home of whoever runs the tests, in the eyes of processes that are started with `lead`."""

    folder: Path

    def __post_init__(self) -> None:
        self.ssh.mkdir(mode=0o700, parents=True)
        us = pwd.getpwuid(os.geteuid())
        entry = (us.pw_name, "x", str(us.pw_uid), str(us.pw_gid), us.pw_gecos, str(self.folder), us.pw_shell)
        for folder in (self.etc, self.real_etc):
            folder.mkdir()
        for each in Path("/etc").iterdir():
            (self.etc / each.name).symlink_to(self.real_etc / each.name)
        (self.etc / "passwd").unlink()
        (self.etc / "passwd").write_text(f"{':'.join(entry)}\n")

    @property
    def ssh(self) -> Path:
        return self.folder / ".ssh"

    @property
    def etc(self) -> Path:
        """What is to be seen as `/etc`: a mount on the file alone ends as soon as somebody adds a user."""
        return self.folder / "etc"

    @property
    def real_etc(self) -> Path:
        """Where the machine's own is to be seen."""
        return self.folder / "real-etc"

    @property
    def lead(self) -> tuple[str, ...]:
        """What a command is started with that finds this home."""
        mount = f"mount --bind /etc {self.real_etc} && mount --bind {self.etc} /etc"
        return ("unshare", "--mount", "sh", "-c", f'{mount} && exec "$@"', "sh")

    def write(self, name: str, text: str) -> None:
        """Write a file of `~/.ssh`."""
        (self.ssh / name).write_text(text)
        (self.ssh / name).chmod(0o600)


@contextmanager
def agent(folder: Path, *keys: str) -> Iterator[dict[str, str]]:
    """Run an agent that holds these keys, and return the variable by which `ssh` finds it."""
    socket = folder / "agent"
    process = subprocess.Popen(["ssh-agent", "-D", "-a", str(socket)], stdout=subprocess.DEVNULL)
    try:
        while not socket.exists():
            assert process.poll() is None, "the agent ended"
            time.sleep(0.01)
        variable = {"SSH_AUTH_SOCK": str(socket)}
        if keys:
            add = ["ssh-add", "-q", *keys]
            subprocess.run(add, check=True, stdin=subprocess.DEVNULL, env={**os.environ, **variable})
        yield variable
    finally:
        process.terminate()
        process.wait()
