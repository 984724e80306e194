"""What a refresh lists of a node's files, and of what it serves; that it agrees with previews, `waves.py` sees to."""

import pytest

from components.drift import NEXT, DriftKind
from components.nodes.drift import held_leaf, words_of_leaf
from components.pki.inspect import load_certificate
from components.pki.keyfiles import key_file_p12
from tests.nodes.waves import G1, G2, G3, KEY_FILE, Host, Present, cover, retire, serial_of
from tests.pki.makers import leaf

OLD, NEW, THIRD = leaf(signer=G2), leaf(signer=G1), leaf(signer=G3)
TRUST_FILE = "certs/transport-trust.pem"
ENTRY = "xpack.security.transport.ssl.keystore.secure_password"
TRUSTS_G1 = "trusts logs transport CA g1"


def told(wave):
    return [(one.what, one.kind, one.recorded, one.found) for one in wave.drift()]


def called(one):
    return words_of_leaf(load_certificate(one.certificate_pem))


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        pytest.param(Host(), [("FileMissing", "transport CA g1", "missing")], id="removed"),
        pytest.param(
            Host().holding(TRUST_FILE, b"nonsense"),
            [("FileChanged", "transport CA g1", "no CA that can be read")],
            id="damaged",
        ),
        pytest.param(Host().trusting(G1, mode=0o600), [("ModeChanged", "0640", "0600")], id="another mode"),
        pytest.param(
            Host().trusting(G1, owner="root", mode=0o644),
            [("ModeChanged", "0640", "0644"), ("OwnerChanged", "elasticsearch:elasticsearch", "root:elasticsearch")],
            id="another mode and owner",
        ),
        pytest.param(
            Host().trusting(G2, mode=0o644),
            [("AuthorityMissing", TRUSTS_G1, "not logs transport CA g1"), ("ModeChanged", "0640", "0644")],
            id="another CA, and another mode",
        ),
        pytest.param(Host().trusting(G1, G2), [], id="more than is wanted is for the other wave to tell"),
        pytest.param(Host().trusting(G1), [], id="as recorded"),
    ],
)
def test_trust_that_is_missing_or_a_file_that_differs(doors, host, expected):
    found = told(cover(doors(host), G1))
    assert found == [(TRUST_FILE, *one) for one in expected]


@pytest.mark.parametrize(
    ("host", "found"),
    [
        pytest.param(Host().trusting(G1, G2, G3), "also logs transport CA g2, logs transport CA g3", id="two more"),
        pytest.param(Host().trusting(G2), "also logs transport CA g2", id="another one instead"),
    ],
)
def test_trust_that_is_wider_than_recorded_names_the_others(doors, host, found):
    assert told(retire(doors(host), G1)) == [(TRUST_FILE, "AuthorityUnwanted", TRUSTS_G1, found)]


def test_trust_that_is_held_is_no_drift(doors):
    assert told(retire(doors(Host().trusting(G1, G2)), G1, held=True)) == []


def test_a_key_file_that_is_gone_names_the_leaf_that_was_in_it(doors):
    [one] = told(Present(doors(Host()), NEW))
    assert one == (KEY_FILE, "FileMissing", "transport leaf, g1, until 2027-11-24", "missing")


def test_a_key_file_that_does_not_open_has_other_content(doors):
    [one] = told(Present(doors(Host().presenting(OLD)), NEW))
    assert one[1:] == ("FileChanged", "transport leaf, g1, until 2027-11-24", "other content")


def opens(host, content):
    """Give the node a key file that opens with the password in its keystore."""
    host.one.machine.set_secure_settings({ENTRY: "password"})
    return host.holding(KEY_FILE, content)


def test_a_key_file_that_opens_tells_by_serial_and_date_which_leaf_it_holds(doors):
    content = key_file_p12(OLD.private_key_pem, OLD.certificate_pem, (), "password", "instance")
    [one] = told(Present(doors(opens(Host(), content)), NEW))
    assert one[1:] == ("FileChanged", "transport leaf, g1, until 2027-11-24", called(OLD))
    assert called(OLD).startswith(f"leaf {serial_of(OLD)[:8]}…, until 20")


def test_of_a_pair_of_pem_files_the_leaf_itself_is_read(doors):
    wave = Present(doors(Host().holding("certs/transport-leaf.pem", OLD.certificate_pem.encode())), NEW, pem=True)
    assert held_leaf(wave.host.one.machine, wave.wanted()) == load_certificate(OLD.certificate_pem)


def test_what_is_served_is_told_beside_the_file_and_the_record(doors):
    host = doors(Host().presenting(NEW).running().serving(OLD))
    [(what, kind, recorded, found)] = told(Present(host, NEW))
    assert (what, kind) == ("handshake", "ServedDiffers")
    assert recorded == f"serves leaf {serial_of(NEW)[:8]}…, until 2027-11-24"
    assert found == f"serves {called(OLD)}; its file holds the recorded one"
    [said] = Present(host, NEW).drift()
    assert str(said) == f"es-1: transport handshake: {recorded} → {found}; `up` waits for it"


def test_served_and_file_and_record_may_be_three_leaves(doors):

    content = key_file_p12(THIRD.private_key_pem, THIRD.certificate_pem, (), "password", "instance")
    host = doors(opens(Host().running().serving(OLD), content))
    in_file, served = told(Present(host, NEW))
    assert in_file[1:] == ("FileChanged", "transport leaf, g1, until 2027-11-24", called(THIRD))
    assert served[3] == f"serves {called(OLD)}; its file holds {called(THIRD)}"


def test_looking_for_drift_writes_nothing(doors):
    host = doors(Host().presenting(OLD).trusting(G2).running().serving(OLD))
    before = host.files()
    for wave in (cover(host, G1), retire(host, G1), Present(host, NEW)):
        assert wave.drift()
    assert host.files() == before


def test_of_every_kind_it_is_said_what_comes_next():
    assert set(NEXT) | {DriftKind.NOT_LOOKED_AT} == set(DriftKind)
