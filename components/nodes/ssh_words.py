"""What OpenSSH and `sudo` say when they refuse, in words that tell what to do. Source: openssh-portable, sudo."""

from dataclasses import dataclass

from components.errors import CommandFailed, ConfigurationRefused, MachineUnreachable, SecurityError

RUN_AGAIN = "then run again"


@dataclass(frozen=True, slots=True)
class Saying:
    """One refusal.

    Attributes:
        part: what stands in their text, in lower case.
        kind: what may be done about it.
        what: what happened, a clause; `{host}` stands for the machine.
        next_step: what to do now, likewise.
    """

    part: str
    kind: type[SecurityError]
    what: str
    next_step: str


SAYINGS: tuple[Saying, ...] = (
    Saying(
        "identification has changed",
        ConfigurationRefused,
        "the host key of {host} is another one than before",
        "compare it on the machine itself (`ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub`); only if it was "
        "installed anew, remove the old one (`ssh-keygen -R {host}`) and enter the new one",
    ),
    Saying(
        "host key is known for",
        ConfigurationRefused,
        "the host key of {host} is not known",
        "compare it on the machine itself, then enter it into `known_hosts` (connect once by hand), or write it as "
        "`machine.ssh.host_key`",
    ),
    Saying(
        "host key verification failed",
        ConfigurationRefused,
        "the host key of {host} is not the one that is expected",
        "compare it on the machine itself with `machine.ssh.host_key` and with `known_hosts`",
    ),
    Saying(
        "no such identity",
        ConfigurationRefused,
        "there is no such key file on this machine",
        "correct `machine.ssh.identity_file`",
    ),
    Saying(
        "not accessible: no such file",
        ConfigurationRefused,
        "there is no such key file on this machine",
        "correct `machine.ssh.identity_file`",
    ),
    Saying(
        "too many authentication failures",
        ConfigurationRefused,
        "{host} was offered too many keys",
        "name the right one as `machine.ssh.identity_file`",
    ),
    Saying(
        "administratively prohibited",
        ConfigurationRefused,
        "a host on the way to {host} forwards no connections",
        "let its sshd forward (`AllowTcpForwarding yes`), or name another one in `machine.ssh.jump`",
    ),
    Saying(
        "permission denied (",
        ConfigurationRefused,
        "{host} does not let us log in",
        "see that the agent holds the right key, or name it as `machine.ssh.identity_file`, and the login as "
        "`machine.ssh.user`; for a host of `machine.ssh.jump`, the login before its `@`, and the key in the agent or "
        "in `~/.ssh/config`; `ssh {host}` by hand must not ask for anything",
    ),
    Saying(
        "could not resolve hostname",
        ConfigurationRefused,
        "there is no host {host}",
        "correct `machine.ssh.host`, `machine.ssh.jump` or the node's `address`",
    ),
    Saying(
        "unprotected private key file",
        ConfigurationRefused,
        "others may read the key file",
        "take their rights away (`chmod 600`)",
    ),
    Saying(
        "bad configuration option",
        ConfigurationRefused,
        "the configuration of ssh cannot be used",
        "correct `~/.ssh/config`, or the file in `machine.ssh.config_file`; `host_key` needs OpenSSH 8.5 here",
    ),
)
"""How a connection is refused; the first one that fits counts."""
SUDO_SAYINGS: tuple[Saying, ...] = (
    Saying(
        "incorrect password",
        ConfigurationRefused,
        "`sudo` does not take the password",
        "correct the file in `machine.ssh.sudo_password_file`",
    ),
    Saying(
        "password is required",
        ConfigurationRefused,
        "`sudo` asks for a password",
        "name a file with it as `machine.ssh.sudo_password_file`, or let this login use `sudo` without one",
    ),
    Saying(
        "no password was provided",
        ConfigurationRefused,
        "`sudo` does not take the password",
        "correct the file in `machine.ssh.sudo_password_file`",
    ),
    Saying(
        "not in the sudoers file",
        ConfigurationRefused,
        "this login may not use `sudo`",
        "let it, or name another one as `machine.ssh.user`",
    ),
    Saying(
        "not allowed to",
        ConfigurationRefused,
        "`sudo` does not let this login run `sh`",
        "let it, or name another one as `machine.ssh.user`",
    ),
    Saying(
        "must have a tty",
        ConfigurationRefused,
        "`sudo` wants a terminal",
        "take `requiretty` out of its configuration for this login",
    ),
    Saying(
        "sudo: not found",
        ConfigurationRefused,
        "there is no `sudo`",
        "install it there, or log in as root (`machine.ssh.user`)",
    ),
)
"""How `sudo` refuses, before anything of ours has run."""


def not_connected(said: str, *, node: str, host: str) -> SecurityError:
    """Return the error for a connection that could not be made, or that broke.

    Args:
        said: what `ssh` wrote to standard error.
        node: the node's name.
        host: the machine's host, as it is dialled.
    """
    found = _first(SAYINGS, said)
    if found is not None:
        return _error(found, said, node, host)
    return MachineUnreachable(
        f"the machine {host} does not answer by SSH",
        where=node,
        why=last_line(said) or "the connection broke, and ssh did not say why",
        next_step="see that it runs and that `ssh` reaches it by hand; run again, which goes on where this run stopped",
    )


def killed_there(said: str, *, node: str) -> SecurityError:
    """Return the error for a script that something on the machine killed, while the connection goes on."""
    return CommandFailed(
        "what was run there was killed",
        where=node,
        why=last_line(said) or "the machine ran out of memory, or somebody ended it",
        next_step=f"see the machine's own log (`dmesg`); {RUN_AGAIN}, which goes on where this run stopped",
    )


def not_begun(said: str, *, node: str, host: str) -> SecurityError:
    """Return the error for a script that did not come to its begin: the login shell or `sudo` stood before it."""
    found = _first(SUDO_SAYINGS, said)
    if found is not None:
        return _error(found, said, node, host)
    return CommandFailed(
        f"nothing can be run on {host}",
        where=node,
        why=last_line(said) or "its login shell ended, and did not say why",
        next_step=f"see what `ssh {host} sudo id` says by hand; {RUN_AGAIN}",
    )


def _first(sayings: tuple[Saying, ...], said: str) -> Saying | None:
    return next((saying for saying in sayings if saying.part in said.lower()), None)


def _error(saying: Saying, said: str, node: str, host: str) -> SecurityError:
    line = next(line for line in said.splitlines() if saying.part in line.lower())
    return saying.kind(
        saying.what.format(host=host),
        where=node,
        why=line.strip(" @\r"),
        next_step=f"{saying.next_step.format(host=host)}; {RUN_AGAIN}",
    )


def last_line(said: str) -> str:
    """Return the last line that is not empty, of what a command said; an empty text where there is none."""
    return next((line.strip() for line in reversed(said.splitlines()) if line.strip()), "")
