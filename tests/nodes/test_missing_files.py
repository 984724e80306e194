"""A file that an earlier run wrote and somebody took away: the plan says that it is missing, not that it is new."""

import base64

import pytest
from pydantic import SecretStr

from components.handling import Recorded
from components.nodes.adoption_handler import NodeAdoptionHandler, NodeAdoptionInputs, NodeAdoptionOutputs
from components.nodes.identity_handler import NodeIdentityHandler
from components.pki.spec import Layer
from tests.nodes.waves import G1, KEY_FILE, PASSWORD, Host, Present, cover
from tests.pki.makers import leaf


def adoption(host):
    key_file = SecretStr(base64.b64encode(b"a key file").decode())
    inputs = {"layer": Layer.TRANSPORT, "file": KEY_FILE, "key_file": key_file, "password": SecretStr(PASSWORD)}
    wanted = NodeAdoptionInputs(node=host.one.node, **inputs)
    return NodeAdoptionHandler(), Recorded(wanted, NodeAdoptionOutputs())


def trust(host):
    wave = cover(host, G1)
    return wave.handler, wave.recorded()


def identity(host):
    return NodeIdentityHandler(), Present(host, leaf("es-1")).recorded()


@pytest.mark.parametrize("what", [trust, identity, adoption])
def test_what_is_recorded_and_gone_is_missing_and_what_is_not_recorded_is_new(doors, what):
    host = doors(Host())
    handler, recorded = what(host)
    told = [handler.preview(record, recorded.inputs, host.context).steps for record in (None, recorded)]
    assert [[step.rpartition(" (")[2] for step in steps] for steps in told] == [["new)"], ["missing: written again)"]]
    assert handler.converge(recorded, recorded.inputs, host.context).steps == told[1]
    assert handler.preview(recorded, recorded.inputs, host.context).steps == ()


def test_the_reason_on_the_resource_says_what_the_plan_says(doors):
    for what in (identity, adoption):
        host = doors(Host())
        handler, recorded = what(host)
        (step,) = handler.preview(recorded, recorded.inputs, host.context).steps
        assert [one.finding.message for one in handler.changes(recorded, recorded.inputs, host.context)] == [
            f"es-1: {step}"
        ]


def test_a_file_under_another_name_than_the_recorded_one_is_new(doors):
    host = doors(Host())
    one = Present(host, leaf("es-1"))
    in_pem = Present(host, one.leaf, pem=True).wanted()
    steps = NodeIdentityHandler().preview(one.recorded(), in_pem, host.context).steps
    assert [step.rpartition(" (")[2] for step in steps] == ["new)", "new)"]


def test_one_of_two_files_may_be_gone(doors):
    host = doors(Host())
    one = Present(host, leaf("es-1"), pem=True)
    handler, recorded = NodeIdentityHandler(), one.recorded()
    handler.converge(None, recorded.inputs, host.context)
    host.one.target.files.pop(host.one.config / "certs/transport-leaf.pem")
    (step,) = handler.preview(recorded, recorded.inputs, host.context).steps
    assert step.startswith("write certs/transport-leaf.pem ")
    assert step.endswith("(missing: written again)")


def test_a_file_that_was_written_on_another_machine_is_new_on_this_one(doors):
    host = doors(Host())
    handler, recorded = trust(host)
    elsewhere = recorded.inputs.node.machine.model_copy(update={"config": "/etc/another"})
    node = recorded.inputs.node.model_copy(update={"machine": elsewhere})
    before = Recorded(recorded.inputs.model_copy(update={"node": node}), recorded.outputs)
    (step,) = handler.preview(before, recorded.inputs, host.context).steps
    assert step.endswith("(new)")
