"""What the SDK does with every resource that nobody needs, and that costs much where there are many (decision 0030)."""

import asyncio

from pulumi.runtime import resource
from pulumi.runtime.proto import source_pb2


def without_stack_traces() -> None:
    """Let no resource be registered with the program's call stack.

    The engine would keep it in the state: a fifth of that file, all of it lines of our code and of libraries, with the
    folders where they lie on this machine. Nothing reads it. The SDK (pulumi 3.272) has no switch for it.
    """
    resource._get_stack_trace = source_pb2.StackTrace  # noqa: SLF001 (see above)


async def all_begun() -> None:
    """Let the registration of every resource begin, as the last thing that a program does (for `pulumi.run`).

    The SDK then waits for them one after the other. As long as none has begun it waits for the first one of all outputs
    instead, again after each: time that grows with the square of the nodes (pulumi 3.272, `runtime/stack.py`,
    `wait_for_rpcs`).
    """
    await asyncio.sleep(0)
