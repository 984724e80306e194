"""The command line: `python -m stacks check|discover|preview|up|refresh|output|destroy ENVIRONMENT`.

Exit status: 0 when nothing is due, 1 when something is (`preview`, `refresh`, `discover`; `up --exit-code` where it
changed something), 2 when something is broken, or a machine did not answer: nobody knows then (`preview` and `refresh`
end with 1 where something is due elsewhere).
"""

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from pulumi.automation import OutputValue

from components.clock import SystemClock
from components.errors import ConfigurationRefused, SecurityError
from stacks.advice import advice_on
from stacks.announcing import announced_to_hooks
from stacks.arguments import parsed
from stacks.asking import agreed
from stacks.awaiting import told
from stacks.client_gates import gates_beside
from stacks.command_plugin import refuse_missing_plugin
from stacks.config import model_from, named, sections_of_file
from stacks.discover import discover
from stacks.drift import drift_data, drift_in, drift_view, nodes_away, not_known
from stacks.driver import Driver, RunFailed
from stacks.events import Failure, Watch, for_people
from stacks.forgotten import warnings_about_forgotten
from stacks.hints import hints_for
from stacks.look_ahead import in_title, moment_of, moved_to
from stacks.markdown import failure_markdown, plan_markdown
from stacks.masks import MASKED
from stacks.never_up import refuse_unrecorded, refuse_without_outputs
from stacks.passphrase import open_to_others
from stacks.plan import Plan, plan_from
from stacks.policy_packs import policy_packs
from stacks.problems import problems_with
from stacks.progress import RunDisplay
from stacks.show import outputs_view, plan_data, plan_view, summary_view
from stacks.statuses import BROKEN, DUE, FINE
from stacks.times import Times, steps_of_rollout
from stacks.unseen import unseen_in, unseen_told
from stacks.warning_words import folded_warnings
from stacks.workspace import Workspace, refuse_missing_project, workspace_for
from toolchain import console


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit status."""
    options = parsed(COMMANDS, __doc__, arguments)
    data = options.json or options.markdown or getattr(options, "name", None) is not None
    with console.stdout_for_data(wanted=data):
        return _run(options)


def _run(options: argparse.Namespace) -> int:
    try:
        return COMMANDS[options.command](options)
    except SecurityError as error:
        console.problem(error)
        _print_failed(options, (Failure(error.where, str(error)),), problems_with(error, options))
    except RunFailed as failed:
        failures = failed.failures or (Failure("", failed.said),)
        for failure in for_people(failures):
            console.failure(failure.resource, failure.text)
        _print_failed(options, failures)
    return BROKEN


def check(options: argparse.Namespace) -> int:
    """Read the stack file alone, and tell every mistake in it; no machine is looked at."""
    workspace = _checked(options)
    where = named(workspace.written or workspace.stack_file)
    console.say(f"{where}: no mistake found")
    model = model_from(sections_of_file(workspace.stack_file), where=where)
    warnings = [*(one.message for one in advice_on(model)), *told(model), *open_to_others()]
    for warning in warnings:
        console.say(f"! {warning}")
    _print_json(options, {"result": "checked", "problems": [], "waiting": [], "warnings": warnings})
    return FINE


def preview(options: argparse.Namespace) -> int:
    """Show what an `up` would do; change nothing."""
    at = None if options.at is None else moment_of(options.at, SystemClock().now())
    workspace, driver = _open(options, at)
    plan, _ = _preview(driver, diff=options.diff)
    title = _title(workspace) + in_title(at)
    console.show(plan_view(plan, title))
    moved = {"at": at.isoformat()} if at else {}
    _print_json(options, {"result": "previewed", **moved, "plan": plan_data(plan)})
    if options.markdown:
        sys.stdout.write(plan_markdown(plan, title))
    return _ended(plan.unseen, due=not plan.is_empty)


def up(options: argparse.Namespace) -> int:
    """Preview, show the plan, ask on a terminal, carry it out, and say what there is now."""
    workspace, driver = _open(options)
    plan, previewed = _preview(driver)
    console.show(plan_view(plan, _title(workspace)))
    times = Times()
    unseen = plan.unseen
    if plan.is_empty:
        console.say("no changes")
    elif not agreed(unasked=options.yes or options.json):
        console.say("nothing was done")
        return _ended(unseen, due=True)
    else:
        times, unseen = _carry_out(driver, previewed, plan)
    outputs = _masked(driver.outputs(in_clear=False))
    console.show(summary_view(_title(workspace), outputs, times, hints_for(workspace, outputs), SystemClock().now()))
    result = "unchanged" if plan.is_empty else "changed"
    _print_json(options, {"result": result, "plan": plan_data(plan), "seconds": times.data(), "outputs": outputs})
    status = _ended(unseen, due=False)
    return DUE if options.exit_code and not plan.is_empty and status is FINE else status


def refresh(options: argparse.Namespace) -> int:
    """Look at every machine, and say what is not as recorded."""
    workspace, driver = _open(options)
    watch = Watch()
    with console.task("look at every machine") as task:
        driver.refresh(watch)
        refuse_unrecorded(watch.seen, options.environment)
        task.done(f"{len(watch.seen)} resources looked at")
    found = drift_in(watch.seen)
    console.show(drift_view(found, _title(workspace)))
    away = unseen_in(watch.warnings)
    unseen = sorted({*nodes_away(found), *away})
    _print_json(options, {"result": "refreshed", "findings": drift_data(found), "unseen": unseen})
    status = _ended(away, due=not all(map(not_known, found)))
    return status if set(unseen) == set(away) else BROKEN  # a file that nobody can read, on a machine that answers


def output(options: argparse.Namespace) -> int:
    """Print the stack's outputs, or one of them."""
    _, driver = _open(options)
    found = driver.outputs()
    refuse_without_outputs(found, options.environment)
    outputs = {name: each.value for name, each in found.items()} if options.show_secrets else _masked(found)
    if options.name is not None and options.name not in outputs:
        raise ConfigurationRefused(
            f"there is no output `{options.name}`",
            where=f"stack {options.environment}",
            why=f"its outputs are {', '.join(sorted(outputs))}",
            next_step="name one of these",
        )
    if options.json:
        _print_json(options, outputs if options.name is None else outputs[options.name])
    elif options.name is not None:
        value = outputs[options.name]
        sys.stdout.write(f"{value if isinstance(value, str) else json.dumps(value)}\n")
    else:
        console.show(outputs_view(outputs, SystemClock().now()))
    return FINE


def destroy(options: argparse.Namespace) -> int:
    """Forget the stack's resources; every file stays on its node, and the cluster stays as secured as it is."""
    if not options.yes:
        raise ConfigurationRefused(
            "nothing was done",
            where=f"stack {options.environment}",
            why="with the stack's state go the keys of the CAs and of requests, and the passwords; the nodes stay as "
            "they are, and nobody can issue certificates for them any more",
            next_step=f"save what you need with `output {options.environment} --show-secrets`, then say "
            f"`destroy {options.environment} --yes`",
        )
    _, driver = _open(options)
    with console.task("forget every resource"):
        driver.destroy(Watch())
    console.say("forgotten; files stay on every node, and the cluster stays as secured as it is")
    _print_json(options, {"result": "destroyed"})
    return FINE


COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "check": check,
    "discover": discover,
    "preview": preview,
    "up": up,
    "refresh": refresh,
    "output": output,
    "destroy": destroy,
}


def _checked(options: argparse.Namespace) -> Workspace:
    """Return where the stack is run, once its file was checked as a whole: as it was written, and as it is run."""
    if options.project is not None:
        refuse_missing_project(options.project)
    workspace = workspace_for(options.environment, options.project)
    for path in (workspace.written, workspace.stack_file):
        if path is not None:
            model_from(sections_of_file(path), where=named(path))
    return workspace


def _open(options: argparse.Namespace, at: datetime | None = None) -> tuple[Workspace, Driver]:
    """Check the stack file, before an engine is even looked for; then open the stack."""
    packs = policy_packs(getattr(options, "policy_pack", ()), getattr(options, "policy_pack_config", ()))
    workspace = moved_to(_checked(options), at)
    for moved in workspace.moved:
        console.say(f"! {moved}")
    driver = Driver(workspace, policy_packs=packs, debug=getattr(options, "debug", False))
    runs = options.command != "output"
    if runs and any(sections_of_file(workspace.stack_file).get("hooks", {}).values()):
        refuse_missing_plugin(workspace.environment, driver.install_plugin)
    with console.quiet_task("wait for an earlier run") as news:
        if driver.clear_locks(news):
            console.say("an earlier run was killed, and its lock is taken away; the next `up` finishes its work")
    return workspace, driver


def _ended(unseen: Sequence[str], *, due: bool) -> int:
    """Return the status of a run that went well, and say last of all which nodes it could not look at."""
    if unseen:
        console.failure("", unseen_told(unseen))
    return DUE if due else BROKEN if unseen else FINE


def _preview(driver: Driver, *, diff: bool = False) -> tuple[Plan, Watch]:
    """Return the plan, and what it was made of."""
    watch = Watch()
    try:
        with console.task("preview") as task:
            driver.preview(watch, diff=diff)
            task.done(f"{len(watch.seen)} resources looked at")
    except RunFailed:
        if not all(failure.of_policy for failure in watch.failures):
            warned = [f"! {text}" for text in folded_warnings(watch.warnings)]
            for line in (*warned, *watch.about_restart):  # what was refused, and why it would be done
                console.say(line)
        raise
    # diffs side by side warn in any order, and two previews of the same are to read alike
    warnings = dict.fromkeys([*sorted(watch.warnings), *warnings_about_forgotten(watch.seen, watch.gates)])
    plan = plan_from(watch.seen, watch.notes, watch.gates)
    gates = gates_beside(plan.gates, plan.rows, warnings)
    plan = replace(plan, warnings=tuple(warnings), unseen=unseen_in(watch.warnings), gates=gates)
    return plan, watch


def _carry_out(driver: Driver, previewed: Watch, plan: Plan) -> tuple[Times, tuple[str, ...]]:
    """Run it, and return how long it took, and who was not looked at.

    What the plan warned of already is not said again.
    """

    def note(text: str) -> None:
        if text not in plan.warnings:
            console.say(f"! {text}")

    with RunDisplay(SystemClock(), previewed.phases()) as display:
        watch = Watch(
            on_begin=display.begin,
            on_end=display.end,
            on_failure=display.fail,
            on_news=display.news,
            on_note=note,
        )
        with announced_to_hooks(plan):
            driver.up(watch, removes=previewed.removes)
    steps = steps_of_rollout(watch.seen) if plan.restart is not None else {}
    return Times(display.total, display.times, steps), unseen_in(watch.warnings)


def _masked(outputs: Mapping[str, OutputValue]) -> dict[str, Any]:
    return {name: MASKED if found.secret else found.value for name, found in outputs.items()}


def _title(workspace: Workspace) -> str:
    sections = sections_of_file(workspace.stack_file)
    return f"{sections['cluster']['name']} ({workspace.stack}) · {sections['cluster']['scenario']}"


def _print_failed(
    options: argparse.Namespace, failures: Sequence[Failure], problems: Mapping[str, Any] | None = None
) -> None:
    errors = [{"resource": failure.resource, "text": failure.text} for failure in failures]
    _print_json(options, {"result": "failed", "errors": errors, **(problems or {})})
    if options.markdown:
        texts = [": ".join(filter(None, (one.resource, one.text))) for one in for_people(failures)]
        sys.stdout.write(failure_markdown(options.environment, texts))


def _print_json(options: argparse.Namespace, data: Any) -> None:
    if options.json:
        sys.stdout.write(f"{json.dumps(data, indent=2, default=str)}\n")
