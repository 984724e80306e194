"""The operator's hooks in the program: announced, run before everything that touches a node, and once all is done."""

import dataclasses
import shlex
import sys
from collections.abc import Sequence
from typing import Any

import pulumi
from pulumi_command.local import Command, Logging

from components.cluster import Cluster, wire
from components.hooks.spec import Hook, Moment
from components.pki.resources import NodeCertificates
from components.resource import Out, Resource

RUNNER = "components.hooks.run"
NOTHING = ""
"""What a hook's command is until a rollout is announced that it belongs to."""
TOUCH_NO_NODE = ("essecurity:hooks:", "essecurity:pki:", "essecurity:users:GeneratedPassword")
"""Types that work in the state alone, so that no hook has to run before them."""


class Announcement(Resource):
    """A rollout is about to begin."""

    token = "essecurity:hooks:Announcement"  # noqa: S105 (a resource type, not a secret)
    announced = Out[str]("announced")
    document = Out[str]("document")
    commands = Out[dict[str, str]]("commands")
    folder = Out[str]("folder")

    def __init__(self, cluster: Cluster, certificates: Sequence[NodeCertificates]) -> None:
        inputs = {
            "cluster": cluster.name,
            "content": pulumi.Output.json_dumps(_content(cluster, certificates), sort_keys=True),
            "hooks": [wire(hook) for hook in cluster.hooks],
            "commands": {hook.resource: _command_line(hook) for hook in cluster.hooks},
            "folder": str(cluster.folder),
            "plan": cluster.plan,
        }
        super().__init__("announcement", inputs, None)


class Hooks:
    """Every hook of the stack file; nothing at all where there is none."""

    def __init__(self, cluster: Cluster, certificates: Sequence[NodeCertificates]) -> None:
        self.cluster = cluster
        if not cluster.hooks:
            return
        self.announcement = Announcement(cluster, certificates)
        before = self._run(Moment.BEFORE, [self.announcement])
        if before:
            pulumi.runtime.register_stack_transformation(lambda asked: _after(before, asked))

    def finish(self, done: Sequence[pulumi.Resource]) -> None:
        """Run the hooks that come after a rollout.

        Args:
            done: what the rollout ends with.
        """
        if self.cluster.hooks:
            self._run(Moment.AFTER, done)

    def _run(self, moment: Moment, after: Sequence[pulumi.Resource]) -> list[pulumi.Resource]:
        """Run the hooks of a moment, one after the other, and return the last one; none where there is none."""
        last: list[pulumi.Resource] = []
        for hook in (hook for hook in self.cluster.hooks if hook.moment is moment):
            last = [_run_by_command(hook, self.announcement, pulumi.ResourceOptions(depends_on=[*after, *last]))]
        return last


def _run_by_command(hook: Hook, announcement: Announcement, opts: pulumi.ResourceOptions) -> Command:
    """Return a command that runs when a rollout was announced that this hook belongs to, and at no other time."""
    opts.additional_secret_outputs = ["stdout", "stderr"]  # nobody knows what a hook prints
    return Command(
        hook.resource,
        create=announcement.commands.apply(lambda commands: commands.get(hook.resource, NOTHING)),
        dir=announcement.folder,
        stdin=announcement.document,
        add_previous_output_in_env=False,
        logging=Logging.NONE,  # it would be in clear there; of one that fails, the error has the last lines
        opts=opts,
    )


def _after(
    before: list[pulumi.Resource], asked: pulumi.ResourceTransformationArgs
) -> pulumi.ResourceTransformationResult | None:
    """Let every resource that may touch a node wait for the hooks."""
    if not isinstance(asked.resource, Resource) or asked.type_.startswith(TOUCH_NO_NODE):
        return None
    waiting = pulumi.ResourceOptions(depends_on=before)
    return pulumi.ResourceTransformationResult(asked.props, pulumi.ResourceOptions.merge(asked.opts, waiting))


def _command_line(hook: Hook) -> str:
    text = hook.model_dump_json(by_alias=True, exclude_none=True)
    return shlex.join([sys.executable, "-m", RUNNER, text])


def _content(cluster: Cluster, certificates: Sequence[NodeCertificates]) -> dict[str, Any]:
    """Return what is wanted of the nodes, as far as a change of it is a rollout; nothing of it is a secret."""
    return {
        "scenario": cluster.scenario.value,
        "running": cluster.running,
        "nodes": [
            {"name": node.name, "address": node.address, "bind": cluster.binds.get(node.name)} for node in cluster.nodes
        ],
        "choices": dataclasses.asdict(cluster.choices),
        "users": {user: spec.version for user, spec in cluster.users.chosen().items()},
        "kibana": [{"name": one.name, "public_url": one.public_url} for one in cluster.kibana],
        "trusted": {each.layer.value: each.authority.trusted_generations.apply(_whole) for each in certificates},
        "leaves": [
            {"node": name, "layer": each.layer.value, "serial": leaf.serial, "not_after": leaf.not_after}
            for each in certificates
            for name, leaf in each.leaves.items()
        ],
    }


def _whole(numbers: Sequence[float]) -> list[int]:
    """Return numbers as they are: a number that travelled is one with a fraction to Python."""
    return [int(number) for number in numbers]
