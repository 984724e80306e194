"""A built-in user's password is set unless it works already, and proved by logging in."""

import pytest

from components.errors import CommandFailed, LoginsRefused, SecurityError, TargetUnreachable
from components.handling import Recorded
from components.nodes.probes import Speech
from components.nodes.waiting import REFUSED_FOR
from components.users.handler import UserPasswordHandler, UserPasswordOutputs
from components.values import UNKNOWN
from tests.fakes import FakeContext
from tests.users.cluster import BOOTSTRAP, CA, CURRENT, NEW, SECRETS, FakeUsers, fresh_cluster, wanted

HANDLER = UserPasswordHandler()
DOWN = {"es-1": Speech.NOTHING, "es-2": Speech.NOTHING}
LOGGED_IN = ("log in as elastic",)
SET = ("set the password of elastic", "log in as elastic")


def up(inputs=None, context: FakeContext | None = None) -> UserPasswordOutputs:
    return HANDLER.converge(None, inputs or wanted(), context or FakeContext())


def preview(inputs, context: FakeContext) -> UserPasswordOutputs:
    return HANDLER.preview(Recorded(wanted(), UserPasswordOutputs()), inputs, context)


def changes(inputs=None, before=None) -> list:
    inputs = inputs or wanted()
    return list(HANDLER.changes(Recorded(before or inputs, UserPasswordOutputs()), inputs, FakeContext()))


def drift() -> list[str]:
    return [str(one) for one in HANDLER.drift(Recorded(wanted(), UserPasswordOutputs()), FakeContext())]


def test_a_password_that_works_is_only_logged_in_with(doors):
    cluster = doors(FakeUsers({"elastic": NEW}))
    assert up().steps == LOGGED_IN
    assert cluster.changed == []
    assert cluster.asked == [("es-1", "elastic")]


def test_a_password_that_does_not_work_is_set_and_logged_in_with(doors):
    cluster = doors(FakeUsers({"elastic": CURRENT}))
    assert up().steps == SET
    assert cluster.changed == [("elastic", CURRENT)]
    assert cluster.passwords == {"elastic": NEW}
    assert cluster.asked == [("es-1", "elastic")] * 2, "once before it was set, and once as the proof"
    assert cluster.closed == 1


def test_the_bootstrap_login_sets_the_first_password_of_elastic(doors):
    cluster = doors(fresh_cluster())
    assert up().steps == SET
    assert cluster.changed == [("elastic", BOOTSTRAP)]


def test_another_user_gets_a_password_from_elastic_and_is_the_one_who_logs_in(doors):
    cluster = doors(FakeUsers({"elastic": NEW}))
    assert up(wanted("kibana_system", "k1bana-pw")).steps[-1] == "log in as kibana_system"
    assert cluster.changed == [("kibana_system", NEW)]
    assert set(cluster.asked) == {("es-1", "kibana_system")}


def test_a_second_run_sets_nothing(doors):
    cluster = doors(fresh_cluster())
    up()
    assert up().steps == LOGGED_IN
    assert len(cluster.changed) == 1


def test_a_new_password_that_does_not_log_in_fails_with_what_to_look_at(doors):
    cluster = doors(fresh_cluster(deaf=True))
    with pytest.raises(CommandFailed) as caught:
        up()
    assert caught.value.what == "the new password of elastic does not log in"
    assert "GET /_security/user/elastic" in caught.value.next_step
    assert cluster.closed == 1


def test_a_cluster_that_goes_away_after_the_password_was_set_has_not_refused_it(doors, monkeypatch):
    cluster = doors(fresh_cluster())
    monkeypatch.setattr(cluster, "close", lambda: cluster.nodes.update(DOWN))
    with pytest.raises(TargetUnreachable):
        up()
    assert cluster.passwords == {"elastic": NEW}


def test_without_a_login_that_is_taken_nothing_is_set_and_nobody_waits_long_for_one(doors):
    cluster = doors(FakeUsers({"elastic": "somebody else's"}))
    context = FakeContext()
    with pytest.raises(LoginsRefused) as caught:
        up(context=context)
    assert caught.value.what == "every login that is known was refused (users: elastic)"
    assert caught.value.why == "es-1, es-2 said so: somebody else set the password of elastic"
    assert "bin/elasticsearch-reset-password -u elastic" in caught.value.next_step
    assert cluster.changed == []
    assert context.clock.monotonic() == REFUSED_FOR


def test_without_a_node_that_answers_it_is_tried_again_for_a_minute(doors):
    doors(FakeUsers({"elastic": CURRENT}, nodes=DOWN))
    context = FakeContext()
    with pytest.raises(TargetUnreachable):
        up(context=context)
    assert 60 <= context.clock.monotonic() < 62


@pytest.mark.parametrize("user", ["elastic", "kibana_system"])
def test_where_no_login_is_taken_refresh_preview_and_up_say_the_same(doors, user):
    doors(FakeUsers({"elastic": "somebody else's"}))
    inputs, context = wanted(user), FakeContext()
    [change] = changes(inputs)
    assert change.finding.message == f"{user}: the recorded password no longer works"
    [found] = HANDLER.drift(Recorded(inputs, UserPasswordOutputs()), FakeContext())
    assert (found.found, found.next) == (
        "is refused, as is every login that is known",
        "`preview` says what to give",
    )
    preview(inputs, context)
    with pytest.raises(LoginsRefused) as caught:
        up(inputs)
    error = caught.value
    assert context.said == [f"✗ {error.what}: {error.why}; {error.next_step}"]


def test_a_new_password_that_no_known_login_could_set_is_told_before_it_is_made(doors):
    cluster, context = doors(FakeUsers({"elastic": "somebody else's"})), FakeContext()
    preview(wanted(password=UNKNOWN), context)
    assert [line[:44] for line in context.said] == ["✗ every login that is known was refused (use"]
    cluster.passwords["elastic"], context = CURRENT, FakeContext()
    preview(wanted(password=UNKNOWN), context)
    assert context.said == []


def test_a_password_that_another_known_login_can_set_shuts_no_gate(doors):
    doors(FakeUsers({"elastic": BOOTSTRAP}))
    context = FakeContext()
    assert preview(wanted(), context).steps == SET
    assert context.said == []


def test_a_cluster_that_is_not_ready_is_asked_again_and_the_wait_is_told(doors):
    cluster = doors(fresh_cluster(not_ready=3))
    context = FakeContext()
    assert up(context=context).steps == SET
    assert context.shown == [f"the cluster is not ready ({took} s of at most 60 s)" for took in (0, 0, 1)]
    assert cluster.closed == 4, "every connection is closed, also after a failure"


def test_the_next_node_is_asked_where_the_first_does_not_answer(doors):
    cluster = doors(FakeUsers({"elastic": NEW}, nodes={"es-1": Speech.NOTHING, "es-2": Speech.TLS}))
    assert up().steps == LOGGED_IN
    assert cluster.asked == [("es-2", "elastic")]


def test_over_tls_the_http_ca_is_verified(doors):
    cluster = doors(fresh_cluster())
    up()
    assert cluster.pems == {CA}


def test_over_tls_no_password_is_tried_while_the_ca_is_not_known(doors):
    cluster = doors(FakeUsers({"elastic": CURRENT}))
    assert changes(wanted(pem=None)) == []
    assert cluster.asked == []


def test_while_nodes_serve_what_the_ca_before_signed_the_login_is_tried_trusting_both(doors):
    cluster = doors(FakeUsers({"elastic": CURRENT}))
    [change] = changes(wanted(pem="another "), before=wanted())
    assert change.finding.reason == "PasswordRefused"
    assert cluster.pems == {f"another {CA}"}


def test_in_plain_http_the_password_is_tried_without_a_ca(doors):
    cluster = doors(FakeUsers({"elastic": NEW}, nodes={"es-1": Speech.PLAIN, "es-2": Speech.PLAIN}))
    assert up(wanted(pem=None)).steps == LOGGED_IN
    assert cluster.asked == [("es-1", "elastic")]


def test_a_password_that_is_refused_is_drift(doors):
    doors(FakeUsers({"elastic": CURRENT}))
    [change] = changes()
    assert change.finding.reason == "PasswordRefused"
    assert change.finding.message == "elastic: the recorded password no longer works; it is set again"
    assert (change.on, change.replaces) == ("password", False)
    assert drift() == ["login of elastic: the recorded password → is refused; `up` sets it"]


def test_a_password_that_is_given_anew_does_not_work_yet_and_the_recorded_one_is_not_blamed(doors):
    doors(FakeUsers({"elastic": CURRENT}))
    recorded, context = Recorded(wanted(password=CURRENT), UserPasswordOutputs()), FakeContext()
    assert HANDLER.changes(recorded, wanted(password=NEW), context) == ()
    assert HANDLER.preview(recorded, wanted(password=NEW), context).steps == SET
    assert context.said == []


@pytest.mark.parametrize(
    "cluster",
    [
        pytest.param(FakeUsers({"elastic": NEW}), id="it works"),
        pytest.param(FakeUsers({"elastic": CURRENT}, nodes=DOWN), id="nobody answers"),
        pytest.param(FakeUsers({"elastic": CURRENT}, statuses={"es-1": 503}), id="the cluster is not ready"),
        pytest.param(FakeUsers({"elastic": CURRENT}, statuses={"es-1": 403}), id="it works and is not allowed"),
        pytest.param(FakeUsers({"elastic": CURRENT}, statuses={"es-1": 0, "es-2": 0}), id="TLS that we do not trust"),
    ],
)
def test_what_does_not_prove_that_a_password_is_refused_is_no_drift(doors, cluster):
    doors(cluster)
    assert changes() == []
    assert drift() == []


def test_a_password_that_is_not_made_yet_is_no_drift_and_is_not_tried(doors):
    cluster = doors(fresh_cluster())
    assert changes(wanted(password=UNKNOWN)) == []
    assert cluster.asked == []


def test_looking_for_drift_changes_nothing(doors):
    cluster = doors(FakeUsers({"elastic": CURRENT}))
    changes()
    assert cluster.changed == []
    assert cluster.passwords == {"elastic": CURRENT}


@pytest.mark.parametrize("password", [NEW, UNKNOWN], ids=["made", "not made yet"])
def test_a_preview_says_what_will_be_done_and_changes_nothing(doors, password):
    cluster = doors(fresh_cluster())
    assert HANDLER.preview(None, wanted(password=password), FakeContext()).steps == SET
    assert cluster.changed == []


def test_a_preview_says_that_a_password_that_works_is_only_tried(doors):
    doors(FakeUsers({"elastic": CURRENT}))
    assert HANDLER.preview(None, wanted(password=CURRENT), FakeContext()).steps == LOGGED_IN


def test_another_user_is_another_resource():
    assert HANDLER.name(wanted("kibana_system")) == "user/kibana_system"
    assert HANDLER.replace_on == {"user"}


@pytest.mark.parametrize(
    "cluster",
    [
        pytest.param(fresh_cluster(), id="set at the first try"),
        pytest.param(fresh_cluster(not_ready=2), id="set at the third try"),
        pytest.param(fresh_cluster(deaf=True), id="set and refused"),
        pytest.param(FakeUsers({"elastic": "somebody else's"}), id="no login is taken"),
    ],
)
def test_no_password_is_in_anything_that_is_said(doors, cluster):
    doors(cluster)
    context, spoken = FakeContext(), []
    spoken += [change.finding.message for change in changes()]
    try:
        spoken += up(context=context).steps
    except SecurityError as error:
        spoken += [str(error), repr(error), repr(error.__cause__)]
    spoken += [*context.said, *context.shown, *context.warned, repr(wanted()), str(wanted())]
    assert len(spoken) > 2
    assert [text for text in spoken if any(secret in text for secret in SECRETS)] == []
