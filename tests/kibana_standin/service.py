"""A stand-in Kibana laid out in a folder, and what a service manager does with it: start, stop, restart."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

CHECKOUT = Path(__file__).resolve().parents[2]
MODULES = {"kibana": "tests.kibana_standin.server", "kibana-keystore": "tests.kibana_standin.keystore"}
PATIENCE = 120.0


@dataclass(frozen=True)
class KibanaService:
    """One stand-in in its folder; the folder's name must hold `kibana`, as Kibana's own paths do."""

    folder: Path
    port: int

    @property
    def config(self) -> Path:
        return self.folder / "config"

    @property
    def log(self) -> Path:
        return self.folder / "kibana.log"

    @property
    def settings(self) -> Path:
        return self.config / "kibana.yml"

    def lay_out(self, settings: str) -> "KibanaService":
        """Write what an installed Kibana has: its commands, and the operator's kibana.yml."""
        (self.folder / "bin").mkdir(parents=True)
        self.config.mkdir()
        self.settings.write_text(settings)
        for name, module in MODULES.items():
            path = self.folder / "bin" / name
            lines = ("#!/bin/sh", f"export PYTHONPATH={CHECKOUT}", f'exec {sys.executable} -m {module} "$@"')
            path.write_text("\n".join(lines) + "\n")
            path.chmod(0o755)
        self._write_service()
        return self

    def process(self) -> psutil.Process | None:
        """Return the running stand-in of this folder."""
        for one in psutil.process_iter():
            try:
                if MODULES["kibana"] in one.cmdline() and one.environ().get("KBN_PATH_CONF") == str(self.config):
                    return one
            except psutil.Error:
                continue
        return None

    def start(self) -> None:
        """Start it through its service command, so that it is nobody's child."""
        subprocess.run(self.command("start"), check=True, timeout=PATIENCE)

    def spawn(self) -> None:
        """Start it, apart from us."""
        with self.log.open("ab") as log:
            subprocess.Popen(
                [self.folder / "bin" / "kibana", *(["--allow-root"] if os.geteuid() == 0 else [])],
                env={"KBN_PATH_CONF": str(self.config), "PATH": os.environ["PATH"]},
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def run(self, program: str, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run one of its commands to its end."""
        return subprocess.run(
            [self.folder / "bin" / program, *arguments],
            env={"KBN_PATH_CONF": str(self.config), "PATH": os.environ["PATH"]},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )

    def stop(self) -> None:
        """End it, and return once it is gone."""
        process = self.process()
        if process is not None:
            process.send_signal(signal.SIGTERM)
            deadline = time.monotonic() + PATIENCE
            with suppress(psutil.NoSuchProcess):
                while process.is_running() and process.status() != psutil.STATUS_ZOMBIE and time.monotonic() < deadline:
                    time.sleep(0.05)

    def command(self, verb: str = "restart") -> list[str]:
        """Return the command line that an operator would give, as with a service manager."""
        return [str(self.folder / "bin" / "service"), verb]

    def _write_service(self) -> None:
        path = self.folder / "bin" / "service"
        words = f'exec {sys.executable} -m tests.kibana_standin.service "$1" {self.folder} {self.port}'
        path.write_text(f"#!/bin/sh\nexport PYTHONPATH={CHECKOUT}\n{words}\n")
        path.chmod(0o755)


if __name__ == "__main__":
    verb, folder, port = sys.argv[1:]
    service = KibanaService(Path(folder), int(port))
    if verb in ("stop", "restart"):
        service.stop()
    if verb in ("start", "restart"):
        service.spawn()
