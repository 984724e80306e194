"""What must be in kibana.yml and in Kibana's keystore, row by row."""

import pytest

from components.clients.content import (
    DEFAULT_ROWS,
    ENCRYPTION_KEYS,
    INBOUND_ROWS,
    MINIMAL_ROWS,
    OUTBOUND_ROWS,
    Case,
    absent_of,
    defaults_of,
    secure_absent_of,
    settings_of,
)
from tests.clients.kibanas import FakeKibana

KIBANA = FakeKibana().kibana
HOSTS = ("https://es-1:9200", "https://es-2:9200")


def case(*, https: bool = False, own: bool = False, hsts: bool = False, **differs) -> Case:
    """Return a Kibana of a cluster with or without HTTPS, with a certificate of ours or of its own."""
    return Case(KIBANA.model_copy(update=differs), HOSTS, https, https and not own, hsts)


def test_in_plain_http_kibana_is_told_where_the_nodes_are_and_whom_to_log_in_as():
    assert settings_of(case()) == {
        "elasticsearch.hosts": HOSTS,
        "elasticsearch.username": "kibana_system",
    }


def test_with_https_kibana_verifies_elasticsearch_in_full_and_serves_its_own_leaf():
    added = settings_of(case(https=True)).items() - settings_of(case()).items()
    assert dict(added) == {
        "elasticsearch.ssl.certificateAuthorities": ("/etc/kibana/certs/http-trust.pem",),
        "elasticsearch.ssl.verificationMode": "full",
        "server.ssl.enabled": True,
        "server.ssl.certificate": "/etc/kibana/certs/kibana-key.pem",
        "server.ssl.key": "/etc/kibana/certs/kibana-key.pem",
        "server.ssl.supportedProtocols": ("TLSv1.2", "TLSv1.3"),
    }


def test_a_certificate_of_the_operators_is_left_alone():
    settings = settings_of(case(https=True, own=True))
    assert "elasticsearch.ssl.certificateAuthorities" in settings
    assert not [key for key in settings if key.startswith("server.ssl.")]
    assert absent_of(case(https=True, own=True)) == absent_of(case())


def test_a_public_url_and_hsts_are_set_where_they_are_asked_for():
    settings = settings_of(case(https=True, hsts=True, public_url="https://kibana.example.net"))
    assert settings["server.publicBaseUrl"] == "https://kibana.example.net"
    assert settings["server.securityResponseHeaders.strictTransportSecurity"] == "max-age=31536000"


def test_the_pid_file_is_a_setting_only_where_there_is_none():
    assert defaults_of(case()) == {"pid.file": "/run/kibana.pid"}


def test_no_password_and_no_passphrase_may_stand_in_the_file():
    assert set(absent_of(case())) == {"elasticsearch.password", "elasticsearch.serviceAccountToken"}
    assert set(absent_of(case(https=True))) - set(absent_of(case())) == {
        "server.ssl.keyPassphrase",
        "server.ssl.keystore.path",
        "server.ssl.keystore.password",
    }


@pytest.mark.parametrize("https", [False, True])
def test_the_keystore_holds_nothing_that_would_overrule_the_file_and_keeps_our_entries(https):
    absent = secure_absent_of(case(https=https))
    assert set(settings_of(case(https=https))) <= set(absent)
    assert "elasticsearch.serviceAccountToken" in absent
    assert not {"elasticsearch.password", "server.ssl.keyPassphrase"} & set(absent)


def test_there_are_three_encryption_keys_and_each_has_its_own_purpose():
    assert sorted(ENCRYPTION_KEYS.values()) == [
        "xpack.encryptedSavedObjects.encryptionKey",
        "xpack.reporting.encryptionKey",
        "xpack.security.encryptionKey",
    ]


@pytest.mark.parametrize("row", [*MINIMAL_ROWS, *OUTBOUND_ROWS, *INBOUND_ROWS, *DEFAULT_ROWS], ids=lambda row: row.key)
def test_every_setting_says_where_elastic_says_so(row):
    assert row.citation.startswith(("deploy-manage/security/", "kibana/configuration-reference/"))
