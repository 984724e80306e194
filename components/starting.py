"""How a process of ours starts: it makes thousands of classes and functions, and none of them goes before its end."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def imports_that_stay() -> Iterator[None]:
    """Look for nothing to throw away among what is imported here: not meanwhile, not later, not when Python ends.

    Python would look a dozen times, each time through more, and find nothing: a third of what a start costs.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
