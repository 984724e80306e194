"""Which Elasticsearch is laid out, and that a development cluster keeps the one it has."""

from pathlib import Path

import pytest

from components.errors import ConfigurationRefused
from devcluster import cluster as module
from devcluster import home, layout, versions
from devcluster.cluster import DevCluster
from devcluster.spec import ClusterSpec, NodeSpec

POM = (layout.SOURCES / "pom.xml").read_text()


def test_the_pom_names_the_version_and_no_address():
    assert versions.of_pom(POM) == "9.5.3"
    assert "://" not in POM


def test_a_pom_without_a_version_is_a_mistake():
    with pytest.raises(ValueError, match=r"names no elasticsearch\.version"):
        versions.of_pom("<project/>")


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        pytest.param({}, "9.5.3", id="not named: that of the POM"),
        pytest.param({"ELASTICSEARCH_VERSION": ""}, "9.5.3", id="named by nothing"),
        pytest.param({"ELASTICSEARCH_VERSION": "8.19.21"}, "8.19.21", id="8.19"),
        pytest.param({"ELASTICSEARCH_VERSION": "9.4.8"}, "9.4.8", id="another 9.x"),
    ],
)
def test_the_environment_names_the_version_or_the_pom_does(environment, expected):
    assert versions.wanted(environment) == expected


@pytest.mark.parametrize("text", ["8.19", "8.18.4", "7.17.29", "10.0.0", "9.5.3-SNAPSHOT", "latest", "9.5.3/../x"])
def test_a_version_that_cannot_be_laid_out_is_refused_with_the_variable(text):
    with pytest.raises(ConfigurationRefused, match="it must be a whole version of 8") as refused:
        versions.wanted({"ELASTICSEARCH_VERSION": text})

    assert refused.value.where == "ELASTICSEARCH_VERSION"
    assert text in refused.value.what


def test_each_version_has_a_folder_of_its_own(tmp_path):
    places = {home.place_of_home(tmp_path, version) for version in ("9.5.3", "8.19.21")}

    assert {versions.of_home(place) for place in places} == {"9.5.3", "8.19.21"}


@pytest.mark.parametrize(
    ("name", "version"),
    [("elasticsearch-9.5.3-96eb7d708b5f", "9.5.3"), ("elasticsearch-8.19.21", "8.19.21"), ("elasticsearch", None)],
)
def test_the_name_of_a_folder_tells_its_version_where_it_has_one(name, version):
    assert versions.of_home(Path("/opt") / name) == version


@pytest.fixture
def laid_out(tmp_path, monkeypatch):
    """A cluster of one node that does not run, laid out with 8.19.21; which home is wanted next is up to the test."""
    spec = ClusterSpec("books", tmp_path / "c", tmp_path / "c" / "home", (NodeSpec("es-1", 21_999, 21_998),))

    def wanting(version):
        folder = tmp_path / f"elasticsearch-{version}-0123"
        monkeypatch.setattr(module, "elasticsearch_home", lambda: folder)
        return DevCluster(spec)

    cluster = wanting("8.19.21")
    cluster.lay_out()
    yield wanting
    cluster.remove()


@pytest.mark.parametrize("does", [DevCluster.lay_out, DevCluster.start])
def test_a_cluster_of_another_version_is_refused_and_nothing_is_changed(laid_out, does):
    cluster = laid_out("9.5.3")
    before = {path: path.read_bytes() for path in cluster.spec.folder.rglob("*") if path.is_file()}

    with pytest.raises(
        ConfigurationRefused, match=r"is one of Elasticsearch 8\.19\.21, and 9\.5\.3 is wanted"
    ) as refused:
        does(cluster)

    assert "set ELASTICSEARCH_VERSION=8.19.21" in refused.value.next_step
    assert cluster.spec.home.readlink().name == "elasticsearch-8.19.21-0123"
    assert {path: path.read_bytes() for path in cluster.spec.folder.rglob("*") if path.is_file()} == before


def test_a_cluster_of_the_same_version_follows_to_another_folder(laid_out):
    cluster = laid_out("8.19.21")
    cluster.spec.home.unlink()
    cluster.spec.home.symlink_to("/gone/elasticsearch-8.19.21-4567")

    cluster.lay_out()

    assert cluster.spec.home.readlink().name == "elasticsearch-8.19.21-0123"
