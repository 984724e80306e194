"""Lets pytest explain a failing assert in the shared vocabulary, and takes the clock out of property tests."""

import pytest
from hypothesis import settings

pytest.register_assert_rewrite("tests.pki.asserts")
settings.register_profile("without-deadline", deadline=None)
settings.load_profile("without-deadline")
