"""Policy packs: which ones a run is held against, and what a violation is in our words."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pulumi.automation.events import PolicyEvent

from components.errors import ConfigurationRefused
from stacks.workspace import ROOT

PROJECT = "PulumiPolicy.yaml"
OURS = ROOT / "policy"
MANDATORY = "mandatory"


@dataclass(frozen=True, slots=True)
class PolicyPacks:
    """The policy packs of a run.

    Attributes:
        packs: their folders.
        configs: the configuration file of each, in the same order; none where every default counts.
    """

    packs: tuple[str, ...] = ()
    configs: tuple[str, ...] = ()

    def options(self) -> dict[str, Any]:
        """Return them as options of the Automation API."""
        return {"policy_packs": list(self.packs), "policy_pack_configs": list(self.configs)} if self.packs else {}


def policy_packs(packs: Sequence[Path], configs: Sequence[Path]) -> PolicyPacks:
    """Return the policy packs that a person named, with paths that hold wherever the engine runs.

    Raises:
        ConfigurationRefused: one is none, ours has no Python yet, or files of configuration do not match them.
    """
    for pack in packs:
        if not (pack / PROJECT).is_file():
            raise ConfigurationRefused(
                "this is no policy pack",
                where=str(pack),
                why=f"it has no {PROJECT}",
                next_step="name the folder of a policy pack, such as `policy` of this checkout",
            )
        if pack.resolve() == OURS and not (OURS / ".venv" / "bin" / "python").exists():
            raise ConfigurationRefused(
                "this policy pack cannot run yet",
                where=str(pack),
                why="its Python packages are not installed; they are apart from the others",
                next_step="make policy",
            )
    if configs and len(configs) != len(packs):
        raise ConfigurationRefused(
            "the policy packs were not used",
            where="--policy-pack-config",
            why=f"there are {len(packs)} policy packs, and {len(configs)} files of configuration",
            next_step="name one for each pack, in the same order, or none at all",
        )
    for config in configs:
        if not config.is_file():
            raise ConfigurationRefused(
                "the policy packs were not used",
                where=str(config),
                why="there is no such file",
                next_step="name a JSON file with the pack's configuration",
            )
    return PolicyPacks(tuple(str(path.absolute()) for path in packs), tuple(str(path.absolute()) for path in configs))


def violation_of(event: PolicyEvent, form: str) -> str:
    """Return a violation as it is printed: without the policy's title where the text itself is in our form.

    Args:
        event: the engine's event.
        form: what is in every error of ours.
    """
    title, _, said = event.message.strip().partition("\n")
    text = said if form in said else event.message.strip()
    return f"{text}\n  policy: {event.policy_name} of {event.policy_pack_name} ({title})"


def in_one_line(text: str) -> str:
    """Return an advisory violation as a plan prints what it warns of."""
    return " · ".join(" ".join(line.split()) for line in text.splitlines())
