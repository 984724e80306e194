"""``python -m toolchain`` as a person calls it."""

import subprocess
import sys

import pytest

from toolchain import java, requirements
from toolchain.__main__ import main


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("ESSECURITY_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def nothing_there(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.delenv("ES_JAVA_HOME", raising=False)
    monkeypatch.setattr(java, "usual_folders", list)


def test_check_names_what_is_missing_and_how_to_install_it(monkeypatch, tmp_path, capsys):
    nothing_there(monkeypatch, tmp_path)

    assert main(["check"]) == 1

    lines = {line.split()[1]: line for line in capsys.readouterr().out.splitlines()}
    assert lines["Python"].startswith("ok ")
    for name, hint in (("Go", requirements.GO_HINT), ("Maven", requirements.MAVEN_HINT), ("JDK", java.HINT)):
        assert lines[name].startswith("missing")
        assert hint in lines[name]


def test_go_is_not_asked_for_where_pulumi_is_installed():
    found = requirements.requirements(which={"pulumi": "/opt/pulumi/bin/pulumi"}.get)

    assert next(one for one in found if one.name == "Go").ok


def test_an_error_is_told_calmly_and_ends_with_status_one(monkeypatch, tmp_path, capsys):
    nothing_there(monkeypatch, tmp_path)

    assert main(["java"]) == 1

    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("✗ this machine: no JDK 21 or newer\n  why:  seen: ")
    assert "Traceback" not in shown.err


def test_the_path_of_a_tool_is_all_that_stands_on_standard_output(tmp_path, monkeypatch, capsys):
    home = tmp_path / "jdk"
    (home / "bin").mkdir(parents=True)
    for tool in java.NEEDED_TOOLS:
        (home / "bin" / tool).write_text("")
        (home / "bin" / tool).chmod(0o755)
    (home / "release").write_text('JAVA_VERSION="21.0.1"\n')
    monkeypatch.setenv("ES_JAVA_HOME", str(home))

    assert main(["java"]) == 0
    assert capsys.readouterr().out == f"{home}\n"


def test_clean_removes_what_is_ours_says_its_size_and_leaves_the_rest(cache, capsys):
    (cache / "engine-built-1" / "bin").mkdir(parents=True)
    (cache / "engine-built-1" / "bin" / "pulumi").write_bytes(b"x" * 2000)
    (cache / "engine.lock").touch()
    (cache / "notes.txt").write_text("mine")

    assert main(["clean"]) == 0

    assert [path.name for path in cache.iterdir()] == ["notes.txt"]
    assert f"removed {cache / 'engine-built-1'} (2 kB)" in capsys.readouterr().out


def test_clean_says_so_when_there_is_nothing_and_makes_nothing(cache, capsys):
    assert main(["clean"]) == 0

    assert not cache.exists()
    assert "nothing to remove" in capsys.readouterr().out


def test_clean_refuses_while_something_runs_from_there(cache, capsys):
    (cache / "elasticsearch-9.5.3-x").mkdir(parents=True)
    argv = [sys.executable, "-c", "import time; time.sleep(600)", f"{cache}/elasticsearch-9.5.3-x/jdk/bin/java"]
    with subprocess.Popen(argv) as process:
        try:
            assert main(["clean"]) == 1
        finally:
            process.kill()

    assert (cache / "elasticsearch-9.5.3-x").is_dir()
    assert f"process {process.pid}" in capsys.readouterr().out
