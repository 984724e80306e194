"""Which JDK is taken, and what a person reads when none fits."""

import pytest

from components.errors import ConfigurationRefused
from toolchain import java


def make_jdk(folder, version, tools=java.NEEDED_TOOLS):
    (folder / "bin").mkdir(parents=True)
    for tool in tools:
        (folder / "bin" / tool).write_text("#!/bin/sh\n")
        (folder / "bin" / tool).chmod(0o755)
    (folder / "release").write_text(f'IMPLEMENTOR="x"\nJAVA_VERSION="{version}"\n')
    return folder


@pytest.mark.parametrize(
    ("text", "version"),
    [
        pytest.param("25.0.1", 25, id="a release"),
        pytest.param("21", 21, id="a first release"),
        pytest.param("26-ea", 26, id="an early one"),
        pytest.param("1.8.0_392", 8, id="the old way of counting"),
        pytest.param("unknown", 0, id="nonsense"),
    ],
)
def test_versions_are_read_in_every_way_that_java_writes_them(text, version):
    assert java.major_version(text) == version


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        pytest.param({"a": "17.0.1", "b": "21.0.2"}, "b", id="the only one that is new enough"),
        pytest.param({"a": "26", "b": "25.0.1", "c": "21.0.2"}, "b", id="the one that we try with"),
        pytest.param({"a": "26", "b": "22"}, "b", id="else the oldest that fits"),
    ],
)
def test_of_the_usual_folders_the_best_fitting_jdk_is_taken(tmp_path, found, expected):
    folders = [make_jdk(tmp_path / name, version) for name, version in found.items()]

    assert java.find_jdk({}, folders).home == tmp_path / expected


@pytest.mark.parametrize("variable", ["ES_JAVA_HOME", "JAVA_HOME"])
def test_a_fitting_jdk_that_was_asked_for_wins_over_a_better_one(tmp_path, variable):
    asked, better = make_jdk(tmp_path / "asked", "21.0.1"), make_jdk(tmp_path / "better", "25")

    assert java.find_jdk({variable: str(asked)}, [better]).home == asked


def test_a_jdk_on_the_path_is_found_through_its_link(tmp_path):
    home = make_jdk(tmp_path / "jdk", "21.0.1")
    (tmp_path / "usr-bin").mkdir()
    (tmp_path / "usr-bin" / "java").symlink_to(home / "bin" / "java")

    assert java.find_jdk({"PATH": str(tmp_path / "usr-bin")}, []).home == home


def test_an_old_jdk_that_was_asked_for_is_passed_over(tmp_path):
    old, good = make_jdk(tmp_path / "old", "17.0.9"), make_jdk(tmp_path / "good", "25")

    assert java.find_jdk({"JAVA_HOME": str(old)}, [good]).home == good


def test_the_error_names_everything_that_was_seen_and_what_it_lacks(tmp_path):
    old = make_jdk(tmp_path / "java-17", "17.0.9")
    runtime = make_jdk(tmp_path / "runtime", "25", tools=("java",))

    with pytest.raises(ConfigurationRefused) as refused:
        java.find_jdk({"JAVA_HOME": str(old)}, [runtime, old])

    assert refused.value.why == f"seen: {old}: 17; {runtime}: 25, without javac and jar"
    assert "install a JDK 21 or newer" in refused.value.next_step


def test_the_error_says_so_when_there_is_no_java_at_all():
    with pytest.raises(ConfigurationRefused, match="no Java at all"):
        java.find_jdk({}, [])


def test_a_jdk_without_a_release_file_is_asked_for_its_version(tmp_path):
    home = make_jdk(tmp_path / "jdk", "0")
    (home / "release").unlink()
    (home / "bin" / "java").write_text("#!/bin/sh\necho 'openjdk version \"24.0.2\" 2025-07-15' >&2\n")

    assert java.look_at(home).version == 24
