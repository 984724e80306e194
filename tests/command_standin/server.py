"""The stand-in's process: started by the engine, as any plugin: `python -m tests.command_standin.server`."""

import os
import subprocess
import sys
import threading
from concurrent import futures

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from provider.wire import dump, load, unwrap

VERSION = "1.2.1"
TYPE = "command:local:Command"
INPUTS = {"create", "dir", "stdin", "addPreviousOutputInEnv", "logging"}
CHANGED = provider_pb2.DiffResponse.DIFF_SOME
SAME = provider_pb2.DiffResponse.DIFF_NONE


class Failed(Exception):
    pass


def run(inputs):
    """Run the command as the real one does: by a shell, with our whole environment, and no limit of time."""
    argv = ["/bin/sh", "-c", inputs.get("create", "")]
    done = subprocess.run(
        argv, cwd=inputs.get("dir"), input=inputs.get("stdin", ""), capture_output=True, text=True, check=False
    )
    if done.returncode:
        quoted = inputs["create"].replace("\\", "\\\\").replace('"', '\\"')
        raise Failed(f'exit status {done.returncode}: running "{quoted}":\n{done.stdout}{done.stderr}')
    return {"stdout": done.stdout.removesuffix("\n"), "stderr": done.stderr.removesuffix("\n")}


class StandIn(provider_pb2_grpc.ResourceProviderServicer):
    def GetPluginInfo(self, request, context):
        return plugin_pb2.PluginInfo(version=VERSION)

    def CheckConfig(self, request, context):
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request, context):
        return provider_pb2.DiffResponse(changes=SAME)

    def Configure(self, request, context):
        return provider_pb2.ConfigureResponse(acceptSecrets=False, supportsPreview=True)

    def Check(self, request, context):
        strange = set(load(request.news)) - INPUTS
        failures = [provider_pb2.CheckFailure(property=name, reason="is not known") for name in sorted(strange)]
        if request.urn.split("::")[2] != TYPE:
            failures.append(provider_pb2.CheckFailure(reason=f"{request.urn} is no {TYPE}"))
        return provider_pb2.CheckResponse(inputs=request.news, failures=failures)

    def Diff(self, request, context):
        before, after = unwrap(load(request.old_inputs)), unwrap(load(request.news))
        differing = [name for name in INPUTS if before.get(name) != after.get(name)]
        return provider_pb2.DiffResponse(changes=CHANGED if differing else SAME, diffs=differing)

    def Create(self, request, context):
        inputs = load(request.properties)
        made = {} if request.preview else self._run(inputs, context)
        return provider_pb2.CreateResponse(id=f"{os.getpid()}", properties=dump({**inputs, **made}))

    def Update(self, request, context):
        inputs = load(request.news)
        before = {name: value for name, value in load(request.olds).items() if name in ("stdout", "stderr")}
        made = before if request.preview else self._run(inputs, context)
        return provider_pb2.UpdateResponse(properties=dump({**inputs, **made}))

    def Read(self, request, context):
        return provider_pb2.ReadResponse(id=request.id, properties=request.properties, inputs=request.inputs)

    def Delete(self, request, context):
        return empty_pb2.Empty()

    def Cancel(self, request, context):
        return empty_pb2.Empty()

    def _run(self, inputs, context):
        try:
            return run(inputs)
        except Failed as error:
            context.abort(grpc.StatusCode.UNKNOWN, str(error))


def main():
    server = grpc.server(futures.ThreadPoolExecutor(8))
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(StandIn(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    parent = os.getppid()
    gone = threading.Event()
    while os.getppid() == parent and not gone.wait(0.5):
        continue
    server.stop(grace=None)


if __name__ == "__main__":
    main()
