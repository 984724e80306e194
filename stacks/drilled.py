"""What a drill changed in the development cluster, laid over its stack file, which stays as its owner wrote it.

A CA that was rotated has a higher generation for good: to go back to a lower one is another rotation, or refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

FILE = "drill.yaml"
HEADING = "# Written by drill, and laid over stacks/Pulumi.local.yaml: how often each CA was rotated.\n"


@dataclass(frozen=True, slots=True)
class Drilled:
    """What lies over the stack file.

    Attributes:
        rotations: how often a drill rotated the CA of a layer.
        meanwhile: sections that hold while a drill is at work.
    """

    rotations: Mapping[str, int] = field(default_factory=dict)
    meanwhile: Mapping[str, Any] = field(default_factory=dict)

    def rotated(self, *layers: str) -> "Drilled":
        """Return the same with the CA of each of these layers rotated once more."""
        more = {str(layer): self.rotations.get(layer, 0) + 1 for layer in layers}
        return Drilled({**self.rotations, **more}, self.meanwhile)

    def over(self, sections: Mapping[str, Any]) -> dict[str, Any]:
        """Return the sections of a stack file as they are with this over them."""
        laid = _merged(sections, self.meanwhile)
        authorities = laid.get("authorities") or {}
        for layer, count in self.rotations.items():
            own = authorities.get(layer) or {}
            authorities = {**authorities, layer: {**own, "generation": own.get("generation", 1) + count}}
        return {**laid, "authorities": authorities} if authorities else laid

    def told(self) -> tuple[str, ...]:
        """Return in a sentence what the stack file does not say of generations; nothing where no CA was rotated."""
        added = [f"{count} to authorities.{layer}.generation" for layer, count in self.rotations.items() if count]
        if not added:
            return ()
        return (f".dev/{FILE} adds {' and '.join(added)}, from drills before; texts count with it",)


def read_drilled(folder: Path) -> Drilled:
    """Return what a drill left in a folder; nothing where none was ever there."""
    path = folder / FILE
    if not path.exists():
        return Drilled()
    content = YAML(typ="safe", pure=True).load(path)
    return Drilled(content.get("rotations") or {}, content.get("meanwhile") or {})


def write_drilled(drilled: Drilled, folder: Path) -> None:
    """Write it where the next run finds it."""
    temporary = folder / f"{FILE}.new"
    with temporary.open("w", encoding="utf-8") as file:
        file.write(HEADING)
        content = {"rotations": dict(drilled.rotations), "meanwhile": dict(drilled.meanwhile)}
        YAML(typ="safe", pure=True).dump(content, file)
    temporary.replace(folder / FILE)


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Return two trees as one; where both say something, the upper one counts."""
    merged = dict(below)
    for key, value in above.items():
        both = isinstance(value, Mapping) and isinstance(merged.get(key), Mapping)
        merged[key] = _merged(merged[key], value) if both else value
    return merged
