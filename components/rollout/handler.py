"""`essecurity:rollout:ClusterRestart`: which start-time configuration each node runs with, and how it got there."""

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from pydantic import Field, SecretStr

from components.drift import Drift
from components.handling import Change, Context, Handler, Recorded
from components.nodes.line import LineInputs
from components.nodes.process import STOP_TIMEOUT, Patience
from components.nodes.spec import Node
from components.nodes.targets import machine_of
from components.rollout.admission import admitted
from components.rollout.away import seconds_away
from components.rollout.carry_out import carry_out
from components.rollout.cluster import RolloutCluster
from components.rollout.cut_off import another_ca, refuse_to_cut_off
from components.rollout.drift import cluster_drift, nodes_drift
from components.rollout.left_over import as_the_cluster_knows, asked_what_is_held, still_held
from components.rollout.limits import Limits
from components.rollout.node import RecordedNode, RolloutNode
from components.rollout.not_running import nodes_that_are_away, of_nodes_that_are_away, refuse_nodes_that_are_away
from components.rollout.perform import Performer, TimedStep
from components.rollout.placed import Placed
from components.rollout.preconditions import preflight
from components.rollout.preflight import Gate
from components.rollout.procedure import RESTARTING, Procedure, procedure, reasons, restart_reasons
from components.rollout.spec import HEALTH_TIMEOUT
from components.rollout.steps import plan
from components.rollout.unknown import held_against_ports
from components.rollout.view import RolloutView, Running, to_start
from components.rollout.waivers import Waiver, least_health
from components.settings.content import Content
from components.values import UNKNOWN, MaybeUnknown, Wire


class NodeToRun(Wire):
    """A node and what it must run with."""

    node: Node
    content: Content


class ClusterRestartInputs(Wire):
    """What the whole cluster must run with.

    Attributes:
        cluster: the cluster's name.
        nodes: every node of the cluster, with its content.
        line: how the cluster is called, before and after.
        full_cluster_restart: the operator's consent to stop all nodes at once.
        running: whether the cluster is to be running; if not, files are written and nothing is started.
        takes_over: whether nodes that somebody else secured are taken over.
        removes_old: whether their previous files go from each node once it is back.
        join_timeout: seconds until every node must have joined.
        health_timeout: seconds until health must be as good as before; left out where it is the default.
        start_timeout: seconds until a node that is started must be ready; absent for what is usual.
        stop_timeout: seconds until a node must have ended; left out where it is the default.
        waivers: gates that do not keep a restart from beginning.
        vouched: what the transport leaf of each node names, by its name; empty where that is not known.
        remote_clusters: the remote clusters that the stack file names.
        transport_generation: the generation whose leaves nodes present to each other; absent for the first one.
        retired_authorities_pem: CAs of the HTTP layer whose leaves nodes may serve, where its rotation was interrupted.
    """

    cluster: str
    nodes: tuple[NodeToRun, ...]
    line: LineInputs
    full_cluster_restart: bool = False
    running: bool = True
    takes_over: bool = False
    removes_old: bool = False
    join_timeout: int = 300
    health_timeout: int = HEALTH_TIMEOUT
    start_timeout: int | None = None
    stop_timeout: int = STOP_TIMEOUT
    waivers: tuple[Waiver, ...] = ()
    vouched: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    remote_clusters: tuple[str, ...] = ()
    transport_generation: int | None = None
    retired_authorities_pem: SecretStr | None = None


class ClusterRestartOutputs(Wire):
    """What came of it.

    Attributes:
        running_nodes: what each node runs with.
        procedure: what the last change took.
        reasons: why.
        steps: the steps of the last change: planned in a preview, executed otherwise.
        gates: how the preflight's gates stood before it.
        timed_steps: when each step began, and how long it took.
        full_stop_seconds: how long the last full stop took; 0 when there was none.
        documents_before: documents before the last full stop; -1 when not counted.
        documents_after: documents after it; -1 when not counted.
        processes: node and process id of what runs with what is wanted: another one has to be verified anew.
    """

    running_nodes: tuple[RecordedNode, ...] = ()
    procedure: str = Procedure.NONE
    reasons: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    gates: tuple[str, ...] = ()
    timed_steps: tuple[TimedStep, ...] = ()
    full_stop_seconds: float = 0
    documents_before: int = -1
    documents_after: int = -1
    processes: MaybeUnknown[tuple[str, ...]] = ()


RestartRecord = Recorded[ClusterRestartInputs, ClusterRestartOutputs]


class ClusterRestartHandler(Handler[ClusterRestartInputs, ClusterRestartOutputs]):
    """Restarts nodes so that they run with what is wanted, and only those that do not yet."""

    token = "essecurity:rollout:ClusterRestart"  # noqa: S105 (a resource type, not a secret)
    summary = "Which start-time configuration each node runs with, and the restarts that it takes."
    inputs = ClusterRestartInputs
    outputs = ClusterRestartOutputs
    replace_on: ClassVar[frozenset[str]] = frozenset({"cluster"})
    places: ClassVar[frozenset[str]] = frozenset({"vouched", "remoteClusters", "retiredAuthoritiesPem"})

    def name(self, wanted: ClusterRestartInputs) -> str:
        """Return the id."""
        return f"{wanted.cluster}/restart"

    def changes(self, recorded: RestartRecord, wanted: ClusterRestartInputs, context: Context) -> Sequence[Change]:
        """Return the reason to restart for each node, as far as the nodes can be looked at now."""
        performer = self._performer(wanted, recorded, context)
        view = as_the_cluster_knows(self._view(performer, wanted), performer.cluster)
        if procedure(view) not in RESTARTING:  # those of a restart are told with its plan
            asked, nodes, named = performer.cluster, performer.nodes.values(), wanted.remote_clusters
            found = preflight(view, asked, nodes, vouched=wanted.vouched, named=named)
            view = still_held(view, found)
            for gate in (*found, *of_nodes_that_are_away(view)):
                context.say(str(gate))
        away = nodes_that_are_away(view)
        return [Change(reason, on="runningNodes") for reason in (*reasons(view), *away)]

    def preview(
        self, recorded: RestartRecord | None, wanted: ClusterRestartInputs, context: Context
    ) -> ClusterRestartOutputs:
        """Return the steps that it would take, and refuse what could not be begun."""
        performer = self._performer(wanted, recorded, context)
        view = self._asked(performer, wanted, recorded)
        before = recorded.outputs if recorded else ClusterRestartOutputs()
        steps = plan(view)
        if not steps:  # the steps of the last change are not those of this one
            for gate in of_nodes_that_are_away(view):
                context.say(str(gate))
            return before.model_copy(update={"procedure": Procedure.NONE, "reasons": (), "steps": (), "gates": ()})
        self._announce(view, before, context)
        for number, step in enumerate(steps, 1):
            context.say(f"{number:2}. {step}")
        passed = (*self._admitted(view, wanted, performer, before, written=False), *of_nodes_that_are_away(view))
        for gate in passed:
            context.say(str(gate))
        planned = {
            "procedure": procedure(view),
            "reasons": tuple(map(str, reasons(view))),
            "steps": tuple(map(str, steps)),
            "gates": tuple(map(str, passed)),
            "processes": UNKNOWN,
        }
        return before.model_copy(update=planned)

    def converge(
        self, recorded: RestartRecord | None, wanted: ClusterRestartInputs, context: Context
    ) -> ClusterRestartOutputs:
        """Carry out the procedure that it takes, and look again.

        Raises:
            ConfigurationRefused: it may not begin, or a rotation cuts off a member; the text says what to change.
            TargetUnreachable: there is nothing to do, but that some nodes do not run.
            RolloutHalted: it failed, and everything was put back.
        """
        performer = self._performer(wanted, recorded, context)
        view = self._asked(performer, wanted, recorded)
        before = recorded.outputs if recorded else ClusterRestartOutputs()
        steps, kind = plan(view), procedure(view)
        passed: tuple[Gate, ...] = ()
        if not steps:
            refuse_nodes_that_are_away(view)
        else:
            passed = self._admitted(view, wanted, performer, before)
            carry_out(performer, view, steps)
        if wanted.running:
            self._warn_of_what_is_left(self._view(performer, wanted), context)
        outputs = self._outputs(performer, before, kind, tuple(map(str, reasons(view))))
        return outputs.model_copy(update={"gates": tuple(map(str, passed))}) if performer.timed else outputs

    def _warn_of_what_is_left(self, view: RolloutView, context: Context) -> None:
        for reason in restart_reasons(view):
            context.warn(f"still to be done: {reason}")
        for node in view.nodes:
            if node.running is Running.NOT_RUNNING and node.on_disk:
                text = f"{node.name} has all its files, and does not run: start it, then run `up` again"
                context.warn(f"{text}{to_start([node])}")

    def observe(self, recorded: RestartRecord, context: Context) -> ClusterRestartOutputs:
        """Return what each node runs with now."""
        performer = self._performer(recorded.inputs, recorded, context)
        now = tuple(node.record() for node in performer.nodes.values())
        return recorded.outputs.model_copy(update={"running_nodes": now})

    def drift(self, recorded: RestartRecord, context: Context) -> Sequence[Drift]:
        """Return what is not as recorded, of each node and of the cluster; a machine that is away hides no other."""
        performer, starts = self._performer(recorded.inputs, recorded, context), recorded.inputs.running
        found = nodes_drift(performer.nodes.values(), starts=starts)
        return (*found, *cluster_drift(performer.cluster)) if starts else found

    def _performer(self, wanted: ClusterRestartInputs, recorded: RestartRecord | None, context: Context) -> Performer:
        known = {node.name: node for node in recorded.outputs.running_nodes} if recorded else {}
        patience = Patience(wanted.start_timeout, wanted.stop_timeout)
        nodes = {
            item.node.name: RolloutNode(
                item.node,
                machine_of(item.node.machine, patience),
                item.content,
                known.get(item.node.name),
                removes_old=wanted.removes_old,
                new=bool(known) and item.node.name not in known,
            )
            for item in wanted.nodes
        }
        listed = tuple(item.node for item in wanted.nodes)
        before = recorded.inputs.line if recorded else None
        line = wanted.line.until_done(listed, before, wanted.retired_authorities_pem)
        placed = Placed(context)
        cluster = RolloutCluster(line, context.clock, placed.progress)
        least = least_health(wanted.waivers, context.clock.now().date())
        return Performer(nodes, cluster, placed, Limits(wanted.join_timeout, wanted.health_timeout, least))

    def _view(self, performer: Performer, wanted: ClusterRestartInputs) -> RolloutView:
        nodes = performer.look()
        if wanted.running:
            nodes = held_against_ports(nodes, performer.nodes)
        else:  # nobody expects a node to start
            nodes = tuple(replace(node, half_done="") for node in nodes)
        consent, takes_over = wanted.full_cluster_restart, wanted.takes_over
        return RolloutView(nodes, consent=consent, starts=wanted.running, takes_over=takes_over)

    def _asked(self, performer: Performer, wanted: ClusterRestartInputs, recorded: RestartRecord | None) -> RolloutView:
        view = as_the_cluster_knows(self._view(performer, wanted), performer.cluster)
        if recorded and another_ca(recorded.inputs.transport_generation, wanted.transport_generation):
            refuse_to_cut_off(view, performer, wanted.waivers, where=wanted.cluster)
        return asked_what_is_held(view, performer.cluster)

    def _admitted(
        self,
        view: RolloutView,
        wanted: ClusterRestartInputs,
        performer: Performer,
        before: ClusterRestartOutputs,
        *,
        written: bool = True,
    ) -> tuple[Gate, ...]:
        """Refuse what could not be begun, and return how the preflight's gates stand."""
        away = seconds_away((timed.step, timed.seconds) for timed in before.timed_steps)
        where, vouched, named = wanted.cluster, wanted.vouched, wanted.remote_clusters
        found = (view, performer, wanted.waivers, away)
        return admitted(*found, where=where, vouched=vouched, named=named, written=written)

    def _announce(self, view: RolloutView, before: ClusterRestartOutputs, context: Context) -> None:
        full_stop = procedure(view) is Procedure.FULL_STOP and before.full_stop_seconds
        last = f" (the last one took {before.full_stop_seconds:.0f} s)" if full_stop else ""
        context.say(f"{procedure(view)} of {', '.join(view.names())}{last}, because:")
        for reason in reasons(view):
            context.say(f"  {reason}")

    def _outputs(
        self, performer: Performer, before: ClusterRestartOutputs, kind: Procedure, because: tuple[str, ...]
    ) -> ClusterRestartOutputs:
        now = tuple(node.record() for node in performer.nodes.values())
        processes = tuple(f"{node.name} {node.pid}" for node in now if node.pid)
        if not performer.timed:
            return before.model_copy(update={"running_nodes": now, "processes": processes})
        seconds = round(sum(timed.seconds for timed in performer.timed), 1)
        counted = kind is Procedure.FULL_STOP and performer.mark is not None
        return ClusterRestartOutputs(
            running_nodes=now,
            procedure=kind,
            reasons=because,
            steps=tuple(timed.step for timed in performer.timed),
            timed_steps=tuple(timed.recorded() for timed in performer.timed),
            full_stop_seconds=seconds if kind is Procedure.FULL_STOP else before.full_stop_seconds,
            documents_before=performer.mark.documents if counted and performer.mark else -1,
            documents_after=performer.cluster.documents() if counted else -1,
            processes=processes,
        )
