"""The archive of classes: nodes load from it, do without it in silence, and nothing is left of how it is made."""

import os
import shutil
import subprocess
import zipfile

import pytest

from components.errors import CommandFailed
from devcluster import class_archive, compiling, layout, versions
from devcluster.accounts import Account
from devcluster.home import elasticsearch_home
from tests.cluster_fixtures import elasticsearch_or_skip
from toolchain import java

IN_ARCHIVE = "shared objects file (top)"
"""What the JVM says of a class that it loads from our archive, and not from its own."""


@pytest.fixture(scope="module")
def home():
    """The home that we lay out, also where ES_HOME names another one."""
    elasticsearch_or_skip()
    return elasticsearch_home(versions.wanted())


def version_of(home, folder):
    """Have a start script print its version; return what it wrote, and whence the JVM loaded the server's classes."""
    log = folder / "loaded"
    done = subprocess.run(
        [home / "bin" / "elasticsearch", "-V"],
        capture_output=True,
        text=True,
        check=True,
        env={
            "PATH": "/usr/bin:/bin",
            "ES_PATH_CONF": str(folder),
            "ES_TMPDIR": str(folder),
            "ES_JAVA_OPTS": f"-Xlog:class+load:file={log}",
        },
    )
    of_server = [line for line in log.read_text().splitlines() if " org.elasticsearch." in line]
    return done, {line.rpartition(" source: ")[2] for line in of_server}


@pytest.mark.cluster(nodes=0)
def test_the_servers_classes_come_from_the_archive(home, tmp_path):
    archive = home / layout.CLASS_ARCHIVE
    if java.look_at(home / "jdk").version >= java.TRIED:
        assert archive.stat().st_size > 0

    _, sources = version_of(home, tmp_path)

    assert (sources == {IN_ARCHIVE}) is (archive.stat().st_size > 0)


@pytest.mark.cluster(nodes=0)
def test_an_archive_that_does_not_fit_is_passed_over_in_silence(home, tmp_path):
    said = version_of(home, tmp_path)[0]
    other = tmp_path / "home"
    shutil.copytree(home / "bin", other / "bin", symlinks=True)
    (other / layout.CLASS_ARCHIVE).parent.mkdir(parents=True)
    (other / layout.CLASS_ARCHIVE).write_bytes(b"of another JVM" * 1000)
    (other / "jdk").symlink_to(home / "jdk")
    for path in (home / "lib").iterdir():
        if path.name != "tools":
            (other / "lib" / path.name).symlink_to(path)

    done, sources = version_of(other, tmp_path)

    assert (done.stdout, done.stderr) == (said.stdout, said.stderr)
    assert IN_ARCHIVE not in sources


@pytest.fixture
def laid_out(tmp_path, monkeypatch):
    """A home without an archive, whose node never runs, and what a killed run left beside it."""
    home = tmp_path / "elasticsearch"
    (home / layout.CLASS_ARCHIVE).parent.parent.mkdir(parents=True)
    (home / "jdk" / "bin").mkdir(parents=True)
    (tmp_path / "elasticsearch.archiving" / class_archive.NAME / "data").mkdir(parents=True)
    account = Account("us", os.geteuid(), os.getegid(), switch=False)
    monkeypatch.setattr(class_archive, "node_account", lambda: account)
    return home


def test_the_archive_is_readable_for_all_and_nothing_else_is_left(laid_out, monkeypatch):
    monkeypatch.setattr(class_archive, "_run", lambda node, home, archive: archive.write_bytes(b"classes"))

    class_archive.make(laid_out)

    archive = laid_out / layout.CLASS_ARCHIVE
    assert archive.read_bytes() == b"classes"
    assert archive.stat().st_mode & 0o777 == 0o644
    assert [path.name for path in archive.parent.iterdir()] == [archive.name]
    assert list(laid_out.parent.iterdir()) == [laid_out]


def test_a_jvm_that_makes_no_archive_is_not_asked_again(laid_out, monkeypatch, capsys):
    monkeypatch.setattr(class_archive, "_run", lambda node, home, archive: None)

    class_archive.make(laid_out)

    assert (laid_out / layout.CLASS_ARCHIVE).read_bytes() == b""
    assert "this JVM makes none" in capsys.readouterr().out


def test_a_node_that_does_not_run_leaves_the_home_as_it_is_and_says_why(laid_out, monkeypatch, capsys):
    def fail(node, home, archive):
        raise CommandFailed("the node did not start", where=node.name, why="no memory", next_step="x")

    monkeypatch.setattr(class_archive, "_run", fail)

    class_archive.make(laid_out)

    assert not (laid_out / layout.CLASS_ARCHIVE).exists()
    assert "nodes start without an archive of classes" in (said := capsys.readouterr().out)
    assert "no memory" in said
    assert list(laid_out.parent.iterdir()) == [laid_out]


def test_classes_join_a_jar_and_never_take_the_place_of_one_that_is_there(tmp_path):
    jar, classes = tmp_path / "server.jar", tmp_path / "classes"
    with zipfile.ZipFile(jar, "w") as archive:
        archive.writestr("org/Server.class", b"theirs")
    classes.joinpath("org").mkdir(parents=True)
    classes.joinpath("org/Main.class").write_bytes(b"ours")

    compiling.join(classes, jar)

    with zipfile.ZipFile(jar) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == {
            "org/Server.class": b"theirs",
            "org/Main.class": b"ours",
        }
    with pytest.raises(FileExistsError, match=r"server\.jar holds org/Main\.class already"):
        compiling.join(classes, jar)
