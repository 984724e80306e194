"""What a node's settings ask for and the cluster's licence does not have."""

import pytest

from components.rollout.licences import FEATURES, LEVELS, uncovered
from components.settings.merge import flatten

REALMS = "xpack.security.authc.realms"
ASKED = {
    "a PKI realm": f"{REALMS}.pki.pki1.order: 1\n",
    "a directory realm": f"{REALMS}: {{ldap.ad: {{order: 2, url: 'ldaps://ad.example.net'}}}}\n",
    "a single sign-on realm": f"{REALMS}.saml.okta.order: 3\n",
    "IP filtering": "xpack.security.http.filter.deny: _all\n",
    "the token service": "xpack.security.authc.token.enabled: true\n",
    "auditing": "xpack.security.audit.enabled: true\n",
    "FIPS mode": "xpack.security.fips_mode.enabled: true\n",
    "operator privileges": "xpack.security.operator_privileges.enabled: true\n",
    "the remote cluster server": "remote_cluster_server.enabled: true\n",
}


def missed(text, licence):
    return [each.feature.name for each in uncovered({"es-1": flatten(text, where="es-1")}, licence)]


@pytest.mark.parametrize("feature", FEATURES, ids=lambda feature: feature.name)
def test_a_feature_takes_its_licence_or_a_higher_one(feature):
    enough = LEVELS.index(feature.least)
    for number, licence in enumerate(LEVELS):
        assert missed(ASKED[feature.name], licence) == ([feature.name] if number < enough else [])


def test_everything_at_once_is_missed_on_a_basic_licence_and_nothing_in_a_trial():
    text = "".join(ASKED.values())
    assert missed(text, "basic") == [feature.name for feature in FEATURES] == list(ASKED)
    assert missed(text, "trial") == []


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param(f"{REALMS}: {{native.n.order: 0, file.f.order: 1}}\n", id="realms of every licence"),
        pytest.param(f"{REALMS}.pki.pki1: {{order: 1, enabled: false}}\n", id="a realm that is off"),
        pytest.param("xpack.security.audit.enabled: false\n", id="a switch that is off"),
        pytest.param("xpack.security.transport.filter.enabled: false\n", id="a filter that is off"),
        pytest.param("xpack.security.authc.api_key.enabled: true\n", id="API keys"),
    ],
)
def test_what_every_licence_has_is_not_missed(text):
    assert missed(text, "basic") == []


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("xpack.security.transport.filter.allow: [10.0.0.1]\n", id="transport"),
        pytest.param("transport.profiles.apps.xpack.security.filter.deny: _all\n", id="a profile"),
    ],
)
def test_ip_filtering_is_one_feature_wherever_it_stands(text):
    assert missed(text, "standard") == ["IP filtering"]


def test_a_licence_that_is_not_known_counts_as_basic():
    assert missed(ASKED["auditing"], "missing") == ["auditing"]


def test_one_line_names_realms_nodes_licence_and_what_becomes_of_it():
    text = f"{REALMS}.pki.b.order: 1\n{REALMS}.pki.b.username_pattern: CN=(.*)\n{REALMS}.pki.a.order: 2\n"
    files = {"es-1": text, "es-2": "", "es-3": f"{REALMS}.pki.c.order: 1\n"}
    (found,) = uncovered({name: flatten(each, where=name) for name, each in files.items()}, "basic")
    assert str(found) == (
        f"a PKI realm (`{REALMS}.pki.a`, `{REALMS}.pki.b`, `{REALMS}.pki.c`, es-1 es-3) takes gold, and nobody is let "
        "in by it: remove it from elasticsearch.yml, or get that licence"
    )


def test_only_what_locks_out_or_keeps_a_node_from_starting_refuses():
    assert [feature.name for feature in FEATURES if feature.refuses] == ["a PKI realm", "FIPS mode"]


@pytest.mark.parametrize("feature", FEATURES, ids=lambda feature: feature.name)
def test_every_feature_has_its_source(feature):
    assert feature.citation
