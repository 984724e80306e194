"""The toolchain on the command line: ``python -m toolchain engine|java|check|clean``."""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence

from components.errors import SecurityError
from toolchain import console, java
from toolchain.cleaning import clean
from toolchain.engine import engine
from toolchain.requirements import requirements


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: the command line after the program's name; our own by default.

    Returns:
        The exit status: 0 when all is well, 1 when something is missing or failed.
    """
    parser = argparse.ArgumentParser(prog="python -m toolchain", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, (_, text) in COMMANDS.items():
        command = commands.add_parser(name, help=text)
        if name == "check":
            command.add_argument("--missing", action="store_true", help="list only what is missing")
    options = parser.parse_args(arguments)
    with console.stdout_for_data(wanted=options.command in PRINT_A_PATH):
        try:
            return COMMANDS[options.command][0](options)
        except SecurityError as error:
            console.problem(error)
            return 1


def _engine(options: argparse.Namespace) -> int:
    sys.stdout.write(f"{engine()}\n")
    return 0


def _java(options: argparse.Namespace) -> int:
    sys.stdout.write(f"{java.find_jdk().home}\n")
    return 0


def _check(options: argparse.Namespace) -> int:
    found = requirements()
    for requirement in found:
        if requirement.ok:
            if not options.missing:
                console.say(f"ok       {requirement.name:<13} {requirement.found}")
        else:
            console.say(f"missing  {requirement.name:<13} {requirement.purpose}: {requirement.hint}")
    return 0 if all(requirement.ok for requirement in found) else 1


def _clean(options: argparse.Namespace) -> int:
    clean()
    return 0


COMMANDS: Mapping[str, tuple[Callable[[argparse.Namespace], int], str]] = {
    "engine": (_engine, "find the Pulumi engine, or make it, and print its path"),
    "java": (_java, "find a JDK and print its folder"),
    "check": (_check, "list what this machine must have, and how to install what is missing"),
    "clean": (_clean, "remove the engine and the Elasticsearch home from the cache, which all checkouts share"),
}
PRINT_A_PATH = frozenset({"engine", "java"})

if __name__ == "__main__":
    sys.exit(main())
