"""What certificates name, as an input of the restart: it says where to look, and is never a change by itself."""

import pytest

from tests.wire import asking
from tests.wire.standins import StandInNode

OF_BEFORE = {}
"""A record from before there was such an input."""


@pytest.mark.parametrize(
    "recorded", [OF_BEFORE, {"vouched": {"es-1": ["es-1.example.net"]}}], ids=["of before", "other"]
)
def test_other_names_are_no_difference(recorded, talk, tmp_path):
    node = StandInNode(tmp_path, "es-1")
    saved = talk.create(asking.RESTART, asking.restart(node, **recorded))
    found = talk.diff(saved, asking.restart(node, vouched={"es-1": ["es-1.example.net", "10.0.0.1"]}))
    assert (found.some, found.kinds, found.tops) == (False, {}, [])
