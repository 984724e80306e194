"""Warnings of a hundred nodes are no hundred lines, and of a dozen it is told which."""

from stacks.warning_words import folded_warnings

SEEDS = "has no discovery.seed_hosts: after a full stop it may find nobody"


def test_what_is_said_of_several_nodes_in_the_same_words_is_one_line():
    warnings = [f"es-10: {SEEDS}", f"es-2: {SEEDS}", "es-2: its disk is nearly full"]
    assert folded_warnings(warnings) == (f"es-2 es-10: {SEEDS}", "es-2: its disk is nearly full")


def test_a_dozen_nodes_are_told_by_their_names():
    names = [f"es-{number}" for number in range(1, 13)]
    assert folded_warnings(f"{name}: {SEEDS}" for name in names) == (f"{' '.join(names)}: {SEEDS}",)


def test_of_many_nodes_the_number_is_told():
    assert folded_warnings(f"es-{number}: {SEEDS}" for number in range(1, 41)) == (f"40 nodes: {SEEDS}",)


def test_what_is_said_of_no_node_or_in_other_words_of_each_stays_as_it_is():
    warnings = (
        "es-1 has http_port 9204, since 9201 is taken",
        "es-2 has http_port 9205, since 9202 is taken",
        "expired",
    )
    assert folded_warnings(warnings) == warnings


def test_a_colon_within_a_sentence_names_no_node():
    warnings = ("clients of others need the new CA: see `unmanaged_clients`", "another: text")
    assert folded_warnings(warnings) == warnings
