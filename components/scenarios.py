"""The scenarios of Elastic's page as components, each one containing the one below it.

Source: deploy-manage/security/manually-configure-security-in-self-managed-cluster.
"""

from collections.abc import Sequence
from typing import Any

import pulumi

from components.cluster import Cluster
from components.nodes.resources import LayerFiles
from components.pki.resources import NodeCertificates
from components.pki.spec import Layer
from components.resource import Component
from components.rollout.resources import ClusterRestart
from components.settings.resources import NodeSettings
from components.settings.scenarios import BOOTSTRAP_PASSWORD
from components.users.resources import GeneratedPassword, UserPassword

SUPERUSER = "elastic"
KIBANA_USER = "kibana_system"


class MinimalSecurity(Component):
    """Security on, and passwords for the built-in users. Source: set-up-minimal-security.

    Everything that a node reads at its start only comes together here: the settings of this scenario and of the
    ones above it, so that one restart serves them all.
    """

    def __init__(
        self, cluster: Cluster, layers: Sequence[LayerFiles], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("scenarios", "minimal-security", opts)
        self.bootstrap = GeneratedPassword("bootstrap", 1, self.child())
        self.elastic = GeneratedPassword(SUPERUSER, cluster.users.elastic.version, self.child())
        self.kibana_system = GeneratedPassword(KIBANA_USER, cluster.users.kibana_system.version, self.child())
        ready = [resource for layer in layers for resource in layer.ready]
        self.settings = [
            NodeSettings(cluster, node, self._secure_settings(layers, index, cluster), self.child(*ready))
            for index, node in enumerate(cluster.nodes)
        ]
        line = self._line(layers)
        self.restart = ClusterRestart(cluster, self.settings, line, self.child(*ready, *self.settings))
        self.users = self._users(cluster, line) if cluster.running else []
        self.register_outputs({})

    def _secure_settings(
        self, layers: Sequence[LayerFiles], index: int, cluster: Cluster
    ) -> dict[str, pulumi.Output[str]]:
        entries = {BOOTSTRAP_PASSWORD: self.bootstrap.value}
        for layer in layers:
            entries.update(layer.secure_settings(cluster.nodes[index]))
        return entries

    def _line(self, layers: Sequence[LayerFiles]) -> dict[str, Any]:
        """Return how the cluster is called; the bootstrap password works until `elastic` has its own."""
        http = [each.certificates.authority for each in layers if each.layer is Layer.HTTP]
        return {
            "authoritiesPem": http[0].bundle_pem if http else None,
            "logins": [
                {"user": SUPERUSER, "password": self.elastic.value, "formers": self.elastic.formers},
                {"user": SUPERUSER, "password": self.bootstrap.value},
            ],
        }

    def _users(self, cluster: Cluster, line: dict[str, Any]) -> list[UserPassword]:
        elastic = UserPassword(cluster, SUPERUSER, self.elastic, line, self.child(self.restart))
        kibana = UserPassword(cluster, KIBANA_USER, self.kibana_system, line, self.child(elastic))
        return [elastic, kibana]


class BasicSecurity(Component):
    """Minimal security, and TLS between nodes. Source: set-up-basic-security."""

    def __init__(
        self,
        cluster: Cluster,
        transport: NodeCertificates,
        layers: Sequence[LayerFiles] = (),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("scenarios", "basic-security", opts)
        self.transport = LayerFiles(cluster, transport, self.child())
        self.minimal = MinimalSecurity(cluster, [self.transport, *layers], self.child())
        self.restart = self.minimal.restart
        self.elastic_password = self.minimal.elastic.value
        self.retired = self.transport.retire(self, (self.restart, *self.transport.identities))
        self.done: tuple[pulumi.Resource, ...] = (*self.minimal.users, *self.retired)
        self.register_outputs({})


class BasicHttpsSecurity(Component):
    """Basic security, and HTTPS for clients. Source: set-up-basic-security-plus-https."""

    def __init__(
        self,
        cluster: Cluster,
        transport: NodeCertificates,
        http: NodeCertificates,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("scenarios", "basic-https-security", opts)
        self.http = LayerFiles(cluster, http, self.child())
        self.basic = BasicSecurity(cluster, transport, [self.http], self.child())
        self.restart = self.basic.restart
        self.elastic_password = self.basic.elastic_password
        self.done = self.basic.done
        self.register_outputs({})
