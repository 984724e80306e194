"""What a node presents and trusts by somebody else's files: read from these files, as long as they are in force."""

import pytest

from components.errors import ConfigurationRefused
from components.nodes.taking_over import fingerprints_served, in_force, presented, trusted, why_useless
from components.pki.inspect import fingerprint_of
from components.pki.spec import Layer
from components.settings.merge import flatten
from components.settings.standing import foreign as foreign_layers
from tests.nodes.others import (
    AUTO_CONFIGURED,
    PEM,
    SECURE,
    THEIR_CA,
    THEIR_LEAF,
    THEIR_PASSWORD,
    auto_configured,
    store_of,
    with_pem,
)
from tests.nodes.waves import G1, NAMES, READS_OUR_FILES, Host, cover, retire
from tests.pki.makers import ca, foreign

THEIR_NAME = "Elasticsearch security auto-configuration CA"
TRANSPORT = "xpack.security.transport.ssl."
OLD_STYLE = f"""
{TRANSPORT}enabled: true
{TRANSPORT}keystore: {{path: certs/transport.p12, password: {THEIR_PASSWORD}}}
{TRANSPORT}truststore: {{path: certs/transport.p12, password: {THEIR_PASSWORD}}}
"""
WITHOUT_TRUST = f"{TRANSPORT}enabled: true\n{TRANSPORT}keystore.path: certs/transport.p12\n"


def found_on(host: Host):
    return in_force(host.one.node, host.one.machine, Layer.TRANSPORT)


@pytest.mark.parametrize(
    "host",
    [
        pytest.param(lambda: auto_configured(), id="auto-configuration"),
        pytest.param(lambda: auto_configured(settings=OLD_STYLE, secure={}), id="passwords in elasticsearch.yml"),
        pytest.param(with_pem, id="PEM"),
        pytest.param(lambda: auto_configured(settings=WITHOUT_TRUST), id="trust that nobody wrote down"),
    ],
)
def test_key_leaf_and_authorities_are_those_of_the_nodes_own_files(doors, host):
    one = doors(host()).one
    found = in_force(one.node, one.machine, Layer.TRANSPORT)
    assert presented(one.machine, found).leaf == THEIR_LEAF.certificate
    assert presented(one.machine, found).private_key_pem == THEIR_LEAF.key_pem
    assert trusted(one.machine, found) == (THEIR_CA.certificate,)


@pytest.mark.parametrize(
    "host",
    [
        pytest.param(lambda: auto_configured(running=False), id="it does not run"),
        pytest.param(lambda: auto_configured(settings=READS_OUR_FILES), id="TLS is off"),
        pytest.param(lambda: auto_configured(settings=f"{READS_OUR_FILES}{TRANSPORT}enabled: true"), id="it is ours"),
    ],
)
def test_only_what_is_in_force_and_not_ours_is_taken(doors, host):
    assert found_on(doors(host())) is None


def test_settings_that_were_never_put_into_force_are_not_taken_for_what_the_node_presents(doors):
    host = doors(auto_configured())
    host.serves = lambda: None
    assert found_on(host) is None


def test_what_the_http_layer_may_serve_is_known_by_its_fingerprint(doors):
    host = doors(auto_configured())
    known = fingerprints_served(host.one.node, host.one.machine)
    assert known == {fingerprint_of(THEIR_LEAF.certificate), fingerprint_of(THEIR_CA.certificate)}
    assert fingerprints_served(host.one.node, doors(with_pem()).one.machine) == frozenset()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        pytest.param(
            lambda host: host.one.target.files.pop(host.one.config / "certs/transport.p12"),
            "its elasticsearch.yml names certs/transport.p12, which is not there",
            id="gone",
        ),
        pytest.param(
            lambda host: host.holding("certs/transport.p12", store_of(THEIR_CA, password="changed since")),
            "the password that the node has for it does not open it",
            id="another password",
        ),
    ],
)
def test_files_that_cannot_be_read_are_named_with_the_node(doors, change, why):
    host = doors(auto_configured())
    change(host)
    for read in (presented, trusted):
        with pytest.raises(ConfigurationRefused) as refused:
            read(host.one.machine, found_on(host))
        assert "es-1" in refused.value.where
        assert refused.value.why == why


def test_a_store_without_any_authority_cannot_be_taken_over(doors):
    host = doors(auto_configured())
    host.holding("certs/transport.p12", store_of())
    with pytest.raises(ConfigurationRefused, match="cannot tell which CA the node trusts now") as refused:
        trusted(host.one.machine, found_on(host))
    assert "certs/transport.p12 holds no certificate of a CA" in refused.value.why


def test_every_authority_that_pem_files_name_is_trusted_once(doors):
    other = foreign("another CA", ca())
    host = doors(with_pem(PEM.replace("[certs/a.crt]", "[certs/a.crt, certs/b.crt]")))
    host.holding("certs/b.crt", (other.pem + THEIR_CA.pem).encode())
    assert trusted(host.one.machine, found_on(host)) == (THEIR_CA.certificate, other.certificate)


def test_a_key_file_without_a_path_is_refused(doors):
    host = doors(auto_configured(settings=f"{TRANSPORT}enabled: true\n{TRANSPORT}certificate: n.crt\n", secure=SECURE))
    with pytest.raises(ConfigurationRefused, match="no key file is named there"):
        presented(host.one.machine, found_on(host))


def test_comments_and_forms_do_not_matter(doors):
    assert "# as it came" in AUTO_CONFIGURED
    assert found_on(doors(auto_configured())).verification_mode == "certificate"


def test_covering_a_node_adds_what_somebody_else_made_it_trust_and_retiring_drops_it(doors):
    host = doors(auto_configured())
    first = cover(host, G1, takes_over=True)
    assert first.preview().steps == (
        "write certs/transport-trust.pem (0640): transport CA g1, beside what is trusted now (new)",
    )
    assert first.preview().trusted == (NAMES[G1], THEIR_NAME)
    first.up()
    assert host.trusted() == (THEIR_NAME, NAMES[G1])
    assert (first.up().steps, first.changes()) == ((), [])
    retire(host, G1).up()
    assert host.trusted() == (NAMES[G1],)


def test_once_ours_is_in_force_covering_adds_nothing_of_somebody_elses(doors):
    host = doors(auto_configured(settings=f"{READS_OUR_FILES}{TRANSPORT}enabled: true"))
    cover(host, G1, takes_over=True).up()
    assert host.trusted() == (NAMES[G1],)


def test_a_stack_that_takes_nothing_over_does_not_look_at_what_somebody_else_trusts(doors):
    host = doors(auto_configured())
    cover(host, G1).up()
    assert host.trusted() == (NAMES[G1],)
    assert host.greeted == []


@pytest.mark.parametrize(
    ("host", "why"),
    [
        pytest.param(lambda: auto_configured(running=False), "", id="all is there"),
        pytest.param(
            lambda: auto_configured(running=False, secure={}),
            "the password that the node has for it does not open it",
            id="the password was never put into the keystore",
        ),
        pytest.param(
            lambda: auto_configured(running=False, settings=f"{TRANSPORT}enabled: true"),
            "no key file is named there",
            id="TLS is on, and that is all",
        ),
        pytest.param(
            lambda: auto_configured(running=False, settings=f"{TRANSPORT}enabled: true\n{TRANSPORT}keystore.path: a"),
            "its elasticsearch.yml names a, which is not there",
            id="the file is missing",
        ),
        pytest.param(
            lambda: auto_configured(
                running=False, settings=f"{WITHOUT_TRUST}{TRANSPORT}certificate_authorities: [certs/ca.crt]"
            ),
            "its elasticsearch.yml names certs/ca.crt, which is not there",
            id="the trust file is missing",
        ),
    ],
)
def test_what_keeps_a_node_from_starting_as_somebody_left_it_is_known(doors, host, why):
    one = doors(host()).one
    found = foreign_layers(flatten(one.machine.settings_text(), where="es-1"))
    assert why_useless(one.machine, found) == why
