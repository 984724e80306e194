"""What a node reads at its start, and its digests: the same for the same content, however it travels."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from components.settings.content import Content
from components.settings.rendering import excluded, rendered
from components.settings.scenarios import Choices, Scenario
from components.values import UNKNOWN, Unknown

KEY_FILE = "xpack.security.transport.ssl.keystore.secure_password"
BOOTSTRAP = "bootstrap.password"
SETTINGS = {"xpack.security.enabled": True, "node.attr.rack": "r1", "discovery.seed_hosts": ["a", "b"]}
ABSENT = ("xpack.security.transport.ssl.key", "xpack.security.http.ssl.")
SECURE = {BOOTSTRAP: "b00tstrap", KEY_FILE: "pw"}

keys = st.lists(st.sampled_from(["a", "b", "enabled"]), min_size=1, max_size=3).map(".".join)
texts = st.text("ab1 ü", max_size=4)
values = st.one_of(st.booleans(), texts, st.lists(texts, max_size=3).map(tuple))


def content(**changes):
    """Return content, with something changed."""
    return Content(**{"settings": SETTINGS, "absent": ABSENT, "secure": SECURE, **changes})


def backwards(mapping):
    """Return a mapping in the opposite order."""
    return dict(reversed(mapping.items()))


def test_the_order_of_settings_and_of_keys_that_must_be_absent_does_not_matter():
    other = content(settings=backwards(SETTINGS), absent=tuple(reversed(ABSENT)))
    assert other.settings_digest() == content().settings_digest()


def test_the_order_of_keystore_entries_does_not_matter():
    other = content(secure=backwards(SECURE))
    assert other.secure_digest() == content().secure_digest()


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"settings": {**SETTINGS, "xpack.security.enabled": False}}, id="a value"),
        pytest.param({"settings": {**SETTINGS, "xpack.security.enabled": "true"}}, id="a text in place of a truth"),
        pytest.param({"settings": {**SETTINGS, "discovery.seed_hosts": ["b", "a"]}}, id="the order of a list"),
        pytest.param({"settings": {**SETTINGS, "discovery.seed_hosts": "a,b"}}, id="a text in place of a list"),
        pytest.param({"settings": {**SETTINGS, "node.attr.zone": "z"}}, id="one more setting"),
        pytest.param({"settings": {"xpack.security.enabled": True}}, id="fewer settings"),
        pytest.param({"absent": ABSENT[:1]}, id="one key less that must be absent"),
        pytest.param({"absent": (*ABSENT, "a")}, id="one more"),
        pytest.param({"absent": (), "settings": {**SETTINGS, **dict.fromkeys(ABSENT, "x")}}, id="present, not absent"),
    ],
)
def test_every_change_of_elasticsearch_yml_gives_another_digest(changes):
    assert content(**changes).settings_digest() != content().settings_digest()


def test_keystore_entries_are_no_part_of_the_digest_of_settings():
    assert content(secure={}).settings_digest() == content().settings_digest()


@pytest.mark.parametrize(
    "secure",
    [
        pytest.param({**SECURE, KEY_FILE: "pw2"}, id="another value"),
        pytest.param({BOOTSTRAP: "b00tstrap"}, id="an entry less"),
        pytest.param({**SECURE, "s3.client.default.access_key": "x"}, id="one more"),
        pytest.param({BOOTSTRAP: "pw", KEY_FILE: "b00tstrap"}, id="values the other way round"),
        pytest.param({}, id="none"),
    ],
)
def test_every_change_of_the_keystore_gives_another_digest(secure):
    assert content(secure=secure).secure_digest() != content().secure_digest()


def test_the_digest_of_the_keystore_is_itself_a_secret_since_a_short_value_could_be_guessed():
    digest = content().secure_digest()
    assert isinstance(digest, SecretStr)
    assert "pw" not in repr(content())
    assert digest.get_secret_value() not in repr(digest)


def test_a_digest_is_a_sha256_and_holds_no_value():
    for digest in (content().settings_digest(), content().secure_digest().get_secret_value()):
        assert len(digest) == len(hashlib.sha256().hexdigest())
        assert set(digest) <= set("0123456789abcdef")


def test_an_entry_that_is_not_known_yet_makes_the_digest_unknown():
    assert content(secure={**SECURE, KEY_FILE: UNKNOWN}).secure_digest() is UNKNOWN
    assert isinstance(content(secure={KEY_FILE: Unknown()}).secure_digest(), Unknown)


def test_without_entries_the_digest_is_known():
    assert isinstance(content(secure={}).secure_digest(), SecretStr)


def test_enabled_comes_first_in_its_group_and_groups_stay_together():
    settings = rendered(Scenario.BASIC_HTTPS, Choices(), "_site_")
    assert list(Content(settings=backwards(settings)).settings) == [
        "network.host",
        "xpack.security.enabled",
        "xpack.security.http.ssl.enabled",
        "xpack.security.http.ssl.supported_protocols",
        "xpack.security.http.ssl.keystore.path",
        "xpack.security.transport.ssl.enabled",
        "xpack.security.transport.ssl.certificate_authorities",
        "xpack.security.transport.ssl.client_authentication",
        "xpack.security.transport.ssl.supported_protocols",
        "xpack.security.transport.ssl.verification_mode",
        "xpack.security.transport.ssl.keystore.path",
    ]


@given(st.dictionaries(keys, values, max_size=6))
def test_settings_have_one_order_and_one_digest_whatever_order_they_travel_in(settings):
    one, other = Content(settings=settings), Content(settings=backwards(settings))
    assert list(one.settings.items()) == list(other.settings.items())
    assert one.settings_digest() == other.settings_digest()


@given(st.dictionaries(keys, texts, max_size=3), st.dictionaries(keys, texts, max_size=3))
def test_equal_keystores_and_no_others_have_equal_digests(one, other):
    same = Content(settings={}, secure=one).secure_digest() == Content(settings={}, secure=other).secure_digest()
    assert same is (one == other)


@pytest.mark.parametrize("scenario", Scenario)
def test_content_survives_the_wire(scenario):
    made = Content(
        settings=rendered(scenario, Choices(), None), absent=excluded(scenario, Choices()), secure={BOOTSTRAP: "x"}
    )
    sent = made.model_dump(mode="json", by_alias=True)
    sent["secure"] = {BOOTSTRAP: "x"}
    received = Content.model_validate(sent)
    assert received == made
    assert received.settings_digest() == made.settings_digest()
    assert received.secure_digest() == made.secure_digest()


def test_a_key_that_nobody_knows_is_refused():
    with pytest.raises(ValidationError):
        Content(settings={}, secrets={})
