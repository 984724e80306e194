"""What an operator has in `~/.ssh` and in an agent is used as it is, with a real sshd, and a host on the way."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from components.nodes.ssh_spec import Ssh
from tests.cluster_fixtures import free_ports
from tests.ssh_home import Home, agent
from tests.sshd import NO_PASSWORD, left_behind, logins, make_key, running_sshd, short_folder, sshd_or_skip

CONFIG = """\
Host *
  ControlMaster auto
  ControlPath ~/.ssh/%C
  ControlPersist 1
  ServerAliveInterval 60
Host es-1.mgmt
  HostName {machine.address}
  Port {machine.port}
  User {login}
  IdentityFile ~/.ssh/es
  IdentitiesOnly yes
  ProxyJump bastion
Host by-agent
  HostName {machine.address}
  Port {machine.port}
  User {login}
Host bastion
  HostName {bastion.address}
  Port {bastion.port}
  User root
  IdentityFile ~/.ssh/bastion
"""
"""As people have it, connections that are shared and stay among it."""
ASK = """\
import json, sys
from components.errors import SecurityError
from components.nodes.ssh import SshTarget
from components.nodes.ssh_spec import Ssh

way, bastion, port = sys.argv[1:]
target = SshTarget("es-1", Ssh.model_validate_json(way))
try:
    found = {"user": target.run(["id", "-un"]).stdout.strip()}
    found["sessions of the bastion"] = target.run(["pgrep", "--parent", bastion]).ok
    with target.dial("127.0.0.1", int(port)) as stream:
        found["port"] = stream.recv(8).decode()
except SecurityError as error:
    found = {"what": error.what, "next": error.next_step}
print(json.dumps(found))
"""
STRAIGHT = {"user": "root", "sessions of the bastion": False, "port": "SSH-2.0-"}
THROUGH = {**STRAIGHT, "sessions of the bastion": True}


@pytest.fixture(scope="module")
def machine():
    sshd_or_skip()
    with logins(), running_sshd("127.0.0.1", free_ports(1)[0], more=f"AllowUsers {NO_PASSWORD}") as found:
        yield found


@pytest.fixture(scope="module")
def bastion():
    with running_sshd("127.0.0.1", free_ports(1)[0], more="AllowUsers root") as found:
        yield found


@pytest.fixture
def temporary():
    with short_folder() as folder:
        yield folder
        assert left_behind(folder) == []


@pytest.fixture
def home(temporary, machine, bastion):
    home = Home(temporary / "home")
    home.write("known_hosts", "".join(f"[{one.address}]:{one.port} {one.host_key}\n" for one in (machine, bastion)))
    home.write("config", CONFIG.format(machine=machine, bastion=bastion, login=NO_PASSWORD))
    return home


@pytest.fixture
def keys(home, machine, bastion):
    """Put the keys into the home."""
    for name, one in (("es", machine), ("bastion", bastion)):
        home.write(name, (one.folder / "identity").read_text())


@pytest.fixture
def ask(home, temporary, machine, bastion):
    """Return what is found on the machine, on a way that an operator wrote down."""

    def ask(host, variables=None, **differs):
        way = Ssh(host=host, **differs).model_dump_json()
        words = [*home.lead, sys.executable, "-c", ASK, way, str(bastion.process.pid), str(machine.port)]
        usual = {key: value for key, value in os.environ.items() if key != "SSH_AUTH_SOCK"}
        environment = {**usual, "TMPDIR": str(temporary), **(variables or {})}
        done = subprocess.run(words, capture_output=True, text=True, check=False, env=environment)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return ask


def test_a_host_of_the_configuration_is_reached_with_all_that_it_says_also_through_the_host_on_the_way(ask, keys):
    assert ask("es-1.mgmt") == THROUGH


def test_what_a_configuration_has_unknown_words_ignored_for_is_ignored_by_us_too(ask, keys, home, machine, bastion):
    usual = CONFIG.format(machine=machine, bastion=bastion, login=NO_PASSWORD)
    home.write("config", f"IgnoreUnknown UseKeychain\nUseKeychain yes\n{usual}")
    assert ask("es-1.mgmt") == THROUGH


def test_a_host_on_the_way_that_the_stack_file_names_may_be_one_of_the_configuration(ask, keys, machine):
    assert ask("by-agent", jump=("bastion",), identity_file=machine.identity_file) == THROUGH


def test_a_key_that_only_an_agent_holds_lets_us_in_and_without_it_what_to_do_is_told(ask, machine, temporary):
    with agent(temporary, machine.identity_file) as variables:
        assert ask("by-agent", variables) == STRAIGHT
    refused = ask("by-agent", variables)
    assert refused["what"] == "by-agent does not let us log in"
    assert "see that the agent holds the right key" in refused["next"]


@pytest.fixture
def public_half(home, machine):
    home.write("es.pub", (machine.folder / "identity.pub").read_text())
    return str(home.ssh / "es.pub")


@pytest.fixture
def locked_key(home, keys):
    """A key file behind a passphrase, which nobody is there to type."""
    path = str(home.ssh / "es")
    subprocess.run(["ssh-keygen", "-q", "-p", "-P", "", "-N", "a passphrase", "-f", path], check=True)
    return path


@pytest.mark.parametrize("key_file", ["locked_key", "public_half"])
def test_a_key_file_that_cannot_be_used_by_itself_names_the_key_of_the_agent(
    ask, machine, temporary, request, key_file
):
    with agent(temporary, machine.identity_file) as variables:
        assert ask("by-agent", variables, identity_file=request.getfixturevalue(key_file)) == STRAIGHT


def test_an_agent_with_more_keys_than_a_machine_tries_is_told_and_the_one_that_is_named_is_offered_alone(
    ask, machine, temporary
):
    others = [str(temporary / f"other-{number}") for number in range(6)]  # sshd's default of `MaxAuthTries`
    for other in others:
        make_key(Path(other))
    with agent(temporary, *others) as variables:
        refused = ask("by-agent", variables)
        assert refused["what"] == "by-agent was offered too many keys"
        assert "machine.ssh.identity_file" in refused["next"]
        assert ask("by-agent", variables, identity_file=machine.identity_file) == STRAIGHT
