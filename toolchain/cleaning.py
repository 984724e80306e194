"""Removes what this project put into the cache folder, which all checkouts share, and nothing else from there."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import psutil

from components.errors import ConfigurationRefused
from toolchain import console
from toolchain.cache import place_of_cache, readable_size, size_of

OURS = ("engine-*", "engine.lock", "elasticsearch-*", "elasticsearch.lock")


def clean() -> None:
    """Remove everything from the cache folder, saying what and how big it was.

    Raises:
        ConfigurationRefused: a node runs from the Elasticsearch home that would go.
    """
    folder = place_of_cache()
    found = sorted({path for pattern in OURS for path in folder.glob(pattern)})
    if users := list(_processes_below(folder)):
        raise ConfigurationRefused(
            "something still runs from there",
            where=str(folder),
            why=f"process {', '.join(map(str, users))} has it on its command line",
            next_step="stop the nodes with `make down` in the checkout that they are of, then run again",
        )
    for path in found:
        size = readable_size(size_of(path))
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
        console.say(f"removed {path} ({size})")
    if not found:
        console.say(f"nothing to remove in {folder}")
    elif not any(folder.iterdir()):
        folder.rmdir()


def _processes_below(folder: Path) -> Iterator[int]:
    for process in psutil.process_iter(["cmdline"]):
        if any(f"{folder}/" in argument for argument in process.info["cmdline"] or ()):
            yield process.pid
