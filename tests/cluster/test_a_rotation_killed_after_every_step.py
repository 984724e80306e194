"""SIGKILL after the work on every resource of a rotation of both CAs, and in the middle of its proofs, under load.

No request fails, and it is finished.

It is held after *cover*, so that the load's clients get the new HTTP CA before a node presents a leaf of it, as other
people's clients would. The steps before and after that are killed in two chains, each run going on from the remains of
the one before.
"""

import sys

import pytest

from components.layer_words import spelled
from components.pki.spec import Layer
from drill.load import Load, Protocol
from drill.pairs import Pairs
from drill.rehearsal import rehearse
from drill.state import key_file_passwords
from tests.cluster.halting import Halting
from tests.cluster.halting_provider import BEGUN, HALTED, PLANNED, SHOWN
from tests.cluster.stack_run import open_stack, survivors
from tests.cluster_fixtures import NAMES

pytestmark = [pytest.mark.cluster, pytest.mark.engine, pytest.mark.timeout(5400)]
DOCUMENTS = 1000
GENERATIONS = {layer.value: {"generation": 2} for layer in Layer}
OURS = ("CertificateAuthority", "Certificate", "NodeTrust", "NodeIdentity", "NodeTrustExclusive", "Wave")


class Killed:
    """Both chains, and what the load saw of them."""

    def __init__(self, run):
        self.run, self.halting = run, Halting(run)
        self.planned, self.killed, self.ended = [], [], []
        run.up()
        api = run.api()
        self.load = Load("", run.cluster.nodes, api.password, DOCUMENTS, (Protocol.TLS,), api.authority_pem)
        self.halting.install()
        passwords = key_file_passwords(run.clear_state(), Layer.TRANSPORT)
        self.seen = rehearse("killed-rotation", self.load, Pairs(run.cluster.nodes, passwords), self.rotate)
        sys.stdout.write("\n".join(["", str(self.seen.figures.as_data()), *self.seen.reasons(), *self.killed, ""]))

    def rotate(self):
        self.chain(rollout={"hold_after": "cover"})
        self.load.authority_pem = self.run.output("caCertificatePem")
        self.chain(rollout=None)

    def chain(self, **sections):
        """Kill a run after every step, until one comes to its end."""
        for file in (HALTED, PLANNED):
            (self.run.provider / file).unlink(missing_ok=True)
        self.run.write(authorities=GENERATIONS, **sections)
        self.run.preview()
        self.planned.append(self.halting.planned())
        self.ended.append(self.halting.kill_after_each_step())
        self.killed += self.halting.killed_after()


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    with open_stack(tmp_path_factory.mktemp("killed-rotation"), DOCUMENTS) as run:
        yield Killed(run)


def test_the_runs_that_nobody_killed_come_to_their_end(killed):
    assert [one.status for one in killed.ended] == [0, 0], [one.stderr[-2000:] for one in killed.ended]
    assert survivors(killed.run) == []


def test_runs_were_killed_after_the_work_on_every_resource_of_the_three_waves(killed):
    planned = {name for names in killed.planned for name in names if name.partition(" ")[0] in OURS}
    assert planned <= set(killed.killed)
    assert {name.partition(" ")[0] for name in planned} == set(OURS)


@pytest.mark.parametrize(
    "shown",
    [
        "the transport layer takes leaves of CA g2",
        "the transport layer refuses leaves of CA g1",
        "the transport layer takes leaves of no CA that certs/transport-trust.pem does not hold",
    ],
    ids=["cover", "retire", "retire, of any CA"],
)
def test_runs_were_killed_in_the_middle_of_the_proof_of_a_wave_on_every_node(killed, shown):
    moments = {f"{name}: waiting until {shown}{moment}" for name in NAMES for moment in (BEGUN, SHOWN)}
    assert moments <= set(killed.killed)


def test_runs_were_killed_between_a_written_key_file_and_the_proof_that_it_is_served(killed):
    waiting = {
        f"{name}: waiting until the {spelled(layer)} layer serves the new leaf{BEGUN}"
        for name in NAMES
        for layer in Layer
    }
    assert waiting & set(killed.killed)


def test_no_request_fails_no_node_restarts_and_every_node_takes_every_other_one(killed):
    assert killed.seen.figures.is_calm(len(NAMES))


def test_the_rotation_is_done_and_nothing_is_left(killed):
    certificates = killed.run.output("certificates")
    assert {entry["issuerGeneration"] for entry in certificates} == {2}
    assert killed.run.trusted_on_transport().count("BEGIN CERTIFICATE") == 1
    plan = killed.run.preview()["plan"]
    assert (plan["rows"], plan["restart"], plan["held"]) == ([], None, [])
