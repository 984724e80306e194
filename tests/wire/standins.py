"""A node that does not run: its folders, and a keystore command that keeps its entries in a text file."""

from pathlib import Path
from typing import Any

CLOSED_PORT = 1
"""Where nothing listens: only root may, and nobody does."""
SETTINGS = "cluster.name: logs\nnode.name: {name}\n"
COMMAND = """\
#!/bin/sh
# Entries are lines `name=value`. With a file `slow` in the config folder, `create` waits until it is told to go on.
set -e
entries="$ES_PATH_CONF/elasticsearch.keystore"
command=$1
shift
echo "$command begins" >>"$ES_PATH_CONF/journal"
case $command in
create)
  if [ -e "$ES_PATH_CONF/slow" ]; then
    echo begun >"$ES_PATH_CONF/begun"
    read -r _ <"$ES_PATH_CONF/go"
  fi
  : >"$entries"
  ;;
list) sed 's/=.*//' "$entries" ;;
show) sed -n "s/^$1=//p" "$entries" ;;
add)
  shift 2 # -f -x
  for name; do
    read -r value
    sed -i "/^$name=/d" "$entries"
    echo "$name=$value" >>"$entries"
  done
  ;;
remove) for name; do sed -i "/^$name=/d" "$entries"; done ;;
esac
echo "$command ends" >>"$ES_PATH_CONF/journal"
"""


class StandInNode:
    """One node's folders."""

    def __init__(self, folder: Path, name: str = "es-1") -> None:
        self.name, self.home, self.config = name, folder / "home", folder / name
        (self.home / "bin").mkdir(parents=True, exist_ok=True)
        self.config.mkdir(parents=True)
        command = self.home / "bin" / "elasticsearch-keystore"
        command.write_text(COMMAND)
        command.chmod(0o755)
        self.write("elasticsearch.yml", SETTINGS.format(name=name).encode())

    def write(self, relative: str, content: bytes, mode: int = 0o640) -> None:
        """Put a file into the config folder."""
        path = self.config / relative
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        path.chmod(mode)

    def read(self, relative: str) -> bytes:
        """Return a file of the config folder."""
        return (self.config / relative).read_bytes()

    def files(self) -> dict[str, bytes]:
        """Return every file of the config folder."""
        found = (path for path in self.config.rglob("*") if path.is_file())
        return {str(path.relative_to(self.config)): path.read_bytes() for path in found}

    def journal(self) -> list[str]:
        """Return what the keystore's command did, in order."""
        path = self.config / "journal"
        return path.read_text().splitlines() if path.exists() else []

    def wire(self) -> dict[str, Any]:
        """Return the node as a resource input."""
        return {
            "name": self.name,
            "address": "127.0.0.1",
            "httpPort": CLOSED_PORT,
            "transportPort": CLOSED_PORT,
            "machine": {
                "node": self.name,
                "layout": "archive",
                "home": str(self.home),
                "config": str(self.config),
                "pidFile": str(self.config / "elasticsearch.pid"),
            },
        }
