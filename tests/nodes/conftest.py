"""Leads the room's doors to a host of fakes, and takes the clock out of property tests."""

import pytest
from hypothesis import settings

from components.nodes import handler, served
from tests.nodes.waves import Host

settings.register_profile("without-deadline", deadline=None)
settings.load_profile("without-deadline")


@pytest.fixture
def doors(monkeypatch: pytest.MonkeyPatch):
    """Return what leads the room's doors to a host; the last host led to is the one."""

    def lead_to(host: Host) -> Host:
        monkeypatch.setattr(handler, "machine_of", host.machine_of)
        monkeypatch.setattr(handler, "handshake", host.greet)
        monkeypatch.setattr(served, "handshake", host.greet)
        return host

    return lead_to
