"""How the plugin fails: in our words, without a traceback and without a secret; a stack's lock and Cancel included."""

import threading

import grpc
import pytest

from components.errors import CommandFailed, ConfigurationRefused, SecurityError, TargetUnreachable
from provider.lifetime import StackLock
from provider.process import AT_ONCE
from provider.server import UNREADABLE
from tests.wire import asking
from tests.wire.small_handlers import BOX
from tests.wire.talking import PATIENCE, Refused, hidden, plugin_of, refused, serving, urn_of

TEA = {"label": "tea"}


def failing(box, error):
    """Let making a box fail."""

    def work(wanted, context):
        raise error

    box.work = work


@pytest.mark.parametrize("kind", [ConfigurationRefused, TargetUnreachable, CommandFailed])
def test_an_error_of_ours_is_its_own_text(talk, box, kind):
    failing(box, kind("the lid does not fit", where="box 1", why="it is too small", next_step="take another lid"))

    with pytest.raises(Refused) as caught:
        talk.create(BOX, TEA)

    assert caught.value.code is grpc.StatusCode.FAILED_PRECONDITION
    assert caught.value.text == "box 1: the lid does not fit\n  why:  it is too small\n  next: take another lid"
    assert caught.value.details == []


def test_what_a_machine_said_commands_no_terminal(talk, box, heard):
    def work(wanted, context):
        context.warn("es-1 says \x1b[2J")
        raise CommandFailed("it ended", where="es-1", why="ssh: \x1b]52;c;cm0=\x07", next_step="mend it")

    box.work = work
    with pytest.raises(Refused) as caught:
        talk.create(BOX, TEA)

    assert "ssh: \\x1b]52;c;cm0=\\x07" in caught.value.text
    assert heard.texts(urn_of(BOX), severity="WARNING") == ["es-1 says \\x1b[2J"]


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(ZeroDivisionError("division by zero"), id="any exception"),
        pytest.param(NotImplementedError("later"), id="a kind of RuntimeError"),
        pytest.param(RecursionError("too deep"), id="another kind of RuntimeError"),
    ],
)
def test_a_mistake_of_ours_says_so_and_its_traceback_goes_to_the_debug_log(talk, box, heard, error):
    failing(box, error)

    with pytest.raises(Refused) as caught:
        talk.create(BOX, TEA)

    assert caught.value.code is grpc.StatusCode.INTERNAL
    first, second = caught.value.text.splitlines()
    assert first == f"a mistake in essecurity itself: {type(error).__name__}: {error}"
    assert second.startswith("  next: run again with --debug")
    [traceback] = heard.texts(urn_of(BOX), severity="DEBUG")
    assert "Traceback" in traceback
    assert "in work\n" in traceback


@pytest.mark.parametrize("method", ["diff", "create", "update", "read"])
def test_a_secret_of_the_wrong_kind_is_in_no_error_and_in_no_log(talk, heard, node, method):
    saved = talk.create(asking.AUTHORITY, asking.authority())
    user = {**asking.user(node), "password": hidden(["hush-hush"])}
    calls = {
        "create": lambda: talk.create(asking.USER, user),
        "update": lambda: talk.update(saved, {"cluster": hidden(["hush-hush"])}),
        "diff": lambda: talk.diff(saved, {**saved.inputs, "cluster": hidden({"a": "hush-hush"})}),
        "read": lambda: talk.read(type(saved)(asking.USER, user, {}, "it")) and talk.create(asking.USER, user),
    }

    with pytest.raises(Refused) as caught:
        calls[method]()

    assert caught.value.code is grpc.StatusCode.INTERNAL
    said = "\n".join([caught.value.text, *(line.message for line in heard.lines)])
    assert "ValidationError" in said
    assert "hush" not in said


def test_what_a_node_refuses_comes_with_the_file_and_the_line(talk, node):
    node.write("elasticsearch.yml", b"cluster.name: [unclosed\n")

    with pytest.raises(Refused) as caught:
        talk.create(asking.SETTINGS, asking.settings(node))

    assert caught.value.code is grpc.StatusCode.FAILED_PRECONDITION
    assert caught.value.text.startswith(f"es-1: {node.config}/elasticsearch.yml")
    assert "Traceback" not in caught.value.text


@pytest.mark.parametrize("method", ["create", "preview_create"])
def test_settings_that_would_take_security_away_are_refused_and_nothing_is_written(talk, node, method):
    node.write("elasticsearch.yml", b"xpack.security.http.ssl.enabled: true\n")
    before = node.files()

    with pytest.raises(Refused, match=r"HTTPS is on in elasticsearch\.yml, and the scenario leaves it out"):
        getattr(talk, method)(asking.SETTINGS, asking.settings(node))

    assert node.files() == before


def test_a_config_folder_that_is_not_there_is_refused_also_in_a_preview(talk, node):
    inputs = asking.trust(node, talk.create(asking.AUTHORITY, asking.authority()))
    inputs["node"]["machine"]["config"] = str(node.config / "elsewhere")

    with pytest.raises(Refused, match=r"`machine\.config` in the stack file"):
        talk.preview_create(asking.TRUST, inputs)


def test_after_an_error_the_next_call_works(talk, box):
    failing(box, SecurityError("no", where="box", why="not now", next_step="again"))
    with pytest.raises(Refused):
        talk.create(BOX, TEA)
    box.work = lambda wanted, context: None

    assert talk.create(BOX, TEA).id == "box/tea"


def test_a_plugin_without_an_engine_log_works_all_the_same(box, clock, tmp_path):
    plugin = plugin_of({BOX: box}, "127.0.0.1:1", clock)
    plugin.lock = StackLock(tmp_path)
    box.work = lambda wanted, context: context.progress("still here")

    with serving(plugin) as talk:
        assert talk.create(BOX, TEA).id == "box/tea"
        assert talk.create(BOX, TEA).id == "box/tea"


class Held:
    """Work on boxes that begins, and goes on when the test says so."""

    def __init__(self, box):
        self.begun, self.goes_on = threading.Semaphore(0), threading.Event()
        box.work = self

    def __call__(self, wanted, context):
        self.begun.release()
        assert self.goes_on.wait(PATIENCE)

    def wait_begun(self):
        assert self.begun.acquire(timeout=PATIENCE)


def test_after_cancel_nothing_new_begins_and_the_call_in_hand_is_finished(talk, box):
    held = Held(box)
    in_hand = talk.start_create(BOX, TEA)
    held.wait_begun()

    talk.cancel()
    with pytest.raises(Refused) as caught:
        talk.create(BOX, {"label": "coffee"})
    held.goes_on.set()

    assert caught.value.code is grpc.StatusCode.UNAVAILABLE
    assert caught.value.text == "the run was stopped; nothing new is started"
    assert in_hand.result().id == "box/tea"
    assert len(box.records) == 1


def test_as_many_calls_as_the_plugin_takes_are_in_hand_at_once(talk, box):
    all_there = threading.Barrier(AT_ONCE)
    box.work = lambda wanted, context: all_there.wait(PATIENCE)

    calls = [talk.start_create(BOX, {"label": str(number)}) for number in range(AT_ONCE)]

    assert [call.result().id for call in calls] == [f"box/{number}" for number in range(AT_ONCE)]


def test_another_run_of_the_stack_waits_until_this_one_has_ended(talk, plugin, box, engine, clock, tmp_path):
    talk.create(BOX, TEA)
    second = plugin_of({BOX: box}, engine[1], clock)
    second.lock = StackLock(tmp_path / "locks")
    with serving(second) as other:
        waiting = other.start_create(BOX, {"label": "coffee"})
        engine[0].wait_for("an earlier run of this stack is finishing its step; waiting for it")
        assert len(box.records) == 1

        plugin.lock.release()

        assert waiting.result().id == "box/coffee"
    second.lock.release()


def test_a_run_that_was_stopped_while_it_waited_begins_nothing(talk, plugin, box, engine, clock, tmp_path):
    talk.create(BOX, TEA)
    second = plugin_of({BOX: box}, engine[1], clock)
    second.lock = StackLock(tmp_path / "locks")
    with serving(second) as other:
        waiting = [other.start_create(BOX, {"label": label}) for label in ("coffee", "cocoa")]
        engine[0].wait_for("waiting for it")

        other.cancel()

        for call in waiting:
            answer = refused(call.exception())
            assert (answer.code, answer.text) == (
                grpc.StatusCode.UNAVAILABLE,
                "the run was stopped; nothing new is started",
            )
    assert len(box.records) == 1


def test_a_preview_does_not_wait_for_another_run(talk, box, engine, clock, tmp_path):
    saved = talk.create(BOX, TEA)
    second = plugin_of({BOX: box}, engine[1], clock)
    second.lock = StackLock(tmp_path / "locks")

    with serving(second) as other:
        assert other.preview_create(BOX, TEA)
        assert other.preview_update(saved, TEA)
        assert not other.diff(saved).some
        assert other.read(saved)


def test_the_unreadable_record_is_told_of_once_and_not_at_every_call(talk, heard):
    saved = talk.create(BOX, TEA)
    other = type(saved)(BOX, saved.inputs, {"contents": 5}, saved.id)

    talk.diff(other)
    talk.update(other, TEA)

    assert heard.texts(urn_of(BOX), severity="WARNING") == [UNREADABLE]
