"""Kibana in the program: what it gets in each scenario, in which order, and which of it is secret."""

import pytest

from tests.program.running import MARKED, texts_in
from tests.program.stackfiles import BASIC, HTTPS, KIBANA, minimal, program

PUBLIC = [{**KIBANA[0], "public_url": "https://kibana.example.net", "names": ["k.example.net"]}]
KEYS = ["kibana-reporting-key-password", "kibana-saved-objects-key-password", "kibana-security-key-password"]


def https(**sections):
    return program(HTTPS, 3, kibana=KIBANA, **sections)


def plain(**sections):
    return program(BASIC, 3, kibana=KIBANA, **sections)


def settings_of(made, name="kibana-1"):
    return made[f"{name}-kibana-settings"].inputs["content"]


def test_without_a_kibana_in_the_stack_file_there_is_none_in_the_graph():
    assert [name for name in program(HTTPS, 3).resources if "kibana" in name] == [
        "kibana_system-password",
        "kibana_system-user",
    ]


@pytest.mark.parametrize("made", [plain(), minimal(kibana=KIBANA)], ids=["basic", "minimal"])
def test_in_plain_http_kibana_gets_a_login_and_no_certificate(made):
    assert made.names("KibanaSettings") == ["kibana-1-kibana-settings", "kibana-2-kibana-settings"]
    assert made.names("KibanaTrust") == []
    content = settings_of(made)
    assert content["settings"]["elasticsearch.username"] == "kibana_system"
    assert all(host.startswith("http://") for host in content["settings"]["elasticsearch.hosts"])
    assert set(content["secure"]) == {"elasticsearch.password"}
    assert content["secureDefaults"] == {}
    assert not [name for name in made.names("Certificate") if "kibana" in name]


def test_with_https_kibana_knows_every_node_trusts_the_http_ca_and_has_a_leaf_of_its_own():
    made = https()
    settings = settings_of(made)["settings"]
    assert settings["elasticsearch.hosts"] == [f"https://10.0.0.{number}:9200" for number in (1, 2, 3)]
    assert settings["elasticsearch.ssl.certificateAuthorities"] == ["/opt/kibana-1/config/certs/http-trust.pem"]
    assert settings["elasticsearch.ssl.verificationMode"] == "full"
    assert settings["server.ssl.enabled"] is True
    leaf = made["kibana-1-kibana-leaf"].inputs
    assert (leaf["layer"], leaf["keyFormat"]) == ("http", "pem")
    assert made["es-1-http-leaf"].inputs["keyFormat"] == "pkcs12"


def test_a_kibana_with_a_certificate_of_its_own_gets_no_leaf_and_still_verifies_elasticsearch():
    made = program(HTTPS, 1, kibana=[{**KIBANA[0], "own_certificate": True}])
    assert not [name for name in made.names("Certificate") if "kibana" in name]
    settings = settings_of(made)["settings"]
    assert "elasticsearch.ssl.certificateAuthorities" in settings
    assert "server.ssl.enabled" not in settings
    assert "serial" not in made["kibana-1-kibana-restart"].inputs
    assert made.names("KibanaTrust") == ["kibana-1-kibana-trust"]


def test_a_kibanas_leaf_names_where_it_listens_and_what_people_type():
    made = program(HTTPS, 1, kibana=PUBLIC)
    leaf = made["kibana-1-kibana-leaf"].inputs
    assert leaf["dns"] == ["k.example.net", "kibana.example.net", "localhost"]
    assert leaf["ips"] == ["10.0.1.1", "127.0.0.1", "::1"]
    assert settings_of(made)["settings"]["server.publicBaseUrl"] == "https://kibana.example.net"
    assert made.outputs["kibanaUrls"].value == ["https://kibana.example.net"]


def test_without_a_public_url_the_output_is_where_kibana_listens():
    assert https().outputs["kibanaUrls"].value == ["https://10.0.1.1:5601", "https://10.0.1.2:5601"]
    assert plain().outputs["kibanaUrls"].value == ["http://10.0.1.1:5601", "http://10.0.1.2:5601"]


def test_no_node_presents_an_http_leaf_before_every_kibana_trusts_its_authority():
    made = https()
    for node in ("es-1", "es-2", "es-3"):
        assert set(made.names("KibanaTrust")) <= made.waits_for(f"{node}-http-identity")
    assert "kibana-1-kibana-trust" in made["kibana-2-kibana-trust"].after, "one after the other: it may take a restart"


def test_kibana_has_its_password_before_elasticsearch_takes_it_and_runs_with_it_after_that():
    made = https()
    assert set(made.names("KibanaSettings")) <= made.waits_for("kibana_system-user")
    assert not set(made.names("KibanaSettings")) & made.waits_for("elastic-user")
    for kibana in ("kibana-1", "kibana-2"):
        assert "restart" in made.waits_for(f"{kibana}-kibana-settings")
        assert {"kibana_system-user", f"{kibana}-kibana-settings"} <= made[f"{kibana}-kibana-restart"].after


def test_one_kibana_is_restarted_after_the_other_and_the_proof_comes_last():
    made = https()
    assert "kibana-1-kibana-restart" in made["kibana-2-kibana-restart"].after
    assert set(made.names("KibanaRestart")) <= made.waits_for("verification")


def test_all_kibanas_share_their_encryption_keys():
    made = https()
    assert [name for name in made.names("GeneratedPassword") if "-key-" in name] == KEYS
    assert settings_of(made)["secureDefaults"] == settings_of(made, "kibana-2")["secureDefaults"]
    assert len(settings_of(made)["secureDefaults"]) == 3


def test_before_the_nodes_run_kibana_gets_its_files_and_is_not_restarted():
    made = https(running=False)
    assert made.names("KibanaSettings") == ["kibana-1-kibana-settings", "kibana-2-kibana-settings"]
    assert made.names("KibanaRestart") == []


def test_the_leaf_of_every_kibana_is_in_the_list_of_certificates():
    entries = https().outputs["certificates"].value
    assert [entry["name"] for entry in entries][-2:] == ["kibana-1-kibana", "kibana-2-kibana"]
    assert [entry["node"] for entry in entries][-2:] == ["kibana-1", "kibana-2"]


def test_exactly_these_inputs_of_kibana_travel_as_secrets_and_no_secret_in_clear():
    made = https()
    secrets = {
        kind: {path for path, _, secret in texts_in(made.of(kind)[0].inputs) if secret}
        for kind in ("KibanaTrust", "KibanaSettings", "KibanaRestart")
    }
    content = {"secure.elasticsearch.password", "secure.server.ssl.keyPassphrase"}
    content |= {
        f"secureDefaults.xpack.{name}.encryptionKey" for name in ("security", "encryptedSavedObjects", "reporting")
    }
    assert secrets == {
        "KibanaTrust": {"authoritiesPem"},
        "KibanaSettings": {"authoritiesPem", "certificatePem", "keyFile", *(f"content.{path}" for path in content)},
        "KibanaRestart": {"authoritiesPem"},
    }
    texts = [text for one in made.resources.values() for text in texts_in(one.inputs)]
    assert [text for text in texts if text[1].startswith(MARKED) and not text[2]] == []


def test_a_kibana_that_is_added_changes_nothing_on_the_nodes():
    without, made = program(HTTPS, 3), https()
    verifies = {"http-ca": {"verifiers": made["http-ca"].inputs["verifiers"]}}  # where to look, should it be asked for
    for name in without.resources:
        assert made[name].inputs == {**without[name].inputs, **verifies.get(name, {})}, name


@pytest.mark.parametrize("lower", [plain(), minimal(kibana=KIBANA)], ids=["from basic", "from minimal"])
def test_going_on_to_https_keeps_what_kibana_has(lower):
    higher = https()
    of_kibana = [name for name in lower.resources if "kibana" in name]
    assert len(of_kibana) == 7
    assert all(higher[name].type == lower[name].type for name in of_kibana)
    assert {higher[name].parent for name in of_kibana} == {lower[name].parent for name in of_kibana}


def test_production_is_warned_that_browsers_do_not_know_our_authority():
    cluster = {"name": "logs", "scenario": HTTPS, "production": True}
    [warning] = program(HTTPS, 1, cluster=cluster, kibana=PUBLIC).warned
    assert "browsers warn until they trust that CA" in warning
