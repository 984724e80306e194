"""The operator's hooks: what is written in a stack file, and what travels to the plugin."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from components.nodes.spec import NodeName
from components.nodes.ssh_spec import Ssh, SshSpec
from components.values import Spec, Wire

HOOK_NAME = r"^[a-z0-9]([a-z0-9-]{0,46}[a-z0-9])?$"
HookName = Annotated[str, StringConstraints(pattern=HOOK_NAME)]


class Moment(StrEnum):
    """When a hook runs."""

    BEFORE = "before"
    AFTER = "after"


class HookSpec(Spec):
    """One command of yours. It may run more often than once for a rollout, so it must be repeatable."""

    name: HookName = Field(description="What the hook is called, in plans and errors.")
    command: tuple[str, ...] = Field(
        description="The command, word by word, such as `[./hooks/silence.sh, 2h]`; without a shell, unless you name "
        "one. It reads the plan as JSON from its standard input, and fails by another exit status than 0."
    )
    on: NodeName | None = Field(
        None, description="The node or Kibana on whose machine it runs, reached as that one is. Default: this machine."
    )
    ssh: SshSpec | None = Field(
        None, description="How another machine is reached by SSH, on which it runs; with its `host`."
    )
    timeout: int = Field(300, ge=1, le=7200, strict=True, description="Seconds until it is ended, which is a failure.")


class HooksSpec(Spec):
    """Section `hooks`: commands of yours around a rollout, each list in its order."""

    before: tuple[HookSpec, ...] = Field(
        (), description="Run before anything changes on a node; if one fails, nothing is changed."
    )
    after: tuple[HookSpec, ...] = Field((), description="Run once everything is done and verified.")


class Hook(Wire):
    """A hook with every default filled in.

    Attributes:
        name: what it is called.
        moment: when it runs.
        command: the command, word by word.
        timeout: seconds until it is ended.
        folder: where a command on this machine begins: the project's folder.
        on: whose machine it runs on, or which host; empty for this machine.
        ssh: how that is reached; None where it is this machine.
    """

    name: str
    moment: Moment
    command: tuple[str, ...]
    timeout: int
    folder: str
    on: str = ""
    ssh: Ssh | None = None

    @property
    def resource(self) -> str:
        """The name of its resource."""
        return f"{self.moment}-{self.name}"
