"""Runs `up` for some resources, and nothing else: `python -m drill.only ENVIRONMENT PROJECT RESOURCE…`.

So a drill stops where an `up` for everything would go on: after the next generation of a CA, to give it to clients that
no stack manages; and in the middle of a wave, to kill a node there.
"""

import sys
from pathlib import Path

from stacks.driver import Driver
from stacks.workspace import workspace_for


def main(environment: str, project: str, *names: str) -> None:
    """Run `up` for the resources of these names alone."""
    driver = Driver(workspace_for(environment, Path(project) if project else None))
    resources = (driver.stack.export_stack().deployment or {})["resources"]
    targets = {one["urn"].rpartition("::")[2]: one["urn"] for one in resources}
    driver.stack.up(
        target=[targets[name] for name in names], on_output=lambda line: None, color="never", show_secrets=False
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
