"""What Check refuses: every mistake in one answer, each with the path of its property, and never with its value."""

import pytest

from tests.wire import asking
from tests.wire.small_handlers import BOX
from tests.wire.standins import StandInNode
from tests.wire.talking import UNKNOWN, Refused, Saved, hidden


def without(inputs, *path):
    """Return inputs with one property taken out."""
    key, *rest = path
    if isinstance(inputs, list):
        return [without(item, *rest) if index == key else item for index, item in enumerate(inputs)]
    return {
        name: without(value, *rest) if name == key else value for name, value in inputs.items() if rest or name != key
    }


def with_value(inputs, value, *path):
    """Return inputs with another value in one place."""
    key, *rest = path
    new = with_value(inputs.get(key, {}) if isinstance(inputs, dict) else inputs[key], value, *rest) if rest else value
    if isinstance(inputs, list):
        return [new if index == key else item for index, item in enumerate(inputs)]
    return {**inputs, key: new}


RIGHT = {
    asking.AUTHORITY: asking.authority(),
    asking.PASSWORD: asking.password(),
    BOX: {"label": "tea", "parts": [{"name": "lid"}], "tags": {"a": "b"}},
}


@pytest.mark.parametrize("token", RIGHT)
def test_right_inputs_are_not_refused(talk, token):
    assert talk.check(token, RIGHT[token]) == {}


@pytest.mark.parametrize(
    ("token", "inputs", "refusals"),
    [
        pytest.param(
            asking.AUTHORITY,
            without(asking.authority(), "cluster"),
            {"cluster": "is required"},
            id="a property is missing",
        ),
        pytest.param(
            asking.AUTHORITY,
            asking.authority(colour="red"),
            {"colour": "is not a property of this resource"},
            id="a property that there is not",
        ),
        pytest.param(
            asking.PASSWORD,
            {"purpose": "elastic", "my key": 1},
            {'["my key"]': "is not a property of this resource"},
            id="a property that there is not, with a blank in its name",
        ),
        pytest.param(
            asking.AUTHORITY,
            {**without(asking.authority(), "validFor"), "valid_for": "10y"},
            {"validFor": "is required", "valid_for": "is not a property of this resource"},
            id="a property in the spelling of the stack file",
        ),
        pytest.param(
            asking.AUTHORITY,
            asking.authority(generation="first"),
            {"generation": "Input should be a valid integer, unable to parse string as an integer"},
            id="text where a number belongs",
        ),
        pytest.param(
            asking.AUTHORITY,
            asking.authority(layer="htp"),
            {"layer": "Input should be 'transport' or 'http'"},
            id="a word that is none of those",
        ),
        pytest.param(
            asking.AUTHORITY,
            asking.authority(validFor="for ever"),
            {
                "validFor": "'for ever' is not a lifetime: write a whole number and a unit, "
                "such as 90D (days), 18M (months) or 1y (years)"
            },
            id="a rule of ours, in our words",
        ),
        pytest.param(
            BOX,
            {"label": "tea", "parts": [{"name": "lid"}, {"weight": 2}]},
            {"parts[1].name": "is required"},
            id="missing in an item of a list",
        ),
        pytest.param(BOX, {"label": "tea", "parts": "lid"}, {"parts": "must be a list"}, id="no list"),
        pytest.param(
            BOX, {"label": "tea", "parts": ["lid"]}, {"parts[0]": "must be an object"}, id="no object in a list"
        ),
        pytest.param(
            BOX,
            {"label": "tea", "tags": {"plain": "x", "with.dot": 5}},
            {'tags["with.dot"]': "Input should be a valid string"},
            id="a key with a dot in it",
        ),
        pytest.param(
            BOX,
            {"label": UNKNOWN},
            {"label": "must be known before anything is made"},
            id="unknown where nothing can be decided without it",
        ),
        pytest.param(BOX, {"label": "taken"}, {"label": "is taken"}, id="what only the handler refuses"),
        pytest.param(
            BOX,
            {"parts": [{"name": 1, "size": 2}], "place": 3},
            {
                "label": "is required",
                "place": "Input should be a valid string",
                "parts[0].name": "Input should be a valid string",
                "parts[0].size": "is not a property of this resource",
            },
            id="every mistake at once",
        ),
    ],
)
def test_refusals_have_the_path_of_their_property(talk, token, inputs, refusals):
    assert talk.check(token, inputs) == refusals


def test_a_mistake_deep_in_a_node_is_refused_by_its_path(talk, node):
    inputs = with_value(without(asking.restart(node), "nodes", 0, "node", "machine", "home"), "x", "joinTimeout")

    assert talk.check(asking.RESTART, inputs) == {
        "nodes[0].node.machine.home": "is required",
        "joinTimeout": "Input should be a valid integer, unable to parse string as an integer",
    }


def test_one_wrong_value_is_one_refusal_however_many_types_it_could_have(talk, node):
    inputs = with_value(asking.settings(node), {"x": 1}, "content", "settings", "xpack.security.enabled")

    refusals = talk.check(asking.SETTINGS, inputs)

    assert list(refusals) == ['content.settings["xpack.security.enabled"]']


def test_names_that_no_certificate_can_carry_are_refused_one_by_one(talk):
    signer = talk.create(asking.AUTHORITY, asking.authority())

    refusals = talk.check(asking.CERTIFICATE, asking.leaf(signer, dns=["ok.example.net", "not_ok"], ips=["10.0.0"]))

    assert refusals == {
        "dns": "'not_ok' cannot be a DNS name in a certificate: the part 'not_ok' must have 1 to 63 letters, "
        "digits or hyphens, and no hyphen at its ends (an underscore is not allowed)",
        "ips": "'10.0.0' is not an IP address (without port, brackets and zone)",
    }


def unknown_until_made(tmp_path):
    """Return inputs that other resources make, none of them made yet."""
    node = StandInNode(tmp_path)
    signer = {"signerCertificatePem": UNKNOWN, "signerKeyPem": hidden(UNKNOWN)}
    leaf = without(
        without(asking.leaf(FAKE_SIGNER), "signerCertificatePem"),
        "signerKeyPem",
    )
    key_file = {"keyFile": hidden(UNKNOWN), "serial": UNKNOWN, "notAfter": UNKNOWN}
    entry = "xpack.security.transport.ssl.keystore.secure_password"
    password = hidden(UNKNOWN)
    return {
        asking.CERTIFICATE: {**leaf, **signer},
        asking.TRUST: {**asking.trust(node), "authoritiesPem": UNKNOWN, "password": password},
        asking.EXCLUSIVE: {**asking.trust(node), "authoritiesPem": password, "password": UNKNOWN},
        asking.IDENTITY: {**asking.identity(node, FAKE_LEAF), **key_file},
        asking.SETTINGS: with_value(asking.settings(node), password, "content", "secure", entry),
        asking.RESTART: with_value(
            with_value(asking.restart(node), password, "line", "logins", 0, "password"),
            UNKNOWN,
            "line",
            "authoritiesPem",
        ),
        asking.USER: {**asking.user(node), "password": password},
        asking.VERIFICATION: {
            **asking.verification(node, FAKE_SIGNER, FAKE_LEAF),
            "transportKeyPem": password,
            "transportCertificatePem": UNKNOWN,
            "httpCertificatePem": UNKNOWN,
            "documentsBefore": UNKNOWN,
            "documentsAfter": UNKNOWN,
            "leaves": [{"node": "es-1", "layer": "transport", "serial": UNKNOWN}],
        },
    }


SOMETHING = {
    "signerCertificatePem": hidden("x"),
    "signerKeyPem": hidden("x"),
    "keyFile": hidden("x"),
    "serial": "1",
    "notAfter": "2027-11-24",
    "bundlePem": hidden("x"),
}
FAKE_SIGNER = FAKE_LEAF = Saved(asking.AUTHORITY, {"layer": "transport", "generation": 1}, SOMETHING)


def test_what_another_resource_makes_may_be_unknown(talk, tmp_path):
    for token, inputs in unknown_until_made(tmp_path).items():
        assert talk.check(token, inputs) == {}, token


def test_a_refused_secret_is_not_quoted(talk, node):
    inputs = with_value(asking.user(node), hidden(["hush-hush"]), "password")

    refusals = talk.check(asking.USER, inputs)

    assert set(refusals) == {"password"}
    assert "hush" not in refusals["password"]


def test_a_type_that_the_plugin_does_not_have_is_named(talk):
    with pytest.raises(Refused) as caught:
        talk.check("essecurity:test:Lid", {})

    assert "essecurity:test:Lid" in caught.value.text


def test_what_is_foreseen_of_right_inputs_alone(talk, box):
    talk.check(BOX, {"label": "tea"})
    talk.check(BOX, {"label": "taken"})
    talk.check(BOX, {"label": "coffee", "parts": "lid"})
    assert [wanted.label for wanted in box.foreseen] == ["tea"]
