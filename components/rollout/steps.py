"""The steps of a procedure, as values that print themselves: what a preview lists is what is executed."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from components.findings import Finding
from components.nodes.cluster_api import STILL_HELD
from components.rollout.begun import would_be_stopped
from components.rollout.procedure import Procedure, procedure, rollout_is_in_hand
from components.rollout.view import NodeView, RolloutView, Running, is_right, nodes_down


class Action(StrEnum):
    """What one step does; the text is what a person reads, with `{nodes}` filled in.

    Source: deploy-manage/maintenance/start-stop-services/full-cluster-restart-rolling-restart-procedures.
    """

    HOLD_ALLOCATION = "keep replicas from being moved (cluster.routing.allocation.enable: primaries)"
    FLUSH = "flush every index"
    KEEP_PREVIOUS = "keep the previous elasticsearch.yml and keystore of {nodes}"
    STOP = "stop {nodes}"
    CONFIGURE = "write elasticsearch.yml and keystore of {nodes}"
    RESTORE = "put the previous elasticsearch.yml and keystore of {nodes} back"
    START = "start {nodes}"
    WAIT_JOINED = "wait until {nodes} have joined"
    RELEASE_ALLOCATION = "let replicas be moved again"
    FORGET_HOLD = "take an earlier rollout's note out of the cluster's settings"
    WAIT_HEALTHY = "wait until health is as good as before"
    DISCARD_PREVIOUS = "remove what was kept of {nodes}"


@dataclass(frozen=True, slots=True)
class Step:
    """One step, for some nodes at once.

    Attributes:
        action: what is done.
        nodes: on which nodes; empty for the cluster as a whole. Of a hold of allocation: which running node is stopped
            next while others go on, once they are well.
        place: where in a rolling restart it stands, such as `node 2 of 3, es-2`; empty elsewhere.
    """

    action: Action
    nodes: tuple[str, ...] = ()
    place: str = field(default="", compare=False)

    def __str__(self) -> str:
        names = ", ".join(self.nodes)
        first = f"once health lets {names} be stopped: " if names and self.action is Action.HOLD_ALLOCATION else ""
        return first + self.action.value.format(nodes=names)


JOINED = frozenset({Action.WAIT_JOINED, Action.DISCARD_PREVIOUS, Action.WAIT_HEALTHY})
"""With the first of these a node, or all, are on their way no more; the other ones come after it."""


def plan(view: RolloutView) -> tuple[Step, ...]:
    """Return the steps of the procedure that a cluster needs; none where nothing is to be done."""
    return PLANS[procedure(view)](view)


def full_stop(view: RolloutView) -> tuple[Step, ...]:
    """Return the steps of a full stop, or the rest of one that was killed half-way.

    1. Let go of what is left over. While the cluster still answers, which takes all of its nodes: hold allocation,
       flush.
    2. Keep what each node has now, once: what an earlier run kept is older, and better, unless it would part the node
       from others that have left that state for good.
    3. Stop every node that does not run with what is wanted yet; now no two nodes can disagree on TLS.
    4. Configure, and start: master-eligible nodes first, so that the others find a cluster.
    5. When all have joined: release allocation, let go of what was kept, since there is no way back any more, and
       wait for health.

    Properties: a node that already runs with what is wanted is not touched, but waited for; nothing is
    changed on any node before all that must stop have stopped.
    """
    rest = [node for node in view.nodes if not is_right(node)]
    running = [node for node in rest if would_be_stopped(node)]
    parting = [node for node in rest if _would_part(node, view)]
    steps = _tidy_up(view, parting)
    if running and all(node.running is not Running.NOT_RUNNING for node in view.nodes):
        steps += [Step(Action.HOLD_ALLOCATION), Step(Action.FLUSH)]
    steps += _for(Action.KEEP_PREVIOUS, [node for node in rest if not rollout_is_in_hand(node) or node in parting])
    steps += _for(Action.STOP, running)
    steps += _for(Action.CONFIGURE, [node for node in rest if not node.on_disk])
    steps += _for(Action.START, [node for node in rest if node.master_eligible])
    steps += _for(Action.START, [node for node in rest if not node.master_eligible])
    steps += [
        Step(Action.WAIT_JOINED, view.names()),
        Step(Action.RELEASE_ALLOCATION),
        Step(Action.DISCARD_PREVIOUS, view.names()),
        Step(Action.WAIT_HEALTHY),
    ]
    return tuple(steps)


def rolling(view: RolloutView) -> tuple[Step, ...]:
    """Return the steps of a rolling restart, or the rest of one that was killed half-way.

    1. Let go of what is left over. A node that an earlier run left in the middle comes first, of several one that is
       down, since all others wait for it; the elected master last.
    2. For each node: hold allocation (of one that runs: once health lets it be stopped), flush, keep what it has, stop,
       configure, start it.
    3. When all nodes have joined: release allocation, let go of what was kept, wait for health; then the next one.

    Properties: never more than one node is down; a node that already runs with what is wanted is not touched, but
    waited for; no node is stopped before health is as good as it was, and as good as it has to be. What has joined is
    in hand no more: a later run neither puts it back nor goes on without asking how the cluster is.
    """
    order = rolling_order(view)
    steps = [
        replace(step, place=f"node {number} of {len(order)}, {node.name}")
        for number, node in enumerate(order, 1)
        for step in _one_node(node, view)
    ]
    return (*_tidy_up(view), *steps)


def rolling_order(view: RolloutView) -> tuple[NodeView, ...]:
    """Return the nodes that a rolling restart touches, in its order."""
    left = [node for node in view.nodes if not is_right(node) or node.in_hand]
    return tuple(
        sorted(left, key=lambda node: (not node.in_hand, not _is_down(node), node.name == view.elected_master))
    )


def _is_down(node: NodeView) -> bool:
    return node.running is Running.NOT_RUNNING


def _one_node(node: NodeView, view: RolloutView) -> Iterator[Step]:
    right, name = is_right(node), (node.name,)
    if not right:
        runs = node.running is not Running.NOT_RUNNING
        yield from (Step(Action.HOLD_ALLOCATION, name if runs else ()), Step(Action.FLUSH))
        if not node.in_hand:
            yield Step(Action.KEEP_PREVIOUS, name)
        if runs:
            yield Step(Action.STOP, name)
        if not node.on_disk:
            yield Step(Action.CONFIGURE, name)
        yield Step(Action.START, name)
    yield Step(Action.WAIT_JOINED, view.names())
    yield from (Step(Action.RELEASE_ALLOCATION), Step(Action.DISCARD_PREVIOUS, name), Step(Action.WAIT_HEALTHY))


def files_only(view: RolloutView) -> tuple[Step, ...]:
    """Return the steps for nodes that need their files, or to be tidied up, but no restart."""
    lets_go = view.held == STILL_HELD
    return (
        *_for(Action.CONFIGURE, [node for node in view.nodes if not node.on_disk]),
        *((Step(Action.RELEASE_ALLOCATION if lets_go else Action.FORGET_HOLD),) if view.held else ()),
        *_tidy_up(view),
        *((Step(Action.WAIT_HEALTHY),) if lets_go and not nodes_down(view) else ()),
    )


def _tidy_up(view: RolloutView, besides: Collection[NodeView] = ()) -> list[Step]:
    return _for(Action.DISCARD_PREVIOUS, [node for node in view.nodes if node.left_files or node in besides])


def back(view: RolloutView, only: Collection[str]) -> tuple[Step, ...]:
    """Return the steps that put nodes back to what was kept, looked at after something failed.

    A node that still runs with its previous configuration is left running.

    Args:
        view: the nodes.
        only: which of them: all in a full stop; in a rolling restart the one that is touched, and no other is stopped
            or waited for.
    """
    names = tuple(node.name for node in view.nodes if node.name in only)
    kept = [node for node in view.nodes if node.in_hand and node.name in only]
    changed = [node for node in kept if node.running is Running.WANTED]
    start = [node for node in kept if node.running is not Running.OTHER]
    return (
        *_for(Action.STOP, changed),
        *_for(Action.RESTORE, kept),
        *_for(Action.START, [node for node in start if node.master_eligible]),
        *_for(Action.START, [node for node in start if not node.master_eligible]),
        Step(Action.WAIT_JOINED, names),
        Step(Action.RELEASE_ALLOCATION),
        Step(Action.DISCARD_PREVIOUS, names),
    )


def touched(view: RolloutView, left: Sequence[Step]) -> tuple[str, ...]:
    """Return which nodes are worked on while the first of the steps left is done: all, or one of a rolling restart."""
    if procedure(view) is not Procedure.ROLLING:
        return view.names()
    return next((step.nodes for step in left if step.action is Action.DISCARD_PREVIOUS), ())


def may_go_back(left: Sequence[Step]) -> bool:
    """Tell whether a rollout whose first step left has failed can put back what it was changing.

    It can until all nodes have joined; from then on it only lets go of what was kept, and waits for health.
    """
    ends = (step.action for step in left if step.action in JOINED)
    return next(ends, None) is Action.WAIT_JOINED


def no_way_back(view: RolloutView) -> Finding | None:
    """Find kept files that would part a node from others, of which nothing is kept any more."""
    parted = [node.name for node in view.nodes if _would_part(node, view)]
    if not parted:
        return None
    return Finding(
        "NoWayBack",
        f"{', '.join(node.name for node in _settled(view))} speaks for good as is wanted, "
        f"and with its previous files {', '.join(parted)} could not talk to it",
    )


def _settled(view: RolloutView) -> list[NodeView]:
    """Return the nodes of which nothing is kept any more, and that are where they are to be, as far as TLS goes."""
    return [node for node in view.nodes if not node.in_hand and (is_right(node) or _speaks_as_wanted(node))]


def _would_part(node: NodeView, view: RolloutView) -> bool:
    return any(node.kept_tls is (not other.wants_tls) for other in _settled(view))


def _speaks_as_wanted(node: NodeView) -> bool:
    return node.speaks_tls is not None and node.speaks_tls is node.wants_tls


PLANS = {
    Procedure.NONE: lambda view: (),
    Procedure.TIDYING_UP: files_only,
    Procedure.FILES_ONLY: files_only,
    Procedure.ROLLING: rolling,
    Procedure.FULL_STOP: full_stop,
}


def _for(action: Action, nodes: list[NodeView]) -> list[Step]:
    return [Step(action, tuple(node.name for node in nodes))] if nodes else []
