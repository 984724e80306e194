"""Which service runs a node."""

from collections.abc import Callable, Mapping

from components.nodes.containers import InContainer
from components.nodes.layouts import LAYOUTS, Way
from components.nodes.own_commands import OwnCommands
from components.nodes.service import Daemon, Place, Service
from components.nodes.systemd import Systemd

SERVICES: Mapping[Way, Callable[[Place], Service]] = {
    Way.DAEMON: Daemon,
    Way.SYSTEMD: Systemd,
    Way.CONTAINER: InContainer,
}


def service_of(place: Place) -> Service:
    """Return what runs the node there: a named unit, or what its layout says, under the operator's own commands."""
    way = Way.SYSTEMD if place.machine.unit else LAYOUTS[place.machine.layout].way
    usual = SERVICES[way](place)
    commands = place.machine.commands
    return usual if commands is None else OwnCommands(place, commands, usual)
