"""The graph that the program makes: which resources, below which component, and what stays when it runs again."""

import pytest

from provider.registry import HANDLERS
from tests.program.running import COMMAND, PROGRAM, run
from tests.program.stackfiles import BASIC, HTTPS, KIBANA, minimal, program, stack_file

PER_CLUSTER = {
    "pulumi:pulumi:Stack": {"elasticsearch-security-prod": ""},
    "essecurity:pki:CertificateAuthority": {"transport-ca": ""},
    "essecurity:pki:NodeCertificates": {"transport-certificates": ""},
    "essecurity:nodes:LayerFiles": {"transport-files": "basic-security"},
    "essecurity:nodes:Wave": {
        "transport-cover-wave": "transport-files",
        "transport-present-wave": "transport-files",
        "transport-retire-wave": "basic-security",
    },
    "essecurity:scenarios:BasicSecurity": {"basic-security": ""},
    "essecurity:scenarios:MinimalSecurity": {"minimal-security": "basic-security"},
    "essecurity:users:GeneratedPassword": {
        "bootstrap-password": "minimal-security",
        "elastic-password": "minimal-security",
        "kibana_system-password": "minimal-security",
    },
    "essecurity:rollout:ClusterRestart": {"restart": "minimal-security"},
}
PER_NODE = {
    "essecurity:pki:Certificate": {"{}-transport-leaf": "transport-certificates"},
    "essecurity:nodes:NodeTrust": {"{}-transport-trust": "transport-files"},
    "essecurity:nodes:NodeIdentity": {"{}-transport-identity": "transport-files"},
    "essecurity:nodes:NodeTrustExclusive": {"{}-transport-trust-exclusive": "basic-security"},
    "essecurity:settings:NodeSettings": {"{}-settings": "minimal-security"},
}
WITH_HTTPS = {
    "essecurity:pki:CertificateAuthority": {"http-ca": ""},
    "essecurity:pki:NodeCertificates": {"http-certificates": ""},
    "essecurity:nodes:LayerFiles": {"http-files": "basic-https-security"},
    "essecurity:nodes:Wave": {"http-present-wave": "http-files"},
    "essecurity:scenarios:BasicHttpsSecurity": {"basic-https-security": ""},
    "essecurity:scenarios:BasicSecurity": {"basic-security": "basic-https-security"},
}
WITH_HTTPS_PER_NODE = {
    "essecurity:pki:Certificate": {"{}-http-leaf": "http-certificates"},
    "essecurity:nodes:NodeIdentity": {"{}-http-identity": "http-files"},
}
WHILE_IT_RUNS = {
    "essecurity:users:UserPassword": {
        "elastic-user": "minimal-security",
        "kibana_system-user": "minimal-security",
    },
    "essecurity:verification:ClusterVerification": {"verification": ""},
}
CASES = [
    pytest.param(scenario, nodes, running, id=f"{scenario}, {nodes} nodes, {'running' if running else 'not started'}")
    for scenario in (BASIC, HTTPS)
    for nodes in (1, 3)
    for running in (True, False)
]


def expected(scenario, nodes, running):
    """Return the parent of every resource, by type and name."""
    names = [f"es-{number}" for number in range(1, nodes + 1)]
    found = {}
    for table, wanted in ((PER_CLUSTER, True), (WITH_HTTPS, scenario == HTTPS), (WHILE_IT_RUNS, running)):
        found |= {(kind, name): parent for kind, row in table.items() for name, parent in row.items() if wanted}
    for table, wanted in ((PER_NODE, True), (WITH_HTTPS_PER_NODE, scenario == HTTPS)):
        found |= {
            (kind, name.format(node)): parent
            for kind, row in table.items()
            for name, parent in row.items()
            for node in names
            if wanted
        }
    return found


def urns(made):
    """Return the URNs of a run."""
    return {one.urn for one in made.resources.values()}


@pytest.mark.parametrize(("scenario", "nodes", "running"), CASES)
def test_the_program_makes_exactly_these_resources_each_below_its_component(scenario, nodes, running):
    made = program(scenario, nodes, running=running)
    found = {(one.type, one.name): one.parent for one in made.resources.values()}
    assert found == expected(scenario, nodes, running)


def test_every_resource_type_of_the_plugin_is_used_by_the_program_and_no_other():
    awaiting = program(
        HTTPS, 1, authorities={"http": {"own": {"certificate": "any.pem", "leaves": [{"node": "es-1"}]}}}
    )
    made = program(HTTPS, 1, takeover={}, kibana=KIBANA)
    hooked = program(HTTPS, 1, hooks={"before": [{"name": "silence", "command": ["x"]}]})
    every = (*made.resources.values(), *awaiting.resources.values(), *hooked.resources.values())
    assert {one.type for one in every if one.custom} == {*HANDLERS, COMMAND}


@pytest.mark.parametrize("scenario", [BASIC, HTTPS])
def test_two_runs_give_the_same_urns_and_no_urn_twice(scenario):
    first, second = run(stack_file(scenario, 3)), run(stack_file(scenario, 3))
    assert urns(first) == urns(second)
    assert len(urns(first)) == len(first.resources)


def test_raising_a_generation_or_a_password_version_makes_no_other_resource():
    raised = program(HTTPS, 3, authorities={"transport": {"generation": 2}}, users={"elastic": {"version": 2}})
    assert urns(raised) == urns(program(HTTPS, 3))
    assert raised["transport-ca"].inputs["generation"] == 2
    assert raised["elastic-password"].inputs["version"] == 2


@pytest.mark.parametrize("scenario", [BASIC, HTTPS])
def test_a_node_that_is_removed_takes_its_own_resources_away_and_no_others(scenario):
    three, two = program(scenario, 3), program(scenario, 2)
    gone = {name for name in three.resources if name.startswith("es-3-")}
    assert urns(three) - urns(two) == {three[name].urn for name in gone}
    assert urns(two) < urns(three)
    assert len(gone) == len(expected(scenario, 1, running=True)) - len(expected(scenario, 0, running=True))


def test_a_node_that_is_removed_changes_nothing_on_the_others():
    three, two = program(HTTPS, 3), program(HTTPS, 2)
    for name in [name for name in two.resources if name.startswith(("es-1-", "es-2-"))]:
        assert two[name].inputs == three[name].inputs, name


def test_going_on_to_https_keeps_every_resource_below_its_scenario_under_its_name():
    basic, https = program(BASIC, 3), program(HTTPS, 3)
    assert set(basic.resources) < set(https.resources)
    assert all(https[name].type == one.type for name, one in basic.resources.items())


def test_the_program_is_shorter_than_forty_lines():
    assert len(PROGRAM.read_text().splitlines()) < 40


def test_minimal_security_has_settings_passwords_and_a_proof_and_no_certificate():
    made = minimal()
    kinds = {kind.rpartition(":")[2]: made.names(kind.rpartition(":")[2]) for kind in [*HANDLERS]}
    assert {kind: names for kind, names in kinds.items() if names} == {
        "GeneratedPassword": ["bootstrap-password", "elastic-password", "kibana_system-password"],
        "NodeSettings": ["es-1-settings"],
        "ClusterRestart": ["restart"],
        "UserPassword": ["elastic-user", "kibana_system-user"],
        "ClusterVerification": ["verification"],
    }
