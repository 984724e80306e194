"""A stand-in for `gh`: it takes the two calls of `docs/pipelines.md`, word by word, and refuses everything else.

`python gh_standin.py NOTES WORD…` adds a line of JSON to the file NOTES for each call.
"""

import json
import os
import sys
from pathlib import Path

CALLS = {
    ("pr", "comment", "PULL_REQUEST", "--edit-last", "--create-if-none", "--body-file", "FILE"),
    ("issue", "create", "--repo", "REPOSITORY", "--title", "TITLE", "--body-file", "FILE"),
}
VALUES = {"PULL_REQUEST", "REPOSITORY", "TITLE", "FILE"}


def main(notes: Path, words: list[str]) -> str | None:
    """Note a call, or return why it is refused."""
    for call in CALLS:
        named = dict(zip(call, words, strict=False))
        if len(call) == len(words) and all(word in VALUES or named[word] == word for word in call):
            values = {name.lower(): named[name] for name in call if name in VALUES}
            body, token = Path(values["file"]).read_text(), os.environ["GH_TOKEN"]
            with notes.open("a") as file:
                file.write(json.dumps({**values, "call": f"{call[0]} {call[1]}", "body": body, "token": token}) + "\n")
            return None
    return f"gh: it knows nothing of {words}"


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
