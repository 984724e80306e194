"""What a plan says of a rotation that is held: for whom, what is not proved yet, what is next, and the way back."""

import pytest

from stacks.plan import Plan, plan_from
from tests.stacks.seen import seen

BACK = "set authorities.{}.generation to {} again and run `up`, until retire; after that only by another rotation"


def held(layer="transport", wanted=2.0, *, signs=1.0, waves=("present", "retire"), op="same", **inputs):
    """Return a CA that is held between its first two generations."""
    asked = {"layer": layer, "generation": wanted, "holdAfter": "cover", **inputs}
    outputs = {"signerGeneration": signs, "trustedGenerations": [1.0, 2.0], "heldWaves": list(waves)}
    return seen("CertificateAuthority", f"{layer}-ca", op, asked, **outputs)


@pytest.mark.parametrize(
    ("authority", "lines"),
    [
        pytest.param(
            held(),
            (
                "transport CA g1 → g2: present and retire wait for rollout.hold_after, which is `cover`",
                "not yet proved: present: every node serves a leaf of g2 · retire: every node that runs refuses a "
                "probe leaf of g1",
                "next: remove rollout.hold_after, or set it to `present`, and run `up`",
                f"way back: {BACK.format('transport', 1)}",
            ),
            id="after cover",
        ),
        pytest.param(
            held(signs=2.0, waves=["retire"], holdAfter="present"),
            (
                "transport CA g1 → g2: retire waits for rollout.hold_after, which is `present`",
                "not yet proved: retire: every node that runs refuses a probe leaf of g1",
                "next: remove rollout.hold_after and run `up`",
                f"way back: {BACK.format('transport', 1)}",
            ),
            id="after present",
        ),
        pytest.param(
            held(wanted=1.0, waves=["retire"]),
            (
                "transport CA g2 → g1: retire waits for rollout.hold_after, which is `cover`",
                "not yet proved: retire: every node that runs refuses a probe leaf of g2",
                "next: remove rollout.hold_after and run `up`",
                f"way back: {BACK.format('transport', 2)}",
            ),
            id="reversed",
        ),
        pytest.param(
            held("http", waitsFor=["billing (owner team-x)"], awaits=["es-1", "es-2"]),
            (
                "HTTP CA g1 → g2: present and retire wait for billing (owner team-x), the certificates of es-1, es-2",
                "not yet proved: present: every node serves a leaf of g2 · retire: nodes ask clients for no "
                "certificate, so none can be refused; caCertificatePem and every Kibana's trust file hold g2 alone",
                "next: have the requests signed (output certificateRequests), and name the files in "
                "authorities.http.own.leaves; hand out caCertificatePem, which has both CAs; as soon as a client "
                "trusts it, set its `confirmed_generation: 2` in unmanaged_clients; then run `up`",
                f"way back: {BACK.format('http', 1)}",
            ),
            id="for certificates",
        ),
        pytest.param(
            held(awaits=["es-1"]),
            (
                "transport CA g1 → g2: present and retire wait for the certificates of es-1",
                "not yet proved: cover: every node takes a given leaf of g2 · present: every node serves a leaf of g2 "
                "· retire: every node that runs refuses a probe leaf of g1",
                "next: have the requests signed (output certificateRequests), and name the files in "
                "authorities.transport.own.leaves; then run `up`",
                f"way back: {BACK.format('transport', 1)}",
            ),
            id="for every certificate between nodes",
        ),
        pytest.param(
            held("http", waitsFor=["billing (owner team-x)", "search (owner team-y)"]),
            (
                "HTTP CA g1 → g2: present and retire wait for billing (owner team-x), search (owner team-y)",
                "not yet proved: present: every node serves a leaf of g2 · retire: nodes ask clients for no "
                "certificate, so none can be refused; caCertificatePem and every Kibana's trust file hold g2 alone",
                "next: hand out caCertificatePem, which has both CAs; as soon as a client trusts it, set its "
                "`confirmed_generation: 2` in unmanaged_clients; then run `up`",
                f"way back: {BACK.format('http', 1)}",
            ),
            id="for clients of others",
        ),
        pytest.param(
            held(waitsFor=["remote cluster archive (owner team-y)"]),
            (
                "transport CA g1 → g2: present and retire wait for remote cluster archive (owner team-y)",
                "not yet proved: present: every node serves a leaf of g2 · retire: every node that runs refuses a "
                "probe leaf of g1",
                "next: hand out transportCaCertificatePem, which has both CAs; as soon as a remote cluster trusts it, "
                "set its `confirmed_generation: 2` in remote_clusters; then run `up`",
                f"way back: {BACK.format('transport', 1)}",
            ),
            id="for remote clusters",
        ),
    ],
)
def test_a_held_rotation_says_what_it_waits_for_and_what_is_next(authority, lines):
    [found] = plan_from([authority]).held
    assert found.lines() == lines


def test_a_plan_with_nothing_to_do_tells_of_what_is_held_all_the_same():
    plan = plan_from([held()])
    assert plan.is_empty
    assert len(plan.held) == 1


def test_a_ca_that_is_held_shows_which_generations_it_has_and_which_one_signs():
    assert [row.change for row in plan_from([held(op="update")]).rows] == ["~ transport CA g1 + g2, g1 signs"]


def test_what_is_held_is_no_note_beside_it():
    plan = plan_from([held(op="update")], ["held: transport CA g2: present and retire", "way back: until retire"])
    assert plan.notes == ("way back: until retire",)


def test_a_ca_that_is_settled_is_not_held():
    settled = seen("CertificateAuthority", "transport-ca", "same", {"layer": "transport"}, heldWaves=[])
    assert plan_from([settled]) == Plan()
