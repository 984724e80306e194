"""Warnings as people read them: one line for what is said of several nodes in the same words."""

from collections.abc import Iterable

from stacks.plan import by_number
from stacks.plan_words import FEW, names_of


def folded_warnings(warnings: Iterable[str]) -> tuple[str, ...]:
    """Return warnings with equal ones of several nodes joined, where the first of them stood, es-2 before es-10."""
    nodes: dict[str, list[str]] = {}
    for warning in warnings:
        node, _, text = warning.partition(": ")
        about_one = bool(text) and " " not in node
        nodes.setdefault(text if about_one else warning, []).extend([node] * about_one)
    return tuple(_said(text, sorted(names, key=by_number)) for text, names in nodes.items())


def _said(text: str, names: list[str]) -> str:
    return f"{names_of(names, FEW)}: {text}" if names else text
