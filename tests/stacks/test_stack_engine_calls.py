"""The engine is called for what is wanted, and no more."""

from pathlib import Path

import pytest
from pulumi import log
from pulumi.automation import CommandResult, LocalWorkspaceOptions, StackNotFoundError

from stacks.engine_calls import Engine, Project, debug_messages, opened_stack
from toolchain.engine import OLDEST


class Noted(Engine):
    """Notes how it is called; it knows no stack until one is made."""

    def __init__(self):
        super().__init__(Path("/nowhere/bin/pulumi"))
        self.called = []

    def run(self, args, cwd, additional_env, on_output=None, on_error=None):
        self.called.append(" ".join(args[:3]))
        if args[:2] == ["stack", "select"]:
            raise StackNotFoundError(CommandResult("", "no stack named 'prod' found", 255))
        return CommandResult("", "", 0)


@pytest.fixture
def noted():
    """The engine, whose calls are noted."""
    return Noted()


@pytest.fixture
def opened(noted, tmp_path):
    """Open the stack, with a backend."""

    def open_it(backend):
        options = LocalWorkspaceOptions(work_dir=str(tmp_path), pulumi_command=noted)
        return opened_stack("prod", Project(options, backend, "here"))

    return open_it


def test_the_version_is_known_without_an_engine_that_could_be_asked():
    assert str(Engine(Path("/nowhere/bin/pulumi")).version) == ".".join(map(str, OLDEST))


@pytest.mark.parametrize("backend", ["file://{folder}", "s3://states", ""])
def test_a_stack_that_is_not_seen_is_looked_for_by_the_engine_and_made(backend, opened, noted, tmp_path):
    opened(backend.format(folder=tmp_path))
    assert noted.called == ["stack select --stack", "stack init prod"]


def test_a_stack_that_a_file_backend_shows_is_not_looked_for(opened, noted, tmp_path):
    state = tmp_path / ".pulumi" / "stacks" / "here" / "prod.json"
    state.parent.mkdir(parents=True)
    state.write_text("{}")
    opened(tmp_path.as_uri())
    assert noted.called == []


@pytest.mark.parametrize("verb", ["up", "refresh", "destroy"])
def test_after_a_run_the_engine_is_asked_nothing(verb, opened, noted):
    stack = opened("s3://states")
    noted.called.clear()
    getattr(stack, verb)()
    assert [call.split()[0] for call in noted.called] == [verb]


@pytest.mark.parametrize(("wanted", "told"), [(False, ["after"]), (True, ["in between", "after"])])
def test_what_the_sdk_does_is_told_to_the_engine_only_where_somebody_reads_it(wanted, told, monkeypatch):
    messages = []
    monkeypatch.setattr(log, "debug", lambda message, *about, **more: messages.append(message))
    with debug_messages(wanted=wanted):
        log.debug("in between", None, stream_id=1)
    log.debug("after")
    assert messages == told
