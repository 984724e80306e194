"""What has to change in Kibana's keystore, whose command shows no value."""

import pytest
from pydantic import SecretStr

from components.clients.content import KibanaContent
from components.clients.files import EntryChange, entry_changes
from components.values import UNKNOWN

PASSWORD, KEY = "elasticsearch.password", "xpack.security.encryptionKey"


def content(password="first", key="k" * 32, absent=()) -> KibanaContent:
    return KibanaContent(
        settings={},
        secure={PASSWORD: password if password is UNKNOWN else SecretStr(password)},
        secure_defaults={KEY: SecretStr(key)} if key else {},
        secure_absent=absent,
    )


def changes(wanted, present=(), in_file=(), known=None) -> list[str]:
    return [str(change) for change in entry_changes(wanted, present, in_file, known)]


def test_an_entry_that_is_not_there_is_added():
    assert changes(content()) == [f"keystore: + {PASSWORD}", f"keystore: + {KEY}"]


def test_an_entry_that_an_earlier_run_put_there_stays():
    assert changes(content(), {PASSWORD, KEY}, known=content()) == []


def test_another_value_than_the_one_of_an_earlier_run_is_set():
    assert changes(content("second"), {PASSWORD, KEY}, known=content()) == [f"keystore: {PASSWORD}: other value"]


def test_an_entry_of_a_keystore_that_nobody_knows_is_set_again():
    assert changes(content(), {PASSWORD, KEY}) == [f"keystore: {PASSWORD}: other value"]


def test_a_password_that_is_not_made_yet_is_another_value():
    assert changes(content(UNKNOWN), {PASSWORD, KEY}, known=content()) == [f"keystore: {PASSWORD}: other value"]


@pytest.mark.parametrize("where", [{"present": {PASSWORD, KEY}}, {"present": {PASSWORD}, "in_file": {KEY}}])
def test_an_encryption_key_that_is_there_is_never_set(where):
    assert changes(content(key="o" * 32), known=content(), **where) == []


def test_what_must_not_be_there_goes_and_only_that():
    wanted = content(absent=("elasticsearch.username", "server.ssl.key"))
    assert changes(wanted, {PASSWORD, KEY, "elasticsearch.username", "their.own"}, known=content()) == [
        "keystore: − elasticsearch.username"
    ]


def test_a_change_never_shows_a_value():
    shown = repr(entry_changes(content("a-secret"), set(), set(), None))
    assert "a-secret" not in shown
    assert str(EntryChange("a", before=False, after=True)) == "keystore: + a"
