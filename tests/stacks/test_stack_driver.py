"""The driver: what it asks of the engine, and what becomes of the engine's errors."""

import json
import os
import signal
from pathlib import Path
from types import SimpleNamespace

import pytest
from pulumi.automation._cmd import CommandResult
from pulumi.automation.errors import CommandError, InlineSourceRuntimeError, StackNotFoundError

from components.errors import CommandFailed, TargetUnreachable
from components.nodes.at_once import DEFAULT, MACHINES_AT_ONCE
from stacks import driver
from stacks.driver import Driver, RunFailed, interrupts_reach_the_engine
from stacks.engine_calls import PARALLEL_DIFF
from stacks.engine_errors import decoded_error
from stacks.events import Failure, Watch
from stacks.locks import Lock
from stacks.workspace import Workspace
from tests.stacks.engine_events import says, urn

NO_BACKEND = (
    "error: PULUMI_ACCESS_TOKEN must be set for login during non-interactive CLI sessions",
    "error: getting stack configuration: could not determine current cloud: run `pulumi login` first",
)
PASSPHRASE = (
    "error: getting secrets manager: passphrase must be set with PULUMI_CONFIG_PASSPHRASE or "
    "PULUMI_CONFIG_PASSPHRASE_FILE environment variables"
)
WRITE_PROTECTED = "error: could not create stack: open /state/prod.json: permission denied"


OUTPUTS = {"scenario": "basic", "elasticPassword": "x", "userPasswords": {"kibana_system": "y"}}
"""Outputs as the engine shows them in clear."""
MASKED = {"scenario": "basic", "elasticPassword": "[secret]", "userPasswords": {"kibana_system": "[secret]"}}
"""The same as the engine shows them otherwise: the last one has a secret in it, and is none as a whole."""


class Engine(SimpleNamespace):
    """The engine's command: shows the outputs, or breaks where it is told to."""

    breaks = None

    def run(self, arguments, folder, environment):
        """Answer `stack output`."""
        assert "PULUMI_BACKEND_URL" in environment
        if self.breaks:
            raise self.breaks
        asked = {
            ("stack", "output", "--json", "--stack", "prod"): MASKED,
            ("stack", "output", "--json", "--show-secrets", "--stack", "prod"): OUTPUTS,
        }
        return CommandResult(json.dumps(asked[tuple(arguments)]), "", 0)


def engine_said(stderr, stdout=""):
    """Return an error of the engine as the Automation API raises it."""
    return CommandError(CommandResult(stdout, f"{stderr}\n", 255))


class Stack:
    """The Automation API's stack: notes its calls, and breaks where it is told to."""

    def __init__(self):
        self.calls, self.breaks, self.events = [], {}, []

    def __getattr__(self, verb):
        def call(**options):
            self.calls.append((verb, options))
            for event in self.events:
                options["on_event"](event)
            if verb in self.breaks:
                raise self.breaks[verb]

        return call


@pytest.fixture
def stack():
    """The engine's stack."""
    return Stack()


@pytest.fixture
def opened(stack, monkeypatch, tmp_path):
    """Open the stack with a driver; `opened.given` is what the engine was given."""
    given = {}

    def open_stack(name, project):
        given.update(vars(project), name=name)
        if isinstance(stack, Exception):
            raise stack
        return stack

    monkeypatch.setattr(driver, "engine", lambda: Path("/opt/pulumi/bin/pulumi"))
    monkeypatch.setattr(driver, "Engine", lambda path: Engine(command=path))
    monkeypatch.setattr(driver, "opened_stack", open_stack)

    def open_it(**options):
        workspace = Workspace("prod", tmp_path, {"PULUMI_BACKEND_URL": f"file://{tmp_path}"})
        return Driver(workspace, **options)

    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / "Pulumi.prod.yaml").write_text("config: {}\n")
    open_it.given = given
    return open_it


@pytest.mark.parametrize("said", NO_BACKEND)
def test_without_a_backend_the_operator_is_told_how_to_choose_one(said):
    error = decoded_error("open the stack", str(engine_said(said)))
    assert isinstance(error, TargetUnreachable)
    assert (error.what, error.where) == ("the engine could not open the stack", "state backend")
    assert error.why == "no backend is chosen, and nobody is logged in to Pulumi Cloud"
    assert "PULUMI_BACKEND_URL" in error.next_step


def test_without_a_passphrase_the_operator_is_told_where_to_put_it():
    error = decoded_error("read the outputs", str(engine_said(PASSPHRASE)))
    assert isinstance(error, CommandFailed)
    assert (error.what, error.where) == ("the engine could not read the outputs", "secrets of the stack")
    assert error.why == PASSPHRASE.removeprefix("error: ")
    assert "name a file that holds the stack's passphrase in PULUMI_CONFIG_PASSPHRASE_FILE" in error.next_step


@pytest.mark.parametrize("end", ["EOF", 'blob (key ".pulumi/stacks/p/prod.json") (code=Unknown): unexpected EOF'])
def test_a_state_that_another_run_is_writing_is_said_to_be_so(end):
    error = decoded_error("read the outputs", str(engine_said(f"error: failed to load checkpoint: {end}")))
    assert (error.what, error.where) == ("the engine could not read the outputs", "state backend")
    assert error.why.endswith(f" (failed to load checkpoint: {end})")
    assert error.next_step.startswith("run again; in a folder, `?metadata=skip`")


WRONG = "error: getting stack configuration: get stack secrets manager: incorrect passphrase"


@pytest.mark.parametrize("verb", ["preview", "up", "refresh", "destroy"])
def test_a_wrong_passphrase_is_told_in_our_words_by_every_run(verb, opened, stack):
    stack.breaks[verb] = engine_said(WRONG)
    with pytest.raises(CommandFailed) as failed:
        getattr(opened(), verb)(Watch())
    assert (failed.value.what, failed.value.where) == ("the engine could not run the stack", "secrets of the stack")
    assert "encrypted with another passphrase" in failed.value.why
    assert failed.value.next_step.startswith("give the passphrase that the stack was made with")


@pytest.mark.parametrize(
    ("said", "why"),
    [
        pytest.param(
            str(engine_said(WRITE_PROTECTED, "Created stack")), WRITE_PROTECTED.removeprefix("error: "), id="its error"
        ),
        pytest.param("error: a\nerror: b", "a", id="the first line, without the form of a command's error"),
        pytest.param(str(engine_said("")), "it printed nothing", id="silence"),
        pytest.param("", "it printed nothing", id="not even that"),
    ],
)
def test_any_other_error_is_repeated_by_its_first_line(said, why):
    error = decoded_error("open the stack", said)
    assert isinstance(error, CommandFailed)
    assert (error.where, error.why) == ("Pulumi", why)
    assert error.next_step


def test_a_stack_is_opened_with_our_engine_and_the_workspaces_environment(opened, tmp_path):
    opened()
    given = opened.given
    assert given["name"] == "prod"
    assert given["program"] is driver.run_program
    assert given["work_dir"] == str(tmp_path)
    assert given["env_vars"] == {"PULUMI_BACKEND_URL": f"file://{tmp_path}", MACHINES_AT_ONCE: str(DEFAULT)}
    assert given["pulumi_command"].command == Path("/opt/pulumi/bin/pulumi")
    assert given["secrets_provider"] is None


@pytest.mark.parametrize(
    "provider",
    [
        "awskms://alias/es?region=eu-central-1",
        "gcpkms://projects/p/locations/eu/keyRings/r/cryptoKeys/k",
        "azurekeyvault://v.vault.azure.net/keys/k",
        "hashivault://es",
        "passphrase",
    ],
)
def test_the_secrets_provider_of_the_stack_file_is_that_of_a_stack_that_is_made(provider, opened, tmp_path):
    (tmp_path / "stacks" / "Pulumi.prod.yaml").write_text(f"secretsprovider: {provider}\nconfig: {{}}\n")
    opened()
    assert opened.given["secrets_provider"] == provider


@pytest.mark.parametrize(
    "said",
    [
        "error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete the "
        "lock file with `pulumi cancel`.",
        "error: [409] Conflict: Another update is currently in progress.",
    ],
)
def test_a_run_that_meets_another_one_says_what_to_do(said, opened, stack):
    stack.breaks["up"] = engine_said(said)
    with pytest.raises(CommandFailed) as failed:
        opened().up(Watch(), removes=False)
    assert (failed.value.where, failed.value.why) == ("lock of the stack", said.removeprefix("error: "))
    assert "wait until the other run has ended" in failed.value.next_step


@pytest.mark.parametrize("removes", [False, True])
def test_the_engine_goes_on_after_a_failure_but_where_resources_go(removes, opened, stack):
    opened().up(Watch(), removes=removes)
    [(verb, asked)] = stack.calls
    assert (verb, asked["continue_on_error"]) == ("up", not removes)


@pytest.mark.parametrize("error", [engine_said(WRITE_PROTECTED), RuntimeError(WRITE_PROTECTED)])
def test_a_stack_that_cannot_be_opened_is_an_error_of_ours(error, opened, monkeypatch):
    def refuse(name, project):
        raise error

    monkeypatch.setattr(driver, "opened_stack", refuse)
    with pytest.raises(CommandFailed, match="the engine could not open the stack"):
        opened()


def test_an_output_with_a_secret_in_it_is_a_secret(opened):
    outputs = opened().outputs()
    assert {name: output.value for name, output in outputs.items()} == OUTPUTS
    assert {name for name, output in outputs.items() if output.secret} == {"elasticPassword", "userPasswords"}


def test_outputs_that_nobody_wants_in_clear_are_never_asked_for_in_clear(opened, monkeypatch):
    made = opened()
    asked = []
    monkeypatch.setattr(made, "_shown", lambda *options: asked.append(options) or MASKED)
    outputs = made.outputs(in_clear=False)
    assert asked == [()]
    assert {name: output.value for name, output in outputs.items()} == MASKED
    assert {name for name, output in outputs.items() if output.secret} == {"elasticPassword", "userPasswords"}


def test_outputs_that_cannot_be_read_are_an_error_of_ours(opened, monkeypatch):
    made = opened()
    assert made.outputs()["scenario"].value == "basic"
    missing = StackNotFoundError(CommandResult("", "error: no stack named 'prod' found", 255))
    monkeypatch.setattr(Engine, "breaks", missing)
    with pytest.raises(CommandFailed, match="no stack named 'prod' found"):
        made.outputs()


@pytest.mark.parametrize("verb", ["preview", "up", "refresh", "destroy"])
def test_every_run_reports_to_its_watch_in_plain_text_and_shows_no_secret(verb, opened, stack, capsys):
    watch = Watch()
    stack.events = [says("a reason", about=urn("NodeTrust", "es-1-transport-trust"))]
    getattr(opened(), verb)(watch)
    [(called, options)] = stack.calls
    assert called == verb
    assert options["color"] == "never"
    assert options.get("show_secrets", False) is False
    assert options.get("diff", False) is False
    assert "debug" not in options
    options["on_output"]("the engine's own display")
    assert watch.notes == ["a reason"]
    assert capsys.readouterr().out == ""


def test_a_preview_prints_the_engines_own_differences_where_they_are_asked_for(opened, stack, capsys):
    opened().preview(Watch(), diff=True)
    options = stack.calls[0][1]
    options["on_output"]("~ the engine's own display")
    assert options["diff"] is True
    assert capsys.readouterr().out == "~ the engine's own display\n"


@pytest.mark.parametrize("verb", ["preview", "up", "refresh"])
def test_debugging_logs_all_to_standard_error(verb, opened, stack, capsys):
    getattr(opened(debug=True), verb)(Watch())
    options = stack.calls[0][1]
    assert (options["debug"], options["log_to_std_err"], options["log_flow"]) == (True, True, True)
    assert options["log_verbosity"] == 9
    options["on_error"]("a line")
    assert capsys.readouterr() == ("", "a line\n")


@pytest.mark.parametrize("verb", ["preview", "up", "refresh"])
@pytest.mark.parametrize(
    ("written", "meant"),
    [
        pytest.param("config: {}\n", DEFAULT, id="what is not written is the default"),
        pytest.param("config:\n  elasticsearch-security:rollout: {machines_at_once: 5}\n", 5, id="what is written"),
    ],
)
def test_engine_and_plugin_have_so_many_machines_in_hand_as_the_stack_file_says(
    verb, written, meant, opened, stack, tmp_path
):
    (tmp_path / "stacks" / "Pulumi.prod.yaml").write_text(written)
    getattr(opened(), verb)(Watch())
    assert stack.calls[0][1]["parallel"] == meant
    assert opened.given["env_vars"][MACHINES_AT_ONCE] == str(meant)


@pytest.mark.parametrize(("shell", "meant"), [(None, "true"), ("false", "false")])
def test_diffs_are_asked_for_side_by_side_in_previews_alone_and_where_the_shell_does_not_forbid_it(
    shell, meant, opened, stack, monkeypatch
):
    if shell:
        monkeypatch.setenv(PARALLEL_DIFF, shell)
    made, found = opened(), []
    stack.events = [says("a reason", about=urn("NodeTrust", "es-1-transport-trust"))]
    for verb in ("preview", "up", "refresh", "preview"):
        watch = SimpleNamespace(
            event=lambda event: found.append(opened.given["env_vars"].get(PARALLEL_DIFF)), failures=()
        )
        getattr(made, verb)(watch)
    assert found == [meant, None, None, meant]


@pytest.mark.parametrize("kind", [CommandError, InlineSourceRuntimeError])
@pytest.mark.parametrize("verb", ["preview", "up", "refresh", "destroy"])
def test_a_failed_run_carries_what_was_said_on_resources_without_doubles(verb, kind, opened, stack):
    stack.breaks[verb] = kind(CommandResult("", "error: update failed", 255))
    stack.events = [says("it failed", "error", urn("ClusterRestart", "restart"))] * 2
    with pytest.raises(RunFailed) as failed:
        getattr(opened(), verb)(Watch())
    assert failed.value.failures == (Failure("restart", "it failed"),)
    assert "update failed" in failed.value.said
    assert failed.value.__suppress_context__


def test_what_the_engine_printed_is_told_from_its_first_word(opened, stack):
    stack.breaks["up"] = engine_said("error: plugin exited")
    with pytest.raises(RunFailed) as failed:
        opened().up(Watch(), removes=False)
    assert failed.value.failures == ()
    assert failed.value.said.splitlines()[0].strip(), "or a person sees a sign with nothing behind it"


def test_a_lock_of_a_killed_run_is_taken_away_and_without_one_nothing_is(opened, stack, monkeypatch, tmp_path):
    looked_at = []
    monkeypatch.setattr(driver, "locks_on", lambda *where: looked_at.append(where) or ())
    monkeypatch.setattr(driver, "wait_for_running", lambda look, clock, waiting: bool(look()))
    assert opened().clear_locks(lambda text: None) is False
    assert stack.calls == []
    assert looked_at == [(f"file://{tmp_path}", "elasticsearch-security", "prod")]

    monkeypatch.setattr(driver, "locks_on", lambda *where: (Lock.__new__(Lock),))
    assert opened().clear_locks(lambda text: None) is True
    assert stack.calls == [("cancel", {})]


class Child:
    """A process below this one."""

    def __init__(self, name):
        self.called, self.got = name, []

    def name(self):
        return self.called

    def send_signal(self, number):
        self.got.append(number)


def test_an_end_from_outside_reaches_the_engine_as_an_interrupt_and_no_other_process(monkeypatch):
    children = [Child("pulumi"), Child("pulumi-language-python"), Child("java")]
    monkeypatch.setattr(driver.psutil, "Process", lambda: SimpleNamespace(children=lambda: children))
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]

    with interrupts_reach_the_engine():
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGINT)  # of which the engine hears by itself

    assert [child.got for child in children] == [[signal.SIGINT], [signal.SIGINT], []]
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_after_a_failed_run_interrupts_end_this_process_again(opened, stack):
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    stack.breaks["up"] = engine_said("error: update failed")
    with pytest.raises(RunFailed):
        opened().up(Watch(), removes=False)
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before
