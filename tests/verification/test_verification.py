"""Every node is asked everything, and everything that is found is reported, recorded, and asked again."""

import pytest

from components.drift import DriftKind
from components.handling import HalfDone
from components.pki.inspect import is_signed_by
from components.pki.spec import Layer
from components.values import UNKNOWN
from components.verification.handler import VerificationHandler, VerificationOutputs
from tests.verification.cluster import HTTP_CA, THREE, TRANSPORT_CA, Secured, leaf_of
from tests.verification.evidence import NOTHING, PLAIN, REFUSED, serving

ADMITS_STRANGERS = {"stranger": serving()}
EVERYTHING_WRONG = {
    "es-1": {"ours": PLAIN, "stranger": PLAIN, "nobody": PLAIN, "greeting": PLAIN, "anonymous_status": 200},
    "es-2": {"stranger": serving(), "nobody": serving()},
    "es-3": {"anonymous_status": 0, "plain_status": 200},
}
ALL_FINDINGS = (
    "es-1: the transport layer answers plain text to a TLS greeting",
    "es-1: the HTTP layer answers plain text to a TLS greeting",
    "es-1: a request without a login got status 200 instead of status 401",
    "es-2: the transport layer accepts a certificate of a foreign CA",
    "es-2: the transport layer accepts a peer without any certificate",
    "es-3: a request without a login got no answer that TLS accepts instead of status 401",
    "es-3: plain HTTP is answered with status 200 on the HTTPS port",
    "there were 5000 documents before the restart, and 4999 after it",
)


def half_done(cluster: Secured) -> HalfDone:
    with pytest.raises(HalfDone) as caught:
        cluster.up()
    return caught.value


def test_a_cluster_in_which_all_is_well_has_no_findings(doors):
    assert doors(Secured()).up() == VerificationOutputs(findings=(), checks=25)


@pytest.mark.parametrize("wrong", [{}, {"es-1": {"ours": NOTHING}, "es-3": {"greeting": NOTHING}}])
def test_every_node_is_asked_on_both_layers_whatever_the_others_answer(doors, wrong):
    cluster = doors(Secured(wrong=wrong))
    if wrong:
        half_done(cluster)
    else:
        cluster.up()
    assert sorted(cluster.asked) == sorted((name, layer) for name in THREE for layer in Layer)


def test_the_findings_of_all_nodes_are_reported_none_hidden_in_the_order_of_the_nodes(doors):
    error = half_done(doors(Secured(wrong=EVERYTHING_WRONG, documents=(5000, 4999))))
    assert error.outputs.findings == ALL_FINDINGS
    assert list(error.reasons) == [f"verification: {finding}" for finding in ALL_FINDINGS]
    assert str(error) == "; ".join(error.reasons)


def test_what_was_found_is_recorded_with_the_number_of_checks(doors):
    error = half_done(doors(Secured(wrong={"es-2": ADMITS_STRANGERS})))
    finding = "es-2: the transport layer accepts a certificate of a foreign CA"
    assert error.outputs == VerificationOutputs(findings=(finding,), checks=25)


def test_the_findings_of_twenty_nodes_are_all_reported(doors):
    names = tuple(f"es-{number}" for number in range(1, 21))
    cluster = doors(Secured(names=names, wrong=dict.fromkeys(names, ADMITS_STRANGERS)))
    found = half_done(cluster).outputs.findings
    assert [finding.partition(":")[0] for finding in found] == list(names)


def test_a_node_that_breaks_off_before_it_serves_a_leaf_hides_no_other_finding(doors):
    wrong = {"es-1": {"ours": REFUSED, "greeting": REFUSED}, "es-2": ADMITS_STRANGERS}
    found = half_done(doors(Secured(wrong=wrong))).outputs.findings
    assert "es-2: the transport layer accepts a certificate of a foreign CA" in found
    assert [finding for finding in found if finding.startswith("es-1: the HTTP layer")]


def test_a_leaf_of_another_node_is_a_finding(doors):
    error = half_done(doors(Secured(wrong={"es-1": {"greeting": serving(leaf_of("es-2", Layer.HTTP))}})))
    [finding] = error.outputs.findings
    assert finding.startswith("es-1: the HTTP layer serves leaf ")


def test_each_layer_is_compared_with_its_own_leaf_and_its_own_ca(doors):
    swapped = {"ours": serving(leaf_of("es-1", Layer.HTTP)), "greeting": serving(leaf_of("es-1", Layer.TRANSPORT))}
    found = half_done(doors(Secured(wrong={"es-1": swapped}))).outputs.findings
    assert [finding.partition(" serves ")[0] for finding in found] == [
        "es-1: the transport layer",
        "es-1: the HTTP layer",
    ]
    assert doors(Secured()).up().findings == ()


def test_http_is_asked_with_the_http_ca(doors):
    cluster = doors(Secured())
    cluster.up()
    assert cluster.pems == {HTTP_CA.certificate_pem}


def test_the_probes_are_of_the_transport_ca_and_of_a_stranger_and_made_once(doors):
    cluster = doors(Secured())
    cluster.up()
    assert len(cluster.probes) == 3
    assert len({id(probes) for probes in cluster.probes}) == 1
    assert is_signed_by(cluster.probes[0].ours.certificate_pem, TRANSPORT_CA.certificate_pem)
    assert not is_signed_by(cluster.probes[0].stranger.certificate_pem, TRANSPORT_CA.certificate_pem)


def test_where_http_stays_plain_nothing_of_tls_is_expected_there(doors):
    assert doors(Secured(https=False)).up().findings == ()
    error = half_done(doors(Secured(https=False, wrong={"es-1": {"greeting": serving()}})))
    assert error.outputs.findings == ("es-1: the HTTP layer speaks TLS, and the scenario says plain",)


def test_where_transport_has_no_tls_only_http_is_asked(doors):
    cluster = doors(Secured(transport=False, https=False))
    assert cluster.up().findings == ()
    assert {layer for _, layer in cluster.asked} == {Layer.HTTP}


@pytest.mark.parametrize(
    ("cluster", "checks"),
    [
        pytest.param(Secured(), 3 * 8 + 1, id="both layers"),
        pytest.param(Secured(https=False), 3 * 8 + 1, id="HTTP stays plain, which is checked too"),
        pytest.param(Secured(transport=False, https=False), 3 * 4 + 1, id="HTTP alone"),
        pytest.param(Secured(names=("es-1",)), 8 + 1, id="one node"),
    ],
)
def test_checks_are_counted_in_a_preview_and_it_is_what_an_up_makes(doors, cluster, checks):
    doors(cluster)
    assert cluster.preview() == VerificationOutputs(checks=checks)
    assert cluster.asked == [], "a preview asks nobody"
    assert cluster.up().checks == checks


@pytest.mark.parametrize(
    "unknown",
    ["transport_key_pem", "transport_certificate_pem", "http_certificate_pem", "documents_before", "documents_after"],
)
def test_a_preview_counts_checks_also_of_what_is_not_made_yet(doors, unknown):
    assert doors(Secured()).preview(**{unknown: UNKNOWN}).checks == 25


def test_what_was_found_the_last_time_is_asked_again(doors):
    changes = doors(Secured()).changes("es-1: this", "es-2: that")
    assert [(change.finding.reason, change.finding.message, change.on) for change in changes] == [
        ("FoundBefore", "found at the last look: es-1: this", "findings"),
        ("FoundBefore", "found at the last look: es-2: that", "findings"),
    ]


def test_where_nothing_was_found_nothing_is_asked_again(doors):
    cluster = doors(Secured(wrong=EVERYTHING_WRONG))
    assert cluster.changes() == []
    assert cluster.asked == []


def test_a_refresh_shows_what_is_found_now_and_fails_nothing(doors):
    cluster = doors(Secured(wrong=EVERYTHING_WRONG, documents=(5000, 4999)))
    assert cluster.refresh().findings == ALL_FINDINGS
    assert cluster.refresh().checks == 25
    told = cluster.drift()
    texts = tuple(f"{one.node}: {one.found}" if one.node else one.found for one in told)
    assert texts == ALL_FINDINGS
    assert {one.kind for one in told} == {DriftKind.VERIFICATION_FAILED}


def test_a_refresh_forgets_what_is_mended(doors):
    cluster = doors(Secured())
    assert cluster.refresh("es-1: this").findings == ()
    assert cluster.drift("es-1: this") == []


def test_a_verification_is_of_one_cluster():
    assert VerificationHandler().name(Secured().wanted()) == "logs/verification"
    assert VerificationHandler().replace_on == {"cluster"}


def test_the_key_of_the_ca_is_in_nothing_that_is_said(doors):
    cluster = doors(Secured(wrong=EVERYTHING_WRONG))
    spoken = [str(half_done(cluster)), repr(cluster.wanted()), *cluster.context.said, *cluster.context.shown]
    secret = TRANSPORT_CA.private_key_pem.splitlines()[1]
    assert [text for text in spoken if secret in text] == []
