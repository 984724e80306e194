"""One `up` through the Automation API, with our program or with an empty one: `python -m bench.one_up KIND PROJECT`."""

import sys
from pathlib import Path

from stacks.driver import Driver, run_program
from stacks.events import Watch
from stacks.workspace import ENGINE_ENVIRONMENT, Workspace


def nothing() -> None:
    """Be an empty program."""


def main(kind: str, project: str) -> None:
    """Run it once."""
    workspace = Workspace(kind, Path(project), dict(ENGINE_ENVIRONMENT))
    watch = Watch()
    Driver(workspace, run_program if kind == "ours" else nothing).up(watch, removes=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
