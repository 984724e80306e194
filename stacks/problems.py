"""What is wrong with a stack file, one by one and for machines: `problems` and `waiting` of `--json`."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from components.errors import SecurityError
from stacks.places import line_of
from stacks.refused import StackFileProblem, StackFileRefused
from stacks.workspace import ROOT


def problems_with(error: SecurityError, options: argparse.Namespace) -> Mapping[str, Any]:
    """Return what the document of a failed run has about its stack file; nothing where the error is not about it.

    Nothing either without `--json`.

    Args:
        error: why the run failed.
        options: the command line; `check` is about nothing but the stack file.
    """
    if not options.json:
        return {}
    if isinstance(error, StackFileRefused):
        text = _text_of((options.project or ROOT) / error.where)
        problems = [_data(each, error.where, each.line or line_of(text, each.key)) for each in error.problems]
        return {"problems": problems, "waiting": list(error.waiting)}
    if options.command == "check":
        whole = StackFileProblem("", error.what, error.next_step, why=error.why)
        return {"problems": [_data(whole, error.where, None)], "waiting": []}
    return {}


def _data(problem: StackFileProblem, file: str, line: int | None) -> Mapping[str, Any]:
    return {
        "file": file,
        "line": line,
        "key": problem.key,
        "name": problem.name,
        "what": problem.what,
        "why": problem.why,
        "next": problem.next_step,
    }


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
