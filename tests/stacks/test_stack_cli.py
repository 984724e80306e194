"""The command line: what it asks the engine for, how it ends, what it prints, and what it never prints."""

import json
import os
import re
import subprocess
import sys

import pytest
from pulumi.automation import OutputValue

from components.errors import NOT_LOOKED_AT, CommandFailed, TargetUnreachable
from components.rollout.preflight import CLIENTS_GO_ON
from stacks import cli, workspace
from stacks.cli import BROKEN, DUE, FINE, MASKED, main
from stacks.driver import RunFailed
from stacks.events import Failure
from tests.stacks.fake_driver import CHANGED, PASSWORD, PEM, UNCHANGED, fake_driver
from tests.stacks.stackfiles import BY_SSH, sections, write_stack_file

TWO_FAILURES = RunFailed((Failure("restart", "es-1: it failed\n  why:  x"), Failure("", "also this")), "not this")
UNREACHABLE = TargetUnreachable("cannot read it", where="state backend", why="it is closed", next_step="open it")
FORGET = CommandFailed("the engine could not", where="Pulumi", why="so", next_step="mend it")

AWAY = f"{{}}: {NOT_LOOKED_AT}: the machine 10.0.0.2 does not answer by SSH\n  why:  it is off"


@pytest.fixture
def command(project, monkeypatch, capsys):
    """Run a command with a driver, and return the exit status, standard output and standard error."""

    def run(driver, name, *arguments):
        monkeypatch.setattr(cli, "Driver", driver)
        status = main([name, "prod", *arguments, "--project", str(project)])
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return run


def document(out):
    """Return the one JSON document on standard output."""
    assert out.startswith(("{", '"', "["))
    return json.loads(out)


@pytest.mark.parametrize(
    ("found", "arguments", "status"),
    [
        pytest.param(CHANGED, (), DUE, id="something is due"),
        pytest.param(CHANGED, ("--exit-code",), DUE, id="as scripts asked for it before"),
        pytest.param(CHANGED, ("--json",), DUE, id="as JSON"),
        pytest.param(CHANGED, ("--markdown",), DUE, id="as Markdown"),
        pytest.param(UNCHANGED, (), FINE, id="nothing is due"),
        pytest.param(UNCHANGED, ("--markdown",), FINE, id="nothing is due, as Markdown"),
    ],
)
def test_a_preview_says_by_its_status_whether_something_is_due_and_changes_nothing(found, arguments, status, command):
    driver = fake_driver(found)
    assert command(driver, "preview", *arguments)[0] == status
    assert driver.asked == ["open prod", "clear locks", "preview"]


@pytest.mark.parametrize(
    ("name", "found", "status"),
    [
        pytest.param("preview", UNCHANGED, BROKEN, id="a preview: whether something is due is not known"),
        pytest.param("preview", CHANGED, DUE, id="a preview: something is due, whatever is on that machine"),
        pytest.param("refresh", UNCHANGED, BROKEN, id="a refresh that saw no difference elsewhere"),
        pytest.param("up", UNCHANGED, BROKEN, id="an up with nothing to do elsewhere"),
        pytest.param("up", CHANGED, BROKEN, id="an up that did what it could"),
    ],
)
def test_a_run_that_could_not_look_at_a_machine_never_says_that_all_is_well(name, found, status, command):
    driver = fake_driver(found, warned=[AWAY.format("es-2"), AWAY.format("es-1"), AWAY.format("es-2")])
    ended, out, _ = command(driver, name)
    assert ended == status
    assert out.endswith(
        "✗ es-1, es-2 were not looked at, so nobody knows what is due there\n"
        "  next: see that the machine runs and that `ssh` reaches it by hand, then run again\n"
    )
    assert ("up" in driver.asked) is (name == "up" and found is CHANGED), "what can be done is done"
    data = document(command(driver, name, "--json")[1])
    assert data.get("plan", data)["unseen"] == ["es-1", "es-2"]


def test_a_plan_with_nothing_in_it_names_who_was_not_looked_at(command):
    driver = fake_driver(UNCHANGED, warned=[AWAY.format("es-2")])
    assert "nothing to do, except that nobody knows of es-2\n" in command(driver, "preview")[1]
    _, out, _ = command(driver, "preview", "--markdown")
    assert "**Nothing to do, except that nobody knows of es-2.**\n" in out


def test_a_machine_that_is_back_before_the_work_begins_was_looked_at(command):
    driver = fake_driver(CHANGED, warned_in_preview=[AWAY.format("es-2")])
    assert command(driver, "up")[0] == FINE


@pytest.mark.parametrize("removed", [False, True])
def test_an_up_is_told_whether_its_preview_had_resources_that_go(removed, command):
    gone = (("NodeTrust", "es-3-transport-trust", "delete", {"layer": "transport"}, {}),) if removed else ()
    driver = fake_driver((*CHANGED, *gone))
    assert command(driver, "up")[0] == FINE
    assert driver.removed == [removed]


@pytest.mark.parametrize("hooks", ["{before: [{name: silence, command: [x]}]}", "{before: [], after: []}"])
def test_the_plugin_that_runs_hooks_is_asked_for_where_there_are_hooks(hooks, command, project, monkeypatch, tmp_path):
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    write_stack_file(project / "stacks", sections(f"hooks: {hooks}"))
    driver = fake_driver(UNCHANGED)
    command(driver, "preview")
    fetched = ["fetch command v1.2.1"] if "silence" in hooks else []
    assert driver.asked == ["open prod", *fetched, "clear locks", "preview"]
    driver.asked.clear()
    command(driver, "output")
    assert not [asked for asked in driver.asked if asked.startswith("fetch")]


def test_a_preview_shows_the_plan_under_the_clusters_name(command):
    _, out, err = command(fake_driver(CHANGED, warned=["clients send passwords", "clients send passwords"]), "preview")
    assert "logs (prod) · basic-https\n" in out
    assert "+ elastic, generated" in out
    assert "  2. start es-1" in out
    assert out.count("! clients send passwords\n") == 1, "each warning once"
    assert err == ""


def test_a_plan_that_changes_a_password_does_not_say_that_clients_notice_nothing(command):
    driver = fake_driver(CHANGED, gates=["✓ health is green", f"✓ {CLIENTS_GO_ON}"])
    assert document(command(driver, "preview", "--json")[1])["plan"]["gates"] == ["✓ health is green"]


@pytest.mark.parametrize("name", ["preview", "up"])
def test_a_warning_is_said_once_below_the_title_and_is_in_the_data(name, command):
    driver = fake_driver(CHANGED, warned=["the HTTP CA changes"])
    _, out, _ = command(driver, name)
    assert out.count("! the HTTP CA changes") == 1
    assert out.index("logs (prod) · basic-https\n") < out.index("! the HTTP CA changes") < out.index("+ elastic")
    assert document(command(driver, name, "--json")[1])["plan"]["warnings"] == ["the HTTP CA changes"]


def test_a_warning_that_only_comes_while_it_is_carried_out_is_said_then(command):
    driver = fake_driver(CHANGED, warned_later=["still to be done: es-1"])
    _, out, _ = command(driver, "up")
    assert out.count("! still to be done: es-1\n") == 1


def test_a_node_that_is_forgotten_is_told(command):
    driver = fake_driver([("NodeSettings", "es-3-settings", "delete", {"node": {"name": "es-3"}}, {})])
    assert "  ! es-3 is no longer looked after: stop it, or list it again" in command(driver, "preview")[1]


def test_a_preview_passes_on_what_to_print_beside_the_plan(command):
    driver = fake_driver(UNCHANGED)
    command(driver, "preview", "--diff", "--debug")
    assert driver.asked == ["open prod with debug", "clear locks", "preview with diff"]


def test_an_up_without_changes_carries_nothing_out(command):
    driver = fake_driver(UNCHANGED)
    status, out, _ = command(driver, "up")
    assert (status, driver.asked) == (FINE, ["open prod", "clear locks", "preview", "outputs"])
    assert "no changes\n" in out
    assert "how long it took" not in out


def test_an_up_shows_the_plan_carries_it_out_and_says_what_there_is_now(command):
    driver = fake_driver(CHANGED)
    status, out, _ = command(driver, "up")
    assert (status, driver.asked) == (FINE, ["open prod", "clear locks", "preview", "up", "outputs"])
    assert out.index("+ elastic, generated") < out.index("· passwords …") < out.index("scenario")
    assert re.search(r"^how long it took: \d+\.\d s in all, (some of it side by side$|the engine's)", out, re.MULTILINE)
    assert re.search(r"^ 12 s    start es-1 *$", out, re.MULTILINE), "each step of the restart"
    assert "elasticPassword --show-secrets" in out


def test_while_certificates_are_awaited_an_up_names_the_requests_and_no_password(command):
    requests = {"certificateRequests": OutputValue({"es-1 transport": "PEM"}, secret=False)}
    _, out, _ = command(fake_driver(UNCHANGED, outputs=requests), "up")
    assert re.search(r"requests to be signed.*:\n  .* output prod certificateRequests\n", out)
    assert "elasticPassword" not in out
    assert "scenario" not in out


def test_steps_of_a_rolling_restart_that_come_again_for_each_node_are_all_counted(command):
    timed = [("flush every index", 1.5), ("stop es-1", 2.0), ("flush every index", 3.5), ("stop es-2", 4.0)]
    outputs = {"procedure": "rolling restart", "steps": [step for step, _ in timed], "reasons": ["es-1: x"]}
    outputs["timedSteps"] = [{"step": step, "seconds": seconds} for step, seconds in timed]
    _, out, _ = command(fake_driver([("ClusterRestart", "restart", "update", {}, outputs)]), "up")
    shown = re.findall(r"^ *(\d+\.\d) s    \S.*$", out, re.MULTILINE)
    assert shown == ["5.0", "2.0", "4.0"]


@pytest.mark.parametrize(("found", "result"), [(CHANGED, "changed"), (UNCHANGED, "unchanged")])
def test_an_up_as_json_is_one_document_and_everything_else_is_on_standard_error(found, result, command):
    status, out, err = command(fake_driver(found, warned=["careful"]), "up", "--json")
    data = document(out)
    assert (status, data["result"]) == (FINE, result)
    assert list(data) == ["result", "plan", "seconds", "outputs"]
    assert data["outputs"]["elasticPassword"] == MASKED
    assert data["seconds"].get("  stop es-1") == (2.5 if found is CHANGED else None)
    assert "! careful" in err


def test_a_preview_as_markdown_is_the_comment_alone_and_everything_else_is_on_standard_error(command):
    status, out, err = command(fake_driver(CHANGED, warned=["careful"]), "preview", "--markdown")
    assert status == DUE
    assert out.startswith("## logs (prod) · basic-https\n\n**1 change · full stop**\n")
    assert "- **! careful**\n" in out
    assert "| password |  | `+ elastic, generated` |" in out
    assert "logs (prod) · basic-https\n" in err


def test_a_preview_that_fails_is_a_comment_too(command):
    status, out, err = command(fake_driver(CHANGED, breaks={"preview": TWO_FAILURES}), "preview", "--markdown")
    assert status == BROKEN
    assert out.startswith("## prod: the preview failed\n")
    assert "```text\nes-1: it failed\n  why:  x\n```" in out
    assert "also this" in out
    assert "✗ es-1: it failed" in err
    status, out, _ = command(fake_driver(breaks={"preview": UNREACHABLE}), "preview", "--markdown")
    assert (status, "why:  it is closed" in out) == (BROKEN, True)


@pytest.mark.parametrize(
    ("found", "arguments", "status"),
    [
        pytest.param(CHANGED, (), FINE, id="it was done, and that is well"),
        pytest.param(CHANGED, ("--exit-code",), DUE, id="something was changed, and the status shall say so"),
        pytest.param(UNCHANGED, ("--exit-code",), FINE, id="nothing was changed"),
    ],
)
def test_an_up_that_ends_well_says_whether_it_changed_something_where_it_is_asked(found, arguments, status, command):
    assert command(fake_driver(found), "up", *arguments)[0] == status


def test_a_preview_as_json_is_the_plan(command):
    status, out, err = command(fake_driver(CHANGED), "preview", "--json")
    data = document(out)
    assert (status, data["result"], list(data)) == (DUE, "previewed", ["result", "plan"])
    assert data["plan"]["rows"][0]["change"] == "+ elastic, generated"
    assert data["plan"]["restart"]["steps"] == ["stop es-1", "start es-1"]
    assert "+ elastic, generated" in err


def test_outputs_are_masked_in_every_form_unless_they_are_asked_for_in_clear(command):
    for arguments in ((), ("--json",), ("elasticPassword",), ("elasticPassword", "--json")):
        _, out, err = command(fake_driver(), "output", *arguments)
        assert MASKED in out, arguments
        assert PASSWORD not in out + err, arguments
        _, out, _ = command(fake_driver(), "output", *arguments, "--show-secrets")
        assert PASSWORD in out, arguments


@pytest.mark.parametrize(
    ("arguments", "printed"),
    [
        pytest.param(("scenario",), "basic\n", id="a text, as it is"),
        pytest.param(("caCertificatePem",), f"{PEM}\n", id="a PEM, as it is"),
        pytest.param(("httpUrls",), '["http://es-1.example.net:9200"]\n', id="a list, as JSON"),
        pytest.param(("scenario", "--json"), '"basic"\n', id="a text, as JSON"),
        pytest.param(("elasticPassword", "--show-secrets"), f"{PASSWORD}\n", id="a secret that was asked for"),
    ],
)
def test_one_output_is_printed_alone_for_a_script(arguments, printed, command):
    assert command(fake_driver(), "output", *arguments) == (FINE, printed, "")


def test_errors_go_where_everything_for_people_goes(command):
    driver = fake_driver(breaks={"preview": UNREACHABLE})
    assert [bool(stream) for stream in command(driver, "preview")[1:]] == [True, False]
    _, out, err = command(driver, "preview", "--json")
    assert (document(out)["result"], "✗ state backend" in err) == ("failed", True)


def test_options_may_stand_before_the_name_of_an_output(command):
    try:
        status, out, _ = command(fake_driver(), "output", "--show-secrets", "elasticPassword")
    except SystemExit:
        pytest.fail("`output prod --show-secrets elasticPassword` was not understood")
    assert (status, out) == (FINE, f"{PASSWORD}\n")


def test_an_output_that_there_is_not_is_refused_with_the_names_of_those_that_there_are(command):
    status, out, err = command(fake_driver(), "output", "elasticPasword")
    assert (status, out) == (BROKEN, ""), "standard output is for the value"
    assert "there is no output `elasticPasword`" in err
    assert "caCertificatePem, certificates, elasticPassword, httpUrls, scenario, transportAddresses" in err


NOTHING_RECORDED = (
    "stack prod: nothing is recorded of it yet\n"
    "  why:  it was never put up, or was destroyed, so there is nothing that its machines could differ from\n"
    "  next: `preview prod`, then `up prod`"
)
NO_OUTPUTS = (
    "stack prod: it has no outputs yet\n"
    "  why:  it was never put up, or not to the end, or was destroyed\n"
    "  next: `preview prod`, then `up prod`"
)
FRAME_ONLY = [("BasicSecurity", "basic-security", "same", {}, {})]


@pytest.mark.parametrize("found", [(), FRAME_ONLY], ids=["nothing at all", "a component that holds nothing"])
def test_a_refresh_of_a_stack_that_was_never_put_up_never_says_that_nothing_differs(found, command):
    driver = fake_driver(found)
    status, out, _ = command(driver, "refresh")
    assert status == BROKEN
    assert out.endswith(f"✗ {NOTHING_RECORDED}\n")
    assert ("no drift" in out, "✓" in out) == (False, False)
    status, out, _ = command(driver, "refresh", "--json")
    errors = [{"resource": "stack prod", "text": NOTHING_RECORDED}]
    assert (status, document(out)) == (BROKEN, {"result": "failed", "errors": errors})


@pytest.mark.parametrize("arguments", [(), ("elasticPassword",), ("--show-secrets",)], ids=" ".join)
def test_outputs_of_a_stack_that_was_never_put_up_are_refused_and_not_empty(arguments, command):
    driver = fake_driver(outputs={})
    status, out, err = command(driver, "output", *arguments)
    assert (status, out + err) == (BROKEN, f"✗ {NO_OUTPUTS}\n")
    status, out, _ = command(driver, "output", *arguments, "--json")
    errors = [{"resource": "stack prod", "text": NO_OUTPUTS}]
    assert (status, document(out)) == (BROKEN, {"result": "failed", "errors": errors})


def test_destroy_without_yes_is_refused_before_an_engine_is_looked_for(command):
    driver = fake_driver(CHANGED)
    status, out, _ = command(driver, "destroy")
    assert (status, driver.asked) == (BROKEN, [])
    assert "nothing was done" in out
    assert "destroy prod --yes" in out


def test_destroy_with_yes_forgets_and_says_that_the_cluster_stays_secured(command):
    driver = fake_driver(CHANGED)
    status, out, err = command(driver, "destroy", "--yes", "--json")
    assert (status, document(out)) == (FINE, {"result": "destroyed"})
    assert driver.asked == ["open prod", "clear locks", "destroy"]
    assert "the cluster stays as secured as it is" in err


BREAKING = [
    pytest.param("preview", {"preview": TWO_FAILURES}, id="a preview"),
    pytest.param("up", {"preview": TWO_FAILURES}, id="the preview of an up"),
    pytest.param("up", {"up": TWO_FAILURES}, id="an up"),
    pytest.param("refresh", {"refresh": TWO_FAILURES}, id="a refresh"),
]


@pytest.mark.parametrize(("name", "breaks"), BREAKING)
def test_a_failed_run_ends_as_broken_with_every_error_on_its_resource(name, breaks, command):
    status, out, _ = command(fake_driver(CHANGED, breaks=breaks), name)
    assert status == BROKEN
    assert "✗ es-1: it failed\n  why:  x\n✗ also this\n" in out
    assert "not this" not in out


def test_an_error_of_ours_is_printed_once_without_the_engines_words_and_any_other_with_its_resource(command):
    ours = "Preview failed: es-two: there is no folder\n  why:  it should be one\n  next: correct it"
    failures = [Failure(f"es-two-{layer}-trust", ours) for layer in ("transport", "http")]
    failed = RunFailed((*failures, Failure("es-1-http-trust", "Update failed: plugin exited")), "")
    _, out, _ = command(fake_driver(breaks={"preview": failed}), "preview")
    told = "✗ es-two: there is no folder\n  why:  it should be one\n  next: correct it\n"
    assert out.endswith(f"{told}✗ es-1-http-trust: plugin exited\n")
    assert out.count("there is no folder") == 1


@pytest.mark.parametrize(("name", "breaks"), BREAKING)
def test_a_failed_run_as_json_lists_its_errors(name, breaks, command):
    status, out, _ = command(fake_driver(CHANGED, breaks=breaks), name, "--json")
    assert status == BROKEN
    assert document(out) == {
        "result": "failed",
        "errors": [
            {"resource": "restart", "text": "es-1: it failed\n  why:  x"},
            {"resource": "", "text": "also this"},
        ],
    }


def test_a_run_that_failed_without_a_reason_repeats_what_the_engine_printed(command):
    driver = fake_driver(breaks={"preview": RunFailed((), "error: plugin exited")})
    status, out, _ = command(driver, "preview", "--json")
    assert status == BROKEN
    assert document(out)["errors"] == [{"resource": "", "text": "error: plugin exited"}]


@pytest.mark.parametrize("error", [UNREACHABLE, FORGET], ids=["unreachable", "failed"])
def test_an_error_of_ours_says_what_where_why_and_what_next_in_both_forms(error, command):
    driver = fake_driver(breaks={"preview": error})
    status, out, _ = command(driver, "preview")
    assert (status, out.endswith(f"✗ {error}\n")) == (BROKEN, True)
    status, out, err = command(driver, "preview", "--json")
    assert (status, document(out)) == (
        BROKEN,
        {"result": "failed", "errors": [{"resource": error.where, "text": str(error)}]},
    )
    assert str(error) in err


def test_a_stack_file_with_mistakes_is_refused_before_an_engine_is_looked_for(command, project):
    write_stack_file(project / "stacks", sections("cluster: {name: logs, scenario: basik}"))
    driver = fake_driver(CHANGED)
    status, out, _ = command(driver, "up", "--json")
    assert (status, driver.asked) == (BROKEN, [])
    errors = document(out)["errors"]
    assert errors[0]["resource"] == "stacks/Pulumi.prod.yaml"
    assert "cluster.scenario" in errors[0]["text"]


def test_a_check_tells_what_is_accepted_and_yet_unwise(command):
    status, out, _ = command(fake_driver(), "check")
    found, warning = out.splitlines()
    assert (status, found) == (FINE, "stacks/Pulumi.prod.yaml: no mistake found")
    assert warning.startswith("! es-1, es-2 have addresses of their own and no section `ssh`")
    assert document(command(fake_driver(), "check", "--json")[1])["warnings"] == [warning.removeprefix("! ")]


def test_a_check_reads_the_stack_file_and_looks_for_no_engine(command, project):
    driver = fake_driver(CHANGED)
    write_stack_file(project / "stacks", sections(BY_SSH))
    assert command(driver, "check") == (FINE, "stacks/Pulumi.prod.yaml: no mistake found\n", "")
    fine = {"result": "checked", "problems": [], "waiting": [], "warnings": []}
    assert document(command(driver, "check", "--json")[1]) == fine

    write_stack_file(project / "stacks", sections("cluster: {name: logs, scenario: basik}"))
    status, out, _ = command(driver, "check")
    assert (status, driver.asked) == (BROKEN, [])
    assert out.startswith("✗ stacks/Pulumi.prod.yaml: 1 mistake; nothing was touched\n    cluster.scenario: ")


TWICE = """
nodes:
  - {name: es-1, address: 127.0.0.1, http_port: 9202, transport_port: 9301}
  - {name: es-2, address: 127.0.0.1, http_port: 9202, transport_port: 9302}
"""
MOVED = "nodes: [{name: es-2, http_port: 9204, instead_of: {http_port: 9202}}]"


@pytest.fixture
def checkout(project, monkeypatch):
    """The same project as a checkout whose development cluster moved es-2 to another port."""
    (project / "Pulumi.yaml").write_text("{runtime: {options: {}}, plugins: {providers: []}}")
    (project / ".dev").mkdir()
    (project / ".dev" / "overlay.yaml").write_text(MOVED)
    monkeypatch.setattr(workspace, "ROOT", project)
    return project


def test_a_port_that_was_taken_hides_no_mistake_in_the_stack_file(checkout, capsys):
    write_stack_file(checkout / "stacks", sections(TWICE), "local")
    assert main(["check", "local"]) == BROKEN
    assert "nodes[1].http_port (es-2): is 9202" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["preview", "up"])
def test_a_port_of_the_stack_file_that_does_not_count_is_told_every_time(name, checkout, monkeypatch, capsys):
    write_stack_file(checkout / "stacks", sections(TWICE.replace("9202", "9201", 1)), "local")
    monkeypatch.setattr(cli, "Driver", fake_driver(UNCHANGED))
    assert main([name, "local"]) == FINE
    told = "! es-2 has http_port 9204, since 9202 of the stack file is taken on this machine\n"
    assert capsys.readouterr().out.startswith(told)


def test_a_folder_without_a_project_is_refused(command, project):
    (project / "Pulumi.yaml").unlink()
    driver = fake_driver()
    assert command(driver, "preview")[0] == BROKEN
    assert driver.asked == []


def test_a_lock_that_a_killed_run_left_is_told_of(command):
    assert "an earlier run was killed, and its lock is taken away" in command(fake_driver(lock_left=True), "preview")[1]
    assert "killed" not in command(fake_driver(), "preview")[1]


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["apply", "prod"],
        ["preview"],
        ["up", "prod", "--markdown"],
        ["preview", "prod", "--markdown", "--json"],
        ["destroy", "prod", "--show-secrets"],
        ["preview", "prod", "extra"],
    ],
    ids=lambda arguments: " ".join(arguments) or "nothing",
)
def test_a_command_line_that_means_nothing_ends_as_broken(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == BROKEN
    assert capsys.readouterr().err.startswith("usage: ")


def test_statuses_are_those_that_scripts_rely_on():
    assert (FINE, DUE, BROKEN) == (0, 1, 2)


def test_a_reader_that_goes_away_as_head_does_gets_no_traceback():
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as closed:
        command = [sys.executable, "-m", "stacks", "check", "local"]
        done = subprocess.run(
            command, cwd=workspace.ROOT, stdout=closed, stderr=subprocess.PIPE, text=True, check=False
        )
    assert (done.returncode, done.stderr) == (BROKEN, "")


def test_an_environment_may_be_typed_as_the_path_of_its_stack_file(project, capsys):
    assert main(["check", "stacks/Pulumi.prod.yaml", "--project", str(project)]) == FINE
    assert "stacks/Pulumi.prod.yaml: no mistake found" in capsys.readouterr().out
