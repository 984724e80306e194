"""Our settings and the operator's own elasticsearch.yml on a node, brought together."""

from components.nodes.machine import NodeMachine
from components.settings.content import Content
from components.settings.merge import Merged, merge

HEADER = "# Security, kept by Pulumi (elasticsearch-security). Change it in the stack file, not here."


def merged_on(machine: NodeMachine, content: Content) -> Merged:
    """Return a node's elasticsearch.yml with our settings in it; write nothing.

    Raises:
        ConfigurationRefused: the operator's file cannot be read, or not be changed safely.
    """
    return merge(
        machine.settings_text(), content.settings, content.absent, where=machine.settings_place(), header=HEADER
    )
