"""Runs the project's program without an engine, and keeps what it asked the engine for.

The mock answers as the plugin does: every output that a handler's model calls a secret is one, with a text that a
test can find again wherever the program sends it. What is asked of the engine is read off the requests themselves,
since the SDK's own mocks do not show parents and dependencies.
"""

import asyncio
import contextvars
import json
import runpy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi
from google.protobuf import empty_pb2, json_format
from pulumi.runtime import mocks
from pulumi.runtime.config import set_all_config
from pulumi.runtime.proto import engine_pb2, resource_pb2
from pulumi.runtime.settings import SETTINGS, get_root_resource, set_root_resource
from pulumi.runtime.stack import run_in_stack

from provider.registry import HANDLERS
from stacks.config import PREFIX
from stacks.sealed import SECRETS
from tests.wire.talking import hidden, is_hidden, struct

COMMAND = "command:local:Command"
ANNOUNCEMENT = "essecurity:hooks:Announcement"
ROOT = Path(__file__).parent.parent.parent
PROGRAM = ROOT / "__main__.py"
STACK, PROJECT = "prod", "elasticsearch-security"
ENCRYPTED = frozenset(f"{PREFIX}{path.partition('.')[0]}" for path in SECRETS)
"""What the engine keeps encrypted, and hands over in clear."""
MARKED = "a secret: "
"""How the text of every secret output begins."""


@dataclass(frozen=True)
class Asked:
    """A resource as the program asked for it.

    Attributes:
        urn: its URN.
        type: its type.
        name: its name.
        parent: its parent's name; empty for the stack itself.
        after: the names of the resources that it waits for.
        inputs: its inputs as they travel, secrets in their wrapper.
        custom: whether the plugin makes it; a component is nobody's.
        traced: whether it says in which lines of which files it was made.
    """

    urn: str
    type: str
    name: str
    parent: str
    after: frozenset[str]
    inputs: Mapping[str, Any]
    custom: bool
    traced: bool

    @property
    def kind(self) -> str:
        """The last part of its type."""
        return self.type.rpartition(":")[2]


@dataclass(frozen=True)
class Output:
    """A stack output."""

    value: Any
    secret: bool


@dataclass(frozen=True)
class Run:
    """What a run of the program asked for, and what it hands out."""

    resources: Mapping[str, Asked]
    outputs: Mapping[str, Output]
    warned: tuple[str, ...]

    def __getitem__(self, name: str) -> Asked:
        return self.resources[name]

    def of(self, kind: str) -> list[Asked]:
        """Return the resources of a kind, by name."""
        return sorted((one for one in self.resources.values() if one.kind == kind), key=lambda one: one.name)

    def names(self, kind: str) -> list[str]:
        """Return the names of the resources of a kind."""
        return [one.name for one in self.of(kind)]

    def waits_for(self, name: str) -> frozenset[str]:
        """Return everything that is done before a resource, near and far."""
        reached: set[str] = set()
        ahead = [name]
        while ahead:
            before = self.resources[ahead.pop()].after - reached
            reached |= before
            ahead += before
        return frozenset(reached)


class Engine(mocks.MockMonitor):
    """The engine and the plugin behind it, as far as a program can tell."""

    def __init__(self) -> None:
        super().__init__(mocks=None)
        self.asked: list[Asked] = []

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 (the protocol's name)
        urn = self.make_urn(request.parent, request.type, request.name)
        inputs = json_format.MessageToDict(request.object)
        after = frozenset(map(_name, request.dependencies))
        parent = _name(request.parent)
        traced = bool(request.stackTrace.frames) or bool(request.sourcePosition.uri)
        self.asked.append(Asked(urn, request.type, request.name, parent, after, inputs, request.custom, traced))
        outputs = struct(outputs_of(request.type, request.name, inputs)) if request.custom else None
        return resource_pb2.RegisterResourceResponse(urn=urn, id=f"{request.name}-id", object=outputs)


class Voice(mocks.MockEngine):
    """The engine's log."""

    def __init__(self) -> None:
        super().__init__(None)
        self.warned: list[str] = []

    def Log(self, request: Any) -> empty_pb2.Empty:  # noqa: N802 (the protocol's name)
        if request.severity >= engine_pb2.LogSeverity.WARNING:
            self.warned.append(request.message)
        return empty_pb2.Empty()


def run(sections: Mapping[str, Any]) -> Run:
    """Run the program with this stack file, away from every other run."""
    texts = {f"{PREFIX}{key}": json.dumps(value) for key, value in sections.items()}
    return contextvars.copy_context().run(lambda: asyncio.run(_program(texts)))


def texts_in(value: Any, path: str = "", *, secret: bool = False) -> Iterator[tuple[str, str, bool]]:
    """Return every text in what travels: where it stands, what it is, and whether a secret's wrapper is around it."""
    if is_hidden(value):
        yield from texts_in(value["value"], path, secret=True)
    elif isinstance(value, Mapping):
        for key, one in value.items():
            yield from texts_in(one, f"{path}.{key}" if path else key, secret=secret)
    elif isinstance(value, list):
        for one in value:
            yield from texts_in(one, f"{path}[]", secret=secret)
    elif isinstance(value, str):
        yield path, value, secret


def outputs_of(token: str, name: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return outputs of a resource in the shape that its handler gives them; of a CA, what signs and what does not."""
    if token == COMMAND:  # of another plugin
        return {"stdout": "", "stderr": ""}
    if token == ANNOUNCEMENT:
        return {"document": "{}", "commands": inputs["commands"], "folder": inputs["folder"]}
    schema = HANDLERS[token].outputs.model_json_schema(by_alias=True)
    found = example(schema, schema.get("$defs", {}), name)
    if token.endswith(":CertificateAuthority"):
        signs, asked = signer_of(inputs), inputs["generation"]
        beside = [{**one, "number": asked} for one in found["trustedBeside"] if signs != asked]
        found |= {"signerGeneration": signs, "trustedBeside": beside}
    return found


def signer_of(inputs: Mapping[str, Any]) -> int:
    """Return which generation signs, as in a stack that had the one before the one that is asked for."""
    return max(1, inputs["generation"] - (inputs.get("holdAfter") == "cover"))


def example(schema: Mapping[str, Any], types: Mapping[str, Any], name: str) -> Any:
    """Return a value that fits a JSON schema; a secret where the schema says so."""
    if "$ref" in schema:
        return example(types[schema["$ref"].rpartition("/")[2]], types, name)
    if "anyOf" in schema:
        return example(schema["anyOf"][0], types, name)
    if schema["type"] == "object":
        return {key: example(one, types, f"{name} {key}") for key, one in schema["properties"].items()}
    if schema["type"] == "array":
        return [example(schema["items"], types, name)]
    if schema["type"] == "string":
        return hidden(f"{MARKED}{name}") if schema.get("format") == "password" else name
    return {"integer": 7, "number": 1.5, "boolean": True}[schema["type"]]


def _name(urn: str) -> str:
    name = urn.rpartition("::")[2]
    return "" if name == f"{PROJECT}-{STACK}" else name


async def _program(texts: dict[str, str]) -> Run:
    engine, voice = Engine(), Voice()
    set_root_resource(object())  # the mocks make none then; a program's own is made around it, by `run_in_stack`
    mocks.set_mocks(mocks=None, project=PROJECT, stack=STACK, preview=False, monitor=engine)
    set_root_resource(None)
    SETTINGS.engine = voice
    set_all_config(texts, [key for key in texts if key in ENCRYPTED])
    await run_in_stack(lambda: runpy.run_path(str(PROGRAM), run_name="__main__") and None)
    outputs = {}
    for name, value in get_root_resource().outputs.items():
        found = pulumi.Output.from_input(value)
        outputs[name] = Output(await found.future(), await found.is_secret())
    return Run({one.name: one for one in engine.asked}, outputs, tuple(voice.warned))
