"""What `--json` says of a stack file that is refused: each problem with its key, its line and what would be right."""

import json

import pytest

from stacks.cli import BROKEN, main
from stacks.places import line_of
from tests.stacks.stackfiles import sections, write_stack_file

TEXT = """\
config:
  elasticsearch-security:cluster: {name: logs, scenario: basik}
  elasticsearch-security:nodes:
    - name: es-1
      address: 10.0.0.1
    - name: es-2
      address: 10.0.0.1
      transport_port: 9301
    - {name: es-3}
  elasticsearch-security:certificates:
    reissue:
      es-1: 1
      es-1.example.net/http: 2
  elasticsearch-securty:users:
    elastic: {version: two}
  elasticsearch-security:hooks:
    before: &before
      - command: [x]
    after: *before
elasticsearch-security:http: {names: []}
"""


@pytest.mark.parametrize(
    ("key", "line"),
    [
        pytest.param("cluster.scenario", 2, id="on the line of its section"),
        pytest.param("nodes[1].transport_port", 8, id="an entry of a list"),
        pytest.param("nodes[2].address", 9, id="missing in an entry"),
        pytest.param("nodes[1].machine.ssh.host_key", 6, id="missing with what it is in"),
        pytest.param("nodes[7].address", 3, id="an entry that there is not"),
        pytest.param("certificates.reissue.es-1.example.net/http", 13, id="a key with dots in it"),
        pytest.param("certificates.reissue.es-1", 12, id="a key that another one begins with"),
        pytest.param("elasticsearch-securty:users", 14, id="a prefix with a slip"),
        pytest.param("users.elastic.version", 15, id="below a prefix with a slip"),
        pytest.param("hooks.after[0].command", 18, id="an alias, where it is written"),
        pytest.param("elasticsearch-security:http", 20, id="beside the configuration"),
        pytest.param("takeover.elastic_password", 1, id="in a section that there is not"),
    ],
)
def test_a_key_is_found_on_its_line(key, line):
    assert line_of(TEXT, key) == line


@pytest.mark.parametrize("text", ["", "a: [", "- a", "nothing: here"])
def test_where_nothing_of_a_key_is_there_no_line_is_named(text):
    assert line_of(text, "nodes[0].address") is None


@pytest.fixture
def checked(project, capsys):
    """Write a stack file, and return the document and the rest of what a command prints about it."""

    def run(text, *command):
        (project / "stacks" / "Pulumi.prod.yaml").write_text(text)
        assert main([*(command or ["check"]), "prod", "--json", "--project", str(project)]) == BROKEN
        return json.loads(capsys.readouterr().out)

    return run


TWO = TEXT.partition("  elasticsearch-security:certificates")[0]


@pytest.mark.parametrize("command", ["check", "preview", "up"])
def test_each_mistake_stands_alone_with_its_file_line_key_name_and_what_would_be_right(checked, command):
    found = checked(TWO, command)
    assert found["problems"] == [
        {
            "file": "stacks/Pulumi.prod.yaml",
            "line": 2,
            "key": "cluster.scenario",
            "name": "",
            "what": "is `basik`",
            "why": "",
            "next": "it must be `minimal`, `basic` or `basic-https`",
        },
        {
            "file": "stacks/Pulumi.prod.yaml",
            "line": 9,
            "key": "nodes[2].address",
            "name": "es-3",
            "what": "is missing",
            "why": "",
            "next": "write it: host name or IP address where other nodes and clients reach the node",
        },
    ]
    assert found["waiting"] == ["cluster", "nodes"]


def test_another_entry_that_a_mistake_is_about_is_named_too_and_no_rule_waits(checked):
    text = TWO.replace("basik", "basic").replace("{name: es-3}", "{name: es-3, address: 10.0.0.3}")
    found = checked(f"{text}  elasticsearch-security:machine: {{home: /opt, config: '/etc/{{name}}'}}\n")
    (problem,) = found["problems"]
    assert (problem["key"], problem["name"], problem["line"]) == ("nodes[1].http_port", "es-2", 6)
    assert problem["what"].endswith("is that of nodes[0].http_port (es-1) already")
    assert found["waiting"] == []


def test_a_file_that_is_no_yaml_is_one_problem_with_the_line_that_the_parser_names(checked):
    (problem,) = checked("config:\n  a: 1\n  b: [\n")["problems"]
    assert (problem["key"], problem["what"], problem["line"]) == ("", "cannot read the stack file", 4)
    assert problem["why"].startswith("line 4: ")


@pytest.mark.parametrize("missing", ["Pulumi.yaml", "stacks/Pulumi.prod.yaml"])
def test_what_is_not_there_is_one_problem_too(missing, project, capsys):
    (project / missing).unlink()
    assert main(["check", "prod", "--json", "--project", str(project)]) == BROKEN
    found = json.loads(capsys.readouterr().out)
    (problem,) = found["problems"]
    assert (problem["line"], problem["key"], found["waiting"]) == (None, "", [])
    assert all((problem["file"], problem["what"], problem["why"], problem["next"]))


def test_what_may_be_a_secret_is_in_no_problem(project, capsys):
    write_stack_file(
        project / "stacks", sections("users: {elastic: {version: hunter22}}\ntakeover: {elastic_password: hunter22}")
    )
    assert main(["check", "prod", "--json", "--project", str(project)]) == BROKEN
    out = capsys.readouterr().out
    assert len(json.loads(out)["problems"]) == 2
    assert "hunter22" not in out
