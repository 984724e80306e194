"""What a program costs does not grow with the square of its nodes, and a state holds no line of the program."""

import asyncio

import pytest

from tests.program.running import run
from tests.program.stackfiles import HTTPS, stack_file

FEW = 1000
"""Outputs that the SDK looks at while it waits for a program with three nodes; 14 000 where none was registered yet."""


@pytest.fixture
def looked_at(monkeypatch):
    """Return of how many outputs the SDK waits for the first one, again and again, one number each time."""
    wait, every = asyncio.wait, []

    async def counted(tasks, **options):
        every.append(len(list(tasks)))
        return await wait(tasks, **options)

    monkeypatch.setattr(asyncio, "wait", counted)
    return every


def test_the_sdk_does_not_wait_for_any_of_all_outputs_again_after_each(looked_at):
    made = run(stack_file(HTTPS, 3))

    assert len(made.resources) > 20
    assert sum(looked_at) < FEW


def test_no_resource_is_registered_with_lines_of_the_program():
    asked = run(stack_file(HTTPS, 3)).resources.values()

    assert [one.name for one in asked if one.traced] == []
