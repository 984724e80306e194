"""The example of each environment: it loads as it is, and the real engine plans it for folders that do not run."""

import re

import pytest

from stacks.config import model_from, sections_of_file
from tests.engine.example_run import ENVIRONMENTS, EXAMPLES, ExampleRun


def test_there_is_one_example_for_each_environment():
    assert {path.name for path in EXAMPLES.iterdir()} == {f"Pulumi.{name}.yaml" for name in ENVIRONMENTS}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_an_example_loads_as_it_is_and_says_in_one_place_where_ssh_goes(environment):
    path = EXAMPLES / f"Pulumi.{environment}.yaml"
    model = model_from(sections_of_file(path), where=path.name)
    assert len(model.nodes) == (1 if environment == "dev" else 3)
    assert path.read_text().count("`ssh`") == 1


@pytest.mark.engine
@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_an_example_is_previewed_by_the_real_engine_and_its_comment_names_every_node(environment, tmp_path):
    run = ExampleRun(tmp_path, environment)
    run.write()
    before = sorted(path for path in run.machine.rglob("*") if path.is_file())
    previewed = run.run("preview", "--markdown")
    assert previewed.status == 1, previewed.stderr
    assert previewed.stdout.startswith(f"## {run.written['cluster']['name']} (test) · ")
    assert [node["name"] for node in run.written["nodes"] if node["name"] not in previewed.stdout] == []
    layers = set(re.findall(r"\| leaf \| [\w -]+ \| `\+ (transport|HTTP) ", previewed.stdout))
    assert layers == ({"transport"} if environment == "dev" else {"transport", "HTTP"})
    names = dict(re.findall(r"^- [\w -]+ · (\w+): `(.*)`$", previewed.stdout, re.MULTILINE))
    dialled = ", ".join([*run.written.get("http", {}).get("names", ()), "localhost, 127.0.0.1, ::1"])
    assert names == {"transport": "127.0.0.1", **({} if environment == "dev" else {"http": dialled})}
    assert sorted(path for path in run.machine.rglob("*") if path.is_file()) == before, "a preview changes nothing"
