"""What a stack hands out: nine outputs, two of them secret; and that every stack file of the project runs."""

import pytest

from stacks.config import sections_of_file
from tests.program.running import MARKED, ROOT, run
from tests.program.stackfiles import BASIC, HTTPS, KIBANA, minimal, program

ALL = {
    "scenario",
    "httpUrls",
    "transportAddresses",
    "unencryptedChannels",
    "elasticPassword",
    "userPasswords",
    "certificates",
    "caCertificatePem",
    "transportCaCertificatePem",
}
ENTRY = ["name", "node", "layer", "serial", "notAfter", "issuerGeneration"]


@pytest.mark.parametrize("running", [True, False])
def test_with_https_a_stack_has_all_outputs_and_without_tls_no_ca_of_a_layer(running):
    assert set(program(HTTPS, 1, running=running).outputs) == ALL
    assert set(program(BASIC, 1, running=running).outputs) == ALL - {"caCertificatePem"}
    assert set(minimal(running=running).outputs) == ALL - {"caCertificatePem", "transportCaCertificatePem"}


@pytest.mark.parametrize("scenario", [BASIC, HTTPS])
def test_passwords_are_the_only_secret_outputs(scenario):
    outputs = program(scenario, 3, users={"beats_system": {}}).outputs
    assert {name for name, output in outputs.items() if output.secret} == {"elasticPassword", "userPasswords"}
    assert outputs["elasticPassword"].value == f"{MARKED}elastic-password value"
    assert outputs["userPasswords"].value == {
        "kibana_system": f"{MARKED}kibana_system-password value",
        "beats_system": f"{MARKED}beats_system-password value",
    }


@pytest.mark.parametrize(("name", "layer"), [("caCertificatePem", "http"), ("transportCaCertificatePem", "transport")])
def test_the_ca_that_clients_or_remote_clusters_need_is_handed_out_in_clear(name, layer):
    handed_out = program(HTTPS, 1).outputs[name]
    assert (handed_out.value, handed_out.secret) == (f"{MARKED}{layer}-ca bundlePem", False)


@pytest.mark.parametrize(("scenario", "scheme"), [(BASIC, "http"), (HTTPS, "https")])
def test_outputs_name_the_scenario_and_where_each_node_is_reached(scenario, scheme):
    nodes = [
        {"name": "es-1", "address": "es-1.example.net"},
        {"name": "es-2", "address": "fd00::2", "http_port": 9201, "transport_port": 9301},
    ]
    outputs = program(scenario, 0, nodes=nodes).outputs
    assert outputs["scenario"].value == scenario
    assert outputs["httpUrls"].value == [f"{scheme}://es-1.example.net:9200", f"{scheme}://[fd00::2]:9201"]
    assert outputs["transportAddresses"].value == ["es-1.example.net:9300", "[fd00::2]:9301"]


@pytest.mark.parametrize(
    ("scenario", "in_clear"),
    [("minimal", ["transport layer", "HTTP layer"]), (BASIC, ["HTTP layer"]), (HTTPS, [])],
)
def test_an_output_lists_what_is_not_encrypted(scenario, in_clear):
    made = minimal() if scenario == "minimal" else program(scenario, 1)
    assert made.outputs["unencryptedChannels"].value == in_clear


def test_a_kibana_that_browsers_reach_without_tls_is_not_encrypted():
    made = program(BASIC, 1, kibana=KIBANA)
    assert made.outputs["unencryptedChannels"].value == ["HTTP layer", "http://10.0.1.1:5601", "http://10.0.1.2:5601"]


def test_certificates_are_listed_by_layer_each_authority_before_its_leaves():
    entries = program(HTTPS, 2, authorities={"http": {"generation": 3}}).outputs["certificates"].value
    assert [list(entry) for entry in entries] == [ENTRY] * 6
    assert [tuple(entry.values()) for entry in entries] == [
        ("logs transport CA g1", None, "transport", "transport-ca serial", "transport-ca notAfter", 1),
        ("es-1-transport", "es-1", "transport", "es-1-transport-leaf serial", "es-1-transport-leaf notAfter", 1),
        ("es-2-transport", "es-2", "transport", "es-2-transport-leaf serial", "es-2-transport-leaf notAfter", 1),
        ("logs HTTP CA g3", None, "http", "http-ca serial", "http-ca notAfter", 3),
        ("es-1-http", "es-1", "http", "es-1-http-leaf serial", "es-1-http-leaf notAfter", 3),
        ("es-2-http", "es-2", "http", "es-2-http-leaf serial", "es-2-http-leaf notAfter", 3),
    ]


def test_every_ca_that_is_trusted_is_listed_while_a_rotation_is_held():
    held = {"authorities": {"http": {"generation": 2}}, "rollout": {"hold_after": "cover"}}
    entries = program(HTTPS, 1, **held).outputs["certificates"].value
    assert [(one["name"], one["serial"], one["issuerGeneration"]) for one in entries if one["layer"] == "http"] == [
        ("logs HTTP CA g1", "http-ca serial", 1),
        ("logs HTTP CA g2", "http-ca trustedBeside serial", 2),
        ("es-1-http", "es-1-http-leaf serial", 1),
    ]


@pytest.mark.parametrize("path", sorted((ROOT / "stacks").glob("Pulumi.*.yaml")), ids=lambda path: path.name)
def test_every_stack_file_of_the_project_makes_a_graph(path):
    sections = sections_of_file(path)
    made = run(sections)
    assert made.names("NodeSettings") == sorted(f"{node['name']}-settings" for node in sections["nodes"])


def test_advice_is_a_warning_of_the_run():
    made = run(
        {
            "cluster": {"name": "logs", "scenario": BASIC, "production": True},
            "machine": {"home": "/opt/elasticsearch"},
            "nodes": [{"name": "es-1", "address": "10.0.0.1"}],
        }
    )
    assert len(made.warned) == 1
    assert "passwords in clear" in made.warned[0]
