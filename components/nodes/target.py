"""The narrow door to a machine: six verbs, and the plain values that go through it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Completed:
    """How a command ended.

    Attributes:
        exit_status: the exit status; negative for a signal.
        stdout: what it wrote, as text.
        stderr: what it wrote to standard error, as text.
    """

    exit_status: int
    stdout: str
    stderr: str

    @property
    def ok(self) -> bool:
        """Whether the command ended with status 0."""
        return self.exit_status == 0


@dataclass(frozen=True, slots=True)
class FileStat:
    """What is known of a file without showing its content.

    Attributes:
        sha256: digest of the content, in hex; empty for a folder.
        mode: permission bits, such as 0o640.
        owner: user name, or number where the machine has no name for it.
        group: group name, likewise.
        modified: seconds since 1970 on the machine's clock, with a fraction.
    """

    sha256: str
    mode: int
    owner: str
    group: str
    modified: float


@dataclass(frozen=True, slots=True)
class DesiredFile:
    """A file as it must be. The content never prints.

    Attributes:
        path: where it lies.
        content: what it holds.
        mode: permission bits; no umask and no default ACL of the folder changes them.
        owner: user name or number.
        group: likewise.
        no_acl: whether nobody has rights on it beside what its mode says; else the file keeps the ACL that it had.
        within: the folder out of which no link of somebody else's may lead it; None for none but its own.
    """

    path: PurePosixPath
    content: bytes = field(repr=False)
    mode: int
    owner: str
    group: str
    no_acl: bool = False
    within: PurePosixPath | None = None


class NodeTarget(Protocol):
    """A machine, as far as we may touch it."""

    name: str

    def run(
        self,
        argv: Sequence[str],
        *,
        stdin: bytes | None = None,
        user: str | None = None,
        environment: Mapping[str, str] | None = None,
        timeout: float = 60,
    ) -> Completed:
        """Run a command; secrets go by ``stdin``, never in ``argv`` or ``environment``.

        Args:
            argv: the command and its arguments.
            stdin: what the command reads.
            user: whom to run it as; None for whoever we are there.
            environment: variables added to a minimal environment.
            timeout: seconds until it is ended.

        Raises:
            TargetUnreachable: the machine did not answer.
            CommandFailed: the command did not end in time, or could not be started.
        """

    def stat(self, paths: Sequence[PurePosixPath]) -> Mapping[PurePosixPath, FileStat]:
        """Return what is known of those of the paths that exist."""

    def read(self, path: PurePosixPath) -> bytes:
        """Return a file's content.

        Raises:
            CommandFailed: it cannot be read.
        """

    def find(self, path: PurePosixPath) -> bytes | None:
        """Return a file's content, or None where there is no file.

        Raises:
            CommandFailed: it cannot be read.
        """

    def write(self, file: DesiredFile) -> None:
        """Put a file in place at once: temporary name in its folder, final owner and mode, fsync, rename.

        Raises:
            CommandFailed: it could not be written; what was there before is still there.
        """

    def remove(self, path: PurePosixPath) -> None:
        """Remove a file, or a folder with all it holds; one that is not there is no error."""
