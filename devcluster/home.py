"""Lays out an Elasticsearch home from Maven Central once, and finds it again ever after."""

import os
import platform
import shutil
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

from filelock import FileLock

from components.errors import ConfigurationRefused
from devcluster import class_archive, keystore, layout, versions
from devcluster.compiling import Compiler, compiler
from devcluster.maven import resolve
from toolchain import console, java
from toolchain.cache import cache_folder, publish

NATIVE_LIBRARY = "libzstd.so.1"
LIBRARY_FOLDERS = (
    f"/usr/lib/{platform.machine()}-linux-gnu",
    f"/lib/{platform.machine()}-linux-gnu",
    "/usr/lib64",
    "/lib64",
    "/usr/lib",
    "/usr/local/lib64",
    "/usr/local/lib",
)
"""Where systems keep libraries of their own architecture; those of another may lie in the last ones only."""
PLATFORMS = {"x86_64": "linux-x64", "amd64": "linux-x64", "aarch64": "linux-aarch64", "arm64": "linux-aarch64"}
"""Elasticsearch's names of what ``platform.machine()`` says."""
KEYSTORE_JARS = (
    "elasticsearch",
    "elasticsearch-cli",
    "elasticsearch-cli-terminal",
    "elasticsearch-core",
    "elasticsearch-logging",
    "elasticsearch-x-content",
    "elasticsearch-plugin-api",
    "elasticsearch-plugin-analysis-api",
    "elasticsearch-native",
    "elasticsearch-entitlement",
    "log4j-api",
    "log4j-core",
    "lucene-core",
    "jopt-simple",
)
"""All that the keystore command loads from; each jar more costs it time."""


def elasticsearch_home(version: str | None = None) -> Path:
    """Return an Elasticsearch home, laid out if it was not there.

    Args:
        version: which one; None for the one that the environment names, else that of the POM.

    Returns:
        The one in the cache folder; but where no version is given, the folder that ``ES_HOME`` names, if it names one.

    Raises:
        ConfigurationRefused: ``ES_HOME`` is no Elasticsearch, ``ELASTICSEARCH_VERSION`` no version, or Maven or a JDK
            is missing.
        CommandFailed: Maven or the compiler failed.
    """
    if version is None and (given := os.environ.get("ES_HOME")):
        return _given(Path(given))
    version = version or versions.wanted()
    home = place_of_home(cache_folder(), version)
    lock = FileLock(home.parent / "elasticsearch.lock")  # a second process waits at it, then finds the work done
    if not home.is_dir():
        with lock:
            if not home.is_dir():
                _lay_out(home, version)
    _link_java(home)
    _add_native_library(home)
    if not (home / layout.CLASS_ARCHIVE).exists():
        with lock:
            if not (home / layout.CLASS_ARCHIVE).exists():
                class_archive.make(home)
    return home


def place_of_home(cache: Path, version: str) -> Path:
    """Return where the home of a version and of these sources is kept, without making it."""
    return cache / f"elasticsearch-{version}-{layout.digest_of_sources()}"


def _given(home: Path) -> Path:
    if not os.access(home / "bin" / "elasticsearch", os.X_OK):
        raise ConfigurationRefused(
            "no Elasticsearch there",
            where=f"ES_HOME={home}",
            why="it has no bin/elasticsearch",
            next_step="set ES_HOME to an unpacked Elasticsearch, or unset it to have one laid out from Maven Central",
        )
    return home.resolve()


def _lay_out(home: Path, version: str) -> None:
    jdk = java.find_jdk()
    temporary = home.with_name(home.name + ".new")
    shutil.rmtree(temporary, ignore_errors=True)
    with console.task(f"resolve Elasticsearch {version}") as task:
        jars = resolve(versions.POM, jdk, task, {"elasticsearch.version": version})
        task.done(f"{len(jars)} jars")
    with console.task(f"lay out Elasticsearch {version}") as task:
        _copy(temporary, layout.placed(jars, version))
        with compiler(jdk, temporary, version) as compile_for:
            _compile(compile_for, task)
        _add_standins(temporary, version)
        _add_commands(temporary)
        _add_native_library(temporary)
        _link_java(temporary, jdk)
        _prepare_keystore_command(temporary)
        publish(temporary)
        temporary.rename(home)


def _copy(home: Path, places: Iterable[layout.Placed]) -> None:
    for folder in ("bin", "config", "lib/tools", "logs", "plugins"):
        (home / folder).mkdir(parents=True)
    for place in places:
        (home / place.folder).mkdir(parents=True, exist_ok=True)
        shutil.copyfile(place.jar, home / place.folder / place.jar.name)
        if layout.artifact_of(place.jar) == Path(place.folder).name:
            _unpack_descriptors(place.jar, home / place.folder)


def _unpack_descriptors(jar: Path, folder: Path) -> None:
    """A module's descriptor and entitlement policy travel in its jar, and lie beside it in the product."""
    prefix = f"META-INF/es-plugins/{folder.name}/"
    with zipfile.ZipFile(jar) as archive:
        for name in archive.namelist():
            if name.startswith(prefix) and not name.endswith("/"):
                (folder / Path(name).name).write_bytes(archive.read(name))


def _compile(compile_for: Compiler, task: console.Task) -> None:
    for step in (
        compile_for.launcher,
        compile_for.agent,
        compile_for.console,
        compile_for.standins,
        compile_for.empty_modules,
    ):
        task.update(f"compiling: {step.__name__.replace('_', ' ')}")
        step()


def _add_standins(home: Path, version: str) -> None:
    descriptor = home / "modules" / "standins" / "plugin-descriptor.properties"
    descriptor.write_text(layout.STANDINS_DESCRIPTOR.format(version=version))


def _add_commands(home: Path) -> None:
    for script in (layout.SOURCES / "bin").iterdir():
        shutil.copyfile(script, home / "bin" / script.name)
        (home / "bin" / script.name).chmod(0o755)  # whatever the checkout made of the mode
    for name in layout.TOOLS:
        (home / "bin" / name).symlink_to("elasticsearch-tool")


def _add_native_library(home: Path) -> None:
    """Elasticsearch ships libzstd; here the operating system's own takes its place, once there is one."""
    library = home / "lib" / "platform" / PLATFORMS.get(platform.machine().lower(), "unknown") / "libzstd.so"
    if library.exists():
        return
    found = native_library()
    if found is None:
        console.say(f"{NATIVE_LIBRARY} is missing: indices with the codec best_compression will fail; install libzstd")
        return
    library.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(found, library)
    publish(library.parent)


def native_library(folders: Iterable[str] = LIBRARY_FOLDERS) -> Path | None:
    """Return the file of the operating system's libzstd, or None where it has none."""
    candidates = (Path(folder, NATIVE_LIBRARY) for folder in folders)
    return next((path.resolve() for path in candidates if path.is_file()), None)


def _link_java(home: Path, jdk: java.Jdk | None = None) -> None:
    """The product brings a JDK in ``jdk``; here that is a link, mended when the JDK it names is gone."""
    link = home / "jdk"
    if (link / "bin" / "java").exists():
        return
    (home / layout.CLASS_ARCHIVE).unlink(missing_ok=True)  # it fits the JDK that is gone
    temporary = home / f"jdk.{os.getpid()}"
    temporary.symlink_to((jdk or java.find_jdk()).home.resolve())
    temporary.replace(link)


def _prepare_keystore_command(home: Path) -> None:
    """Give the keystore command a short class path and an archive of the classes it loads; it is called often."""
    tool = home / "lib" / "tools" / "keystore"
    tool.mkdir()
    jars = [jar for jar in sorted((home / "lib").glob("*.jar")) if _artifact_in_home(jar) in KEYSTORE_JARS]
    (tool / "classpath").write_text("".join(f"{jar.relative_to(home)}\n" for jar in jars))
    with tempfile.TemporaryDirectory() as config:
        keystore.run(home, config, ("create",))
        archive = tool / "classes.jsa"
        keystore.run(home, config, ("add", "-f", "-x", "a"), "value\n", f"-XX:ArchiveClassesAtExit={archive}.new")
        archive.with_name(f"{archive.name}.new").rename(archive)


def _artifact_in_home(jar: Path) -> str:
    return jar.name.removesuffix(".jar").rpartition("-")[0]
