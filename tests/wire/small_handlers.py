"""A resource type for what no real one does on demand: a box, whose handler does what the test says."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from pydantic import Field, SecretStr

from components.findings import Finding
from components.handling import Change, Context, Handler, Recorded, Refusal
from components.values import UNKNOWN, MaybeUnknown, Wire

BOX = "essecurity:test:Box"


class Part(Wire):
    name: str
    weight: int = 1


class BoxInputs(Wire):
    label: str
    place: str = "shelf"
    parts: tuple[Part, ...] = ()
    tags: dict[str, str] = Field(default_factory=dict)
    key: MaybeUnknown[SecretStr] | None = None
    count: MaybeUnknown[int] = 1


class BoxOutputs(Wire):
    serial: MaybeUnknown[str]
    contents: MaybeUnknown[SecretStr]
    kept_keys: MaybeUnknown[tuple[SecretStr, ...]] = ()
    counted: MaybeUnknown[int] = 0
    note: str | None = None


BoxRecord = Recorded[BoxInputs, BoxOutputs]


class Box(Handler[BoxInputs, BoxOutputs]):
    """A box. `work` is what is done when it is made or changed."""

    token = BOX
    summary = "A box."
    inputs = BoxInputs
    outputs = BoxOutputs
    replace_on: ClassVar[frozenset[str]] = frozenset({"place"})

    def __init__(
        self,
        work: Callable[[BoxInputs, Context], None] = lambda wanted, context: None,
        reasons: Sequence[Change] = (),
        found: Callable[[BoxRecord], BoxOutputs | None] = lambda recorded: recorded.outputs,
    ) -> None:
        self.work, self.reasons, self.found = work, reasons, found
        self.records: list[BoxRecord | None] = []
        self.forgotten: list[BoxRecord] = []
        self.foreseen: list[BoxInputs] = []

    def name(self, wanted: BoxInputs) -> str:
        return f"box/{wanted.label}"

    def refusals(self, wanted: BoxInputs) -> Sequence[Refusal]:
        return [Refusal("label", "is taken")] if wanted.label == "taken" else ()

    def foresee(self, wanted: BoxInputs) -> None:
        self.foreseen.append(wanted)

    def changes(self, recorded: BoxRecord, wanted: BoxInputs, context: Context) -> Sequence[Change]:
        return self.reasons

    def preview(self, recorded: BoxRecord | None, wanted: BoxInputs, context: Context) -> BoxOutputs:
        serial = recorded.outputs.serial if recorded else UNKNOWN
        return BoxOutputs(serial=serial, contents=UNKNOWN, kept_keys=UNKNOWN, counted=wanted.count)

    def converge(self, recorded: BoxRecord | None, wanted: BoxInputs, context: Context) -> BoxOutputs:
        self.records.append(recorded)
        self.work(wanted, context)
        serial = recorded.outputs.serial if recorded else "s-1"
        return BoxOutputs(serial=serial, contents=SecretStr("gold"), kept_keys=(SecretStr("k1"), SecretStr("k2")))

    def observe(self, recorded: BoxRecord, context: Context) -> BoxOutputs | None:
        return self.found(recorded)

    def forget(self, recorded: BoxRecord, context: Context) -> None:
        self.forgotten.append(recorded)


def reason(text: str, on: str = "serial", *, replaces: bool = False) -> Change:
    """Return a reason for an update beyond the inputs."""
    return Change(Finding("Because", text), on, replaces)
