"""`up` without the preview before it and the summary after it: half of what a run takes that is killed at once.

`python -m tests.cluster.bare_up STACK PROJECT`
"""

import sys
from pathlib import Path

from stacks.driver import Driver, RunFailed
from stacks.events import Watch
from stacks.workspace import workspace_for


def main(stack: str, project: str) -> int:
    """Run it once; what failed is printed."""
    driver = Driver(workspace_for(stack, Path(project)))
    driver.clear_locks(print)
    try:
        driver.up(Watch(), removes=False)
    except RunFailed as failed:
        sys.stderr.write(f"{failed.failures}\n{failed.said}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
