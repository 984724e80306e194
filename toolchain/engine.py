"""Finds the Pulumi engine, or makes it: from the path, as the official release, or built from its Go module.

The order, from cheap to dear:

1. ``pulumi`` on the path, when its version fits.
2. What an earlier run left in the cache.
3. The official release, fetched by the SDK's own installer.
4. The engine built from the Go module that ``toolchain/engine`` pins.

``ENGINE=build`` goes straight to the built one. Whatever is returned lies in a folder named ``bin``, so that
``PulumiCommand(root=str(engine().parent.parent))`` accepts it.
"""

import hashlib
import os
import re
import shutil
import subprocess
from pathlib import Path

from filelock import FileLock

from components.errors import CommandFailed, ConfigurationRefused
from toolchain import console, processes
from toolchain.cache import cache_folder, publish
from toolchain.release import install_release
from toolchain.requirements import GO_HINT

MODULE = Path(__file__).parent / "engine"
COMMAND_PACKAGE = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
OLDEST = (3, 259, 0)
TOO_NEW = (4, 0, 0)
BUILT = ".".join(map(str, OLDEST))
VERSION_FLAG = f"-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v{BUILT}"
BUILD_ARGUMENTS = ("-ldflags", f"-s -w {VERSION_FLAG}")
"""Never others: any other flag misses what Go has in its own cache, and the build takes ten minutes again."""


def engine() -> Path:
    """Return the path of a Pulumi engine that fits this program, made if need be.

    Returns:
        A file named ``pulumi`` in a folder named ``bin``.

    Raises:
        ConfigurationRefused: there is none, and Go, which would build it, is missing.
        CommandFailed: the build failed; its last lines are in the text.
    """
    cache = cache_folder()
    if os.environ.get("ENGINE") == "build":
        return _built(cache)
    return _on_path(cache) or _kept(cache) or _release(cache) or _built(cache)


def version_fits(text: str) -> bool:
    """Tell whether the engine's answer to ``pulumi version`` names one that this program was written for."""
    found = re.match(r"v?(\d+)\.(\d+)\.(\d+)", text.strip())
    return found is not None and OLDEST <= tuple(map(int, found.groups())) < TOO_NEW


def build_folder(cache: Path) -> Path:
    """Return where the built engine is kept; a changed module has another folder."""
    digest = hashlib.sha256()
    for name in ("go.mod", "go.sum"):
        digest.update((MODULE / name).read_bytes())
    return cache / f"engine-built-{BUILT}-{digest.hexdigest()[:12]}"


def _on_path(cache: Path) -> Path | None:
    found = shutil.which("pulumi")
    if found is None:
        return None
    version = _version_of(Path(found))
    if not version_fits(version):
        console.say(f"pulumi {version or 'of unknown version'} at {found} is left alone: {_wanted()} is needed")
        return None
    return _in_bin(Path(found), cache)


def _in_bin(found: Path, cache: Path) -> Path:
    """Return the engine under a folder named ``bin``, through a link where its own has another name."""
    if found.parent.name == "bin":
        return found
    link = cache / "engine-on-path" / "bin" / "pulumi"
    link.parent.mkdir(parents=True, exist_ok=True)
    temporary = link.with_name(f"pulumi.{os.getpid()}")
    temporary.symlink_to(found.resolve())
    temporary.replace(link)
    return link


def _kept(cache: Path) -> Path | None:
    kept = [*cache.glob("engine-release-*/bin/pulumi"), build_folder(cache) / "bin" / "pulumi"]
    return next((path for path in kept if path.is_file()), None)


def _release(cache: Path) -> Path | None:
    with FileLock(cache / "engine.lock"):
        if kept := _kept(cache):
            return kept
        with console.task("fetch the Pulumi release") as task:
            folder = install_release(cache, task)
            if folder is None:
                task.done("no way out from here")
    return folder / "bin" / "pulumi" if folder else None


def _built(cache: Path) -> Path:
    folder = build_folder(cache)
    if not (folder / "bin" / "pulumi").is_file():
        with FileLock(cache / "engine.lock"):  # a second process waits here, then finds it built
            if not (folder / "bin" / "pulumi").is_file():
                _build(folder)
    return folder / "bin" / "pulumi"


def _build(folder: Path) -> None:
    go = shutil.which("go")
    if go is None:
        raise ConfigurationRefused(
            "Go is missing",
            where="this machine",
            why="there is no Pulumi engine here, no release can be fetched, and Go is what builds one",
            next_step=f"{GO_HINT}; or install Pulumi {_wanted()} and put it on the path",
        )
    temporary = folder.with_name(folder.name + ".new")
    shutil.rmtree(temporary, ignore_errors=True)
    with console.task(f"build the Pulumi engine {BUILT}") as task:
        fetched, compiled = 0, 0

        def count(line: str) -> None:
            nonlocal fetched, compiled
            fetched, compiled = (
                fetched + line.startswith("go: downloading"),
                compiled + _names_a_package(line),
            )
            task.update(f"{fetched} modules fetched, {compiled} packages compiled")

        argv = [go, "build", "-v", "-o", str(temporary / "bin" / "pulumi"), *BUILD_ARGUMENTS, COMMAND_PACKAGE]
        ended = processes.run(argv, count, cwd=MODULE)
        if ended.exit_status != 0:
            raise CommandFailed(
                "the Pulumi engine could not be built",
                where="this machine",
                why=f"`go build` ended with {ended.exit_status}:\n{ended.tail}",
                next_step="mend what Go says and run again; or install Pulumi and put it on the path",
            )
        publish(temporary)
        temporary.rename(folder)


def _names_a_package(line: str) -> bool:
    return not line.startswith("go:") and " " not in line


def _version_of(binary: Path) -> str:
    environment = {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"}
    try:
        said = subprocess.run([binary, "version"], capture_output=True, text=True, timeout=30, env=environment)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return said.stdout.strip()


def _wanted() -> str:
    return f"{BUILT} or newer, below {TOO_NEW[0]},"
