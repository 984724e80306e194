"""A handler's voice: progress and lines on the resource they are about, through the engine's log."""

import grpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

from components.clock import Clock
from components.printable import printable
from provider.lifetime import Work

ANSWER_WITHIN = 5.0
"""Seconds that an engine may take for one line."""


class EngineLog:
    """The engine's log service; silent where there is no engine (tests, ``get-schema``)."""

    def __init__(self, address: str | None) -> None:
        self._stub = engine_pb2_grpc.EngineStub(grpc.insecure_channel(address)) if address else None

    def write(self, severity: "engine_pb2.LogSeverity.ValueType", urn: str, text: str, *, fleeting: bool) -> None:
        """Send one line; an engine that is gone is no reason to stop the step in hand."""
        stub = self._stub  # another thread may find out at any moment that the engine is gone
        if stub is None:
            return
        request = engine_pb2.LogRequest(severity=severity, message=printable(text), urn=urn, ephemeral=fleeting)
        try:
            stub.Log(request, timeout=ANSWER_WITHIN)
        except grpc.RpcError as error:
            if error.code() is not grpc.StatusCode.DEADLINE_EXCEEDED:  # busy is not gone
                self._stub = None


class ResourceContext:
    """The context that the server hands to a handler for one resource."""

    def __init__(self, log: EngineLog, urn: str, clock: Clock, work: Work) -> None:
        self.clock = clock
        self._log, self._urn, self._work = log, urn, work

    def progress(self, text: str) -> None:
        """Show what is being done now."""
        self._log.write(engine_pb2.INFO, self._urn, text, fleeting=True)

    def say(self, text: str) -> None:
        """Tell the operator something that stays."""
        self._log.write(engine_pb2.INFO, self._urn, text, fleeting=False)

    def warn(self, text: str) -> None:
        """Tell the operator something to act on."""
        self._log.write(engine_pb2.WARNING, self._urn, text, fleeting=False)

    def stopping(self) -> bool:
        """Tell whether the plugin is to end: the engine was interrupted, or is gone."""
        return self._work.ending

    def debug(self, text: str) -> None:
        """Write what only a developer wants to see."""
        self._log.write(engine_pb2.DEBUG, self._urn, text, fleeting=False)
