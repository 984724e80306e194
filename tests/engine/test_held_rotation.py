"""A rotation that is held, reversed or refused, through the engine; nodes are folders, so nobody shakes hands."""

from ipaddress import IPv4Address

import pytest
from cryptography import x509

from tests.engine.rotating import Rotation, assert_idle, changed
from tests.pki.makers import foreign, own_ca

pytestmark = pytest.mark.engine
NAMES = ("es-1", "es-2")
ADDRESS = x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))])
BILLING = {"name": "billing", "owner": "team-x", "confirmed_generation": 1}
FILES = {"certificate": "pem", "key": "key"}
"""How a leaf of somebody else is named in the stack file, and how its files end."""


@pytest.fixture
def run(tmp_path):
    found = Rotation(tmp_path, NAMES)
    found.asks()
    found.up()
    return found


def test_held_after_cover_every_node_trusts_both_and_presents_what_it_did(run):
    before = run.key_files()
    run.asks(transport=2, hold="cover")
    plan = run.moves()
    assert changed(plan, "authority") == [
        "~ transport CA g1 + g2, g1 signs: generation 1 → 2: a new key for the transport CA"
    ]
    assert changed(plan, "key file") == changed(plan, "leaf") == []
    assert [len(row["nodes"]) for row in plan["rows"] if row["what"] == "trust file"] == [2]
    [held] = plan["held"]
    assert (held["authority"], held["waves"]) == ("transport CA g1 → g2", ["present", "retire"])
    assert held["next_step"] == "remove rollout.hold_after, or set it to `present`, and run `up`"
    assert (run.key_files(), run.trusts(), run.issuers()) == (before, 2, {1})
    assert_idle(run)
    assert run.preview()["plan"]["held"] == [held]


def test_held_after_present_every_node_has_the_new_leaf_and_trusts_both(run):
    run.asks(transport=2, hold="present")
    plan = run.moves()
    assert len(changed(plan, "leaf")) == 1
    assert [(one["node"], one["as_before"]) for one in plan["names"]] == [(name, True) for name in NAMES]
    assert [held["waves"] for held in plan["held"]] == [["retire"]]
    assert (run.trusts(), run.issuers()) == (2, {2})
    assert_idle(run)


def test_a_rotation_goes_on_from_wave_to_wave_and_ends(run):
    for hold, trusts, issuers in (("cover", 2, {1}), ("present", 2, {2}), (None, 1, {2})):
        run.asks(transport=2, hold=hold)
        run.moves()
        assert (run.trusts(), run.issuers()) == (trusts, issuers), hold
        assert_idle(run)
    assert run.preview()["plan"]["held"] == []


@pytest.mark.parametrize("hold", ["cover", "present"])
def test_before_retire_the_old_generation_is_asked_for_again_and_the_new_one_goes(run, hold):
    old = run.trusted()
    run.asks(transport=2, hold=hold)
    run.up()
    run.asks(transport=1)
    plan = run.moves()
    assert bool(changed(plan, "leaf")) is (hold == "present")
    assert (run.trusted(), run.issuers()) == (old, {1})
    assert_idle(run)


def test_a_retired_generation_and_a_leap_are_refused_and_nothing_changes(run):
    run.asks(transport=2)
    run.up()
    state, files = run.state(), run.key_files()
    for generation, why in (
        (1, "generation 1 of the transport CA is retired"),
        (4, "generation 4 of the transport CA leaves out generation 3"),
    ):
        run.asks(transport=generation)
        for command in ("preview", "up"):
            refused = run.run(command)
            said = " ".join(refused.stdout.split())
            assert refused.status != 0
            assert why in said
            assert "set it to 2, or to 3 for a new key" in said
    assert run.key_files() == files
    assert run.state() == state


def test_a_client_that_does_not_trust_the_new_http_ca_holds_it_and_gets_both_until_it_does(run):
    run.asks(http=2, transport=2, unmanaged_clients=[BILLING])
    plan = run.moves()
    [held] = plan["held"]
    assert held["waits_for"] == "billing (owner team-x)"
    assert held["waves"] == ["present", "retire"]
    assert (run.issuers("transport"), run.issuers("http")) == ({2}, {1})
    assert run.output("caCertificatePem").count("BEGIN CERTIFICATE") == 2
    assert run.authorities("http") == ["logs HTTP CA g1", "logs HTTP CA g2"]
    line = run.resources()["restart"]["inputs"]["line"]
    assert line["authoritiesPem"]["plaintext"].count("BEGIN") == 2, "so that the preview that goes on trusts both"
    assert_idle(run)
    run.asks(http=2, transport=2, unmanaged_clients=[{**BILLING, "confirmed_generation": 2}])
    assert run.moves()["held"] == []
    assert run.issuers("http") == {2}
    assert run.output("caCertificatePem").count("BEGIN CERTIFICATE") == 1
    assert run.authorities("http") == ["logs HTTP CA g2"]


def test_a_first_securing_is_not_held(tmp_path):
    run = Rotation(tmp_path, NAMES)
    run.asks(hold="cover", unmanaged_clients=[{**BILLING, "confirmed_generation": 0}])
    assert run.moves()["held"] == []
    assert run.trusts() == 1
    assert_idle(run)


def leaves_of_somebody_elses(run, root):
    """Write a certificate of each node that a CA elsewhere signed, with its key; return the stack file's section."""
    leaves = []
    for name in NAMES:
        one = foreign(name, (ADDRESS, False), signer=root)
        for ending, content in (("pem", one.pem), ("key", one.key_pem)):
            (run.project / f"{name}.{ending}").write_text(content)
        leaves.append({"node": name, **{key: str(run.project / f"{name}.{end}") for key, end in FILES.items()}})
    (run.project / "root.pem").write_text(root.pem)
    return {"generation": 2, "own": {"certificate": str(run.project / "root.pem"), "leaves": leaves}}


def test_leaves_that_somebody_else_signed_are_held_back_like_ours(run):
    root, before = own_ca("Example root"), run.key_files()
    authorities = {"transport": {"generation": 1}, "http": leaves_of_somebody_elses(run, root)}
    run.write(authorities=authorities, unmanaged_clients=[BILLING])
    plan = run.moves()
    assert [(held["authority"], held["waves"]) for held in plan["held"]] == [("HTTP CA g1 → g2", ["present", "retire"])]
    assert (run.key_files(), run.issuers("http")) == (before, {1})
    assert root.pem in run.output("caCertificatePem")
    assert_idle(run)
    run.write(authorities=authorities, unmanaged_clients=None)
    run.moves()
    assert run.issuers("http") == {2}
    assert [path for path, content in run.key_files().items() if content != before[path]] == [
        path for path in before if path.name.startswith("http")
    ]
    assert run.output("caCertificatePem") == root.pem
    assert_idle(run)
