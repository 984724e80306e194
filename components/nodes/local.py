"""The target that is this very machine."""

import contextlib
import grp
import hashlib
import os
import pwd
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path, PurePosixPath

from components.errors import CommandFailed, ConfigurationRefused
from components.nodes.entered import entered, held
from components.nodes.folder_lock import TEMPORARY_SUFFIX, only_writer_in
from components.nodes.target import Completed, DesiredFile, FileStat

MINIMAL_ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LC_ALL": "C.UTF-8",
}

_ACL = "system.posix_acl_access"
"""What a file's ACL beyond its mode is kept as; some file systems know none. Source: acl(5), xattr(7)."""
_ONE_FOLDER_AT_A_TIME = threading.Lock()
"""The trust files and the key files of a node are written side by side, into a folder that neither finds at first."""


class LocalTarget:
    """This machine."""

    def __init__(self, name: str) -> None:
        self.name = name

    def run(
        self,
        argv: Sequence[str],
        *,
        stdin: bytes | None = None,
        user: str | None = None,
        environment: Mapping[str, str] | None = None,
        timeout: float = 60,
    ) -> Completed:
        """Run a command in a session of its own, so that ending us does not end it."""
        account = self._account(user)
        try:
            process = subprocess.Popen(
                list(argv),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd="/",
                env={**MINIMAL_ENVIRONMENT, **(environment or {})},
                start_new_session=True,
                user=account.pw_uid if account else None,
                group=account.pw_gid if account else None,
                extra_groups=os.getgrouplist(account.pw_name, account.pw_gid) if account else None,
            )
        except OSError as error:
            raise CommandFailed(
                f"`{argv[0]}` could not be started",
                where=self.name,
                why=str(error),
                next_step="check `machine.home` in the stack file and the file's permissions",
            ) from error
        with process:
            try:
                stdout, stderr = process.communicate(stdin or b"", timeout=timeout)
            except subprocess.TimeoutExpired as error:
                if process.poll() is not None:  # a node that it started holds its output, and is not to be killed
                    return _completed(process.returncode, error.stdout, error.stderr)
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)  # with what it started, which might go on without it
                raise CommandFailed(
                    f"`{argv[0]}` did not end within {timeout:.0f} s and was ended",
                    where=self.name,
                    why="the machine is overloaded, or the command waits for something",
                    next_step=f"run it by hand on {self.name} to see what it waits for, then run again",
                ) from error
        return _completed(process.returncode, stdout, stderr)

    def stat(self, paths: Sequence[PurePosixPath]) -> Mapping[PurePosixPath, FileStat]:
        """Return what is known of those of the paths that exist."""
        found = {}
        for path in paths:
            try:
                found[path] = _stat(Path(path))
            except (FileNotFoundError, NotADirectoryError):
                continue
            except OSError as error:
                raise self._refused("look at", path, error) from error
        return found

    def read(self, path: PurePosixPath) -> bytes:
        """Return a file's content."""
        try:
            return Path(path).read_bytes()
        except OSError as error:
            raise self._refused("read", path, error) from error

    def find(self, path: PurePosixPath) -> bytes | None:
        """Return a file's content, or None where there is no file."""
        try:
            return Path(path).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise self._refused("read", path, error) from error

    def write(self, file: DesiredFile) -> None:
        """Put a file in place at once."""
        path = Path(file.path)
        try:
            _make_folder(path.parent, file)
            with entered(path.parent, file.within or path.parent) as folder, only_writer_in(folder):
                _put(folder / (path.name + TEMPORARY_SUFFIX), folder / path.name, file)
        except OSError as error:
            raise self._refused("write", file.path, error) from error

    def remove(self, path: PurePosixPath) -> None:
        """Remove a file, or a folder with all it holds."""
        try:
            if Path(path).is_dir() and not Path(path).is_symlink():
                shutil.rmtree(path)
            else:
                Path(path).unlink(missing_ok=True)
        except OSError as error:
            raise self._refused("remove", path, error) from error

    def _account(self, user: str | None) -> pwd.struct_passwd | None:
        if user is None:
            return None
        try:
            account = pwd.getpwnam(user)
        except KeyError as error:
            raise ConfigurationRefused(
                f"there is no user `{user}` on this machine",
                where=self.name,
                why="the node is to run as that user",
                next_step="correct `machine.user` in the stack file, or create the user",
            ) from error
        if account.pw_uid == os.geteuid():
            return None
        if os.geteuid() != 0:
            raise ConfigurationRefused(
                f"cannot act as user `{user}`",
                where=self.name,
                why=f"this program runs as `{pwd.getpwuid(os.geteuid()).pw_name}`; only root changes users",
                next_step=f"run as `{user}` or as root",
            )
        return account

    def _refused(self, verb: str, path: PurePosixPath, error: OSError) -> CommandFailed:
        return CommandFailed(
            f"cannot {verb} {path}",
            where=self.name,
            why=error.strerror or str(error),
            next_step="check the folder's owner and permissions, and the free space, then run again",
        )


def _stat(path: Path) -> FileStat:
    status = path.stat()
    digest = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
    return FileStat(
        sha256=digest,
        mode=status.st_mode & 0o7777,
        owner=_name(lambda: pwd.getpwuid(status.st_uid).pw_name, status.st_uid),
        group=_name(lambda: grp.getgrgid(status.st_gid).gr_name, status.st_gid),
        modified=status.st_mtime,
    )


def _name(look_up: Callable[[], str], number: int) -> str:
    try:
        return look_up()
    except KeyError:
        return str(number)


def _ids(owner: str, group: str) -> tuple[int, int]:
    try:
        uid = int(owner) if owner.isdigit() else pwd.getpwnam(owner).pw_uid
        gid = int(group) if group.isdigit() else grp.getgrnam(group).gr_gid
    except KeyError as error:
        raise OSError(f"there is no such user or group here: {error.args[0]}") from error
    return uid, gid


def _put(temporary: Path, path: Path, file: DesiredFile) -> None:
    """Write under the temporary name, then rename; what fails leaves nothing under that name."""
    try:
        _write_synced(temporary, path, file, *_ids(file.owner, file.group))
        temporary.replace(path)
        _sync_folder(path.parent)
    except OSError:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


def _write_synced(temporary: Path, path: Path, file: DesiredFile, uid: int, gid: int) -> None:
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        os.fchown(descriptor, uid, gid)
        with contextlib.suppress(OSError):  # there is none
            if file.no_acl:
                os.removexattr(descriptor, _ACL)
            else:
                os.setxattr(descriptor, _ACL, os.getxattr(path, _ACL))
        os.fchmod(descriptor, file.mode)
        stream.write(file.content)
        stream.flush()
        os.fsync(descriptor)


def _make_folder(folder: Path, file: DesiredFile) -> None:
    """Make a folder that has its owner before its name: a run killed here leaves none that the node cannot read."""
    with _ONE_FOLDER_AT_A_TIME:
        if folder.is_dir():
            return
        ids = _ids(file.owner, file.group)
        with entered(folder.parent, file.within or folder.parent) as around:
            _make_in(around, folder.name, *ids)


def _make_in(around: Path, name: str, uid: int, gid: int) -> None:
    temporary = around / (name + TEMPORARY_SUFFIX)
    with contextlib.suppress(FileNotFoundError):
        temporary.rmdir()
    temporary.mkdir(mode=0o700)
    descriptor = os.open(temporary, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        if any(held(descriptor).iterdir()):
            raise OSError("something else took its temporary name")
        os.fchown(descriptor, uid, gid)
        os.fchmod(descriptor, 0o750)
        temporary.rename(around / name)
    except OSError:
        with contextlib.suppress(OSError):
            temporary.rmdir()
        raise
    finally:
        os.close(descriptor)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _completed(status: int, stdout: bytes | None, stderr: bytes | None) -> Completed:
    return Completed(status, (stdout or b"").decode(errors="replace"), (stderr or b"").decode(errors="replace"))
