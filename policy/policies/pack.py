"""The policies as a pack of the Pulumi SDK, served to the engine for as long as it lives."""

import os
import threading
import time
from collections.abc import Callable
from typing import Any

from pulumi_policy import (
    EnforcementLevel,
    PolicyConfigSchema,
    PolicyPack,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
)

from policies.marks import keep_marks, plain
from policies.table import Policy, policies
from policies.view import Resource

NAME = "elasticsearch-security"
LOOK_EVERY = 0.5
"""Seconds between two looks at the process that started this one."""


def serve() -> None:
    """Serve every policy; ends when the engine says so, or is gone."""
    keep_marks()
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    PolicyPack(NAME, policies=[_for_the_sdk(policy) for policy in policies()])


def _for_the_sdk(policy: Policy) -> Any:
    schema = PolicyConfigSchema({name: dict(setting) for name, setting in policy.settings.items()})
    return ResourceValidationPolicy(
        name=policy.name,
        description=policy.title,
        validate=_validation_of(policy),
        enforcement_level=EnforcementLevel.MANDATORY,
        config_schema=schema if policy.settings else None,
        url=policy.citation,
    )


def _validation_of(policy: Policy) -> Callable[[ResourceValidationArgs, ReportViolation], None]:
    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        stack = args.urn.split("::")[0].removeprefix("urn:pulumi:")
        resource = Resource(args.resource_type, args.name, stack, plain(args.props))
        for violation in policy.violations(resource, args.get_config()):
            report(str(violation), None)

    return validate


def _end_with(parent: int) -> None:
    """End this process with the one that started it: a killed engine tells nobody."""
    while os.getppid() == parent:
        time.sleep(LOOK_EVERY)
    os._exit(0)
