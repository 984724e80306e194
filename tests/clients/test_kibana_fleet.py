"""A Kibana that was enrolled as Elastic does it: its lines stay, and whom Elastic Agents trust is told of."""

import pytest
from pydantic import SecretStr

from components.clients.fleet import agents_lose_the_cluster
from components.clients.handler import KibanaSettingsHandler
from components.nodes.trust import fingerprint
from components.pki.inspect import load_certificate
from components.values import UNKNOWN
from tests.clients.kibanas import G1, G2, LEAF, OPERATORS, SETTINGS, FakeKibana
from tests.fakes import FakeFile

OLD = "5c3a" * 16
OUTPUT = (
    "xpack.fleet.outputs: [{{id: fleet-default-output, name: default, is_default: true, type: elasticsearch, "
    "hosts: ['https://10.0.0.5:9200'], ca_trusted_fingerprint: {}}}]\n"
)


def of(authority):
    return fingerprint(load_certificate(authority.certificate_pem))


def enrolled(lines):
    one = FakeKibana()
    one.target.put(SETTINGS, FakeFile(f"{OPERATORS}elasticsearch.serviceAccountToken: AAEA\n{lines}".encode()))
    return one.starts()


def with_chain(operator, chain):
    """Return inputs whose leaf comes with these CAs, as that of an intermediate does."""
    pem = "".join(one.certificate_pem for one in (LEAF, *chain))
    return operator.settings_inputs().model_copy(update={"certificate_pem": SecretStr(pem)})


def warned(one, recorded, inputs):
    one.context.warned.clear()
    KibanaSettingsHandler().preview(recorded, inputs, one.context)
    return one.context.warned


def test_an_enrolled_kibana_is_taken_over_and_fleets_line_stays_to_the_byte(doors):
    one = enrolled(OUTPUT.format(OLD))
    operator = doors(one)
    operator.up()
    assert OUTPUT.format(OLD) in one.text()
    assert "serviceAccountToken" not in one.text()
    assert operator.drift() == []


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(OUTPUT.format(OLD), id="as the enrolment writes it"),
        pytest.param(OUTPUT.format(f"'{':'.join(OLD[i : i + 2] for i in range(0, 64, 2)).upper()}'"), id="with colons"),
        pytest.param(f"xpack:\n  fleet.outputs:\n  - id: a\n    ca_trusted_fingerprint: {OLD}\n", id="in block style"),
        pytest.param(f"xpack.fleet.outputs.0.ca_trusted_fingerprint: {OLD}\n", id="dotted"),
    ],
)
def test_agents_that_trust_by_fingerprint_are_told_of_with_what_to_do(doors, lines):
    one = enrolled(lines)
    [warning] = warned(one, None, doors(one).settings_inputs())
    assert warning.startswith("kibana-1: Elastic Agents trust Elasticsearch by ca_trusted_fingerprint")
    assert "(5c3a5c3a…)" in warning
    assert "caCertificatePem" in warning
    assert "Settings > Outputs" in warning


def test_a_root_of_ours_is_told_of_too_since_no_node_sends_it(doors):
    one = enrolled(OUTPUT.format(of(G1)))
    assert len(warned(one, None, doors(one).settings_inputs())) == 1


def test_a_ca_that_nodes_send_is_well_until_another_one_signs(doors):
    one = enrolled(OUTPUT.format(of(G1)))
    operator = doors(one)
    inputs = with_chain(operator, [G1])
    assert warned(one, None, inputs) == []
    operator.up()
    recorded = operator.settings.__class__(inputs, operator.settings.outputs)
    renewed = inputs.model_copy(update={"certificate_pem": UNKNOWN})
    assert warned(one, recorded, renewed) == []
    assert len(warned(one, recorded, renewed.model_copy(update={"generation": 2}))) == 1
    assert len(warned(one, recorded, with_chain(operator, [G2]))) == 1


@pytest.mark.parametrize("lines", ["", "xpack.fleet.outputs: [{id: a, ca_trusted_fingerprint: }]\n"])
def test_who_names_no_fingerprint_is_told_nothing(doors, lines):
    one = enrolled(lines)
    assert warned(one, None, doors(one).settings_inputs()) == []


def test_nothing_is_told_where_http_stays_plain(doors):
    one = enrolled(OUTPUT.format(OLD))
    operator = doors(one)
    operator.signer = None
    assert warned(one, None, operator.settings_inputs()) == []


def test_a_fingerprint_that_several_outputs_name_is_told_once():
    assert agents_lose_the_cluster([OLD, OLD, "aa"], ["aa"]).count("5c3a5c3a") == 1
