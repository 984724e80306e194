"""How a machine is reached by SSH: what the operator writes, and what travels to the plugin."""

from typing import Annotated

from pydantic import Field, StringConstraints

from components.values import Spec, Wire

HOST = r"^([A-Za-z0-9_]|\{name\})(([A-Za-z0-9._:%-]|\{name\}){0,253}([A-Za-z0-9]|\{name\}))?$"
"""A host name, an IP address, or a `Host` of `~/.ssh/config`; it never begins as an option of `ssh` does.

`{name}` stands for the name of the node or the Kibana.
"""
USER = r"^[A-Za-z0-9_][A-Za-z0-9._@+\\-]{0,63}$"
JUMP = r"^([A-Za-z0-9_][A-Za-z0-9._+-]*@)?([A-Za-z0-9_][A-Za-z0-9._-]*|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?$"
HOST_KEY = r"^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)|sk-[a-z0-9@.-]+) [A-Za-z0-9+/]+={0,3}$"

SshHost = Annotated[str, StringConstraints(pattern=HOST)]
SshUser = Annotated[str, StringConstraints(pattern=USER)]
Jump = Annotated[str, StringConstraints(pattern=JUMP)]
HostKey = Annotated[str, StringConstraints(pattern=HOST_KEY)]
SshPort = Annotated[int, Field(ge=1, le=65535, strict=True)]


class SshSpec(Spec):
    """How a machine is reached by the system's OpenSSH; what is absent is as in `~/.ssh/config`."""

    host: SshHost | None = Field(
        None,
        description="Host name, IP address, or `Host` of `~/.ssh/config`; `{name}` stands for the name. "
        "Default: the `address`; below `hooks` it must be set, without `{name}`.",
    )
    port: SshPort | None = Field(None, description="The port of its sshd.")
    user: SshUser | None = Field(None, description="Whom to log in as: root, or somebody who may use `sudo`.")
    identity_file: str | None = Field(
        None, description="A private key file on this machine. Default: the agent, and the usual files."
    )
    jump: tuple[Jump, ...] = Field(
        (), description="Hosts to go through, in this order: `[user@]host[:port]` each, as in `ProxyJump`."
    )
    config_file: str | None = Field(None, description="What to read in place of `~/.ssh/config`.")
    host_key: HostKey | None = Field(
        None,
        description="The machine's public host key, as `ssh-keyscan` prints it (`ssh-ed25519 AAAA…`): no other "
        "one is taken then. Default: the one in `known_hosts`.",
    )
    sudo_password_file: str | None = Field(
        None,
        description="A file on this machine, for its owner's eyes only, with the password that `sudo` asks for. "
        "Default: it asks for none.",
    )


class Ssh(Wire):
    """How a machine is reached, as the plugin gets it; None leaves it to `~/.ssh/config`.

    Attributes:
        host: host name, IP address, or a name in the configuration of `ssh`.
        identity_file: absolute path of a private key file on this machine.
        jump: hosts to go through, `[user@]host[:port]` each.
        config_file: absolute path of a configuration file of `ssh`.
        host_key: the only host key that is taken, as `type base64`.
        sudo_password_file: absolute path of a file on this machine with what `sudo` asks for; None where it asks for
            nothing. The password itself is in no input, so it never lies in a state.
    """

    host: str
    port: int | None = None
    user: str | None = None
    identity_file: str | None = None
    jump: tuple[str, ...] = ()
    config_file: str | None = None
    host_key: str | None = None
    sudo_password_file: str | None = None
