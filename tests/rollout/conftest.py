"""Leads the room's doors to a world of fakes: machines, handshakes and the cluster's API."""

from functools import cache

import pytest

from components.nodes import greeting
from components.nodes.at_once import MACHINES
from components.nodes.machine import NodeMachine
from components.nodes.process import USUAL, Patience
from components.nodes.spec import Machine
from components.rollout import cluster, handler, node
from components.settings import handler as settings_handler
from components.settings import operator_file
from components.settings.content import Content
from components.settings.merge import flatten, merge
from tests.rollout.world import World


@cache
def _merged(text: str, wanted: str, where: str):
    content = Content.model_validate_json(wanted)
    return merge(text, content.settings, content.absent, where=where, header=operator_file.HEADER)


def merged_once(text, wanted, absent, *, where, header):
    """Merge, but equal files only once: it is pure, and the thousands of runs in these tests merge the same."""
    return _merged(text, Content(settings=wanted, absent=absent).model_dump_json(), where)


@cache
def flattened_once(text: str, *, where: str):
    return flatten(text, where=where)


@pytest.fixture
def doors(monkeypatch: pytest.MonkeyPatch):
    """Return what leads the room's doors to a world; the last world led to is the one."""

    def lead_to(world: World) -> World:
        def machine_of(machine: Machine, patience: Patience = USUAL):
            return NodeMachine(machine, world[machine.node].target, patience=patience)

        monkeypatch.setattr(handler, "machine_of", machine_of)
        monkeypatch.setattr(settings_handler, "machine_of", machine_of)
        monkeypatch.setattr(greeting, "handshake", world.cluster.greet)
        monkeypatch.setattr(cluster, "connect_within", world.cluster.connect)
        monkeypatch.setattr(MACHINES, "most", 1)  # one call after the other, so that each has its number
        monkeypatch.setattr(operator_file, "merge", merged_once)
        monkeypatch.setattr(node, "flatten", flattened_once)
        return world

    return lead_to
