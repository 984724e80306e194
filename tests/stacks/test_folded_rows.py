"""How long the plan of a large cluster is: what is said of each of its nodes is said once."""

import io
from dataclasses import replace
from datetime import date, timedelta

import pytest

from stacks.folded_rows import folded_rows
from stacks.markdown import plan_markdown
from stacks.plan import plan_from
from stacks.plan_rows import Row
from stacks.plan_words import FEW, MANY, counted
from stacks.show import plan_data, plan_view
from tests.stacks.seen import authority, exclusive, identity, leaf, restart, trust, verification, wave
from toolchain import console

TITLE = "logs (prod) · basic-https"
MOST_LINES = 140
"""What a plan that rotates a CA may have; it has far less."""


def names(count):
    return [f"elasticsearch-data-{number}.dc1.example.net" for number in range(1, count + 1)]


def rotation(nodes):
    """Return what the engine shows of a new transport CA, on nodes that run and whose leaves end on as many days."""
    asked = ", ".join(nodes)
    known = {"signerGeneration": 2.0, "trustedGenerations": [2.0], "reason": "generation 1 → 2: a new key"}
    before = {"generation": 1.0, "trustedGenerations": [1.0], "notAfter": "2036-01-01T00:00:00+00:00"}
    found = [replace(authority("update", generation=2.0, **known), before=before)]
    for number, name in enumerate(nodes):
        ends = f"{date(2027, 3, 1) + timedelta(days=number)}T00:00:00+00:00"
        made = leaf(name, "update", notAfter="2027-11-29T00:00:00+00:00", reason="generation 2 signs now")
        found += [
            replace(made, before={"notAfter": ends}),
            trust(
                name, "update", "write certs/transport-trust.pem (0640): transport CA g2, beside what is trusted now"
            ),
            identity(name, "update", "write certs/transport-key.p12 (0640): transport leaf, g2, until 2027-11-29"),
            exclusive(name, "update", "write certs/transport-trust.pem (0640): nothing but transport CA g2"),
        ]
    cover = wave("cover", f"a probe leaf of transport CA g2 is accepted by {asked}")
    retire = wave("retire", f"a probe leaf of transport CA g1 is refused by {asked}")
    return [*found, cover, retire, verification("update")]


def printed(plan):
    pipe = io.StringIO()
    console.Console(pipe).show(plan_view(plan, TITLE))
    return pipe.getvalue()


@pytest.mark.parametrize("count", [100, 300])
def test_the_plan_of_a_new_ca_is_as_short_for_a_large_cluster_as_for_a_small_one(count):
    plan = plan_from(rotation(names(count)))
    text, comment = printed(plan), plan_markdown(plan, TITLE)
    assert text.count("\n") <= MOST_LINES
    assert comment.count("\n") <= MOST_LINES
    last = date(2027, 3, 1) + timedelta(days=count - 1)
    until = f"~ transport leaf, until 2027-03-01 … {last} → 2027-11-29: generation 2 signs now"
    assert f"\nleaf · {count} nodes · hot reload, no restart\n  {until}\n" in text
    assert f"| leaf | {count} nodes | `{until}` | hot reload, no restart |\n" in comment
    for proof in ("transport CA g2 is accepted", "transport CA g1 is refused"):
        assert f"\nproof\n  a probe leaf of {proof} by {count} nodes\n" in text
        assert f"\n- a probe leaf of {proof} by {count} nodes\n" in comment


def test_data_has_each_leaf_with_its_day_and_each_node_of_a_proof():
    nodes = names(100)
    rows = plan_data(plan_from(rotation(nodes)))["rows"]
    assert [row["nodes"] for row in rows if row["what"] == "leaf"] == [(name,) for name in nodes]
    assert [row["change"].endswith(f" by {', '.join(nodes)}") for row in rows if row["what"] == "proof"] == [True, True]


def of(what, count):
    changes = (f"leaf, until 2027-03-{day:02} (in {day} days)" for day in range(9, 9 + count))
    return tuple(Row(what, (f"es-{at}",), change, "reload") for at, change in enumerate(changes))


@pytest.mark.parametrize("what", ["leaf", "key file"])
def test_a_few_leaves_have_a_line_for_each_day_and_more_have_the_first_and_the_last(what):
    assert folded_rows(of(what, MANY)) == of(what, MANY)
    told = "leaf, until 2027-03-09 … 2027-03-13 (in 9 … 13 days)"
    assert folded_rows(of(what, MANY + 1)) == (Row(what, tuple(f"es-{at}" for at in range(5)), told, "reload"),)


def test_what_is_no_certificate_is_told_of_each_node_whatever_dates_it_has():
    rows = of("elasticsearch.yml", MANY + 1)
    assert folded_rows(rows) == rows


def test_a_few_nodes_in_a_sentence_have_their_names_and_more_have_their_number():
    few, more = (", ".join(names(count)) for count in (FEW, FEW + 1))
    assert counted(f"wait until {few} have joined") == f"wait until {few} have joined"
    assert counted(f"wait until {more} have joined") == "wait until 13 nodes have joined"


def test_the_steps_of_a_full_stop_are_as_short_for_a_large_cluster():
    steps = [f"stop {', '.join(names(100))}", f"start {', '.join(names(3))}", f"start {', '.join(names(97))}"]
    text = printed(plan_from([restart(steps=steps)]))
    assert f"\n  1. stop 100 nodes\n  2. start {', '.join(names(3))}\n  3. start 97 nodes\n" in text
