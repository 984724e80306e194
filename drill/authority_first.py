"""Makes the next generation of a CA, and nothing else: `python -m drill.authority_first ENVIRONMENT PROJECT LAYER`.

Clients are verifiers that a stack does not manage. They are covered between this run and the one that follows, which
presents leaves of the new CA.
"""

import sys
from pathlib import Path

from stacks.driver import Driver
from stacks.workspace import workspace_for


def main(environment: str, project: str, layer: str) -> None:
    """Run `up` for the CA of a layer alone."""
    driver = Driver(workspace_for(environment, Path(project) if project else None))
    resources = (driver.stack.export_stack().deployment or {})["resources"]
    target = next(one["urn"] for one in resources if one["urn"].endswith(f"::{layer}-ca"))
    driver.stack.up(target=[target], on_output=lambda line: None, color="never", show_secrets=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
