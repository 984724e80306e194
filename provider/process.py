"""The plugin's process: it serves until the engine ends it, or is gone."""

import os
import sys
from collections.abc import Mapping
from concurrent import futures
from datetime import datetime

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from components.clock import PREVIEW_AT, Clock, SystemClock
from components.errors import ConfigurationRefused
from components.nodes.at_once import limit_machines
from components.nodes.reaching import REACHING
from components.nodes.ssh import close_for_good
from provider.ending import Ending
from provider.engine_log import EngineLog
from provider.lifetime import watch_parent
from provider.registry import HANDLERS
from provider.schema import package_schema
from provider.server import Plugin

AT_ONCE = 64
"""Calls in hand at the same time; most of them wait for a machine."""
LAST_WORDS = 1.0
"""Seconds in which the answer of the last step reaches the engine."""
LARGEST_MESSAGE = 400 * 1024 * 1024
"""Bytes; the engine's own limit."""


def main() -> None:
    """Serve until the engine says so, or is gone."""
    try:
        limit_machines(os.environ)
    except ConfigurationRefused as error:
        sys.exit(str(error))
    engine = next((argument for argument in sys.argv[1:] if ":" in argument and not argument.startswith("-")), None)
    plugin = Plugin(
        HANDLERS, lambda: package_schema(HANDLERS), EngineLog(engine), SystemClock(), clock_ahead(os.environ)
    )
    options = [("grpc.max_receive_message_length", LARGEST_MESSAGE), ("grpc.max_send_message_length", LARGEST_MESSAGE)]
    server = grpc.server(futures.ThreadPoolExecutor(AT_ONCE), options=options)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(plugin, server)
    port = server.add_insecure_port("127.0.0.1:0")
    ending = Ending()
    server.start()
    watch_parent(plugin.work, ending.begin)
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    ending.wait()
    REACHING.end()
    plugin.work.start_nothing_new()
    plugin.work.wait_until_idle()
    server.stop(grace=LAST_WORDS).wait()
    close_for_good()
    REACHING.wait(LAST_WORDS)


def clock_ahead(environment: Mapping[str, str]) -> Clock | None:
    """Return the clock of a preview that looks ahead; None where no moment is named."""
    moment = environment.get(PREVIEW_AT)
    return SystemClock().moved_to(datetime.fromisoformat(moment)) if moment else None
