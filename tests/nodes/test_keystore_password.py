"""A keystore with a password: the password lies in a file on the node, and opens the keystore by standard input."""

from pathlib import PurePosixPath

import pytest

from components.errors import CommandFailed, ConfigurationRefused
from components.nodes.machine import NodeMachine
from tests.fake_elasticsearch import USER
from tests.fakes import FakeFile
from tests.nodes.machines import commands, one_node

FILE = PurePosixPath("/nodes/es-1/keystore-password")
PASSWORD = "a pass$word of 'many' letters"
VALUES = {"bootstrap.password": "b00tstrap", "xpack.security.http.ssl.secure_key_passphrase": "k3y"}


def protected(content: bytes = f"{PASSWORD}\n".encode(), mode: int = 0o600, password: str = PASSWORD):
    """Return a node whose keystore has a password, and its machine with a file that holds one."""
    one = one_node()
    one.keystore.password = password
    one.target.put(FILE, FakeFile(content, mode, "root", "root"))
    return one, NodeMachine(one.node.machine.model_copy(update={"keystore_password_file": str(FILE)}), one.target)


def test_entries_are_set_shown_listed_and_removed_in_a_keystore_with_a_password():
    one, machine = protected()
    machine.set_secure_settings(VALUES)
    assert one.keystore.entries() == {"keystore.seed": "x", **VALUES}
    assert machine.secure_setting("bootstrap.password") == "b00tstrap"
    assert machine.secure_setting_names() == {"keystore.seed", *VALUES}
    machine.remove_secure_settings(["bootstrap.password"])
    assert "bootstrap.password" not in one.keystore.entries()


def test_a_keystore_that_is_made_gets_the_password():
    one, machine = protected(password="")
    del one.target.files[one.keystore.path]
    machine.set_secure_settings(VALUES)
    assert one.keystore.password == PASSWORD
    assert commands(one, "elasticsearch-keystore")[0] == ("create", "-p")
    assert one.keystore.entries() == {"keystore.seed": "s33d", **VALUES}


def test_a_node_is_started_with_the_password_of_its_keystore():
    one, machine = protected()
    assert machine.start(one.target.clock).ok
    assert not one.machine.start(one.target.clock).ok


def test_the_password_is_in_no_argument_and_no_environment():
    one, machine = protected()
    machine.set_secure_settings(VALUES)
    machine.start(one.target.clock)
    everything = " ".join(" ".join((*call.argv, *call.environment.values())) for call in one.target.ran)
    assert len(one.target.ran) > 3
    assert PASSWORD not in everything


@pytest.mark.parametrize("content", [f"{PASSWORD}", f"{PASSWORD}\r\n", f"{PASSWORD}\nsomething else\n"])
def test_the_password_is_the_first_line_of_the_file(content):
    assert protected(content.encode())[1].secure_setting_names() == {"keystore.seed"}


@pytest.mark.parametrize(
    ("differs", "why", "fix"),
    [
        pytest.param({"content": b"\n"}, "its first line is empty", "write the password", id="empty"),
        pytest.param({"mode": 0o644}, "its mode is 0644", f"`chmod 0600 {FILE}`", id="for everybody"),
        pytest.param({"password": ""}, "elasticsearch.keystore has no password", "`elasticsearch-keystore passwd`"),
    ],
)
def test_a_file_that_is_of_no_use_is_refused_and_nothing_is_changed(differs, why, fix):
    one, machine = protected(**differs)
    with pytest.raises(ConfigurationRefused) as refused:
        machine.set_secure_settings(VALUES)
    assert refused.value.where == "es-1: machine.keystore_password_file"
    assert why in refused.value.why
    assert fix in refused.value.next_step
    assert one.keystore.entries() == {"keystore.seed": "x"}


def test_a_file_that_is_not_there_is_refused():
    one, machine = protected()
    del one.target.files[FILE]
    with pytest.raises(ConfigurationRefused, match="no such file on the node's machine"):
        machine.secure_setting_names()


def test_a_wrong_password_is_told_in_the_words_of_the_tool():
    _, machine = protected(b"another\n")
    with pytest.raises(CommandFailed) as failed:
        machine.secure_setting_names()
    assert "Provided keystore password was incorrect" in failed.value.why


def test_the_nodes_user_runs_the_tool_although_it_need_not_read_the_file():
    one, machine = protected()
    machine.set_secure_settings(VALUES)
    assert {call.user for call in one.target.ran if "elasticsearch-keystore" in call.argv[0]} == {USER}
