"""Looks at something over and over, beside what goes on."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def over_and_over(look: Callable[[], None], pause: float) -> Iterator[None]:
    """Look again and again until the block ends, and once more then.

    Args:
        look: what is done; what it raises ends the looking, and is raised when the block has ended.
        pause: seconds between two looks.
    """
    stop = threading.Event()
    failures: list[Exception] = []

    def repeat() -> None:
        try:
            while not stop.wait(pause):
                look()
            look()
        except Exception as error:  # noqa: BLE001 (handed over to the thread that waits)
            failures.append(error)

    thread = threading.Thread(target=repeat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
    if failures:
        raise failures[0]
