"""What the scripts of `components/rollout/kept.py` and `nodes/others_folder.py` do, on a machine in memory."""

import base64
import json
from pathlib import PurePosixPath

from components.nodes.others_folder import LEADING_OUT, REMOVE_INSIDE
from components.nodes.spec import Paths
from components.nodes.target import Completed
from components.rollout.kept import KEEP, LET_GO, MANIFEST, SHOW

OK = Completed(0, "", "")


class FakeScripts:
    """The scripts, and what a kill in the middle of one leaves behind."""

    def __init__(self, target, file):
        self.target, self.file = target, file
        self.does = {
            KEEP: self._keep,
            SHOW: self._show,
            LET_GO: self._let_go,
            LEADING_OUT: lambda config, *folders: OK,
            REMOVE_INSIDE: self._remove_inside,
        }
        self.half = {
            KEEP: lambda config, *names: self._copy(config, names[:1]),
            LET_GO: lambda config: self.target.files.pop(config / MANIFEST, None),
        }

    def run(self, argv) -> Completed | None:
        """Return how a script ended; None where it is none of these."""
        known = argv[0] == "sh" and argv[2] in self.does
        return self.does[argv[2]](PurePosixPath(argv[4]), *argv[5:]) if known else None

    def run_half(self, argv) -> None:
        if argv[0] == "sh" and argv[2] in self.half:
            self.half[argv[2]](PurePosixPath(argv[4]), *argv[5:])

    def _copy(self, config, names):
        kept = config / Paths.ROLLOUT
        self._erase(kept)
        self.target.folders[kept] = self.file(b"", 0o755, "root", "root")
        there = [name for name in names if config / name in self.target.files]
        for name in there:
            self.target.put(kept / name, self.file(self.target.files[config / name].content, 0o600, "root", "root"))
        return there

    def _keep(self, config, *names):
        files = {name: self.target.files[config / name] for name in self._copy(config, names)}
        manifest = json.dumps({name: [one.owner, one.group, one.mode] for name, one in files.items()})
        self.target.put(config / MANIFEST, self.file(manifest.encode(), 0o600, "root", "root"))
        return OK

    def _show(self, config, name):
        found = self.target.files.get(config / Paths.ROLLOUT / name)
        if found is None:
            return OK
        whose = "ours" if self.target.folders[config / Paths.ROLLOUT].owner == "root" else "theirs"
        return Completed(0, f"{whose}\n{base64.b64encode(found.content + b'.').decode()}\n", "")

    def _let_go(self, config):
        self._erase(config / Paths.ROLLOUT)
        return OK

    def _remove_inside(self, config, relative):
        self._erase(config / relative)
        return OK

    def _erase(self, path):
        for one in [one for one in self.target.files if one == path or path in one.parents]:
            del self.target.files[one]
        self.target.folders.pop(path, None)
