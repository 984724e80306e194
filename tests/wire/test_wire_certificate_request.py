"""A key that is made here and its request: kept, made again where it must be, and answered by a certificate."""

from cryptography import x509

from components.pki.inspect import extension, load_certificate
from components.pki.keys import load_private_key, new_private_key, public_key_of
from components.pki.own import KEY_ELSEWHERE
from tests.pki.makers import foreign, own_ca
from tests.wire import asking
from tests.wire.talking import UNKNOWN, hidden, is_hidden, urn_of

ROOT = own_ca("Example root")
WANTED = {"node": "es-1", "layer": "http", "dns": ["es-1.example.net"], "ips": ["10.0.0.1"], "keyType": "ec-p256"}


def request_in(saved):
    return x509.load_pem_x509_csr(saved.outputs["requestPem"].encode())


def key_of(saved):
    return saved.outputs["keyPem"]["value"]


def both(outputs):
    return outputs["keyPem"], outputs["requestPem"]


def test_a_request_names_the_node_and_proves_its_key_which_is_a_secret(talk):
    assert talk.preview_create(asking.REQUEST, WANTED)["requestPem"] == UNKNOWN
    made = talk.create(asking.REQUEST, WANTED)
    request = request_in(made)
    names = extension(request, x509.SubjectAlternativeName)
    assert request.is_signature_valid
    assert request.subject.rfc4514_string() == "CN=es-1"
    assert names.get_values_for_type(x509.DNSName) == ["es-1.example.net"]
    assert [str(one) for one in names.get_values_for_type(x509.IPAddress)] == ["10.0.0.1"]
    assert public_key_of(load_private_key(key_of(made))) == public_key_of(request)
    assert is_hidden(made.outputs["keyPem"])
    assert "PRIVATE" not in made.outputs["requestPem"]
    assert talk.diff(made).some is False


def test_other_names_make_another_request_of_the_same_key(talk):
    made = talk.create(asking.REQUEST, WANTED)
    more = {**WANTED, "dns": ["es-1.example.net", "es.example.net"]}
    assert talk.diff(made, more).kinds["requestPem"] == "UPDATE"
    preview = talk.preview_update(made, more)
    assert (preview["keyPem"], preview["requestPem"]) == (made.outputs["keyPem"], UNKNOWN)
    after = talk.update(made, more)
    assert key_of(after) == key_of(made)
    assert public_key_of(request_in(after)) == public_key_of(request_in(made))
    assert after.outputs["requestPem"] != made.outputs["requestPem"]


def test_another_type_of_key_changes_no_key_that_is_there_and_is_told_once(talk, heard):
    made = talk.create(asking.REQUEST, WANTED)
    other = {**WANTED, "keyType": "ec-p384"}
    assert talk.diff(made, other).some is True
    [warning] = heard.texts(urn_of(asking.REQUEST), severity="WARNING")
    assert warning.startswith("es-1/http/request: its key stays ec-p256, since certificates are signed for it")
    assert "name both files as `key` and `certificate` of es-1 in `authorities.http.own.leaves`" in warning
    assert both(talk.preview_update(made, other)) == both(made.outputs)
    after = talk.update(made, other)
    assert both(after.outputs) == both(made.outputs)
    assert talk.diff(after).some is False
    assert both(talk.update(after, WANTED).outputs) == both(made.outputs)
    assert talk.diff(after, WANTED).some is True
    assert heard.texts(urn_of(asking.REQUEST), severity="WARNING") == [warning]


def test_other_names_with_another_type_of_key_are_asked_for_with_the_key_that_is_there(talk):
    made = talk.create(asking.REQUEST, WANTED)
    other = {**WANTED, "keyType": "ec-p384", "dns": ["es.example.net"]}
    assert talk.diff(made, other).kinds["requestPem"] == "UPDATE"
    assert talk.preview_update(made, other)["keyPem"] == made.outputs["keyPem"]
    after = talk.update(made, other)
    assert key_of(after) == key_of(made)
    assert public_key_of(request_in(after)) == public_key_of(load_private_key(key_of(made)))


def test_a_key_that_is_made_is_of_the_type_that_is_asked_for(talk):
    made = talk.create(asking.REQUEST, {**WANTED, "keyType": "ec-p384"})
    assert load_private_key(key_of(made)).key_size == 384


def test_the_certificate_that_answers_it_is_presented_with_the_key_that_stayed(talk):
    made = talk.create(asking.REQUEST, WANTED)
    found = extension(request_in(made), x509.SubjectAlternativeName)
    answer = foreign("es-1", (found, False), signer=ROOT, key=load_private_key(key_of(made)))
    root = {"ownCertificatePem": hidden(ROOT.pem), "ownKeyPem": hidden(KEY_ELSEWHERE), "layer": "http"}
    signer = talk.create(asking.AUTHORITY, asking.authority(**root))
    given = {"givenCertificatePem": hidden(answer.pem), "givenTrustPem": hidden(ROOT.pem)}
    leaf = talk.create(asking.CERTIFICATE, asking.leaf(signer, **given, givenKeyPem=made.outputs["keyPem"]))
    assert load_certificate(leaf.outputs["certificatePem"]["value"]) == answer.certificate


def answered(made, key=None, **changes):
    """Return the inputs of a request that was answered with a certificate of its key, or of another one."""
    names = extension(request_in(made), x509.SubjectAlternativeName)
    leaf = foreign("es-1", (names, False), signer=ROOT, key=key or load_private_key(key_of(made)))
    usual = {"certificatePem": leaf.pem, "chainPem": "", "trustedPem": ROOT.pem, "dns": WANTED["dns"], "ips": []}
    return {**WANTED, "answer": {**usual, **changes}}


def warnings_of(heard):
    return heard.texts(urn_of(asking.REQUEST), severity="WARNING")


def test_an_answer_that_fits_is_nothing_to_do_and_nothing_to_say(talk, heard):
    made = talk.create(asking.REQUEST, WANTED)
    assert talk.diff(made, answered(made)).some is False
    assert warnings_of(heard) == []


def test_what_is_wrong_with_an_answer_is_told_while_others_are_awaited_with_every_reason(talk, heard):
    made = talk.create(asking.REQUEST, WANTED)
    wrong = answered(made, new_private_key("ec-p256"), dns=["another.example.net"])
    assert talk.diff(made, wrong).some is False
    [warning] = warnings_of(heard)
    assert warning.startswith(
        "es-1/http/request: the certificate that came back could not be presented: it was issued for another key; "
    )
    assert "another.example.net" in warning


def test_an_answer_makes_no_other_request_and_is_no_reason_for_one_when_it_is_gone(talk):
    made = talk.create(asking.REQUEST, WANTED)
    with_names = {**answered(made), "dns": ["es.example.net"]}
    after = talk.update(made, with_names)
    assert key_of(after) == key_of(made)
    assert talk.diff(after, {**WANTED, "dns": ["es.example.net"]}).some is False
