"""Where a stack is run: environments in place, the development cluster's in a copy."""

import stat

import pytest

from components.errors import ConfigurationRefused
from stacks import workspace
from stacks.config import sections_of_file
from stacks.workspace import refuse_missing_project, workspace_for
from tests.stacks.stackfiles import sections, write_stack_file, yaml

PROJECT = """
name: elasticsearch-security
runtime: {name: python, options: {virtualenv: .venv}}
stackConfigDir: stacks
plugins: {providers: [{name: essecurity, path: provider}], analyzers: [{name: policy-python, path: policy}]}
"""
LOCAL_NODES = """
nodes:
  - {name: es-1, address: 127.0.0.1, http_port: 9201, transport_port: 9301}
  - {name: es-2, address: 127.0.0.1, http_port: 9202, transport_port: 9302}
"""


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A checkout with two stack files, `local` and `prod`, and an environment without any wish of its own."""
    (tmp_path / "stacks").mkdir()
    (tmp_path / "Pulumi.yaml").write_text(PROJECT)
    write_stack_file(tmp_path / "stacks", sections(LOCAL_NODES), "local")
    write_stack_file(tmp_path / "stacks", sections(), "prod")
    monkeypatch.setattr(workspace, "ROOT", tmp_path)
    for name in ("BACKEND_URL", "CONFIG_PASSPHRASE", "CONFIG_PASSPHRASE_FILE", "HOME"):
        monkeypatch.delenv(f"PULUMI_{name}", raising=False)
    return tmp_path


def test_an_environment_is_run_in_place(checkout):
    found = workspace_for("prod", None)
    assert (found.stack, found.project, found.handed_out) == ("prod", checkout, None)
    assert found.stack_file == checkout / "stacks" / "Pulumi.prod.yaml"
    assert set(found.environment) == {
        "PULUMI_SKIP_UPDATE_CHECK",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION",
        "ESSECURITY_PREVIEW_AT",
    }
    assert not (checkout / ".dev").exists()


def test_a_stack_file_that_is_run_in_place_is_not_written(checkout):
    before = (checkout / "stacks" / "Pulumi.prod.yaml").read_bytes()
    workspace_for("prod", None)
    assert (checkout / "stacks" / "Pulumi.prod.yaml").read_bytes() == before


def test_another_project_is_run_in_place_even_if_its_stack_is_called_local(checkout, tmp_path):
    assert workspace_for("local", tmp_path).project == tmp_path
    assert not (checkout / ".dev").exists()


@pytest.mark.parametrize("stack", ["prdo", "../prod", ""])
def test_an_environment_without_a_stack_file_is_refused(checkout, stack):
    with pytest.raises(ConfigurationRefused, match="there is no such file"):
        workspace_for(stack, None)


def test_the_development_cluster_is_run_in_a_copy_and_the_checkout_stays_as_it_is(checkout):
    before = {path: path.read_bytes() for path in checkout.rglob("*") if path.is_file()}
    found = workspace_for("local", None)
    assert (found.project, found.handed_out) == (checkout / ".dev" / "project", checkout / ".dev")
    assert sections_of_file(found.stack_file) == sections(LOCAL_NODES)
    assert {path: path.read_bytes() for path in before} == before


def test_what_the_engine_wrote_into_the_copy_stays_and_nothing_else_does(checkout):
    copy = workspace_for("local", None).stack_file
    copy.write_text(
        f"{copy.read_text()}  elasticsearch-security:users: {{elastic: {{version: 7}}}}\nencryptionsalt: v1:abc\n"
    )

    workspace_for("local", None)

    assert yaml(copy.read_text())["encryptionsalt"] == "v1:abc"
    assert sections_of_file(copy) == sections(LOCAL_NODES)


OVERLAY = """
nodes:
  - {name: es-2, http_port: 19202, transport_port: 9302, instead_of: {http_port: 9202, transport_port: 9302}}
  - {name: es-9, http_port: 1, transport_port: 2, instead_of: {http_port: 3, transport_port: 4}}
"""


def lay_over(checkout, text=OVERLAY):
    (checkout / ".dev").mkdir()
    (checkout / ".dev" / "overlay.yaml").write_text(text)


def test_the_ports_that_the_development_cluster_found_are_laid_over_those_of_the_stack_file_and_told(checkout):
    lay_over(checkout)

    workspace = workspace_for("local", None)

    found = sections_of_file(workspace.stack_file)
    assert found["nodes"] == [
        {"name": "es-1", "address": "127.0.0.1", "http_port": 9201, "transport_port": 9301},
        {"name": "es-2", "address": "127.0.0.1", "http_port": 19202, "transport_port": 9302},
    ]
    assert found["cluster"] == sections()["cluster"]
    assert workspace.moved == ("es-2 has http_port 19202, since 9202 of the stack file is taken on this machine",)


@pytest.mark.parametrize(
    "nodes",
    [
        pytest.param("[{name: es-2, address: 127.0.0.1, http_port: 9292, transport_port: 9302}]", id="another port"),
        pytest.param("[{name: es-2, address: 127.0.0.1, transport_port: 9302}]", id="the default in its place"),
        pytest.param("[es-2, {address: 127.0.0.1}, {name: [es-2]}]", id="no nodes"),
        pytest.param("es-2", id="no list"),
    ],
)
def test_what_somebody_wrote_since_then_is_looked_at_as_it_is(nodes, checkout):
    lay_over(checkout)
    changed = sections(f"nodes: {nodes}")
    write_stack_file(checkout / "stacks", changed, "local")

    workspace = workspace_for("local", None)

    assert (sections_of_file(workspace.stack_file), workspace.moved) == (changed, ())


def test_a_default_port_that_was_taken_is_laid_over_too(checkout):
    lay_over(checkout, "nodes: [{name: es-2, http_port: 9204, instead_of: {http_port: 9200}}]")
    write_stack_file(checkout / "stacks", sections("nodes: [{name: es-2, address: 127.0.0.1}]"), "local")

    found = sections_of_file(workspace_for("local", None).stack_file)

    assert found["nodes"] == [{"name": "es-2", "address": "127.0.0.1", "http_port": 9204}]


def test_the_copys_project_points_back_to_the_checkout(checkout):
    project = workspace_for("local", None).project
    written = yaml((project / "Pulumi.yaml").read_text())
    assert (project / written["main"]).resolve() == checkout
    assert (project / written["runtime"]["options"]["virtualenv"]).resolve() == checkout / ".venv"
    assert (project / written["plugins"]["providers"][0]["path"]).resolve() == checkout / "provider"
    assert (project / written["plugins"]["analyzers"][0]["path"]).resolve() == checkout / "policy"
    assert (written["name"], written["stackConfigDir"]) == ("elasticsearch-security", "stacks")
    assert str(checkout) not in (project / "Pulumi.yaml").read_text()


def test_the_development_clusters_state_and_passphrase_are_those_of_the_checkout(checkout):
    environment = workspace_for("local", None).environment
    assert environment["PULUMI_BACKEND_URL"] == f"{(checkout / '.dev' / 'state').as_uri()}?metadata=skip"
    assert (checkout / ".dev" / "state").is_dir()
    assert environment["PULUMI_HOME"] == str(checkout / ".dev" / "pulumi")
    assert environment["PULUMI_CONFIG_PASSPHRASE_FILE"] == str(checkout / ".dev" / "passphrase")


def test_the_passphrase_is_made_once_and_for_its_owner_alone(checkout):
    workspace_for("local", None)
    path = checkout / ".dev" / "passphrase"
    first = path.read_text()
    workspace_for("local", None)
    assert path.read_text() == first
    assert len(first) > 30
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [found.name for found in path.parent.glob("passphrase*")] == ["passphrase"]


def test_a_passphrase_that_another_run_made_meanwhile_is_kept(checkout, monkeypatch):
    path = checkout / ".dev" / "passphrase"

    def slow_secret(length):
        path.write_text("that of the other run")
        return "ours"

    monkeypatch.setattr(workspace.secrets, "token_urlsafe", slow_secret)
    workspace_for("local", None)
    assert path.read_text() == "that of the other run"


@pytest.mark.parametrize(
    ("name", "unset"),
    [
        pytest.param("PULUMI_BACKEND_URL", "PULUMI_BACKEND_URL", id="another backend"),
        pytest.param("PULUMI_HOME", "PULUMI_HOME", id="another home of the engine"),
        pytest.param(
            "PULUMI_CONFIG_PASSPHRASE_FILE", "PULUMI_CONFIG_PASSPHRASE_FILE", id="another file with a passphrase"
        ),
        pytest.param("PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE", id="a passphrase"),
    ],
)
def test_what_the_environment_says_wins(checkout, monkeypatch, name, unset):
    monkeypatch.setenv(name, "of the environment")
    assert unset not in workspace_for("local", None).environment


def test_a_folder_without_a_project_is_refused(tmp_path):
    with pytest.raises(ConfigurationRefused, match=r"it has no Pulumi\.yaml"):
        refuse_missing_project(tmp_path)


def test_a_folder_with_a_project_is_fine(checkout):
    assert refuse_missing_project(checkout) is None
