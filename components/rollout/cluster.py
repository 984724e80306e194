"""The cluster in a rollout: allocation held and released, members counted, health compared.

What must survive a kill is written into the cluster's own settings, in the same request that makes it
necessary: with allocation held, there is always a mark that says what to put back.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import TypeVar

from components.clock import Clock
from components.errors import RolloutHalted, TargetUnreachable
from components.nodes.cluster_api import (
    ALLOCATION,
    MARK,
    PRIMARIES,
    ClusterApi,
    ClusterSummary,
    Line,
    connect_within,
    hold_left,
    in_our_words,
)
from components.nodes.cluster_facts import ClusterFacts
from components.nodes.waiting import within

Result = TypeVar("Result")

ORDER = ("red", "yellow", "green")
POLL = 0.5
"""Seconds between two looks at a cluster that is coming up."""
ANSWER_WITHIN = 5.0
"""Seconds in which a cluster that is up answers."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What a rollout found before it began.

    Attributes:
        allocation: the operator's own persistent allocation setting; None when it was not set.
        status: the health.
        documents: how many documents there were.
    """

    allocation: str | None
    status: str
    documents: int


class RolloutCluster:
    """The cluster's API, as a rollout needs it; connects anew for each use, since nodes come and go."""

    def __init__(self, line: Line, clock: Clock, waiting: Callable[[str], None]) -> None:
        self.line, self.clock, self.waiting = line, clock, waiting

    def summary(self) -> ClusterSummary:
        """Return how the cluster is.

        Raises:
            TargetUnreachable: it does not answer.
        """
        return self._with(lambda api: api.summary(), ANSWER_WITHIN)

    def facts(self) -> ClusterFacts:
        """Return what a preflight wants to know.

        Raises:
            TargetUnreachable: it does not answer.
        """
        return self._with(lambda api: api.facts(self.clock.now().timestamp()), ANSWER_WITHIN)

    def hold_allocation(self) -> Mark:
        """Keep replicas where they are; what an earlier run noted is kept, but for what somebody has set since then.

        Source: full-cluster-restart procedure, step 1.
        """

        def hold(api: ClusterApi) -> Mark:
            persistent = api.persistent_settings()
            noted, allocation = _noted(persistent), persistent.get(ALLOCATION)
            if noted and allocation == PRIMARIES:
                return noted
            if noted:
                mark = replace(noted, allocation=allocation)
            else:
                mark = Mark(allocation, api.summary().status, api.documents())
            api.set_persistent({ALLOCATION: PRIMARIES, MARK: json.dumps(asdict(mark))})
            return mark

        return self._with(hold, ANSWER_WITHIN)

    def release_allocation(self) -> Mark | None:
        """Put the operator's allocation setting back, and take the mark away with it; return the mark.

        What somebody has set since allocation was held stays: it is the operator's own by then.
        """

        def release(api: ClusterApi) -> Mark | None:
            persistent = api.persistent_settings()
            mark, allocation = _noted(persistent), persistent.get(ALLOCATION)
            if mark is None:
                return None
            api.set_persistent({ALLOCATION: mark.allocation if allocation == PRIMARIES else allocation, MARK: None})
            return mark

        return self._with(release, 30)

    def hold_left(self) -> str:
        """Return in words what an earlier run left of its hold on replicas, if anything: health may suffer from it."""
        return self._with(lambda api: hold_left(api.persistent_settings()), ANSWER_WITHIN)

    def flush(self) -> None:
        """Flush every index."""
        self._with(lambda api: api.flush(), ANSWER_WITHIN)

    def documents(self) -> int:
        """Return the number of documents."""
        return self._with(lambda api: api.documents(), 30)

    def wait_joined(self, nodes: frozenset[str], seconds: float) -> None:
        """Wait until every node is a member.

        Raises:
            RolloutHalted: some were not in time; the text names them, and the key that gives them more.
        """

        def absent() -> str:
            missing = nodes - self.summary().nodes
            return f"{', '.join(sorted(missing))} not joined yet" if missing else ""

        next_step = (
            "look at the logs of the nodes named; when they are well, run `up` again; where they only need longer, "
            "raise `rollout.join_timeout` in the stack file"
        )
        self._wait(absent, seconds, what="the cluster did not form in time", next_step=next_step)

    def wait_healthy(self, status: str, seconds: float, stopping: Callable[[], bool], nodes: frozenset[str]) -> None:
        """Wait until every node is there, and health at least what it has to be.

        A cluster may be green without a node: a minute after it went away its replicas are made anew elsewhere.

        Args:
            status: what it has to be.
            seconds: how long it may take.
            stopping: tells whether the run was interrupted: shards may take hours, and no node is down meanwhile.
            nodes: every node that has to be there.

        Raises:
            RolloutHalted: it was not in time (the text names the key that gives it more), or the run was interrupted.
        """

        def worse() -> str:
            now = self.summary()
            away = sorted(nodes - now.nodes)
            left = [f"{', '.join(away)} is away"] if away else []
            if ORDER.index(now.status) < ORDER.index(status):
                left.append(f"health {now.status}, and {status} is needed")
            return "; ".join(left)

        next_step = (
            f"wait until all nodes are there and health is {status}, then run `up` again: it goes on from here; where "
            f"shards need more than {seconds:.0f} s to come back, raise `rollout.health_timeout` in the stack file"
        )
        self._wait(
            worse, seconds, what="the cluster did not become healthy in time", next_step=next_step, ends=stopping
        )

    def _wait(
        self,
        unmet: Callable[[], str],
        seconds: float,
        *,
        what: str,
        next_step: str,
        ends: Callable[[], bool] = lambda: False,
    ) -> None:
        began = self.clock.monotonic()
        while True:
            try:
                left = unmet()
            except TargetUnreachable as error:
                left = error.what
            if not left:
                return
            if ends():
                raise _interrupted(left)
            passed = self.clock.monotonic() - began
            if passed > seconds:
                raise RolloutHalted(
                    what,
                    where="cluster",
                    why=f"after {passed:.0f} s: {left}",
                    next_step=next_step,
                )
            self.waiting(f"{left} ({passed:.0f} s of at most {seconds:.0f} s)")
            self.clock.sleep(POLL)

    def _with(self, use: Callable[[ClusterApi], Result], seconds: float) -> Result:
        """Use the API, trying again for so long while the cluster is not ready; every use may be repeated."""

        def once() -> Result:
            api = connect_within(0, self.line, self.clock, self.waiting)
            try:
                with in_our_words():
                    return use(api)
            finally:
                api.close()

        return within(seconds, self.clock, self.waiting, once)


def _interrupted(left: str) -> RolloutHalted:
    return RolloutHalted(
        "the run was interrupted while it waited for health",
        where="cluster",
        why=f"{left}; no node is down for this restart",
        next_step="run `up` again: it goes on from here",
    )


def _noted(persistent: Mapping[str, str]) -> Mark | None:
    return Mark(**json.loads(persistent[MARK])) if MARK in persistent else None
