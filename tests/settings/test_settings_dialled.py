"""What nodes dial of each other by their own settings, and which certificate has to name it."""

import pytest

from components.pki.sans import Sans
from components.settings.dialled import Dialled, Published, dialled, host_of, node_meant, published, seeds, unnamed

EVERYWHERE = "0.0.0.0"  # noqa: S104 (a value in a settings file)


@pytest.mark.parametrize(
    ("place", "host"),
    [
        ("es-1", "es-1"),
        ("es-1.example.net:9300", "es-1.example.net"),
        (" 10.0.0.1:9300 ", "10.0.0.1"),
        ("10.0.0.1", "10.0.0.1"),
        ("[fd00::1]:9300", "fd00::1"),
        ("[fd00::1]", "fd00::1"),
        ("fd00::1", "fd00::1"),
        ("", ""),
        ("[fd00::1", "fd00::1"),
        (":9300", ""),
    ],
)
def test_the_host_of_a_place_is_read_whatever_its_form(place, host):
    assert host_of(place) == host


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        pytest.param({}, Published(), id="nothing"),
        pytest.param({"network.host": "ES-1.Example.net"}, Published("network.host", ("es-1.example.net",)), id="name"),
        pytest.param(
            {"network.host": EVERYWHERE, "network.publish_host": "10.0.0.1"},
            Published("network.publish_host", ("10.0.0.1",)),
            id="published apart",
        ),
        pytest.param(
            {"transport.host": "10.0.0.2", "network.publish_host": "10.0.0.1", "http.publish_host": "es.example.net"},
            Published("transport.host", ("10.0.0.2",)),
            id="of the layer first",
        ),
        pytest.param({"network.host": "_site_"}, Published("network.host", (), ("_site_",)), id="special"),
        pytest.param({"network.host": EVERYWHERE}, Published("network.host", (), (EVERYWHERE,)), id="everything"),
        pytest.param(
            {"network.host": ("_local_", "10.0.0.1")}, Published("network.host", ("10.0.0.1",), ("_local_",)), id="both"
        ),
        pytest.param(
            {"network.host": ("127.0.0.1", "192.168.1.5")},
            Published("network.host", ("192.168.1.5",)),
            id="of several, loopback is what nobody is told",
        ),
        pytest.param({"network.host": "127.0.0.1"}, Published("network.host", ("127.0.0.1",)), id="loopback alone"),
        pytest.param({"network.host": "${HOST}"}, Published(), id="a variable"),
        pytest.param({"network.host": "not a host!"}, Published("network.host"), id="what no certificate carries"),
    ],
)
def test_a_node_publishes_what_the_nearest_setting_says(settings, found):
    assert published(settings) == found


def test_seed_hosts_are_read_as_a_list_or_as_a_text_and_variables_are_left_out():
    as_list = {"discovery.seed_hosts": ("es-1:9300", "[::1]:9300", "${SEED}:9300", "es-1:9301")}
    assert seeds(as_list) == ("::1", "es-1")
    assert seeds({"discovery.seed_hosts": "es-2, 10.0.0.1:9300"}) == ("10.0.0.1", "es-2")
    assert seeds({}) == ()


CLUSTER = {
    "es-1": {"network.host": "10.0.0.1", "discovery.seed_hosts": ("es-2.internal:9300",)},
    "es-2": {"network.host": "es-2.example.net", "discovery.seed_hosts": ("10.0.0.1",)},
}
BY_PUBLISHING = (
    Dialled("10.0.0.1", "es-1", ("es-1",), "network.host"),
    Dialled("es-2.example.net", "es-2", ("es-2",), "network.host"),
)
BY_SEEDS = (
    Dialled("es-2.internal", "", ("es-1",), "discovery.seed_hosts"),
    Dialled("10.0.0.1", "", ("es-2",), "discovery.seed_hosts"),
)


def test_nodes_dial_what_is_published_and_what_they_have_as_seeds():
    assert dialled(CLUSTER) == (*BY_PUBLISHING, *BY_SEEDS)


@pytest.mark.parametrize(
    ("one", "two", "missed"),
    [
        pytest.param(["10.0.0.1"], ["es-2.example.net", "es-2.internal"], (), id="all are named"),
        pytest.param(["10.0.0.1"], ["es-2.example.net"], (BY_SEEDS[0],), id="a seed is named by nobody"),
        pytest.param(
            ["es-1.example.net"], ["*.example.net", "es-2.internal"], (BY_PUBLISHING[0], BY_SEEDS[1]), id="a name"
        ),
        pytest.param(["10.0.0.1"], ["*.example.net", "es-2.internal"], (), id="a wildcard"),
        pytest.param(
            ["es-2.example.net", "es-2.internal"], ["10.0.0.1"], BY_PUBLISHING, id="by the certificate of another node"
        ),
    ],
)
def test_what_is_published_must_be_named_by_that_node_and_a_seed_by_any(one, two, missed):
    vouched = {"es-1": Sans.from_hosts(one), "es-2": Sans.from_hosts(two)}
    assert unnamed(dialled(CLUSTER), vouched) == missed


@pytest.mark.parametrize(
    ("published_hosts", "missed"),
    [
        pytest.param(("10.0.0.1", "10.0.0.9"), (), id="one of several is named"),
        pytest.param(("10.0.0.8", "10.0.0.9"), ("10.0.0.8", "10.0.0.9"), id="none of several is named"),
        pytest.param(("_site_", "10.0.0.9"), (), id="it may be another address"),
        pytest.param(("_local_", "10.0.0.9"), ("10.0.0.9",), id="loopback is not published beside another"),
    ],
)
def test_of_several_hosts_that_may_be_published_one_that_is_named_is_enough(published_hosts, missed):
    found = unnamed(dialled({"es-1": {"network.host": published_hosts}}), {"es-1": Sans.from_hosts(["10.0.0.1"])})
    assert tuple(one.host for one in found) == missed


@pytest.mark.parametrize(
    ("host", "node"),
    [
        ("es-1", "es-1"),
        ("es-1.internal", "es-1"),
        ("es-10.internal", ""),
        ("10.0.0.1", ""),
        ("a.b", ""),
        ("es.2", "ES.2"),
    ],
)
def test_a_host_that_begins_with_a_nodes_name_is_taken_for_it(host, node):
    assert node_meant(host, ["es-1", "ES.2", "10"]) == node
