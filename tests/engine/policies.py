"""What tests of the policy pack have in common."""

import pytest

from stacks.policy_packs import OURS

VIOLATING = {"key": "rsa-2048", "valid_for": "399D"}
"""A section `certificates` that violates `minimum-key-type` and `maximum-lifetime`."""


def policy_pack_or_skip() -> None:
    """Skip a test where the pack cannot run."""
    if not (OURS / ".venv").exists():
        pytest.skip("the policy pack's own packages are not installed: make policy")
