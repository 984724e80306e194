"""Secure settings: values go by standard input, in order, as the node's user, and errors say what the tool said."""

import pytest

from components.errors import CommandFailed
from tests.fake_elasticsearch import USER
from tests.nodes.machines import commands, keystore_says, one_node, with_user

VALUES = {
    "xpack.security.transport.ssl.truststore.secure_password": "tr8st",
    "bootstrap.password": "b00tstrap",
    "xpack.security.http.ssl.keystore.secure_password": "k3y",
}


def failure(one) -> CommandFailed:
    with pytest.raises(CommandFailed) as caught:
        one.machine.set_secure_settings(VALUES)
    return caught.value


def test_each_secure_setting_gets_its_own_value_whatever_the_order_they_come_in():
    for names in (sorted(VALUES), sorted(VALUES, reverse=True)):
        one = one_node()
        one.machine.set_secure_settings({name: VALUES[name] for name in names})
        assert one.keystore.entries() == {"keystore.seed": "x", **VALUES}


def test_values_go_by_standard_input_and_never_by_argv_or_environment():
    one = one_node()
    one.machine.set_secure_settings(VALUES)
    [call] = [call for call in one.target.ran if "add" in call.argv]
    assert call.stdin.decode().splitlines() == [VALUES[name] for name in call.argv[4:]]
    assert sorted(call.argv[4:]) == sorted(VALUES)
    everything = " ".join(" ".join((*each.argv, *each.environment.values())) for each in one.target.ran)
    assert [value for value in VALUES.values() if value in everything] == []


def test_all_settings_go_in_one_command_because_each_takes_a_second():
    one = one_node()
    one.machine.set_secure_settings(VALUES)
    assert [arguments[0] for arguments in commands(one, "elasticsearch-keystore")] == ["add"]


def test_a_value_that_is_there_is_replaced():
    one = one_node()
    one.machine.set_secure_settings({"bootstrap.password": "old"})
    one.machine.set_secure_settings({"bootstrap.password": "new"})
    assert one.machine.secure_setting("bootstrap.password") == "new"


def test_a_keystore_is_made_where_there_is_none_and_never_made_anew():
    one = one_node()
    del one.target.files[one.keystore.path]
    one.machine.set_secure_settings(VALUES)
    one.machine.set_secure_settings(VALUES)
    assert [arguments[0] for arguments in commands(one, "elasticsearch-keystore")] == ["create", "add", "add"]
    assert one.keystore.entries() == {"keystore.seed": "s33d", **VALUES}


def test_the_tool_runs_as_the_nodes_user_on_the_nodes_config_folder():
    one = one_node()
    with_user(one, USER).set_secure_settings(VALUES)
    [call] = [call for call in one.target.ran if "add" in call.argv]
    assert call.argv[0] == "/opt/elasticsearch/bin/elasticsearch-keystore"
    assert call.user == USER
    assert call.environment == {"ES_PATH_CONF": "/nodes/es-1/config"}


def test_names_of_entries_are_listed_without_values():
    one = one_node()
    one.machine.set_secure_settings(VALUES)
    assert one.machine.secure_setting_names() == {"keystore.seed", *VALUES}


def test_a_node_without_a_keystore_has_no_entries_and_no_command_is_run():
    one = one_node()
    del one.target.files[one.keystore.path]
    assert one.machine.secure_setting_names() == frozenset()
    assert one.target.ran == []


def test_a_shown_value_loses_the_final_line_break_and_nothing_else():
    one = one_node()
    keystore_says(one, 0, " pass word \n\n")
    assert one.machine.secure_setting("x") == " pass word \n"


def test_entries_are_removed_and_the_others_stay():
    one = one_node()
    one.machine.set_secure_settings(VALUES)
    one.machine.remove_secure_settings(["bootstrap.password"])
    assert one.machine.secure_setting_names() == {"keystore.seed", *VALUES} - {"bootstrap.password"}


def test_removing_nothing_runs_nothing():
    one = one_node()
    one.machine.remove_secure_settings([])
    assert one.target.ran == []


INCORRECT = "ERROR: Provided keystore password was incorrect"


@pytest.mark.parametrize(
    ("stdout", "stderr", "why"),
    [
        pytest.param("", f"WARNING: x\n{INCORRECT}\n", INCORRECT, id="its last line on standard error"),
        pytest.param("only here\n", "", "only here", id="standard output where there is nothing else"),
        pytest.param("ignored", "ERROR: this\n", "ERROR: this", id="standard error goes first"),
        pytest.param("the reason\n", "\n", "the reason", id="an empty line on standard error is nothing"),
        pytest.param("", "", "it printed nothing", id="nothing at all"),
    ],
)
def test_a_failing_tool_is_reported_in_its_own_last_words(stdout, stderr, why):
    one = one_node()
    keystore_says(one, 65, stdout, stderr)
    error = failure(one)
    assert error.where == "es-1"
    assert error.what == "`elasticsearch-keystore add` ended with status 65"
    assert error.why == why
    assert error.next_step


def test_a_failing_tool_shows_no_value():
    one = one_node()
    keystore_says(one, 78, "", "ERROR: unknown secure setting")
    error = failure(one)
    assert [value for value in VALUES.values() if value in str(error)] == []


def test_a_keystore_of_another_user_is_an_error_and_stays_as_it_is():
    one = one_node()
    one.target.files[one.keystore.path].owner = "root"
    before = one.target.files[one.keystore.path].content
    assert "changing the file owner" in failure(one).why
    assert one.target.files[one.keystore.path].content == before
