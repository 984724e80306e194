"""A CA of somebody's own: what is taken, what is refused, and what nodes and clients get of it."""

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from components.errors import ConfigurationRefused
from components.findings import all_findings
from components.pki.chains import leads_up_to
from components.pki.inspect import parse_bundle
from components.pki.own import OWN_CHECKS, not_in_its_life, own_authority, own_view, too_short_for_a_leaf
from components.pki.spec import Layer
from tests.pki.makers import NOW, ca, foreign, own_ca, purposes, use

ROOT = own_ca("Example root")
POLICY = own_ca("Example policy", ROOT)
ISSUING = own_ca("Example issuing", POLICY)
STRANGER = own_ca("Stranger")
SIGNS = use("key_cert_sign")


def key_id(digest=b"any"):
    return x509.SubjectKeyIdentifier(digest), False


def own(one, *above):
    return own_authority(one.key_pem, [one.certificate, *(each.certificate for each in above)])


def reasons(one, *above, layer=Layer.HTTP):
    return [found.reason for found in all_findings(OWN_CHECKS, own_view(own(one, *above), layer))]


@pytest.mark.parametrize("layer", Layer)
@pytest.mark.parametrize(
    "line",
    [
        pytest.param((ROOT,), id="a root"),
        pytest.param((POLICY, ROOT), id="below a root"),
        pytest.param((ISSUING, ROOT, POLICY), id="two below a root, in any order"),
    ],
)
def test_a_ca_that_may_sign_leaves_is_taken(line, layer):
    assert reasons(*line, layer=layer) == []


def test_nodes_send_every_ca_below_the_root_the_nearest_first():
    assert own(ISSUING, ROOT, POLICY).presented_pem == ISSUING.pem + POLICY.pem
    assert own(ISSUING, ROOT, POLICY).chain_pem == POLICY.pem + ROOT.pem
    assert own(ROOT).presented_pem == ""


def test_nodes_trust_the_ca_that_signs_and_clients_its_root():
    line = own(ISSUING, ROOT, POLICY)
    assert line.trusted_pem(Layer.TRANSPORT) == ISSUING.pem
    assert line.trusted_pem(Layer.HTTP) == ROOT.pem
    assert {own(ROOT).trusted_pem(layer) for layer in Layer} == {ROOT.pem}


def test_of_a_renewed_root_the_certificate_that_lives_longer_is_trusted():
    key, name = ROOT.key, "Example root"
    longer = foreign(name, ca(), SIGNS, key_id(), key=key, ends=NOW + timedelta(days=9000))
    assert own(POLICY, longer, ROOT).trusted_pem(Layer.HTTP) == longer.pem
    assert own(POLICY, ROOT, longer).trusted_pem(Layer.HTTP) == longer.pem


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        pytest.param((foreign("es-1", key_id()),), "NoAuthority", id="a leaf, as in elastic-certificates.p12"),
        pytest.param((foreign("ca", ca(), use("crl_sign"), key_id()),), "NoAuthority", id="may not sign"),
        pytest.param((foreign("ca", ca(), SIGNS),), "KeyNotNamed", id="no key identifier"),
        pytest.param(
            (foreign("ca", ca(), key_id(), key=ec.generate_private_key(ec.SECP256K1())),),
            "KeyNotSupported",
            id="a curve that Java does not know",
        ),
        pytest.param(
            (foreign("ca", ca(), key_id(), purposes(ExtendedKeyUsageOID.CLIENT_AUTH)),), "PurposeMissing", id="purpose"
        ),
        pytest.param(
            (foreign("ca", ca(), key_id(), (x509.NameConstraints([x509.DNSName("a.example")], None), True)),),
            "NamesConstrained",
            id="only for some names",
        ),
        pytest.param((POLICY,), "RootMissing", id="without its root"),
    ],
)
def test_a_ca_that_cannot_sign_for_nodes_is_refused(line, reason):
    assert reasons(*line) == [reason]


def test_what_is_wrong_above_the_ca_is_found():
    tight = own_ca("Tight root", path_length=1)
    middle = own_ca("Middle", tight)
    assert reasons(middle, tight) == []
    assert reasons(own_ca("Low", middle), middle, tight) == ["PathTooLong"]
    no_ca = foreign("No CA", key_id())
    assert reasons(own_ca("Under none", no_ca), no_ca) == ["IssuerMayNotSign"]


def test_between_nodes_the_root_is_not_needed():
    assert reasons(POLICY, layer=Layer.TRANSPORT) == []


def test_a_purpose_that_only_transport_needs_is_asked_for_there_alone():
    servers = foreign("ca", ca(), key_id(), purposes(ExtendedKeyUsageOID.SERVER_AUTH))
    assert reasons(servers, layer=Layer.HTTP) == []
    assert reasons(servers, layer=Layer.TRANSPORT) == ["PurposeMissing"]


@pytest.mark.parametrize(
    ("key", "certificates", "why"),
    [
        pytest.param(STRANGER, (ROOT,), "belongs to none of the certificates", id="another's key"),
        pytest.param(STRANGER, (), "belongs to none of the certificates", id="no certificate"),
        pytest.param(ISSUING, (ISSUING, POLICY, STRANGER), "'Stranger' is not an issuer", id="a stranger"),
        pytest.param(ISSUING, (ISSUING, ROOT), "'Example root' is not an issuer", id="a gap"),
    ],
)
def test_files_that_do_not_belong_together_are_refused(key, certificates, why):
    with pytest.raises(ConfigurationRefused, match=why):
        own_authority(key.key_pem, [one.certificate for one in certificates])


@pytest.mark.parametrize(
    ("begins", "ends", "reason"),
    [
        pytest.param(timedelta(0), timedelta(0), None, id="its only moment"),
        pytest.param(timedelta(days=-9), timedelta(seconds=-1), "OwnAuthorityExpired", id="just expired"),
        pytest.param(timedelta(seconds=1), timedelta(days=9), "OwnAuthorityNotYetValid", id="valid soon"),
    ],
)
def test_it_must_be_in_its_life_and_so_must_those_above(begins, ends, reason):
    other = own_ca("Other", begins=NOW + begins, ends=NOW + ends)
    for line in (own(other), own(own_ca("Below", other), other)):
        found = not_in_its_life(line, NOW)
        assert (found.reason if found else None) == reason


def test_a_leaf_must_have_its_whole_life():
    line = own(own_ca("Short", ends=NOW + timedelta(days=90)))
    assert too_short_for_a_leaf(line, "90D", NOW) is None
    assert too_short_for_a_leaf(line, "90D", NOW + timedelta(seconds=1)).reason == "OwnAuthorityTooShort"


@pytest.mark.parametrize(
    ("chain", "authority", "leads"),
    [
        pytest.param((ISSUING, POLICY), ROOT, True, id="up to the root"),
        pytest.param((ISSUING, POLICY), POLICY, True, id="up to a CA in it"),
        pytest.param((ISSUING,), ROOT, False, id="a gap at its end"),
        pytest.param((STRANGER, POLICY), ROOT, False, id="a gap in it"),
        pytest.param((), ROOT, False, id="nothing"),
    ],
)
def test_a_chain_leads_up_to_an_authority_step_by_step(chain, authority, leads):
    assert leads_up_to([one.certificate for one in chain], authority.certificate) is leads


def test_the_key_shows_in_no_repr():
    assert "PRIVATE" not in repr(own(ROOT))
    assert len(parse_bundle(own(ISSUING, POLICY, ROOT).chain_pem)) == 2
