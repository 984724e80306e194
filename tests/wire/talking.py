"""Speaks to the plugin as the engine does: over gRPC and in structs. The wire's marks are written out here."""

import threading
from collections.abc import Iterator, Mapping
from concurrent import futures
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, provider_pb2, provider_pb2_grpc, status_pb2

from components.handling import Handler
from provider.engine_log import EngineLog
from provider.process import AT_ONCE
from provider.schema import package_schema
from provider.server import Plugin

SECRET_MARK = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
STACK = "test"
NOW = datetime(2026, 11, 24, 4, 0, 0, tzinfo=UTC)
PATIENCE = 30.0
"""Seconds after which a test that hangs fails; no test takes a part of it."""


def hidden(value: Any) -> dict[str, Any]:
    """Return a value as a secret on the wire."""
    return {**SECRET_MARK, "value": value}


def is_hidden(value: Any) -> bool:
    """Tell whether a value of the wire is a secret."""
    return isinstance(value, Mapping) and SECRET_MARK.items() <= value.items()


def urn_of(token: str, name: str = "it") -> str:
    """Return the URN of a resource below a component."""
    return f"urn:pulumi:{STACK}::elasticsearch-security::essecurity:scenarios:BasicSecurity${token}::{name}"


def struct(values: Mapping[str, Any]) -> struct_pb2.Struct:
    """Return values as a struct."""
    made = struct_pb2.Struct()
    json_format.ParseDict(dict(values), made)
    return made


def plain(values: struct_pb2.Struct) -> dict[str, Any]:
    """Return a struct as values."""
    return json_format.MessageToDict(values)


@dataclass
class SetClock:
    """A clock that a test sets; sleeping moves it."""

    time: datetime = NOW

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return self.time.timestamp()

    def sleep(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


@dataclass(frozen=True)
class Saved:
    """A resource as the engine's state holds it."""

    token: str
    inputs: dict[str, Any]
    outputs: dict[str, Any]
    id: str = "it"


@dataclass(frozen=True)
class Difference:
    """The answer of Diff: kinds by property path; which of them are differing inputs."""

    some: bool
    kinds: dict[str, str]
    inputs: frozenset[str]
    tops: list[str]
    replaces: list[str]


@dataclass
class Refused(Exception):
    """The plugin's error."""

    code: grpc.StatusCode
    text: str
    details: list[Any] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.code.name}: {self.text}"


class Listener(engine_pb2_grpc.EngineServicer):
    """The engine's log."""

    def __init__(self) -> None:
        self.lines: list[engine_pb2.LogRequest] = []
        self.heard = threading.Condition()

    def Log(self, request: engine_pb2.LogRequest, context: Any) -> empty_pb2.Empty:  # noqa: N802 (the protocol's name)
        with self.heard:
            self.lines.append(request)
            self.heard.notify_all()
        return empty_pb2.Empty()

    def texts(self, urn: str | None = None, *, severity: str = "INFO", fleeting: bool = False) -> list[str]:
        """Return what was said on a resource."""
        wanted = (engine_pb2.LogSeverity.Value(severity), fleeting)
        return [
            line.message for line in self.lines if (line.severity, line.ephemeral) == wanted and urn in (None, line.urn)
        ]

    def wait_for(self, text: str) -> None:
        """Return once a line holds this text."""
        with self.heard:
            assert self.heard.wait_for(lambda: any(text in line.message for line in self.lines), PATIENCE), text


class Talk:
    """The engine's side of the conversation."""

    def __init__(self, port: int) -> None:
        self.channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self.stub = provider_pb2_grpc.ResourceProviderStub(self.channel)

    def check(self, token: str, news: Mapping[str, Any]) -> dict[str, str]:
        """Return the reason of each refused property, and see that the inputs come back as they were."""
        answer = self._call("Check", provider_pb2.CheckRequest(urn=urn_of(token), news=struct(news)))
        assert plain(answer.inputs) == plain(struct(news))
        assert len({failure.property for failure in answer.failures}) == len(answer.failures)
        return {failure.property: failure.reason for failure in answer.failures}

    def diff(self, saved: Saved, news: Mapping[str, Any] | None = None) -> Difference:
        """Return what differs from a saved resource; without news, whether anything but inputs does."""
        wanted = saved.inputs if news is None else news
        request = provider_pb2.DiffRequest(
            id=saved.id,
            urn=urn_of(saved.token),
            olds=struct(saved.outputs),
            old_inputs=struct(saved.inputs),
            news=struct(wanted),
        )
        answer = self._call("Diff", request)
        some = answer.changes == provider_pb2.DiffResponse.DIFF_SOME
        assert some or answer.changes == provider_pb2.DiffResponse.DIFF_NONE
        assert answer.hasDetailedDiff == bool(answer.detailedDiff)
        return Difference(
            some,
            {path: provider_pb2.PropertyDiff.Kind.Name(one.kind) for path, one in answer.detailedDiff.items()},
            frozenset(path for path, one in answer.detailedDiff.items() if one.inputDiff),
            list(answer.diffs),
            list(answer.replaces),
        )

    def create(self, token: str, inputs: Mapping[str, Any]) -> Saved:
        """Create a resource and return it as it is saved."""
        answer = self._call("Create", self._creation(token, inputs))
        return Saved(token, plain(struct(inputs)), plain(answer.properties), answer.id)

    def preview_create(self, token: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Return the outputs of a resource to be created."""
        answer = self._call("Create", self._creation(token, inputs, preview=True))
        assert not answer.id
        return plain(answer.properties)

    def start_create(self, token: str, inputs: Mapping[str, Any]) -> grpc.Future:
        """Begin to create a resource, and return without waiting."""
        return self.stub.Create.future(self._creation(token, inputs), timeout=PATIENCE)

    def update(self, saved: Saved, news: Mapping[str, Any]) -> Saved:
        """Update a resource and return it as it is saved."""
        answer = self._call("Update", self._changing(saved, news))
        return Saved(saved.token, plain(struct(news)), plain(answer.properties), saved.id)

    def preview_update(self, saved: Saved, news: Mapping[str, Any]) -> dict[str, Any]:
        """Return the outputs of a resource to be updated."""
        return plain(self._call("Update", self._changing(saved, news, preview=True)).properties)

    def read(self, saved: Saved) -> Saved | None:
        """Refresh a resource; None when it is gone."""
        request = provider_pb2.ReadRequest(
            id=saved.id, urn=urn_of(saved.token), properties=struct(saved.outputs), inputs=struct(saved.inputs)
        )
        answer = self._call("Read", request)
        if not answer.id:
            return None
        return Saved(saved.token, plain(answer.inputs), plain(answer.properties), answer.id)

    def delete(self, saved: Saved) -> None:
        """Delete a resource."""
        request = provider_pb2.DeleteRequest(
            id=saved.id, urn=urn_of(saved.token), properties=struct(saved.outputs), old_inputs=struct(saved.inputs)
        )
        self._call("Delete", request)

    def cancel(self) -> None:
        """Ask to start nothing new."""
        self.stub.Cancel(empty_pb2.Empty(), timeout=PATIENCE)

    def _creation(self, token: str, inputs: Mapping[str, Any], *, preview: bool = False) -> provider_pb2.CreateRequest:
        return provider_pb2.CreateRequest(urn=urn_of(token), properties=struct(inputs), preview=preview)

    def _changing(self, saved: Saved, news: Mapping[str, Any], *, preview: bool = False) -> provider_pb2.UpdateRequest:
        return provider_pb2.UpdateRequest(
            id=saved.id,
            urn=urn_of(saved.token),
            olds=struct(saved.outputs),
            old_inputs=struct(saved.inputs),
            news=struct(news),
            preview=preview,
        )

    def _call(self, method: str, request: Any) -> Any:
        try:
            return getattr(self.stub, method)(request, timeout=PATIENCE)
        except grpc.RpcError as error:
            raise refused(error) from None


def refused(error: grpc.RpcError) -> Refused:
    """Return an error of the wire with its unpacked details."""
    details = []
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin":
            for packed in status_pb2.Status.FromString(value).details:
                detail = provider_pb2.ErrorResourceInitFailed()
                assert packed.Unpack(detail)
                details.append(detail)
    return Refused(error.code(), error.details(), details)


@contextmanager
def serving(plugin: Plugin) -> Iterator[Talk]:
    """Serve a plugin on loopback, as its own process does."""
    server = grpc.server(futures.ThreadPoolExecutor(AT_ONCE))
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(plugin, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    talk = Talk(port)
    try:
        yield talk
    finally:
        talk.channel.close()
        server.stop(grace=None).wait()


@contextmanager
def listening() -> Iterator[tuple[Listener, str]]:
    """Serve the engine's log on loopback; yield it and its address."""
    listener = Listener()
    server = grpc.server(futures.ThreadPoolExecutor(4))
    engine_pb2_grpc.add_EngineServicer_to_server(listener, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield listener, f"127.0.0.1:{port}"
    finally:
        server.stop(grace=None).wait()


def plugin_of(handlers: Mapping[str, Handler[Any, Any]], address: str, clock: SetClock) -> Plugin:
    """Return a plugin whose log goes to an address."""
    return Plugin(handlers, lambda: package_schema(handlers), EngineLog(address), clock)
