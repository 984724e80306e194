"""A machine whose folders lie where Elasticsearch's packages put them: mounts that one sshd alone has. NO package.

What the sshd is started with lays a folder that can be written over each folder of the system that a package puts
something into. What it changes there, users too, is in memory, and gone with the last process that sees it.

Source: elasticsearch distribution/packages: build.gradle, scripts/preinst, env/elasticsearch, elasticsearch.service.
"""

from collections.abc import Mapping
from pathlib import Path

HOME, CONFIG = "/usr/share/elasticsearch", "/etc/elasticsearch"
DATA, LOGS, RUNTIME = "/var/lib/elasticsearch", "/var/log/elasticsearch", "/run/elasticsearch"
USER = "elasticsearch"
"""The group has the same name."""
ENVIRONMENT: Mapping[str, str] = {"deb": "/etc/default/elasticsearch", "rpm": "/etc/sysconfig/elasticsearch"}
"""The file with the unit's environment, by layout: nothing else differs."""

INSTALL = f"""
set -e
umask 022
mount -t tmpfs -o mode=755 package "$0"
for folder in /etc /usr/share /var/lib /var/log /run; do
  mkdir -p "$0$folder/upper" "$0$folder/work"
  mount -t overlay -o "lowerdir=$folder,upperdir=$0$folder/upper,workdir=$0$folder/work" package "$folder"
done
groupadd --system {USER}
useradd --system --no-create-home --home-dir {HOME} --gid {USER} --shell /sbin/nologin {USER}
mkdir {HOME}
mount --bind "$1" {HOME}
install -d -m 2750 -o {USER} -g {USER} {DATA} {LOGS}
install -D -m 660 -g {USER} "$2" "$3"
shift 3
exec "$@"
"""
"""Its words: a folder for what is changed, a home, a file with a unit's environment and where it belongs; a command."""


def on_machine(folder: Path, home: Path, layout: str) -> tuple[str, ...]:
    """Return what a command is started with that sees a machine with a package's folders, but for that of the settings.

    Args:
        folder: is empty, and stays so.
        home: an Elasticsearch home.
        layout: `deb` or `rpm`.
    """
    environment = folder.with_name(f"{folder.name}.environment")
    environment.write_text(f"# As installed\nES_PATH_CONF={CONFIG}\nES_JAVA_OPTS=-Des.distribution.type={layout}\n")
    words = (str(folder), str(home), str(environment), ENVIRONMENT[layout])
    return ("unshare", "--mount", "sh", "-c", INSTALL, *words)
