"""A stand-in for `gh`: it takes the four calls of `docs/pipelines.md`, word by word, and refuses everything else.

`python gh_standin.py NOTES WORD…` adds a line of JSON to the file NOTES for each call, and finds the issues there: the
number of one is that of its line, and all are open.
"""

import json
import os
import re
import sys
from pathlib import Path

EDIT = ("--edit-last", "--create-if-none")
FOUND = ("--json", "number,title", "--jq", 'first(.[] | select(.title == "TITLE") | .number)')
CALLS = {
    ("pr", "comment", "PULL_REQUEST", *EDIT, "--body-file", "FILE"),
    ("issue", "create", "--repo", "REPOSITORY", "--title", "TITLE", "--body-file", "FILE"),
    ("issue", "list", "--repo", "REPOSITORY", "--state", "open", "--search", 'in:title "TITLE"', *FOUND),
    ("issue", "comment", "NUMBER", "--repo", "REPOSITORY", *EDIT, "--body-file", "FILE"),
}
VALUES = ("PULL_REQUEST", "REPOSITORY", "TITLE", "NUMBER", "FILE")


def main(notes: Path, words: list[str]) -> str | None:
    """Note a call, or return why it is refused."""
    token = os.environ["GH_TOKEN"]
    for call in CALLS:
        values = meant(call, words)
        if values is None:
            continue
        asked = {**values, "call": f"{call[0]} {call[1]}", "token": token}
        noted = [json.loads(line) for line in notes.read_text().splitlines()]
        if "file" in values:
            asked["body"] = Path(values["file"]).read_text()
        else:
            same = [at for at, one in enumerate(noted, 1) if is_issue(one) and one["title"] == values["title"]]
            sys.stdout.write("".join(f"{number}\n" for number in same[:1]))
        if "number" in values and not is_issue(noted[int(values["number"]) - 1]):
            return f"gh: there is no issue {values['number']}"
        with notes.open("a") as file:
            file.write(json.dumps(asked) + "\n")
        return None
    return f"gh: it knows nothing of {words}"


def meant(call: tuple[str, ...], words: list[str]) -> dict[str, str] | None:
    """Return the values in a call, by their names in lower case; None where the words are not that call."""
    values: dict[str, str] = {}
    for written, word in zip(call, words, strict=False):
        pattern = re.sub("|".join(VALUES), r"(?P<\g<0>>.*)", re.escape(written))
        found = re.fullmatch(pattern, word, re.DOTALL)
        if not found or any(values.get(name.lower(), value) != value for name, value in found.groupdict().items()):
            return None
        values |= {name.lower(): value for name, value in found.groupdict().items()}
    return values if len(call) == len(words) else None


def is_issue(noted: dict[str, str]) -> bool:
    """Tell whether a call opened an issue."""
    return noted["call"] == "issue create"


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
