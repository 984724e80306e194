"""Which jar goes where in an Elasticsearch home, and what makes another home."""

import io
import shutil
from pathlib import Path

import pytest

from components.errors import CommandFailed, ConfigurationRefused
from devcluster import eight, home, layout, maven
from toolchain import java
from toolchain.console import Console


def jar(artifact, version="1.0"):
    return Path(f"/m2/org/x/{artifact}/{version}/{artifact}-{version}.jar")


ALL_OF_MODULES = [jar(name) for names in layout.MODULES.values() for name in names]


def folders(*artifacts):
    found = layout.placed([*map(jar, artifacts), *ALL_OF_MODULES, jar(layout.BRIDGE)], "9.5.3")
    return {place.folder for place in found if layout.artifact_of(place.jar) in artifacts}


@pytest.mark.parametrize(
    ("artifact", "expected"),
    [
        pytest.param("elasticsearch", {"lib"}, id="the server itself"),
        pytest.param("lucene-core", {"lib"}, id="what the server needs"),
        pytest.param("x-pack-security", {"modules/x-pack-security"}, id="a module"),
        pytest.param(
            "netty-common", {"modules/transport-netty4", "modules/x-pack-security"}, id="a jar of two modules"
        ),
        pytest.param("woodstox-core", set(), id="what the product does not ship"),
        pytest.param(layout.BRIDGE, {"lib/entitlement-bridge"}, id="the bridge, kept off the module path"),
    ],
)
def test_every_jar_has_its_place(artifact, expected):
    assert folders(artifact) == expected


def test_of_two_jars_with_one_name_the_first_counts():
    first, second = Path("/m2/a/jsr305/1/jsr305-1.jar"), Path("/m2/b/jsr305/2/jsr305-2.jar")

    found = layout.placed([first, second, *ALL_OF_MODULES, jar(layout.BRIDGE)], "9.5.3")

    assert [place.jar for place in found if place.jar.name.startswith("jsr305")] == [first]


def test_an_empty_module_exports_the_packages_of_its_interfaces():
    sources = layout.empty_module_sources("org.opensaml.core")

    assert sources["module-info.java"] == "module org.opensaml.core { exports org.opensaml.core.xml; }\n"
    assert sources["org/opensaml/core/xml/XMLObject.java"].endswith("public interface XMLObject {}\n")


def test_every_interface_belongs_to_a_module_that_is_made():
    made = {name for names in layout.EMPTY_MODULES.values() for name in names}

    assert set(layout.EMPTY_INTERFACES) <= made


def test_version_8_lacks_some_jars_and_version_9_must_have_them():
    jars = [jar(layout.BRIDGE), *(one for one in ALL_OF_MODULES if layout.artifact_of(one) not in eight.NOT_THERE)]

    assert "x-pack-core" in {layout.artifact_of(place.jar) for place in layout.placed(jars, "8.19.21")}
    with pytest.raises(KeyError, match="httpclient5"):
        layout.placed(jars, "9.5.3")


@pytest.mark.parametrize(("for_nine", "for_eight"), eight.JAVA)
def test_every_row_of_what_java_sources_say_otherwise_finds_something_to_replace(for_nine, for_eight):
    sources = [path.read_text() for path in (layout.SOURCES / "java").rglob("*.java")]

    assert any(for_nine in source for source in sources)
    assert not any(for_nine in eight.rewritten(source) for source in sources)
    assert any(for_eight in eight.rewritten(source) for source in sources)


@pytest.mark.parametrize(
    "changed",
    ["pom.xml", "bin/elasticsearch", "home.py", "eight.py", "java/agent/devcluster/agent/EntitlementAgent.java"],
)
def test_a_changed_source_makes_another_home(tmp_path, changed):
    copy = tmp_path / "devcluster"
    shutil.copytree(layout.SOURCES, copy)
    before = layout.digest_of_sources(copy)
    assert before == layout.digest_of_sources()

    (copy / changed).write_text((copy / changed).read_text() + "\n")

    assert layout.digest_of_sources(copy) != before


def test_every_source_folder_of_java_counts_for_the_digest():
    counted = {path for pattern in layout.SOURCE_FILES for path in layout.SOURCES.glob(pattern)}

    assert set((layout.SOURCES / "java").rglob("*.java")) <= counted
    assert set((layout.SOURCES / "bin").iterdir()) <= counted


def test_a_real_distribution_is_used_when_es_home_names_one(tmp_path, monkeypatch):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "elasticsearch").write_text("#!/bin/sh\n")
    (tmp_path / "bin" / "elasticsearch").chmod(0o755)
    monkeypatch.setenv("ES_HOME", str(tmp_path))
    monkeypatch.setenv("ESSECURITY_CACHE", "/nowhere/may/be/made")

    assert home.elasticsearch_home() == tmp_path


def test_es_home_without_an_elasticsearch_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("ES_HOME", str(tmp_path))

    with pytest.raises(ConfigurationRefused, match=r"it has no bin/elasticsearch"):
        home.elasticsearch_home()


def resolve(tmp_path, monkeypatch, script):
    monkeypatch.setenv("PATH", str(tmp_path))
    if script:
        (tmp_path / "mvn").write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / "mvn").chmod(0o755)
    pom = tmp_path / "pom.xml"
    pom.write_text("<project/>")
    with Console(io.StringIO()).task("resolve") as one:
        return maven.resolve(pom, java.Jdk(tmp_path / "jdk", 25), one, {"elasticsearch.version": "8.19.21"})


def test_a_machine_without_maven_is_told_how_to_get_it(tmp_path, monkeypatch):
    with pytest.raises(ConfigurationRefused, match="Maven is missing") as refused:
        resolve(tmp_path, monkeypatch, script=None)

    assert "set ES_HOME" in refused.value.next_step


def test_maven_runs_on_the_jdk_that_was_found_and_its_answer_is_the_jars(tmp_path, monkeypatch):
    script = 'for one; do case $one in -Dmdep.outputFile=*) echo "/m2/a.jar:$JAVA_HOME/b.jar" >"${one#*=}";; esac; done'

    assert resolve(tmp_path, monkeypatch, script) == (Path("/m2/a.jar"), tmp_path / "jdk" / "b.jar")


def test_maven_is_told_the_version(tmp_path, monkeypatch):
    with pytest.raises(CommandFailed, match=r"-Delasticsearch\.version=8\.19\.21"):
        resolve(tmp_path, monkeypatch, 'echo "[ERROR] called with $*"; exit 1')


def test_what_maven_says_stands_in_the_error(tmp_path, monkeypatch):
    with pytest.raises(CommandFailed, match=r"Unknown host repo\.example"):
        resolve(tmp_path, monkeypatch, "echo '[INFO] x'; echo '[ERROR] Unknown host repo.example'; exit 1")


def test_the_systems_own_library_is_found_through_its_link_in_the_first_folder_that_has_it(tmp_path):
    for name in ("empty", "usr-lib64", "usr-lib"):
        (tmp_path / name).mkdir()
    (tmp_path / "usr-lib64" / "libzstd.so.1.5.6").write_bytes(b"x")
    (tmp_path / "usr-lib64" / "libzstd.so.1").symlink_to("libzstd.so.1.5.6")
    (tmp_path / "usr-lib" / "libzstd.so.1").write_bytes(b"32 bits")
    folders = [str(tmp_path / name) for name in ("none", "empty", "usr-lib64", "usr-lib")]

    assert home.native_library(folders) == tmp_path / "usr-lib64" / "libzstd.so.1.5.6"
    assert home.native_library(folders[:2]) is None


def test_a_machine_without_the_library_is_told_what_will_fail(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(home, "native_library", lambda: None)

    home._add_native_library(tmp_path)

    assert "libzstd.so.1 is missing: indices with the codec best_compression will fail" in capsys.readouterr().out
