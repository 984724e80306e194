"""What holds for every test: how many nodes run at a time, that none is left, and that nothing is skipped in CI."""

import os
import signal
import tempfile
from pathlib import Path

import pytest

from tests import node_slots

os.environ["GRPC_ENABLE_FORK_SUPPORT"] = "0"
"""Nodes are started as another user, by a fork; what gRPC does in it can crash the child before it is anything else."""

LONGEST_FIRST = ("test_killed_after_every_step", "test_rotation_under_load", "test_a_rotation_killed_after_every_step")
"""Modules with three nodes that take many minutes; beside the first one goes all that needs no node."""

slots = node_slots.of_this_user(Path(tempfile.gettempdir()))


def pytest_configure():
    """Let SIGTERM unwind like Ctrl-C, so that every fixture stops what it started."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def pytest_collection_modifyitems(items):
    """Put the modules in such an order that workers rarely wait for each other's nodes."""
    most = {}
    for item in items:
        most[item.module] = max(nodes_of(item), most.get(item.module, 0))
    items.sort(key=lambda item: turn(item.module.__name__.rpartition(".")[2], most[item.module]))


def turn(name, count):
    """Return when a module comes: the longest, then those without a node, those with three, those with one."""
    if name in LONGEST_FIRST[:1]:
        return 0, 0
    if name in LONGEST_FIRST:
        return 2, LONGEST_FIRST.index(name)
    return (1, 0) if count == 0 else (5 - count, len(LONGEST_FIRST))


def nodes_of(item):
    """Return how many nodes a test has at most: those that its marker names, or three."""
    found = item.get_closest_marker("cluster")
    return 0 if found is None else found.kwargs.get("nodes", node_slots.MOST_NODES)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item, nextitem):
    """Hold a slot for each node from a module's first test with nodes to its last; waiting is in no test's time."""
    if count := nodes_of(item):
        slots.hold(count)
    try:
        return (yield)
    finally:
        if nextitem is None or nextitem.module is not item.module:
            slots.release()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    """Make a skip a failure in CI: nothing that matters may be left out there."""
    report = yield
    if os.environ.get("CI") and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome, report.longrepr = "failed", f"{item.nodeid} was skipped in CI: {report.longrepr}"
    return report
