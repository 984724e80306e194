"""The keystore command: the product's commands, texts and exit codes on the server's own keystore."""

import subprocess

import pytest

from devcluster.accounts import node_account
from tests.cluster_fixtures import elasticsearch_or_skip

pytestmark = pytest.mark.cluster
ODD_VALUES = {
    "a.quotes": 'it\'s "quoted" and \\back\\slashed',
    "a.spaces": "  led and trailed by spaces  ",
    "a.dollar": "$HOME `id` $(id) ; | & > < * ? !",
    "a.unicode": "pässwörd 密码 🔑",
    "a.empty": "",
    "a.long": "x" * 5000,
    "a.dash": "--force",
    "a.equals": "key=value",
}


@pytest.fixture(scope="module")
def home():
    return elasticsearch_or_skip()


@pytest.fixture
def keystore(home, tmp_path):
    """A way to call the command on a configuration folder of its own."""

    def call(*arguments, stdin="", **environment):
        return subprocess.run(
            [home / "bin" / "elasticsearch-keystore", *arguments],
            input=stdin.encode(),
            capture_output=True,
            check=False,
            cwd=tmp_path,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "ES_PATH_CONF": str(tmp_path), **environment},
        )

    return call


def test_odd_values_come_back_as_they_went_in_all_in_one_command(keystore):
    assert keystore("create").returncode == 0

    done = keystore("add", "-f", "-x", *ODD_VALUES, stdin="".join(f"{value}\n" for value in ODD_VALUES.values()))

    assert (done.returncode, done.stderr) == (0, b"")
    assert keystore("list").stdout.decode().split() == sorted([*ODD_VALUES, "keystore.seed"])
    shown = {name: keystore("show", name).stdout.decode() for name in ODD_VALUES}
    assert shown == ODD_VALUES  # in a pipe the product adds no line end


def test_a_keystore_is_created_on_demand_and_only_when_forced(keystore, tmp_path):
    asked = keystore("add", "-x", "a.b", stdin="n\n")
    assert asked.returncode == 0
    assert b"does not exist. Do you want to create it? [y/N]" in asked.stderr
    assert not (tmp_path / "elasticsearch.keystore").exists()

    assert keystore("add", "-fx", "a.b", stdin="value\n").returncode == 0
    assert keystore("list").stdout == b"a.b\nkeystore.seed\n"
    assert (tmp_path / "elasticsearch.keystore").stat().st_mode & 0o777 == 0o660


def test_a_setting_is_overwritten_only_when_forced_or_confirmed(keystore):
    keystore("add", "-fx", "a.b", stdin="first\n")

    assert b"Exiting without modifying keystore." in keystore("add", "-x", "a.b", stdin="n\nsecond\n").stdout
    assert keystore("show", "a.b").stdout == b"first"
    keystore("add", "-x", "a.b", stdin="y\nsecond\n")
    assert keystore("show", "a.b").stdout == b"second"
    keystore("add", "-fx", "a.b", stdin="third\n")
    assert keystore("show", "a.b").stdout == b"third"


def test_a_password_is_asked_for_first_and_a_wrong_one_refused(keystore):
    keystore("create")
    assert keystore("has-passwd").returncode == 1
    assert keystore("passwd", stdin="pass1234\npass1234\n").returncode == 0
    assert keystore("has-passwd").returncode == 0

    assert keystore("add", "-fx", "a.b", stdin="pass1234\nvalue\n").returncode == 0
    assert keystore("show", "a.b", stdin="pass1234\n").stdout == b"value"
    wrong = keystore("list", stdin="pass123\n")
    assert wrong.returncode == 65
    assert b"Provided keystore password was incorrect" in wrong.stderr


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        pytest.param(("list",), 65, "keystore not found at", id="no keystore"),
        pytest.param(("has-passwd",), 1, "keystore not found", id="no keystore to ask for its password"),
        pytest.param(
            ("add", "-fx", "bad name"),
            65,
            "does not match the allowed setting name pattern",
            id="a name of odd letters",
        ),
        pytest.param(("add", "-fx"), 64, "the setting names can not be empty", id="no names"),
        pytest.param(("add", "-q", "a.b"), 64, "q is not a recognized option", id="an unknown option"),
        pytest.param(("frobnicate",), 64, "Unknown command [frobnicate]", id="an unknown command"),
        pytest.param(("show",), 64, "Must provide a single setting name to show", id="nothing to show"),
        pytest.param(
            ("add", "-fx", "a.b", "a.c"), 1, "unable to read from standard input", id="fewer values than names"
        ),
    ],
)
def test_mistakes_end_with_the_exit_codes_and_texts_of_the_product(keystore, arguments, status, said):
    done = keystore(*arguments, stdin="value\n")

    assert done.returncode == status
    assert said in done.stderr.decode()


@pytest.mark.parametrize("command", ["show", "remove"])
def test_a_setting_that_is_not_there_is_named(keystore, command):
    keystore("create")

    done = keystore(command, "a.b")

    assert done.returncode == 78
    assert b"Setting [a.b] does not exist in the keystore." in done.stderr


def test_settings_are_removed_together(keystore):
    keystore("add", "-fx", "a.b", "a.c", "a.d", stdin="1\n2\n3\n")

    assert keystore("remove", "a.b", "a.d").returncode == 0
    assert keystore("list").stdout == b"a.c\nkeystore.seed\n"


def test_another_java_is_used_without_a_word_among_the_values(keystore, home, tmp_path):
    (tmp_path / "java").symlink_to((home / "jdk").resolve())
    keystore("add", "-fx", "a.b", stdin="value\n", ES_JAVA_HOME=str(tmp_path / "java"))

    shown = keystore(
        "show", "a.b", ES_JAVA_HOME=str(tmp_path / "java"), CLI_JAVA_OPTS="-XX:+UseParallelGC -XX:-UseSerialGC"
    )

    assert (shown.stdout, shown.stderr) == (b"value", b"")


def test_the_home_may_be_read_and_run_by_the_nodes_own_user(home):
    account = node_account()

    assert account.may_reach(home / "bin")
    unreadable = [path for path in home.rglob("*") if not path.is_symlink() and not path.stat().st_mode & 0o004]
    assert unreadable == []


def test_a_configuration_folder_that_cannot_be_reached_is_named(home):
    done = subprocess.run(
        [home / "bin" / "elasticsearch-keystore", "list"],
        env={"ES_PATH_CONF": "/nowhere"},
        capture_output=True,
        check=False,
    )

    assert done.returncode == 78
    assert b"ES_PATH_CONF is not there" in done.stderr
