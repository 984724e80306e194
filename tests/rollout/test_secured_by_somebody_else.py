"""Nodes that somebody else secured: without the operator's word nothing is touched, and the error says whose it is."""

import pytest

from components.errors import ConfigurationRefused
from tests.fakes import FakeFile
from tests.rollout.world import THREE, World, open_cluster

AUTO_CONFIGURED = """
cluster.name: books
xpack.security.enabled: true
xpack.security.http.ssl: {enabled: true, keystore.path: certs/http.p12}
xpack.security.transport.ssl:
  enabled: true
  verification_mode: certificate
  keystore.path: certs/transport.p12
  truststore.path: certs/transport.p12
"""


def auto_configured(names: tuple[str, ...] = THREE) -> World:
    """Return a cluster whose nodes configured themselves at their first start."""
    world = open_cluster(names)
    for one in world.nodes:
        one.target.put(one.config / "elasticsearch.yml", FakeFile(AUTO_CONFIGURED.encode(), 0o640))
    return world


@pytest.mark.parametrize("command", [World.preview, World.up])
def test_it_is_refused_with_what_was_found_on_which_node_and_the_line_to_add(doors, command):
    world = doors(auto_configured(("es-1", "es-2")))
    before = world.snapshot()
    with pytest.raises(ConfigurationRefused) as refused:
        command(world)
    how = "by Elasticsearch's auto-configuration (certs/transport.p12, certs/http.p12)"
    assert refused.value.why.startswith(f"es-1 is secured already: {how}; es-2 is secured already: {how}. To take")
    assert "pulumi config set --secret --path elasticsearch-security:takeover.elastic_password" in refused.value.why
    assert refused.value.why.endswith("elasticsearch-security:takeover: {elastic_password: {secure: …}}")
    assert world.snapshot() == before


def test_nothing_is_asked_of_a_cluster_that_is_not_ours(doors):
    world = doors(auto_configured())
    world.fuse.disarm()
    with pytest.raises(ConfigurationRefused):
        world.preview()
    assert [call for call in world.fuse.calls if call.startswith("cluster: ") and "greet" not in call] == []
