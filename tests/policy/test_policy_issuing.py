"""Keys, lives, and CAs that are apart: each policy at its boundary, for what is made here and what is given."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from policies.certificates import facts_in, key_type
from policies.issuing import longest_days
from policies.view import UNKNOWN

from components.pki.keys import key_type_of
from components.pki.lifetimes import lifetime_end
from components.pki.spec import KeyType
from tests.pki.makers import authority, foreign, own_ca
from tests.policy.asked import AUTHORITY, CERTIFICATE, REQUEST, found, places, policy, resource

KEY, LIFE, APART = "minimum-key-type", "maximum-lifetime", "authorities-apart"
WEAK = frozenset({"rsa-2048"})
"""Key types of the stack file that are weaker than the least that is allowed by default."""


@pytest.mark.parametrize("key", KeyType)
@pytest.mark.parametrize("kind", [CERTIFICATE, AUTHORITY, REQUEST])
def test_by_default_128_bits_of_security_are_the_least(kind, key):
    assert bool(found(KEY, resource(kind, layer="http", keyType=key.value))) is (key.value in WEAK)


@pytest.mark.parametrize(
    ("key", "least", "violates"),
    [
        ("rsa-2048", {"rsa": "rsa-2048"}, False),
        ("rsa-3072", {"rsa": "rsa-4096"}, True),
        ("rsa-4096", {"rsa": "rsa-4096"}, False),
        ("ec-p256", {"ec": "ec-p384"}, True),
        ("ec-p384", {"ec": "ec-p384"}, False),
        ("ec-p256", {"rsa": "rsa-4096"}, False),
    ],
)
def test_a_security_team_sets_the_least_of_each_kind(key, least, violates):
    assert bool(found(KEY, resource(CERTIFICATE, layer="http", keyType=key), **least)) is violates


def test_a_violation_names_the_key_of_the_stack_file():
    assert places(KEY, resource(CERTIFICATE, layer="http", keyType="rsa-2048")) == ["certificates.key"]
    assert places(KEY, resource(AUTHORITY, layer="transport", keyType="rsa-2048")) == ["authorities.transport.key"]
    [violation] = found(KEY, resource(CERTIFICATE, layer="http", keyType="rsa-2048"))
    assert str(violation) == (
        "certificates.key: is `rsa-2048`\n"
        "  why:  rsa-3072 and ec-p256 are the least that is allowed\n"
        "  next: choose a stronger type"
    )


def test_a_ca_that_signs_with_a_weaker_key_than_it_is_asked_for_now_violates_the_policy():
    weak = authority(key_type=KeyType.RSA_2048).certificate_pem
    asked = resource(CERTIFICATE, layer="transport", keyType="ec-p256", signerCertificatePem=weak)
    [violation] = found(KEY, asked)
    assert violation.where == "authorities.transport"
    assert "which signs, has a key of type rsa-2048" in violation.what


@pytest.mark.parametrize(("kind", "name"), [(AUTHORITY, "ownCertificatePem"), (CERTIFICATE, "givenCertificatePem")])
def test_what_somebody_else_signed_is_judged_by_its_certificate_and_not_by_the_stack_file(kind, name):
    key = ec.generate_private_key(ec.SECP384R1())
    given = {name: foreign("es-1", key=key).pem, "keyType": "rsa-2048", "validFor": "20y", "layer": "http"}
    assert found(KEY, resource(kind, **given)) == found(LIFE, resource(kind, **given)) == []
    assert found(KEY, resource(kind, **{**given, name: foreign("es-1").pem}), ec="ec-p384") != []
    assert found(LIFE, resource(kind, **given), leafDays=365, authorityDays=365) != []
    assert found(LIFE, resource(kind, **given), leafDays=366, authorityDays=366) == []


@pytest.mark.parametrize("name", ["ownCertificatePem", "givenCertificatePem"])
def test_what_is_not_known_yet_is_looked_at_when_it_is(name):
    asked = resource(AUTHORITY, layer="http", keyType="rsa-2048", validFor="99y", **{name: UNKNOWN})
    assert found(KEY, asked) == found(LIFE, asked) == []
    assert found(KEY, resource(CERTIFICATE, keyType=UNKNOWN, validFor=UNKNOWN)) == []


@pytest.mark.parametrize(
    ("kind", "lifetime", "violates"),
    [
        (CERTIFICATE, "1y", False),
        (CERTIFICATE, "398D", False),
        (CERTIFICATE, "399D", True),
        (CERTIFICATE, "13M", False),
        (CERTIFICATE, "14M", True),
        (AUTHORITY, "10y", False),
        (AUTHORITY, "121M", True),
    ],
)
def test_a_leaf_lives_398_days_at_most_and_a_ca_ten_years(kind, lifetime, violates):
    assert bool(found(LIFE, resource(kind, layer="http", validFor=lifetime))) is violates


def test_a_security_team_sets_the_days():
    asked = resource(CERTIFICATE, layer="http", validFor="90D")
    assert found(LIFE, asked, leafDays=90.0) == [], "the engine hands numbers over as floats"
    assert places(LIFE, asked, leafDays=89.0) == ["certificates.valid_for"]


@pytest.mark.parametrize("lifetime", ["1D", "90D", "1M", "18M", "1y", "4y", "10y"])
def test_a_lifetime_has_at_most_the_days_that_the_calendar_gives_it(lifetime):
    starts = [datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=day) for day in range(4 * 366)]
    assert longest_days(lifetime) == max((lifetime_end(lifetime, start) - start).days for start in starts)


@pytest.mark.parametrize(
    "key",
    [
        ec.generate_private_key(ec.SECP256R1()),
        ec.generate_private_key(ec.SECP521R1()),
        ec.generate_private_key(ec.SECP256K1()),
        rsa.generate_private_key(65537, 2048),
        ed25519.Ed25519PrivateKey.generate(),
    ],
    ids=lambda key: key_type_of(key.public_key()),
)
def test_key_types_are_called_what_the_stack_file_calls_them(key):
    assert key_type(key.public_key()) == key_type_of(key.public_key())


def test_a_key_of_a_kind_that_is_not_allowed_at_all_violates_the_policy():
    given = foreign("es-1", key=ec.generate_private_key(ec.SECP256K1())).pem
    assert places(KEY, resource(CERTIFICATE, layer="http", node="es-1", givenCertificatePem=given)) == [
        "authorities.http.own.leaves (es-1)"
    ]


def said_of(*resources):
    """Return what the policy says of the resources of one run, in their order."""
    apart = policy(APART)
    return [violation for asked in resources for violation in apart.violations(asked)]


def test_a_ca_of_ones_own_for_both_layers_violates_the_policy():
    own = own_ca("Example root").pem
    violations = said_of(*(resource(AUTHORITY, layer=layer, ownCertificatePem=own) for layer in ("transport", "http")))
    assert [(violation.where, violation.what) for violation in violations] == [
        ("authorities.http", "CN=Example root signs for the transport layer as well")
    ]


def test_a_transport_ca_above_the_http_ca_violates_it_and_a_root_above_both_does_not():
    root = own_ca("Company root")
    transport = own_ca("Transport CA", root)
    http = own_ca("HTTP CA", root)
    below = own_ca("HTTP CA", transport)
    asked = resource(AUTHORITY, layer="transport", ownCertificatePem=transport.pem, ownChainPem=root.pem)
    apart = resource(AUTHORITY, layer="http", ownCertificatePem=http.pem, ownChainPem=root.pem)
    beneath = resource(AUTHORITY, layer="http", ownCertificatePem=below.pem, ownChainPem=transport.pem + root.pem)
    assert said_of(asked, apart) == said_of(apart, asked) == []
    assert len(said_of(asked, beneath)) == len(said_of(beneath, asked)) == 1


def test_leaves_of_both_layers_by_one_signer_violate_it_and_by_two_they_do_not():
    one, other = (authority(cluster=name).certificate_pem for name in ("logs", "metrics"))
    transport = resource(CERTIFICATE, layer="transport", signerCertificatePem=one)
    assert len(said_of(transport, resource(CERTIFICATE, layer="http", signerCertificatePem=one))) == 1
    assert said_of(transport, resource(CERTIFICATE, layer="http", signerCertificatePem=other)) == []
    assert said_of(transport, transport) == []


def test_a_run_remembers_nothing_of_the_one_before():
    one = authority().certificate_pem
    assert said_of(resource(CERTIFICATE, layer="transport", signerCertificatePem=one)) == []
    assert said_of(resource(CERTIFICATE, layer="http", signerCertificatePem=one)) == []


def test_what_is_no_certificate_is_left_to_the_plugin():
    assert facts_in("no PEM") == facts_in(None) == facts_in(UNKNOWN) == ()
