"""The state of a stack in clear, also while another engine writes it."""

import pytest

from components.errors import CommandFailed
from drill import state

WRITES = """\
#!/bin/sh
echo x >>{folder}/asked
[ "$(wc -l <{folder}/asked)" -gt {times} ] || {{ echo "{said}" >&2; exit 1; }}
echo '{{"version": 3}}'
"""
HALF = "error: failed to load checkpoint: EOF"
GONE = "error: no stack named prod"


@pytest.fixture
def export(tmp_path, monkeypatch):
    """Export by an engine that says something so many times first."""
    monkeypatch.setattr(state, "BETWEEN", 0)
    monkeypatch.setattr(state, "engine", lambda: tmp_path / "pulumi")

    def export(said, times):
        (tmp_path / "pulumi").write_text(WRITES.format(folder=tmp_path, said=said, times=times))
        (tmp_path / "pulumi").chmod(0o755)
        return state.clear_state("prod", tmp_path, {"PATH": "/usr/bin:/bin"})

    return export


def asked(folder):
    return (folder / "asked").read_text().count("x")


def test_a_state_that_another_engine_is_writing_is_asked_for_again(export, tmp_path):
    assert export(HALF, times=2) == {"version": 3}
    assert asked(tmp_path) == 3


@pytest.mark.parametrize(("said", "times"), [(HALF, state.TRIES), (GONE, 1)], ids=["it stays so", "another error"])
def test_what_the_engine_says_instead_is_told(export, tmp_path, said, times):
    with pytest.raises(CommandFailed) as caught:
        export(said, times=99)
    assert said.removeprefix("error: ") in caught.value.why
    assert asked(tmp_path) == times
