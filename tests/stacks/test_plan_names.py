"""What a plan says of the names in new leaves: every one as data, and for people those that are news."""

import dataclasses
import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi.runtime import rpc

from components.nodes.hosts import ip_of
from stacks.markdown import plan_markdown
from stacks.names_words import MOST, names_words
from stacks.plan import plan_from
from stacks.plan_rows import Seen
from stacks.plan_words import MANY
from stacks.show import plan_data
from tests.stacks import seen
from tests.stacks.seen import leaf

LOOPBACK = ("127.0.0.1", "::1")
WINDOW = "leaf expires on 2027-11-24 (in 122 days); its renewal window opened on 2027-07-25"


def named(resource, *dns, ips=()):
    """Return a leaf or a request with what it shall name."""
    return dataclasses.replace(resource, inputs={**resource.inputs, "dns": sorted(dns), "ips": list(ips)})


def first(name, number, *more, layer="transport"):
    """Return a node's first leaf, which names a host and an address of its own."""
    dns, ips = (f"{name}.example.net", *more), (f"10.0.{number // 250}.{number % 250}",)
    if layer == "http":
        dns, ips = (*dns, "es.example.net", "localhost"), (*ips, *LOOPBACK)
    return named(leaf(name, layer=layer), *dns, ips=ips)


def securing(count):
    """Return the first leaves of a cluster, on both layers."""
    names = [f"es-{number}" for number in range(1, count + 1)]
    return [first(name, at, layer=layer) for layer in ("transport", "http") for at, name in enumerate(names, 1)]


def reissued(resource, *dns, ips=(), reason=WINDOW, **before):
    """Return a leaf in the place of one that named this."""
    old = {**resource.inputs, "dns": sorted(dns), "ips": list(ips), "serial": "0a", **before}
    return dataclasses.replace(resource, op="update", before=old, outputs={**resource.outputs, "reason": reason})


def of_kibana(name="kibana-1", *more):
    """Return the first leaf of a Kibana."""
    made = dataclasses.replace(leaf(name, layer="http"), name=f"{name}-kibana-leaf")
    return named(made, "kibana.example.net", "localhost", *more, ips=LOOPBACK)


def request(name, op="create", **outputs):
    """Return a certificate request."""
    inputs = {"node": name, "layer": "transport", "keyType": "ec-p256"}
    made = Seen(f"{name}-transport-request", "essecurity:pki:CertificateRequest", op, inputs, outputs)
    return named(made, f"{name}.example.net")


def lines(*resources):
    return list(names_words(plan_from(resources).names).lines)


def test_the_names_of_few_nodes_are_told_leaf_by_leaf():
    assert lines(*securing(2)) == [
        ("es-1 · transport", "es-1.example.net, 10.0.0.1"),
        ("es-1 · http", "es-1.example.net, es.example.net, localhost, 10.0.0.1, 127.0.0.1, ::1"),
        ("es-2 · transport", "es-2.example.net, 10.0.0.2"),
        ("es-2 · http", "es-2.example.net, es.example.net, localhost, 10.0.0.2, 127.0.0.1, ::1"),
    ]


def test_layers_and_nodes_that_name_the_same_share_a_line():
    both = [named(leaf(name, layer=layer), "a.example.net") for layer in ("transport", "http") for name in ("x", "y")]
    assert lines(*both) == [("x y · transport and http", "a.example.net")]


@pytest.mark.parametrize("count", [MANY + 1, 100])
def test_those_of_many_nodes_are_told_as_their_shape_however_many_there_are(count):
    words = names_words(plan_from(securing(count)).names)
    assert list(words.lines) == [
        (f"{count} nodes · transport", "{name}.example.net, its IP address"),
        (
            f"{count} nodes · http",
            "{name}.example.net, its IP address, es.example.net, localhost, 127.0.0.1, ::1",
        ),
    ]
    assert (words.meant, words.left_out) == ("{name} stands for the node's name", "")


def test_up_to_four_nodes_nothing_is_folded():
    words = names_words(plan_from(securing(MANY)).names)
    assert len(words.lines) == 2 * MANY
    assert (words.meant, words.left_out) == ("", "")


def test_the_odd_one_among_many_is_told_with_every_name():
    leaves = [first(f"es-{at}", at, *(["old.example.net"] if at == 1 else [])) for at in range(1, 101)]
    assert lines(*leaves) == [
        ("99 nodes · transport", "{name}.example.net, its IP address"),
        ("es-1 · transport", "es-1.example.net, old.example.net, 10.0.0.1"),
    ]


def test_the_odd_one_that_lacks_a_name_is_told_as_it_is():
    leaves = [named(leaf(f"es-{at}"), f"es-{at}.net", *["es.net"][: at != 7]) for at in range(1, 101)]
    assert lines(*leaves) == [("99 nodes · transport", "{name}.net, es.net"), ("es-7 · transport", "es-7.net")]


def test_each_of_a_few_odd_ones_is_told_with_every_name_that_no_word_stands_for():
    leaves = [named(leaf(f"es-{at}"), *[f"es-{at}.net", f"x{at}.net"][: 1 + (at in {7, 9})]) for at in range(1, 101)]
    assert lines(*leaves) == [
        ("98 nodes · transport", "{name}.net"),
        ("es-7 · transport", "es-7.net, x7.net"),
        ("es-9 · transport", "es-9.net, x9.net"),
    ]


def test_a_name_that_some_of_many_share_makes_them_a_line_of_their_own():
    leaves = [first(f"es-{at}", at, f"{'ab'[at % 2]}.example.net") for at in range(1, 7)]
    assert lines(*leaves) == [
        ("es-1 es-3 es-5 · transport", "{name}.example.net, its IP address, b.example.net"),
        ("es-2 es-4 es-6 · transport", "{name}.example.net, its IP address, a.example.net"),
    ]


def test_names_that_only_pairs_share_do_not_make_a_line_for_each_pair():
    leaves = [named(leaf(f"es-{at}"), f"es-{at}.example.net", ips=[f"10.0.0.{at // 2}"]) for at in range(100)]
    assert lines(*leaves) == [("100 nodes · transport", "{name}.example.net, its IP address")]


def test_where_all_are_odd_as_many_as_can_be_read_are_told_and_the_rest_counted():
    leaves = [
        named(leaf(f"es-{at}", layer=layer), *(f"n{at}-{each}.example.net" for each in range(at)))
        for layer in ("transport", "http")
        for at in range(1, 101)
    ]
    plan = plan_from(leaves)
    words = names_words(plan.names)
    assert len(words.lines) == MOST
    assert words.left_out == "and 176 more, which `preview --json` lists"
    assert "- and 176 more, which `preview --json` lists\n" in plan_markdown(plan, "logs")


def test_other_names_of_a_node_are_counted_since_no_word_stands_for_them():
    leaves = [
        named(leaf(f"es-{at}"), f"x{at}.net", f"y{at}.net", f"es-{at}", ips=[f"10.0.0.{at}", f"fd00::{at}"])
        for at in range(1, 6)
    ]
    assert lines(*leaves) == [("5 nodes · transport", "{name}, 2 names of its own, 2 IP addresses of its own")]


def test_a_node_whose_name_begins_that_of_another_is_told_apart():
    leaves = [named(leaf(f"es-{at}"), f"es-{at}.example.net") for at in (1, 10, 11, 12, 13)]
    assert lines(*leaves) == [("5 nodes · transport", "{name}.example.net")]


def test_a_name_of_one_letter_stands_for_itself_alone():
    leaves = [named(leaf(name), f"data-{name.lower()}.example.net") for name in "ADTXY"]
    assert lines(*leaves) == [("5 nodes · transport", "data-{name}.example.net")]


def test_the_name_of_another_node_does_not_stand_for_ones_own():
    leaves = [named(leaf(f"es-{at}"), f"es-{at if at != 3 else 30}.example.net") for at in range(1, 7)]
    assert lines(*leaves)[1:] == [("es-3 · transport", "es-30.example.net")]


def test_a_leaf_with_addresses_of_ip_version_6_alone_is_told_too():
    assert lines(named(leaf("es-1"), ips=["fd00::1"])) == [("es-1 · transport", "fd00::1")]
    many = [named(leaf(f"es-{at}"), ips=[f"fd00::{at}"]) for at in range(1, 6)]
    assert lines(*many) == [("5 nodes · transport", "its IP address")]


def test_the_leaf_of_a_kibana_stands_below_those_of_nodes_and_is_folded_by_itself():
    [*_, last] = lines(of_kibana(), *securing(MANY + 1))
    assert last == ("kibana-1 · http", "kibana.example.net, localhost, 127.0.0.1, ::1")
    assert [whose for whose, _ in lines(of_kibana(), first("node-1", 1))] == ["node-1 · transport", "kibana-1 · http"]
    assert lines(of_kibana(), first("node-1", 1, layer="http"))[-1] == last
    five = [of_kibana(f"kibana-{at}", f"kibana-{at}.net") for at in range(1, 6)]
    assert lines(*five) == [("5 Kibanas · http", "{name}.net, kibana.example.net, localhost, 127.0.0.1, ::1")]


def test_a_request_says_what_is_to_be_signed():
    assert lines(request("es-1"), request("es-2")) == [
        ("es-1 · transport request", "es-1.example.net"),
        ("es-2 · transport request", "es-2.example.net"),
    ]


def test_a_request_that_stays_is_not_told():
    stays = dataclasses.replace(request("es-1", "update", requestPem="x"), before={"requestPem": "x"})
    assert plan_from([stays]).names == ()


def test_a_leaf_that_is_renewed_is_data_and_no_news():
    renewed = reissued(first("es-1", 1), "es-1.example.net", ips=["10.0.0.1"])
    plan = plan_from([renewed])
    assert plan_data(plan)["names"] == (
        {
            "what": "leaf",
            "node": "es-1",
            "layer": "transport",
            "names": ("es-1.example.net", "10.0.0.1"),
            "as_before": True,
        },
    )
    assert names_words(plan.names).lines == ()
    assert "Names" not in plan_markdown(plan, "logs")


def test_a_leaf_that_names_others_than_before_is_news_whatever_its_reason():
    assert lines(reissued(first("es-1", 1), "es-1.example.net")) == [("es-1 · transport", "es-1.example.net, 10.0.0.1")]
    assert lines(reissued(first("es-1", 1), "es-1.example.net", "a.net", ips=["10.0.0.1"])) != []


def test_a_leaf_in_the_place_of_one_that_was_signed_elsewhere_is_news_since_nobody_knows_what_that_named():
    before = {"ips": ["10.0.0.1"], "givenCertificatePem": seen.MASKED}
    assert lines(reissued(first("es-1", 1), "es-1.example.net", **before)) != []


@pytest.mark.parametrize(
    "resource",
    [
        pytest.param(dataclasses.replace(first("es-1", 1), op="same"), id="stays"),
        pytest.param(dataclasses.replace(first("es-1", 1), op="delete"), id="is forgotten"),
        pytest.param(dataclasses.replace(first("es-1", 1), op="replace"), id="is told already"),
        pytest.param(
            dataclasses.replace(
                first("es-1", 1), op="update", before={"serial": "0a", "dns": [], "ips": []}, outputs={"serial": "0a"}
            ),
            id="is written down alone",
        ),
        pytest.param(leaf("es-1"), id="names are not known yet"),
        pytest.param(named(leaf("es-1"), "a.example.net", rpc.UNKNOWN), id="one name is not known yet"),
        pytest.param(named(leaf("es-1"), ips=[rpc.UNKNOWN]), id="one address is not known yet"),
        pytest.param(
            dataclasses.replace(
                first("es-1", 1), inputs={**first("es-1", 1).inputs, "givenCertificatePem": seen.MASKED}
            ),
            id="was signed elsewhere",
        ),
    ],
)
def test_what_is_not_made_here_or_not_known_is_not_listed(resource):
    assert plan_from([resource]).names == ()


HOSTS = ["es.example.net", "es-1", "es-1.example.net", "es-2.example.net", "a.net", "b.net", "10.0.0.1", "fd00::1"]
COUNTED = re.compile(r"(\d+) (names|IP addresses) of its own")


@given(st.lists(st.sets(st.sampled_from(HOSTS), min_size=1), min_size=1, max_size=30))
def test_every_leaf_is_told_once_with_as_many_names_as_it_has(clusters):
    leaves = [
        named(leaf(f"es-{at}"), *(one for one in hosts if ip_of(one) is None), ips=sorted(filter(ip_of, hosts)))
        for at, hosts in enumerate(clusters, 1)
    ]
    words = names_words(plan_from(leaves).names)
    assert len(words.lines) <= MOST
    sizes = []
    for whose, names in words.lines:
        nodes = whose.removesuffix(" · transport").split()
        count = int(nodes[0]) if nodes[1:] == ["nodes"] else len(nodes)
        size = sum(int(found[1]) if (found := COUNTED.fullmatch(name)) else 1 for name in names.split(", "))
        sizes += [size] * count
    left = int(words.left_out.split()[1]) if words.left_out else 0
    assert len(sizes) + left == len(clusters)
    assert not Counter(sizes) - Counter(map(len, clusters)), "no line tells more or fewer names than its leaves have"
