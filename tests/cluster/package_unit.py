"""Elasticsearch's unit as its packages have it, for a real systemd (tests/systemd_machine.py). NO package.

It differs in two things. Limits are left out, since not every root may raise them. And the development home is without
the module that tells systemd that the node is ready, so what the unit starts tells it of the mark that Elasticsearch
writes to its standard error then.

Source: elasticsearch distribution/packages: elasticsearch.service, systemd-entrypoint; BootstrapInfo.
"""

from tests.cluster.package_paths import CONFIG, ENVIRONMENT, HOME, RUNTIME, UNIT, USER
from tests.systemd_machine import SystemdMachine

ENTRYPOINT = "/usr/local/lib/elasticsearch-entrypoint"
STARTS = f"""\
#!/bin/bash
exec 2> >(
  if IFS= read -r -d $'\\x18' said; then systemd-notify --ready; fi
  printf %s "$said"
  exec cat
)
exec {HOME}/bin/elasticsearch "$@" <"${{ES_KEYSTORE_PASSPHRASE_FILE:-/dev/null}}"
"""
SERVICE = """\
[Unit]
Description=Elasticsearch

[Service]
Type=notify
NotifyAccess=all
RuntimeDirectory=elasticsearch
PrivateTmp=true
Environment=ES_HOME={home}
Environment=ES_PATH_CONF={config}
Environment=PID_DIR={runtime}
EnvironmentFile=-{environment}
WorkingDirectory={home}
User={user}
Group={user}
ExecStart={entrypoint} -p ${{PID_DIR}}/elasticsearch.pid --quiet
StandardOutput=journal
StandardError=inherit
TimeoutStartSec=900
TimeoutStopSec=0
KillSignal=SIGTERM
KillMode=process
SendSIGKILL=no
SuccessExitStatus=143
{more}
"""


def write_unit(machine: SystemdMachine, layout: str, more: str) -> None:
    """Write the unit of a layout with one more line, and what it starts."""
    program = machine.root / ENTRYPOINT.lstrip("/")
    program.write_text(STARTS)
    program.chmod(0o755)
    names = {"home": HOME, "config": CONFIG, "runtime": RUNTIME, "environment": ENVIRONMENT[layout], "user": USER}
    machine.write_unit(UNIT, SERVICE.format(entrypoint=ENTRYPOINT, more=more, **names))
