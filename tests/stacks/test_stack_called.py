"""Resources by the words of a person, not by their names in the engine."""

import pytest

from stacks.called import NOUNS, called
from stacks.events import PHASES
from tests.stacks.seen import authority, leaf, password, restart, seen, settings, trust, user, verification


@pytest.mark.parametrize(
    ("resource", "words"),
    [
        (authority("same", layer="http"), "HTTP CA"),
        (leaf("es-1", "update"), "transport leaf of es-1"),
        (trust("es-2", "update"), "trust file of es-2"),
        (settings("es-3", op="update"), "elasticsearch.yml of es-3"),
        (restart("update"), "what the nodes run with"),
        (password("elastic", "update"), "password of elastic"),
        (user("kibana_system", "update"), "login of kibana_system"),
        (verification("update"), "verification"),
        (seen("BasicSecurity", "basic-security", "update"), "basic-security"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.name,
)
def test_a_resource_has_a_name_that_a_person_knows(resource, words):
    assert called(resource) == words


def test_every_type_that_a_run_shows_has_one():
    assert NOUNS.keys() == PHASES.keys()
