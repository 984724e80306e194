"""The development cluster on the command line: ``python -m devcluster up|start|stop|status|clean``."""

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from filelock import FileLock

from components.errors import SecurityError
from devcluster.cluster import DevCluster
from devcluster.seed import DOCUMENTS, INDEX, count, seed
from devcluster.spec import read_stack
from devcluster.status import State
from toolchain import console

CHECKOUT = Path(__file__).resolve().parent.parent
INTERRUPTED = 130
"""The exit status that a shell gives to what Ctrl-C ended."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: the command line after the program's name; our own by default.

    Returns:
        The exit status: 0 when all is well, 1 when something failed, 130 when it was interrupted.
    """
    options = _parser().parse_args(arguments)
    with console.stdout_for_data(wanted=options.json):
        return _run(options)


def _run(options: argparse.Namespace) -> int:
    try:
        cluster = DevCluster(read_stack(options.stack, CHECKOUT))
        cluster.spec.folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(cluster.spec.folder.parent / "devcluster.lock"):
            status = COMMANDS[options.command](cluster, options)
        if options.json:
            rows = [one.as_json() for one in cluster.status()]
            sys.stdout.write(json.dumps({"cluster": cluster.spec.name, "nodes": rows}, indent=2) + "\n")
    except SecurityError as error:
        console.problem(error)
        return 1
    except KeyboardInterrupt:
        console.say("interrupted; nodes that were started go on: `make down` stops them")
        return INTERRUPTED
    return status


def _up(cluster: DevCluster, options: argparse.Namespace) -> int:
    cluster.lay_out()
    return _start(cluster, options)


def _start(cluster: DevCluster, options: argparse.Namespace) -> int:
    cluster.start()
    if cluster.is_unsecured():
        cluster.wait_until_green()
        if options.docs > count(cluster.nodes):
            with console.task(f"put documents into the index {INDEX}") as task:
                task.done(f"{seed(cluster.nodes, options.docs)} documents")
    console.say(_summary(cluster))
    return 0


def _stop(cluster: DevCluster, _: argparse.Namespace) -> int:
    stopped = cluster.stop()
    console.say(f"{_count(len(stopped))} stopped" if stopped else "no node runs")
    return 0


def _status(cluster: DevCluster, options: argparse.Namespace) -> int:
    statuses = cluster.status()
    if not options.json:
        for status in statuses:
            console.say(str(status))
    return 0 if all(status.state is State.RUNNING for status in statuses) else 1


def _clean(cluster: DevCluster, _: argparse.Namespace) -> int:
    there = cluster.spec.folder.exists()
    cluster.remove()
    console.say(f"removed {cluster.spec.folder}" if there else "nothing is laid out")
    return 0


def _summary(cluster: DevCluster) -> str:
    urls = ", ".join(f"{node.name} {node.spec.address}:{node.spec.http_port}" for node in cluster.nodes)
    return f"{_count(len(cluster.nodes))} {'runs' if len(cluster.nodes) == 1 else 'run'}: {urls}"


def _count(nodes: int) -> str:
    return "1 node" if nodes == 1 else f"{nodes} nodes"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m devcluster", description=__doc__)
    parser.add_argument("command", choices=tuple(COMMANDS))
    parser.add_argument("--stack", type=Path, default=CHECKOUT / "stacks" / "Pulumi.local.yaml", help="the stack file")
    parser.add_argument("--docs", type=int, default=DOCUMENTS, help="how many documents an open cluster gets")
    parser.add_argument("--json", action="store_true", help="print the nodes as JSON, and progress on standard error")
    return parser


COMMANDS: Mapping[str, Callable[[DevCluster, argparse.Namespace], int]] = {
    "up": _up,
    "start": _start,
    "stop": _stop,
    "status": _status,
    "clean": _clean,
}

if __name__ == "__main__":
    sys.exit(main())
