"""Compiles the launcher and the stand-ins with the JDK's own compiler, and packs them into jars."""

import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from components.errors import CommandFailed
from devcluster import eight, layout
from toolchain import java, processes

JAVA_SOURCES = layout.SOURCES / "java"
RELEASE = ("-nowarn", "-proc:none", "--release", str(java.OLDEST))
"""Classes that the oldest JDK we accept can load, whichever compiles them."""


@dataclass(frozen=True, slots=True)
class Compiler:
    """The compiler of one JDK, for one home.

    Attributes:
        jdk: whose compiler.
        home: the home that is being laid out; its jars are already there.
        sources: our Java sources, as they must read for the version of the home.
        scratch: a folder for classes, removed afterwards.
    """

    jdk: java.Jdk
    home: Path
    sources: Path
    scratch: Path

    def launcher(self) -> None:
        """Compile the launcher into the home's own copy of the server's jar, whose Java module it joins."""
        sources = self.sources / "launcher"
        patch = f"org.elasticsearch.server={sources}"
        options = (
            "--patch-module",
            patch,
            "--module-path",
            str(self.home / "lib"),
            "--add-modules",
            "org.elasticsearch.server",
        )
        classes = self.scratch / "launcher"
        self._javac(options, sorted(sources.rglob("*.java")), classes)
        join(classes, layout.server_jar(self.home))

    def agent(self) -> None:
        """Compile the entitlement agent."""
        jar = self.home / "lib/entitlement-agent/agent.jar"
        self._into_jar("agent", self.sources / "agent", (), jar, manifest=layout.AGENT_MANIFEST)

    def console(self) -> None:
        """Compile the console loader."""
        self._into_jar("console", self.sources / "console", (), self.home / "lib/tools/ansi-console/console.jar")

    def standins(self) -> None:
        """Compile the module that stands in for parts of others."""
        options = ("-cp", str(self.home / "lib" / "*"))
        self._into_jar("standins", self.sources / "standins", options, self.home / "modules/standins/standins.jar")

    def empty_modules(self) -> None:
        """Compile all empty Java modules at once, and pack each into a jar beside those that require it."""
        sources, classes = self.scratch / "empty-sources", self.scratch / "empty-classes"
        for names in layout.EMPTY_MODULES.values():
            for name in names:
                _write_all(sources / name, layout.empty_module_sources(name).items())
        self._javac(("--module-source-path", str(sources)), sorted(sources.rglob("*.java")), classes)
        for module, names in layout.EMPTY_MODULES.items():
            for name in names:
                pack(classes / name, self.home / "modules" / module / f"empty-{name}.jar")

    def _into_jar(
        self, name: str, sources: Path, options: Sequence[str], jar: Path, manifest: str | None = None
    ) -> None:
        classes = self.scratch / name
        self._javac(options, sorted(sources.rglob("*.java")), classes)
        pack(classes, jar, manifest)

    def _javac(self, options: Sequence[str], sources: Iterable[Path], classes: Path) -> None:
        argv = [str(self.jdk.tool("javac")), *RELEASE, *options, "-d", str(classes), *map(str, sources)]
        ended = processes.run(argv, lambda _: None)
        if ended.exit_status != 0:
            raise CommandFailed(
                "the launcher of the development cluster does not compile",
                where=str(self.jdk.home),
                why=ended.tail,
                next_step=f"use a JDK {java.TRIED} (set JAVA_HOME); if it still fails, the Java sources need a change",
            )


@contextmanager
def compiler(jdk: java.Jdk, home: Path, version: str) -> Iterator[Compiler]:
    """Give a compiler for a home of this version, with a scratch folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        sources = _rewritten(scratch / "java") if eight.is_it(version) else JAVA_SOURCES
        yield Compiler(jdk, home, sources, scratch / "classes")


def _rewritten(folder: Path) -> Path:
    sources = {path.relative_to(JAVA_SOURCES).as_posix(): path.read_text() for path in JAVA_SOURCES.rglob("*.java")}
    _write_all(folder, ((name, eight.rewritten(text)) for name, text in sources.items()))
    return folder


def pack(classes: Path, jar: Path, manifest: str | None = None) -> None:
    """Write a jar: a ZIP archive of the classes, with a manifest in front where one is given."""
    jar.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(jar, "w", zipfile.ZIP_DEFLATED) as archive:
        if manifest is not None:
            archive.writestr("META-INF/MANIFEST.MF", manifest)
        _add_classes(archive, classes)


def join(classes: Path, jar: Path) -> None:
    """Add classes to a jar that is there.

    Raises:
        FileExistsError: it holds a class of that name already.
    """
    with zipfile.ZipFile(jar, "a", zipfile.ZIP_DEFLATED) as archive:
        there = set(archive.namelist())
        for path in classes.rglob("*.class"):
            if path.relative_to(classes).as_posix() in there:
                raise FileExistsError(f"{jar.name} holds {path.relative_to(classes)} already")
        _add_classes(archive, classes)


def _add_classes(archive: zipfile.ZipFile, classes: Path) -> None:
    for path in sorted(classes.rglob("*.class")):
        archive.write(path, path.relative_to(classes).as_posix())


def _write_all(folder: Path, sources: Iterable[tuple[str, str]]) -> None:
    for relative, text in sources:
        path = folder / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
