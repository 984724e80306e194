"""The scenarios of Elastic's page as components, each one containing the one below it.

Source: deploy-manage/security/manually-configure-security-in-self-managed-cluster.
"""

from collections.abc import Sequence
from typing import Any

import pulumi

from components.clients.resources import KibanaSecurity, kibana_trusts
from components.clients.spec import KIBANA_USER
from components.cluster import Cluster
from components.nodes.resources import LayerFiles
from components.pki.resources import NodeCertificates
from components.pki.spec import Layer
from components.resource import Component, component_type, formerly_in
from components.rollout.resources import ClusterRestart
from components.settings.resources import NodeSettings
from components.settings.scenarios import BOOTSTRAP_PASSWORD
from components.users.resources import GeneratedPassword, UserPassword

SUPERUSER = "elastic"
BOOTSTRAP = "bootstrap"
"""The purpose of the password that the settings of every node wait for, in every scenario."""


class MinimalSecurity(Component):
    """Security on, and passwords for the built-in users. Source: set-up-minimal-security.

    Everything that a node reads at its start only comes together here: the settings of this scenario and of the
    ones above it, so that one restart serves them all.
    """

    def __init__(
        self, cluster: Cluster, layers: Sequence[LayerFiles] = (), opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("scenarios", NAMES[MinimalSecurity], opts)
        self.bootstrap = GeneratedPassword(BOOTSTRAP, 1, self.child())
        self.passwords = {
            user: GeneratedPassword(user, spec.version, self.child(), spec.password)
            for user, spec in cluster.users.chosen().items()
        }
        ready = [layer.ready for layer in layers]
        self.settings = [
            NodeSettings(cluster, node, self._secure_settings(layers, index, cluster), self.child(*ready))
            for index, node in enumerate(cluster.nodes)
        ]
        line = self._line(layers, cluster)
        authorities = {each.layer: each.certificates.authority for each in layers}
        self.restart = ClusterRestart(cluster, self.settings, line, self.child(*ready, *self.settings), authorities)
        self.kibana = self._kibana(cluster, layers)
        self.users = self._users(cluster, line) if cluster.running else []
        restarts = self.kibana.run_with_settings(self.users) if self.kibana and cluster.running else ()
        self.done: tuple[pulumi.Resource, ...] = (self.restart, *self.users, *restarts)
        self.register_outputs({})

    @property
    def elastic_password(self) -> pulumi.Output[str]:
        """The superuser's password."""
        return self.passwords[SUPERUSER].value

    def user_passwords(self) -> dict[str, pulumi.Output[str]]:
        """Return the passwords of the other built-in users.

        Each one is a secret, and not the map: at verbosity 9 the engine logs the members of a secret map by their own
        names, which `--debug` could not mask.
        """
        return {user: password.value for user, password in self.passwords.items() if user != SUPERUSER}

    def entries(self) -> list[pulumi.Output[object]]:
        """Return the lines of the stack output `certificates` that are about no node: Kibana's leaves."""
        return self.kibana.entries() if self.kibana else []

    def _secure_settings(
        self, layers: Sequence[LayerFiles], index: int, cluster: Cluster
    ) -> dict[str, pulumi.Output[str]]:
        entries = {BOOTSTRAP_PASSWORD: self.bootstrap.value}
        for layer in layers:
            entries.update(layer.secure_settings(cluster.nodes[index]))
        return entries

    def _line(self, layers: Sequence[LayerFiles], cluster: Cluster) -> dict[str, Any]:
        """Return how the cluster is called; the bootstrap password works until `elastic` has its own."""
        elastic = self.passwords[SUPERUSER]
        found = cluster.takeover.elastic_password if cluster.takeover else None
        given = [{"user": SUPERUSER, "password": pulumi.Output.secret(found.get_secret_value())}] if found else []
        http = [each.certificates.authority for each in layers if each.layer is Layer.HTTP]
        return {
            "authoritiesPem": http[0].bundle_pem if http else None,
            "logins": [
                {"user": SUPERUSER, "password": elastic.value, "formers": elastic.formers},
                {"user": SUPERUSER, "password": self.bootstrap.value},
                *given,
            ],
            **({"takesOver": True} if cluster.takeover else {}),
            **({"inClear": True} if cluster.consent.traffic_in_clear else {}),
        }

    def _kibana(self, cluster: Cluster, layers: Sequence[LayerFiles]) -> KibanaSecurity | None:
        """Configure every Kibana, once the nodes run with what it is told of them."""
        if not cluster.kibana:
            return None
        http = [each.certificates.authority for each in layers if each.layer is Layer.HTTP]
        password = self.passwords[KIBANA_USER]
        return KibanaSecurity(cluster, password, http[0] if http else None, [self.restart], self.child())

    def _users(self, cluster: Cluster, line: dict[str, Any]) -> list[UserPassword]:
        """Set the superuser's password first: with it the others are set. Kibana has its own by then."""
        elastic, *others = self.passwords.items()
        first = UserPassword(cluster, *elastic, line, self.child(self.restart))
        kibana = self.child(first, *(self.kibana.settings if self.kibana else ()))
        opts = {KIBANA_USER: kibana}
        return [
            first,
            *(UserPassword(cluster, *other, line, opts.get(other[0], self.child(first))) for other in others),
        ]


class BasicSecurity(Component):
    """Minimal security, and TLS between nodes. Source: set-up-basic-security."""

    def __init__(
        self,
        cluster: Cluster,
        transport: NodeCertificates,
        layers: Sequence[LayerFiles] = (),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("scenarios", NAMES[BasicSecurity], opts)
        self.transport = LayerFiles(cluster, transport, self.child())
        self.minimal = MinimalSecurity(cluster, [self.transport, *layers], self.contained())
        self.restart = self.minimal.restart
        self.retired = self.transport.retire(self, self.restart)
        self.done: tuple[pulumi.Resource, ...] = (*self.minimal.done, *self.retired)
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
        super().__init__("scenarios", NAMES[BasicHttpsSecurity], opts)
        covered = kibana_trusts(cluster, http.authority, self)
        self.http = LayerFiles(cluster, http, self.child(), covered[-1:])
        self.basic = BasicSecurity(cluster, transport, [self.http], self.contained())
        self.minimal, self.restart, self.done = self.basic.minimal, self.basic.restart, self.basic.done
        self.register_outputs({})


NAMES: dict[type[Component], str] = {
    MinimalSecurity: "minimal-security",
    BasicSecurity: "basic-security",
    BasicHttpsSecurity: "basic-https-security",
}


def secured(
    cluster: Cluster, transport: NodeCertificates | None, http: NodeCertificates | None
) -> tuple[MinimalSecurity, tuple[pulumi.Resource, ...]]:
    """Return security as far as the scenario goes, and what has to be done before it can be verified.

    Args:
        cluster: the cluster.
        transport: the certificates of the transport layer; None leaves it plain.
        http: those of the HTTP layer; None likewise.
    """
    in_https = urn_of(BasicHttpsSecurity)
    if transport is None:
        minimal = MinimalSecurity(cluster, opts=formerly_in(*_higher_places()))
        return minimal, minimal.done
    above = (
        BasicHttpsSecurity(cluster, transport, http)
        if http
        else BasicSecurity(cluster, transport, opts=formerly_in(in_https))
    )
    return above.minimal, above.done


def not_secured_yet() -> None:
    """Ask for no security, since certificates are awaited; but for its first password, which nothing uses yet.

    Whatever was secured here has that one recorded: the plugin refuses it then, before the engine forgets the rest.
    """
    where = component_type("scenarios", MinimalSecurity)
    minimal = pulumi.ComponentResource(where, NAMES[MinimalSecurity], {}, formerly_in(*_higher_places()))
    GeneratedPassword(BOOTSTRAP, 1, pulumi.ResourceOptions(parent=minimal), waits=True)


def handed_out(cluster: Cluster, certificates: Sequence[NodeCertificates], security: MinimalSecurity) -> None:
    """Hand out what people and their tools need of a secured cluster, as stack outputs."""
    pulumi.export("scenario", cluster.scenario)
    for name, places in cluster.places().items():
        pulumi.export(name, places)
    for each in certificates:
        if each.layer is Layer.TRANSPORT:
            pulumi.export("transportCaCertificatePem", pulumi.Output.unsecret(each.authority.bundle_pem))
    pulumi.export("elasticPassword", security.elastic_password)
    pulumi.export("userPasswords", security.user_passwords())
    entries = pulumi.Output.all(*(each.entries() for each in certificates), pulumi.Output.all(*security.entries()))
    pulumi.export("certificates", entries.apply(lambda lists: [entry for each in lists for entry in each]))


def _higher_places() -> tuple[pulumi.Output[str], ...]:
    """Return the URNs of the scenarios that minimal security may stand in."""
    return urn_of(BasicSecurity), urn_of(BasicSecurity, urn_of(BasicHttpsSecurity))


def urn_of(scenario: type[Component], parent: pulumi.Input[str] | None = None) -> pulumi.Output[str]:
    """Return the URN that a scenario has, by itself or inside of another one."""
    return pulumi.create_urn(NAMES[scenario], component_type("scenarios", scenario), parent)
