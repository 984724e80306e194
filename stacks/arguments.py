"""What may be typed behind `python -m stacks`: the commands with their options."""

import argparse
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

Command = Callable[[argparse.Namespace], int]


def parsed(commands: Mapping[str, Command], about: str | None, arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the options; an output's name may also stand behind them, where argparse itself does not look for it.

    A command line that means nothing ends the process with status 2, as one that is broken.

    Args:
        commands: each command's name, with the function that does it; its first line of documentation is the help.
        about: what the command line as a whole does.
        arguments: what was typed; None for this process's own.
    """
    parser = _parser(commands, about)
    options, left = parser.parse_known_args(arguments)
    if len(left) == 1 and not left[0].startswith("-") and getattr(options, "name", "") is None:
        options.name = left.pop()
    if left:
        parser.error(f"unrecognized arguments: {' '.join(left)}")
    return options


def _environment(text: str) -> str:
    """Return the environment, which may be typed as the path of its stack file."""
    found = re.fullmatch(r"(?:.*/)?Pulumi\.(.+)\.yaml", text)
    return found[1] if found else text


def _parser(commands: Mapping[str, Command], about: str | None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m stacks", description=about)
    found = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, command in commands.items():
        sub = found.add_parser(name, help=(command.__doc__ or "").split("\n")[0])
        sub.set_defaults(markdown=False)
        sub.add_argument(
            "environment", metavar="ENVIRONMENT", type=_environment, help="the stack: stacks/Pulumi.ENVIRONMENT.yaml"
        )
        form = sub.add_mutually_exclusive_group()
        form.add_argument("--json", action="store_true", help="print one JSON document on standard output")
        if name == "preview":
            form.add_argument("--markdown", action="store_true", help="print the plan as a comment on a pull request")
        sub.add_argument("--project", type=Path, help="folder with Pulumi.yaml (default: this checkout)")
        _add_own_options(name, sub)
    return parser


def _add_own_options(name: str, sub: argparse.ArgumentParser) -> None:
    if name in {"preview", "up", "refresh"}:
        sub.add_argument("--debug", action="store_true", help="print what the engine logs, at its highest level")
    if name in {"preview", "up"}:
        many: dict[str, Any] = {"type": Path, "action": "append", "default": []}
        sub.add_argument("--policy-pack", metavar="FOLDER", help="hold the run against these policies", **many)
        sub.add_argument("--policy-pack-config", metavar="FILE", help="the policies' configuration, JSON", **many)
    if name == "discover":
        told: dict[str, Any] = {"action": "append", "default": []}
        sub.add_argument("--node", metavar="NAME", help="print all that is known of this node, of many too", **told)
    if name == "preview":
        sub.add_argument("--at", metavar="WHEN", help="show what would be due then: 2027-03-01, 2027-03-01T12:00Z")
        sub.add_argument("--diff", action="store_true", help="print the engine's own detailed differences as well")
    if name == "up":
        sub.add_argument("--exit-code", action="store_true", help="end with status 1 if anything was due")
        sub.add_argument("--yes", action="store_true", help="ask nothing; without a terminal nothing is asked anyway")
    if name in {"preview", "refresh"}:  # what they do anyway, since scripts say it
        sub.add_argument("--exit-code", action="store_true", help=argparse.SUPPRESS)
    if name == "output":
        sub.add_argument("name", nargs="?", metavar="NAME", help="print the value of this output alone")
        sub.add_argument("--show-secrets", action="store_true", help="print secret outputs in clear")
    if name == "destroy":
        sub.add_argument("--yes", action="store_true", help="yes, forget the keys of the CAs and the passwords")
