"""The stand-in for Kibana is as strict as Kibana's documentation: what it refuses, what it is silent about."""

import pytest

from tests.kibana_standin.keystore import Keystore
from tests.kibana_standin.service import KibanaService
from tests.kibana_standin.settings import Invalid, read

HOSTS = "elasticsearch.hosts: ['http://127.0.0.1:9200']\n"
FORCED = ("--force", "--stdin")


@pytest.fixture
def service(tmp_path):
    return KibanaService(tmp_path / "kibana-1", 5601).lay_out(HOSTS)


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ("server.prot: 5601\n", "definition for this key is missing"),
        ("server: {ssl: {enable: true}}\n", "definition for this key is missing"),
        ("server.port: abc\n", "expected value of type"),
        ("elasticsearch.password: 123456\n", "expected value of type"),
        ("server.ssl.enabled: true\n", "must specify"),
        ("server.ssl.key: /a\nserver.ssl.keystore.path: /b\n", "cannot use"),
        ("elasticsearch.username: elastic\n", "forbidden"),
        ("elasticsearch.username: a\nelasticsearch.serviceAccountToken: b\n", "cannot be specified"),
        ("xpack.reporting.encryptionKey: short\n", "below the minimum"),
        ("server.publicBaseUrl: https://a.net/\n", "trailing slash"),
    ],
)
def test_the_standin_for_kibana_refuses_what_kibana_refuses(service, settings, why):
    service.settings.write_text(HOSTS + settings)
    with pytest.raises(Invalid, match=why):
        read(service.config)


def test_the_standin_for_kibana_ends_with_kibanas_status_for_an_invalid_configuration(service):
    service.settings.write_text("server.prot: 5601\n")
    done = service.run("kibana", "--allow-root")
    assert (done.returncode, "FATAL" in done.stderr) == (78, True)


def test_the_standin_for_kibanas_keystore_reads_values_as_json(service):
    service.run("kibana-keystore", "create")
    for name, value in (("quoted", '"123456"'), ("bare", "123456"), ("word", "a word")):
        service.run("kibana-keystore", "add", name, *FORCED, stdin=value)
    assert Keystore(service.config).entries == {"quoted": "123456", "bare": 123456, "word": "a word"}
    assert "123456" not in (service.config / "kibana.keystore").read_text()


def test_the_standin_for_kibanas_keystore_is_silent_about_what_it_did_not_do(service):
    done = service.run("kibana-keystore", "add", "a", *FORCED, stdin="b")
    assert (done.returncode, "not found" in done.stderr) == (0, True)
    service.run("kibana-keystore", "create")
    service.run("kibana-keystore", "add", "a", "--stdin", stdin="first")
    service.run("kibana-keystore", "add", "a", "--stdin", stdin="second")
    assert Keystore(service.config).entries == {"a": "first"}
    assert service.run("kibana-keystore", "show", "a").returncode == 64
    service.run("kibana-keystore", "remove", "a")
    assert service.run("kibana-keystore", "list").stdout.split() == []


def test_in_the_standin_for_kibana_the_keystore_overrules_the_file(service):
    service.settings.write_text(HOSTS + "elasticsearch.username: of-the-file\n")
    service.run("kibana-keystore", "create")
    service.run("kibana-keystore", "add", "elasticsearch.username", *FORCED, stdin="of-the-keystore")
    assert read(service.config)["elasticsearch.username"] == "of-the-keystore"
