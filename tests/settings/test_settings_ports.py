"""A node's ports stand in its own elasticsearch.yml; a stack file that says others is refused before any change."""

import pytest

from components.errors import ConfigurationRefused
from components.settings import handler
from components.settings.content import Content
from components.settings.handler import NodeSettingsHandler, NodeSettingsInputs
from components.settings.merge import flatten
from components.settings.ports import refuse_other_ports
from tests.fakes import FakeContext
from tests.nodes.machines import one_node

HTTP, TRANSPORT = one_node().node.http_port, one_node().node.transport_port


def look(text):
    refuse_other_ports(one_node().node, flatten(text, where="es-1"), where="es-1")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="the default range"),
        pytest.param(f"http.port: {HTTP}\ntransport.port: {TRANSPORT}\n", id="the same"),
        pytest.param(f"http: {{port: '{HTTP}'}}\n", id="nested, and a text"),
        pytest.param("http.port: 9250-9300\n", id="a range"),
        pytest.param("http.port: ${PORT}\n", id="a variable"),
        pytest.param(f"http.port: 1\nhttp.publish_port: {HTTP}\n", id="that of a proxy"),
        pytest.param(f"transport.port: {TRANSPORT}\ntransport.publish_port: 1\n", id="that behind a proxy"),
        pytest.param("transport.port: 1\ntransport.profiles.default.port: 9400-9500\n", id="one of them is a range"),
    ],
)
def test_a_port_that_is_the_same_or_not_known_for_sure_is_taken(text):
    look(text)


@pytest.mark.parametrize(
    ("text", "why", "write"),
    [
        pytest.param(
            "http.port: 9292",
            f"says `http.port: 9292`, the stack file `http_port: {HTTP}`",
            "`http_port: 9292`",
            id="HTTP",
        ),
        pytest.param("transport.port: 7", "says `transport.port: 7`, the", "`transport_port: 7`", id="transport"),
        pytest.param(
            "http.port: 7\nhttp.publish_port: 8",
            "says `http.port: 7` and `http.publish_port: 8`, the stack file",
            "`http_port: 7`",
            id="neither of two",
        ),
        pytest.param("transport.profiles.default.port: 7", "`transport.pro", "`transport_port: 7`", id="a profile's"),
        pytest.param(
            "http.port: 7\ntransport.port: 8",
            f"the stack file `http_port: {HTTP}`; elasticsearch.yml says `transport.port: 8`",
            "`http_port: 7` and `transport_port: 8`",
            id="both layers",
        ),
    ],
)
def test_another_port_is_refused_with_what_to_write(text, why, write):
    with pytest.raises(ConfigurationRefused) as refused:
        look(text)
    assert why in refused.value.why
    assert f"write {write} for es-1 in the stack file" in refused.value.next_step


def test_the_settings_resource_refuses_it_in_the_preview_and_in_the_run(monkeypatch):
    one = one_node(settings="http.port: 9292\n")
    monkeypatch.setattr(handler, "machine_of", lambda machine: one.machine)
    wanted = NodeSettingsInputs(node=one.node, content=Content(settings={"xpack.security.enabled": True}))
    for run in (NodeSettingsHandler().preview, NodeSettingsHandler().converge):
        with pytest.raises(ConfigurationRefused, match="the stack file has other ports for this node") as refused:
            run(None, wanted, FakeContext())
        assert refused.value.where == "es-1: /nodes/es-1/config/elasticsearch.yml"
