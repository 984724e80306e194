"""The wave *cover*: a node trusts at least the wanted CAs, and nothing is taken away."""

import pytest

from components.errors import CommandFailed
from components.handling import Recorded
from components.nodes.handler import NodeTrustHandler
from components.pki.issue import renew_authority
from components.values import UNKNOWN, Unknown
from tests.fake_elasticsearch import USER
from tests.fakes import FakeFile
from tests.nodes.waves import G1, G2, G3, NAMES, PASSWORD, Host, cover, pkcs12_host, retire
from tests.pki.makers import NOW

HOSTS = [pytest.param(Host, id="PEM"), pytest.param(pkcs12_host, id="PKCS#12")]


def reasons(wave) -> list[str]:
    return [change.finding.reason for change in wave.changes()]


@pytest.mark.parametrize("new_host", HOSTS)
def test_the_first_trust_file_holds_the_wanted_ca_and_is_for_the_node_to_read(doors, new_host):
    host = doors(new_host())
    outputs = cover(host, G1).up()
    file = host.one.file(host.trust_file)
    assert host.trusted() == (NAMES[G1],)
    assert (file.mode, file.owner, file.group) == (0o640, USER, USER)
    assert outputs.trusted == (NAMES[G1],)
    assert outputs.steps == (f"write {host.trust_file} (0640): transport CA g1 (new)",)


@pytest.mark.parametrize("new_host", HOSTS)
def test_a_new_generation_is_trusted_beside_the_old_one(doors, new_host):
    host = doors(new_host().trusting(G1))
    outputs = cover(host, G2, generation=2).up()
    assert host.trusted() == (NAMES[G1], NAMES[G2])
    assert outputs.trusted == (NAMES[G1], NAMES[G2])


@pytest.mark.parametrize("new_host", HOSTS)
def test_what_is_covered_is_not_written_again(doors, new_host):
    host = doors(new_host().trusting(G1, G2))
    before = host.files()
    assert cover(host, G2).up().steps == ()
    assert host.files() == before
    assert host.written() == []


@pytest.mark.parametrize("new_host", HOSTS)
def test_a_second_run_finds_nothing_to_do(doors, new_host):
    host = doors(new_host().trusting(G1))
    wave = cover(host, G2, G3)
    wave.up()
    assert wave.changes() == []
    assert wave.preview().steps == wave.up().steps == ()


def test_whether_there_is_something_to_do_is_told_by_two_looks_at_the_machine(doors, monkeypatch):
    """Each look may be a way to a machine far away: what is in the file, and whose is it."""
    host, looks = doors(Host().trusting(G1)), []
    target = host.one.target
    stat, find = target.stat, target.find
    monkeypatch.setattr(target, "stat", lambda paths: looks.append("stat") or stat(paths))
    monkeypatch.setattr(target, "find", lambda path: looks.append("find") or find(path))
    wave = cover(host, G1)
    assert wave.handler.changes(wave.recorded(), wave.wanted(), host.context) == ()
    assert looks == ["find", "stat"]


def test_more_than_is_wanted_is_no_drift_for_this_wave(doors):
    assert cover(doors(Host().trusting(G1, G2, G3)), G2).changes() == []


@pytest.mark.parametrize("new_host", HOSTS)
@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda content: b"", id="emptied"),
        pytest.param(lambda content: content[: len(content) // 2], id="cut off"),
        pytest.param(lambda content: b"\x00garbage", id="overwritten"),
    ],
)
def test_a_damaged_trust_file_trusts_nobody_and_is_written_anew(doors, new_host, damage):
    host = doors(new_host().trusting(G1))
    host.holding(host.trust_file, damage(host.one.file(host.trust_file).content))
    wave = cover(host, G1)
    [change] = wave.changes()
    assert change.finding.message == "es-1: transport layer does not trust logs transport CA g1 yet"
    wave.up()
    assert host.trusted() == (NAMES[G1],)


@pytest.mark.parametrize("new_host", HOSTS)
def test_a_removed_trust_file_is_drift_and_comes_back(doors, new_host):
    host = doors(new_host())
    wave = cover(host, G1)
    wave.up()
    del host.one.target.files[host.one.config / host.trust_file]
    assert reasons(wave) == ["AuthorityNotTrusted"]
    wave.up()
    assert host.trusted() == (NAMES[G1],)


def test_each_write_of_a_trust_file_is_counted_and_a_run_without_one_counts_none(doors):
    host = doors(Host())
    wave, recorded = cover(host, G1), None
    for lost, times in ((True, 1), (True, 2), (False, 2), (True, 3)):
        if lost:
            host.one.target.files.pop(host.one.config / host.trust_file, None)
        told = wave.handler.preview(recorded, wave.wanted(), host.context)
        done = wave.handler.converge(recorded, wave.wanted(), host.context)
        assert (told.times_written, done.times_written) == (times, times)
        recorded = Recorded(wave.wanted(), done)


@pytest.mark.parametrize("new_host", HOSTS)
@pytest.mark.parametrize("content", [None, b"", b"\x00garbage"], ids=["removed", "emptied", "overwritten"])
def test_a_file_that_is_lost_when_a_rotation_begins_trusts_the_ca_whose_leaves_are_presented_as_well(
    doors, new_host, content
):
    host = doors(new_host())
    if content is not None:
        host.holding(host.trust_file, content)
    wave = cover(host, G2, generation=2)
    told = wave.preview(G1)
    assert "transport CA g2, beside what is trusted now" in told.steps[0]
    done = wave.up(G1)
    assert host.trusted() == (NAMES[G1], NAMES[G2])
    assert told.trusted == done.trusted == (NAMES[G1], NAMES[G2])
    assert retire(host, G2).up(G1).trusted == host.trusted() == (NAMES[G2],)


def test_a_ca_that_somebody_took_out_is_drift_and_is_named(doors):
    wave = cover(doors(Host().trusting(G1)), G1, G2)
    [change] = wave.changes()
    assert change.finding.reason == "AuthorityNotTrusted"
    assert change.finding.message == "es-1: transport layer does not trust logs transport CA g2 yet"
    assert (change.on, change.replaces) == ("trusted", False)


@pytest.mark.parametrize("new_host", HOSTS)
@pytest.mark.parametrize(
    ("access", "why"),
    [
        pytest.param({"mode": 0o644}, "mode is 0644", id="everybody may read it"),
        pytest.param({"mode": 0o600}, "mode is 0600", id="the group may not read it"),
        pytest.param({"owner": "root"}, "belongs to root:elasticsearch", id="another owner"),
        pytest.param({"group": "root"}, "belongs to elasticsearch:root", id="another group"),
    ],
)
def test_a_changed_mode_or_owner_is_drift_and_is_put_right_with_the_same_bytes(doors, new_host, access, why):
    host = doors(new_host().trusting(G1, **access))
    content = host.one.file(host.trust_file).content
    wave = cover(host, G1)
    assert reasons(wave) == ["FileDiffers"]
    assert host.trust_file in wave.changes()[0].finding.message
    assert wave.up().steps == (f"write {host.trust_file} (0640): transport CA g1 ({why})",)
    file = host.one.file(host.trust_file)
    assert (file.content, file.mode, file.owner, file.group) == (content, 0o640, USER, USER)
    assert wave.changes() == []


def test_lines_that_somebody_added_around_the_cas_are_no_drift(doors):
    host = doors(Host().trusting(G1))
    host.holding(host.trust_file, b"# ours too\n" + host.one.file(host.trust_file).content)
    assert cover(host, G1).changes() == []


def test_a_pkcs12_trust_file_of_another_password_is_written_anew(doors):
    host = doors(pkcs12_host().trusting(G1))
    host.password = type(host.password)(PASSWORD + "-2")
    assert reasons(cover(host, G1)) == ["AuthorityNotTrusted"]


def test_a_preview_names_the_file_and_says_it_to_the_operator_and_changes_nothing(doors):
    host = doors(Host().trusting(G1))
    before = host.files()
    outputs = cover(host, G2, generation=2).preview()
    step = "write certs/transport-trust.pem (0640): transport CA g2, beside what is trusted now (content differs)"
    assert outputs.steps == (step,)
    assert outputs.trusted == (NAMES[G1], NAMES[G2])
    assert host.context.said == [f"es-1: {step}"]
    assert host.files() == before


def test_a_renewed_ca_is_told_from_the_one_that_is_trusted_already(doors):
    host = doors(Host().trusting(G1))
    renewed = renew_authority(G1, valid_for="12y", now=NOW)
    told = [cover(host).preview().steps, cover(host, renewed).preview().steps]
    step = "transport CA g1 (renewed), beside what is trusted now (content differs)"
    assert told == [(f"write certs/transport-trust.pem (0640): {step}",)] * 2


@pytest.mark.parametrize(
    ("host", "why"),
    [
        pytest.param(Host(), " (new)", id="no file"),
        pytest.param(Host().trusting(G1), ", beside what is trusted now (content differs)", id="a file"),
    ],
)
def test_a_preview_shows_that_a_ca_that_is_not_made_yet_will_be_added(doors, host, why):
    outputs = cover(doors(host), generation=2).preview()
    assert outputs.steps == (f"write certs/transport-trust.pem (0640): transport CA g2{why}",)
    assert isinstance(outputs.trusted, Unknown)


def test_a_preview_with_a_password_that_is_not_made_yet_shows_the_file_and_what_will_be_trusted(doors):
    host = doors(Host(format=pkcs12_host().format, password=UNKNOWN))
    outputs = cover(host, G1).preview()
    assert outputs.steps == ("write certs/transport-trust.p12 (0640): transport CA g1 (new)",)
    assert outputs.trusted == (NAMES[G1],)


@pytest.mark.parametrize("unknown", ["authorities_pem", "password"])
def test_what_is_not_made_yet_is_no_drift(doors, unknown):
    wave = cover(doors(Host()), G1)
    wanted = wave.wanted().model_copy(update={unknown: UNKNOWN})
    assert list(NodeTrustHandler().changes(wave.recorded(), wanted, wave.host.context)) == []


@pytest.mark.parametrize("new_host", HOSTS)
def test_a_refresh_shows_what_the_file_holds_now(doors, new_host):
    assert set(cover(doors(new_host().trusting(G1, G3)), G2).refresh().trusted) == {NAMES[G1], NAMES[G3]}
    assert cover(doors(new_host()), G2).refresh().trusted == ()


def test_a_write_that_fails_leaves_what_was_trusted(doors):
    host = doors(Host().trusting(G1))
    host.one.target.breaks("write", "transport-trust.pem")
    with pytest.raises(CommandFailed, match="cannot write"):
        cover(host, G2).up()
    assert host.trusted() == (NAMES[G1],)


def test_the_id_names_node_layer_and_wave(doors):
    assert NodeTrustHandler().name(cover(doors(Host()), G1).wanted()) == "es-1/transport/trust"


def test_nothing_that_is_said_holds_the_password_of_the_trust_file(doors):
    host = doors(pkcs12_host())
    wave = cover(host, G1)
    spoken = [*wave.preview().steps, *(change.finding.message for change in wave.changes()), *wave.up().steps]
    assert spoken
    assert [text for text in (*spoken, *host.context.said, repr(wave.wanted())) if PASSWORD in text] == []


def test_the_files_of_the_operator_beside_ours_are_left_alone(doors):
    host = doors(Host())
    host.one.target.put(host.one.config / "certs" / "own.pem", FakeFile(b"own"))
    cover(host, G1).up()
    assert host.one.file("certs/own.pem").content == b"own"
