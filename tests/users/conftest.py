"""Leads the room's doors to a cluster of fakes."""

import pytest

from components.nodes import endpoint
from components.users import handler
from tests.users.cluster import FakeUsers


@pytest.fixture
def doors(monkeypatch: pytest.MonkeyPatch):
    """Return what leads the room's doors to a cluster; the last cluster led to is the one."""

    def lead_to(cluster: FakeUsers) -> FakeUsers:
        monkeypatch.setattr(endpoint, "handshake", cluster.greet)
        monkeypatch.setattr(handler, "answers_with", cluster.answer)
        monkeypatch.setattr(handler, "connect_within", cluster.connect)
        return cluster

    return lead_to
