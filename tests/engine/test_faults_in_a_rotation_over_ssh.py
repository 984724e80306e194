"""In each wave of a rotation by SSH a machine's disk is full or read-only, or its `sudo` refuses, when its turn comes.

All of it happens to one stack, whose transport CA is rotated once for each test: the next `up` ends what a fault
stopped, so each rotation begins where nothing is due.
"""

import itertools
import json
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass

import pytest
from cryptography.exceptions import InvalidSignature

from components.nodes.layers import LAYERS
from components.nodes.stopped_wave import MEANWHILE
from components.nodes.trust import names
from components.pki.foreign import read_store
from components.pki.inspect import parse_bundle
from components.pki.rotation import WaveName
from components.pki.spec import Layer
from stacks.cli import BROKEN, FINE
from tests.cluster.changed_provider import AT_GATE, DONE, OPEN
from tests.cluster.gates import gated_run
from tests.cluster.plugins import install
from tests.engine.machine_faults import IN_THE_WAY, OF_ITS_OWN, full_disk, no_sudo, put_on_a_small_disk, read_only
from tests.engine.ssh_folders import SshFoldersRun, on_two_machines
from tests.sshd import NO_PASSWORD, logins

pytestmark = pytest.mark.engine
KEY, TRUST = "certs/transport-key.p12", "certs/transport-trust.pem"
PASSWORD = f"{LAYERS[Layer.TRANSPORT].prefix}keystore.secure_password"
CANNOT_WRITE = "cannot write {path}"
MAKE_ROOM = "check the folder's owner and permissions, and the free space, then run again"
LET_SUDO = "name a file with it as `machine.ssh.sudo_password_file`, or let this login use `sudo` without one"


@dataclass(frozen=True)
class Fault:
    """What is wrong with a machine, and what is told of it: what happened, why, and what to do."""

    strikes: Callable[[SshFoldersRun, str], AbstractContextManager[None]]
    what: str
    why: str
    next_step: str


@dataclass(frozen=True)
class Turn:
    """The turn of the second node in a wave: its resource's type and name, its file, and what the wave is about."""

    kind: str
    resource: str
    file: str
    about: str


FAULTS = {
    "disk full": Fault(full_disk, CANNOT_WRITE, "No space left on device", MAKE_ROOM),
    "read-only": Fault(read_only, CANNOT_WRITE, "Read-only file system", MAKE_ROOM),
    "sudo": Fault(no_sudo, "`sudo` asks for a password", "sudo: a password is required", f"{LET_SUDO}; then run again"),
}
TURNS = {
    WaveName.COVER: Turn("NodeTrust", "es-2-transport-trust", TRUST, "transport CA g{}"),
    WaveName.PRESENT: Turn("NodeIdentity", "es-2-transport-identity", KEY, "transport CA g{}"),
    WaveName.RETIRE: Turn("NodeTrustExclusive", "es-2-transport-trust-exclusive", TRUST, "all but transport CA g{}"),
}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    with logins(), on_two_machines(tmp_path_factory.mktemp("run"), ["es-1"], ["es-2"], lead_of_far=OF_ITS_OWN) as run:
        put_on_a_small_disk(run, "es-2")
        [_, far] = run.usual()["nodes"]
        run.ways = {"es-2": {**far["machine"]["ssh"], "user": NO_PASSWORD}}
        run.scenario("basic")
        run.up()
        yield run


@pytest.fixture(scope="module")
def plugin(run):
    """The folder of a plugin that stops before the work on each resource of a wave; the run has the usual one."""
    usual = run.provider
    folder = install(run, "changed_provider", "gated")
    run.provider = usual
    return folder


@pytest.fixture(autouse=True)
def no_gates(plugin):
    """Take the gates of a run away after it."""
    yield
    for mark in (AT_GATE, OPEN, DONE):
        for path in plugin.glob(f"*{mark}"):
            path.unlink()


def ask_for(run, generation, provider):
    run.provider = provider
    run.write(cluster=run.sections["cluster"], authorities={"transport": {"generation": generation}})


def trusted(node):
    return set(parse_bundle(node.read(TRUST)))


def presented(node):
    """Return the leaf that a node is to present, by the password that its keystore has."""
    entries = dict(line.split("=", 1) for line in node.read("elasticsearch.keystore").decode().splitlines())
    return read_store(node.read(KEY), entries[PASSWORD], where=KEY).leaf


def next_authority(run):
    """Return the name of the CA that is trusted, of the one that comes after it, and the number of that."""
    [old] = map(names, trusted(run.nodes[0]))
    generation = int(old.rpartition("g")[2]) + 1
    return old, f"logs transport CA g{generation}", generation


def stands(run):
    """Return which CAs each node trusts, and whose leaf it presents."""
    return {node.name: ({*map(names, trusted(node))}, issuer(presented(node))) for node in run.nodes}


def issuer(leaf):
    return leaf.issuer.rfc4514_string().removeprefix("CN=")


def stopped_in(wave, old, new):
    """Return where a rotation stands whose wave the second node did not come through."""
    return {
        WaveName.COVER: {"es-1": ({old, new}, old), "es-2": ({old}, old)},
        WaveName.PRESENT: {"es-1": ({old, new}, new), "es-2": ({old, new}, old)},
        WaveName.RETIRE: {"es-1": ({new}, new), "es-2": ({old, new}, new)},
    }[wave]


def refused(run):
    """Return who presents a leaf that somebody else does not trust."""
    return [
        (one.name, other.name)
        for one, other in itertools.permutations(run.nodes, 2)
        if not any(is_signed(presented(one), authority) for authority in trusted(other))
    ]


def is_signed(leaf, authority):
    try:
        leaf.verify_directly_issued_by(authority)
    except (InvalidSignature, ValueError):
        return False
    return True


def every_file(run):
    """Return every file of both nodes but what fills a disk, and the journal of a command that also looks."""
    return {
        name: {path: content for path, content in files.items() if path not in {IN_THE_WAY, "journal"}}
        for name, files in run.files().items()
    }


def up_into(run, plugin, turn, generation, strike):
    """Rotate, and let something strike when the second node's turn comes; return the end, and the files before it."""
    usual, before = run.provider, {}
    ask_for(run, generation, plugin)
    try:
        with gated_run(run, plugin) as gates:
            for name in gates.each():
                if name == f"{turn.kind}-{turn.resource}":
                    before = every_file(run)
                    strike()
            return gates.finished(), before
    finally:
        ask_for(run, generation, usual)


def the_state_is_whole(run):
    """Tell whether the state file is, for whoever reads it and for the engine, and no step is left in the air."""
    json.loads(run.state())
    return not run.clear_state()["deployment"].get("pending_operations")


def assert_told(run, failed, wave, fault, turn, generation):
    """It says what happened on which node, why, what does not go on, and what to do; and nothing else went wrong."""
    assert failed.status == BROKEN, failed.stdout
    [error] = failed.data["errors"]
    happened, why, so, next_step = error["text"].splitlines()
    assert error["resource"] == turn.resource
    assert happened == f"es-2: {fault.what.format(path=run.folder / 'es-2' / turn.file)}"
    assert why.startswith("  why:  ")
    assert fault.why in why
    about = turn.about.format(generation)
    assert so == f"  so:   the wave {wave} of {about} is not through without es-2, {MEANWHILE[wave]}"
    assert next_step == f"  next: {fault.next_step}"
    assert f"✗ {happened}\n" in failed.stderr
    assert "Traceback" not in failed.stdout + failed.stderr


@pytest.mark.parametrize("wave", TURNS)
@pytest.mark.parametrize("fault", FAULTS)
def test_the_wave_stops_at_that_node_every_file_is_whole_and_trusted_and_the_next_up_ends_the_rotation(
    run, plugin, wave, fault
):
    fault, turn = FAULTS[fault], TURNS[wave]
    old, new, generation = next_authority(run)
    assert stands(run) == dict.fromkeys(("es-1", "es-2"), ({old}, old))
    with ExitStack() as broken:
        failed, before = up_into(
            run, plugin, turn, generation, lambda: broken.enter_context(fault.strikes(run, "es-2"))
        )
        after = every_file(run)
        assert refused(run) == []
        assert stands(run) == stopped_in(wave, old, new)
        assert_told(run, failed, wave, fault, turn, generation)
        assert after["es-2"] == before["es-2"]
        assert the_state_is_whole(run)
        again = run.run("up")
        assert again.status == BROKEN, again.stdout
        assert fault.why in again.stdout
        assert "Traceback" not in again.stdout + again.stderr
        assert every_file(run) == after
        assert the_state_is_whole(run)
    made = {one for one in trusted(run.nodes[0]) if names(one) == new}
    assert run.up()["result"] == "changed"
    assert [trusted(node) for node in run.nodes] == [made, made], "the CA that was made is the one that is trusted"
    assert stands(run) == dict.fromkeys(("es-1", "es-2"), ({new}, new))
    assert refused(run) == []
    assert wave is WaveName.COVER or run.files()["es-1"][KEY] == after["es-1"][KEY], "no leaf is made anew"
    left = run.run("preview", "--json")
    assert (left.status, left.data["plan"]["rows"]) == (FINE, [])
