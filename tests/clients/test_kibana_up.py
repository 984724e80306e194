"""What an `up` does to a Kibana, from the first to the tenth: the three resources in the program's order."""

import pytest

from components.clients.files import merged_on
from components.clients.handler import KibanaSettingsHandler
from components.clients.machine import KibanaMachine
from components.errors import CommandFailed, ConfigurationRefused, MachineUnreachable, NotConverged, RolloutHalted
from components.nodes.ssh_words import not_connected
from components.nodes.target import Completed
from tests.clients.kibanas import (
    CONFIG,
    FIRST,
    G1,
    G2,
    HOME,
    KEY,
    KEYSTORE,
    OF_G2,
    PASSPHRASE_TEXT,
    PID,
    RENEWED,
    SECOND,
    SETTINGS,
    TRUST,
    FakeKibana,
    content,
    pem_of,
    running,
    serial_of,
)
from tests.fakes import OK, FakeFile

RESTART_STEPS = ["restart Kibana: systemctl restart kibana", "wait until /api/status says that Kibana is available"]


def test_the_first_up_configures_and_restarts_a_kibana_that_runs_and_it_logs_in_over_https(doors):
    one = running()
    operator = doors(one)
    steps = operator.up()
    assert steps[-2:] == RESTART_STEPS
    assert one.restarts == 1
    assert one.status("", 0, operator.signer.certificate_pem).ready
    assert serial_of(one.served) == serial_of(operator.leaf)
    assert operator.restarted.outputs.pid == one.pid


def test_a_second_up_finds_nothing_to_do(doors):
    operator = doors(running())
    operator.up()
    assert operator.drift() == []
    writes = operator.one.writes
    assert operator.up() == []
    assert (operator.one.restarts, operator.one.writes) == (1, writes)


def test_in_plain_http_kibana_gets_a_user_and_a_password_and_no_certificate(doors):
    operator = doors(running(), signer=None)
    operator.up()
    settings = operator.one.settings()
    assert settings["elasticsearch.username"] == "kibana_system"
    assert settings["elasticsearch.hosts"] == ("http://es-1:9200",)
    assert list(operator.one.entries) == ["elasticsearch.password"]
    assert not [key for key in settings if ".ssl." in key]
    assert operator.drift() == []


def test_what_the_operator_wrote_stays_and_no_secret_is_in_the_file(doors):
    operator = doors(running())
    operator.up()
    assert operator.one.text().startswith("# ours\nserver.host: 10.0.0.9\n")
    secrets = [str(value) for value in operator.one.entries.values()]
    assert len(secrets) == 5
    assert [secret for secret in secrets if secret in operator.one.text()] == []


def test_files_belong_to_kibanas_group_and_are_closed_to_others(doors):
    operator = doors(running())
    operator.up()
    for path in (TRUST, KEY):
        file = operator.one.target.files[path]
        assert (file.owner, file.group, file.mode) == ("root", "kibana", 0o640)
    assert operator.one.target.files[SETTINGS].mode == 0o660, "as the operator had it"


def test_a_raised_version_is_given_to_kibana_before_elasticsearch_and_takes_one_restart(doors):
    one = running()
    operator = doors(one)
    operator.up()
    operator.password = SECOND
    steps = operator.up()
    assert steps == ["keystore: elasticsearch.password: other value", *RESTART_STEPS]
    assert (one.restarts, one.entries["elasticsearch.password"]) == (2, SECOND)
    assert operator.drift() == []


def test_a_renewed_leaf_is_reloaded_by_the_same_process(doors):
    one = running()
    operator = doors(one)
    operator.up()
    pid = one.pid
    operator.leaf = RENEWED
    assert operator.up()[-2] == "reload Kibana's certificate at SIGHUP"
    assert (one.pid, one.restarts, serial_of(one.served)) == (pid, 1, serial_of(RENEWED))
    assert operator.drift() == []


def test_a_kibana_that_does_not_reload_at_sighup_is_restarted(doors):
    one = running(reloads=False)
    operator = doors(one)
    operator.up()
    operator.leaf = RENEWED
    operator.up()
    assert (one.restarts, serial_of(one.served)) == (2, serial_of(RENEWED))


def test_a_kibana_that_does_not_reload_and_has_no_restart_command_is_told_of(doors):
    one = running(reloads=False)
    operator = doors(one)
    operator.up()
    one.restart = ()
    operator.leaf = RENEWED
    with pytest.raises(NotConverged, match=r"before 8\.11\.2"):
        operator.up()


def test_a_new_authority_is_trusted_and_read_before_any_node_presents_it(doors):
    one = running()
    operator = doors(one)
    operator.up()
    ready = []
    one.target.programs["systemctl"] = noting(one, ready)
    operator.signer, operator.leaf = G2, OF_G2
    operator.up()
    assert ready == [True], "restarted once, and able to log in while the nodes still presented the old CA"
    assert one.target.files[TRUST].content.decode().count("BEGIN CERTIFICATE") == 1
    assert serial_of(one.served) == serial_of(OF_G2)
    assert operator.drift() == []


def noting(one, ready):
    """Return the restart command, noting after each run whether Kibana can log in."""

    def restart(call):
        done = one._restart(call)
        ready.append(one._logs_in())
        return done

    return restart


def test_a_new_authority_waits_for_an_operator_who_restarts_by_hand(doors):
    one = running()
    operator = doors(one)
    operator.up()
    one.restart = ()
    operator.signer, operator.leaf = G2, OF_G2
    with pytest.raises(RolloutHalted, match="restart Kibana, then run again"):
        operator.up()
    assert one.target.files[TRUST].content.decode().count("BEGIN CERTIFICATE") == 2
    one.target.clock.sleep(2)
    one.starts()
    operator.up()
    assert serial_of(one.served) == serial_of(OF_G2)


def test_a_kibana_that_does_not_run_gets_its_files_and_a_warning(doors):
    operator = doors(FakeKibana())
    operator.up()
    assert operator.one.context.warned == ["kibana-1: start Kibana yourself: it does not run; it has all its files"]
    assert operator.one.restarts == 0
    assert operator.drift() == []
    operator.one.target.clock.sleep(2)
    operator.one.starts()
    assert operator.drift() == []


def test_without_a_restart_command_kibana_is_told_of_until_somebody_restarted_it(doors):
    one = running(restart=())
    operator = doors(one)
    assert operator.up()[-1] == "restart Kibana yourself: the stack file has no `restart` for it"
    assert one.restarts == 0
    assert "KibanaConfigurationIsNewer" in operator.drift()
    one.target.clock.sleep(2)
    one.starts()
    assert operator.drift() == []


def test_a_kibana_that_does_not_come_up_fails_with_what_it_lacks(doors):
    one = running()
    operator = doors(one)
    one.broken = True
    with pytest.raises(NotConverged, match="Connection refused") as caught:
        operator.up()
    assert "look at Kibana's log" in caught.value.next_step
    one.broken = False
    operator.up()
    assert operator.drift() == []


def test_a_kibana_that_cannot_log_in_is_drift(doors):
    one = running()
    operator = doors(one)
    operator.up()
    one.password = "somebody else's"
    assert operator.drift() == ["KibanaNotAvailable"]


def test_an_edited_line_of_ours_is_put_back_and_a_comment_of_the_operators_is_no_drift(doors):
    one = running()
    operator = doors(one)
    operator.up()
    text = one.text()
    one.target.clock.sleep(2)
    one.target.put(SETTINGS, FakeFile(f"# a comment\n{text}".encode(), 0o660, "root", "kibana"))
    assert operator.drift() == []
    edited = text.replace("verificationMode: full", "verificationMode: none")
    one.target.put(SETTINGS, FakeFile(edited.encode(), 0o660, "root", "kibana"))
    assert operator.drift() == ["KibanaDrifted"]
    operator.up()
    assert one.settings()["elasticsearch.ssl.verificationMode"] == "full"
    assert one.restarts == 1, "it never read the edited line"
    assert operator.drift() == []


def test_a_kibana_that_was_restarted_with_an_edited_line_is_restarted_again(doors):
    one = running()
    operator = doors(one)
    operator.up()
    edited = one.text().replace("verificationMode: full", "verificationMode: none")
    one.target.put(SETTINGS, FakeFile(edited.encode(), 0o660, "root", "kibana"))
    one.target.clock.sleep(2)
    one.starts()
    operator.up()
    assert one.loaded["elasticsearch.ssl.verificationMode"] == "full"
    assert operator.drift() == []


def test_a_trust_file_with_another_mode_is_put_right_without_a_restart(doors):
    one = running()
    operator = doors(one)
    operator.up()
    one.target.files[TRUST].mode = 0o644
    assert operator.drift() == ["KibanaDrifted"]
    operator.up()
    assert (one.target.files[TRUST].mode, one.restarts) == (0o640, 1)
    assert operator.drift() == []


def test_a_stranger_in_the_trust_file_goes(doors):
    one = running()
    operator = doors(one)
    operator.up()
    one.target.files[TRUST].content += G2.certificate_pem.encode()
    assert operator.drift() == ["KibanaDrifted"]
    operator.up()
    assert one.target.files[TRUST].content.decode().count("BEGIN CERTIFICATE") == 1


def test_a_keystore_that_somebody_changed_is_set_again_since_no_command_shows_a_value(doors):
    one = running()
    operator = doors(one)
    operator.up()
    one.entries["elasticsearch.password"] = "somebody else's"
    one.target.put(KEYSTORE, FakeFile(b"changed", 0o660))
    assert operator.drift() == ["KibanaDrifted"]
    operator.up()
    assert one.entries["elasticsearch.password"] == FIRST
    assert operator.drift() == []


@pytest.mark.parametrize("where", ["keystore", "kibana.yml"])
def test_an_encryption_key_of_the_operators_is_never_replaced(doors, where):
    key, value = "xpack.encryptedSavedObjects.encryptionKey", "o" * 32
    one = FakeKibana()
    if where == "keystore":
        one.entries[key] = value
        one.target.put(KEYSTORE, FakeFile(b"of the operator", 0o660))
    else:
        one.target.put(SETTINGS, FakeFile(f"{one.text()}{key}: {value}\n".encode()))
    operator = doors(one.starts())
    operator.up()
    assert one.entries.get(key, value) == value
    assert one.settings().get(key, value) == value
    assert "xpack.security.encryptionKey" in one.entries
    assert operator.drift() == []


def test_what_would_overrule_our_settings_is_taken_out_of_keystore_and_file(doors):
    one = FakeKibana()
    one.entries |= {"elasticsearch.username": "elastic", "elasticsearch.serviceAccountToken": "AAEAA"}
    one.target.put(KEYSTORE, FakeFile(b"of the operator", 0o660))
    one.target.put(SETTINGS, FakeFile(f"{one.text()}elasticsearch.password: in clear\n".encode()))
    operator = doors(one.starts())
    steps = operator.up()
    assert "keystore: − elasticsearch.serviceAccountToken" in steps
    assert "kibana.yml: − elasticsearch.password: ***" in steps
    assert set(one.entries) & {"elasticsearch.username", "elasticsearch.serviceAccountToken"} == set()
    assert "in clear" not in one.text()


@pytest.mark.parametrize(
    ("owner", "writable", "kept"), [("kibana", True, True), ("kibana", False, False), ("root", True, False)]
)
def test_a_pid_file_is_only_asked_for_in_a_folder_where_kibana_can_write_it(owner, writable, kept):
    one = FakeKibana()
    one.target.folders[CONFIG].owner = owner
    one.target.programs["test"] = lambda call: OK if writable else Completed(1, "", "")
    machine = one.kibana.machine.model_copy(update={"pid_file": str(CONFIG / "kibana.pid")})
    found = KibanaMachine(one.kibana.model_copy(update={"machine": machine}), one.target)
    assert found.may_keep_a_pid_file() is kept
    assert ("pid.file" in merged_on(found, content(FIRST, https=True, own=False)).text) is kept


def test_without_a_pid_file_kibana_is_restarted_once_and_reloaded_never(doors):
    one = running()
    one.pid_file = CONFIG / "kibana.pid"
    operator = doors(one)
    operator.up()
    assert (one.restarts, operator.restarted.outputs.pid) == (1, 0)
    assert operator.drift() == []
    operator.leaf = RENEWED
    operator.up()
    assert (one.restarts, serial_of(one.served)) == (2, serial_of(RENEWED))
    operator.signer, operator.leaf = G2, OF_G2
    operator.up()
    assert operator.drift() == []


def test_a_pid_file_of_the_operators_is_where_kibana_is_looked_for(doors):
    one = FakeKibana()
    one.target.put(SETTINGS, FakeFile(f"{one.text()}pid.file: /srv/kibana.pid\n".encode()))
    operator = doors(one.starts())
    operator.up()
    assert one.settings()["pid.file"] == "/srv/kibana.pid"
    assert PID not in one.target.files
    assert operator.restarted.outputs.pid == one.pid


def test_a_certificate_of_the_operators_stays_and_kibana_is_not_asked_over_what_cannot_be_verified(doors):
    one = FakeKibana(own_certificate=True)
    text = f"{one.text()}server.ssl.enabled: true\nserver.ssl.certificate: {KEY}\nserver.ssl.key: {KEY}\n"
    one.target.put(SETTINGS, FakeFile(text.encode()))
    one.entries["server.ssl.keyPassphrase"] = PASSPHRASE_TEXT
    one.target.put(KEYSTORE, FakeFile(b"of the operator", 0o660))
    one.target.put(KEY, FakeFile(pem_of(RENEWED)))
    operator = doors(one.starts())
    operator.up()
    assert serial_of(one.served) == serial_of(RENEWED)
    assert one.entries["server.ssl.keyPassphrase"] == PASSPHRASE_TEXT
    assert one.context.warned == ["kibana-1: it serves a certificate that is not ours, so it was not asked how it is"]
    assert operator.drift() == []
    operator.signer = G2
    operator.up()
    assert one._logs_in()
    assert operator.drift() == []


@pytest.mark.parametrize("missing", ["kibana-keystore", "service"])
def test_a_kibana_that_cannot_be_configured_is_refused_before_anything_is_touched(doors, missing):
    one = FakeKibana(restart=("/opt/kibana/bin/service", "restart"))
    one.target.files.pop(HOME / "bin" / missing, None)
    operator = doors(one.starts())
    before = one.everything()
    with pytest.raises(ConfigurationRefused, match=f"may not run /opt/kibana/bin/{missing}"):
        KibanaSettingsHandler().preview(None, operator.settings_inputs(), one.context)
    assert one.everything() == before


def test_a_kibana_yml_that_is_a_link_is_refused_before_anything_is_touched(doors):
    one = running()
    one.target.links[SETTINGS] = "../repo/kibana.yml"
    operator, before = doors(one), one.everything()
    for run in (KibanaSettingsHandler().preview, KibanaSettingsHandler().converge):
        with pytest.raises(ConfigurationRefused, match="it leads to") as caught:
            run(None, operator.settings_inputs(), one.context)
        assert "kibana.yml is a link" in caught.value.what
    assert one.everything() == before


@pytest.mark.parametrize("how", ["fails", "is not there"])
def test_a_restart_command_that_fails_is_told_with_what_to_mend(doors, how):
    one = running()
    if how == "fails":
        one.target.programs["systemctl"] = lambda call: Completed(5, "", "Unit kibana.service not found.")
    else:
        del one.target.programs["systemctl"]
    with pytest.raises(CommandFailed) as caught:
        doors(one).up()
    assert "`restart` of this Kibana in the stack file" in caught.value.next_step
    assert how == "is not there" or caught.value.why == "Unit kibana.service not found."


@pytest.mark.parametrize(
    ("lines", "what"),
    [
        ("elasticsearch.username:\n", "elasticsearch.username has no value"),
        ("pid.file: ~\n", "pid.file has no value"),
        ("server.name: a\nserver.name: b\n", "is set twice"),
    ],
)
def test_a_kibana_yml_that_cannot_be_edited_safely_is_refused_and_the_text_says_by_whose_rules(doors, lines, what):
    one = FakeKibana()
    one.target.put(SETTINGS, FakeFile(f"{one.text()}{lines}".encode()))
    before = one.text()
    with pytest.raises(ConfigurationRefused, match=what) as caught:
        KibanaSettingsHandler().preview(None, doors(one).settings_inputs(), one.context)
    assert caught.value.why.endswith("(kibana.yml is read by the rules for elasticsearch.yml)")
    assert one.text() == before


@pytest.mark.parametrize(
    ("content", "why"), [(None, "must hold one"), (b"\xff", "not UTF-8 text")], ids=["none", "no text"]
)
def test_a_kibana_without_a_readable_kibana_yml_is_refused(doors, content, why):
    one = FakeKibana()
    del one.target.files[SETTINGS]
    if content:
        one.target.put(SETTINGS, FakeFile(content))
    with pytest.raises(ConfigurationRefused) as caught:
        KibanaSettingsHandler().preview(None, doors(one).settings_inputs(), one.context)
    assert why in caught.value.why


def test_a_config_folder_that_is_not_there_is_refused(doors):
    one = FakeKibana()
    del one.target.folders[CONFIG]
    with pytest.raises(ConfigurationRefused, match="correct `config` of this Kibana"):
        KibanaSettingsHandler().preview(None, doors(one).settings_inputs(), one.context)


def test_a_keystore_command_that_fails_is_told_of_and_shows_no_value(doors):
    one = running()
    one.target.programs["kibana-keystore"] = lambda call: Completed(1, "", f"boom {len(call.stdin)}")
    with pytest.raises(CommandFailed, match="`kibana-keystore create` did not do its work") as caught:
        doors(one).up()
    assert FIRST not in str(caught.value)


def test_a_keystore_command_that_stores_nothing_and_says_nothing_is_found_out(doors):
    one = running()
    store = one.target.programs["kibana-keystore"]
    one.target.programs["kibana-keystore"] = lambda call: OK if call.argv[1] == "add" else store(call)
    with pytest.raises(CommandFailed, match="is not in it afterwards"):
        doors(one).up()


def test_another_port_in_kibana_yml_is_refused_and_changes_nothing(doors):
    one = FakeKibana()
    one.target.put(SETTINGS, FakeFile(f"{one.text()}server.port: 5602\n".encode()))
    operator = doors(one.starts(), signer=None)
    before = one.text()
    with pytest.raises(ConfigurationRefused, match=r"server\.port is 5602, and the stack file says 5601"):
        operator.up()
    assert (one.text(), one.entries) == (before, {})


def test_a_kibana_on_a_machine_that_does_not_answer_keeps_the_nodes_from_presenting_a_new_ca(doors, monkeypatch):
    operator = doors(running())
    operator.up()
    operator.signer = G2

    def no_answer(*_):
        raise not_connected("Connection refused", node="kibana-1", host="kib")

    monkeypatch.setattr(operator.one.target, "find", no_answer)
    with pytest.raises(MachineUnreachable) as caught:
        operator.up()
    assert caught.value.so.startswith(
        "the wave cover of HTTP CA g1 is not through without kibana-1, so present does not begin: what nodes present "
        "on this layer stays as it is"
    )
    assert operator.one.presents is G1
