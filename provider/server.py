"""The plugin's gRPC service: the engine's calls on one side, typed handlers on the other."""

import functools
import traceback
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import grpc
from google.protobuf import empty_pb2
from google.protobuf.message import Message
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc
from pydantic import ValidationError

from components.clock import PREVIEW_AT, Clock
from components.errors import ConfigurationRefused, MachineUnreachable, SecurityError
from components.handling import Change, HalfDone, Handler, Recorded
from provider import PACKAGE_VERSION
from provider.answers import diff_response, half_done
from provider.differences import differences
from provider.engine_log import EngineLog, ResourceContext
from provider.lifetime import StackLock, Stopped, Work
from provider.reading import LOOK_AGAIN, refreshed, warn_not_looked_at, was_not_looked_at
from provider.typed import dump_outputs, parse, parse_recorded, refusals_of
from provider.wire import dump, load, unwrap

Request = TypeVar("Request", bound=Message)
Response = TypeVar("Response", bound=Message)
Seen = TypeVar("Seen")
AnyHandler = Handler[Any, Any]

CERTIFICATES = "essecurity:pki:"
"""How the types begin that are due by the clock, whatever is found on a machine."""
UNREADABLE = "recorded in a form that this version does not know, so it is made anew from what is there"


def answered(
    method: Callable[["Plugin", Any, grpc.ServicerContext], Response],
) -> Callable[["Plugin", Any, grpc.ServicerContext], Response]:
    """Count a call as a step in hand, and turn our errors into the engine's: text, never a traceback."""

    @functools.wraps(method)
    def call(self: "Plugin", request: Any, context: grpc.ServicerContext) -> Response:
        try:
            with self.work.step():
                return method(self, request, context)
        except SecurityError as error:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))
        except Stopped as error:
            context.abort(grpc.StatusCode.UNAVAILABLE, str(error))
        except Exception as error:  # noqa: BLE001 (the last line before the user; the traceback goes to --debug)
            self.context(request.urn).debug(traceback.format_exc())
            context.abort(grpc.StatusCode.INTERNAL, _our_mistake(error))
        raise AssertionError("abort raises")

    return call


def type_in(urn: str) -> str:
    """Return the type of the resource that a URN names, without those of the components that it belongs to."""
    return urn.split("::")[2].rsplit("$", 1)[-1]


def _our_mistake(error: Exception) -> str:
    return (
        f"a mistake in essecurity itself: {type(error).__name__}: {error}\n"
        "  next: run again with --debug and report what it prints; nothing needs to be undone"
    )


class Plugin(provider_pb2_grpc.ResourceProviderServicer):
    """The provider. Its only state is which steps are in hand.

    With ``ahead``, a clock that is moved, it serves previews alone. What is due of certificates is judged by it;
    machines, which live now, by ``clock``.
    """

    def __init__(
        self,
        handlers: Mapping[str, AnyHandler],
        schema: Callable[[], str],
        log: EngineLog,
        clock: Clock,
        ahead: Clock | None = None,
    ) -> None:
        self.handlers, self.schema, self.log, self.clock, self.ahead = handlers, schema, log, clock, ahead
        self.work, self.lock = Work(), StackLock()

    def context(self, urn: str) -> ResourceContext:
        """Return the context of one resource."""
        clock = self.ahead if self.ahead and type_in(urn).startswith(CERTIFICATES) else self.clock
        return ResourceContext(self.log, urn, clock, self.work)

    def handler(self, urn: str) -> AnyHandler:
        """Return the handler of a resource.

        Raises:
            KeyError: the program names a type that this plugin does not have.
        """
        return self.handlers[type_in(urn)]

    def GetPluginInfo(self, request: Any, context: Any) -> plugin_pb2.PluginInfo:
        """Return the plugin's version."""
        return plugin_pb2.PluginInfo(version=PACKAGE_VERSION)

    def GetSchema(self, request: Any, context: Any) -> provider_pb2.GetSchemaResponse:
        """Return the package schema, from which SDKs for other languages can be generated."""
        return provider_pb2.GetSchemaResponse(schema=self.schema())

    def CheckConfig(self, request: Any, context: Any) -> provider_pb2.CheckResponse:
        """Accept the provider's configuration: there is none."""
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: Any) -> provider_pb2.DiffResponse:
        """Find no difference: there is no configuration."""
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)

    def Configure(self, request: Any, context: Any) -> provider_pb2.ConfigureResponse:
        """Ask for secrets as secrets, and take part in previews."""
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    def Cancel(self, request: Any, context: Any) -> empty_pb2.Empty:
        """Finish the steps in hand and start nothing new."""
        self.work.start_nothing_new()
        return empty_pb2.Empty()

    @answered
    def Check(self, request: Any, context: grpc.ServicerContext) -> provider_pb2.CheckResponse:
        """Refuse inputs that cannot be, each with its property path."""
        handler, news = self.handler(request.urn), load(request.news)
        try:
            wanted = parse(handler.inputs, news)
            refusals = tuple(handler.refusals(wanted))
            if not refusals:
                handler.foresee(wanted)
        except ValidationError as error:
            refusals = refusals_of(error, news)
        failures = [provider_pb2.CheckFailure(property=refusal.on, reason=refusal.reason) for refusal in refusals]
        return provider_pb2.CheckResponse(inputs=request.news, failures=failures)

    @answered
    def Diff(self, request: Any, context: grpc.ServicerContext) -> provider_pb2.DiffResponse:
        """Say what differs, and why: by inputs, by the clock, by what the machine shows."""
        handler, voice = self.handler(request.urn), self.context(request.urn)
        old_inputs, news = load(request.old_inputs), load(request.news)
        differing = differences(unwrap(old_inputs), unwrap(news))
        found = tuple(difference for difference in differing if difference.top not in handler.places)
        recorded = parse_recorded(handler, old_inputs, load(request.olds))
        changes: tuple[Change, ...] = ()
        if recorded is None:
            voice.warn(UNREADABLE)
        else:
            wanted = parse(handler.inputs, news)
            try:
                changes = _seen(lambda: tuple(handler.changes(recorded, wanted, voice)), (), voice)
            except SecurityError:
                if not was_not_looked_at(load(request.olds)):
                    raise
                changes = (LOOK_AGAIN,)  # a refresh asks here too, and goes on; the update that follows fails
        for change in changes:
            voice.say(change.finding.message)
        return diff_response(handler, found, changes, readable=recorded is not None)

    @answered
    def Create(self, request: Any, context: grpc.ServicerContext) -> provider_pb2.CreateResponse:
        """Make it so, whatever a killed earlier run may have left."""
        handler, inputs = self.handler(request.urn), load(request.properties)
        wanted = parse(handler.inputs, inputs)
        if request.preview:
            outputs = handler.preview(None, wanted, self.context(request.urn))
            return provider_pb2.CreateResponse(properties=dump(dump_outputs(outputs)))
        name = handler.name(wanted)
        try:
            outputs = self._converge(handler, None, wanted, request.urn)
        except HalfDone as stopped:
            half_done(context, name, inputs, stopped)
            return provider_pb2.CreateResponse()
        return provider_pb2.CreateResponse(id=name, properties=dump(dump_outputs(outputs)))

    @answered
    def Update(self, request: Any, context: grpc.ServicerContext) -> provider_pb2.UpdateResponse:
        """Make it so, starting from what is recorded and what is there."""
        handler, inputs = self.handler(request.urn), load(request.news)
        wanted = parse(handler.inputs, inputs)
        recorded = parse_recorded(handler, load(request.old_inputs), load(request.olds))
        if request.preview:
            voice = self.context(request.urn)
            if recorded is None:
                outputs = handler.preview(None, wanted, voice)
            else:
                unseen = handler.unseen(recorded, wanted)
                outputs = _seen(lambda: handler.preview(recorded, wanted, voice), unseen, voice)
            return provider_pb2.UpdateResponse(properties=dump(dump_outputs(outputs)))
        try:
            outputs = self._converge(handler, recorded, wanted, request.urn)
        except HalfDone as stopped:
            half_done(context, request.id, inputs, stopped)
            return provider_pb2.UpdateResponse()
        return provider_pb2.UpdateResponse(properties=dump(dump_outputs(outputs)))

    @answered
    def Read(self, request: Any, context: grpc.ServicerContext) -> provider_pb2.ReadResponse:
        """Look at the machine, record what is there, and say what is not as recorded."""
        handler, inputs = self.handler(request.urn), load(request.inputs)
        recorded = parse_recorded(handler, inputs, load(request.properties))
        if recorded is None:
            return provider_pb2.ReadResponse(id=request.id, properties=request.properties, inputs=request.inputs)
        saved = refreshed(handler, inputs, recorded, self.context(request.urn))
        if saved is None:
            return provider_pb2.ReadResponse()
        return provider_pb2.ReadResponse(id=request.id, properties=dump(saved), inputs=request.inputs)

    @answered
    def Delete(self, request: Any, context: grpc.ServicerContext) -> empty_pb2.Empty:
        """Let go of a resource; a cluster is never unsecured by it."""
        handler = self.handler(request.urn)
        recorded = parse_recorded(handler, load(request.old_inputs), load(request.properties))
        if recorded is not None:
            self._hold_lock(request.urn)
            handler.forget(recorded, self.context(request.urn))
        return empty_pb2.Empty()

    def _converge(self, handler: AnyHandler, recorded: Recorded[Any, Any] | None, wanted: Any, urn: str) -> Any:
        self._hold_lock(urn)
        return handler.converge(recorded, wanted, self.context(urn))

    def _hold_lock(self, urn: str) -> None:
        """Let no other run change this stack, nor one whose clock is moved.

        Raises:
            ConfigurationRefused: the clock is moved.
        """
        if self.ahead is not None:
            raise ConfigurationRefused(
                "nothing was done: the plugin's clock is moved",
                where=PREVIEW_AT,
                why=f"it says {self.ahead.now():%Y-%m-%d}, and a certificate that is made then is not valid yet",
                next_step="unset this variable; `python -m stacks preview ENVIRONMENT --at …` sets it where it belongs",
            )
        stack, project = urn.removeprefix("urn:pulumi:").split("::")[:2]
        self.lock.hold(f"{project}/{stack}", self.work, self.context(urn).progress)


def _seen(look: Callable[[], Seen], recorded: Seen, voice: ResourceContext) -> Seen:
    """Return what a look at a machine shows; what is recorded, with a warning, where the machine does not answer.

    So a preview, and the work on other machines, go on without it. Work on it fails, and so does what builds on that.
    """
    try:
        return look()
    except MachineUnreachable as error:
        warn_not_looked_at(error, voice)
        return recorded
