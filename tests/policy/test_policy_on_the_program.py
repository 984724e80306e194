"""What the real program asks for, held against the policies: met by default, violated where it is told to."""

import pytest
from policies.table import policies
from policies.view import Resource, SecretText

from tests.program.running import STACK
from tests.program.stackfiles import BASIC, HTTPS, KIBANA, minimal, program
from tests.wire.talking import is_hidden

PLAIN = {**KIBANA[0], "public_url": "http://kibana.example.net"}


def marked(value, *, secret=False):
    """Return inputs as they travel with their secrets as the policy pack sees them."""
    if is_hidden(value):
        return marked(value["value"], secret=True)
    if isinstance(value, dict):
        return {key: marked(entry, secret=secret) for key, entry in value.items()}
    if isinstance(value, list):
        return [marked(entry, secret=secret) for entry in value]
    return SecretText(value) if secret and isinstance(value, str) else value


def violated(made):
    """Return the places of all violations of a run of the program, by policy."""
    asked = [Resource(one.type, one.name, STACK, marked(one.inputs)) for one in made.resources.values()]
    said = {(each.name, violation.where) for each in policies() for one in asked for violation in each.violations(one)}
    return sorted(said)


@pytest.mark.parametrize("running", [True, False])
def test_with_https_and_without_further_choices_every_policy_is_met(running):
    assert violated(program(HTTPS, 3, running=running, kibana=KIBANA)) == []


@pytest.mark.parametrize("made", [program(BASIC, 2, kibana=KIBANA), minimal(kibana=KIBANA)], ids=["basic", "minimal"])
def test_without_https_nodes_and_kibana_violate_one_policy_and_no_other(made):
    assert violated(made) == [
        ("https-in-production", "cluster.scenario"),
        ("https-in-production", "kibana kibana-1"),
        ("https-in-production", "kibana kibana-2"),
    ]


def test_what_a_stack_file_chooses_is_where_the_violation_says():
    made = program(
        HTTPS,
        2,
        certificates={"key": "rsa-2048", "valid_for": "2y"},
        authorities={"transport": {"key": "rsa-2048", "valid_for": "20y"}},
    )
    assert violated(made) == [
        ("maximum-lifetime", "authorities.transport.valid_for"),
        ("maximum-lifetime", "certificates.valid_for"),
        ("minimum-key-type", "authorities.transport.key"),
        ("minimum-key-type", "certificates.key"),
    ]
