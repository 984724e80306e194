"""What a drill does one after the other, as sections over the stack file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from components.errors import ConfigurationRefused
from components.pki.lifetimes import LONGEST_YEARS
from components.pki.spec import KeyType, Layer

YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Step:
    """One step.

    Attributes:
        name: stable name, for machines.
        means: what is done, for people.
        meanwhile: sections that hold over the stack file's own.
        rotates: layers whose CA gets another key.
        kills: whether a node is killed at each point of it.
    """

    name: str
    means: str
    meanwhile: Mapping[str, Any] = field(default_factory=dict)
    rotates: tuple[Layer, ...] = ()
    kills: bool = False


def steps_of(
    key: KeyType, authorities_end: Sequence[datetime], now: datetime, *, kill: bool = False
) -> tuple[Step, ...]:
    """Return the steps of a drill.

    A leaf is young, and nothing makes it due but another type of key. A CA is due as soon as it could not give a leaf
    its whole life: leaves are said to live as long as the CA has left. The rotations that follow make CAs with the
    stack file's own life again, and the last step leaves with its own type of key.

    Args:
        key: type of key that leaves have.
        authorities_end: when each CA ends.
        now: the present moment.
        kill: whether nodes are killed in a rotation of its own.

    Raises:
        ConfigurationRefused: a CA lives for too long to be made due.
    """
    other = {"key": (KeyType.EC_P384 if key is KeyType.EC_P256 else KeyType.EC_P256).value}
    years = (max(authorities_end) - now) // YEAR + 1
    if 2 * years > LONGEST_YEARS:
        raise ConfigurationRefused(
            "the CAs cannot be renewed in a drill",
            where="authorities",
            why=f"one has {years - 1} years left, and a longer life than {LONGEST_YEARS} years cannot be asked for",
            next_step="let `authorities.transport.valid_for` and `authorities.http.valid_for` be 10y, and rotate them",
        )
    lives = {
        "certificates": {**other, "valid_for": f"{years}y"},
        "authorities": {layer.value: {"valid_for": f"{2 * years}y"} for layer in Layer},
    }
    meanwhile = {"certificates": other}
    crashes = Step(
        "rotate-transport-ca-with-crashes",
        "rotate the CA between nodes once more, and kill a node at each point",
        meanwhile,
        (Layer.TRANSPORT,),
        kills=True,
    )
    return (
        Step("no-change", "find nothing to do: what any `up` takes, under the same load"),
        Step("renew-leaves", f"reissue every leaf, with a key of type {other['key']}", meanwhile),
        Step("renew-cas", "renew both CAs, with the same keys", lives),
        Step("rotate-transport-ca", "rotate the CA between nodes", meanwhile, (Layer.TRANSPORT,)),
        Step("rotate-http-ca", "rotate the CA that clients trust", meanwhile, (Layer.HTTP,)),
        *((crashes,) if kill else ()),
        Step("renew-leaves-back", f"reissue every leaf, with a key of type {key.value} as before"),
    )
