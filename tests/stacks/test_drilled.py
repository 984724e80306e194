"""What a drill raised lies over the stack file of the development cluster, and never in it."""

import pytest
from ruamel.yaml import YAML

from stacks import workspace
from stacks.config import PREFIX
from stacks.drilled import FILE, Drilled, read_drilled, write_drilled

SECTIONS = {"cluster": {"name": "local"}, "authorities": {"http": {"generation": 4, "valid_for": "5y"}}}


def test_nothing_lies_over_a_stack_file_before_the_first_drill(tmp_path):
    assert read_drilled(tmp_path) == Drilled()
    assert Drilled().over({"cluster": {}}) == {"cluster": {}}


def test_rotations_are_counted_from_the_generation_that_the_stack_file_says():
    drilled = Drilled().rotated("transport", "http").rotated("http")
    assert drilled.rotations == {"transport": 1, "http": 2}
    assert drilled.over(SECTIONS)["authorities"] == {
        "transport": {"generation": 2},
        "http": {"generation": 6, "valid_for": "5y"},
    }


@pytest.mark.parametrize("authorities", [None, {}, {"transport": None}])
def test_sections_without_anything_in_them_are_those_with_defaults(authorities):
    assert Drilled({"transport": 1}).over({"authorities": authorities})["authorities"] == {
        "transport": {"generation": 2}
    }


def test_what_holds_meanwhile_takes_the_place_of_the_same_key_and_of_no_other():
    meanwhile = {"authorities": {"http": {"valid_for": "20y"}}, "certificates": {"key": "ec-p384"}}
    assert Drilled(meanwhile=meanwhile).over(SECTIONS) == {
        "cluster": {"name": "local"},
        "authorities": {"http": {"generation": 4, "valid_for": "20y"}},
        "certificates": {"key": "ec-p384"},
    }
    assert SECTIONS["authorities"]["http"]["valid_for"] == "5y"


@pytest.mark.parametrize(
    ("rotations", "told"),
    [
        (
            {"transport": 1, "http": 2},
            (
                ".dev/drill.yaml adds 1 to authorities.transport.generation and 2 to authorities.http.generation, "
                "from drills before; texts count with it",
            ),
        ),
        (
            {"http": 1},
            (".dev/drill.yaml adds 1 to authorities.http.generation, from drills before; texts count with it",),
        ),
        ({"http": 0}, ()),
        ({}, ()),
    ],
)
def test_what_a_drill_adds_to_generations_is_told(rotations, told):
    assert Drilled(rotations, {"certificates": {"key": "ec-p384"}}).told() == told


def test_what_is_written_is_what_is_read(tmp_path):
    drilled = Drilled({"http": 3}, {"certificates": {"key": "ec-p384"}})
    write_drilled(drilled, tmp_path)
    assert read_drilled(tmp_path) == drilled
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_the_development_clusters_stack_is_run_with_it_and_its_own_file_stays(tmp_path, monkeypatch):
    own = tmp_path / "stacks" / "Pulumi.local.yaml"
    own.parent.mkdir()
    (tmp_path / "Pulumi.yaml").write_text((workspace.ROOT / "Pulumi.yaml").read_text())
    own.write_text((workspace.ROOT / "stacks" / "Pulumi.local.yaml").read_text())
    (tmp_path / ".dev").mkdir()
    write_drilled(Drilled({"transport": 1}), tmp_path / ".dev")
    monkeypatch.setattr(workspace, "ROOT", tmp_path)
    before = own.read_text()
    found = workspace.workspace_for("local", None)
    config = YAML(typ="safe").load(found.stack_file)["config"]
    assert found.moved == Drilled({"transport": 1}).told(), "it is said in every plan"
    assert config[f"{PREFIX}authorities"] == {"transport": {"generation": 2}}
    assert own.read_text() == before
