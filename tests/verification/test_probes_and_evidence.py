"""Who knocks at a node, and that every layer is asked everything that a rule wants to know."""

import pytest
from cryptography import x509

from components.nodes import endpoint, greeting
from components.nodes.probes import LISTEN
from components.pki.inspect import is_signed_by, leaf_facts, load_certificate
from components.pki.keys import belongs_to, load_private_key
from components.pki.probe import probe_leaf
from components.verification import evidence
from components.verification.evidence import Probes, ask_http, ask_transport, make_probes
from tests.pki.makers import NOW, authority
from tests.verification.evidence import NOTHING, PLAIN, SILENT, node, refusing, serving

OURS = authority(1)


@pytest.fixture(scope="module")
def probes() -> Probes:
    return make_probes(probe_leaf(OURS, NOW), "logs", NOW)


def leaf_of(identity) -> x509.Certificate:
    return load_certificate(identity.certificate_pem)


def test_our_probe_is_a_leaf_of_our_ca_and_a_strangers_is_not(probes):
    assert is_signed_by(probes.ours.certificate_pem, OURS.certificate_pem)
    assert not is_signed_by(probes.stranger.certificate_pem, OURS.certificate_pem)


def test_the_stranger_has_a_ca_of_the_same_name_and_of_another_key(probes):
    ours, stranger = leaf_of(probes.ours), leaf_of(probes.stranger)
    assert stranger.issuer == ours.issuer
    keys = [one.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value for one in (ours, stranger)]
    assert keys[0].key_identifier != keys[1].key_identifier


def test_both_probes_could_be_nodes_but_for_their_ca(probes):
    ours, stranger = leaf_facts(probes.ours.certificate_pem), leaf_facts(probes.stranger.certificate_pem)
    assert (ours.subject, ours.sans, ours.purposes, ours.key_use) == (
        stranger.subject,
        stranger.sans,
        stranger.purposes,
        stranger.key_use,
    )
    assert ours.purposes == {"serverAuth", "clientAuth"}


def test_a_probe_is_good_on_a_clock_that_is_days_ahead_which_would_refuse_it_for_its_date(probes):
    for identity in (probes.ours, probes.stranger):
        facts = leaf_facts(identity.certificate_pem)
        assert facts.not_before <= NOW
        assert (facts.not_after - NOW).days == 30


def test_a_probe_holds_the_key_of_its_leaf(probes):
    for identity in (probes.ours, probes.stranger):
        assert belongs_to(load_private_key(identity.private_key_pem), leaf_of(identity))


def test_probes_are_never_printed(probes):
    assert repr(probes) == "Probes(ours=Identity(***), stranger=Identity(***))"


def test_a_transport_layer_is_asked_by_us_by_a_stranger_and_by_nobody_and_each_time_listened_to(monkeypatch, probes):
    asked = []

    def greet(host, port, identity=None, *, listen=0.0, dial):
        asked.append((host, port, identity, listen))
        return serving(refusal=f"alert {len(asked)}")

    monkeypatch.setattr(greeting, "handshake", greet)
    found = ask_transport(node(), probes)
    place = ("es-1.example.net", 9300)
    assert asked == [(*place, who, LISTEN) for who in (probes.ours, probes.stranger, None)]
    answers = [found.ours.refusal, found.stranger.refusal, found.nobody.refusal]
    assert answers == ["alert 1", "alert 2", "alert 3"]


@pytest.mark.parametrize("second", [serving(), refusing(), SILENT], ids=["took it", "refused it", "silent again"])
def test_who_was_not_told_anything_knocks_once_more(monkeypatch, probes, second):
    answers = [SILENT, second, refusing(), refusing()]
    monkeypatch.setattr(greeting, "handshake", lambda *_, **__: answers.pop(0))
    found = ask_transport(node(), probes)
    assert (found.ours, found.stranger, found.nobody, answers) == (second, refusing(), refusing(), [])


@pytest.mark.parametrize(
    ("answered", "asked", "anonymous", "plain"),
    [
        pytest.param(serving(), [("PEM", True), (None, False)], 401, 400, id="TLS: over TLS, and in plain text"),
        pytest.param(PLAIN, [("PEM", False)], 400, 0, id="plain text: once"),
        pytest.param(NOTHING, [("PEM", False)], 400, 0, id="no answer: once"),
    ],
)
def test_an_http_layer_is_asked_without_a_login(monkeypatch, answered, asked, anonymous, plain):
    requests = []

    def answer(place, authorities_pem, login, *, https):
        assert (place.host, place.port, login) == ("es-1.example.net", 9200, None)
        requests.append((authorities_pem, https))
        return 401 if https else 400

    monkeypatch.setattr(endpoint, "handshake", lambda host, port, dial: answered)
    monkeypatch.setattr(evidence, "answers_with", answer)
    found = ask_http(node(), "PEM")
    assert requests == asked
    assert (found.anonymous_status, found.plain_status) == (anonymous, plain)
    assert found.greeting is answered
