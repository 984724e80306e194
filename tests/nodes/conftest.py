"""Leads the room's doors to a host of fakes, and takes the clock out of property tests."""

import pytest
from hypothesis import settings

from components.nodes import adoption_handler, asked_for, greeting, handler, identity_handler, wave_handler
from tests.nodes.waves import Host

settings.register_profile("without-deadline", deadline=None)
settings.load_profile("without-deadline")


@pytest.fixture
def doors(monkeypatch: pytest.MonkeyPatch):
    """Return what leads the room's doors to a host; the last host led to is the one."""

    def lead_to(host: Host) -> Host:
        for module in (handler, identity_handler, adoption_handler, wave_handler, asked_for):
            monkeypatch.setattr(module, "machine_of", host.machine_of)
        monkeypatch.setattr(greeting, "handshake", host.greet)
        return host

    return lead_to
