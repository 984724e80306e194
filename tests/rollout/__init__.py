"""Tests of the room rollout."""

import pytest

pytest.register_assert_rewrite("tests.rollout.world")
