"""Every node's own key knocks at every other node, whatever standing connections would hide."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from types import SimpleNamespace

import pytest

from components.nodes.layers import LAYERS
from components.pki.inspect import leaf_facts
from components.pki.keyfiles import ALIASES, key_file_p12
from components.pki.spec import Layer
from drill import pairs as module
from drill.pairs import Pairs
from tests.nodes.tls import LOOPBACK, OURS, STRANGERS, TODAY, context_of, tls_port
from tests.pki.makers import leaf

PASSWORD = "of a key file"


@pytest.fixture(autouse=True)
def short_waits(monkeypatch):
    monkeypatch.setattr(module, "LISTEN", 1.0)


def leaf_of(signer):
    return leaf("node", signer=signer, at=TODAY)


def serial(found):
    return leaf_facts(found.certificate_pem).serial


def put_key_file(node, found):
    path = node.config / LAYERS[Layer.TRANSPORT].key_file
    path.parent.mkdir(parents=True, exist_ok=True)
    content = key_file_p12(found.private_key_pem, found.certificate_pem, (), PASSWORD, ALIASES[Layer.TRANSPORT])
    path.write_bytes(content)


@contextmanager
def nodes(folder, *them):
    """Run nodes; each one is the leaf that it serves, the one in its key file, and whom it trusts."""
    with ExitStack() as stack:
        found = []
        for number, (served, filed, trusts) in enumerate(them, 1):
            port = stack.enter_context(tls_port(context_of(served, trusts=trusts))).number
            spec = SimpleNamespace(address=LOOPBACK, transport_port=port)
            found.append(SimpleNamespace(name=f"es-{number}", config=folder / f"es-{number}", spec=spec))
            put_key_file(found[-1], filed)
        yield found


def check(found):
    pairs = Pairs(found, {node.name: PASSWORD for node in found})
    with ThreadPoolExecutor(1) as pool:
        pairs.check(pool)
    return pairs


def test_nodes_that_trust_each_other_accept_each_other(tmp_path):
    one, two = leaf_of(OURS), leaf_of(OURS)
    with nodes(tmp_path, (one, one, OURS), (two, two, OURS)) as found:
        pairs = check(found)
    assert (pairs.accepted, pairs.refused) == (2, [])


def test_a_leaf_that_another_node_does_not_trust_is_refused_by_it_and_by_nobody_else(tmp_path):
    one, two = leaf_of(OURS), leaf_of(STRANGERS)
    with nodes(tmp_path, (one, one, OURS), (two, two, OURS)) as found:
        pairs = check(found)
    assert pairs.accepted == 1
    assert [(each.presenter, each.verifier, each.serial) for each in pairs.refused] == [("es-2", "es-1", serial(two))]
    assert "alert" in pairs.refused[0].refusal


def test_a_leaf_that_a_node_would_present_after_a_crash_counts_like_the_one_that_it_presents(tmp_path):
    served, filed, other = leaf_of(OURS), leaf_of(STRANGERS), leaf_of(OURS)
    with nodes(tmp_path, (served, served, OURS), (other, other, OURS)) as found:
        pairs = check(found)
        put_key_file(found[0], filed)
        with ThreadPoolExecutor(1) as pool:
            pairs.check(pool)
    assert pairs.accepted == 4
    assert [each.serial for each in pairs.refused] == [serial(filed)]


def test_a_node_that_does_not_run_refuses_nobody_and_accepts_nobody(tmp_path):
    one, two = leaf_of(OURS), leaf_of(OURS)
    with nodes(tmp_path, (one, one, OURS), (two, two, OURS)) as found:
        found[1].spec.transport_port = 1
        pairs = check(found)
    assert (pairs.accepted, pairs.refused) == (1, [])


def test_a_refusal_of_what_the_node_presents_no_longer_is_none(tmp_path, monkeypatch):
    """Between the look and the handshake a wave may have gone on: then the old leaf is refused rightly."""
    before, after, other = leaf_of(STRANGERS), leaf_of(OURS), leaf_of(OURS)
    shake = module.handshake

    def shake_and_replace(*arguments, **options):
        answer = shake(*arguments, **options)
        if options:
            put_key_file(found[0], after)
        return answer

    monkeypatch.setattr(module, "handshake", shake_and_replace)
    with nodes(tmp_path, (after, before, OURS), (other, other, OURS)) as found:
        pairs = check(found)
    assert pairs.refused == []


@pytest.mark.parametrize("again", [pytest.param(False, id="killed"), pytest.param(True, id="killed and started")])
def test_a_node_that_is_killed_while_somebody_knocks_has_refused_nobody(tmp_path, monkeypatch, again):
    one, two = leaf_of(OURS), leaf_of(OURS)
    shake, dying = module.handshake, []

    def shake_and_die(host, port, *arguments, **options):
        answer = shake(host, port, *arguments, **options)
        if options and port in (found[1].spec.transport_port, *dying):
            dying.append(port)
            found[1].spec.transport_port = port if again else 1
            return replace(answer, refusal="connection closed")
        return answer

    monkeypatch.setattr(module, "handshake", shake_and_die)
    with nodes(tmp_path, (one, one, OURS), (two, two, OURS)) as found:
        pairs = check(found)
    assert (pairs.accepted, pairs.refused) == (1, [])
