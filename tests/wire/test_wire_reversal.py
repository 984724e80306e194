"""A generation that comes back after a run that nobody held: trust files and real handshakes say whether it can."""

from contextlib import ExitStack, contextmanager

import pytest

from components.pki.inspect import parse_bundle
from components.pki.issue import IssuedAuthority
from components.pki.trustfiles import trust_file_p12, trust_file_pem
from tests.nodes.tls import closed_port, context_of, tls_port
from tests.pki.makers import leaf
from tests.wire import asking
from tests.wire.standins import StandInNode
from tests.wire.talking import Refused, urn_of

TRUST_FILE = "certs/transport-trust.pem"
PKCS12 = {"file": "certs/transport-trust.p12", "format": "pkcs12", "passwordEntry": "the.password"}
AGAIN = r"set it to 2, or to 3 for a new key"


@pytest.fixture
def nodes(tmp_path):
    return StandInNode(tmp_path, "es-1"), StandInNode(tmp_path, "es-2")


def verifier(node, **changes):
    return {"name": node.name, "machine": node.wire()["machine"], "file": TRUST_FILE, **changes}


def wanted(generation, *nodes, hold=None, **changes):
    held = {"holdAfter": hold} if hold else {}
    return asking.authority(generation=generation, verifiers=[verifier(node) for node in nodes], **held, **changes)


def rotated(talk, **changes):
    """Return a CA before and after a rotation without a hold, as far as the CA itself goes."""
    before = talk.create(asking.AUTHORITY, wanted(1, **changes))
    return before, talk.update(before, wanted(2, **changes))


def trusting(node, *saved):
    """Let a node's trust file hold what these bundles hold."""
    pem = "".join(one.outputs["bundlePem"]["value"] for one in saved)
    node.write(TRUST_FILE, trust_file_pem(parse_bundle(pem)).encode())


def refused(talk, saved, asked, *words):
    """See that every call refuses it with these words, and changes nothing."""
    for call in (talk.diff, talk.preview_update, talk.update):
        with pytest.raises(Refused, match=AGAIN) as caught:
            call(saved, asked)
        assert all(word in str(caught.value) for word in words)


def test_before_a_node_retires_it_the_old_key_signs_again_and_the_new_one_is_retired(talk, nodes):
    first, saved = rotated(talk)
    trusting(nodes[0], first)
    trusting(nodes[1], first, saved)
    asked = wanted(1, *nodes)
    assert talk.diff(saved, asked).kinds == {"generation": "UPDATE", "notAfter": "UPDATE"}
    told, back = talk.preview_update(saved, asked), talk.update(saved, asked)
    assert told == back.outputs
    assert back.outputs["signerKeyPem"] == first.outputs["signerKeyPem"]
    assert back.outputs["bundlePem"] == first.outputs["bundlePem"]
    assert [one["number"] for one in back.outputs["retired"]] == [2]
    assert [one["number"] for one in back.outputs["generations"]] == [1, 2]


def test_once_a_node_has_retired_it_it_is_refused_by_name(talk, nodes):
    first, saved = rotated(talk)
    trusting(nodes[0], first, saved)
    trusting(nodes[1], saved)
    refused(talk, saved, wanted(1, *nodes), "generation 1 of the transport CA is retired", "of es-2 does not hold it")


def test_a_node_without_a_trust_file_and_one_whose_file_is_damaged_are_named(talk, nodes):
    _, saved = rotated(talk)
    nodes[1].write(TRUST_FILE, b"-----BEGIN CERTIFICATE-----\nhalf")
    refused(talk, saved, wanted(1, *nodes), "of es-1 does not hold it", "of es-2 cannot be read")


def test_a_pkcs12_trust_file_is_opened_with_the_password_of_the_keystore(talk, nodes):
    first, saved = rotated(talk)
    found = parse_bundle(first.outputs["bundlePem"]["value"])
    nodes[0].write(PKCS12["file"], trust_file_p12(found, "of-the-trust-file"))
    asked = wanted(1) | {"verifiers": [verifier(nodes[0], **PKCS12)]}
    nodes[0].write("elasticsearch.keystore", b"the.password=another\n")
    refused(talk, saved, asked, "of es-1 cannot be read: the password does not open it")
    nodes[0].write("elasticsearch.keystore", b"the.password=of-the-trust-file\n")
    assert talk.update(saved, asked).outputs["bundlePem"] == first.outputs["bundlePem"]


def test_a_reversal_that_is_held_keeps_both_and_what_signs(talk, nodes):
    first, saved = rotated(talk)
    trusting(nodes[0], first, saved)
    held = talk.update(saved, wanted(1, nodes[0], hold="cover"))
    assert (held.outputs["signerGeneration"], held.outputs["trustedGenerations"]) == (2, [1, 2])
    assert held.outputs["heldWaves"] == ["present", "retire"]


def test_a_reversal_that_was_killed_goes_on_and_can_be_reversed_until_it_retires_itself(talk, nodes):
    first, saved = rotated(talk)
    for node in nodes:
        trusting(node, first, saved)
    back = talk.update(saved, wanted(1, *nodes))
    assert not talk.diff(back).some
    assert talk.update(back, wanted(2, *nodes)).outputs["signerKeyPem"] == saved.outputs["signerKeyPem"]
    trusting(nodes[0], first)
    with pytest.raises(Refused, match=r"of es-1 does not hold it\n.*set it to 1, or to 3 for a new key"):
        talk.update(back, wanted(2, *nodes))


def test_where_the_verifiers_are_is_no_difference(talk, nodes):
    saved = talk.create(asking.AUTHORITY, wanted(1))
    found = talk.diff(saved, wanted(1, *nodes))
    assert (found.some, found.kinds, found.tops) == (False, {}, [])


@contextmanager
def presenting(folder, *signers, layer="http"):
    """Serve a leaf of each CA on a port of its own, and return where; None stands for a node that does not run."""
    with ExitStack() as stack:
        contexts = [context_of(leaf(signer=issuing(one))) if one else None for one in signers]
        ports = [stack.enter_context(tls_port(one)).number if one else closed_port() for one in contexts]
        names = [f"es-{at}" for at in range(1, 1 + len(ports))]
        found = [StandInNode(folder / "presenting", name).wire() for name in names]
        yield [{**one, f"{layer}Port": port} for one, port in zip(found, ports, strict=True)]


def issuing(saved):
    outputs = saved.outputs
    return IssuedAuthority(outputs["signerKeyPem"]["value"], outputs["signerCertificatePem"]["value"])


def test_clients_get_the_former_ca_back_as_long_as_a_node_presents_a_leaf_of_it_and_are_warned(talk, heard, tmp_path):
    first, saved = rotated(talk, layer="http")
    with presenting(tmp_path, saved, first, None) as presenters:
        asked = wanted(1, layer="http", presenters=presenters)
        talk.diff(saved, asked)
        assert talk.update(saved, asked).outputs["bundlePem"] == first.outputs["bundlePem"]
    [warning] = heard.texts(urn_of(asking.AUTHORITY), severity="WARNING")
    assert warning.startswith("the HTTP CA changes: clients that trust only the present one are refused")


def test_once_every_node_presents_the_new_ca_to_clients_there_is_no_way_back(talk, tmp_path):
    _, saved = rotated(talk, layer="http")
    with presenting(tmp_path, saved, saved) as presenters:
        refused(talk, saved, wanted(1, layer="http", presenters=presenters), "no node presents a leaf of it any more")


def standing(saved):
    return saved.outputs["signerGeneration"], saved.outputs["trustedGenerations"], saved.outputs["heldWaves"]


@pytest.mark.parametrize(
    ("hold", "stands"),
    [("cover", (1, [1, 2], ["present", "retire"])), ("present", (2, [1, 2], ["retire"]))],
)
def test_a_rotation_that_was_killed_is_held_from_then_on(talk, nodes, heard, hold, stands):
    first, saved = rotated(talk)
    trusting(nodes[0], first)
    trusting(nodes[1], first, saved)
    asked = wanted(2, *nodes, hold=hold)
    assert "notAfter" in talk.diff(saved, asked).kinds
    assert any(text.startswith("held: transport CA g2: ") for text in heard.texts(urn_of(asking.AUTHORITY)))
    told, held = talk.preview_update(saved, asked), talk.update(saved, asked)
    assert told == held.outputs
    assert standing(held) == stands
    assert parse_bundle(held.outputs["bundlePem"]["value"]) == tuple(
        one for each in (first, saved) for one in parse_bundle(each.outputs["bundlePem"]["value"])
    )
    assert not talk.diff(held).some
    assert standing(talk.update(held, wanted(2, *nodes))) == (2, [2], [])


def test_the_next_generation_held_after_cover_lets_nodes_present_what_they_do(talk, nodes):
    first, saved = rotated(talk)
    trusting(nodes[0], first)
    held = talk.update(saved, wanted(3, nodes[0], hold="cover"))
    assert standing(held) == (1, [1, 2, 3], ["cover", "present", "retire"][1:])
    assert [one["number"] for one in held.outputs["generations"]] == [1, 2, 3]


def test_clients_that_are_listed_after_a_killed_run_are_waited_for(talk, heard, tmp_path):
    first, saved = rotated(talk, layer="http")
    with presenting(tmp_path, saved, first) as presenters:
        asked = wanted(2, layer="http", hold="cover", waitsFor=["billing"], presenters=presenters)
        talk.diff(saved, asked)
        assert standing(talk.update(saved, asked)) == (1, [1, 2], ["present", "retire"])
    assert heard.texts(urn_of(asking.AUTHORITY), severity="WARNING") == []


def test_what_some_have_retired_already_cannot_be_held_and_the_refusal_names_them(talk, nodes):
    first, saved = rotated(talk)
    trusting(nodes[0], first, saved)
    trusting(nodes[1], saved)
    for call in (talk.diff, talk.preview_update, talk.update):
        with pytest.raises(
            Refused, match=r"the rotation of the transport CA from g1 cannot be held any more"
        ) as caught:
            call(saved, wanted(2, *nodes, hold="cover"))
        assert "without a hold, or old files came back; the trust file of es-2 does not hold it" in str(caught.value)
        assert "let it go on without waiting for rollout.hold_after" in str(caught.value)


@pytest.mark.parametrize("hold", ["cover", "present"])
@pytest.mark.parametrize("old", [(1,), (1, 2)], ids=["instead", "beside"])
def test_a_node_with_an_old_trust_file_holds_nothing_after_a_rotation(talk, nodes, tmp_path, old, hold):
    first, saved = rotated(talk)
    trusting(nodes[0], *(one for number, one in enumerate((first, saved), 1) if number in old))
    trusting(nodes[1], saved)
    with presenting(tmp_path, saved, None, layer="transport") as presenters:
        asked = wanted(2, *nodes, hold=hold, presenters=presenters)
        found = talk.update(saved, asked)
        assert standing(found) == (2, [2], [])
        assert not talk.diff(found).some


def test_while_a_node_presents_the_former_ca_that_some_have_retired_the_refusal_names_it(talk, nodes, tmp_path):
    first, saved = rotated(talk)
    trusting(nodes[0], first)
    trusting(nodes[1], saved)
    with presenting(tmp_path, first, saved, layer="transport") as presenters:
        asked = wanted(2, *nodes, hold="cover", presenters=presenters)
        with pytest.raises(Refused, match="cannot be held any more") as caught:
            talk.diff(saved, asked)
    assert "of es-2 does not hold it; es-1 still presents a leaf of it" in str(caught.value)


@pytest.mark.parametrize("hold", ["cover", "present"])
def test_a_rotation_that_is_through_is_not_held(talk, nodes, hold):
    _, saved = rotated(talk)
    for node in nodes:
        trusting(node, saved)
    held = talk.update(saved, wanted(2, *nodes, hold=hold))
    assert standing(held) == (2, [2], [])


def test_what_is_trusted_for_a_remote_clusters_sake_says_nothing_of_a_rotation(talk, nodes):
    first, saved = rotated(talk)
    trusting(nodes[0], first, saved)
    others = {"remoteAuthoritiesPem": first.outputs["bundlePem"]}
    assert standing(talk.update(saved, wanted(2, nodes[0], hold="cover", **others))) == (2, [2], [])


@pytest.mark.parametrize(
    ("covered", "back"),
    [
        pytest.param(False, "only by another rotation, once this up begins", id="not everywhere"),
        pytest.param(
            True, "set authorities.transport.generation to 2 again and run `up`, until retire", id="everywhere"
        ),
    ],
)
def test_a_way_back_to_a_generation_that_was_interrupted_is_promised_only_where_all_trust_it(
    talk, nodes, heard, covered, back
):
    first, saved = rotated(talk)
    trusting(nodes[0], first, saved)
    trusting(nodes[1], first, *([saved] if covered else []))
    asked = wanted(3, *nodes)
    talk.diff(saved, asked)
    assert heard.texts(urn_of(asking.AUTHORITY))[0].startswith(f"way back for the transport CA: {back}")
    third = talk.update(saved, asked)
    if covered:
        assert talk.update(third, wanted(2, *nodes)).outputs["signerGeneration"] == 2
    else:
        with pytest.raises(Refused, match="a retired generation never comes back"):
            talk.update(third, wanted(2, *nodes))
