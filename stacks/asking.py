"""Asks a person on a terminal whether a plan is to be carried out; nobody is asked in a pipeline.

Some pipelines have a terminal without a person; most of those set `CI`, and the others need `--yes`.
"""

import os
import sys

from rich.prompt import Confirm

QUESTION = "carry it out?"


def agreed(*, unasked: bool) -> bool:
    """Return whether a plan that was shown is to be carried out.

    Args:
        unasked: whether it is without a question, as `--yes` says, or since only a machine reads.
    """
    if unasked or os.environ.get("CI") or not all(stream and stream.isatty() for stream in (sys.stdin, sys.stdout)):
        return True
    try:
        return Confirm.ask(QUESTION, default=False)
    except (EOFError, KeyboardInterrupt):  # the terminal was closed, Ctrl-D, Ctrl-C
        return False
