"""Preflight: what a rollout finds out about the cluster before it touches a node. Read-only, and told in every plan.

Each gate looks at the case and says how it stands: a line for the preview, and whether it keeps a rollout from
beginning.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from components.findings import Finding
from components.nodes.cluster_facts import ClusterFacts
from components.rollout.licences import uncovered
from components.rollout.procedure import HELD, RESTARTING, Procedure, procedure
from components.rollout.view import RolloutView, Running
from components.settings.merge import Value

SUPPORTED = re.compile(r"8\.(19|[2-9]\d)\.|9\.")
"""Elasticsearch 8.19 and later 8.x, and 9.x."""
LOW_WATERMARK = 0.85
"""Share of a disk from which Elasticsearch gives a node no more replicas. Source: disk-based shard allocation."""
SKEW_WARNS, SKEW_BLOCKS = 30.0, 240.0
"""Seconds between a node's clock and ours; a new certificate is valid from five minutes before its making."""
MOST_NAMES = 5
LEAST_VOTERS = 3
"""Master-eligible nodes of which one may be away."""
ALL_LISTED = "every node of the cluster is in the stack file"
CLIENTS_GO_ON = "the restart changes nothing for clients"
"""What passwords and CAs change for them is not the restart's to know."""
THE_NEXT_ENDS_IT = "; the next `up` ends that"
NOT_RENEWED = "certificates are not renewed any more"
"""How the gate about nodes that are not listed is known from the others."""
CLIENT_CHANGES = {
    "xpack.security.enabled: false → true": "a login",
    "+ xpack.security.enabled: true": "a login",
    "+ xpack.security.http.ssl.enabled: true": "https:// and the CA (output caCertificatePem)",
    "− xpack.security.http.ssl.enabled": "http:// (nothing is encrypted any more)",
    "xpack.security.http.ssl.enabled: false → true": "https:// and the CA (output caCertificatePem)",
    "xpack.security.http.ssl.keystore.path: ": "another CA (output caCertificatePem)",
    "− xpack.security.http.ssl.certificate: ": "another CA (output caCertificatePem)",
}
"""How a line of elasticsearch.yml changes, and what that means to whoever calls the cluster."""


class Sign(StrEnum):
    """How a gate stands."""

    OPEN = "✓"
    MIND = "!"
    SHUT = "✗"


@dataclass(frozen=True, slots=True)
class Gate:
    """One gate: how it stands, and the sentence that a person reads."""

    reason: str
    sign: Sign
    text: str

    def __str__(self) -> str:
        return f"{self.sign} {self.text}"


@dataclass(frozen=True, slots=True)
class Case:
    """What the gates look at.

    Attributes:
        view: the nodes, and what is to be done with them.
        facts: what the cluster's API says.
        settings: what each node is to start with, by its name; the operator's own settings among them.
        away: seconds that a restart took the last time, from stop to join; 0 where there was none.
    """

    view: RolloutView
    facts: ClusterFacts
    settings: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    away: float = 0.0


def version_is_supported(case: Case) -> Gate:
    """Elasticsearch 8.19 or newer, the same on every node. Source: the settings pages that the scenarios cite."""
    versions = sorted(set(case.facts.versions.values()))
    if len(versions) > 1:
        text = f"nodes run Elasticsearch {' and '.join(versions)}; finish the upgrade first"
        return Gate("SeveralVersions", Sign.SHUT, text)
    if not versions or not SUPPORTED.match(versions[0]):
        return Gate("VersionNotSupported", Sign.SHUT, f"Elasticsearch {''.join(versions)}; 8.19 and 9.x are supported")
    return Gate("VersionSupported", Sign.OPEN, f"Elasticsearch {versions[0]} on {_who_was_asked(case)}")


def _who_was_asked(case: Case) -> str:
    """Return of which nodes the cluster's answer tells: it knows its members alone."""
    unasked = [node for node in case.view.nodes if node.name not in case.facts.versions]
    if not unasked:
        return "every node"
    down = all(node.running is Running.NOT_RUNNING for node in unasked)
    return "every node that runs" if down else "every node that is in the cluster"


def health_is_green(case: Case) -> Gate:
    """Every shard has all its copies. Source: full-cluster-restart-rolling-restart-procedures."""
    if case.facts.status == "green":
        return Gate("HealthGreen", Sign.OPEN, "health is green")
    return Gate(
        "HealthNotGreen", Sign.MIND, f"health is {case.facts.status}, {case.facts.unassigned} shards unassigned"
    )


def licence_is_enough(case: Case) -> Gate:
    """TLS, passwords and roles come with every licence, also Basic; other features of the operator's own do not.

    Source: subscriptions, XPackLicenseState; each feature's in `licences.py`.
    """
    if case.facts.licence is None:
        return Gate("LicenceNotKnown", Sign.MIND, "which licence the cluster has could not be found out")
    kind, state = case.facts.licence
    missed = uncovered(case.settings, kind if state == "active" else "basic")
    if missed:
        sign = Sign.SHUT if any(each.feature.refuses for each in missed) else Sign.MIND
        return Gate("LicenceNotEnough", sign, f"licence {kind}, {state}: {'; '.join(map(str, missed))}")
    sign = Sign.OPEN if state == "active" else Sign.MIND
    return Gate("Licence", sign, f"licence {kind}, {state}")


def disks_have_room(case: Case) -> Gate:
    """A node above the low watermark gets its shards back slowly. Source: rolling restart, disk watermarks."""
    full = [f"{name} {used:.0%}" for name, used in sorted(case.facts.disk_used.items()) if used > LOW_WATERMARK]
    if full:
        return Gate("DiskFull", Sign.MIND, f"disks are over {LOW_WATERMARK:.0%} full: {', '.join(full)}")
    return Gate("DiskRoom", Sign.OPEN, f"every disk is at most {LOW_WATERMARK:.0%} full")


def clocks_agree(case: Case) -> Gate:
    """A certificate that begins in a node's future is refused there."""
    skew = case.facts.skew
    worst = max(skew, key=lambda name: abs(skew[name]), default="")
    seconds = skew.get(worst, 0.0)
    if abs(seconds) < SKEW_WARNS:
        return Gate("ClocksAgree", Sign.OPEN, f"clocks are within {SKEW_WARNS:.0f} s of this machine's")
    text = f"the clock of {worst} is {abs(seconds):.0f} s {'behind' if seconds < 0 else 'ahead of'} this machine's"
    if abs(seconds) < SKEW_BLOCKS:
        return Gate("ClocksDiffer", Sign.MIND, text)
    why = "new certificates would not be valid there" if seconds < 0 else "certificates end there before they do here"
    return Gate("ClocksDiffer", Sign.SHUT, f"{text}: {why}; set the clocks")


def replicas_are_still_held(case: Case) -> tuple[Gate, ...]:
    """Replicas that stay held are not made anew when a node is lost. Source: full-cluster-restart procedure, step 1."""
    if not case.facts.held:
        return ()
    return (Gate(HELD, Sign.MIND, f"{case.facts.held}{THE_NEXT_ENDS_IT}"),)


def every_node_is_listed(case: Case) -> Gate:
    """A member that the stack file leaves out is not looked after. A restart refuses it (`unlisted_nodes`)."""
    unlisted = sorted(case.facts.versions.keys() - set(case.view.names()))
    if not unlisted:
        return Gate("EveryNodeListed", Sign.OPEN, ALL_LISTED)
    named, (be, it, its) = ", ".join(unlisted), ("is", "it", "its") if len(unlisted) == 1 else ("are", "them", "their")
    text = f"{named} {be} still in the cluster: list {it} under `nodes`, or stop {it}; {its} {NOT_RENEWED}"
    return Gate("NodeNotListed", Sign.MIND, text)


def second_copies(case: Case) -> Gate:
    """An index without replicas is partly away while a node restarts. Source: rolling restart."""
    alone = case.facts.without_replicas
    about = f" (about {case.away:.0f} s, as the last time)" if case.away else ""
    if procedure(case.view) is Procedure.FULL_STOP:
        return Gate("AllAway", Sign.MIND, f"no search and no write is answered while all nodes are stopped{about}")
    if not alone:
        return Gate("SecondCopies", Sign.OPEN, "every index has a second copy")
    more = f" and {len(alone) - MOST_NAMES} more" if len(alone) > MOST_NAMES else ""
    named = f"{', '.join(alone[:MOST_NAMES])}{more}"
    return Gate("NoSecondCopy", Sign.MIND, f"without a second copy, and away while their node restarts{about}: {named}")


def quorum_outlives_one_node(case: Case) -> Gate:
    """Of one or two master-eligible nodes none may be away. Source: modules-discovery-quorums."""
    voters = len(case.facts.voters)
    if procedure(case.view) is Procedure.ROLLING and voters < LEAST_VOTERS:
        text = f"only {voters} nodes may be elected: while one of them restarts, no search and no write is answered"
        return Gate("NoQuorum", Sign.MIND, text)
    return Gate("Quorum", Sign.OPEN, f"{voters} master-eligible node{'' if voters == 1 else 's'}")


def clients_can_go_on(case: Case) -> Gate:
    """Whoever calls the cluster has to know before. Source: set-up-basic-security-plus-https (clients), minimal."""
    changes = [change for node in case.view.nodes for change in node.changes]
    needs = [what for key, what in CLIENT_CHANGES.items() if any(change.startswith(key) for change in changes)]
    if any(node.secured for node in case.view.nodes):
        needs.append("new passwords (outputs elasticPassword, userPasswords)")
    if needs:
        return Gate("ClientsChange", Sign.MIND, f"from then on clients need {' and '.join(needs)}")
    return Gate("ClientsGoOn", Sign.OPEN, CLIENTS_GO_ON)


GATES: tuple[Callable[[Case], Gate], ...] = (
    version_is_supported,
    health_is_green,
    licence_is_enough,
    disks_have_room,
    clocks_agree,
)
"""What is looked at in every preview."""
GATES_WITHOUT_A_RESTART: tuple[Callable[[Case], Gate], ...] = (every_node_is_listed,)
"""What is looked at besides, when no node is to be restarted."""
GATES_OF_A_RESTART: tuple[Callable[[Case], Gate], ...] = (quorum_outlives_one_node, second_copies, clients_can_go_on)
"""What is looked at besides, when nodes are to be restarted."""


def gates(case: Case) -> tuple[Gate, ...]:
    """Return how every gate stands that there is, and first what an earlier rollout left."""
    besides = GATES_OF_A_RESTART if procedure(case.view) in RESTARTING else GATES_WITHOUT_A_RESTART
    return (*replicas_are_still_held(case), *(gate(case) for gate in (*GATES, *besides)))


def shut(found: tuple[Gate, ...]) -> tuple[Finding, ...]:
    """Return what keeps a rollout from beginning."""
    return tuple(Finding(gate.reason, gate.text) for gate in found if gate.sign is Sign.SHUT)
