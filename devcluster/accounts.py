"""Whom the nodes run as, and what that user may reach: Elasticsearch refuses to run as root."""

import hashlib
import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

from components.errors import ConfigurationRefused

UNPRIVILEGED = "nobody"
REACHABLE_FOR_ALL = Path("/var/tmp")  # noqa: S108 (sticky, survives a restart; what we make there is checked to be ours)


@dataclass(frozen=True, slots=True)
class Account:
    """The user that nodes run as.

    Attributes:
        name: the user's name.
        uid: its number.
        gid: the number of its group.
        switch: whether that is somebody else than ourselves.
    """

    name: str
    uid: int
    gid: int
    switch: bool

    def take(self, path: Path, mode: int) -> None:
        """Make a file or folder this user's own."""
        if self.switch:
            os.chown(path, self.uid, self.gid)
        path.chmod(mode)

    def may_reach(self, path: Path) -> bool:
        """Tell whether this user may walk down to a folder."""
        real = path.resolve()
        return all(
            self._may_walk_through(folder.stat()) for folder in (*reversed(real.parents), real) if folder.exists()
        )

    def _may_walk_through(self, status: os.stat_result) -> bool:
        if status.st_uid == self.uid:
            return bool(status.st_mode & stat.S_IXUSR)
        if status.st_gid == self.gid:
            return bool(status.st_mode & stat.S_IXGRP)
        return bool(status.st_mode & stat.S_IXOTH)


def node_account(user: str | None = None) -> Account:
    """Return the user that nodes run as: the one named, else ``nobody`` as root, else ourselves.

    Raises:
        ConfigurationRefused: there is no such user, or we may not act as that user.
    """
    us = os.geteuid()
    name = user or (UNPRIVILEGED if us == 0 else pwd.getpwuid(us).pw_name)
    try:
        entry = pwd.getpwnam(name)
    except KeyError as error:
        raise _refused(name, "there is no such user on this machine") from error
    if entry.pw_uid == 0:
        raise _refused(name, "Elasticsearch refuses to run as root")
    if us not in (0, entry.pw_uid):
        raise _refused(name, "only root may start processes as somebody else")
    return Account(name, entry.pw_uid, entry.pw_gid, switch=entry.pw_uid != us)


def own_folder(folder: Path, account: Account) -> Path:
    """Make a folder that the account may reach, and return where it really is.

    Where the account may not walk down to the folder, such as a checkout below a closed home folder, the real folder
    lies under ``/var/tmp`` and ``folder`` is a symbolic link to it.

    Raises:
        ConfigurationRefused: the place under ``/var/tmp`` is somebody else's.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    if not folder.is_symlink() and account.may_reach(folder.parent):
        folder.mkdir(mode=0o755, exist_ok=True)
        return folder.resolve()
    real = REACHABLE_FOR_ALL / f"essecurity-{hashlib.sha256(os.fsencode(folder.absolute())).hexdigest()[:12]}"
    real.mkdir(mode=0o755, exist_ok=True)
    if real.is_symlink() or real.lstat().st_uid != os.geteuid():
        raise ConfigurationRefused(
            "the folder for the nodes is somebody else's",
            where=str(real),
            why=f"{folder} cannot be reached by the user {account.name}, and that place is taken",
            next_step="remove it, or move the checkout to a folder that every user may enter",
        )
    if not folder.is_symlink():
        folder.symlink_to(real)
    return real


def _refused(name: str, why: str) -> ConfigurationRefused:
    return ConfigurationRefused(
        f"nodes cannot run as `{name}`",
        where="development cluster",
        why=why,
        next_step="correct `machine.user` in the stack file, or leave it out",
    )
