"""`essecurity:hooks:Announcement`: that a rollout is about to begin, which its hooks are told of.

A hook is a command of `pulumi-command`, which runs whenever an input of it differs. So all its inputs come from here,
and differ only where a rollout was announced: neither another computer nor an edit in the stack file runs a hook.

The driver has a plan before it begins, and hands it over: what is due by the clock or by drift is in it as well.
Without the driver there is none, and a rollout is what changes `content`.
"""

import json
from collections.abc import Sequence
from typing import Any, ClassVar

from pydantic import Field

from components.findings import Finding
from components.handling import Change, Context, Handler, Recorded
from components.hooks.spec import Hook
from components.values import UNKNOWN, MaybeUnknown, Wire, known

NO_ROLLOUT = ""
"""What the driver hands over where no hook is to run."""


class AnnouncementInputs(Wire):
    """What a rollout would carry out.

    Attributes:
        cluster: the cluster's name.
        content: what is wanted of the nodes, as JSON.
        hooks: the hooks, as the stack file has them now.
        commands: the command line that runs each of them, by the name of its resource.
        folder: where these begin.
        plan: the driver's plan, as JSON: `run`, which no other run has, and `plan`; empty where no hook is to run,
            absent where there is no driver.
    """

    cluster: str
    content: MaybeUnknown[str]
    hooks: tuple[Hook, ...]
    commands: dict[str, str]
    folder: str
    plan: str | None = None


class AnnouncementOutputs(Wire):
    """The last rollout that was announced.

    Attributes:
        announced: when; empty where none was yet.
        document: what hooks read.
        commands: the command line of each of its hooks.
        folder: where these begin.
    """

    announced: MaybeUnknown[str] = ""
    document: MaybeUnknown[str] = ""
    commands: dict[str, str] = Field(default_factory=dict)
    folder: str = ""


AnnouncementRecord = Recorded[AnnouncementInputs, AnnouncementOutputs]


class AnnouncementHandler(Handler[AnnouncementInputs, AnnouncementOutputs]):
    """Announces a rollout to the operator's hooks."""

    token = "essecurity:hooks:Announcement"  # noqa: S105 (a resource type, not a secret)
    summary = "That a rollout is about to begin, and what the operator's hooks are told of it."
    inputs = AnnouncementInputs
    outputs = AnnouncementOutputs
    places: ClassVar[frozenset[str]] = frozenset({"hooks", "commands", "folder", "plan"})

    def name(self, wanted: AnnouncementInputs) -> str:
        """Return the id."""
        return f"{wanted.cluster}/announcement"

    def changes(self, recorded: AnnouncementRecord, wanted: AnnouncementInputs, context: Context) -> Sequence[Change]:
        """Return that the driver has a plan. A refresh asks too, with the plan that is recorded."""
        if not wanted.plan or wanted.plan == recorded.inputs.plan:
            return ()
        return [Change(Finding("RolloutPlanned", "a rollout is announced"), on="announced")]

    def preview(
        self, recorded: AnnouncementRecord | None, wanted: AnnouncementInputs, context: Context
    ) -> AnnouncementOutputs:
        """Return which commands will run."""
        if wanted.plan == NO_ROLLOUT:
            return _as_before(recorded)
        outputs: dict[str, Any] = {"announced": UNKNOWN, "document": UNKNOWN}
        return AnnouncementOutputs(commands=wanted.commands, folder=wanted.folder, **outputs)

    def converge(
        self, recorded: AnnouncementRecord | None, wanted: AnnouncementInputs, context: Context
    ) -> AnnouncementOutputs:
        """Announce a rollout, unless the driver says that there is none."""
        if wanted.plan == NO_ROLLOUT:
            return _as_before(recorded)
        now = context.clock.now().isoformat()
        document = {
            "announced": now,
            "cluster": wanted.cluster,
            "wanted": json.loads(known(wanted.content)),
            "plan": json.loads(wanted.plan)["plan"] if wanted.plan else None,
        }
        return AnnouncementOutputs(
            announced=now,
            document=json.dumps(document, ensure_ascii=False, indent=2),
            commands=wanted.commands,
            folder=wanted.folder,
        )


def _as_before(recorded: AnnouncementRecord | None) -> AnnouncementOutputs:
    return recorded.outputs if recorded is not None else AnnouncementOutputs()
