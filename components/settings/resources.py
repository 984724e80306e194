"""A node's settings in the program."""

from collections.abc import Mapping
from typing import Any

import pulumi

from components.cluster import Cluster, wire
from components.nodes.spec import Node
from components.pki.spec import Layer
from components.resource import Out, Resource
from components.settings.rendering import excluded, rendered


class NodeSettings(Resource):
    """Our keys in a node's elasticsearch.yml and keystore."""

    token = "essecurity:settings:NodeSettings"  # noqa: S105 (a resource type, not a secret)
    settings_digest = Out[str]("settingsDigest")
    steps = Out[list[str]]("steps")

    def __init__(
        self, cluster: Cluster, node: Node, secure: Mapping[str, pulumi.Input[str]], opts: pulumi.ResourceOptions
    ) -> None:
        settings = rendered(cluster.scenario, cluster.choices, cluster.binds.get(node.name))
        self.node = wire(node)
        self.content: dict[str, Any] = {
            "settings": {key: list(value) if isinstance(value, tuple) else value for key, value in settings.items()},
            "absent": list(excluded(cluster.scenario, cluster.choices)),
            "secure": dict(secure),
        }
        waits = {"awaitsHttps": True} if cluster.awaits(Layer.HTTP) and not cluster.https else {}
        super().__init__(f"{node.name}-settings", {"node": self.node, "content": self.content, **waits}, opts)
