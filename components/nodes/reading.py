"""Reading what a node reads, as root, in a folder that may be the node's user's: nothing that this user may not read.

What is read is written again beside our lines, or into our key file, which the node's user can open. So whatever is not
in the config folder is read as that user, by whom the kernel goes by.
"""

import base64
from pathlib import PurePosixPath

from components.errors import ConfigurationRefused
from components.nodes.process import last_line
from components.nodes.service import Place
from components.nodes.target import LeadsOut


def read_as_the_node_may(place: Place, path: PurePosixPath) -> bytes | None:
    """Return the content of a file that the node reads, or None where there is none.

    Raises:
        ConfigurationRefused: it is not in the config folder, and the node's user may not read it.
        CommandFailed: it cannot be read.
    """
    config = PurePosixPath(place.machine.config)
    try:
        return place.target.find(path, config)
    except LeadsOut as refused:
        if place.machine.container:  # its user is none of the machine's, and it sees no other folder of the machine
            raise
        user, error = place.user(), refused
    if path.is_relative_to(config):
        path = PurePosixPath(place.real(str(config))) / path.relative_to(config)
    done = place.target.run(["base64", "--", str(path)], user=user)
    if done.ok:
        return base64.b64decode(done.stdout)
    raise ConfigurationRefused(
        error.what,
        where=error.where,
        why=f"{error.why}; user {user}, as whom the node runs, may not read it: {last_line(done)}",
        next_step=error.next_step,
    )
