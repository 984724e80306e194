"""What a preview says of Kibana, what a refresh observes, and what forgetting leaves behind."""

import pytest

from components.clients.handler import KibanaSettingsHandler
from components.clients.restart_handler import KibanaRestartHandler
from components.clients.trust_handler import KibanaTrustHandler
from components.handling import Recorded
from components.values import UNKNOWN, Unknown
from tests.clients.kibanas import (
    FIRST,
    G2,
    KEY,
    OF_G2,
    PASSPHRASE_TEXT,
    RENEWED,
    SECOND,
    SETTINGS,
    TRUST,
    FakeKibana,
    running,
)
from tests.fakes import FakeFile


def preview(handler, recorded, wanted, one):
    return handler.preview(recorded, wanted, one.context)


def test_a_preview_of_the_first_up_lists_what_the_up_then_does(doors):
    one = running()
    operator = doors(one)
    unknown = {"authorities_pem": UNKNOWN, "key_file": UNKNOWN, "certificate_pem": UNKNOWN}
    planned = preview(KibanaSettingsHandler(), None, operator.settings_inputs().model_copy(update=unknown), one)
    before = one.text()
    assert (one.text(), one.entries, one.restarts) == (before, {}, 0)
    assert isinstance(planned.start_files, Unknown)
    restart = KibanaRestartHandler()
    operator.settings = Recorded(operator.settings_inputs(), planned)
    steps = preview(restart, None, operator.restart_inputs(), one).steps
    operator.settings = None
    operator.up()
    assert planned.steps == operator.settings.outputs.steps
    assert operator.restarted.outputs.steps == steps


def test_a_preview_of_a_raised_version_says_which_entry_and_that_it_takes_a_restart(doors):
    one = running()
    operator = doors(one)
    operator.up()
    operator.password = SECOND
    planned = preview(KibanaSettingsHandler(), operator.settings, operator.settings_inputs(), one)
    assert planned.steps == ("keystore: elasticsearch.password: other value",)
    wanted = operator.restart_inputs().model_copy(update={"start_files": planned.start_files})
    assert preview(KibanaRestartHandler(), operator.restarted, wanted, one).steps[0].startswith("restart Kibana: ")
    assert one.entries["elasticsearch.password"] == FIRST


def test_a_preview_of_a_renewed_leaf_says_reload_and_keeps_what_kibana_started_with(doors):
    one = running()
    operator = doors(one)
    operator.up()
    operator.leaf = RENEWED
    planned = preview(KibanaSettingsHandler(), operator.settings, operator.settings_inputs(), one)
    assert planned.start_files == operator.settings.outputs.start_files
    wanted = operator.restart_inputs().model_copy(update={"serial": UNKNOWN})
    steps = preview(KibanaRestartHandler(), operator.restarted, wanted, one).steps
    assert steps[0] == "reload Kibana's certificate at SIGHUP"


@pytest.mark.parametrize("command", [(), ("systemctl", "restart", "kibana")])
def test_a_preview_of_a_new_authority_says_that_kibana_is_restarted_first(doors, command):
    one = running()
    operator = doors(one)
    operator.up()
    one.restart = command
    operator.signer, operator.leaf = G2, OF_G2
    steps = preview(KibanaTrustHandler(), operator.trust, operator.trust_inputs(), one).steps
    assert "beside what is trusted now" in steps[0]
    assert steps[1] == (
        "restart Kibana: systemctl restart kibana" if command else "restart Kibana yourself before the nodes go on"
    )
    unknown = operator.trust_inputs().model_copy(update={"authorities_pem": UNKNOWN})
    assert len(preview(KibanaTrustHandler(), operator.trust, unknown, one).steps) == 2


def test_a_preview_of_a_new_authority_says_that_the_old_one_goes_and_only_there(doors):
    one = running()
    operator = doors(one)
    operator.up()
    handler = KibanaSettingsHandler()
    assert preview(handler, operator.settings, operator.settings_inputs(), one).steps == ()
    unknown = operator.settings_inputs().model_copy(update={"authorities_pem": UNKNOWN, "generation": 2})
    [step] = preview(handler, operator.settings, unknown, one).steps
    assert step == "write certs/http-trust.pem (0640): nothing but HTTP CA g2 (content differs)"
    held = unknown.model_copy(update={"held": True})
    assert preview(handler, operator.settings, held, one).steps == ()


def test_a_first_preview_of_trust_needs_no_restart_since_kibana_does_not_use_the_file_yet(doors):
    one = running()
    operator = doors(one)
    assert len(preview(KibanaTrustHandler(), None, operator.trust_inputs(), one).steps) == 1


def test_a_first_preview_tells_of_encryption_keys_that_are_the_operators(doors):
    one = FakeKibana()
    one.target.put(SETTINGS, FakeFile(f"{one.text()}xpack.security.encryptionKey: {'o' * 32}\n".encode()))
    operator = doors(one.starts())
    preview(KibanaSettingsHandler(), None, operator.settings_inputs(), one)
    [warning] = one.context.warned
    assert warning.startswith("kibana-1: keeps its own xpack.security.encryptionKey; every Kibana")
    operator.up()
    preview(KibanaSettingsHandler(), operator.settings, operator.settings_inputs(), one)
    assert len(one.context.warned) == 1


def test_a_first_preview_has_nothing_to_tell_of_keys_where_there_are_none(doors):
    one = running()
    operator = doors(one)
    preview(KibanaSettingsHandler(), None, operator.settings_inputs(), one)
    assert one.context.warned == []


def found_by(handler, recorded, one):
    return [str(each) for each in handler.drift(recorded, one.context)]


def test_a_refresh_observes_and_changes_nothing(doors):
    one = running()
    operator = doors(one)
    operator.up()
    assert found_by(KibanaSettingsHandler(), operator.settings, one) == []
    edited = one.text().replace("server.ssl.enabled: true", "server.ssl.enabled: false")
    one.target.put(SETTINGS, FakeFile(edited.encode()))
    one.password = "somebody else's"
    assert found_by(KibanaSettingsHandler(), operator.settings, one) == [
        "kibana-1: server.ssl.enabled: true → false; `up` puts it back"
    ]
    assert "critical" in KibanaRestartHandler().observe(operator.restarted, one.context).status
    assert KibanaTrustHandler().observe(operator.trust, one.context).trusted == ("logs HTTP CA g1",)
    assert (one.text(), one.restarts) == (edited, 1)


def test_forgetting_leaves_everything_and_warns(doors):
    one = running()
    operator = doors(one)
    operator.up()
    before = one.everything()
    pairs = (
        (KibanaSettingsHandler(), operator.settings),
        (KibanaRestartHandler(), operator.restarted),
        (KibanaTrustHandler(), operator.trust),
    )
    for handler, recorded in pairs:
        handler.forget(recorded, one.context)
    assert one.everything() == before
    assert len(one.context.warned) == 3


def test_no_secret_is_in_anything_that_is_said_or_shown(doors):
    one = running()
    operator = doors(one)
    operator.up()
    operator.password = SECOND
    operator.up()
    said = [*one.context.said, *one.context.shown, *one.context.warned, repr(operator.settings), repr(operator.trust)]
    said += [" ".join(call.argv) + repr(call.environment) for call in one.target.ran]
    secrets = [FIRST, SECOND, PASSPHRASE_TEXT, "generated-key-for-"]
    assert [text for text in said if any(secret in text for secret in secrets)] == []


@pytest.mark.parametrize(
    "handler", [KibanaSettingsHandler(), KibanaRestartHandler(), KibanaTrustHandler()], ids=lambda one: one.token
)
def test_each_resource_is_called_by_its_kibana(doors, handler):
    operator = doors(FakeKibana())
    inputs = {
        KibanaSettingsHandler: operator.settings_inputs,
        KibanaTrustHandler: operator.trust_inputs,
    }
    if type(handler) in inputs:
        assert handler.name(inputs[type(handler)]()).startswith("kibana-1/kibana-")
    assert handler.replace_on == frozenset()


@pytest.mark.parametrize("path", [KEY, TRUST])
def test_a_file_that_an_earlier_run_wrote_and_somebody_took_away_is_missing_and_not_new(doors, path):
    one = running()
    operator = doors(one)
    [first] = [step for step in operator.up() if f"/{path.name} " in step]
    assert first.endswith(" (new)")
    one.target.files.pop(path)
    told = first.replace("(new)", "(missing: written again)")
    steps = preview(KibanaTrustHandler(), operator.trust, operator.trust_inputs(), one).steps
    steps += preview(KibanaSettingsHandler(), operator.settings, operator.settings_inputs(), one).steps
    assert told in steps
    assert told in operator.up()
