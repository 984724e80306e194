"""Commands of a machine that stop in the middle of a write, until a test lets them go on."""

from pathlib import Path

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
SAYS = """\
echo "$to" >FOLDER/reached.new && /bin/mv FOLDER/reached.new FOLDER/reached
while [ ! -e FOLDER/go ]; do sleep 0.05; done
"""
IN_THE_CONTENT = f"""\
#!/bin/sh
for word do case $word in of=*) to=${{word#of=}} ;; esac; done
/bin/dd bs=1 count=100 of="$to" status=none
{SAYS}"""
"""A `dd` that gets 100 bytes, and then its input's end: what is this short comes in one piece on a loopback."""
BEFORE_THE_NAME = f"""\
#!/bin/sh
[ "$#" -eq 5 ] || exec /bin/mv "$@"
to=$4
{SAYS}exec /bin/mv "$@"
"""
"""A `mv` that stops before a file gets its name; folders get theirs."""
WITHIN = 60.0


class StoppingCommand:
    """A command of a machine that looks into this folder first.

    Attributes:
        folder: where it is, and what it says and waits for.
        name: what it is called.
    """

    def __init__(self, folder: Path, name: str = "mv", script: str = BEFORE_THE_NAME) -> None:
        self.folder, self.name, self.script = folder, name, script

    @staticmethod
    def way(folder: Path) -> str:
        """Return the line of an sshd's configuration with which its machine looks there first."""
        return f"SetEnv PATH={folder}:{PATH}"

    def install(self) -> None:
        """Let it stop from now on."""
        (self.folder / self.name).write_text(self.script.replace("FOLDER", str(self.folder)))
        (self.folder / self.name).chmod(0o755)

    def has_stopped(self) -> bool:
        """Tell whether it stands in the middle of a write."""
        return (self.folder / "reached").exists()

    def go_on(self) -> None:
        """Let it go on, and be as ever from then on."""
        (self.folder / self.name).unlink()
        (self.folder / "go").touch()
