"""Passwords in the program."""

from typing import Any

import pulumi
from pydantic import SecretStr

from components.cluster import Cluster
from components.resource import Out, Resource


class GeneratedPassword(Resource):
    """A password, made or given, and recorded before anything uses it."""

    token = "essecurity:users:GeneratedPassword"  # noqa: S105 (a resource type, not a secret)
    value = Out[str]("value")
    formers = Out[list[str]]("formers")

    def __init__(
        self,
        purpose: str,
        version: int,
        opts: pulumi.ResourceOptions,
        given: SecretStr | None = None,
        *,
        waits: bool = False,
    ) -> None:
        self.purpose = purpose
        inputs: dict[str, Any] = {"purpose": purpose, "version": version, **({"waits": True} if waits else {})}
        if given is not None:
            inputs["given"] = pulumi.Output.secret(given.get_secret_value())
        super().__init__(f"{purpose}-password", inputs, opts)


class UserPassword(Resource):
    """A built-in user's password, proved by logging in."""

    token = "essecurity:users:UserPassword"  # noqa: S105 (a resource type, not a secret)
    steps = Out[list[str]]("steps")

    def __init__(
        self,
        cluster: Cluster,
        user: str,
        password: GeneratedPassword,
        line: dict[str, Any],
        opts: pulumi.ResourceOptions,
    ) -> None:
        inputs = {"user": user, "password": password.value, "nodes": cluster.wire_nodes(), "line": line}
        super().__init__(f"{user}-user", inputs, opts)
