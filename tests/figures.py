"""What loads on real nodes saw, and on which machines, and what took long, among all that tests wrote."""

from collections.abc import Iterable

FIGURES = "{'drill': "
"""How a line with figures begins, as `drill.rehearsal.Figures.as_data` shows."""
MACHINES = "machines reached by SSH: "
"""How a line begins that says which they are."""
PACKAGED = "a packaged node is run by: "
"""How a line begins that says whether systemd runs it."""
LONG = "still runs: "
"""How a line begins that says which processes there are while a command takes long."""


def figures_in(written: Iterable[str]) -> list[str]:
    """Return each such line once; what a fixture wrote stands with each of its tests."""
    lines = (line for text in written for line in text.splitlines())
    return list(dict.fromkeys(line for line in lines if line.startswith((FIGURES, MACHINES, PACKAGED, LONG))))
