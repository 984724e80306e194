"""What a stack file may ask for, and yet had better not: said as a warning in every preview, never refused."""

from posixpath import normpath

from components.findings import Check, Finding, all_findings
from components.nodes import hosts
from components.nodes.layouts import LAYOUTS, Way
from components.nodes.spec import MachineSpec
from components.pki.spec import short_lifetimes
from components.settings.scenarios import Scenario
from stacks.inventory import machine_spec_of
from stacks.model import StackModel

SEVERAL = 2
"""So many addresses that are not this machine's alone; one may be the only node's, on this machine."""


def production_needs_https(model: StackModel) -> Finding | None:
    """Find a production cluster to which clients send passwords in clear.

    Source: manually-configure-security-in-self-managed-cluster (all three scenarios for production).
    """
    if not model.cluster.production or model.cluster.scenario.contains(Scenario.BASIC_HTTPS):
        return None
    return Finding(
        "ProductionWithoutHttps",
        f"cluster.scenario is {model.cluster.scenario} and cluster.production is true: clients send passwords in "
        "clear; use basic-https",
    )


def browsers_must_trust_kibana(model: StackModel) -> Finding | None:
    """Find a production Kibana whose certificate browsers do not know.

    Source: set-up-basic-security-plus-https (self-signed certificates are for development).
    """
    ours = [kibana.name for kibana in model.kibana if not kibana.own_certificate]
    if not (model.cluster.production and ours and model.cluster.scenario.contains(Scenario.BASIC_HTTPS)):
        return None
    return Finding(
        "KibanaServedByOurAuthority",
        "kibana: its certificate is signed by the HTTP CA of this stack; browsers warn until they trust that CA "
        "(output caCertificatePem); `own_certificate` leaves yours in place",
    )


def nodes_on_other_machines_need_ssh(model: StackModel) -> Finding | None:
    """Find nodes that are likely on machines of their own, and would all be looked for on this one.

    Source: important-settings-configuration, network.host (nodes on other servers).
    """
    here = [node for node in model.nodes if machine_spec_of(node, model.machine).ssh is None]
    elsewhere = {node.address: node.name for node in here if not hosts.is_loopback(node.address)}
    if len(elsewhere) < SEVERAL:
        return None
    names = ", ".join(sorted(elsewhere.values()))
    return Finding(
        "NodesWithoutSsh",
        f"{names} have addresses of their own and no section `ssh`, so the files of all of them are looked for on this "
        "machine; if they are other machines, write `ssh: {}` into the section `machine`",
    )


def packages_have_folders_of_their_own(model: StackModel) -> Finding | None:
    """Find nodes from packages with a home or config folder that no package has, as an archive's lines leave it.

    Source: install-elasticsearch-with-debian-package, install-elasticsearch-with-rpm (directory layout). Another unit,
    or commands of one's own, know other folders.
    """
    apart = {
        node.name: folders
        for node in model.nodes
        if (folders := _other_folders_than_the_package(machine_spec_of(node, model.machine)))
    }
    if not apart:
        return None
    first, folders = next(iter(apart.items()))
    told = " and ".join(f"`{key}` is {there} (the package: {usual})" for key, (there, usual) in folders.items())
    others = f"; so it is with {', '.join(list(apart)[1:])}" if len(apart) > 1 else ""
    return Finding(
        "PackageInOtherFolders",
        f"{first} is from a package, and its {told}{others}; take {' and '.join(f'`{key}`' for key in folders)} out, "
        "unless its unit was changed to use these",
    )


def _other_folders_than_the_package(machine: MachineSpec) -> dict[str, tuple[str | None, str | None]]:
    """Return where a machine's folders are, and where the package has them, for those that differ."""
    facts = LAYOUTS[machine.layout]
    if facts.way is not Way.SYSTEMD or machine.unit != facts.unit or machine.commands is not None:
        return {}
    folders = {"home": (machine.home, facts.home), "config": (machine.config, facts.config)}
    return {key: (there, usual) for key, (there, usual) in folders.items() if normpath(there or "") != usual}


ADVICE: tuple[Check[StackModel], ...] = (
    production_needs_https,
    browsers_must_trust_kibana,
    nodes_on_other_machines_need_ssh,
    packages_have_folders_of_their_own,
)


def advice_on(model: StackModel) -> tuple[Finding, ...]:
    """Return every piece of advice on a stack file that was accepted."""
    return (*all_findings(ADVICE, model), *short_lifetimes(model.certificates, model.authorities))
