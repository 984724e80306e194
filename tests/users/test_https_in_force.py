"""Where HTTPS is in force, or was wanted and the nodes have followed, no password of a user goes out in plain text."""

import pytest

from components.errors import HttpsMissing
from components.handling import Recorded
from components.nodes.probes import Speech
from components.nodes.waiting import REFUSED_FOR
from components.users.handler import UserPasswordHandler, UserPasswordOutputs
from tests.fakes import FakeContext
from tests.users.cluster import CURRENT, NEW, SECRETS, FakeUsers, wanted

HANDLER = UserPasswordHandler()
PLAIN = {"es-1": Speech.PLAIN, "es-2": Speech.PLAIN}
TOLD = "! es-1, es-2 answer in plain text although HTTPS is in force, so no password was sent there; see whether the"


def record(inputs=None) -> Recorded:
    return Recorded(inputs or wanted(), UserPasswordOutputs())


def with_consent(inputs):
    return inputs.model_copy(update={"line": inputs.line.model_copy(update={"in_clear": True})})


def test_what_speaks_plain_text_is_asked_by_nobody_and_told_by_every_preview(doors):
    cluster, context = doors(FakeUsers({"elastic": CURRENT}, nodes=PLAIN)), FakeContext()
    assert HANDLER.changes(record(), wanted(), context) == ()
    assert [line[: len(TOLD)] for line in context.said] == [TOLD]
    assert "consent: {traffic_in_clear: true}" in context.said[0]
    assert HANDLER.preview(record(), wanted(), FakeContext()).steps == ("log in as elastic",)
    assert HANDLER.drift(record(), FakeContext()) == (), "its verification tells it"
    assert cluster.asked == []
    assert [secret for secret in SECRETS if secret in context.said[0]] == []


def test_the_node_that_serves_https_is_asked_and_the_other_one_is_told(doors):
    cluster = doors(FakeUsers({"elastic": NEW}, nodes={"es-1": Speech.PLAIN, "es-2": Speech.TLS}))
    context = FakeContext()
    assert HANDLER.changes(record(), wanted(), context) == ()
    assert cluster.asked == [("es-2", "elastic")]
    assert [line.partition(";")[0] for line in context.said] == [
        "! es-1 answers in plain text although HTTPS is in force, so no password was sent there"
    ]


@pytest.mark.parametrize(
    "before", [None, wanted(pem=None), wanted()], ids=["never set", "set in basic", "set in https"]
)
def test_once_the_nodes_were_restarted_for_https_a_run_sets_no_password_in_plain_text(doors, before):
    cluster, context = doors(FakeUsers({"elastic": CURRENT}, nodes=PLAIN)), FakeContext()
    with pytest.raises(HttpsMissing):
        HANDLER.converge(record(before) if before else None, wanted(), context)
    assert (cluster.asked, cluster.changed) == ([], [])
    assert context.clock.monotonic() == REFUSED_FOR, "waiting for longer does not help"


def test_a_preview_of_the_way_to_https_has_nothing_to_say_of_plain_text(doors):
    cluster, context = doors(FakeUsers({"elastic": NEW}, nodes=PLAIN)), FakeContext()
    assert HANDLER.changes(record(wanted(pem=None)), wanted(), context) == ()
    assert HANDLER.preview(record(wanted(pem=None)), wanted(), context).steps == ("log in as elastic",)
    assert (cluster.asked, context.said) == ([], [])


def test_without_consent_nothing_goes_out_in_plain_text_where_https_is_only_recorded(doors):
    cluster = doors(FakeUsers({"elastic": NEW}, nodes=PLAIN))
    with pytest.raises(HttpsMissing):
        HANDLER.converge(record(), wanted(pem=None, password=CURRENT), FakeContext())
    assert cluster.asked == []


@pytest.mark.parametrize("pem", [None, "CA"], ids=["HTTPS is taken away", "HTTPS is repaired"])
def test_with_consent_plain_text_is_asked(doors, pem):
    cluster = doors(FakeUsers({"elastic": NEW}, nodes=PLAIN))
    assert HANDLER.converge(record(), with_consent(wanted(pem=pem)), FakeContext()).steps == ("log in as elastic",)
    assert cluster.asked == [("es-1", "elastic")]
