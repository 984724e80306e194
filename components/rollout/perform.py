"""Does the steps of a plan: on nodes, and with the cluster."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar

from components.errors import MachineUnreachable, RolloutHalted, SecurityError, TargetUnreachable
from components.nodes.at_once import MACHINES
from components.rollout.cluster import ORDER, Mark, RolloutCluster
from components.rollout.decode import decode, known, since_last_start
from components.rollout.limits import Limits
from components.rollout.node import RolloutNode
from components.rollout.placed import Placed
from components.rollout.steps import Action, Step
from components.rollout.view import NodeView
from components.values import Wire

Result = TypeVar("Result")

START_AGAIN = 2.0
"""Seconds until a node is started again that an earlier process of it kept from starting."""


class TimedStep(Wire):
    """One executed step, when it began (ISO 8601, UTC; empty in older records) and how many seconds it took."""

    step: str
    seconds: float
    began: str = ""


@dataclass(frozen=True, slots=True)
class Timed:
    """One executed step, when it began (UTC) and how many seconds it took."""

    step: str
    began: datetime
    seconds: float

    def recorded(self) -> TimedStep:
        """Return it as it is recorded."""
        return TimedStep(step=self.step, began=self.began.isoformat(timespec="milliseconds"), seconds=self.seconds)


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
        least: the health that is waited for, whatever the mark says.
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
    least: str = "yellow"
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
        """Look at every node; where a rollout is in hand, also at who may be elected of those that are settled."""
        try:
            with ThreadPoolExecutor(MACHINES.most) as pool:
                views = tuple(pool.map(lambda node: node.view(), self.nodes.values()))
                return tuple(pool.map(self._with_its_role, views)) if any(view.in_hand for view in views) else views
        except MachineUnreachable:
            self.context.warn("whether a node has to be restarted is not known before every machine answers")
            raise

    def _with_its_role(self, view: NodeView) -> NodeView:
        return replace(view, master_eligible=self.nodes[view.name].master_eligible())

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
        deadline = clock.monotonic() + node.machine.patience.stop
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
                raise self._with_those_that_do_not_run(halted, names) from halted
            told = "; ".join(f"{name}: {found.cause}" for name, found in causes.items())
            next_step = next(iter(causes.values())).next_step
            where = ", ".join(causes)
            raise RolloutHalted(halted.what, where=where, why=f"{halted.why}; {told}", next_step=next_step) from halted

    def _with_those_that_do_not_run(self, halted: RolloutHalted, names: Sequence[str]) -> RolloutHalted:
        down = [name for name in names if _does_not_run(self.nodes[name])]
        why = f"{halted.why}; {', '.join(down)} does not run" if down else halted.why
        return RolloutHalted(halted.what, where=halted.where, why=why, next_step=halted.next_step)

    def _said(self, node: RolloutNode) -> str:
        """Return what a node has logged since it was started; nothing of one that was not."""
        if node.name not in self.logged:
            return ""
        return since_last_start(node.log_since(self.logged[node.name]))

    def wait_healthy(self) -> None:
        """Wait until every node is there, and health as good as before, and as good as it has to be."""
        status = max(self.mark.status if self.mark else self.least, self.least, key=ORDER.index)
        self._wait_for(status, frozenset(self.nodes))

    def _wait_for(self, status: str, nodes: frozenset[str]) -> None:
        self.cluster.wait_healthy(status, self.limits.health, self.context.stopping, nodes)

    def hold(self, stopped_next: Sequence[str]) -> None:
        """Hold the allocation, and keep what was noted with it.

        Before a running node is stopped while others go on, all others have to be there, and health good enough; shards
        that an earlier run keeps from moving are let go for that.
        """
        if stopped_next:
            self.cluster.release_allocation()
            self._wait_for(self.least, frozenset(self.nodes) - frozenset(stopped_next))
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


def _does_not_run(node: RolloutNode) -> bool:
    try:
        return node.machine.process() is None
    except SecurityError:  # nobody knows
        return False


def _try(act: Callable[[RolloutNode], None], node: RolloutNode) -> SecurityError | None:
    try:
        act(node)
    except SecurityError as error:
        return error
    return None


ACTIONS: dict[Action, Callable[[Performer, Sequence[str]], None]] = {
    Action.HOLD_ALLOCATION: lambda do, names: do.hold(names),
    Action.FLUSH: lambda do, names: do.flush(),
    Action.KEEP_PREVIOUS: lambda do, names: do.each(names, lambda node: node.keep_previous()),
    Action.STOP: lambda do, names: do.each(names, do.stop),
    Action.CONFIGURE: lambda do, names: do.each(names, lambda node: node.configure()),
    Action.RESTORE: lambda do, names: do.each(names, lambda node: node.restore()),
    Action.START: lambda do, names: do.each(names, do.start),
    Action.WAIT_JOINED: lambda do, names: do.wait_joined(names),
    Action.RELEASE_ALLOCATION: lambda do, names: do.release(),
    Action.FORGET_HOLD: lambda do, names: do.release(),
    Action.WAIT_HEALTHY: lambda do, names: do.wait_healthy(),
    Action.DISCARD_PREVIOUS: lambda do, names: do.each(names, lambda node: node.discard_previous()),
}
