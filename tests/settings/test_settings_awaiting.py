"""HTTPS waits for its first certificates until it is on; after that, a certificate that is missing does not end it."""

import pytest

from components.errors import ConfigurationRefused
from components.handling import Recorded
from components.pki.spec import Layer
from components.settings import handler
from components.settings.content import Content
from components.settings.handler import NodeSettingsHandler, NodeSettingsInputs, NodeSettingsOutputs
from components.settings.scenarios import PREFIXES
from tests.fakes import FakeContext
from tests.nodes.machines import one_node

SECURED = {"xpack.security.enabled": True}
HTTPS = {**SECURED, "xpack.security.http.ssl.enabled": True}
AGAIN = "a cluster that has HTTPS cannot wait for its first certificates again"


def wants(one, settings, *, absent=(), awaits_https=True):
    content = Content(settings=settings, absent=absent)
    return NodeSettingsInputs(node=one.node, content=content, awaits_https=awaits_https)


@pytest.fixture
def nodes(monkeypatch):
    """Return what makes a node with these lines in its elasticsearch.yml, and leads the handler to it."""

    def made(settings):
        one = one_node(settings=settings)
        monkeypatch.setattr(handler, "machine_of", lambda machine: one.machine)
        return one

    return made


@pytest.mark.parametrize("absent", [(), (PREFIXES[Layer.HTTP],)], ids=["without consent", "with consent"])
def test_https_that_is_on_in_the_file_is_not_taken_away_for_it(absent, nodes):
    one = nodes("xpack.security.enabled: true\nxpack.security.http.ssl: {enabled: true}\n")
    for run in (NodeSettingsHandler().preview, NodeSettingsHandler().converge):
        with pytest.raises(ConfigurationRefused, match=AGAIN) as refused:
            run(None, wants(one, SECURED, absent=absent), FakeContext())
        assert refused.value.where == "authorities.http.own.leaves"
        assert "write its next `generation`" in refused.value.next_step


def test_https_that_is_recorded_is_not_forgotten_for_it_whether_or_not_a_machine_answers(nodes):
    one = nodes("xpack.security.enabled: false\n")
    outputs = NodeSettingsOutputs(settings_digest="")
    before = Recorded(wants(one, HTTPS, awaits_https=False), outputs)
    del one.target.files[one.config / "elasticsearch.yml"]  # nothing can be read
    with pytest.raises(ConfigurationRefused, match=AGAIN):
        NodeSettingsHandler().changes(before, wants(one, SECURED), FakeContext())


def test_it_is_waited_for_where_there_never_was_any(nodes):
    one = nodes("xpack.security.enabled: true\n")
    before = Recorded(wants(one, SECURED), NodeSettingsOutputs(settings_digest=""))
    assert NodeSettingsHandler().changes(before, wants(one, SECURED), FakeContext()) == ()
    NodeSettingsHandler().preview(before, wants(one, SECURED), FakeContext())


def test_who_asks_for_no_https_without_waiting_is_judged_as_before(nodes):
    one = nodes("xpack.security.enabled: true\nxpack.security.http.ssl: {enabled: true}\n")
    with pytest.raises(ConfigurationRefused, match="less security than it has"):
        NodeSettingsHandler().preview(None, wants(one, SECURED, awaits_https=False), FakeContext())
