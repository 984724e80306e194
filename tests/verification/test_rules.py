"""What a secured cluster must show: each rule with what satisfies it and what does not."""

import re

import pytest

from components.findings import all_findings
from components.verification import rules
from components.verification.rules import HTTP_RULES, TRANSPORT_RULES, documents_are_all_there
from tests.verification.evidence import (
    NAMES_ANOTHER,
    NEXT,
    NOTHING,
    OF_A_STRANGER,
    OURS,
    PLAIN,
    RECORDED,
    REFUSED,
    SILENT,
    STRANGERS,
    expected,
    https,
    plain_http,
    refusing,
    serving,
    transport,
)

RULES = (*TRANSPORT_RULES, *HTTP_RULES)
REISSUED = expected(OF_A_STRANGER, OURS)
"""The record of a leaf that is not the one served."""

WELL = [
    pytest.param(rules.transport_serves_our_leaf, transport(), id="transport: the recorded leaf"),
    pytest.param(
        rules.transport_serves_our_leaf,
        transport(ours=refusing()),
        id="transport: the recorded leaf, also when refused",
    ),
    pytest.param(rules.transport_admits_our_nodes, transport(), id="transport: our leaf is taken"),
    pytest.param(
        rules.transport_admits_our_nodes, transport(ours=PLAIN), id="transport: no TLS, which another rule reports"
    ),
    pytest.param(rules.transport_refuses_strangers, transport(), id="transport: a stranger is refused"),
    pytest.param(
        rules.transport_refuses_strangers, transport(stranger=PLAIN), id="transport: a stranger in plain text"
    ),
    pytest.param(rules.transport_refuses_nobody, transport(), id="transport: nobody is refused"),
    pytest.param(rules.http_serves_our_leaf, https(), id="HTTP: the recorded leaf"),
    pytest.param(rules.http_serves_our_leaf, plain_http(), id="HTTP: plain, as the scenario says"),
    pytest.param(rules.http_stays_plain, plain_http(), id="HTTP: plain stays plain"),
    pytest.param(rules.http_stays_plain, https(), id="HTTP: TLS, as the scenario says"),
    pytest.param(
        rules.http_stays_plain, plain_http(greeting=NOTHING), id="HTTP: no answer, which another rule reports"
    ),
    pytest.param(rules.anonymous_is_refused, https(), id="HTTPS: nobody is refused"),
    pytest.param(rules.anonymous_is_refused, plain_http(), id="HTTP: nobody is refused"),
    pytest.param(
        rules.anonymous_is_refused,
        https(greeting=NOTHING, anonymous_status=0),
        id="HTTPS: no answer, which another rule reports",
    ),
    pytest.param(rules.plain_http_is_refused, https(), id="HTTPS: plain HTTP is refused"),
    pytest.param(rules.plain_http_is_refused, plain_http(), id="HTTP: there is no HTTPS port"),
]

ILL = [
    pytest.param(
        rules.transport_serves_our_leaf,
        transport(ours=PLAIN),
        "TlsNotServed",
        "es-1: the transport layer answers plain text to a TLS greeting",
        id="transport: plain text",
    ),
    pytest.param(
        rules.transport_serves_our_leaf,
        transport(ours=NOTHING),
        "NothingListens",
        "es-1: nothing answers on its transport port 9300 (Connection refused), and its other layer does: compare "
        "`transport_port` in the stack file with `transport.port` in its elasticsearch.yml, which counts from",
        id="transport: no answer",
    ),
    pytest.param(
        rules.transport_serves_our_leaf,
        transport(ours=serving(NAMES_ANOTHER)),
        "OtherLeafServed",
        f"es-1: the transport layer serves leaf {expected(NAMES_ANOTHER).serial[:8]}…, recorded is "
        f"{expected().serial[:8]}…",
        id="transport: another leaf of ours",
    ),
    pytest.param(
        rules.transport_serves_our_leaf,
        transport(expected(RECORDED, NEXT)),
        "OtherSigner",
        "es-1: the transport layer serves a leaf that our CA did not sign",
        id="transport: of another generation",
    ),
    pytest.param(
        rules.transport_serves_our_leaf,
        transport(expected(OF_A_STRANGER), ours=serving(OF_A_STRANGER)),
        "OtherSigner",
        "es-1: the transport layer serves a leaf that our CA did not sign",
        id="transport: of a stranger, with the recorded serial number",
    ),
    pytest.param(
        rules.transport_serves_our_leaf,
        transport(expected(NAMES_ANOTHER), ours=serving(NAMES_ANOTHER)),
        "AddressNotNamed",
        "es-1: the transport leaf does not name es-1.example.net (names: ",
        id="transport: of another address",
    ),
    pytest.param(
        rules.transport_admits_our_nodes,
        transport(ours=refusing()),
        "OurLeafRefused",
        "es-1: the transport layer refuses a leaf of our own CA (tlsv1 alert unknown ca)",
        id="transport: our own leaf is refused",
    ),
    pytest.param(
        rules.transport_refuses_strangers,
        transport(stranger=serving()),
        "StrangerAdmitted",
        "es-1: the transport layer accepts a certificate of a foreign CA",
        id="transport: a stranger is admitted",
    ),
    pytest.param(
        rules.transport_refuses_nobody,
        transport(nobody=serving()),
        "NobodyAdmitted",
        "es-1: the transport layer accepts a peer without any certificate",
        id="transport: nobody is admitted",
    ),
    pytest.param(
        rules.transport_admits_our_nodes,
        transport(ours=SILENT),
        "TrustNotTold",
        "es-1: the transport layer does not tell whether it takes a leaf of our own CA (no answer); if the",
        id="transport: silence to our own leaf",
    ),
    pytest.param(
        rules.transport_refuses_strangers,
        transport(stranger=SILENT),
        "TrustNotTold",
        "es-1: the transport layer does not tell whether it takes a certificate of a foreign CA (no answer)",
        id="transport: silence to a stranger",
    ),
    pytest.param(
        rules.transport_refuses_nobody,
        transport(nobody=SILENT),
        "TrustNotTold",
        "es-1: the transport layer does not tell whether it takes a peer without any certificate (no answer)",
        id="transport: silence to nobody",
    ),
    pytest.param(
        rules.http_serves_our_leaf,
        https(greeting=PLAIN),
        "TlsNotServed",
        "es-1: the HTTP layer answers plain text to a TLS greeting",
        id="HTTP: plain text",
    ),
    pytest.param(
        rules.http_serves_our_leaf,
        https(greeting=NOTHING),
        "NothingListens",
        "es-1: nothing answers on its HTTP port 9200 (Connection refused), and its other layer does: compare "
        "`http_port` in the stack file with `http.port` in its elasticsearch.yml",
        id="HTTP: no answer",
    ),
    pytest.param(
        rules.anonymous_is_refused,
        plain_http(greeting=NOTHING, anonymous_status=0),
        "NothingListens",
        "es-1: nothing answers on its HTTP port 9200",
        id="HTTP: plain, and no answer",
    ),
    pytest.param(
        rules.http_serves_our_leaf,
        https(REISSUED),
        "OtherLeafServed",
        "es-1: the HTTP layer serves leaf ",
        id="HTTP: another leaf",
    ),
    pytest.param(
        rules.http_serves_our_leaf,
        https(expected(RECORDED, STRANGERS)),
        "OtherSigner",
        "es-1: the HTTP layer serves a leaf that our CA did not sign",
        id="HTTP: of another CA",
    ),
    pytest.param(
        rules.http_serves_our_leaf,
        https(expected(NAMES_ANOTHER), greeting=serving(NAMES_ANOTHER)),
        "AddressNotNamed",
        "es-1: the HTTP leaf does not name es-1.example.net (names: ",
        id="HTTP: of another address",
    ),
    pytest.param(
        rules.http_stays_plain,
        plain_http(greeting=serving()),
        "HttpSpeaksTls",
        "es-1: the HTTP layer speaks TLS, and the scenario says plain",
        id="HTTP: TLS that nobody asked for",
    ),
    pytest.param(
        rules.anonymous_is_refused,
        plain_http(anonymous_status=200),
        "AnonymousNotRefused",
        "es-1: a request without a login got status 200 instead of status 401",
        id="HTTP: open to everybody",
    ),
    pytest.param(
        rules.anonymous_is_refused,
        https(anonymous_status=403),
        "AnonymousNotRefused",
        "es-1: a request without a login got status 403 instead of status 401",
        id="HTTPS: there is an anonymous user",
    ),
    pytest.param(
        rules.anonymous_is_refused,
        https(anonymous_status=0),
        "AnonymousNotRefused",
        "es-1: a request without a login got no answer that TLS accepts instead of status 401",
        id="HTTPS: no answer proves nothing",
    ),
    pytest.param(
        rules.plain_http_is_refused,
        https(plain_status=401),
        "PlainHttpAnswered",
        "es-1: plain HTTP is answered with status 401 on the HTTPS port",
        id="HTTPS: plain HTTP is answered",
    ),
]


@pytest.mark.parametrize(("rule", "case"), WELL)
def test_what_is_as_it_must_be_is_no_finding(rule, case):
    assert rule(case) is None


@pytest.mark.parametrize(("rule", "case", "reason", "message"), ILL)
def test_what_is_not_as_it_must_be_is_a_finding_that_names_the_node(rule, case, reason, message):
    finding = rule(case)
    assert finding.reason == reason
    assert finding.message.startswith(message)


@pytest.mark.parametrize("table", [WELL, ILL], ids=["passing", "failing"])
def test_every_rule_has_a_case(table):
    assert {case.values[0] for case in table} == set(RULES)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_every_rule_says_in_its_docstring_where_it_comes_from(rule):
    assert re.search(r"Source: \S+", rule.__doc__)


def test_every_rule_of_the_room_is_applied():
    named = {
        getattr(rules, name) for name in vars(rules) if name.startswith(("transport_", "http_", "anonymous_", "plain_"))
    }
    assert named == set(RULES)


def test_reasons_tell_the_findings_apart():
    reasons = {(case.values[0], case.values[2]) for case in ILL}
    shared = {"NothingListens", "TlsNotServed", "OtherLeafServed", "OtherSigner", "AddressNotNamed", "TrustNotTold"}
    alone = [reason for _, reason in reasons if reason not in shared]
    assert len(alone) == len(set(alone)) == 6


def test_no_finding_hides_another_one():
    case = transport(ours=refusing(NAMES_ANOTHER), stranger=serving(), nobody=serving())
    assert [finding.reason for finding in all_findings(TRANSPORT_RULES, case)] == [
        "OtherLeafServed",
        "OurLeafRefused",
        "StrangerAdmitted",
        "NobodyAdmitted",
    ]


def test_a_layer_that_breaks_off_before_it_serves_a_leaf_is_a_finding():
    assert rules.transport_serves_our_leaf(transport(ours=REFUSED)).reason == "TlsNotServed"
    assert rules.http_serves_our_leaf(https(greeting=REFUSED)).reason == "TlsNotServed"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(0, 0, id="none before, none after"),
        pytest.param(5000, 5000, id="as many"),
        pytest.param(5000, 5001, id="one more"),
        pytest.param(-1, 5, id="not counted before"),
        pytest.param(5, -1, id="not counted after"),
        pytest.param(-1, -1, id="never counted"),
        pytest.param(0, 1, id="the first one"),
    ],
)
def test_documents_that_are_there_or_were_not_counted_are_no_finding(before, after):
    assert documents_are_all_there(before, after) is None


@pytest.mark.parametrize(("before", "after"), [(5000, 4999), (1, 0), (5000, 0)])
def test_a_single_missing_document_is_a_finding_with_both_counts(before, after):
    finding = documents_are_all_there(before, after)
    assert finding.reason == "DocumentsMissing"
    assert finding.message == f"there were {before} documents before the restart, and {after} after it"
