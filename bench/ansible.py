"""The same change of a CA as `rotation_plan`, planned by a peer: an Ansible playbook with `community.crypto`.

The playbook is ours, after the documentation of its modules: it makes a CA, a leaf for every node and their files, on
folders of this machine. Its plan is what Ansible has for one: `--check --diff`. It runs in an environment of its own,
`make peer`, which nothing else uses.
"""

from collections.abc import Sequence
from pathlib import Path

from bench.figures import Figure
from bench.processes import cost_of
from stacks.workspace import ROOT

PEER = ROOT / "peers" / "ansible"
PLAYBOOK = PEER / "rotate.yml"
ENVIRONMENT = {"ANSIBLE_NOCOLOR": "1", "ANSIBLE_LOCALHOST_WARNING": "False"}
NEW_CA = ("--extra-vars", '{"new_ca": true}')
"""What an operator gives the playbook instead of a higher generation."""
INVENTORY = """\
[nodes]
{nodes}
[all:vars]
ansible_connection=local
ansible_python_interpreter={python}
place={place}
new_ca=false
"""


def measure(folder: Path, nodes: int) -> Figure:
    """Return how many lines Ansible's plan of a new CA has, with the time that it takes.

    Args:
        folder: a folder for it.
        nodes: how many nodes.

    Raises:
        RuntimeError: the playbook failed.
    """
    inventory = _lay_out(folder / f"ansible-{nodes}", nodes)
    made = cost_of(_playbook(inventory), ENVIRONMENT, ROOT)
    plan = cost_of(_playbook(inventory, "--check", "--diff", *NEW_CA), ENVIRONMENT, ROOT)
    return Figure(
        name=f"ansible_plan_of_a_new_ca_{nodes}_lines",
        value=len(plan.printed.splitlines()),
        means=f"lines of what `ansible-playbook --check --diff` prints of a new CA for {nodes} nodes",
        detail={
            "bytes": len(plan.printed.encode()),
            "wall_s": round(plan.wall, 2),
            "cpu_s": round(plan.cpu, 2),
            "first_run_wall_s": round(made.wall, 2),
        },
    )


def _playbook(inventory: Path, *options: str) -> Sequence[str]:
    return (str(PEER / ".venv" / "bin" / "ansible-playbook"), "-i", str(inventory), str(PLAYBOOK), *options)


def _lay_out(place: Path, nodes: int) -> Path:
    """Make the folder of the nodes' files, and an inventory; return that."""
    (place / "nodes").mkdir(parents=True)
    names = [f"node-{number:03}" for number in range(1, nodes + 1)]
    lines = "\n".join(f"{name} certs={place}/nodes/{name}" for name in names)
    inventory = place / "inventory.ini"
    inventory.write_text(INVENTORY.format(nodes=lines, python=PEER / ".venv" / "bin" / "python", place=place))
    return inventory
