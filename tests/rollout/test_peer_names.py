"""Names that nodes dial and that no certificate will name: told by the preflight, before anything changes."""

import pytest

from components.handling import Recorded
from components.rollout.handler import ClusterRestartHandler
from components.rollout.peer_names import names_missed, published_and_missed
from components.rollout.preflight import Sign
from tests.fakes import FakeContext
from tests.rollout.world import with_own_allocation

TLS = {"xpack.security.transport.ssl.enabled": "true"}
LOOSE = {**TLS, "xpack.security.transport.ssl.verification_mode": "certificate"}
BY_ADDRESS = {"network.host": "10.0.0.1"}
SEED = {"discovery.seed_hosts": ("es-1.internal:9300", "old:9300")}
NAMED = {"es-1": ["10.0.0.1", "es-1.example.net"], "es-2": ["es-2.example.net"]}
NOT_BY_ADDRESS = {"es-1": ["es-1.example.net"], "es-2": ["es-2.example.net"]}


def told(one, two, vouched):
    gates = names_missed({"es-1": one, "es-2": two}, vouched)
    assert all((gate.sign, gate.reason) == (Sign.MIND, "NameMissed") for gate in gates)
    return [gate.text for gate in gates]


def test_a_seed_host_that_no_certificate_names_is_told_with_the_node_that_is_meant():
    assert told({**TLS, **BY_ADDRESS}, {**TLS, **SEED}, NAMED) == [
        "`discovery.seed_hosts` of es-2 has es-1.internal, which the certificate of es-1 will not name: peers would "
        "refuse it; add it to its `names`",
        "`discovery.seed_hosts` of es-2 has old, which no certificate will name; if that is a node of this cluster, "
        "add it to its `names`",
    ]


def test_an_address_that_is_published_and_not_named_is_told():
    assert told({**TLS, **BY_ADDRESS}, TLS, NOT_BY_ADDRESS) == [
        "`network.host` of es-1 has 10.0.0.1, which the certificate of es-1 will not name: peers would refuse it; "
        "add it to its `names`"
    ]


@pytest.mark.parametrize(
    ("one", "two", "vouched"),
    [
        pytest.param({**TLS, **BY_ADDRESS}, TLS, NAMED, id="it is named"),
        pytest.param({**TLS, **BY_ADDRESS}, LOOSE, NOT_BY_ADDRESS, id="the peer does not ask for names"),
        pytest.param(TLS, {**LOOSE, **SEED}, NAMED, id="the one that dials does not ask for names"),
        pytest.param(BY_ADDRESS, SEED, NOT_BY_ADDRESS, id="plain transport"),
        pytest.param({**TLS, **BY_ADDRESS}, {**TLS, **SEED}, {}, id="a record of before, without names"),
        pytest.param({**TLS, "network.host": "_site_"}, TLS, NOT_BY_ADDRESS, id="an address that nobody wrote"),
    ],
)
def test_nothing_is_told_where_nothing_is_missed_or_known(one, two, vouched):
    assert told(one, two, vouched) == []


SITE = {**TLS, "network.host": "_site_"}


@pytest.mark.parametrize(
    ("one", "publishes", "vouched", "found"),
    [
        pytest.param(SITE, "10.0.0.9", NAMED, ["10.0.0.9"], id="a special value"),
        pytest.param({**TLS, "network.host": "0.0.0.0"}, "10.0.0.9", NAMED, ["10.0.0.9"], id="every address"),  # noqa: S104
        pytest.param({**TLS, "network.host": "${HOST}"}, "10.0.0.9", NAMED, ["10.0.0.9"], id="a variable"),
        pytest.param(SITE, "es-1.local", NAMED, ["es-1.local"], id="a name"),
        pytest.param(SITE, "10.0.0.1", NAMED, [], id="it is named"),
        pytest.param(SITE, "127.0.0.1", NAMED, [], id="nobody dials it yet"),
        pytest.param(SITE, "10.0.0.9", {"es-2": ["es-2.example.net"]}, [], id="its certificate is not known"),
        pytest.param(SITE, "10.0.0.9", {}, [], id="a record of before, without names"),
        pytest.param({**TLS, **BY_ADDRESS}, "10.0.0.9", NAMED, [], id="its settings say something else from now on"),
    ],
)
def test_what_a_node_publishes_by_a_value_that_is_no_address_is_asked_of_the_cluster(one, publishes, vouched, found):
    settings = {"es-1": one, "es-2": TLS}
    gates = published_and_missed({"es-1": publishes}, settings, vouched)
    text = "es-1 publishes {} now, which its certificate will not name: peers would refuse it; add it to its `names`"
    assert [gate.text for gate in gates] == [text.format(host) for host in found]
    assert all((gate.sign, gate.reason) == (Sign.MIND, "NameMissed") for gate in gates)


@pytest.mark.parametrize("two", [LOOSE, {}], ids=["the peer does not ask for names", "plain transport"])
def test_what_a_node_publishes_is_nothing_to_peers_that_do_not_ask_for_names(two):
    assert published_and_missed({"es-1": "10.0.0.9"}, {"es-1": SITE, "es-2": two}, NAMED) == ()


def test_a_single_node_has_no_peers_that_dial_it():
    assert names_missed({"es-1": {**TLS, **BY_ADDRESS}}, {"es-1": ["es-1.example.net"]}) == ()


def seeded(world, vouched):
    """Return what the restart wants, with a seed host in the operator's own file that no certificate names."""
    file = world["es-2"].file("elasticsearch.yml")
    file.content += b"discovery.seed_hosts: [es-1.internal]\n"
    return world.wanted().model_copy(update={"vouched": vouched})


VOUCHED = {name: (f"{name}.example.net",) for name in ("es-1", "es-2", "es-3")}


def missed_in(context):
    return [line for line in context.said if "es-1.internal" in line]


def test_a_preview_says_before_a_restart_which_name_will_be_missed(doors):
    world = doors(with_own_allocation())
    wanted, context = seeded(world, VOUCHED), FakeContext(world.clock)
    before = world.snapshot()
    planned = ClusterRestartHandler().preview(None, wanted, context)
    (line,) = missed_in(context)
    assert line.startswith("! `discovery.seed_hosts` of es-2 has es-1.internal, which the certificate of es-1 will not")
    assert line in planned.gates
    assert world.snapshot() == before


def test_a_preview_with_nothing_to_do_says_it_all_the_same_and_asks_for_no_change(doors):
    world = doors(with_own_allocation())
    wanted = seeded(world, VOUCHED)
    done, context = world.up(), FakeContext(world.clock)
    assert ClusterRestartHandler().changes(Recorded(world.wanted(), done), wanted, context) == []
    assert len(missed_in(context)) == 1


def test_a_name_that_is_vouched_for_is_no_news(doors):
    world = doors(with_own_allocation())
    wanted = seeded(world, {**VOUCHED, "es-1": ("es-1.example.net", "es-1.internal")})
    context = FakeContext(world.clock)
    ClusterRestartHandler().preview(None, wanted, context)
    assert missed_in(context) == []


def test_a_preview_of_an_open_cluster_says_what_it_publishes_and_no_certificate_will_name(doors):
    world = doors(with_own_allocation())
    world.cluster.published = {"es-1": "127.0.0.1", "es-2": "10.0.0.9", "es-3": "es-3.example.net"}
    wanted = world.wanted().model_copy(update={"vouched": VOUCHED})
    planned = ClusterRestartHandler().preview(None, wanted, FakeContext(world.clock))
    missed = [gate for gate in planned.gates if "publishes" in gate]
    assert missed == [
        "! es-2 publishes 10.0.0.9 now, which its certificate will not name: peers would refuse it; add it to its "
        "`names`"
    ]
