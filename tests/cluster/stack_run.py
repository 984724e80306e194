"""A stack of its own for a real development cluster, run as a user runs it: `python -m stacks …` in a process."""

import base64
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psutil
from ruamel.yaml import YAML

from devcluster.cluster import DevCluster, running
from devcluster.seed import seed
from drill.state import clear_state
from tests.cluster_fixtures import NAMES, cluster_spec, elasticsearch_or_skip
from tests.figures import LONG
from toolchain.engine import engine

CHECKOUT = Path(__file__).resolve().parents[2]
BARE_UP = "tests.cluster.bare_up"
STACK = "test"
NAMESPACE = "elasticsearch-security"
CONSENT = {"full_cluster_restart": True}
LONG_AFTER = 240.0
"""Seconds in which most commands end; what then runs is told, since a wait that nobody meant has no other trace."""


@dataclass
class Finished:
    """How a run ended, with what it printed."""

    status: int
    stdout: str
    stderr: str

    @property
    def data(self) -> dict[str, Any]:
        """The JSON document of a run with --json."""
        return json.loads(self.stdout)


@dataclass
class StackRun:
    """One stack on one development cluster.

    Attributes:
        folder: where its project and its state lie.
        cluster: the nodes.
        sections: what its stack file has.
        provider: the plugin's folder.
        variables: what commands, plugin and clients get in their environment beside the usual.
    """

    folder: Path
    cluster: DevCluster
    sections: dict[str, Any] = field(default_factory=dict)
    provider: Path = CHECKOUT / "provider"
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def project(self) -> Path:
        return self.folder / "project"

    @property
    def state_folder(self) -> Path:
        return self.folder / "state"

    @property
    def environment(self) -> dict[str, str]:
        return {
            **{key: value for key, value in os.environ.items() if not key.startswith("PULUMI_")},
            "PULUMI_BACKEND_URL": self.state_folder.as_uri(),
            "PULUMI_CONFIG_PASSPHRASE_FILE": str(self.folder / "passphrase"),
            "PULUMI_HOME": str(self.folder / "pulumi"),
            "PYTHONUNBUFFERED": "1",
            **self.variables,
        }

    def write(self, **sections: Any) -> None:
        """Write the project and its stack file; sections given here replace the usual ones."""
        (self.project / "stacks").mkdir(parents=True, exist_ok=True)
        self.state_folder.mkdir(exist_ok=True)
        passphrase = self.folder / "passphrase"
        passphrase.write_text("a passphrase of this test")
        passphrase.chmod(0o600)
        yaml = YAML(typ="safe", pure=True)
        project = yaml.load(CHECKOUT / "Pulumi.yaml")
        project["plugins"]["providers"][0]["path"] = str(self.provider)
        project["plugins"]["analyzers"][0]["path"] = str(CHECKOUT / "policy")
        yaml.dump(project, self.project / "Pulumi.yaml")
        self.sections = {**self.usual(), **sections}
        path = self.project / "stacks" / f"Pulumi.{STACK}.yaml"
        kept = {key: value for key, value in yaml.load(path).items() if key != "config"} if path.exists() else {}
        config = {f"{NAMESPACE}:{key}": value for key, value in self.sections.items() if value is not None}
        yaml.dump({**kept, "config": config}, path)

    def usual(self) -> dict[str, Any]:
        """Return the sections of the stack file, as they are unless a test wants others."""
        return {
            "cluster": {"name": self.cluster.spec.name, "scenario": "basic-https"},
            "machine": {
                "layout": "archive",
                "home": str(self.cluster.spec.home),
                "config": f"{self.cluster.spec.folder}/{{name}}/config",
            },
            "nodes": [
                {
                    "name": node.name,
                    "address": "127.0.0.1",
                    "http_port": node.spec.http_port,
                    "transport_port": node.spec.transport_port,
                }
                for node in self.cluster.nodes
            ],
            "consent": CONSENT,
        }

    def command(self, *arguments: str) -> list[str]:
        name, *rest = arguments
        return [sys.executable, "-m", "stacks", name, STACK, *rest, "--project", str(self.project)]

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command in a session of its own, so that it can be killed as a whole."""
        return self._start(self.command(*arguments))

    def start_bare_up(self) -> subprocess.Popen[str]:
        """Start an `up` without a preview and a summary, likewise."""
        return self._start([sys.executable, "-m", BARE_UP, STACK, str(self.project)])

    def _start(self, command: list[str]) -> subprocess.Popen[str]:
        return subprocess.Popen(
            command,
            cwd=CHECKOUT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments: str) -> Finished:
        """Run a command to its end."""
        process = self.start(*arguments)
        try:
            stdout, stderr = process.communicate(timeout=LONG_AFTER)
        except subprocess.TimeoutExpired:
            tell_what_runs(process.pid)
            stdout, stderr = process.communicate()
        return Finished(process.returncode, stdout, stderr)

    def succeed(self, *arguments: str) -> Finished:
        """Run a command that must succeed; a preview and a refresh do so too where they find something."""
        finished = self.run(*arguments)
        well = (0, 1) if arguments[0] in {"preview", "refresh"} else (0,)
        said = f"{finished.stdout[-2000:]}\n{finished.stderr[-3000:]}"
        assert finished.status in well, f"{arguments} ended with {finished.status}:\n{said}"
        return finished

    def up(self) -> dict[str, Any]:
        return self.succeed("up", "--json").data

    def preview(self, *arguments: str) -> dict[str, Any]:
        return self.succeed("preview", "--json", *arguments).data

    def output(self, name: str) -> Any:
        return json.loads(self.succeed("output", name, "--json", "--show-secrets").stdout)

    def state(self) -> str:
        """Return the state file as it lies there."""
        return (self.state_folder / ".pulumi" / "stacks" / NAMESPACE / f"{STACK}.json").read_text()

    def set_secret(self, path: str, value: str) -> Any:
        """Encrypt a value as an operator does, and return what stands in the stack file's section then."""
        key = f"{NAMESPACE}:{path}"
        subprocess.run(
            [engine(), "config", "set", "--secret", "--path", key, "--stack", STACK],
            cwd=self.project,
            env=self.environment,
            input=value,
            check=True,
            capture_output=True,
            text=True,
        )
        stack_file = self.project / "stacks" / f"Pulumi.{STACK}.yaml"
        section = key.partition(".")[0]
        return YAML(typ="safe", pure=True).load(stack_file)["config"][section]

    def clear_state(self) -> dict[str, Any]:
        """Return the state with its secrets in clear, as the engine exports it for whoever has the passphrase."""
        return clear_state(STACK, self.project, self.environment)

    def password(self, purpose: str) -> str:
        """Return a generated password out of the state."""
        for resource in self.clear_state()["deployment"]["resources"]:
            if resource["urn"].endswith(f"::{purpose}-password"):
                value = resource["outputs"]["value"]
                return json.loads(value["plaintext"]) if isinstance(value, dict) else value
        raise AssertionError(f"no password for {purpose} in the state")

    def trusted_on_transport(self) -> str:
        """Return what a node trusts on the transport layer, as it lies on the node."""
        return (self.cluster.nodes[0].config / "certs" / "transport-trust.pem").read_text()

    def api(self) -> "SecuredApi":
        """Return access to the secured cluster, as a user has it after an `up`."""
        outputs = json.loads(self.succeed("output", "--json", "--show-secrets").stdout)
        authority_pem, password = outputs.get("caCertificatePem", ""), outputs["elasticPassword"]
        return SecuredApi(outputs["httpUrls"], authority_pem, password, self.variables)


@dataclass
class SecuredApi:
    """What a client needs to talk to a secured cluster.

    Attributes:
        urls: where each node answers.
        authority_pem: whom the client trusts.
        password: that of `elastic`.
        variables: what the client gets in its environment beside the usual.
    """

    urls: list[str]
    authority_pem: str
    password: str
    variables: dict[str, str] = field(default_factory=dict)

    def ask(self, path: str, node: int = 0, user: str = "elastic", password: str | None = None) -> tuple[int, Any]:
        """GET a path with curl's own TLS and verification: an implementation that is not ours."""
        return self._curl(f"{self.urls[node]}{path}", _login(user, password or self.password))

    def put(self, path: str, body: Mapping[str, Any], node: int = 0) -> tuple[int, Any]:
        """PUT a document to a path, likewise."""
        data = json.dumps(json.dumps(body))
        content = f'request = "PUT"\nheader = "Content-Type: application/json"\ndata = {data}\n'
        return self._curl(f"{self.urls[node]}{path}", f"{_login('elastic', self.password)}{content}")

    def documents(self, index: str) -> int:
        """Return how many documents an index holds; none where there is no such index."""
        self.ask(f"/{index}/_refresh")
        return self.ask(f"/{index}/_count")[1].get("count", 0)

    def ask_anonymously(self, path: str, node: int = 0) -> tuple[int, Any]:
        return self._curl(f"{self.urls[node]}{path}", "")

    def _curl(self, url: str, config: str) -> tuple[int, Any]:
        # curl takes a CA from a file only; the certificate is public
        ca = Path(f"/proc/self/fd/{_memory_file(self.authority_pem)}")
        done = subprocess.run(
            ["curl", "--silent", "--cacert", str(ca), "--config", "-", "--write-out", "\n%{http_code}", url],
            env={**os.environ, **self.variables},
            input=config,
            capture_output=True,
            text=True,
            timeout=60,
            pass_fds=[int(ca.name)],
        )
        os.close(int(ca.name))
        body, _, status = done.stdout.rpartition("\n")
        try:
            return int(status), json.loads(body)
        except ValueError:
            return int(status or 0), body


def _login(user: str, password: str) -> str:
    """Return the line of curl's configuration that logs somebody in."""
    return f'header = "Authorization: Basic {base64.b64encode(f"{user}:{password}".encode()).decode()}"\n'


def _memory_file(text: str) -> int:
    descriptor = os.memfd_create("ca")
    os.write(descriptor, text.encode())
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


@contextmanager
def open_stack(
    folder: Path, documents: int, names: tuple[str, ...] = NAMES, version: str | None = None, cluster: str = "books"
) -> Iterator[StackRun]:
    """Run an open cluster with documents, of the usual version or of another, and a stack for it that was never run."""
    home, spec = elasticsearch_or_skip(version), cluster_spec(folder, names, cluster)
    with running(replace(spec, home=home) if version else spec) as cluster:
        seed(cluster.nodes, documents)
        run = StackRun(folder, cluster)
        run.write()
        yield run


def tell_what_runs(pid: int) -> None:
    """Write down what a process has started, and in which call of the kernel each of that waits."""
    with suppress(psutil.Error, OSError):
        for one in [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]:
            waits_in = Path(f"/proc/{one.pid}/wchan").read_text() if one.is_running() else "nothing"
            sys.stdout.write(f"{LONG}{one.pid} of {one.ppid()}, in {waits_in}: {' '.join(one.cmdline())[:160]}\n")


def kill_run(process: subprocess.Popen[str]) -> None:
    """Kill a run with everything that belongs to it, engine and plugin too, as a lost machine would."""
    for one in [*psutil.Process(process.pid).children(recursive=True), psutil.Process(process.pid)]:
        try:
            if is_of_the_run(one):
                one.kill()
        except psutil.NoSuchProcess:
            continue
    process.communicate()


def is_of_the_run(process: psutil.Process) -> bool:
    """Tell the run's own processes from the nodes that it started."""
    words = " ".join(process.cmdline())
    return "-m stacks" in words or f"-m {BARE_UP}" in words or is_plugin(words) or "pulumi" in process.name()


def is_plugin(words: str) -> bool:
    """Tell whether a command line is that of our plugin, or of one that tests changed."""
    return "-m provider" in words or re.search(r"-m tests\.cluster\.\w+_provider", words) is not None


def survivors(run: StackRun) -> list[psutil.Process]:
    """Return every engine and plugin of a stack that goes on although its run is over."""
    return [one for one in psutil.process_iter() if _belongs_to(one, run)]


def _belongs_to(process: psutil.Process, run: StackRun) -> bool:
    try:
        words = " ".join(process.cmdline())
        return (is_plugin(words) or "pulumi" in process.name()) and str(run.folder) in repr(process.environ())
    except psutil.Error:
        return False


def wait_for(moment: Callable[[], bool], process: subprocess.Popen[str], seconds: float = 180) -> None:
    """Return as soon as a moment has come, seen from outside."""
    deadline = time.monotonic() + seconds
    while not moment():
        assert process.poll() is None, f"the run ended before the moment came: {process.communicate()}"
        assert time.monotonic() < deadline, "the moment never came"
        time.sleep(0.005)


def stop_gently(process: subprocess.Popen[str]) -> Finished:
    """Interrupt a run as a terminal would: once, the whole group."""
    os.killpg(process.pid, signal.SIGINT)
    stdout, stderr = process.communicate()
    return Finished(process.returncode, stdout, stderr)
