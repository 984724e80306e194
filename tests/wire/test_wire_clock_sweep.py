"""An authority and its leaf over the leaf's whole life, one `up` a day."""

import base64
from datetime import datetime, timedelta

import pytest

from components.pki.keyfiles import check_key_file
from tests.wire import asking
from tests.wire.talking import NOW, is_hidden

DAY = timedelta(days=1)


class Stack:
    """An authority and a leaf, brought up again and again."""

    def __init__(self, talk, clock, **leaf):
        self.talk, self.clock, self.wanted = talk, clock, leaf
        self.authority = talk.create(asking.AUTHORITY, asking.authority())
        self.leaf = talk.create(asking.CERTIFICATE, asking.leaf(self.authority, **leaf))
        self.reissued = []

    def up(self):
        """Diff as the engine does, and update where something differs; return whether anything did."""
        answers = [self.talk.diff(self.authority), self.talk.diff(self.leaf)]
        if answers[0].some:
            self.authority = self.talk.update(self.authority, self.authority.inputs)
        if answers[1].some:
            assert answers[1].kinds == {"notAfter": "UPDATE"}
            self.leaf = self.talk.update(self.leaf, asking.leaf(self.authority, **self.wanted))
            self.reissued.append(self.clock.time)
        return any(answer.some for answer in answers)

    def moment(self, name):
        return datetime.fromisoformat(self.leaf.outputs[name])

    def window(self, parts):
        begins, ends = self.moment("notBefore"), self.moment("notAfter")
        return ends - (ends - begins) / parts


@pytest.mark.parametrize(
    ("valid_for", "parts"),
    [
        pytest.param("1y", 3, id="a year, renewed in the last third"),
        pytest.param("90D", 4, id="ninety days, renewed in the last quarter"),
    ],
)
def test_a_leaf_is_reissued_exactly_once_on_the_first_day_of_its_window(talk, clock, valid_for, parts):
    stack = Stack(talk, clock, validFor=valid_for, renewInLast=f"1/{parts}")
    first, opens, ends = stack.leaf, stack.window(parts), stack.moment("notAfter")

    while clock.time <= ends:
        differed = stack.up()
        assert differed is (opens <= clock.time < opens + DAY), clock.time
        clock.time += DAY

    [reissued] = stack.reissued
    assert opens <= reissued < opens + DAY
    assert stack.leaf.outputs["serial"] != first.outputs["serial"]
    assert stack.leaf.outputs["keyFilePassword"] == first.outputs["keyFilePassword"]
    assert stack.moment("notAfter") > ends


def test_the_window_opens_at_its_very_moment(talk, clock):
    stack = Stack(talk, clock)
    opens = stack.window(3)

    clock.time = opens - timedelta(microseconds=1)
    assert not stack.up()
    clock.time = opens
    assert stack.up()
    assert not stack.up()


def test_the_reissued_key_file_opens_with_the_password_that_the_node_has(talk, clock):
    stack = Stack(talk, clock)
    password = stack.leaf.outputs["keyFilePassword"]["value"]
    clock.time += timedelta(days=300)

    stack.up()

    key_file = stack.leaf.outputs["keyFile"]
    assert is_hidden(key_file)
    leaf = stack.leaf.outputs["certificatePem"]["value"]
    assert check_key_file(base64.b64decode(key_file["value"]), password, leaf) is None


def test_over_its_whole_life_an_authority_is_renewed_with_the_same_key_and_every_leaf_has_its_whole_life(talk, clock):
    stack = Stack(talk, clock)
    key, month = stack.authority.outputs["signerKeyPem"], timedelta(days=30)
    renewals = set()

    while clock.time < NOW + timedelta(days=12 * 365):
        stack.up()
        renewals.add(stack.authority.outputs["notAfter"])
        assert stack.moment("notAfter") > clock.time + month
        assert stack.moment("notAfter") <= datetime.fromisoformat(stack.authority.outputs["notAfter"])
        assert stack.moment("notAfter") - stack.moment("notBefore") >= timedelta(days=365)
        clock.time += month

    assert len(renewals) == 2
    assert stack.authority.outputs["signerKeyPem"] == key
    assert len(stack.authority.outputs["generations"]) == 1
