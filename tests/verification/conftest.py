"""Leads the room's doors to a cluster of fakes."""

import pytest

from components.verification import handler
from tests.verification.cluster import Secured


@pytest.fixture
def doors(monkeypatch: pytest.MonkeyPatch):
    """Return what leads the room's doors to a cluster; the last cluster led to is the one."""

    def lead_to(cluster: Secured) -> Secured:
        monkeypatch.setattr(handler, "ask_transport", cluster.ask_transport)
        monkeypatch.setattr(handler, "ask_http", cluster.ask_http)
        return cluster

    return lead_to
