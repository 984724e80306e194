"""From the hooks that the operator wrote to the hooks that the plugin gets."""

from pathlib import Path

from components.hooks.spec import Hook, HookSpec, Moment
from components.nodes.ssh_spec import Ssh
from stacks.inventory import kibana_of, nodes_of, ssh_for
from stacks.model import StackModel


def hooks_of(model: StackModel, root: Path) -> tuple[Hook, ...]:
    """Return every hook; a node's or a Kibana's machine is reached as that one is.

    Args:
        model: the stack file.
        root: the project's folder, in which a command on this machine begins.
    """
    if not model.hooks.before and not model.hooks.after:
        return ()
    machines = {node.name: node.machine for node in nodes_of(model, root)}
    machines |= {one.name: one.machine for one in (kibana_of(spec, root) for spec in model.kibana)}

    def hook(spec: HookSpec, moment: Moment) -> Hook:
        ssh: Ssh | None = None
        if spec.ssh is not None and spec.ssh.host is not None:
            ssh = ssh_for(spec.name, spec.ssh.host, spec.ssh, root)
        elif spec.on is not None:
            ssh = machines[spec.on].ssh
        return Hook(
            name=spec.name,
            moment=moment,
            command=spec.command,
            timeout=spec.timeout,
            folder=str(root.absolute()),
            on=spec.on or (ssh.host if ssh else ""),
            ssh=ssh,
        )

    return (
        *(hook(spec, Moment.BEFORE) for spec in model.hooks.before),
        *(hook(spec, Moment.AFTER) for spec in model.hooks.after),
    )
