"""The stand-in's process, which the engine starts as `pulumi-language-python`."""

import json
import os
import signal
import subprocess
import sys
import threading

import grpc
from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2

from tests.language_host.policy_pack import run_policy_pack, served
from tests.language_host.virtualenv import activated, python_of, virtualenv_of
from toolchain.engine import BUILT

SAID_ALREADY = 32
"""With this status the executor ends when it has told people what is wrong."""
LOOK_EVERY = 0.5
"""Seconds between two looks at the engine, which a kill may have ended."""


class Host(language_pb2_grpc.LanguageRuntimeServicer):
    """The host; what it does not do, gRPC refuses as not implemented.

    Attributes:
        executor: the official program that runs programs.
        engine: the engine's address.
    """

    def __init__(self, executor, engine):
        self.executor, self.engine = executor, engine

    def GetPluginInfo(self, request, context):
        return plugin_pb2.PluginInfo(version=BUILT)

    def GetRequiredPackages(self, request, context):
        """Return the plugins of the installed packages, whether the program uses them or not, as the real one does."""
        found = virtualenv_of(request.info, context).glob("lib/python*/site-packages/*/pulumi-plugin.json")
        plugins = [json.loads(path.read_text()) for path in found]
        needed = [
            plugin_pb2.PackageDependency(name=one["name"], kind="resource", version=f"v{one['version']}")
            for one in plugins
            if one["resource"]
        ]
        return language_pb2.GetRequiredPackagesResponse(packages=needed)

    def Run(self, request, context):
        if request.attach_debugger or request.queryMode:
            context.abort(grpc.StatusCode.UNIMPLEMENTED, "the stand-in knows neither a debugger nor queries")
        virtualenv = virtualenv_of(request.info, context)
        configuration = {
            "PULUMI_CONFIG": json.dumps(dict(request.config)),
            "PULUMI_CONFIG_SECRET_KEYS": json.dumps(list(request.configSecretKeys)),
        }
        command = [python_of(virtualenv), self.executor, *self._options(request)]
        process = subprocess.Popen(
            [*command, request.info.entry_point, *request.args],
            env={**activated(virtualenv, os.environ), **configuration},
            stdin=subprocess.DEVNULL,
        )
        context.add_callback(lambda: process.send_signal(signal.SIGINT))
        return answer(process.wait())

    def _options(self, request):
        given = {
            "monitor": request.monitor_address,
            "engine": self.engine,
            "project": request.project,
            "root_directory": request.info.root_directory,
            "stack": request.stack,
            "pwd": request.pwd,
            "dry_run": str(request.dryRun).lower(),
            "parallel": str(request.parallel),
            "organization": request.organization,
        }
        return [word for name, value in given.items() if value for word in (f"--{name}", value)]

    def RunPlugin(self, request, context):
        if request.kind != "analyzer" or request.attach_debugger:
            context.abort(grpc.StatusCode.UNIMPLEMENTED, f"the stand-in runs policy packs, and no {request.kind}")
        yield from run_policy_pack(request, context)


def answer(status):
    """Return what the engine is told of a program that ended."""
    if status == SAID_ALREADY:
        return language_pb2.RunResponse(bail=True)
    return language_pb2.RunResponse(error=f"program exited with non-zero exit code: {status}" if status else "")


def main(executor, *, words):
    """Serve the engine until it says so, or is gone.

    Args:
        executor: the official one.
        words: the arguments, of which the last is the engine's address.
    """
    server, port = served(language_pb2_grpc.add_LanguageRuntimeServicer_to_server, Host(executor, words[-1]))
    stopped, parent = threading.Event(), os.getppid()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    while os.getppid() == parent and not stopped.wait(LOOK_EVERY):
        continue
    server.stop(grace=None)
