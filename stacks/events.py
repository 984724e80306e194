"""The engine's events, turned into what a run is watched by: resources, notes, errors, progress."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pulumi.automation.events import DiagnosticEvent, EngineEvent, PolicyEvent, StepEventMetadata
from pulumi.runtime import rpc

from components.rollout.preflight import Sign
from stacks.hook_rows import COMMAND
from stacks.plan import UNCHANGED
from stacks.plan_rows import Seen
from stacks.policy_packs import MANDATORY, in_one_line, violation_of

PHASES = {
    "Announcement": "announcement to the hooks",
    "CertificateRequest": "certificate requests",
    "CertificateAuthority": "certificate authorities",
    "Certificate": "leaf certificates",
    "KibanaTrust": "Kibana's trust files",
    "NodeTrust": "trust files",
    "NodeAdoption": "key files that are taken over",
    "NodeIdentity": "key files",
    "Wave": "waves",
    "NodeSettings": "settings",
    "GeneratedPassword": "passwords",
    "ClusterRestart": "rollout",
    "KibanaSettings": "Kibana's settings",
    "UserPassword": "built-in users",
    "KibanaRestart": "Kibana",
    "NodeTrustExclusive": "trust files, exclusively",
    "ClusterVerification": "verification",
}
"""What a person calls the work on each type of resource, in the order in which it is done."""
HOOKS = "hooks"
"""What a person calls the work of `pulumi-command`."""
SIGNS = tuple(f"{sign} " for sign in Sign)
WITHOUT_REASON = frozenset({"update failed", "preview failed", "refresh failed", "destroy failed"})
"""What the engine adds after the error that matters."""
ENGINES_LEAD = re.compile(r"^(Preview|Create|Update|Delete|Refresh) failed: ", re.IGNORECASE)
"""What the engine puts before an error of the plugin."""
SAID_AGAIN = "an unhandled error occurred: "
"""What the Automation API puts before the error that ended the program, which was told already."""
HOOKS_LEAD = re.compile(r"^exit status \d+: running \".*\":\n(?=hook )")
"""What `pulumi-command` puts before the error of a hook (`components/hooks/run.py`)."""
OUR_FORM = "\n  why:  "
"""What is in every error of ours (`components/errors.py`), after what happened and where."""
INTERRUPTED = re.compile(r"^\s*\*\s+urn:\S+::(\S+), interrupted while \w+$", re.MULTILINE)
"""How the engine lists what a killed run left: its next run does that work again, since all of ours may be repeated."""


@dataclass(frozen=True, slots=True)
class Failure:
    """One error of a run: the resource it is about (empty for the program), the text, and whether a policy says it."""

    resource: str
    text: str
    of_policy: bool = False

    def for_people(self) -> "Failure":
        """Return it as it is printed: an error of ours names its place itself, and that of three resources is one."""
        text = HOOKS_LEAD.sub("", ENGINES_LEAD.sub("", self.text)).rstrip()
        return Failure("" if OUR_FORM in text else self.resource, text, self.of_policy)


def for_people(failures: Iterable[Failure]) -> tuple[Failure, ...]:
    """Return the errors of a run as they are printed, each once."""
    return tuple(dict.fromkeys(failure.for_people() for failure in failures))


@dataclass
class Watch:
    """Follows a run. `on_change` hears of a resource whose work begins or ends, `on_news` of what is being done."""

    on_begin: Callable[[str, str], None] = lambda phase, name: None
    on_end: Callable[[str, str], None] = lambda phase, name: None
    on_failure: Callable[[str, str], None] = lambda phase, name: None
    on_news: Callable[[str, str], None] = lambda phase, text: None
    on_note: Callable[[str], None] = lambda text: None
    seen: list[Seen] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    about_restart: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)

    def event(self, event: EngineEvent) -> None:
        """Take one event."""
        if event.diagnostic_event is not None:
            self._diagnostic(event.diagnostic_event)
        if event.policy_event is not None:
            self._policy(event.policy_event)
        if event.resource_pre_event is not None:
            self._step(event.resource_pre_event.metadata, self.on_begin)
        if event.res_outputs_event is not None:
            metadata = event.res_outputs_event.metadata
            self.seen.append(_seen(metadata))
            self._step(metadata, self.on_end)
        if event.res_op_failed_event is not None:
            self._step(event.res_op_failed_event.metadata, self.on_failure)

    @property
    def gates(self) -> tuple[str, ...]:
        """How the gates of the preflight stand, each as its line."""
        return tuple(dict.fromkeys(line for line in self.about_restart if line.startswith(SIGNS)))

    @property
    def removes(self) -> bool:
        """Whether resources go, or would."""
        return any(one.goes for one in self.seen)

    def phases(self) -> Mapping[str, int]:
        """Return how many resources each phase of the work changed, or would change."""
        return Counter(phase_of(seen.token) for seen in self.seen if seen.op not in UNCHANGED)

    def _step(self, metadata: StepEventMetadata, tell: Callable[[str, str], None]) -> None:
        phase = phase_of(metadata.type)
        if phase and _op(metadata) not in UNCHANGED:
            tell(phase, metadata.urn.rsplit("::", 1)[-1])

    def _policy(self, event: PolicyEvent) -> None:
        text = violation_of(event, OUR_FORM)
        if event.enforcement_level == MANDATORY:
            self.failures.append(Failure((event.resource_urn or "").rsplit("::", 1)[-1], text, of_policy=True))
        elif (said := in_one_line(text)) not in self.warnings:
            self.warnings.append(said)
            self.on_note(said)

    def _diagnostic(self, event: DiagnosticEvent) -> None:
        text, name = event.message.strip(), (event.urn or "").rsplit("::", 1)[-1]
        if event.severity == "debug" or not text:
            return
        if event.severity == "error":
            if text not in WITHOUT_REASON:
                self.failures.append(Failure(name, text.removeprefix(SAID_AGAIN)))
        elif event.ephemeral:
            self.on_news(phase_of(_type_in(event.urn or "")), text)
        elif event.severity == "warning":
            said = _in_our_words(text)
            self.warnings.append(said)
            self.on_note(said)
        elif event.urn:  # what a restart says, its outputs say in better order, unless it is refused
            gate = _type_in(event.urn).endswith(":UserPassword") and text.startswith(SIGNS)
            (self.about_restart if gate or "ClusterRestart" in event.urn else self.notes).append(text)


def _in_our_words(warning: str) -> str:
    """Return a warning; what the engine says about a killed run, and about clouds, in a line that helps here."""
    interrupted = INTERRUPTED.findall(warning)
    if not interrupted:
        return warning
    names = ", ".join(dict.fromkeys(interrupted))
    return f"an earlier run was killed in the middle of its work on {names}; it is looked at again and finished now"


def phase_of(token: str) -> str:
    """Return what a person calls the work on a type of resource; empty where it is none of ours."""
    if token == COMMAND:
        return HOOKS
    return PHASES.get(token.rsplit(":", 1)[-1], "") if token.startswith("essecurity:") else ""


def _type_in(urn: str) -> str:
    """Return the type of the resource that a URN names, without those of the components that it belongs to."""
    return urn.split("::")[2].rpartition("$")[2] if urn else ""


def _seen(metadata: StepEventMetadata) -> Seen:
    state: Any = metadata.new or metadata.old
    old: Any = metadata.old
    return Seen(
        name=metadata.urn.rsplit("::", 1)[-1],
        token=metadata.type,
        op=_op(metadata),
        inputs=_known(state.inputs) if state else {},
        outputs=_known(state.outputs) if state else {},
        before={**_known(old.outputs), **_known(old.inputs)} if old else {},
    )


def _known(properties: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the properties without those that a preview does not know yet."""
    return {key: value for key, value in (properties or {}).items() if value != rpc.UNKNOWN}


def _op(metadata: StepEventMetadata) -> str:
    return metadata.op.value if hasattr(metadata.op, "value") else str(metadata.op)
