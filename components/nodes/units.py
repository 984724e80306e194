"""Whether a unit of systemd's runs a process, so that systemd acts when that process ends. Read-only.

That a process is in a unit's control group is not enough: what somebody starts by hand is in that of sshd, of cron, or
of the agent that runs a job.
"""

from collections.abc import Sequence

from components.nodes.target import NodeTarget

OF_UNIT = r"""
of_unit() {
  unit=$(sed -n -e '\,/user@,d' -e 's,^.*/\([^/]*\.service\)$,\1,p' "/proc/$1/cgroup" 2>/dev/null | head -n 1)
  [ -n "$unit" ] || return 0
  printf 'unit=%s\n' "$unit"
  timeout 5 systemctl show --property=MainPID,Transient "$unit" 2>/dev/null </dev/null
  above=$1
  for generation in 1 2; do
    above=$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$above/status" 2>/dev/null)
    printf 'above=%s %s\n' "$above" "$(sed -n 1p "/proc/$above/comm" 2>/dev/null)"
  done
}
"""
"""A function of the shell: a line of `NAME=VALUE` for each fact about a process; none where no unit has it.
Units of a user's own systemd are not told: `systemctl` would not find them."""
SHELLS = frozenset({"sh", "bash", "dash", "ash", "ksh", "zsh"})
"""What runs a script that a unit starts, and that waits for the node."""


def unit_of(said: Sequence[tuple[str, str]], pid: str) -> str:
    """Return the unit whose main process a node is, or its launcher, or a script around that; empty without one.

    Args:
        said: what `OF_UNIT` prints of the process, as pairs.
        pid: the process.
    """
    facts = dict(said)
    above = [value.partition(" ") for name, value in said if name == "above"]
    launcher, scripts = above[:1], [one for one in above[1:] if one[2] in SHELLS]
    mains = {pid, *(number for number, _, _ in (*launcher, *scripts))} - {"0"}
    made_at_once = facts.get("Transient") == "yes"  # by systemd-run: it is gone with the process
    return facts.get("unit", "") if facts.get("MainPID") in mains and not made_at_once else ""


def unit_that_runs(target: NodeTarget, pid: int) -> str:
    """Return the unit that runs a process of a machine; empty without one."""
    done = target.run(["sh", "-c", f'{OF_UNIT}of_unit "$1"; true', "sh", str(pid)])
    pairs = (line.partition("=") for line in done.stdout.splitlines())
    return unit_of([(name, value) for name, _, value in pairs], str(pid))
