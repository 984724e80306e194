"""Passwords in the program."""

from typing import Any

import pulumi

from components.cluster import Cluster
from components.resource import Out, Resource


class GeneratedPassword(Resource):
    """A password, recorded before anything uses it."""

    token = "essecurity:users:GeneratedPassword"  # noqa: S105 (a resource type, not a secret)
    value = Out[str]("value")
    formers = Out[list[str]]("formers")

    def __init__(self, purpose: str, version: int, opts: pulumi.ResourceOptions) -> None:
        self.purpose = purpose
        super().__init__(f"{purpose}-password", {"purpose": purpose, "version": version}, opts)


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
