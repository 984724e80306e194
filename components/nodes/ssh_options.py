"""What `ssh` is told each time, whatever its configuration says, and what it gets of our environment."""

import os
import shutil
from collections.abc import Sequence

OPENING_TIMEOUT = 15
"""Seconds for a connection to a machine, for each host on the way."""
ALIVE_EVERY, ALIVE_COUNT = 5, 3
"""A machine that says nothing for so many times so many seconds is gone."""
SINCE_8_7 = ("ForkAfterAuthentication=no", "StdinNull=no", "SessionType=default")
"""Older ones end for them, and know nothing that a file could set so."""
ALWAYS = (
    "VerifyHostKeyDNS=no",
    "NoHostAuthenticationForLocalhost=no",
    "BatchMode=yes",  # nobody is there to answer
    "StrictHostKeyChecking=yes",
    f"ConnectTimeout={OPENING_TIMEOUT}",
    f"ServerAliveInterval={ALIVE_EVERY}",
    f"ServerAliveCountMax={ALIVE_COUNT}",
    "ControlPersist=no",
    "ClearAllForwardings=yes",
    "RequestTTY=no",
    "RemoteCommand=none",
    "PermitLocalCommand=no",
    "ForwardAgent=no",
    "ForwardX11=no",
)
"""Options that no configuration file may change, and that every version knows. Source: ssh_config(5)."""
PASSED_ON = ("PATH", "HOME", "USER", "LOGNAME", "SSH_AUTH_SOCK", "XDG_RUNTIME_DIR", "KRB5CCNAME", "TMPDIR")
MASTER = ("ControlMaster=yes", "LogLevel=INFO")  # it alone says why a port could not be called
CLIENT = ("ControlMaster=no", "LogLevel=ERROR")


def environment() -> dict[str, str]:
    """Return what `ssh` needs of our environment: `SendEnv` could carry the rest of it to the machine."""
    return {name: value for name in PASSED_ON if (value := os.environ.get(name)) is not None}


def only_key(host_key: str | None) -> Sequence[str]:
    """Return the options by which one host key is taken and no other. Source: ssh_config(5), OpenSSH 8.5."""
    if host_key is None:
        return ()
    kind = host_key.split(" ", 1)[0]
    return (
        f"KnownHostsCommand={shutil.which('echo') or '/bin/echo'} %H {host_key}",  # it takes no word without a path
        "UserKnownHostsFile=/dev/null",
        "GlobalKnownHostsFile=/dev/null",
        f"HostKeyAlgorithms={'rsa-sha2-512,rsa-sha2-256' if kind == 'ssh-rsa' else kind}",
    )
