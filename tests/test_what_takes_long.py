"""A command that takes long tells which processes wait, and for what, although its test passes."""

import subprocess

from tests.cluster.stack_run import tell_what_runs
from tests.figures import LONG, figures_in


def test_what_a_command_started_is_told_with_the_call_it_waits_in(capsys):
    process = subprocess.Popen(["/bin/sh", "-c", "sleep 60; true"])
    try:
        while not _children(process.pid):
            continue
        tell_what_runs(process.pid)
        lines = figures_in([capsys.readouterr().out])
    finally:
        for pid in _children(process.pid):
            subprocess.run(["kill", pid], check=True)
        process.wait()
    assert [line.startswith(LONG) for line in lines] == [True, True]
    assert [line.rpartition(": ")[2] for line in lines] == ["/bin/sh -c sleep 60; true", "sleep 60"]
    tell_what_runs(process.pid)
    assert capsys.readouterr().out == "", "it is gone"


def _children(pid):
    done = subprocess.run(["pgrep", "-x", "sleep", "-P", str(pid)], capture_output=True, text=True, check=False)
    return done.stdout.split()
