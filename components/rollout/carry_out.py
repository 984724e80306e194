"""Carries out the steps of a plan, one after the other, and puts everything back when one fails."""

from collections.abc import Collection, Sequence
from contextlib import suppress
from itertools import takewhile

from components.errors import RolloutHalted, SecurityError
from components.rollout.left_over import left_half_way
from components.rollout.perform import Performer
from components.rollout.procedure import Procedure, procedure
from components.rollout.refusals import CONSENT_LINE
from components.rollout.steps import Action, Step, back, may_go_back, no_way_back, touched
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
        if _is_between_two_nodes(performer, view, step) and performer.context.stopping():
            raise _stopped_before(step)
        try:
            performer.perform([step])
        except SecurityError as failure:
            left = steps[number:]
            if not may_go_back(left):
                raise
            if step.action is Action.WAIT_JOINED and _has_joined_all_the_same(performer, view, left, failure):
                continue
            if _would_stop_what_runs(view, steps):
                raise _not_allowed(failure, left_half_way(view, performer.cluster)) from failure
            only = touched(view, left)
            everything = "everything" if procedure(view) is Procedure.FULL_STOP else ", ".join(only)
            if step.action is not Action.HOLD_ALLOCATION:  # nothing was changed yet
                performer.context.warn(f"{failure.where}: {failure.what}; putting {everything} back as it was")
            put_back(performer, view, only, failure)


def _is_between_two_nodes(performer: Performer, view: RolloutView, step: Step) -> bool:
    """Tell whether another node of a rolling restart is begun now; one that is in hand already is finished first."""
    name = step.place.rpartition(", ")[2]
    begun = any(node.in_hand for node in view.nodes if node.name == name)
    return bool(step.place) and step.place != performer.context.place and not begun


def _has_joined_all_the_same(
    performer: Performer, view: RolloutView, left: Sequence[Step], failure: SecurityError
) -> bool:
    """Look once more who has joined; where in a rolling restart only others are missing, finish the node, and say so.

    To put it back would stop one more node, for the sake of one that is worked on no more, or was not touched.

    Returns:
        Whether every node has; if not, nodes may be put back.

    Raises:
        RolloutHalted: the node in hand has, and others are away.
    """
    try:
        members = performer.cluster.summary().nodes
    except SecurityError:
        return False
    in_hand, away = touched(view, left), sorted(set(left[0].nodes) - members)
    if not away:
        return True
    if procedure(view) is not Procedure.ROLLING or not set(in_hand) <= members:
        return False
    performer.perform(tuple(takewhile(lambda step: step.action is not Action.WAIT_HEALTHY, left[1:])))
    raise RolloutHalted(
        f"{', '.join(in_hand)} has joined again, and {', '.join(away)} is away",
        where=", ".join(away),
        why=f"{failure.why}; nothing was put back, since {', '.join(in_hand)} is well, and no other node is stopped",
        next_step=f"see that {', '.join(away)} runs and joins, then run `up` again: it goes on from here",
    ) from failure


def _would_stop_what_runs(view: RolloutView, steps: Sequence[Step]) -> bool:
    """Tell whether going back is a full stop of its own: every node runs as it should, and was only waited for."""
    stops = any(step.action in {Action.STOP, Action.START} for step in steps)
    alone = procedure(view) is Procedure.FULL_STOP and not view.consent and not stops
    return alone and no_way_back(view) is None


def _not_allowed(failure: SecurityError, left: str) -> RolloutHalted:
    return RolloutHalted(
        f"{failure.what}; nothing was put back",
        where=failure.where,
        why=f"{failure.why}; every node runs as it should, and putting back stops them all, which is not allowed",
        next_step=f"{failure.next_step}; to have what an earlier run kept put back, add this line to the stack file: "
        f"{CONSENT_LINE}{left}",
    )


def _stopped_before(step: Step) -> RolloutHalted:
    return RolloutHalted(
        "the rolling restart was interrupted between two nodes",
        where=step.place,
        why="somebody stopped the run, or it was killed; the nodes before this one are finished, this one is untouched",
        next_step="run `up` again: it goes on from here",
    )


def put_back(performer: Performer, view: RolloutView, only: Collection[str], failure: SecurityError) -> None:
    """Put these nodes back to what was kept, and raise what made it necessary.

    Raises:
        RolloutHalted: always.
    """
    try:
        now = RolloutView(performer.look(), consent=view.consent)
        stuck = no_way_back(now)
        if stuck is None:
            performer.perform(back(now, only))
        else:
            _let_go(performer)
    except SecurityError as second:
        if procedure(view) is Procedure.ROLLING:  # of a full stop, that they are held tells that not all had joined
            _let_go(performer)
        raise RolloutHalted(
            f"{failure.what}, and putting the previous files back did not succeed either",
            where=failure.where,
            why=f"{failure.why}; then, at {second.where}: {second.what} ({second.why})",
            next_step=f"{second.next_step}; the previous files are still kept in the folder `essecurity-rollout` "
            "of each node's config folder, and the next `up` goes on from there; for what came first: "
            f"{failure.next_step}",
        ) from failure
    ended = _ended(procedure(view), now, only) if stuck is None else f"nothing was put back: {stuck}"
    raise RolloutHalted(
        f"{failure.what}; {ended}{_still_ending(performer.ending)}",
        where=failure.where,
        why=failure.why,
        next_step=failure.next_step,
    ) from failure


def _let_go(performer: Performer) -> None:
    """Let replicas be moved where nothing is put back: those of a node that is down are made anew elsewhere."""
    with suppress(SecurityError):
        performer.release()


def _ended(kind: Procedure, view: RolloutView, only: Collection[str]) -> str:
    """Say how the cluster is once it was put back."""
    if kind is not Procedure.ROLLING:
        return "the previous files are back on every node, and the cluster runs as before"
    kept = [node.name for node in view.nodes if node.in_hand and node.name in only]
    if not kept:
        return "no node is left half-way"
    return f"the previous files of {', '.join(kept)} are back, it runs as before, and the rollout goes no further"


def _still_ending(nodes: Collection[str]) -> str:
    """Say which nodes may end all the same, since a node that was told to stop cannot be told to stay."""
    return f"; but {', '.join(sorted(nodes))} may still end, when its open requests do: start it then" if nodes else ""
