"""The wave *retire*: a node trusts nothing but the wanted CAs; what is missing is the business of *cover*."""

import pytest

from components.nodes.exclusive_handler import NodeTrustExclusiveHandler
from components.values import Unknown
from tests.nodes.waves import G1, G2, G3, NAMES, Host, cover, pkcs12_host, retire

HOSTS = [pytest.param(Host, id="PEM"), pytest.param(pkcs12_host, id="PKCS#12")]


@pytest.mark.parametrize("new_host", HOSTS)
def test_an_old_generation_is_trusted_no_more(doors, new_host):
    host = doors(new_host().trusting(G1, G2))
    outputs = retire(host, G2, generation=2).up()
    assert host.trusted() == (NAMES[G2],)
    assert outputs.trusted == (NAMES[G2],)
    assert outputs.steps == (f"write {host.trust_file} (0640): nothing but transport CA g2 (content differs)",)


@pytest.mark.parametrize("new_host", HOSTS)
def test_what_is_exclusive_already_is_not_written_again(doors, new_host):
    host = doors(new_host().trusting(G2))
    before = host.files()
    wave = retire(host, G2)
    assert wave.changes() == []
    assert wave.up().steps == ()
    assert host.files() == before


def test_a_ca_that_somebody_added_is_drift_and_is_named(doors):
    [change] = retire(doors(Host().trusting(G1, G2, G3)), G2).changes()
    assert change.finding.reason == "SurplusAuthorityTrusted"
    assert change.finding.message == "es-1: transport layer still trusts logs transport CA g1, logs transport CA g3"
    assert change.on == "trusted"


@pytest.mark.parametrize("new_host", HOSTS)
def test_cover_and_retire_agree_in_the_end(doors, new_host):
    host = doors(new_host().trusting(G1))
    waves = cover(host, G2), retire(host, G2)
    for wave in waves:
        wave.up()
    assert host.trusted() == (NAMES[G2],)
    assert [wave.changes() for wave in waves] == [[], []]
    assert [wave.up().steps for wave in waves] == [(), ()]


@pytest.mark.parametrize("wants", [(G2,), ()], ids=["made", "not made yet"])
def test_where_there_is_no_trust_file_nothing_is_retired(doors, wants):
    host = doors(Host())
    assert retire(host, *wants).preview().steps == ()
    assert retire(host, *wants).changes() == []
    assert host.written() == []


def test_a_damaged_trust_file_is_the_business_of_cover(doors):
    host = doors(Host().holding("certs/transport-trust.pem", b"-----BEGIN CERTIFICATE-----\nhalf"))
    assert retire(host, G2).changes() == []
    assert retire(host, G2).up().steps == ()
    assert host.written() == []


def test_a_preview_shows_that_whatever_is_trusted_will_be_retired_by_a_ca_that_is_not_made_yet(doors):
    outputs = retire(doors(Host().trusting(G1)), generation=2).preview()
    assert outputs.steps == ("write certs/transport-trust.pem (0640): nothing but transport CA g2 (content differs)",)
    assert isinstance(outputs.trusted, Unknown)


def test_a_preview_changes_nothing(doors):
    host = doors(Host().trusting(G1, G2))
    before = host.files()
    assert retire(host, G2).preview().trusted == (NAMES[G2],)
    assert host.files() == before


def test_a_changed_mode_is_drift_and_is_put_right_with_the_same_bytes(doors):
    host = doors(Host().trusting(G2, mode=0o666))
    content = host.one.file(host.trust_file).content
    wave = retire(host, G2)
    assert [change.finding.reason for change in wave.changes()] == ["FileDiffers"]
    wave.up()
    file = host.one.file(host.trust_file)
    assert (file.content, file.mode) == (content, 0o640)


def test_a_refresh_shows_what_the_file_holds_now(doors):
    assert retire(doors(Host().trusting(G1, G2)), G2).refresh().trusted == (NAMES[G1], NAMES[G2])


def test_what_is_held_stays_in_the_trust_file_and_is_no_drift(doors):
    host = doors(Host().trusting(G1, G2))
    before = host.files()
    wave = retire(host, G2, held=True)
    assert wave.changes() == []
    assert wave.preview().steps == wave.up().steps == ()
    assert wave.up().trusted == (NAMES[G1], NAMES[G2])
    assert host.files() == before


def test_the_id_tells_it_from_the_other_wave(doors):
    assert NodeTrustExclusiveHandler().name(retire(doors(Host()), G1).wanted()) == "es-1/transport/trust-exclusive"
