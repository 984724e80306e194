"""HTTPS in production, and nodes that listen where it was decided."""

import pytest
from policies.exposure import wildcard_meaning
from policies.view import UNKNOWN

from components.nodes import hosts
from tests.policy.asked import KIBANA, found, node_settings, places, resource

HTTPS, BIND = "https-in-production", "no-wildcard-bind"
TLS = "xpack__security__http__ssl__enabled"


@pytest.mark.parametrize("value", [True, "true", UNKNOWN], ids=str)
def test_a_node_that_speaks_https_meets_the_policy(value):
    assert found(HTTPS, node_settings(**{TLS: value})) == []


@pytest.mark.parametrize("settings", [{}, {TLS: False}, {TLS: "false"}], ids=str)
def test_a_node_of_production_without_https_violates_it(settings):
    [violation] = found(HTTPS, node_settings(**settings))
    assert str(violation) == (
        "cluster.scenario: leaves the HTTP layer in clear\n"
        "  why:  stack prod counts as production, where clients must send passwords and documents by HTTPS\n"
        "  next: set it to `basic-https`"
    )


@pytest.mark.parametrize(
    ("stack", "counts"), [("prod", 1), ("staging", 1), ("development", 1), ("dev", 0), ("dev-7", 0)]
)
def test_every_stack_is_production_unless_its_name_is_on_the_list(stack, counts):
    assert len(found(HTTPS, node_settings(stack))) == counts


def test_a_security_team_says_which_stacks_are_not_production():
    assert places(HTTPS, node_settings("dev"), otherStacks=[]) == ["cluster.scenario"]
    assert found(HTTPS, node_settings("playground-3"), otherStacks=["playground-*"]) == []


def kibana(settings, **about):
    return resource(KIBANA, kibana={"name": "kibana-1", **about}, content={"settings": settings})


@pytest.mark.parametrize(
    ("settings", "about", "expected"),
    [
        ({"server.ssl.enabled": True}, {"publicUrl": "https://kibana.example.net"}, []),
        ({"server.ssl.enabled": True}, {"publicUrl": "http://kibana.example.net"}, ["public_url of kibana-1"]),
        ({}, {"ownCertificate": True}, []),
        ({}, {}, ["kibana kibana-1"]),
    ],
)
def test_people_reach_a_kibana_of_production_by_https(settings, about, expected):
    assert places(HTTPS, kibana(settings, **about)) == expected


EVERYWHERE = "0.0.0.0"  # noqa: S104 (what the policy is about)
WILDCARDS = [
    EVERYWHERE,
    f" {EVERYWHERE} ",
    "::",
    "[::]",
    "::ffff:0.0.0.0",
    "*",
    "0",
    "_all_",
    "_global_",
    "_global:ipv6_",
]
ADDRESSES = ["10.0.0.1", "es-1.example.net", "_local_", "_site_", "_eth0_", "::1", "", "127.0.0.1"]


@pytest.mark.parametrize("value", [*WILDCARDS, *ADDRESSES])
def test_what_is_a_wildcard_is_what_the_stack_file_takes_for_one(value):
    assert bool(wildcard_meaning(value)) is (value in WILDCARDS) is bool(hosts.wildcard_meaning(value))


@pytest.mark.parametrize("key", ["network__host", "http__bind_host", "transport__profiles__default__bind_host"])
def test_a_node_that_listens_everywhere_violates_the_policy(key):
    [violation] = found(BIND, node_settings(**{key: EVERYWHERE}))
    assert (violation.where, violation.what) == (
        f"bind of es-1 ({key.replace('__', '.')})",
        f"means every address of the machine (`{EVERYWHERE}`)",
    )


@pytest.mark.parametrize("value", ["_local_,0.0.0.0", ["_local_", "::"]], ids=str)
def test_one_wildcard_among_several_addresses_is_enough(value):
    assert len(found(BIND, node_settings(network__host=value))) == 1


@pytest.mark.parametrize(
    "settings", [{"network__host": "10.0.0.1"}, {"network__publish_host": "10.0.0.1"}, {}], ids=str
)
def test_a_node_with_an_address_of_its_own_meets_it(settings):
    assert found(BIND, node_settings(**settings)) == []


def test_what_a_preview_does_not_know_is_no_violation():
    assert found(BIND, node_settings(network__host=UNKNOWN)) == []
    assert found(BIND, resource("essecurity:settings:NodeSettings", content=UNKNOWN)) == []
    assert found(HTTPS, resource("essecurity:settings:NodeSettings", content=UNKNOWN)) == []
