"""Rotations that are held, reversed, fail and are brought to their end on real nodes: no node restarts for it."""

import itertools
import re
import sys

import pytest
from cryptography import x509

from components.clock import SystemClock
from components.nodes.probes import LISTEN, Answer, Identity, handshake
from components.pki.inspect import common_name_of
from components.pki.issue import IssuedAuthority
from components.pki.probe import probe_leaf
from components.pki.spec import Layer
from drill.load import Load, Protocol
from drill.pairs import Pairs
from drill.rehearsal import rehearse
from drill.state import key_file_passwords, plain
from tests.cluster.changed_provider import FAILING
from tests.cluster.plugins import install
from tests.cluster.stack_run import open_stack

pytestmark = [pytest.mark.cluster, pytest.mark.engine]
ALL = "es-1, es-2, es-3"
DOCUMENTS = 50
BILLING = {"name": "billing", "owner": "team-x"}


def generations(number):
    """Return what the stack file says of both layers' CAs."""
    return {layer: {"generation": number} for layer in ("transport", "http")}


class Rotation:
    """A secured cluster whose generations and holds a test changes."""

    def __init__(self, run):
        self.run = run
        self.pids = self.processes()

    def processes(self):
        return [node.process().pid for node in self.run.cluster.nodes]

    def asks(self, generation, hold=None, confirmed=9):
        """Write the stack file: one generation for both layers."""
        self.run.write(
            authorities=generations(generation),
            rollout={"hold_after": hold} if hold else None,
            unmanaged_clients=[{**BILLING, "confirmed_generation": confirmed}],
        )

    def moves(self):
        """Preview, run, and return what both said; the next preview has nothing to do."""
        told = self.run.preview()["plan"]
        done = self.run.up()["plan"]
        assert (done["rows"], done["held"]) == (told["rows"], told["held"])
        again = self.run.preview()["plan"]
        assert (again["rows"], again["restart"], again["held"]) == ([], None, told["held"])
        assert self.processes() == self.pids
        return told

    def answers(self, generation) -> list[Answer]:
        """Return what each node's transport layer answers to a leaf of a generation."""
        probe = self.probe(generation)
        return [
            handshake("127.0.0.1", node.spec.transport_port, probe, listen=LISTEN) for node in self.run.cluster.nodes
        ]

    def probe(self, generation):
        resources = self.run.clear_state()["deployment"]["resources"]
        authority = next(one for one in resources if one["urn"].endswith("::transport-ca"))
        for one in plain(authority["outputs"]["generations"]):
            if one["number"] == generation:
                signer = IssuedAuthority(plain(one["privateKeyPem"]), plain(one["certificatePem"]))
                leaf = probe_leaf(signer, SystemClock().now())
                return Identity(leaf.certificate_pem, leaf.private_key_pem)
        raise AssertionError(f"no key of generation {generation} in the state")

    def issuers(self, layer):
        """Return which generations signed the leaves of a layer, each of which is served."""
        found = [entry for entry in self.run.output("certificates") if entry["layer"] == layer and entry["node"]]
        for entry in found:
            spec = self.run.cluster.node(entry["node"]).spec
            port = spec.transport_port if layer == "transport" else spec.http_port
            assert handshake("127.0.0.1", port).serial == entry["serial"]
        return {entry["issuerGeneration"] for entry in found}

    def counts(self):
        """Return how many CAs nodes trust, and how many clients are to trust."""
        pem = self.run.output("caCertificatePem")
        return self.run.trusted_on_transport().count("BEGIN CERTIFICATE"), pem.count("BEGIN CERTIFICATE")

    def healthy(self):
        status, health = self.run.api().ask("/_cluster/health")
        return (status, health["status"], health["number_of_nodes"]) == (200, "green", 3)


def proofs(plan):
    return [row["change"] for row in plan["rows"] if row["what"] == "proof"]


def held(plan):
    return {one["authority"]: (one["waits_for"], one["waves"]) for one in plan["held"]}


@pytest.fixture(scope="module")
def rotation(tmp_path_factory):
    with open_stack(tmp_path_factory.mktemp("held"), DOCUMENTS) as run:
        run.up()
        yield Rotation(run)


def test_held_after_cover_every_node_takes_leaves_of_both_and_serves_what_it_did(rotation):
    rotation.asks(2, "cover")
    plan = rotation.moves()
    assert proofs(plan) == [f"a probe leaf of transport CA g2 is accepted by {ALL}"]
    by_hold = ("rollout.hold_after, which is `cover`", ["present", "retire"])
    assert held(plan) == {"transport CA g1 → g2": by_hold, "HTTP CA g1 → g2": by_hold}
    assert all(answer.trusted for generation in (1, 2) for answer in rotation.answers(generation))
    assert (rotation.issuers("transport"), rotation.issuers("http")) == ({1}, {1})
    assert rotation.counts() == (2, 2)
    assert rotation.healthy()


def test_it_goes_on_to_present_where_nobody_is_waited_for(rotation):
    rotation.asks(2, "present", confirmed=1)
    plan = rotation.moves()
    assert held(plan) == {
        "transport CA g1 → g2": ("rollout.hold_after, which is `present`", ["retire"]),
        "HTTP CA g1 → g2": ("billing (owner team-x)", ["present", "retire"]),
    }
    assert (rotation.issuers("transport"), rotation.issuers("http")) == ({2}, {1})
    assert all(answer.trusted for generation in (1, 2) for answer in rotation.answers(generation))
    assert rotation.counts() == (2, 2)
    assert rotation.healthy()


def test_before_retire_it_is_reversed_and_leaves_of_the_new_ca_are_refused(rotation):
    rotation.asks(1)
    plan = rotation.moves()
    assert proofs(plan) == [
        f"a probe leaf of transport CA g1 is accepted by {ALL}",
        f"a probe leaf of transport CA g2 is refused by {ALL}",
    ]
    assert all(answer.trusted for answer in rotation.answers(1))
    assert all(answer.refused for answer in rotation.answers(2))
    assert (rotation.issuers("transport"), rotation.issuers("http")) == ({1}, {1})
    assert rotation.counts() == (1, 1)
    assert rotation.healthy()


def test_a_rotation_without_a_hold_ends_with_the_old_ca_refused_and_there_is_no_way_back(rotation):
    settings = rotation.run.cluster.node("es-2").config / "elasticsearch.yml"
    settings.write_text(f"{settings.read_text()}# written since its start: it has to prove every wave all the same\n")
    rotation.asks(3)
    plan = rotation.moves()
    assert proofs(plan)[0] == f"a probe leaf of transport CA g3 is accepted by {ALL}"
    assert f"a probe leaf of transport CA g1 is refused by {ALL}" in proofs(plan)
    assert all(answer.trusted for answer in rotation.answers(3))
    assert all(answer.refused for answer in rotation.answers(1))
    assert (rotation.issuers("transport"), rotation.issuers("http"), rotation.counts()) == ({3}, {3}, (1, 1))
    rotation.asks(1)
    refused = rotation.run.run("up")
    assert refused.status != 0
    said = " ".join(refused.stdout.split())  # the engine tells of whichever CA it asked first
    assert re.search("generation 1 of the (transport|HTTP) CA is retired", said)
    assert (rotation.issuers("transport"), rotation.processes()) == ({3}, rotation.pids)
    assert rotation.healthy()


def left_to_do(plan):
    """Return which nodes a plan names for each wave of the transport layer, and for the one that HTTP has on nodes."""
    waves = {
        "beside what is trusted now": "cover",
        "transport leaf, g4": "present",
        "HTTP leaf, g4": "present on HTTP",
        "nothing but": "retire",
    }
    files = [row for row in plan["rows"] if row["what"] in {"trust file", "key file"}]
    return {
        wave: sorted(node for row in files if words in row["change"] for node in row["nodes"])
        for words, wave in waves.items()
    }


def not_done(rotation):
    """Return for which nodes each wave is left to be done, by what they trust and serve."""
    trusted = {node.name: names_in(node.config / "certs" / "transport-trust.pem") for node in nodes(rotation)}
    return {
        "cover": sorted(name for name, found in trusted.items() if not any(is_the_new_one(one) for one in found)),
        "present": sorted(name for name, ca in presented(rotation, Layer.TRANSPORT).items() if not is_the_new_one(ca)),
        "present on HTTP": sorted(
            name for name, ca in presented(rotation, Layer.HTTP).items() if not is_the_new_one(ca)
        ),
        "retire": sorted(name for name, found in trusted.items() if not all(is_the_new_one(one) for one in found)),
    }


def presented(rotation, layer):
    """Return the name of the CA whose leaf each node presents on a layer."""
    ports = {node.name: getattr(node.spec, f"{layer}_port") for node in nodes(rotation)}
    return {name: common_name_of(handshake("127.0.0.1", port).chain[0].issuer) for name, port in ports.items()}


def names_in(path):
    return [common_name_of(one.subject) for one in x509.load_pem_x509_certificates(path.read_bytes())]


def is_the_new_one(name):
    return name.endswith(" g4")


def nodes(rotation):
    return rotation.run.cluster.nodes


FAILS = [["transport/trust", "http/identity"], ["transport/identity"], ["transport/trust-exclusive"]]
"""What fails on a node at a time. On HTTP, nodes have no wave but *present*, and it waits for none of the others."""


@pytest.fixture(scope="module")
def failing(rotation):
    """Rotate both CAs; each node fails in each wave, at first with the others, in the end alone."""
    run, seen = rotation.run, []
    folder = install(run, "changed_provider", "failing")
    run.write(authorities=generations(4))
    for waves, first in itertools.product(FAILS, range(3)):
        broken = [f"{node.name}/{wave}" for node in nodes(rotation)[first:] for wave in waves]
        (folder / FAILING).write_text("\n".join(broken))
        up, plan = run.run("up"), run.preview()["plan"]
        seen.append((broken, up, plan, not_done(rotation)))
    (folder / FAILING).write_text("")
    assert run.up()["result"] == "changed"
    return seen


def test_after_a_failure_at_any_node_in_any_wave_a_preview_lists_just_what_is_left(failing):
    for broken, up, plan, truth in failing:
        assert up.status == 2
        assert [name for name in broken if f"cannot work on {name}" not in up.stdout + up.stderr] == []
        assert left_to_do(plan) == truth, broken
        assert proofs(plan)[-1] == f"a probe leaf of transport CA g3 is refused by {ALL}"


def test_each_node_was_the_last_one_to_fail_in_each_wave_and_no_wave_began_before_the_one_ahead_of_it(failing):
    lefts = [truth for *_, truth in failing]
    first_three = [["es-1", "es-2", "es-3"], ["es-2", "es-3"], ["es-3"]]
    assert [left["cover"] for left in lefts] == [*first_three, *[[]] * 6]
    assert [left["present on HTTP"] for left in lefts] == [*first_three, *[[]] * 6]
    assert all(left["present"] == ["es-1", "es-2", "es-3"] for left in lefts if left["cover"])
    assert all(left["retire"] == ["es-1", "es-2", "es-3"] for left in lefts if left["present"])
    assert lefts[-1] == {"cover": [], "present": [], "present on HTTP": [], "retire": ["es-3"]}


def test_once_nothing_fails_any_more_the_rotation_ends_with_every_node_still_running(failing, rotation):
    assert not_done(rotation) == {"cover": [], "present": [], "present on HTTP": [], "retire": []}
    assert rotation.run.preview()["plan"]["rows"] == []
    assert rotation.processes() == rotation.pids
    assert rotation.healthy()


@pytest.fixture(scope="module")
def back(failing, rotation):
    """Under load, let a rotation of both CAs fail where the second node presents, and ask for the former ones again.

    The load's clients get both HTTP CAs after *cover*, as other people's would.
    """
    run = rotation.run
    before, after = generations(4), generations(5)
    api = run.api()
    load = Load("", run.cluster.nodes, api.password, DOCUMENTS, (Protocol.TLS,), api.authority_pem)

    def rotate_and_go_back():
        run.write(authorities=after, rollout={"hold_after": "cover"})
        run.up()
        load.authority_pem = run.output("caCertificatePem")
        (run.provider / FAILING).write_text("es-2/transport/identity\nes-2/http/identity")
        run.write(authorities=after)
        assert run.run("up").status == 2
        (run.provider / FAILING).write_text("")
        mixed.update({layer: {ca[-2:] for ca in presented(rotation, layer).values()} for layer in Layer})
        run.write(authorities=before)
        plan.update(rotation.moves())

    mixed, plan = {}, {}
    pairs = Pairs(run.cluster.nodes, key_file_passwords(run.clear_state(), Layer.TRANSPORT))
    seen = rehearse("reversed", load, pairs, rotate_and_go_back)
    sys.stdout.write("\n".join(["", str(seen.figures.as_data()), *seen.reasons(), ""]))
    return seen, mixed, plan


def test_a_rotation_that_failed_in_present_without_a_hold_is_reversed_and_nobody_notices(back):
    seen, mixed, plan = back
    assert mixed == {Layer.TRANSPORT: {"g4", "g5"}, Layer.HTTP: {"g4", "g5"}}
    assert proofs(plan) == [
        f"a probe leaf of transport CA g4 is accepted by {ALL}",
        f"a probe leaf of transport CA g5 is refused by {ALL}",
    ]
    assert seen.figures.is_calm(3)


def test_after_the_reversal_every_node_presents_and_trusts_the_former_ca_alone(back, rotation):
    assert (rotation.issuers("transport"), rotation.issuers("http"), rotation.counts()) == ({4}, {4}, (1, 1))
    assert all(answer.trusted for answer in rotation.answers(4))
    assert all(answer.refused for answer in rotation.answers(5))
    assert rotation.processes() == rotation.pids
    assert rotation.healthy()
