"""A drill on the development cluster."""

import os
from datetime import datetime

from components.clock import SystemClock
from components.errors import ConfigurationRefused, NotConverged
from components.pki.spec import FileFormat, Layer
from components.settings.scenarios import Scenario
from devcluster.cluster import DevCluster
from devcluster.seed import INDEX
from devcluster.spec import read_stack
from drill.away import Away
from drill.crashing import rotate_with_crashes
from drill.load import WRITTEN, Client, Kind, Load, Protocol
from drill.pairs import Pairs
from drill.rehearsal import Seen, rehearse
from drill.stack import Stack
from drill.state import key_file_passwords
from drill.steps import Step, steps_of
from stacks.config import model_from, sections_of_file
from stacks.drilled import Drilled, read_drilled, write_drilled
from stacks.model import StackModel
from stacks.workspace import DEV, LOCAL, ROOT, workspace_for
from toolchain import console


class Drill:
    """The development cluster, and what it is put through.

    Raises:
        ConfigurationRefused: it is not there, not secured, or has something to be done.
    """

    def __init__(self) -> None:
        self.cluster = DevCluster(read_stack(ROOT / "stacks" / f"Pulumi.{LOCAL}.yaml", ROOT))
        nodes = self.cluster.nodes
        if not nodes or not all(node.is_running() for node in nodes):
            raise _not_ready("its nodes do not run")
        self._write(Drilled(read_drilled(ROOT / DEV).rotations))
        outputs = self.stack.outputs()
        if outputs.get("scenario") != Scenario.BASIC_HTTPS:
            raise _not_ready("it is not secured with the scenario basic-https")
        if self._model().certificates.key_format is not FileFormat.PKCS12:
            raise _not_ready("its key files are PEM, and a drill reads PKCS#12", PKCS12_FIRST)
        if not self._is_converged():
            raise _not_ready("`make preview` shows that something is to be done")
        self.certificates = outputs["certificates"]
        self.load = Load("drill", nodes, outputs["elasticPassword"], 0, (Protocol.TLS,), outputs["caCertificatePem"])
        self.load.documents = self._ask("GET", f"/{INDEX}/_count")["count"]
        self.pairs = Pairs(nodes, key_file_passwords(self.stack.state(), Layer.TRANSPORT))

    @property
    def stack(self) -> Stack:
        """The stack, as what was raised so far makes it."""
        workspace = workspace_for(LOCAL, None)
        return Stack(LOCAL, workspace.project, {**os.environ, **workspace.environment}, local=True)

    def rehearse_all(self, *, kill: bool = False) -> list[Seen]:
        """Take one step after the other.

        Args:
            kill: whether nodes are killed in a rotation of its own.

        Raises:
            CommandFailed: a run failed; the steps after it are not begun.
            NotConverged: something is left to be done at the end, or a node that was killed did not come back.
        """
        ends = [datetime.fromisoformat(one["notAfter"]) for one in self.certificates if one["node"] is None]
        try:
            steps = steps_of(self._model().certificates.key, ends, SystemClock().now(), kill=kill)
            seen = [self._rehearse(step) for step in steps]
        finally:
            self._write(Drilled(self.drilled.rotations))
        self._ask("DELETE", f"/{WRITTEN}")
        if not self._is_converged():
            raise NotConverged(
                "something is left to be done",
                where=f"stack {LOCAL}",
                why="a preview after the drill is not empty",
                next_step="`make preview` shows what; `make up` does it",
            )
        return seen

    def generations(self) -> dict[str, int]:
        """Return the generation of each CA, as it is now."""
        entries = [one for one in self.stack.outputs()["certificates"] if one["node"] is None]
        return {one["layer"]: one["issuerGeneration"] for one in reversed(entries)}  # the one that signs comes first

    def _rehearse(self, step: Step) -> Seen:
        self._write(Drilled(self.drilled.rotated(*step.rotates).rotations, step.meanwhile))
        stack = self.stack
        away: list[Away] = []

        def work() -> None:
            if step.kills:
                away.extend(rotate_with_crashes(stack, self.cluster, self.load, *step.rotates))
            elif Layer.HTTP in step.rotates:
                stack.up_with_covered_clients(self.load)
            else:
                stack.up()

        with console.task(step.means) as task:
            seen = rehearse(step.name, self.load, self.pairs, work)
            task.done(f"{seen.figures.requests} requests, {seen.figures.failed} failed")
        return seen.with_crashes(away) if step.kills else seen

    def _model(self) -> StackModel:
        sections = sections_of_file(workspace_for(LOCAL, None).stack_file)
        return model_from(sections, where=f"stacks/Pulumi.{LOCAL}.yaml")

    def _is_converged(self) -> bool:
        plan = self.stack.preview()["plan"]
        return not plan["rows"] and plan["restart"] is None

    def _write(self, drilled: Drilled) -> None:
        self.drilled = drilled
        write_drilled(drilled, ROOT / DEV)

    def _ask(self, method: str, path: str) -> dict[str, int]:
        client = Client(self.load, self.load.nodes[0], Kind.COUNT)
        try:
            answer: dict[str, int] = client.answer(method, path, None)
        finally:
            client.close()
        return answer


PKCS12_FIRST = "set `certificates.key_format: pkcs12` in the stack file, then `make up`; then make drill again"


def _not_ready(why: str, next_step: str = "make up; then make drill again") -> ConfigurationRefused:
    return ConfigurationRefused("nothing was rehearsed", where="development cluster", why=why, next_step=next_step)
