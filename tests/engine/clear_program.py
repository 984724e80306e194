"""A program that hands a password on in clear, held against the policy pack: `python -m tests.engine.clear_program …`.

The real program cannot be made to do so by a stack file; whoever changes it can.
"""

import sys
from pathlib import Path

import pulumi

from stacks.driver import Driver, RunFailed
from stacks.events import Watch
from stacks.policy_packs import OURS, policy_packs
from stacks.workspace import workspace_for

TOKEN = "essecurity:users:GeneratedPassword"


class Password(pulumi.CustomResource):
    def __init__(self, name, given):
        super().__init__(TOKEN, name, {"purpose": name, "version": 1, "given": given, "value": None})


def program():
    Password("hidden", pulumi.Output.secret("correct horse battery"))
    Password("shown", "correct horse battery staple")


def main(stack, project):
    """Print what a preview fails with."""
    driver = Driver(workspace_for(stack, Path(project)), program, policy_packs=policy_packs([OURS], []))
    try:
        driver.preview(Watch())
    except RunFailed as failed:
        sys.stdout.write("\n".join(failure.text for failure in failed.failures))


if __name__ == "__main__":
    main(*sys.argv[1:])
