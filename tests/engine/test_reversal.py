"""A rotation that nobody held is reversed after it failed, or was killed, wherever that was before *retire*.

Nodes are folders, so nobody shakes hands; the HTTP layer, where handshakes tell, is in `tests/wire` and on real nodes.
"""

import sys

import pytest

from components.nodes.trust import names
from components.pki.inspect import parse_bundle
from components.pki.names import generation_of
from tests.cluster.halting import Halting
from tests.engine.rotating import Rotation, assert_idle, changed

pytestmark = pytest.mark.engine
NAMES = ("es-1", "es-2")
ROTATION = {
    "CertificateAuthority": ["logs/transport/authority"],
    "Certificate": ["es-1/transport/leaf", "es-2/transport/leaf"],
    "NodeTrust": ["es-1/transport/trust", "es-2/transport/trust"],
    "NodeIdentity": ["es-1/transport/identity", "es-2/transport/identity"],
    "NodeTrustExclusive": ["es-1/transport/trust-exclusive", "es-2/transport/trust-exclusive"],
    "Wave": ["transport/cover", "transport/retire"],
}
"""What a rotation works on, by type."""


@pytest.fixture
def run(tmp_path):
    found = Rotation(tmp_path, NAMES)
    found.asks()
    found.up()
    return found


def trusted(run):
    """Return the generations in each node's trust file."""
    files = {name: (run.folder / name / "certs" / "transport-trust.pem").read_bytes() for name in NAMES}
    return {name: [generation_of(names(one)) for one in parse_bundle(content)] for name, content in files.items()}


def fails_at(run, *resources):
    """Rotate, with a plugin that can do nothing for these resources; return how the run ended."""
    return run.fails_at(*resources, transport=2)


def said_of(finished):
    return " ".join(finished.stdout.split())


@pytest.mark.parametrize(
    ("resources", "left"),
    [
        (["es-2/transport/trust"], [1]),
        (["transport/cover"], [1, 2]),
        (["es-2/transport/identity"], [1, 2]),
        ([f"{name}/transport/trust-exclusive" for name in NAMES], [1, 2]),
    ],
    ids=["in cover", "in its proof", "in present", "before retire"],
)
def test_a_rotation_that_failed_before_retire_is_reversed_by_the_former_number(run, resources, left):
    old = run.trusted()
    assert fails_at(run, *resources).status == 2
    assert trusted(run) == {"es-1": [1, 2], "es-2": left}
    run.asks(transport=1)
    plan = run.moves()
    [row] = changed(plan, "authority")
    assert row.endswith("generation 2 → 1 of the transport CA, which is trusted already")
    assert (run.trusted(), run.issuers()) == (old, {1})
    assert_idle(run)
    run.asks(transport=3)
    run.moves()
    assert (trusted(run), run.issuers()) == ({"es-1": [3], "es-2": [3]}, {3})


def test_once_one_node_has_retired_the_old_ca_it_is_refused_by_its_name_and_the_rotation_goes_on(run):
    assert fails_at(run, "es-2/transport/trust-exclusive").status == 2
    assert trusted(run) == {"es-1": [2], "es-2": [1, 2]}
    before = run.key_files()
    run.asks(transport=1)
    for command in ("preview", "up"):
        refused = run.run(command)
        assert refused.status != 0
        assert "generation 1 of the transport CA is retired" in said_of(refused)
        assert "the trust file of es-1 does not hold it" in said_of(refused)
    assert (run.key_files(), trusted(run)) == (before, {"es-1": [2], "es-2": [1, 2]})
    run.asks(transport=2)
    run.moves()
    assert (trusted(run), run.issuers()) == ({"es-1": [2], "es-2": [2]}, {2})
    assert_idle(run)


def free_number(run):
    """Return the number of the next new generation."""
    return max(one["number"] for one in run.resources()["transport-ca"]["outputs"]["generations"]) + 1


@pytest.mark.timeout(900)
def test_killed_after_any_step_a_rotation_is_reversed_until_a_node_has_retired_and_refused_after_that(run):
    halting, usual = Halting(run), run.provider
    halting.install()
    halted, now, seen = run.provider, 1, []
    while True:
        new, run.provider = free_number(run), halted
        run.asks(transport=new)
        if halting.kill_after_next_step() is not None:
            break
        reversible = all(now in found for found in trusted(run).values())
        killed = halting.killed_after()
        run.provider = usual
        run.asks(transport=now)
        lowered = run.run("up")
        seen.append((killed[-1], reversible, lowered.status == 0))
        if not reversible:
            assert f"generation {now} of the transport CA is retired" in said_of(lowered)
            run.asks(transport=new)
            run.up()
            now = new
        assert (trusted(run), run.issuers()) == ({name: [now] for name in NAMES}, {now}), seen
    sys.stdout.write(f"{seen}\n")
    assert_idle(run)
    assert {f"{kind} {name}" for kind, worked_on in ROTATION.items() for name in worked_on} <= {*halting.killed_after()}
    assert all(reversible is reversed_it for _, reversible, reversed_it in seen)
    assert {reversible for _, reversible, _ in seen} == {True, False}


@pytest.mark.timeout(900)
def test_a_reversal_that_is_killed_after_every_step_comes_to_its_end(run):
    old, usual = run.trusted(), run.provider
    fails_at(run, "es-2/transport/identity")
    halting = Halting(run)
    halting.install()
    run.asks(transport=1)
    assert halting.kill_after_each_step().status == 0
    kinds = {name.partition(" ")[0] for name in halting.killed_after()}
    assert {"CertificateAuthority", "Certificate", "NodeIdentity", "NodeTrustExclusive", "Wave"} <= kinds
    run.provider = usual
    run.asks(transport=1)
    assert (run.trusted(), run.issuers()) == (old, {1})
    assert_idle(run)
