"""What a stack file may ask for, and yet had better not."""

import pytest

from stacks.advice import ADVICE, advice_on
from tests.stacks.stackfiles import BY_SSH, model

IN_CLEAR = "cluster.scenario is basic and cluster.production is true: clients send passwords in clear; use basic-https"
OFTEN = "make sure that `pulumi up` runs often enough, without anybody thinking of it"


def told(changes):
    """Return the advice on a changed stack file, as pairs."""
    return [(finding.reason, finding.message) for finding in advice_on(model(f"{BY_SSH}\n{changes}"))]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param("", [], id="the least"),
        pytest.param("cluster: {name: logs, scenario: basic}", [], id="basic, where nobody depends on it"),
        pytest.param("cluster: {name: logs, scenario: basic-https, production: true}", [], id="production with HTTPS"),
        pytest.param(
            "cluster: {name: logs, scenario: basic, production: true}",
            [("ProductionWithoutHttps", IN_CLEAR)],
            id="production without HTTPS",
        ),
        pytest.param("certificates: {valid_for: 60D}", [], id="leaves of sixty days"),
        pytest.param(
            "certificates: {valid_for: 59D}",
            [("ShortLifetime", f"certificates.valid_for is 59D, less than 60 days: {OFTEN}")],
            id="leaves of less",
        ),
        pytest.param(
            "certificates: {valid_for: 30D}\nauthorities: {transport: {valid_for: 89D}, http: {valid_for: 90D}}",
            [
                ("ShortLifetime", f"certificates.valid_for is 30D, less than 60 days: {OFTEN}"),
                ("ShortLifetime", f"authorities.transport.valid_for is 89D, less than 90 days: {OFTEN}"),
            ],
            id="an authority of less than ninety days, and one of ninety",
        ),
    ],
)
def test_advice_is_given_on_exactly_this(changes, expected):
    assert told(changes) == expected


def test_everything_that_is_unwise_is_said_at_once():
    found = told("cluster: {name: logs, scenario: basic, production: true}\ncertificates: {valid_for: 30D}")
    assert [reason for reason, _ in found] == ["ProductionWithoutHttps", "ShortLifetime"]


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        pytest.param("", "es-1, es-2", id="two nodes, each with its address"),
        pytest.param(f"{BY_SSH}", "", id="two nodes by SSH"),
        pytest.param("nodes: [{name: a, address: 10.0.0.1}]", "", id="the only node"),
        pytest.param(
            "nodes: [{name: a, address: 127.0.0.1}, {name: b, address: 127.0.0.2}, {name: c, address: 10.0.0.1}]",
            "",
            id="loopback addresses are this machine's",
        ),
        pytest.param(
            "nodes: [{name: a, address: h.net}, {name: b, address: h.net, http_port: 9201, transport_port: 9301}]",
            "",
            id="two nodes at one address",
        ),
        pytest.param(
            "nodes: [{name: a, address: a.net}, {name: b, address: b.net}, "
            "{name: c, address: c.net, machine: {ssh: {}}}]",
            "a, b",
            id="one of three by SSH",
        ),
    ],
)
def test_nodes_that_are_likely_elsewhere_are_named_where_no_ssh_leads_to_them(changes, named):
    found = [one.message for one in advice_on(model(changes)) if one.reason == "NodesWithoutSsh"]
    assert [text.partition(" have addresses")[0] for text in found] == ([named] if named else [])


@pytest.mark.parametrize(
    ("machine", "told"),
    [
        pytest.param("{layout: deb, ssh: {}}", "", id="the package's own"),
        pytest.param(
            "{layout: rpm, home: /usr/share/elasticsearch/, config: /etc/elasticsearch, ssh: {}}", "", id="typed"
        ),
        pytest.param("{home: /opt/es, ssh: {}}", "", id="an archive"),
        pytest.param("{layout: deb, home: /opt/es, unit: 'es@{name}.service', ssh: {}}", "", id="a unit of one's own"),
        pytest.param(
            "{layout: deb, home: /opt/es, commands: {start: [a], stop: [b]}, ssh: {}}", "", id="commands of one's own"
        ),
        pytest.param(
            "{layout: deb, home: /opt/es, config: '/etc/elasticsearch/{name}', ssh: {}}",
            "es-1 is from a package, and its `home` is /opt/es (the package: /usr/share/elasticsearch) and `config` is "
            "/etc/elasticsearch/es-1 (the package: /etc/elasticsearch); so it is with es-2; take `home` and "
            "`config` out, unless its unit was changed to use these",
            id="those of an archive",
        ),
        pytest.param(
            "{layout: rpm, home: /opt/es, ssh: {}}",
            "es-1 is from a package, and its `home` is /opt/es (the package: /usr/share/elasticsearch); so it is with "
            "es-2; take `home` out, unless its unit was changed to use these",
            id="another home alone",
        ),
    ],
)
def test_folders_that_no_package_has_are_told_where_a_package_is_named(machine, told):
    found = [one.message for one in advice_on(model(f"machine: {machine}")) if one.reason == "PackageInOtherFolders"]
    assert found == ([told] if told else [])


@pytest.mark.parametrize("rule", ADVICE, ids=lambda rule: rule.__name__)
def test_every_piece_of_advice_says_in_words_what_it_looks_for_and_where_elastic_says_so(rule):
    assert rule.__doc__.startswith("Find ")
    assert "Source: " in rule.__doc__
