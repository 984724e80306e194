"""The plugin with one thing changed: `python -m tests.cluster.changed_provider FOLDER WAY…`.

`aged` issues certificates as it would have done `DAYS` ago. `uncovered` leaves out the wave *cover*, with its proof.
`gated` stops before its work on a resource of a wave until a test lets it go on. `failing` cannot do the work on those
that a test names.
"""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from components.clock import SystemClock
from components.errors import CommandFailed
from components.handling import Context, Handler
from components.nodes.exclusive_handler import NodeTrustExclusiveHandler
from components.nodes.handler import NodeTrustHandler
from components.nodes.identity_handler import NodeIdentityHandler
from components.nodes.wave_handler import WaveHandler
from components.pki.handler import AuthorityHandler
from components.pki.leaf_handler import CertificateHandler
from provider.process import main
from provider.registry import HANDLERS

DAYS = 400
AT_GATE, OPEN, DONE = ".at-gate", ".open", ".done"
"""Files that are named by a resource: written by the plugin, by the test, by the plugin."""
FULL = "No space left on device"
FAILING = "failing"
"""The file with a line for each resource that the plugin can do nothing for, as `es-1/transport/trust`."""


@dataclass
class Past:
    """What a handler may use, on an earlier day."""

    context: Context

    def __post_init__(self) -> None:
        self.clock = SystemClock(timedelta(days=-DAYS))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.context, name)


def age(handler: Handler[Any, Any], folder: Path) -> None:
    """Let a handler work as on an earlier day."""
    if isinstance(handler, AuthorityHandler | CertificateHandler):
        for name in ("changes", "preview", "converge"):
            setattr(handler, name, on_an_earlier_day(getattr(handler, name)))


def on_an_earlier_day(act: Callable[..., Any]) -> Callable[..., Any]:
    """Return the same, on an earlier day."""
    return lambda recorded, wanted, context: act(recorded, wanted, Past(context))


def uncover(handler: Handler[Any, Any], folder: Path) -> None:
    """Let nobody be made to trust anything new, and nobody be asked whether it does."""
    if isinstance(handler, NodeTrustHandler | WaveHandler) and not isinstance(handler, NodeTrustExclusiveHandler):
        handler.converge = handler.preview


def gate(handler: Handler[Any, Any], folder: Path) -> None:
    """Let a handler wait before its work on a resource, and say when that is over, also where it failed."""
    if not isinstance(handler, NodeTrustHandler | NodeIdentityHandler | WaveHandler):
        return
    converge = handler.converge

    def wait_and_converge(recorded: Any, wanted: Any, context: Any) -> Any:
        name = f"{handler.token.rpartition(':')[2]}-{handler.name(wanted).replace('/', '-')}"
        (folder / f"{name}{AT_GATE}").touch()
        while not (folder / f"{name}{OPEN}").exists():
            time.sleep(0.05)
        try:
            return converge(recorded, wanted, context)
        finally:
            (folder / f"{name}{DONE}").touch()

    handler.converge = wait_and_converge


def fail(handler: Handler[Any, Any], folder: Path) -> None:
    """Let a handler fail at its work on the resources that a test names, as on a machine whose disk is full."""
    converge = handler.converge

    def fail_or_converge(recorded: Any, wanted: Any, context: Any) -> Any:
        name = handler.name(wanted)
        if name in (folder / FAILING).read_text().splitlines():
            time.sleep(0.5)  # what is done beside it has begun by then
            raise CommandFailed(f"cannot work on {name}", where=name.split("/")[0], why=FULL, next_step="make room")
        return converge(recorded, wanted, context)

    handler.converge = fail_or_converge


WAYS: dict[str, Callable[[Handler[Any, Any], Path], None]] = {
    "aged": age,
    "uncovered": uncover,
    "gated": gate,
    "failing": fail,
}


if __name__ == "__main__":
    folder = Path(sys.argv.pop(1))
    for way in [WAYS[argument] for argument in sys.argv if argument in WAYS]:
        for each in HANDLERS.values():
            way(each, folder)
    main()
