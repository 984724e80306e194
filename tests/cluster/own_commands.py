"""Commands of an operator's own for every verb: a script on the node's machine, which writes down what it was told."""

from pathlib import Path
from typing import Any

from tests.cluster.stack_run import StackRun

VERBS = ("start", "stop", "status", "keystore")
SCRIPT = """\
#!/bin/sh
verb=$1 name=$2
shift 2
echo "$verb $name" >> '{log}'
config='{folder}'/$name/config pid_file='{folder}'/$name/config/elasticsearch.pid
export ES_TMPDIR='{folder}'/$name/tmp
case $verb in
start) ES_PATH_CONF=$config exec {switch} '{home}'/bin/elasticsearch -d -p "$pid_file" > /dev/null 2>&1 ;;
stop) kill -TERM "$(cat "$pid_file")" ;;
status) kill -0 "$(cat "$pid_file" 2> /dev/null)" 2> /dev/null && echo "$name runs as $(cat "$pid_file")" ;;
keystore) exec {switch} '{home}'/bin/elasticsearch-keystore "$@" ;;
*) exit 64 ;;
esac
"""


class OwnCommands:
    """The script, for the nodes of a run."""

    def __init__(self, run: StackRun, folder: Path) -> None:
        account = run.cluster.account
        self.log, self.script = folder / "told", folder / "node"
        switch = f"setpriv --reuid {account.uid} --regid {account.gid} --clear-groups" if account.switch else ""
        place = {"folder": run.cluster.nodes[0].folder.resolve().parent, "home": run.cluster.home}
        self.script.write_text(SCRIPT.format(log=self.log, switch=switch, **place))
        self.script.chmod(0o755)

    def section(self) -> dict[str, Any]:
        """Return what the stack file says of them, below `machine`."""
        return {"commands": {verb: [str(self.script), verb, "{name}"] for verb in VERBS}}

    def told(self, name: str) -> list[str]:
        """Return which verbs were run for a node, in order."""
        lines = (line.split() for line in self.log.read_text().splitlines())
        return [verb for verb, whom in lines if whom == name]

    def stopped(self) -> list[str]:
        """Return which nodes were stopped, in order."""
        lines = (line.split() for line in self.log.read_text().splitlines())
        return [whom for verb, whom in lines if verb == "stop"]
