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
ROOT_ITSELF = OwnAuthority(ROOT.key_pem, ROOT.pem)
ISSUING = [OwnAuthority(one.key_pem, one.pem, ROOT.pem) for one in BELOW]


def presented_by(authority, own):
    """Return what a node presents of a CA: its leaf, and every CA below the root."""
    below = () if own is ROOT_ITSELF else (authority.certificate,)
    return (load_certificate(leaf("es-2", signer=authority.authority).certificate_pem), *below)


UNDER_ONE_ROOT = pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param((BELOW[0], ISSUING[0]), (BELOW[1], ISSUING[1]), id="from one issuing CA to another"),
        pytest.param((ROOT, ROOT_ITSELF), (BELOW[1], ISSUING[1]), id="from the root to an issuing CA"),
        pytest.param((BELOW[0], ISSUING[0]), (ROOT, ROOT_ITSELF), id="from an issuing CA to the root"),
    ],
)


def under_one_root(layer, before, after, trusts, presents):
    """Return what can still be held of a rotation from one CA of a company to another one."""
    former, signer = (Generation.of_own(number, own) for number, (_, own) in enumerate((before, after), 1))
    files = {"kibana": tuple(load_certificate(one.trusted_pem(layer)) for one in trusts)}
    presented = {f"es-{at}": presented_by(*each) for at, each in enumerate(presents, 1)}
    return not_retired_yet(layer, [former], signer, Sight(files, {}, presented), "rollout.hold_after")


@pytest.mark.parametrize("layer", Layer)
@UNDER_ONE_ROOT
def test_under_one_root_a_rotation_that_was_through_is_over(layer, before, after):
    assert under_one_root(layer, before, after, trusts=(after[1],), presents=(after,)) == ()


@pytest.mark.parametrize("layer", Layer)
@UNDER_ONE_ROOT
def test_under_one_root_a_node_that_presents_the_former_tells_that_it_is_not(layer, before, after):
    both = (before[1], after[1])
    assert under_one_root(layer, before, after, trusts=both, presents=(before, after)) == (1,)


@UNDER_ONE_ROOT
def test_under_one_root_where_no_node_answers_nobody_knows(before, after):
    with pytest.raises(ConfigurationRefused, match="cannot be held any more"):
        under_one_root(Layer.HTTP, before, after, trusts=(after[1],), presents=())


def test_a_new_node_without_a_trust_file_is_no_sign_that_anything_was_retired():
    with pytest.raises(ConfigurationRefused, match="cannot be held any more") as caught:
        held(Layer.TRANSPORT, {"es-1": read(OLD, NEW), "es-3": ()})
    assert "of es-3 does not hold it" in caught.value.why
    assert held(Layer.TRANSPORT, {"es-1": read(NEW), "es-3": ()}) == ()
