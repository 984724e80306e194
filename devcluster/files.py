"""The files of a node, as an operator would have written them before anybody thought of security. Pure."""

import json
import re
from collections.abc import Sequence
from pathlib import Path

from devcluster.spec import NodeSpec

SETTINGS = """\
# ======================== {name} of {cluster} ========================
# Kept by hand. Ask in #search before you change a port: the importer has them in its own settings.

cluster.name: {cluster}
node.name: {name}

# ----------------------------------- Paths ------------------------------------
path:
  data: {folder}/data
  logs: {folder}/logs

# ---------------------------------- Network -----------------------------------
network.host: {address}   # this machine only
http.port: {http_port}
transport.port: {transport_port}

# --------------------------------- Discovery ----------------------------------
discovery.seed_hosts: [{seeds}]
{bootstrap}
# ---------------------------------- Various -----------------------------------
# Nobody deletes all indices with one wildcard again.
action.destructive_requires_name: true

cluster:
  routing.allocation:
    disk.threshold_enabled: false # a laptop's disk is always nearly full

# Off since the proof of concept.
xpack.security.enabled: false
"""
BOOTSTRAP = """\
cluster.initial_master_nodes:
{names}
"""

LOGGING = """\
status = error

appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = [%d{ISO8601}][%-5p][%-25c{1.}] [%node_name]%marker %m%consoleException%n

appender.rolling.type = RollingFile
appender.rolling.name = rolling
appender.rolling.fileName = ${sys:es.logs.base_path}${sys:file.separator}${sys:es.logs.cluster_name}.log
appender.rolling.filePattern = \\
  ${sys:es.logs.base_path}${sys:file.separator}${sys:es.logs.cluster_name}-%d{yyyy-MM-dd}-%i.log.gz
appender.rolling.layout.type = PatternLayout
appender.rolling.layout.pattern = [%d{ISO8601}][%-5p][%-25c{1.}] [%node_name]%marker %m%n
appender.rolling.policies.type = Policies
appender.rolling.policies.size.type = SizeBasedTriggeringPolicy
appender.rolling.policies.size.size = 64MB
appender.rolling.strategy.type = DefaultRolloverStrategy
appender.rolling.strategy.max = 3

rootLogger.level = info
rootLogger.appenderRef.console.ref = console
rootLogger.appenderRef.rolling.ref = rolling
"""

HEAP = """\
# Several nodes share this machine: a small heap, and whatever makes a node start sooner.
-Xms{heap}m
-Xmx{heap}m
-XX:+UseSerialGC
-XX:TieredStopAtLevel=1
-XX:+UnlockDiagnosticVMOptions
-XX:-BytecodeVerificationRemote
-Djava.io.tmpdir={folder}/tmp
"""

JVM_OPTIONS = "# Nothing here: see jvm.options.d.\n"

EMPTY_AS_SHIPPED = ("users", "users_roles", "roles.yml", "role_mapping.yml")
"""Files of the security plugin that lie empty in the product's config folder; its tools refuse to work without."""


def settings(cluster: str, node: NodeSpec, everyone: Sequence[NodeSpec], folder: Path, *, bootstrap: bool) -> str:
    """Return a node's elasticsearch.yml.

    Args:
        cluster: the cluster's name.
        node: the node.
        everyone: all nodes of the cluster, this one among them.
        folder: the node's folder.
        bootstrap: whether the cluster has yet to form for the first time; a node added later must not say it
            (docs: deploy-manage/deploy/self-managed/important-settings-configuration, initial master nodes).
    """
    names = "\n".join(f"  - {one.name}" for one in everyone)
    return SETTINGS.format(
        name=node.name,
        cluster=_scalar(cluster),
        folder=folder,
        address=node.address,
        http_port=node.http_port,
        transport_port=node.transport_port,
        seeds=", ".join(f'"{one.address}:{one.transport_port}"' for one in everyone),
        bootstrap=BOOTSTRAP.format(names=names) if bootstrap else "",
    )


def _scalar(text: str) -> str:
    """Return a text as YAML: plain where that is what everybody writes, else as JSON, which is YAML too."""
    return text if re.fullmatch(r"[a-z]+(-[a-z0-9]+)*", text) else json.dumps(text, ensure_ascii=False)


def heap_options(folder: Path, megabytes: int) -> str:
    """Return a node's jvm.options.d/heap.options."""
    return HEAP.format(folder=folder, heap=megabytes)


def ports(text: str) -> tuple[int, int] | None:
    """Return the HTTP and the transport port that an elasticsearch.yml of ours names; None where it was rewritten."""
    found = [re.search(rf"^{key}: (\d+)", text, re.MULTILINE) for key in ("http.port", "transport.port")]
    return (int(found[0].group(1)), int(found[1].group(1))) if found[0] and found[1] else None


def with_ports(text: str, node: NodeSpec, everyone: Sequence[NodeSpec]) -> str:
    """Return an elasticsearch.yml of ours with the ports of this node, and of all as seeds, put in place."""
    text = re.sub(r"^(http\.port:) \d+", rf"\1 {node.http_port}", text, flags=re.MULTILINE)
    text = re.sub(r"^(transport\.port:) \d+", rf"\1 {node.transport_port}", text, flags=re.MULTILINE)
    seeds = ", ".join(f'"{one.address}:{one.transport_port}"' for one in everyone)
    return re.sub(r"^(discovery\.seed_hosts:) \[.*\]", rf"\1 [{seeds}]", text, flags=re.MULTILINE)
