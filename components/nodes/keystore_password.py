"""The password of a node's keystore: it lies in a file on the node's machine, and goes to commands by standard input.

Source: deploy-manage/security/secure-settings (password-protected keystore), start-stop-elasticsearch (systemd reads it
from the file that `ES_KEYSTORE_PASSPHRASE_FILE` names).
"""

from pathlib import PurePosixPath

from components.errors import ConfigurationRefused
from components.nodes.spec import Machine
from components.nodes.target import NodeTarget

KEY = "machine.keystore_password_file"
FOR_OTHERS = 0o007


def password_line(machine: Machine, target: NodeTarget) -> bytes:
    """Return the line that opens the keystore; empty where the stack file names no file with a password.

    Raises:
        ConfigurationRefused: there is no such file, it is empty, or everybody may read it.
    """
    if machine.keystore_password_file is None:
        return b""
    path = PurePosixPath(machine.keystore_password_file)
    stat = target.stat([path]).get(path)
    if stat is None:
        raise _refused(machine, "there is no such file on the node's machine", "write it there, with mode 0600")
    if stat.mode & FOR_OTHERS:
        raise _refused(machine, f"its mode is {stat.mode:04o}: everybody may use it", f"run `chmod 0600 {path}` there")
    line, _, _ = target.read(path).partition(b"\n")
    password = line.removesuffix(b"\r")
    if not password:
        raise _refused(machine, "its first line is empty", "write the password of the keystore into it")
    return password + b"\n"


def keystore_has_none(machine: Machine) -> ConfigurationRefused:
    """Return why a keystore without a password is not opened with one: the password would be taken for a value."""
    return _refused(
        machine,
        "elasticsearch.keystore has no password",
        f"give it one with `elasticsearch-keystore passwd` on the node, or take `{KEY}` out of the stack file",
    )


def _refused(machine: Machine, why: str, next_step: str) -> ConfigurationRefused:
    return ConfigurationRefused(
        f"cannot open the keystore with the password in {machine.keystore_password_file}",
        where=f"{machine.node}: {KEY}",
        why=why,
        next_step=next_step,
    )
