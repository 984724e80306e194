"""What a rollout looks at: each node as it is, beside what it must be."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from components.rollout.entries import EntryDifference


class Running(StrEnum):
    """What a node's process runs with, as far as its configuration is ours."""

    NOT_RUNNING = "not running"
    WANTED = "the wanted configuration"
    OTHER = "another configuration"


@dataclass(frozen=True, slots=True)
class NodeView:
    """One node.

    Attributes:
        name: the node's name.
        running: what its process runs with.
        on_disk: whether elasticsearch.yml and the keystore hold what is wanted.
        speaks_tls: whether its transport layer speaks TLS now; None when it does not answer.
        wants_tls: whether its transport layer must speak TLS.
        master_eligible: whether it may be elected.
        in_hand: whether an earlier rollout stopped in the middle of this node.
        kept_tls: whether its transport layer speaks TLS with what is kept of it; None when nothing is kept.
        restarted: whether it runs, and was started after what is kept of it was kept.
        left_files: whether something lies there that a rollout kept and that no longer counts.
        changes: what differs between its files and what is wanted, each as a line for a person.
        entries: those of its keystore that differ, which are among these lines.
        has_keystore: whether there is a keystore.
        secured: how somebody else secured it already, by its elasticsearch.yml; empty where nobody did.
        half_done: why it does not start as somebody else left it; empty where it runs, or may be started.
        unnamed: whether what it presents now need not name its address, and its peers are to ask for that.
        start: what a person would type on its machine to start it.
        unknown: how it answers although nobody knows its process, and what to do; empty where that is not so.
        new: whether the stack has others on record, and not this one.
    """

    name: str
    running: Running
    on_disk: bool
    speaks_tls: bool | None
    wants_tls: bool
    master_eligible: bool = True
    in_hand: bool = False
    kept_tls: bool | None = None
    restarted: bool = False
    left_files: bool = False
    changes: tuple[str, ...] = field(default=())
    entries: tuple[EntryDifference, ...] = ()
    has_keystore: bool = True
    secured: str = ""
    half_done: str = ""
    unnamed: bool = False
    start: str = ""
    unknown: str = ""
    new: bool = False


@dataclass(frozen=True, slots=True)
class RolloutView:
    """The whole cluster, and what the operator allowed.

    Attributes:
        nodes: every node of the stack.
        consent: whether `consent.full_cluster_restart` is set.
        starts: whether the cluster is to be running (`cluster.running`).
        takes_over: whether nodes that somebody else secured are to be taken over (section `takeover`).
        elected_master: the node that leads now; None where that was not asked, or nobody answers.
        held: what an earlier rollout left of its hold on replicas, in words; empty also where a restart is due that
            ends that.
    """

    nodes: tuple[NodeView, ...]
    consent: bool
    starts: bool = True
    takes_over: bool = False
    elected_master: str | None = None
    held: str = ""

    def names(self) -> tuple[str, ...]:
        """Return the nodes' names."""
        return tuple(node.name for node in self.nodes)


def changes_tls(node: NodeView) -> bool:
    """Tell whether a node's transport layer speaks otherwise than it must."""
    return node.speaks_tls is not None and node.speaks_tls is not node.wants_tls


def is_right(node: NodeView) -> bool:
    """Tell whether a node already runs with what is wanted, and will start with it again."""
    return node.on_disk and node.running is Running.WANTED and not changes_tls(node)


def nodes_down(view: RolloutView) -> list[NodeView]:
    """Return the nodes that do not run."""
    return [node for node in view.nodes if node.running is Running.NOT_RUNNING]


def to_start(nodes: Iterable[NodeView]) -> str:
    """Return how a person starts these nodes, to stand behind a text; empty where that is not known."""
    commands: dict[str, list[str]] = {}
    for node in nodes:
        if node.start:
            commands.setdefault(node.start, []).append(node.name)
    told = "; ".join(f"on {', '.join(names)} `{command}`" for command, names in commands.items())
    return f" (to start: {told})" if told else ""
