"""Every way in which a stack file can be wrong, and what a person is told about it. The cases are files: `bad/`."""

from contextlib import suppress
from functools import cache

import pytest
from pydantic import ValidationError

from components.errors import ConfigurationRefused
from stacks import rules
from stacks.cli import main
from stacks.config import check, model_from
from stacks.model import StackModel
from stacks.refused import with_names
from tests.stacks.stackfiles import bad_stack_files, mistakes, model, sections, write_stack_file

CASES = [pytest.param(case, id=case["case"]) for case in bad_stack_files()]


def sections_of(case):
    return sections(case.get("change", ""), tuple(case.get("without", ())))


def found_in(case):
    return mistakes(case.get("change", ""), tuple(case.get("without", ())))


@cache
def models_of_cases():
    """Return the cases that only rules refuse."""
    found = []
    for case in bad_stack_files():
        with suppress(ValidationError):
            found.append(StackModel.model_validate(sections_of(case)))
    return found


def test_there_are_many_cases_and_no_two_have_one_name():
    names = [case["case"] for case in bad_stack_files()]
    assert len(names) == len(set(names)) >= 100


@pytest.mark.parametrize("case", CASES)
def test_every_mistake_is_told_with_its_place_and_with_what_to_write(case):
    found = found_in(case)
    if "paths" in case:
        assert [line.partition(": ")[0] for line in found] == case["paths"]
    else:
        assert found == case["mistakes"]


@pytest.mark.parametrize("case", CASES)
def test_a_bad_stack_file_is_refused_in_one_list_by_the_command_line(case, tmp_path, capsys):
    (tmp_path / "stacks").mkdir()
    (tmp_path / "Pulumi.yaml").write_text("name: any")
    write_stack_file(tmp_path / "stacks", sections_of(case))

    assert main(["preview", "prod", "--project", str(tmp_path)]) == 2

    said, found = capsys.readouterr().out, found_in(case)
    count = "1 mistake;" if len(found) == 1 else f"{len(found)} mistakes;"
    assert said.splitlines()[0] == f"✗ stacks/Pulumi.prod.yaml: {count} nothing was touched"
    assert said.splitlines()[1 : len(found) + 1] == [
        f"    {with_names(line.replace('--stack ENVIRONMENT', '--stack prod'), sections_of(case))}" for line in found
    ]
    assert "Traceback" not in said


@pytest.mark.parametrize("rule", [pytest.param(rule, id=rule.find.__name__) for rule in rules.RULES])
def test_every_rule_has_a_case_that_it_refuses(rule):
    assert any(list(rule.find(model)) for model in models_of_cases())


@pytest.mark.parametrize("rule", [pytest.param(rule, id=rule.find.__name__) for rule in rules.RULES])
def test_a_rule_names_every_section_that_it_reads(rule):
    read = set()

    class Watched(StackModel):
        def __getattribute__(self, name):
            if name in StackModel.model_fields:
                read.add(name)
            return super().__getattribute__(name)

    watched = Watched.model_validate(sections("nodes: [{name: es-1, address: 10.0.0.1, bind: 10.0.0.1}]"))
    read.clear()
    list(rule.find(watched))
    assert read <= rule.reads


@pytest.mark.parametrize(
    "change",
    [
        pytest.param("", id="two nodes and nothing else"),
        pytest.param(
            "nodes: [{name: a, address: 8.8.8.8}]\nexposure: {allow_public_addresses: true}", id="public, and said so"
        ),
        pytest.param(
            "nodes: [{name: a, address: '2001:4860:4860::8888'}]\nexposure: {allow_public_addresses: true}",
            id="public IPv6, and said so",
        ),
        pytest.param(
            "nodes: [{name: a, address: 10.0.0.1, bind: '::'}]\nexposure: {allow_wildcard_bind: true}",
            id="a bind to every address, and said so",
        ),
        pytest.param("nodes: [{name: a, address: 10.0.0.1, bind: _site_}]", id="a special bind"),
        pytest.param("nodes: [{name: a, address: 10.0.0.1, bind: '_en0:ipv4_'}]", id="a bind to an interface"),
        pytest.param("nodes: [{name: a, address: 'fd00::1', bind: '[FD00::1]'}]", id="one address in two spellings"),
        pytest.param("nodes: [{name: a, address: a.net, names: [10.0.0.1], bind: 10.0.0.1}]", id="a bind with its SAN"),
        pytest.param("nodes: [{name: a, address: a.net, names: ['*.b.net'], bind: x.b.net}]", id="a bind by wildcard"),
        pytest.param(
            "nodes: [{name: a, address: a.net, bind: 10.0.0.1}]\ntransport: {verification_mode: certificate}",
            id="a bind without a SAN where nobody checks names",
        ),
        pytest.param("nodes: [{name: a, address: 100.64.0.1}]", id="a carrier's private address"),
        pytest.param("certificates: {valid_for: 5y, renew_in_last: 0.9}", id="as long and as wide as can be"),
        pytest.param("rollout: {join_timeout: 10}\nusers: {elastic: {version: 2}}", id="the least patience"),
        pytest.param("rollout: {health_timeout: 10}", id="the least time for shards"),
        pytest.param("rollout: {health_timeout: 86400}", id="a day for shards"),
        pytest.param("rollout: {start_timeout: 10, stop_timeout: 10}", id="the least time for a node"),
        pytest.param("rollout: {start_timeout: 7200, stop_timeout: 7200}", id="two hours for a node"),
        pytest.param("rollout: {start_timeout: }", id="what is usual for a start"),
        pytest.param(
            "nodes: [{name: a, address: 10.0.0.1, machine: {home: , pid_file: a.pid}}]", id="an empty key of a machine"
        ),
        pytest.param(
            "machine: {home: /es}\nnodes: [{name: a, address: 10.0.0.1}, "
            "{name: b, address: 10.0.0.1, http_port: 9201, transport_port: 9301, machine: {home: /es-b}}]",
            id="two nodes at one address, each with its ports and its home",
        ),
    ],
)
def test_what_can_be_is_accepted(change):
    assert mistakes(change) == []


@pytest.mark.parametrize(
    "change",
    [
        pytest.param("users: {elastic: hunter22}", id="in place of a user"),
        pytest.param("users: hunter22", id="in place of the users"),
        pytest.param("users: {elastic: {version: hunter22}}", id="in place of a version"),
        pytest.param("users: {elastic: {password: hunter22}}", id="below a key that is not known"),
        pytest.param('certificates: {key: "-----BEGIN KEY-----\\nhunter22\\n-----END KEY-----"}', id="a key"),
        pytest.param(
            "cluster: {name: logs, scenario: hunter22-hunter22-hunter22-hunter22-hunter22-hunter22-hunter22}", id="long"
        ),
        pytest.param('nodes: [{name: es-1, address: "hunter22\\nhunter22"}]', id="two lines for an address"),
        pytest.param('nodes: [{name: es-1, address: "hunter22\\ahunter22"}]', id="a control character in an address"),
    ],
)
def test_what_may_be_a_secret_is_not_repeated(change):
    found = mistakes(change)
    assert found
    assert "hunter22" not in "".join(found)


@pytest.mark.parametrize("value", ['"hunter22"', "22222222"])
def test_what_the_engine_keeps_encrypted_is_not_repeated(value):
    content = sections(f"certificates: {{key: {value}, valid_for: {value}, trust_format: {value}}}")
    found = check(content, secret={"certificates"})
    assert len(found) == 3
    assert value.strip('"') not in "".join(map(str, found))


def test_one_mistake_is_one_mistake():
    with pytest.raises(ConfigurationRefused, match=r"^here: 1 mistake; nothing was touched\n    cluster\.name: "):
        model_from(sections("cluster: {scenario: basic}"), where="here")


def test_a_place_in_a_list_is_told_with_the_name_that_stands_there():
    change = (
        "nodes: [{name: es-1, address: 10.0.0.1}, {name: es-2, address: 10.0.0.1, transport_port: 9301}, {name: es-1, "
    )
    with pytest.raises(ConfigurationRefused) as refused:
        model_from(sections(change + "address: 8.8.8.8}]"), where="here")
    lines = [line.strip().partition(";")[0] for line in refused.value.what.splitlines()[1:]]
    assert lines == [
        "nodes[1].http_port (es-2): is 9200, and 10.0.0.1:9200 is that of nodes[0].http_port (es-1) already",
        "nodes[2].name: is `es-1`, which nodes[0] (es-1) has already",
        "nodes[2].address (es-1): is 8.8.8.8, an address of the public internet",
    ]


@pytest.mark.parametrize(
    ("change", "secret"),
    [
        pytest.param("nodes: [{name: hunter22, address: 0.0.0.0}]", ("nodes",), id="in a section that is encrypted"),
        pytest.param('nodes: [{name: "hunter22 x", address: 10.0.0.1, http_port: a}]', (), id="that is no name"),
    ],
)
def test_no_name_is_told_that_may_be_something_else(change, secret):
    with pytest.raises(ConfigurationRefused) as refused:
        model_from(sections(change), where="here", secret=secret)
    assert " (hunter22" not in str(refused.value)


def test_the_next_step_names_the_sections_that_no_rule_could_look_at_yet():
    with pytest.raises(ConfigurationRefused) as refused:
        model_from(sections("nodes: [{name: es-1}]\ncertificates: {key: x}\nhttpp: {}"), where="here")
    assert refused.value.next_step == (
        "correct each line above (docs/configuration.md lists every key), then run `check` again: rules about `nodes`, "
        "`certificates` were not looked at yet"
    )


def test_a_good_stack_file_is_a_model():
    assert model_from(sections(), where="here") == model()
