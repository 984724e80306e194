"""Where built and resolved things are kept: outside the checkout, and readable by the nodes' own user."""

import os
from collections.abc import Mapping
from pathlib import Path

import platformdirs

NAME = "essecurity"
SYSTEM_CACHE = Path("/var/cache") / NAME
"""Used when we run as root, since nodes run as an unprivileged user and must be able to read it."""


def cache_folder() -> Path:
    """Return the cache folder, made if it was not there.

    Returns:
        ``$ESSECURITY_CACHE`` if set; ``/var/cache/essecurity`` as root; else the user's own cache folder.
    """
    folder = place_of_cache()
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)
    return folder


def place_of_cache() -> Path:
    """Return where this process's cache folder is, or would be, without making it."""
    return place_for(os.environ, as_root=os.geteuid() == 0)


def place_for(environment: Mapping[str, str], *, as_root: bool) -> Path:
    """Return where the cache folder belongs, without making it."""
    wanted = environment.get("ESSECURITY_CACHE", "")
    if wanted:
        return Path(wanted).expanduser().absolute()
    return SYSTEM_CACHE if as_root else platformdirs.user_cache_path(NAME)


def publish(folder: Path) -> None:
    """Let every user read a folder and all it holds, and run what is executable; nobody but us may write."""
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            executable = path.is_dir() or path.stat().st_mode & 0o100
            path.chmod(0o755 if executable else 0o644)


def size_of(path: Path) -> int:
    """Return the bytes that a file or a folder with all it holds takes, symbolic links not followed."""
    if path.is_symlink() or not path.is_dir():
        return path.lstat().st_size
    return sum(found.lstat().st_size for found in path.rglob("*") if found.is_symlink() or found.is_file())


def readable_size(size: int) -> str:
    """Return a number of bytes as a person reads it, such as ``110 MB``."""
    amount = float(size)
    for unit in ("B", "kB", "MB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}"
        amount /= 1000
    return f"{amount:.1f} GB"
