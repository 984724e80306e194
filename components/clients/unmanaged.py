"""Clients of the HTTP layer that are not ours: somebody says when they trust a new CA."""

from typing import Annotated

from pydantic import Field, StringConstraints

from components.pki.spec import MOST_GENERATIONS
from components.values import Spec

LABEL = r"^[^\s\x00-\x1f\x7f]([^\x00-\x1f\x7f]{0,98}[^\s\x00-\x1f\x7f])?$"
Label = Annotated[str, StringConstraints(pattern=LABEL)]


class UnmanagedClientSpec(Spec):
    """One client that others run, and the generation of the HTTP CA that they say it trusts."""

    name: Label = Field(description="What the client is called, in plans.")
    owner: Label = Field(description="Who runs it, and has to be asked.")
    confirmed_generation: int = Field(
        ge=0,
        le=MOST_GENERATIONS,
        strict=True,
        description="The newest generation of the HTTP CA that the client trusts, as its owner confirmed; 0 for none. "
        "A rotation to a higher one is held after *cover*.",
    )

    def __str__(self) -> str:
        return f"{self.name} (owner {self.owner})"
