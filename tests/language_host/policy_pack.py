"""Runs a policy pack: asked by the engine like a new one, which the SDK's `pulumi.policy` is not.

The engine tells a pack its stack when it runs; `pulumi.policy` wants to know it from its environment when it starts.
So the engine talks to a proxy, which starts the pack when it knows the stack, and hands on everything else.
"""

import json
import os
import queue
import subprocess
import threading
from concurrent import futures

import grpc
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc, language_pb2

from tests.language_host.virtualenv import activated, python_of, virtualenv_of

MESSAGES = [("grpc.max_receive_message_length", -1)]
"""A state with many certificates is longer than gRPC takes unless told otherwise."""
HANDED_ON = ("Analyze", "AnalyzeStack", "Remediate", "GetAnalyzerInfo", "GetPluginInfo", "Configure", "Cancel")


class Proxy(analyzer_pb2_grpc.AnalyzerServicer):
    """What the engine talks to: `stack` is what it says of the stack, `pack` is the way to the pack."""

    def __init__(self):
        self.stack, self.pack = futures.Future(), futures.Future()

    def Handshake(self, request, context):
        return analyzer_pb2.AnalyzerHandshakeResponse()

    def ConfigureStack(self, request, context):
        self.stack.set_result(request)
        return analyzer_pb2.AnalyzerStackConfigureResponse()


def handed_on(name):
    def call(self, request, context):
        if not self.stack.done():
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, f"the stand-in was asked {name} before for which stack")
        try:
            return getattr(self.pack.result(), name)(request)
        except grpc.RpcError as error:
            context.abort(error.code(), error.details())
        except RuntimeError as error:
            context.abort(grpc.StatusCode.UNAVAILABLE, str(error))

    return call


for method in HANDED_ON:
    setattr(Proxy, method, handed_on(method))


def served(add, servicer):
    """Return a server that serves, and its port."""
    server = grpc.server(futures.ThreadPoolExecutor(8), options=MESSAGES)
    add(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, port


def run_policy_pack(request, context):
    """Run a pack until the engine ends the call; yield what it prints, the proxy's port first."""
    virtualenv, proxy = virtualenv_of(request.info, context), Proxy()
    server, port = served(analyzer_pb2_grpc.add_AnalyzerServicer_to_server, proxy)
    context.add_callback(proxy.stack.cancel)
    try:
        yield language_pb2.RunPluginResponse(stdout=f"{port}\n".encode())
        process = _started(request, virtualenv, proxy.stack.result())
        context.add_callback(process.kill)
        yield from _printed(process, proxy)
        yield language_pb2.RunPluginResponse(exitcode=process.wait())
    finally:
        server.stop(grace=None)


def _started(request, virtualenv, stack):
    given = {
        "PULUMI_ORGANIZATION": stack.organization,
        "PULUMI_PROJECT": stack.project,
        "PULUMI_STACK": stack.stack,
        "PULUMI_DRY_RUN": str(stack.dry_run).lower(),
        "PULUMI_CONFIG": json.dumps(dict(stack.config)),
    }
    known = {name: value for name, value in given.items() if value}
    asked = dict(each.partition("=")[::2] for each in request.env)
    return subprocess.Popen(
        [python_of(virtualenv), "-u", "-m", "pulumi.policy", *request.args, request.info.program_directory],
        cwd=request.info.program_directory,
        env={**activated(virtualenv, os.environ), **known, **asked},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def _printed(process, proxy):
    """Yield what a pack prints, after its port, by which it is reached."""
    printed = queue.Queue()
    errors = threading.Thread(target=_read, args=(process.stderr, "stderr", printed))
    errors.start()
    port = process.stdout.readline().strip()
    if port.isdigit():
        channel = grpc.insecure_channel(f"127.0.0.1:{int(port)}", options=MESSAGES)
        pack = analyzer_pb2_grpc.AnalyzerStub(channel)
        pack.ConfigureStack(proxy.stack.result(), wait_for_ready=True)
        proxy.pack.set_result(pack)
    else:
        proxy.pack.set_exception(RuntimeError(f"could not read policy pack port: {port!r}"))
    outputs = threading.Thread(target=_read, args=(process.stdout, "stdout", printed))
    outputs.start()
    for _ in (errors, outputs):
        yield from iter(printed.get, None)


def _read(stream, name, printed):
    for line in stream:
        printed.put(language_pb2.RunPluginResponse(**{name: line}))
    printed.put(None)
