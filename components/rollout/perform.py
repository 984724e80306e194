"""Carries out the steps of a plan, one after the other, and puts everything back when one fails."""

from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from components.errors import MachineUnreachable, RolloutHalted, SecurityError, TargetUnreachable
from components.nodes.at_once import MACHINES
from components.nodes.process import STOP_TIMEOUT
from components.rollout.cluster import Mark, RolloutCluster
from components.rollout.decode import decode, known, since_last_start
from components.rollout.node import RolloutNode
from components.rollout.placed import Placed
from components.rollout.procedure import Procedure, procedure
from components.rollout.spec import HEALTH_TIMEOUT
from components.rollout.steps import Action, Step, back, may_go_back, no_way_back
from components.rollout.view import NodeView, RolloutView

Result = TypeVar("Result")

START_AGAIN = 2.0
"""Seconds until a node is started again that an earlier process of it kept from starting."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a rollout waits, and for what.

    Attributes:
        join: seconds until every node must have joined.
        health: seconds until health must be as good as before.
        least: the health without which a rolling restart goes to no other node, where an earlier run that noted it has
            taken the note away already.
    """

    join: float = 300
    health: float = HEALTH_TIMEOUT
    least: str = "green"


@dataclass(frozen=True, slots=True)
class Timed:
    """One executed step, when it began (UTC) and how many seconds it took."""

    step: str
    began: datetime
    seconds: float


@dataclass
class Performer:
    """Does steps. Keeps only what it saw itself: the mark it found, and how long each step took.

    Attributes:
        nodes: every node, by name.
        cluster: the cluster that they form.
        context: the clock, and a voice that says where in the rollout it speaks.
        limits: how long it waits.
        resumes: whether it goes on with what an earlier rollout left in hand.
        mark: what was noted when the allocation was held; None until then.
        unmarked: the health that is waited for where there is no mark.
        timed: the steps that were done.
        logged: how many bytes a node had logged before it was started.
        ending: nodes that were to stop, and had not ended when nobody waited any longer.
    """

    nodes: Mapping[str, RolloutNode]
    cluster: RolloutCluster
    context: Placed
    limits: Limits
    resumes: bool = False
    mark: Mark | None = None
    unmarked: str = "yellow"
    timed: list[Timed] = field(default_factory=list)
    logged: dict[str, int] = field(default_factory=dict)
    ending: set[str] = field(default_factory=set)

    def perform(self, steps: Sequence[Step]) -> None:
        """Do the steps in order; the first that fails stops the rest.

        Raises:
            SecurityError: a step failed.
        """
        for step in steps:
            self.context.place = step.place
            self.context.progress(str(step))
            now, began = self.context.clock.now(), self.context.clock.monotonic()
            ACTIONS[step.action](self, step.nodes)
            self.timed.append(Timed(str(step), now, round(self.context.clock.monotonic() - began, 3)))

    def look(self) -> tuple[NodeView, ...]:
        """Look at every node."""
        try:
            with ThreadPoolExecutor(MACHINES.most) as pool:
                return tuple(pool.map(lambda node: node.view(), self.nodes.values()))
        except MachineUnreachable:
            self.context.warn("whether a node has to be restarted is not known before every machine answers")
            raise

    def each(self, names: Sequence[str], act: Callable[[RolloutNode], None]) -> None:
        """Do something on several nodes at once, on all of them, also when one fails.

        Raises:
            SecurityError: the only failure; several are joined into one RolloutHalted.
        """
        with ThreadPoolExecutor(MACHINES.most) as pool:
            failures = [failed for failed in pool.map(lambda name: _try(act, self.nodes[name]), names) if failed]
        if len(failures) == 1:
            raise failures[0]
        if failures:
            raise RolloutHalted(
                f"{len(failures)} nodes failed",
                where=", ".join(failure.where for failure in failures),
                why="; ".join(f"{failure.where}: {failure.why}" for failure in failures),
                next_step=failures[0].next_step,
            )

    def stop(self, node: RolloutNode) -> None:
        """Stop one node.

        Raises:
            CommandFailed: it did not end in time; it goes on ending.
        """
        self.ending.add(node.name)
        node.machine.stop(self.context.clock)
        self.ending.remove(node.name)

    def start(self, node: RolloutNode) -> None:
        """Start one node; where an earlier process of it is still ending, wait for that one.

        Raises:
            RolloutHalted: it did not come up; the text has the decoded cause.
        """
        clock = self.context.clock
        deadline = clock.monotonic() + STOP_TIMEOUT
        while True:
            self.logged[node.name] = node.logged()
            done = node.machine.start(clock)
            if done.ok:
                return
            decoded = decode(done.stdout, done.stderr, self._said(node))
            if not decoded.passes or clock.monotonic() > deadline:
                break
            self.context.progress(f"{node.name}: {decoded.cause}; trying again")
            clock.sleep(START_AGAIN)
        raise RolloutHalted(
            f"Elasticsearch did not start (exit status {done.exit_status})",
            where=node.name,
            why=decoded.cause,
            next_step=decoded.next_step,
        )

    def wait_joined(self, names: Sequence[str]) -> None:
        """Wait until the nodes have joined.

        Raises:
            RolloutHalted: some did not in time; with what keeps them away, where a node that was started says so.
        """
        try:
            self.cluster.wait_joined(frozenset(names), self.limits.join)
        except RolloutHalted as halted:
            causes = {name: found for name in names if (found := known(self._said(self.nodes[name])))}
            if not causes:
                raise
            told = "; ".join(f"{name}: {found.cause}" for name, found in causes.items())
            next_step = next(iter(causes.values())).next_step
            where = ", ".join(causes)
            raise RolloutHalted(halted.what, where=where, why=f"{halted.why}; {told}", next_step=next_step) from halted

    def _said(self, node: RolloutNode) -> str:
        """Return what a node has logged since it was started; nothing of one that was not."""
        if node.name not in self.logged:
            return ""
        return since_last_start(node.log_since(self.logged[node.name]))

    def hold(self) -> None:
        """Hold the allocation, and keep what was noted with it."""
        self.mark = self._while_it_answers(self.cluster.hold_allocation)

    def flush(self) -> None:
        """Flush every index."""
        self._while_it_answers(self.cluster.flush)

    def release(self) -> None:
        """Put the allocation back."""
        self.mark = self.cluster.release_allocation() or self.mark

    def _while_it_answers(self, ask: Callable[[], Result]) -> Result | None:
        """Ask the cluster; one that an earlier rollout was already stopping need not answer any more."""
        try:
            return ask()
        except TargetUnreachable as error:
            if not self.resumes:
                raise
            self.context.say(f"{error.what}, as an earlier rollout was stopping it already; going on without")
            return None


def _try(act: Callable[[RolloutNode], None], node: RolloutNode) -> SecurityError | None:
    try:
        act(node)
    except SecurityError as error:
        return error
    return None


ACTIONS: dict[Action, Callable[[Performer, Sequence[str]], None]] = {
    Action.HOLD_ALLOCATION: lambda do, names: do.hold(),
    Action.FLUSH: lambda do, names: do.flush(),
    Action.KEEP_PREVIOUS: lambda do, names: do.each(names, lambda node: node.keep_previous()),
    Action.STOP: lambda do, names: do.each(names, do.stop),
    Action.CONFIGURE: lambda do, names: do.each(names, lambda node: node.configure()),
    Action.RESTORE: lambda do, names: do.each(names, lambda node: node.restore()),
    Action.START: lambda do, names: do.each(names, do.start),
    Action.WAIT_JOINED: lambda do, names: do.wait_joined(names),
    Action.RELEASE_ALLOCATION: lambda do, names: do.release(),
    Action.WAIT_HEALTHY: lambda do, names: do.cluster.wait_healthy(
        do.mark.status if do.mark else do.unmarked, do.limits.health
    ),
    Action.DISCARD_PREVIOUS: lambda do, names: do.each(names, lambda node: node.discard_previous()),
}


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
    if procedure(view) is Procedure.ROLLING:  # it stops another node next
        performer.unmarked = performer.limits.least
    for number, step in enumerate(steps):
        if step.place != performer.context.place and performer.context.stopping():
            raise _stopped_before(step)
        try:
            performer.perform([step])
        except SecurityError as failure:
            if not may_go_back(steps[number:]):
                raise
            performer.context.warn(f"{failure.where}: {failure.what}; putting everything back as it was")
            put_back(performer, view, failure)


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
