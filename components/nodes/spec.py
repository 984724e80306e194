"""Where nodes are and how they are reached: what the operator writes, and what travels to the plugin."""

from pathlib import PurePosixPath
from typing import Annotated

from pydantic import Field, StringConstraints

from components.nodes.layouts import Layout, Runtime
from components.nodes.ssh_spec import Ssh, SshSpec
from components.pki.sans import Host
from components.values import Spec, Wire

NODE_NAME = r"^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9_])?$"
"""Elasticsearch takes any text; this one names files, resources, containers and certificates, too."""
NodeName = Annotated[str, StringConstraints(pattern=NODE_NAME)]
Port = Annotated[int, Field(ge=1, le=65535, strict=True)]


Words = tuple[str, ...]


class CommandsSpec(Spec):
    """Commands of yours, each as a list of words, in place of what the layout would do.

    In words, ``{name}`` stands for the node's name.
    """

    start: Words = Field((), description="Starts the node; best returns when it is ready. Goes together with `stop`.")
    stop: Words = Field((), description="Asks the node to end with SIGTERM. Its process is waited for in any case.")
    status: Words = Field(
        (), description="Ends with status 0 where the node runs, and prints its process id as its last word."
    )
    keystore: Words = Field(
        (), description="Stands for `bin/elasticsearch-keystore`: gets its arguments, and values by standard input."
    )


class MachineSpec(Spec):
    """How to find Elasticsearch on a node's machine. In paths, ``{name}`` stands for the node's name."""

    layout: Layout = Field(
        Layout.ARCHIVE,
        description="How Elasticsearch was installed: `archive` (tar.gz), `deb` or `rpm` (systemd runs it), `docker` "
        "(in a container whose config folder is a folder of the machine).",
    )
    home: str | None = Field(
        None,
        description="`ES_HOME`: the folder with `bin/elasticsearch`; with `docker` the one in the container. Default: "
        "`/usr/share/elasticsearch`, except with `archive`.",
    )
    config: str | None = Field(
        None,
        description="`ES_PATH_CONF`: the folder with `elasticsearch.yml`; with `docker` the folder on the machine that "
        "is mounted there. Default: `config` in `home` with `archive`, `/etc/elasticsearch` with `deb` and `rpm`.",
    )
    user: str | None = Field(
        None,
        description="The user that Elasticsearch runs as. Default: the owner of the `config` folder with `archive`, "
        "`elasticsearch` with `deb` and `rpm`, `1000:0` with `docker`.",
    )
    pid_file: str | None = Field(
        None,
        description="Where the node writes its process id, with `archive`, unless there is a `unit`. Default: "
        "`elasticsearch.pid` in `config`.",
    )
    unit: str | None = Field(
        None,
        description="The unit of systemd that runs the node. Default: `elasticsearch.service` with `deb` and `rpm`, "
        "none with `archive`, where we start the node ourselves.",
    )
    container: str | None = Field(None, description="The container, with `docker`. Default: the node's name.")
    runtime: Runtime | None = Field(
        None, description="What handles the container, with `docker`: `docker` or `podman`. Default: `docker`."
    )
    commands: CommandsSpec | None = Field(
        None, description="Commands of yours, where a verb is done otherwise on your machines. Default: the layout's."
    )
    keystore_password_file: str | None = Field(
        None,
        description="A file on the node's machine with the password of its `elasticsearch.keystore`, as in "
        "`ES_KEYSTORE_PASSPHRASE_FILE`. Default: the keystore has no password.",
    )
    ssh: SshSpec | None = Field(
        None, description="How the machine is reached by SSH; `{}` takes every default. Default: it is this machine."
    )


class NodeSpec(Spec):
    """One node of the cluster."""

    name: NodeName = Field(description="The node's name, as in its `node.name`.")
    address: Host = Field(description="Host name or IP address where other nodes and clients reach the node.")
    http_port: Port = Field(9200, description="The port of the HTTP layer.")
    transport_port: Port = Field(9300, description="The port of the transport layer.")
    names: tuple[Host, ...] = Field(
        (), description="Further host names or IP addresses that this node's certificates must carry as SANs."
    )
    bind: str | None = Field(
        None, description="`network.host` to set on this node. Default: left as it is in `elasticsearch.yml`."
    )
    machine: MachineSpec | None = Field(None, description="What differs on this node from the section `machine`.")


class Commands(Wire):
    """An operator's commands, as the plugin gets them; without words where the layout does it."""

    start: Words = ()
    stop: Words = ()
    status: Words = ()
    keystore: Words = ()


class Machine(Wire):
    """A node's machine with every default filled in, as the plugin gets it.

    Attributes:
        node: the node's name.
        layout: how Elasticsearch was installed.
        home: absolute path of ES_HOME; with `docker` in the container.
        config: absolute path of ES_PATH_CONF; with `docker` on the machine.
        pid_file: absolute path of the process id file.
        user: the user Elasticsearch runs as; None for the owner of ``config``. With `docker` as `docker exec` takes it.
        keystore_password_file: absolute path of the file with the keystore's password; None where it has none.
        ssh: how it is reached; None where it is this machine.
        unit: systemd's unit; None without systemd.
        container: the container; None without one.
        runtime: what handles it; None likewise.
        commands: the operator's own; None where the layout does everything.
    """

    node: str
    layout: Layout = Layout.ARCHIVE
    home: str
    config: str
    pid_file: str
    user: str | None = None
    keystore_password_file: str | None = None
    ssh: Ssh | None = None
    unit: str | None = None
    container: str | None = None
    runtime: Runtime | None = None
    commands: Commands | None = None

    def path(self, relative: str) -> PurePosixPath:
        """Return the absolute path of something in the config folder."""
        return PurePosixPath(self.config) / relative


class Node(Wire):
    """A node as the plugin gets it: its machine and where its layers listen."""

    name: str
    address: str
    http_port: int
    transport_port: int
    machine: Machine


class Paths:
    """Names of our files in a node's config folder. They never change: reload works only under the same name.

    None of them is a name that Elasticsearch's auto-configuration or certutil uses, so nothing of theirs is
    ever overwritten. Source: deploy-manage/security/updating-certificates.
    """

    TRANSPORT_KEY_FILE = "certs/transport-key.p12"
    TRANSPORT_TRUST_FILE = "certs/transport-trust.pem"
    TRANSPORT_TRUST_STORE = "certs/transport-trust.p12"
    TRANSPORT_KEY_PEM = "certs/transport-key.pem"
    TRANSPORT_LEAF_PEM = "certs/transport-leaf.pem"
    HTTP_KEY_FILE = "certs/http-key.p12"
    HTTP_KEY_PEM = "certs/http-key.pem"
    HTTP_LEAF_PEM = "certs/http-leaf.pem"
    SETTINGS = "elasticsearch.yml"
    KEYSTORE = "elasticsearch.keystore"
    ROLLOUT = "essecurity-rollout"
    """Folder with what was there before, while a rollout is in hand on the node."""
