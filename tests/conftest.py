"""What holds for every test: how many nodes run at a time, that none is left, and that nothing is skipped in CI."""

import os
import signal
import tempfile
from pathlib import Path

import pytest

from tests import node_slots
from tests.figures import figures_in
from tests.scheduling import NodesBesideOthers, turn

os.environ["GRPC_ENABLE_FORK_SUPPORT"] = "0"
"""Nodes are started as another user, by a fork; what gRPC does in it can crash the child before it is anything else."""

slots = node_slots.of_this_user(Path(tempfile.gettempdir()))


def pytest_configure():
    """Let SIGTERM unwind like Ctrl-C, so that every fixture stops what it started."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Hand out whole files, so that workers rarely wait for each other's nodes."""
    return NodesBesideOthers(config, log) if config.getvalue("dist") == "loadfile" else None


def pytest_collection_modifyitems(items):
    """Put the modules in such an order that those that take long do not come last."""
    most = {}
    for item in items:
        most[item.module] = max(nodes_of(item), most.get(item.module, 0))
    items.sort(key=lambda item: turn(item.path.stem, most[item.module]))


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


def pytest_terminal_summary(terminalreporter):
    """Keep what loads on real nodes saw, and on which machines, which pytest shows of failed tests alone."""
    reports = [one for found in terminalreporter.stats.values() for one in found if isinstance(one, pytest.TestReport)]
    for line in figures_in(text for one in reports for _, text in one.sections):
        terminalreporter.write_line(line)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    """Make a skip a failure in CI: nothing that matters may be left out there."""
    report = yield
    if os.environ.get("CI") and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome, report.longrepr = "failed", f"{item.nodeid} was skipped in CI: {report.longrepr}"
    return report
