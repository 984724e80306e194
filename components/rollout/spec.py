"""What an operator writes about restarts."""

from datetime import date
from enum import StrEnum

from pydantic import Field, SecretStr, StrictBool

from components.nodes.at_once import DEFAULT, MOST
from components.nodes.process import STOP_TIMEOUT
from components.pki.spec import HoldAfter
from components.rollout.waivers import Waivable
from components.values import Spec

FIRST_GENERATION = 1
"""The generation of a CA that was never rotated; a restart does not write it down."""
HEALTH_TIMEOUT = 600
"""Seconds that shards get to come back where the stack file does not say."""


class ConsentSpec(Spec):
    """Section `consent`: what may be done although it hurts."""

    full_cluster_restart: StrictBool = Field(
        False,
        description="Allow stopping all nodes at once. Needed once, when transport TLS goes on: nodes with and "
        "without TLS cannot talk to each other.",
    )
    traffic_in_clear: StrictBool = Field(
        False,
        description="Allow a scenario below what the nodes run with: from then on passwords and data cross the network "
        "in clear, for everybody on it to read. Allows logins in plain text, too, where HTTPS is in force: to repair "
        "nodes of which none serves it any more.",
    )


class WaiverSpec(Spec):
    """One thing that need not hold before a rollout."""

    gate: Waivable = Field(description="What is waived, as the refusal names it.")
    until: date = Field(description="The last day of the waiver (UTC); from the next day on the gate holds again.")


class OldFiles(StrEnum):
    """What becomes of the files of those who secured a node before."""

    KEEP = "keep"
    REMOVE = "remove"


class TakeoverSpec(Spec):
    """Section `takeover`: a cluster that somebody else secured becomes ours."""

    elastic_password: SecretStr | None = Field(
        None,
        description="The present password of `elastic`, encrypted (`pulumi config set --secret`): we log in with it "
        "until the new one is set. Left out where no node runs.",
    )
    old_files: OldFiles = Field(
        OldFiles.KEEP,
        description="The previous key and trust files, and what the keystore holds for them: `keep`, or `remove` from "
        "each node once it is back with ours.",
    )


class RolloutSpec(Spec):
    """Section `rollout`: how patient a rollout is, and how many machines are worked on at a time."""

    start_timeout: int | None = Field(
        None,
        ge=10,
        le=7200,
        strict=True,
        description="Seconds that one node may take from its start until it is ready; then it has failed, but with "
        "`docker` joining is waited for. Default: 300; 900 where systemd starts it.",
    )
    stop_timeout: int = Field(
        STOP_TIMEOUT,
        ge=10,
        le=7200,
        strict=True,
        description="Seconds that one node may take to end after SIGTERM; then the run fails. Nobody kills the node.",
    )
    join_timeout: int = Field(
        300,
        ge=10,
        le=7200,
        strict=True,
        description="Seconds until all nodes must have joined after a start; then everything is put back as it was.",
    )
    health_timeout: int = Field(
        HEALTH_TIMEOUT,
        ge=10,
        le=86400,
        strict=True,
        description="Seconds until health must be as good as before once all have joined, after each node of a rolling "
        "restart; then the run ends, nothing is put back, and no other node is stopped.",
    )
    machines_at_once: int = Field(
        DEFAULT,
        ge=1,
        le=MOST,
        strict=True,
        description="Machines that are worked on at a time: so many get their files at once, and in a full stop so "
        "many nodes are stopped and started at once; with more nodes than that it takes longer. A rolling restart is "
        "one node after the other, whatever is written here.",
    )
    waivers: tuple[WaiverSpec, ...] = Field(
        (), description="Gates that do not keep a restart from beginning, each until a day."
    )
    hold_after: HoldAfter | None = Field(
        None,
        description="The wave of a CA's rotation after which every `up` stops for a human: `cover` (all trust the new "
        "CA as well) or `present` (all present leaves of it; the old one is trusted still). Take it away to go on.",
    )
