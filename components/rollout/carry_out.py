"""Carries out the steps of a plan, one after the other, and puts everything back when one fails."""

from collections.abc import Collection, Sequence
from itertools import takewhile

from components.errors import RolloutHalted, SecurityError, TargetUnreachable
from components.rollout.perform import Performer
from components.rollout.procedure import Procedure, procedure
from components.rollout.steps import Action, Step, back, may_go_back, no_way_back
from components.rollout.view import RolloutView


def carry_out(performer: Performer, view: RolloutView, steps: Sequence[Step]) -> None:
    """Do the steps; when one fails before all nodes have joined, put back what they changed, and say why.

    Once all have joined there is no way back for the nodes touched so far: what is left to do then waits for the
    next run.

    Raises:
        RolloutHalted: it was put back (or could not be: the text says which, and what to do), or the run was
            interrupted and the next node is not begun.
        SecurityError: a step failed that has nothing to put back.
    """
    performer.resumes = any(node.in_hand for node in view.nodes)
    if procedure(view) is Procedure.ROLLING:
        performer.least = performer.limits.least
    for number, step in enumerate(steps):
        if step.place != performer.context.place and performer.context.stopping():
            raise _stopped_before(step)
        try:
            performer.perform([step])
        except SecurityError as failure:
            if not may_go_back(steps[number:]):
                raise
            if procedure(view) is Procedure.ROLLING:
                leave_what_has_joined(performer, steps[number:], failure)
            performer.context.warn(f"{failure.where}: {failure.what}; putting everything back as it was")
            put_back(performer, view, failure)


def leave_what_has_joined(performer: Performer, left: Sequence[Step], failure: SecurityError) -> None:
    """Where the node in hand is a member again, and others are missing: finish it, and say so.

    To put it back would stop one more node, for the sake of one that this restart did not touch.

    Raises:
        RolloutHalted: it is so.
    """
    if left[0].action is not Action.WAIT_JOINED:
        return
    tidying = tuple(takewhile(lambda step: step.action is not Action.WAIT_HEALTHY, left[1:]))
    try:
        members = performer.cluster.summary().nodes
    except TargetUnreachable:
        return
    in_hand = {name for step in tidying for name in step.nodes}
    away = sorted(set(left[0].nodes) - members)
    if not in_hand <= members or not away:
        return
    performer.perform(tidying)
    raise RolloutHalted(
        f"{', '.join(sorted(in_hand))} has joined again, and {', '.join(away)} is away",
        where=", ".join(away),
        why=f"{failure.why}; nothing was put back, since this restart did not touch what is away; it goes no further",
        next_step=f"start {', '.join(away)}, then run `up` again: it goes on from here",
    ) from failure


def _stopped_before(step: Step) -> RolloutHalted:
    return RolloutHalted(
        "the rolling restart was interrupted between two nodes",
        where=step.place,
        why="somebody stopped the run, or it was killed; the nodes before this one are finished, this one is untouched",
        next_step="run `up` again: it goes on from here",
    )


def put_back(performer: Performer, view: RolloutView, failure: SecurityError) -> None:
    """Put the cluster back to what was kept, and raise what made it necessary.

    Raises:
        RolloutHalted: always.
    """
    try:
        now = RolloutView(performer.look(), consent=view.consent)
        stuck = no_way_back(now)
        performer.perform(back(now) if stuck is None else ())
    except SecurityError as second:
        raise RolloutHalted(
            f"{failure.what}, and putting the previous files back did not succeed either",
            where=failure.where,
            why=f"{failure.why}; then, at {second.where}: {second.what} ({second.why})",
            next_step=f"{second.next_step}; the previous files are still kept in the folder `essecurity-rollout` "
            "of each node's config folder, and the next `up` goes on from there",
        ) from failure
    ended = _ended(procedure(view), now) if stuck is None else f"nothing was put back: {stuck}"
    raise RolloutHalted(
        f"{failure.what}; {ended}{_still_ending(performer.ending)}",
        where=failure.where,
        why=failure.why,
        next_step=failure.next_step,
    ) from failure


def _ended(kind: Procedure, view: RolloutView) -> str:
    """Say how the cluster is once it was put back."""
    if kind is not Procedure.ROLLING:
        return "the previous files are back on every node, and the cluster runs as before"
    kept = [node.name for node in view.nodes if node.in_hand]
    if not kept:
        return "no node is left half-way"
    return f"the previous files of {', '.join(kept)} are back, it runs as before, and the rollout goes no further"


def _still_ending(nodes: Collection[str]) -> str:
    """Say which nodes may end all the same, since a node that was told to stop cannot be told to stay."""
    return f"; but {', '.join(sorted(nodes))} may still end, when its open requests do: start it then" if nodes else ""
