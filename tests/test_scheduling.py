"""Files with nodes go one after the other, beside those without."""

from pathlib import Path

from drill.rehearsal import Figures
from tests.cluster.three_machines import described
from tests.figures import MACHINES, figures_in
from tests.scheduling import LONGEST_FIRST, needs_nodes, next_file, turn

ROOT = Path(__file__).parents[1]
NODES, MORE_NODES, PLAIN = "tests/cluster/test_a.py", "tests/cluster/test_b.py", "tests/pki/test_c.py"


def test_while_no_worker_has_nodes_the_next_file_has():
    assert next_file([PLAIN, NODES, MORE_NODES], [PLAIN]) == NODES


def test_while_another_worker_has_nodes_the_next_file_has_none():
    assert next_file([NODES, MORE_NODES, PLAIN], [MORE_NODES]) == PLAIN


def test_what_is_left_is_taken_in_any_case():
    assert next_file([NODES], [MORE_NODES]) == NODES
    assert next_file([PLAIN], []) == PLAIN


def test_every_module_that_is_marked_is_known_by_its_place():
    mark = "mark." + "cluster"
    marked = {path.relative_to(ROOT).as_posix() for path in ROOT.glob("tests/**/test_*.py") if mark in path.read_text()}
    assert len(marked) > 1
    assert all(map(needs_nodes, marked))


def test_the_longest_come_first_and_then_those_with_most_nodes():
    assert {(ROOT / "tests" / "cluster" / f"{name}.py").is_file() for name in LONGEST_FIRST} == {True}
    others = [turn("test_a", nodes) for nodes in (3, 2, 1, 0)]
    turns = [*(turn(name, 3) for name in LONGEST_FIRST), *others]
    assert turns == sorted(set(turns))
    assert turn(LONGEST_FIRST[0], 0) == turn("test_a", 0)


def test_what_a_load_saw_and_on_which_machines_is_kept_once_of_all_that_tests_wrote():
    seen = str(Figures("rotate-http-ca", 9, 0, 3, 0, 1.5, 0, 6, 0).as_data())
    machines = f"{MACHINES}{described('')}"
    assert figures_in([f"before\n{machines}\n", f"{seen}\n", "other", f"{seen}\nafter\n{machines}"]) == [machines, seen]
