"""Read tells what is not as recorded, as data and as messages, again and again until it is repaired."""

import pytest

from components.drift import Drift, DriftKind
from components.errors import ConfigurationRefused, MachineUnreachable
from components.handling import Handler
from components.rollout.node import RolloutNode
from provider.registry import HANDLERS
from tests.wire import asking
from tests.wire.small_handlers import BOX, Box
from tests.wire.standins import StandInNode
from tests.wire.talking import Refused, urn_of

ENTRY = "xpack.security.transport.ssl.keystore.secure_password"
KEY_FILE, TRUST_FILE = "certs/transport-key.p12", "certs/transport-trust.pem"
FOUND = Drift(node="es-1", what="lid", kind=DriftKind.FILE_CHANGED, recorded="shut", found="open", next="`up` shuts it")


class Drifting(Box):
    """A box of which something differs, or which cannot be looked at."""

    drifts = ()
    fails = None

    def drift(self, recorded, context):
        if self.fails:
            raise self.fails
        return self.drifts


@pytest.fixture
def box():
    return Drifting()


@pytest.fixture
def made(talk, node):
    """Every resource of one node, made."""
    signer = talk.create(asking.AUTHORITY, asking.authority())
    leaf = talk.create(asking.CERTIFICATE, asking.leaf(signer))
    return [
        talk.create(asking.TRUST, asking.trust(node, signer)),
        talk.create(asking.IDENTITY, asking.identity(node, leaf)),
        talk.create(asking.RESTART, asking.restart(node)),
        talk.create(asking.SETTINGS, asking.settings(node)),
        talk.create(asking.EXCLUSIVE, asking.trust(node, signer)),
    ]


def found(saved):
    return [(one["what"], one["kind"]) for one in saved.outputs.get("drift", [])]


def break_everything(node):
    text = node.read("elasticsearch.yml").decode()
    node.write("elasticsearch.yml", text.replace("ssl.enabled: true", "ssl.enabled: false").encode())
    node.write("elasticsearch.keystore", b"")
    (node.config / KEY_FILE).unlink()
    (node.config / TRUST_FILE).chmod(0o644)


def test_what_somebody_changed_is_told_by_the_resource_that_owns_it_and_again_the_next_time(talk, node, made):
    break_everything(node)
    first = [talk.read(saved) for saved in made]
    mode = [(TRUST_FILE, "ModeChanged")]
    assert [found(saved) for saved in first] == [
        mode,
        [(KEY_FILE, "FileMissing")],
        [(f"keystore entry {ENTRY}", "EntryMissing")],
        [("xpack.security.transport.ssl.enabled", "SettingChanged")],
        mode,
    ]
    assert [found(talk.read(saved)) for saved in first] == [found(saved) for saved in first]


def test_what_a_refresh_recorded_keeps_no_preview_and_no_up_from_repairing_it(talk, node, made):
    break_everything(node)
    refreshed = [talk.read(saved) for saved in made]
    assert all(talk.diff(saved).some for saved in refreshed)
    repaired = [talk.update(saved, saved.inputs) for saved in refreshed]
    assert [found(talk.read(saved)) for saved in repaired] == [[]] * len(made)
    assert not any(talk.diff(saved).some for saved in repaired)


def test_a_resource_whose_update_repaired_it_has_no_drift_in_its_record(talk, node, made):
    (node.config / KEY_FILE).unlink()
    refreshed = talk.read(made[1])
    assert found(refreshed)
    assert "drift" not in talk.update(refreshed, refreshed.inputs).outputs


def test_values_of_settings_are_told_and_those_of_the_keystore_never(talk, node, made, heard):
    break_everything(node)
    node.write("elasticsearch.keystore", f"{ENTRY}=guessed by a thief\n".encode())
    told = [one for saved in made for one in talk.read(saved).outputs["drift"]]
    by_what = {one["what"]: (one["recorded"], one["found"]) for one in told}
    assert by_what["xpack.security.transport.ssl.enabled"] == ("true", "false")
    assert by_what[f"keystore entry {ENTRY}"] == ("the recorded value", "another value")
    wanted = made[2].inputs["nodes"][0]["content"]["secure"][ENTRY]["value"]
    everything = f"{told} {heard.texts()}"
    assert "thief" not in everything
    assert wanted not in everything


def test_each_finding_is_a_message_on_its_resource(talk, heard, box):
    saved = talk.create(BOX, {"label": "tea"})
    box.drifts = (FOUND,)
    talk.read(saved)
    assert heard.texts(urn_of(BOX)) == ["es-1: lid: shut → open; `up` shuts it"]


def test_a_file_that_cannot_be_read_is_not_taken_for_one_without_drift(talk, heard, box):
    saved = talk.create(BOX, {"label": "tea"})
    box.fails = ConfigurationRefused("it is no YAML", where="es-1:/x.yml", why="line 3", next_step="mend it")
    [one] = talk.read(saved).outputs["drift"]
    assert (one["what"], one["kind"], one["found"], one["next"]) == (
        "es-1:/x.yml",
        "NotLookedAt",
        "it is no YAML: line 3",
        "mend it",
    )
    assert heard.texts(urn_of(BOX), severity="WARNING")[0].startswith("es-1:/x.yml: not looked at")


def test_a_refresh_goes_on_behind_a_file_that_cannot_be_read_and_a_preview_fails_on_it(talk, node, made):
    settings = made[3]
    with_settings = node.read("elasticsearch.yml")
    node.write("elasticsearch.yml", b"a: [unclosed\n")
    with pytest.raises(Refused):
        talk.diff(settings)
    refreshed = talk.read(settings)
    assert talk.diff(refreshed).some, "the engine asks for a diff within a refresh"
    for work in (talk.preview_update, talk.update):
        with pytest.raises(Refused, match="is not valid YAML"):
            work(refreshed, settings.inputs)
    node.write("elasticsearch.yml", with_settings)
    assert not talk.diff(refreshed).some, "what an earlier refresh could not see is no reason once it can be seen"


def test_a_machine_that_is_away_hides_no_drift_of_another_node(talk, node, tmp_path, monkeypatch):
    other = StandInNode(tmp_path, "es-2")
    saved = talk.create(asking.RESTART, asking.restart(node, other))
    other.write("elasticsearch.keystore", b"")
    view = RolloutNode.view

    def away(self):
        if self.name == "es-1":
            raise MachineUnreachable("it does not answer", where="es-1", why="it is off", next_step="start it")
        return view(self)

    monkeypatch.setattr(RolloutNode, "view", away)
    told = talk.read(saved).outputs["drift"]
    assert [(one["node"], one["kind"]) for one in told] == [("es-1", "NotLookedAt"), ("es-2", "EntryMissing")]


def test_every_type_that_looks_at_a_machine_tells_drift():
    silent = {token for token, handler in HANDLERS.items() if type(handler).drift is Handler.drift}
    look_at_none = {asking.AUTHORITY, asking.CERTIFICATE, asking.REQUEST, asking.PASSWORD, asking.WAVE}
    assert silent == look_at_none | {asking.ANNOUNCEMENT}
