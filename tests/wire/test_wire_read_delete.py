"""Read shows what is really there; Delete lets go and unsecures nothing."""

from tests.wire import asking
from tests.wire.small_handlers import BOX, BoxOutputs
from tests.wire.talking import Saved, hidden, is_hidden

TEA = {"label": "tea", "key": hidden("k")}


def test_a_refresh_shows_what_is_there_now(talk, box):
    saved = talk.create(BOX, TEA)
    box.found = lambda recorded: BoxOutputs(serial="s-2", contents="lead", counted=4)

    now = talk.read(saved)

    assert now.id == saved.id
    assert now.inputs == TEA
    assert now.outputs == {
        "serial": "s-2",
        "contents": hidden("lead"),
        "counted": 4,
        "keptKeys": [],
        "note": None,
    }


def test_a_thing_that_is_gone_is_gone_from_the_state(talk, box):
    saved = talk.create(BOX, TEA)
    box.found = lambda recorded: None

    assert talk.read(saved) is None


def test_a_refresh_leaves_alone_what_it_cannot_read(talk):
    saved = Saved(BOX, TEA, {"contents": 5}, "box/tea")

    assert talk.read(saved) == saved


def test_a_refresh_changes_nothing_where_nothing_was_changed(talk, node):
    signer = talk.create(asking.AUTHORITY, asking.authority())
    leaf = talk.create(asking.CERTIFICATE, asking.leaf(signer))
    every = [
        signer,
        leaf,
        talk.create(asking.PASSWORD, asking.password()),
        talk.create(asking.TRUST, asking.trust(node, signer)),
        talk.create(asking.IDENTITY, asking.identity(node, leaf)),
        talk.create(asking.RESTART, asking.restart(node)),
        talk.create(asking.SETTINGS, asking.settings(node)),
    ]

    for saved in every:
        assert talk.read(saved) == saved, saved.token


def test_a_refresh_shows_a_ca_that_somebody_added(talk, node):
    ours, theirs = (
        talk.create(asking.AUTHORITY, asking.authority(cluster=cluster)) for cluster in ("logs", "strangers")
    )
    trust = talk.create(asking.EXCLUSIVE, asking.trust(node, ours))
    bundle = ours.outputs["bundlePem"]["value"] + theirs.outputs["bundlePem"]["value"]
    node.write("certs/transport-trust.pem", bundle.encode())

    now = talk.read(trust)

    assert now.outputs["trusted"] == ["logs transport CA g1", "strangers transport CA g1"]


def test_a_refresh_of_a_restart_shows_what_the_files_are_now(talk, node):
    restart = talk.create(asking.RESTART, asking.restart(node))
    node.write("elasticsearch.yml", node.read("elasticsearch.yml") + b"# a comment\n")

    [before], [after] = restart.outputs["runningNodes"], talk.read(restart).outputs["runningNodes"]

    assert before["settingsFile"] != after["settingsFile"]
    assert is_hidden(after["secureDigest"])


def test_deleting_lets_the_handler_say_goodbye(talk, box):
    saved = talk.create(BOX, TEA)

    talk.delete(saved)

    [record] = box.forgotten
    assert (record.inputs.label, record.outputs.serial) == ("tea", "s-1")


def test_a_record_that_cannot_be_read_can_still_be_deleted(talk, box):
    talk.delete(Saved(BOX, TEA, {"contents": 5}, "box/tea"))

    assert box.forgotten == []


def test_deleting_removes_no_file_of_a_node(talk, node):
    signer = talk.create(asking.AUTHORITY, asking.authority())
    leaf = talk.create(asking.CERTIFICATE, asking.leaf(signer))
    every = [
        signer,
        leaf,
        talk.create(asking.PASSWORD, asking.password()),
        talk.create(asking.TRUST, asking.trust(node, signer)),
        talk.create(asking.IDENTITY, asking.identity(node, leaf)),
        talk.create(asking.SETTINGS, asking.settings(node)),
        talk.create(asking.RESTART, asking.restart(node)),
        talk.create(asking.EXCLUSIVE, asking.trust(node, signer)),
    ]
    before = node.files()

    for saved in reversed(every):
        talk.delete(saved)

    assert node.files() == before
    assert len(before) == 5, "settings, keystore, its journal, key file and trust file"
