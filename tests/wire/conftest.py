"""The plugin on loopback, with the real handlers or with a box, and the engine's log beside it."""

import pytest

from provider import lifetime
from provider.lifetime import StackLock
from provider.registry import HANDLERS
from tests.wire.small_handlers import BOX, Box
from tests.wire.standins import StandInNode
from tests.wire.talking import SetClock, listening, plugin_of, serving


@pytest.fixture
def clock():
    """The plugin's clock."""
    return SetClock()


@pytest.fixture
def engine():
    """The engine's log, and where it listens."""
    with listening() as both:
        yield both


@pytest.fixture
def heard(engine):
    """What the plugin said."""
    return engine[0]


@pytest.fixture
def box():
    """A handler that does what the test says."""
    return Box()


@pytest.fixture
def plugin(box, engine, clock, tmp_path, monkeypatch):
    """The plugin, with every real handler and the box."""
    monkeypatch.setattr(lifetime, "LOOK_AGAIN", 0.01)
    made = plugin_of({**HANDLERS, BOX: box}, engine[1], clock)
    made.lock = StackLock(tmp_path / "locks")
    yield made
    made.lock.release()


@pytest.fixture
def talk(plugin):
    """The engine's side of the conversation."""
    with serving(plugin) as made:
        yield made


@pytest.fixture
def node(tmp_path):
    """A node that does not run."""
    return StandInNode(tmp_path)
