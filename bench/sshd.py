"""What real sshd's of one's own are made of: keys and a configuration, for measurements and for tests."""

import subprocess
from pathlib import Path

SSHD = Path("/usr/sbin/sshd")
RIGHTS_ARE_DROPPED_IN = Path("/run/sshd")
"""A service makes it at boot."""
CONFIGURATION = """\
Port {port}
ListenAddress {address}
HostKey {folder}/host_key
AuthorizedKeysFile {authorized_keys}
PidFile none
StrictModes no
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM yes
PrintMotd no
LogLevel {level}
{more}
"""


def make_key(path: Path) -> None:
    """Make a key pair without a passphrase."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True)


def public_key(path: Path) -> str:
    """Return the public half of a key pair, as a stack file names it."""
    return " ".join(path.with_name(f"{path.name}.pub").read_text().split()[:2])
