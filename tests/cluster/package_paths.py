"""A machine whose folders lie where Elasticsearch's packages put them: mounts that one sshd alone has. NO package.

What the sshd is started with lays a folder that can be written over each folder of the system that a package puts
something into. What it changes there, users too, is in memory, and gone with the last process that sees it.

Source: elasticsearch distribution/packages: build.gradle, scripts/preinst, env/elasticsearch, elasticsearch.service.
"""

from collections.abc import Mapping
from pathlib import Path

HOME, CONFIG = "/usr/share/elasticsearch", "/etc/elasticsearch"
UNIT = "elasticsearch.service"
DATA, LOGS, RUNTIME = "/var/lib/elasticsearch", "/var/log/elasticsearch", "/run/elasticsearch"
USER = "elasticsearch"
"""The group has the same name."""
ENVIRONMENT: Mapping[str, str] = {"deb": "/etc/default/elasticsearch", "rpm": "/etc/sysconfig/elasticsearch"}
"""The file with the unit's environment, by layout: nothing else differs."""

AS_INSTALLED = f"""
groupadd --system {USER}
useradd --system --no-create-home --home-dir {HOME} --gid {USER} --shell /sbin/nologin {USER}
mkdir {HOME}
mount --bind "$1" {HOME}
install -d -m 2750 -o {USER} -g {USER} {DATA} {LOGS}
install -D -m 660 -g {USER} "$2" "$3"
"""
"""Its words: a home, a file with a unit's environment and where that belongs."""
INSTALL = f"""
set -e
umask 022
folders=$1
shift
mount -t tmpfs -o mode=755 package "$folders"
for folder in /etc /usr/share /var/lib /var/log /run; do
  mkdir -p "$folders$folder/upper" "$folders$folder/work"
  mount -t overlay -o "lowerdir=$folder,upperdir=$folders$folder/upper,workdir=$folders$folder/work" package "$folder"
done
{AS_INSTALLED}
shift 3
exec "$@"
"""
"""Its words: a folder for what is changed, those of `AS_INSTALLED`; a command."""


def on_machine(folder: Path, home: Path, layout: str) -> tuple[str, ...]:
    """Return what a command is started with that sees a machine with a package's folders, but for that of the settings.

    Args:
        folder: is empty, and stays so.
        home: an Elasticsearch home.
        layout: `deb` or `rpm`.
    """
    return ("unshare", "--mount", "sh", "-c", INSTALL, "sh", str(folder), *_words(folder, home, layout))


def install(folder: Path, home: Path, layout: str) -> tuple[str, ...]:
    """Return the command that does so on a machine whose files are its own.

    Args:
        folder: is empty, and stays so.
        home: an Elasticsearch home.
        layout: `deb` or `rpm`.
    """
    return ("sh", "-c", f"set -e\numask 022\n{AS_INSTALLED}", "sh", *_words(folder, home, layout))


def _words(folder: Path, home: Path, layout: str) -> tuple[str, str, str]:
    environment = folder.with_name(f"{folder.name}.environment")
    environment.write_text(f"# As installed\nES_PATH_CONF={CONFIG}\nES_JAVA_OPTS=-Des.distribution.type={layout}\n")
    return str(home), str(environment), ENVIRONMENT[layout]
