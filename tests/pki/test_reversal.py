"""What speaks against a generation that shall come back: a trust file without it, one that cannot be read, clients."""

from dataclasses import replace

import pytest

from components.errors import ConfigurationRefused
from components.pki.generations import Generation
from components.pki.inspect import load_certificate
from components.pki.issue import renew_authority
from components.pki.own import OwnAuthority
from components.pki.reversal import Sight, against_reversal, not_retired_yet, refuse_reversal
from components.pki.spec import Layer
from tests.pki.makers import NOW, authority, leaf, own_ca

OLD, NEW = authority(1), authority(2)
FORMER = Generation.of_ours(1, OLD)
RENEWED = renew_authority(OLD, valid_for="20y", now=NOW)
OF_OLD, OF_NEW = leaf(signer=OLD), leaf("es-2", signer=NEW)
SIGNER = Generation.of_ours(2, NEW)
NOT_PRESENTED = "no node presents a leaf of it any more, so clients may have let it go"


def read(*found):
    return tuple(load_certificate(one.certificate_pem) for one in found)


BOTH = Sight({"es-1": read(OLD), "es-2": read(OLD, NEW)})


def test_between_nodes_a_generation_comes_back_as_long_as_every_trust_file_holds_it():
    assert against_reversal(Layer.TRANSPORT, FORMER, BOTH) == ()


def test_a_certificate_of_the_same_key_is_the_same_generation():
    assert RENEWED.certificate_pem != OLD.certificate_pem
    assert against_reversal(Layer.TRANSPORT, FORMER, Sight({"es-1": read(RENEWED, NEW)})) == ()


@pytest.mark.parametrize("found", [(), (NEW,)], ids=["no file", "the new CA alone"])
def test_a_trust_file_that_lacks_it_speaks_against_it_by_name(found):
    sight = Sight({**BOTH.trusted, "es-3": read(*found), "es-4": read(*found)})
    assert against_reversal(Layer.TRANSPORT, FORMER, sight) == ("the trust file of es-3, es-4 does not hold it",)


def test_without_a_trust_file_that_shows_it_nothing_comes_back():
    reasons = ("there is no trust file that could show that it is still trusted",)
    assert against_reversal(Layer.TRANSPORT, FORMER, Sight({})) == reasons


def test_a_trust_file_that_cannot_be_read_speaks_against_it_by_name():
    sight = replace(BOTH, unread={"es-3": "Permission denied"})
    reasons = ("the trust file of es-3 cannot be read: Permission denied",)
    assert against_reversal(Layer.TRANSPORT, FORMER, sight) == reasons


@pytest.mark.parametrize(
    ("presented", "reasons"),
    [
        ({"es-1": read(OF_OLD), "es-2": read(OF_NEW)}, ()),
        ({"es-1": read(OF_NEW), "es-2": read(OF_NEW)}, (NOT_PRESENTED,)),
        ({}, (NOT_PRESENTED,)),
    ],
    ids=["one node presents it", "none does", "no node answers"],
)
def test_clients_of_others_need_it_as_long_as_a_node_presents_it(presented, reasons):
    assert against_reversal(Layer.HTTP, FORMER, Sight({}, presented=presented)) == reasons


def test_a_kibana_that_lacks_it_speaks_against_it_although_a_node_presents_it():
    sight = Sight({"kibana-1": read(NEW)}, presented={"es-1": read(OF_OLD)})
    assert against_reversal(Layer.HTTP, FORMER, sight) == ("the trust file of kibana-1 does not hold it",)


def test_a_refusal_says_what_speaks_against_it_and_what_can_be_asked_for():
    refuse_reversal(Layer.HTTP, (), wanted=1, present=2, free=3)
    with pytest.raises(ConfigurationRefused) as caught:
        refuse_reversal(Layer.HTTP, ("one", "another"), wanted=1, present=2, free=3)
    found = caught.value
    assert found.what == "generation 1 of the HTTP CA is retired, and a retired generation never comes back"
    assert (found.where, found.why) == ("authorities.http.generation", "one; another")
    assert found.next_step == "set it to 2, or to 3 for a new key"


PRESENTED = {"es-2": read(OF_NEW)}
OLD_ONES = pytest.mark.parametrize("old", [(OLD,), (OLD, NEW)], ids=["instead", "beside"])


def held(layer, trusted, presented=PRESENTED, unread=()):
    """Return what can still be held, where `hold_after` is set after a rotation that was not held."""
    sight = Sight(trusted, dict.fromkeys(unread, "Permission denied"), presented)
    return not_retired_yet(layer, [FORMER], SIGNER, sight, "rollout.hold_after")


@pytest.mark.parametrize("layer", Layer)
@OLD_ONES
def test_an_old_trust_file_that_came_back_after_a_rotation_brings_no_generation_back(layer, old):
    assert held(layer, {"es-1": read(*old), "es-2": read(NEW)}) == ()


@pytest.mark.parametrize("layer", Layer)
def test_where_every_trust_file_is_an_old_one_without_what_nodes_present_none_comes_back_either(layer):
    assert held(layer, {"es-1": read(OLD)}) == ()


def test_before_retire_begins_every_trust_file_holds_both_and_the_rotation_is_held():
    assert held(Layer.TRANSPORT, {"es-1": read(OLD, NEW), "es-2": read(OLD, NEW)}) == (1,)


@pytest.mark.parametrize(
    ("presented", "unread", "told"),
    [
        pytest.param(PRESENTED | {"es-1": read(OF_OLD)}, (), "es-1 still presents a leaf of it", id="one presents it"),
        pytest.param({}, (), "of es-2 does not hold it", id="no node answers"),
        pytest.param({"es-1": read(leaf(signer=authority(3)))}, (), "of es-2 does not hold it", id="only a stranger's"),
        pytest.param(PRESENTED, ("es-3",), "of es-3 cannot be read: Permission denied", id="one cannot be read"),
    ],
)
@pytest.mark.parametrize("layer", Layer)
@OLD_ONES
def test_what_may_be_in_use_still_is_not_taken_for_retired(layer, old, presented, unread, told):
    with pytest.raises(ConfigurationRefused, match="cannot be held any more") as caught:
        held(layer, {"es-1": read(*old), "es-2": read(NEW)}, presented, unread)
    assert told in caught.value.why


ROOT = own_ca("Example root")
BELOW = [own_ca(f"Example issuing {number}", ROOT) for number in (1, 2)]
UNDER_ONE_ROOT = [
    Generation.of_own(number, OwnAuthority(one.key_pem, one.pem, ROOT.pem)) for number, one in enumerate(BELOW, 1)
]


@pytest.mark.parametrize(("presents", "held_still"), [(0, (1,)), (1, ())], ids=["the former", "the one that signs"])
def test_under_one_root_what_is_presented_tells_and_no_trust_file_does(presents, held_still):
    of_it = load_certificate(leaf("es-2", signer=BELOW[presents].authority).certificate_pem)
    sight = Sight({"kibana": (ROOT.certificate,)}, {}, {"es-2": (of_it,)})
    former, signer = UNDER_ONE_ROOT
    assert not_retired_yet(Layer.HTTP, [former], signer, sight, "rollout.hold_after") == held_still
