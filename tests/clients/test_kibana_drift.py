"""What a refresh lists of a Kibana; that it agrees with previews, `kibanas.py` sees to."""

import pytest

from components.clients.drift import running_drift
from components.clients.handler import KibanaSettingsHandler
from components.clients.restart_handler import KibanaRestartHandler
from components.clients.running import KibanaView
from components.clients.spec import KibanaPaths
from components.clients.status import KibanaStatus
from components.clients.trust_handler import KibanaTrustHandler
from components.nodes.probes import Speech
from tests.clients.kibanas import G2, KEYSTORE, SETTINGS, TRUST, running
from tests.fakes import FakeFile


def told(operator):
    pairs = (
        (KibanaTrustHandler(), operator.trust),
        (KibanaSettingsHandler(), operator.settings),
        (KibanaRestartHandler(), operator.restarted),
    )
    found = [one for handler, recorded in pairs for one in handler.drift(recorded, operator.one.context)]
    assert {one.node for one in found} <= {"kibana-1"}
    return [(one.what, one.kind, one.recorded, one.found) for one in found]


def edits(one):
    edited = one.text().replace("verificationMode: full", "verificationMode: none")
    one.target.put(SETTINGS, FakeFile(edited.encode(), 0o660, "root", "kibana"))


def adds_a_ca(one):
    one.target.files[TRUST].content += G2.certificate_pem.encode()


def takes_the_ca(one):
    one.target.files[TRUST].content = G2.certificate_pem.encode()


def changes_the_keystore(one):
    one.target.put(KEYSTORE, FakeFile(b"changed", 0o660))


def takes_an_entry(one):
    del one.entries["elasticsearch.password"]
    changes_the_keystore(one)


def sets_another_password(one):
    one.password = "somebody else's"


def changes_a_mode(one):
    one.target.files[TRUST].mode = 0o644


@pytest.mark.parametrize(
    ("by_hand", "kinds"),
    [
        (edits, {"SettingChanged"}),
        (changes_a_mode, {"ModeChanged"}),
        (adds_a_ca, {"FileChanged"}),
        (takes_the_ca, {"AuthorityMissing", "FileChanged"}),
        (changes_the_keystore, {"EntryChanged"}),
        (takes_an_entry, {"EntryChanged", "EntryMissing"}),
        (sets_another_password, {"NotAvailable"}),
    ],
)
def test_what_somebody_did_is_told_and_repaired(by_hand, kinds, doors):
    one = running()
    operator = doors(one)
    operator.up()
    assert told(operator) == []
    by_hand(one)
    found = told(operator)
    assert kinds <= {kind for _, kind, *_ in found}
    assert told(operator) == found
    operator.up()
    assert told(operator) == []


def test_a_setting_of_kibana_names_both_values_and_an_entry_none(doors):
    one = running()
    operator = doors(one)
    operator.up()
    edits(one)
    takes_an_entry(one)
    found = told(operator)
    assert ("elasticsearch.ssl.verificationMode", "SettingChanged", "full", "none") in found
    assert ("keystore entry elasticsearch.password", "EntryMissing", "set", "missing") in found
    assert KibanaPaths.KEYSTORE not in [what for what, *_ in found]


def test_a_kibana_that_serves_another_leaf_names_both_by_their_serial_numbers():
    view = KibanaView(
        name="kibana-1",
        speech=Speech.TLS,
        process=None,
        written=0.0,
        has_read=True,
        wants_tls=True,
        served="aaaaaaaa01",
        wanted="bbbbbbbb02",
        will_change=False,
        can_restart=True,
        status=KibanaStatus(200, "available"),
    )
    [one] = running_drift(view)
    assert (one.kind, one.recorded, one.found) == ("ServedDiffers", "serves leaf bbbbbbbb…", "serves leaf aaaaaaaa…")
