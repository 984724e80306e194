"""Rules of the house that no linter knows: short modules, a short program, and a reason beside every exception."""

import re
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[1]
ROOMS = ("components", "provider", "stacks", "devcluster", "toolchain", "bench", "drill", "policy/policies")
MODULES = sorted(path for room in ROOMS for path in (CHECKOUT / room).rglob("*.py"))
EXCEPTION = re.compile(r"#\s*(?:noqa(?::\s*[A-Z0-9, ]+)?|type:\s*ignore\S*)(?P<reason>.*)$", re.MULTILINE)
LAYER_IN_A_SENTENCE = re.compile(r"\{[\w.\[\]']*\blayer\b[\]']*\} (?:CA|leaf|leaves|layer|key and)\b")


def name_of(path: Path) -> str:
    return str(path.relative_to(CHECKOUT))


@pytest.mark.parametrize("module", MODULES, ids=name_of)
def test_a_module_has_fewer_than_300_lines(module):
    assert len(module.read_text().splitlines()) < 300


def test_the_program_has_fewer_than_40_lines():
    assert len((CHECKOUT / "__main__.py").read_text().splitlines()) < 40


@pytest.mark.parametrize("module", MODULES, ids=name_of)
def test_every_exception_to_a_rule_says_why(module):
    bare = [found.group() for found in EXCEPTION.finditer(module.read_text()) if not found["reason"].strip(" ()")]
    assert bare == []


@pytest.mark.parametrize("module", MODULES, ids=name_of)
def test_a_layer_is_spelled_for_people_in_every_sentence(module):
    assert LAYER_IN_A_SENTENCE.findall(module.read_text()) == [], "`HTTP CA`: see components/layer_words.py"
