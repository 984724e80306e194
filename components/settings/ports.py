"""Whether a node listens where the stack file says: its ports stand in the operator's own elasticsearch.yml."""

from collections.abc import Mapping

from components.errors import ConfigurationRefused
from components.nodes.spec import Node
from components.settings.scalars import Value

PORTS = {
    "http_port": ("http.port", "http.publish_port"),
    "transport_port": (
        "transport.port",
        "transport.publish_port",
        "transport.profiles.default.port",
        "transport.profiles.default.publish_port",
    ),
}
"""A port in the stack file, and the settings of which one must say it; a published one is that of a proxy.

Source: reference/elasticsearch/configuration-reference/networking-settings.
"""


def refuse_other_ports(node: Node, settings: Mapping[str, Value], *, where: str) -> None:
    """Refuse a node whose own settings name other ports than the stack file does.

    What is a range, a variable or not there at all says nothing for sure, and is taken.

    Raises:
        ConfigurationRefused: with every port that differs.
    """
    wanted = {"http_port": node.http_port, "transport_port": node.transport_port}
    found = {key: named_ports(settings, names) for key, names in PORTS.items()}
    astray = {key: ports for key, ports in found.items() if ports and str(wanted[key]) not in ports.values()}
    if astray:
        raise ConfigurationRefused(
            "the stack file has other ports for this node",
            where=where,
            why="; ".join(
                f"elasticsearch.yml says {' and '.join(f'`{name}: {port}`' for name, port in ports.items())}, the "
                f"stack file `{key}: {wanted[key]}`"
                for key, ports in astray.items()
            ),
            next_step=f"write {' and '.join(f'`{key}: {next(iter(astray[key].values()))}`' for key in astray)} for "
            f"{node.name} in the stack file; or change elasticsearch.yml and restart the node, then run again",
        )


def named_ports(settings: Mapping[str, Value], names: tuple[str, ...]) -> dict[str, str]:
    """Return the ports that the settings name; none where one of them is no plain number."""
    found = {name: settings[name] for name in names if name in settings}
    ports = {name: value for name, value in found.items() if isinstance(value, str) and value.isdecimal()}
    return ports if len(ports) == len(found) else {}
