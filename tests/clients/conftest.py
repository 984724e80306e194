"""Leads the room's doors to a Kibana of fakes."""

import pytest

from components.clients import handler, perform, restart_handler, trust_handler
from tests.clients.kibanas import FakeKibana, Operator


@pytest.fixture
def doors(monkeypatch: pytest.MonkeyPatch):
    """Return what leads the room's doors to a Kibana, and its operator."""

    def lead_to(one: FakeKibana, **differs) -> Operator:
        for module in (handler, restart_handler, trust_handler):
            monkeypatch.setattr(module, "kibana_machine", one.machine)
        monkeypatch.setattr(perform, "handshake", one.greet)
        monkeypatch.setattr(perform, "kibana_status", one.status)
        return Operator(one, **differs)

    return lead_to
