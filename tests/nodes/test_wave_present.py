"""The wave *present*: a node's key file holds the leaf, and a handshake shows it."""

import pytest

from components.errors import CommandFailed, ConfigurationRefused, NotConverged
from components.nodes import identity_handler
from components.nodes.identity_handler import NodeIdentityHandler
from components.nodes.machine import NodeMachine
from components.nodes.served import SERVED_WITHIN
from components.nodes.ssh_spec import Ssh
from components.nodes.target import Completed
from components.values import Unknown
from tests.fake_elasticsearch import USER
from tests.nodes.waves import KEY_FILE, READS_OUR_FILES, Host, Present, key_file_of, serial_of
from tests.pki.makers import authority, leaf

KEY_PEM, LEAF_PEM = "certs/transport-key.pem", "certs/transport-leaf.pem"
OLD, NEW = leaf("es-1"), leaf("es-1", signer=authority(2))


def test_the_first_key_file_is_for_the_node_to_read_and_waits_for_nobody(doors):
    host = doors(Host())
    outputs = Present(host, NEW).up()
    file = host.one.file(KEY_FILE)
    assert (file.content, file.mode, file.owner, file.group) == (key_file_of(NEW), 0o640, USER, USER)
    assert outputs.presented_serial == serial_of(NEW)
    assert outputs.steps == (f"write {KEY_FILE} (0640): transport leaf, g1, until 2027-11-24 (new)",)
    assert host.context.shown == []


def test_a_running_node_is_waited_for_until_a_handshake_shows_the_new_leaf(doors):
    host = doors(Host().presenting(OLD).running())
    clock = host.one.target.clock
    began = clock.monotonic()
    host.serves = lambda: NEW if clock.monotonic() > began + 5 else OLD
    assert Present(host, NEW).up().presented_serial == serial_of(NEW)
    assert 5 <= clock.monotonic() - began < 6
    assert host.context.shown[0] == "es-1: waiting until the transport layer serves the new leaf (0 s)"
    assert set(host.greeted) == {("es-1", 9301)}


def test_a_node_that_goes_on_serving_another_leaf_is_not_converged(doors, monkeypatch):
    host = doors(Host().presenting(OLD).running().serving(OLD))
    monkeypatch.setattr(identity_handler, "keystore_opens", lambda *_: True)
    began = host.one.target.clock.monotonic()
    with pytest.raises(NotConverged) as caught:
        Present(host, NEW).up()
    assert caught.value.where == "es-1"
    assert caught.value.what == "the transport layer still serves another leaf after 30 s"
    assert "WARN from FileWatcher" in caught.value.why
    assert host.one.target.clock.monotonic() - began < SERVED_WITHIN + 2
    assert host.one.file(KEY_FILE).content == key_file_of(NEW), "the next run goes on from here"


def test_nobody_is_told_to_restart_a_node_whose_keystore_does_not_open_its_new_key_file(doors):
    host = doors(Host().presenting(OLD).running().serving(OLD))
    with pytest.raises(NotConverged) as caught:
        Present(host, NEW).up()
    assert "does not open the new key file" in caught.value.why
    assert caught.value.next_step.startswith("do not restart it yet: stop it, run `up`")


def test_a_node_whose_keystore_cannot_be_read_is_told_as_any_other(doors):
    host = doors(Host().presenting(OLD).running().serving(OLD))
    host.one.keystore.refuses = "ERROR: it is broken"
    with pytest.raises(NotConverged, match="WARN from FileWatcher"):
        Present(host, NEW).up()


def test_a_node_that_restarts_with_older_settings_in_memory_is_not_waited_for(doors):
    host = doors(Host().presenting(OLD).running().serving(OLD))
    host.one.target.clock.sleep(60)
    host.holding("elasticsearch.yml", b"# changed since the start\n")
    assert Present(host, NEW).up().presented_serial == serial_of(NEW)
    assert host.context.shown == []


@pytest.mark.parametrize("content", ["", "cluster.name: books\n"], ids=["a comment more", "without our lines"])
def test_a_node_whose_settings_were_written_since_its_start_has_to_serve_the_leaf_all_the_same(doors, content):
    host = doors(Host().presenting(OLD).running().serving(OLD).touched(content))
    recorded = Present(host, OLD).recorded()
    with pytest.raises(NotConverged, match="still serves another leaf after 30 s"):
        NodeIdentityHandler().converge(recorded, Present(host, NEW).wanted(), host.context)
    host.serves = lambda: NEW
    assert Present(host, NEW).up().presented_serial == serial_of(NEW)


def test_what_a_node_serves_is_drift_though_its_settings_were_written_since_its_start(doors):
    [change] = Present(doors(Host().presenting(NEW).running().serving(OLD).touched()), NEW).changes()
    assert change.finding.reason == "ServedDiffers"


def test_a_node_whose_process_is_not_found_has_to_serve_the_leaf_all_the_same(doors):
    host = doors(Host().presenting(OLD).running().serving(OLD))
    del host.one.target.files[host.one.pid_file]
    with pytest.raises(NotConverged, match="still serves another leaf"):
        Present(host, NEW).up()


def test_a_node_whose_new_kind_of_key_file_waits_for_its_restart_is_not_waited_for(doors):
    host = doors(Host().presenting(OLD).running().serving(OLD))
    host.touched(READS_OUR_FILES.replace(f"keystore.path: {KEY_FILE}", f"key: {KEY_PEM}"))
    recorded, wanted = Present(host, OLD).recorded(), Present(host, NEW, pem=True).wanted()
    assert NodeIdentityHandler().converge(recorded, wanted, host.context).presented_serial == serial_of(NEW)


def test_a_second_run_finds_nothing_to_do(doors):
    host = doors(Host().presenting(NEW).running().serving(NEW))
    wave = Present(host, NEW)
    assert wave.changes() == []
    assert wave.up().steps == ()
    assert host.written() == []


@pytest.mark.parametrize(
    ("host", "why"),
    [
        pytest.param(Host(), "missing: written again", id="removed"),
        pytest.param(Host().holding(KEY_FILE, b""), "content differs", id="emptied"),
        pytest.param(Host().holding(KEY_FILE, key_file_of(NEW)[:-1]), "content differs", id="cut off"),
        pytest.param(Host().presenting(OLD), "content differs", id="another leaf"),
        pytest.param(Host().presenting(NEW, mode=0o644), "mode is 0644", id="everybody may read it"),
        pytest.param(Host().presenting(NEW, owner="root"), "belongs to root:elasticsearch", id="another owner"),
    ],
)
def test_a_key_file_that_was_changed_is_drift_and_is_put_right(doors, host, why):
    wave = Present(doors(host), NEW)
    [change] = wave.changes()
    assert change.finding.reason == "FileDiffers"
    assert change.finding.message == f"es-1: write {KEY_FILE} (0640): transport leaf, g1, until 2027-11-24 ({why})"
    assert change.on == "presentedSerial"
    wave.up()
    file = host.one.file(KEY_FILE)
    assert (file.content, file.mode, file.owner) == (key_file_of(NEW), 0o640, USER)
    assert wave.changes() == []


def test_a_node_that_serves_another_leaf_than_its_file_holds_is_drift(doors):
    [change] = Present(doors(Host().presenting(NEW).running().serving(OLD)), NEW).changes()
    assert change.finding.reason == "ServedDiffers"
    served = serial_of(OLD)[:8]
    assert change.finding.message == f"es-1: transport layer serves {served}…, its file holds another leaf"


@pytest.mark.parametrize(
    "host",
    [
        pytest.param(Host().presenting(NEW).running(), id="it does not answer"),
        pytest.param(Host().presenting(NEW).serving(OLD), id="the process is not there to reload"),
    ],
)
def test_what_a_node_serves_is_no_drift_as_long_as_it_would_not_reload(doors, host):
    assert Present(doors(host), NEW).changes() == []


def test_a_preview_names_file_leaf_and_end_and_changes_nothing(doors):
    host = doors(Host().presenting(OLD).running().serving(OLD))
    before = host.files()
    outputs = Present(host, NEW).preview()
    step = f"write {KEY_FILE} (0640): transport leaf, g1, until 2027-11-24 (content differs)"
    assert (outputs.steps, outputs.presented_serial) == ((step,), serial_of(NEW))
    assert host.context.said == [f"es-1: {step}"]
    assert host.files() == before


@pytest.mark.parametrize(
    ("host", "recorded", "warned"),
    [
        pytest.param(Host(), False, False, id="a new node"),
        pytest.param(Host().presenting(OLD), False, True, id="another leaf, which no state of ours knows"),
        pytest.param(Host().presenting(NEW), False, False, id="this leaf, which a killed run wrote"),
        pytest.param(Host().presenting(OLD), True, False, id="another leaf, where this state looked after the node"),
    ],
)
def test_a_state_that_meets_a_key_file_of_another_state_warns_that_two_undo_each_other(doors, host, recorded, warned):
    wave = Present(doors(host), NEW)
    NodeIdentityHandler().preview(wave.recorded() if recorded else None, wave.wanted(), host.context)
    expected = f"es-1: {KEY_FILE} is there already, is not in this stack's state, and is written anew; if another state"
    assert [text.startswith(expected) for text in host.context.warned] == ([True] if warned else [])


def test_a_preview_of_a_leaf_that_is_not_made_yet_shows_the_file_without_its_end(doors):
    outputs = Present(doors(Host().presenting(OLD)), None).preview()
    assert outputs.steps == (f"write {KEY_FILE} (0640): transport leaf, g1 (content differs)",)
    assert isinstance(outputs.presented_serial, Unknown)


def test_a_leaf_that_is_not_made_yet_is_no_drift(doors):
    host = doors(Host().presenting(OLD).running().serving(OLD))
    assert Present(host, None).changes() == []


def test_a_refresh_shows_what_is_served_and_the_record_where_nothing_is(doors):
    assert Present(doors(Host().serving(OLD)), NEW).refresh().presented_serial == serial_of(OLD)
    assert Present(doors(Host()), NEW).refresh().presented_serial == "recorded"


def test_a_write_that_fails_leaves_the_key_file_that_was_there(doors):
    host = doors(Host().presenting(OLD))
    host.one.target.breaks("write", KEY_FILE)
    with pytest.raises(CommandFailed, match="cannot write"):
        Present(host, NEW).up()
    assert host.one.file(KEY_FILE).content == key_file_of(OLD)


def test_nothing_that_is_said_holds_the_key_file(doors):
    host = doors(Host())
    wave = Present(host, NEW)
    spoken = [*wave.preview().steps, *(change.finding.message for change in wave.changes()), *host.context.said]
    secret = wave.wanted().key_file.get_secret_value()
    assert len(spoken) == 3
    assert [text for text in (*spoken, repr(wave.wanted())) if secret in text] == []


def test_the_id_names_node_layer_and_wave(doors):
    assert NodeIdentityHandler().name(Present(doors(Host()), NEW).wanted()) == "es-1/transport/identity"


def test_key_and_leaf_in_pem_are_two_files_with_the_same_owner_and_mode(doors):
    host = doors(Host())
    outputs = Present(host, NEW, pem=True).up()
    assert outputs.steps == (
        f"write {KEY_PEM} (0640): key of the transport leaf, g1, until 2027-11-24 (new)",
        f"write {LEAF_PEM} (0640): transport leaf, g1, until 2027-11-24 (new)",
    )
    key, certificate = host.one.file(KEY_PEM), host.one.file(LEAF_PEM)
    assert (key.content, certificate.content.decode()) == (key_file_of(NEW), NEW.certificate_pem)
    assert {(file.mode, file.owner, file.group) for file in (key, certificate)} == {(0o640, USER, USER)}
    assert Present(host, NEW, pem=True).changes() == []


def test_a_run_that_was_killed_between_the_two_files_is_finished_by_the_next(doors):
    host = doors(Host())
    Present(host, OLD, pem=True).up()
    host.one.target.breaks("write", LEAF_PEM)
    with pytest.raises(CommandFailed):
        Present(host, NEW, pem=True).up()
    wave = Present(host, NEW, pem=True)
    assert [change.finding.message for change in wave.changes()] == [
        f"es-1: write {LEAF_PEM} (0640): transport leaf, g1, until 2027-11-24 (content differs)"
    ]
    wave.up()
    assert host.one.file(LEAF_PEM).content.decode() == NEW.certificate_pem


def test_a_preview_of_pem_files_that_are_not_made_yet_shows_both_without_their_end(doors):
    outputs = Present(doors(Host()), None, pem=True).preview()
    assert outputs.steps == (
        f"write {KEY_PEM} (0640): key of the transport leaf, g1 (new)",
        f"write {LEAF_PEM} (0640): transport leaf, g1 (new)",
    )


def test_a_node_that_still_reads_the_pkcs12_file_is_not_waited_for(doors):
    host = doors(Host().presenting(OLD).running().serving(OLD))
    assert Present(host, NEW, pem=True).up().presented_serial == serial_of(NEW)
    assert host.context.shown == []
    assert host.one.file(KEY_FILE).content == key_file_of(OLD), "it may have to start with it again"


@pytest.mark.parametrize("act", ["preview", "up"])
def test_a_machine_whose_clock_is_past_the_end_of_the_leaf_does_not_get_it(doors, monkeypatch, act):
    host = doors(Host().presenting(OLD))
    away = host.one.node.machine.model_copy(update={"ssh": Ssh(host="es-1.example.net")})
    monkeypatch.setattr(identity_handler, "machine_of", lambda _: NodeMachine(away, host.one.target))
    ahead = [400 * 86_400]
    now = host.one.target.now
    host.one.target.programs["date"] = lambda _: Completed(0, f"{int(now() + ahead[0])}\n", "")
    present = Present(host, NEW)
    with pytest.raises(ConfigurationRefused, match="is good until 2027-11-24, which is over there"):
        getattr(present, act)()
    assert host.one.file(KEY_FILE).content == key_file_of(OLD)
    ahead[0] = 86_400
    assert getattr(present, act)().presented_serial == serial_of(NEW)
