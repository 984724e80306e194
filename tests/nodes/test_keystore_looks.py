"""A keystore is asked once for each content that it has, however often a run looks at it."""

import pytest

from components.errors import CommandFailed
from components.nodes.keystore_looks import KeystoreLooks
from components.nodes.machine import NodeMachine
from tests.nodes.machines import commands, keystore_says, one_node

KEYSTORE = "elasticsearch-keystore"


class Asked:
    """One node, and its machine as each resource of a run has it: another object, and the same looks."""

    def __init__(self):
        self.one, self.looks = one_node(), KeystoreLooks()
        self.machine().set_secure_settings({"a.password": "first"})
        self.before = len(commands(self.one, KEYSTORE))

    def machine(self):
        return NodeMachine(self.one.node.machine, self.one.target, self.looks)

    def since(self):
        return [call[0] for call in commands(self.one, KEYSTORE)][self.before :]


@pytest.fixture
def asked():
    return Asked()


def test_names_and_values_of_one_content_are_asked_for_once(asked):
    for _ in range(3):
        assert "a.password" in asked.machine().secure_setting_names()
        assert asked.machine().secure_setting("a.password") == "first"
    assert asked.since() == ["list", "show"]


def test_what_was_set_is_read_anew(asked):
    asked.machine().secure_setting("a.password")
    asked.machine().set_secure_settings({"a.password": "second"})
    assert asked.machine().secure_setting("a.password") == "second"


def test_a_keystore_that_somebody_changes_while_it_is_read_is_read_again(asked):
    original, path = asked.one.target.programs[KEYSTORE], asked.one.keystore.path
    as_before = asked.one.target.files[path]

    def changed_meanwhile(call):
        asked.one.target.programs[KEYSTORE] = original
        asked.machine().set_secure_settings({"a.password": "of another"})
        return original(call)

    asked.one.target.programs[KEYSTORE] = changed_meanwhile
    assert asked.machine().secure_setting("a.password") == "of another"
    asked.one.target.put(path, as_before)  # as a rollout does that puts back what it kept
    assert asked.machine().secure_setting("a.password") == "first"


def test_two_nodes_whose_keystores_are_alike_are_both_asked(asked):
    other = asked.one.node.machine.model_copy(update={"node": "es-2"})
    asked.machine().secure_setting_names()
    NodeMachine(other, asked.one.target, asked.looks).secure_setting_names()
    assert asked.since() == ["list", "list"]


def test_a_failure_is_no_answer(asked):
    original = asked.one.target.programs[KEYSTORE]
    keystore_says(asked.one, 1, stderr="ERROR: try later")
    with pytest.raises(CommandFailed, match="try later"):
        asked.machine().secure_setting_names()
    asked.one.target.programs[KEYSTORE] = original
    assert "a.password" in asked.machine().secure_setting_names()
