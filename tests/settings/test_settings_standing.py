"""Security that a node has already: whose it is, and which files it takes, whatever the form of elasticsearch.yml."""

import pytest

from components.pki.spec import Layer
from components.settings.merge import flatten
from components.settings.standing import Origin, foreign, origin_of, standing, told

AUTO_CONFIGURED = """
cluster.name: books
#----------------------- BEGIN SECURITY AUTO CONFIGURATION -----------------------
#
# The following settings, TLS certificates, and keys have been automatically
# generated to configure Elasticsearch security features on 01-09-2026 07:14:29
#
# --------------------------------------------------------------------------------

# Enable security features
xpack.security.enabled: true

xpack.security.enrollment.enabled: true

# Enable encryption for HTTP API client connections, such as Kibana, Logstash, and Agents
xpack.security.http.ssl:
  enabled: true
  keystore.path: certs/http.p12

# Enable encryption and mutual authentication between cluster nodes
xpack.security.transport.ssl:
  enabled: true
  verification_mode: Certificate
  keystore.path: certs/transport.p12
  truststore.path: certs/transport.p12
# Create a new cluster with the current node only
cluster.initial_master_nodes: ["es-1"]
#----------------------- END SECURITY AUTO CONFIGURATION -------------------------
"""
BY_CERTUTIL = """
xpack.security.transport.ssl.truststore.path: elastic-certificates.p12   # one for all
xpack.security.transport.ssl.keystore.path: elastic-certificates.p12
xpack: {security: {enabled: true, http.ssl: {enabled: "true", keystore: {path: http.p12}}}}
xpack.security.transport.ssl.client_authentication: required
xpack.security.transport.ssl.enabled: true
"""
PEM = """
xpack.security.transport.ssl: {certificate_authorities: [a.crt, b.crt], key: n.key, certificate: n.crt, enabled: on}
"""
OURS = """
xpack.security.transport.ssl: {enabled: true, keystore.path: certs/transport-key.p12}
xpack.security.http.ssl: {enabled: true, keystore.path: certs/http-key.p12}
"""
OFF = """
xpack.security.transport.ssl: {enabled: false, keystore.path: elastic-certificates.p12}
"""
ONE_IS_OURS = OURS.replace("certs/http-key.p12", "/etc/elasticsearch/certs/http.p12")


def found_in(text):
    return foreign(flatten(text, where="es-1"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param(
            AUTO_CONFIGURED,
            "by Elasticsearch's auto-configuration (certs/transport.p12, certs/http.p12)",
            id="auto-configuration",
        ),
        pytest.param(BY_CERTUTIL, "with certutil's files (elastic-certificates.p12, http.p12)", id="certutil"),
        pytest.param(PEM, "by hand (n.key, n.crt, a.crt, b.crt)", id="PEM by hand"),
        pytest.param("xpack.security.transport.ssl.enabled: true", "by hand (no file)", id="no key at all"),
        pytest.param(
            ONE_IS_OURS, "by Elasticsearch's auto-configuration (/etc/elasticsearch/certs/http.p12)", id="one layer"
        ),
        pytest.param(OURS, "", id="ours"),
        pytest.param(OFF, "", id="off"),
        pytest.param("cluster.name: books", "", id="nothing"),
    ],
)
def test_who_secured_a_node_and_with_which_files_is_told(text, said):
    assert told(found_in(text)) == said


def test_what_a_layer_takes_is_read_in_any_form_of_the_file():
    transport, http = found_in(BY_CERTUTIL)
    assert (transport.layer, transport.keystore, transport.truststore) == (
        Layer.TRANSPORT,
        "elastic-certificates.p12",
        "elastic-certificates.p12",
    )
    assert (transport.verification_mode, http.keystore) == ("full", "http.p12")
    (pem,) = found_in(PEM)
    assert (pem.key, pem.certificate, pem.authorities) == ("n.key", "n.crt", ("a.crt", "b.crt"))


def test_trust_in_one_text_with_commas_is_a_list():
    text = "xpack.security.transport.ssl: {enabled: true, certificate_authorities: 'a.crt, b.crt'}"
    assert standing(flatten(text, where="es-1"), Layer.TRANSPORT).authorities == ("a.crt", "b.crt")


def test_the_mode_of_verification_is_known():
    (transport, _) = found_in(AUTO_CONFIGURED)
    assert transport.verification_mode == "certificate"
    assert transport.files == ("certs/transport.p12",)


def test_a_name_that_only_ends_like_theirs_is_somebody_elses():
    assert origin_of(found_in("xpack.security.http.ssl: {enabled: true, keystore.path: my-http.p12}")) is Origin.HAND
