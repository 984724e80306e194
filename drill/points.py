"""The points of a rotation at which a node is killed: before each node of each wave, and at the end."""

from collections.abc import Sequence
from dataclasses import dataclass

from components.pki.spec import Layer

WAVES = {"cover": "trust", "present": "identity", "retire": "trust-exclusive"}
"""The waves in their order, with what the resource of a node is called in each."""


@dataclass(frozen=True, slots=True)
class Point:
    """One point.

    Attributes:
        name: which one, for people.
        brought_by: the resources that bring a rotation from the point before to this one.
        victim: the node that is killed.
    """

    name: str
    brought_by: tuple[str, ...]
    victim: str


def points_of(layer: Layer, nodes: Sequence[str]) -> tuple[Point, ...]:
    """Return every point of the rotation of a layer's CA, in their order.

    The victims take turns: in *cover* it is the node that is next, in *present* the one after it, and so on, so that
    nodes are killed that a wave has reached, and such as it has not.
    """
    done: tuple[str, ...] = (f"{layer}-ca", *(f"{node}-{layer}-leaf" for node in nodes))
    points = []
    for number, (wave, resource) in enumerate(WAVES.items()):
        for turn, node in enumerate(nodes):
            points.append(Point(f"before {wave} of {node}", done, nodes[(turn + number) % len(nodes)]))
            done = (f"{node}-{layer}-{resource}",)
        done = (*done, f"{layer}-{wave}-wave")
    return (*points, Point("at the end", done, nodes[0]))
