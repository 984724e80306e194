"""The base of every resource class: typed outputs by name, nothing hidden."""

from collections.abc import Mapping
from typing import Any, ClassVar, Generic, TypeVar, overload

import pulumi

from components.sdk import without_stack_traces

without_stack_traces()

T = TypeVar("T")


class Out(Generic[T]):
    """An output of a resource: an attribute here, a camelCase property there."""

    def __init__(self, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, instance: None, owner: type) -> "Out[T]": ...
    @overload
    def __get__(self, instance: object, owner: type) -> "pulumi.Output[T]": ...

    def __get__(self, instance: object | None, owner: type) -> "Out[T] | pulumi.Output[T]":
        """Return the output of a resource, or this description on the class itself."""
        if instance is None:
            return self
        output: pulumi.Output[T] = instance.__dict__["made"][self.name]
        return output


class Resource(pulumi.CustomResource):
    """A resource of our plugin; its outputs are the ``Out`` attributes of its class.

    The SDK makes an attribute of every property, inputs too. They are put aside, so that a class may keep plain
    values under the same names.
    """

    token: ClassVar[str]

    def __init__(self, name: str, inputs: Mapping[str, Any], opts: pulumi.ResourceOptions | None) -> None:
        own = dict(self.__dict__)
        outputs = {member.name: None for member in vars(type(self)).values() if isinstance(member, Out)}
        properties = {**outputs, **inputs}
        super().__init__(self.token, name, properties, opts)
        self.made = {key: self.__dict__.pop(key) for key in properties}
        self.__dict__.update(own)


class Component(pulumi.ComponentResource):
    """A component of ours: `child` makes the options of what belongs to it."""

    def __init__(self, room: str, name: str, opts: pulumi.ResourceOptions | None) -> None:
        super().__init__(component_type(room, type(self)), name, {}, opts)

    def child(self, *after: pulumi.Resource) -> pulumi.ResourceOptions:
        """Return the options of a child that waits for other resources."""
        return pulumi.ResourceOptions(parent=self, depends_on=list(after))

    def contained(self) -> pulumi.ResourceOptions:
        """Return the options of a scenario that stood by itself, as long as the stack file did not ask for this one.

        Without the alias all that belongs to it would be other resources from then on: passwords that the cluster has
        would be forgotten, and others made.
        """
        return pulumi.ResourceOptions(parent=self, aliases=[pulumi.Alias(parent=pulumi.ROOT_STACK_RESOURCE)])


def component_type(room: str, kind: type[Component]) -> str:
    """Return the type of a component, as its URN has it."""
    return f"essecurity:{room}:{kind.__name__}"


def formerly_in(*parents: pulumi.Output[str]) -> pulumi.ResourceOptions:
    """Return the options of a scenario that stood inside of a higher one, as long as the stack file asked for that.

    As with `contained`: what belongs to it, above all its passwords, stays the same when the cluster goes down.
    """
    return pulumi.ResourceOptions(aliases=[pulumi.Alias(parent=parent) for parent in parents])
