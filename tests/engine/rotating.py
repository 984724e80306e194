"""A stack on nodes that are folders, whose CAs a test rotates."""

from tests.cluster.changed_provider import FAILING
from tests.cluster.plugins import install
from tests.engine.folders_run import FoldersRun


class Rotation(FoldersRun):
    """A stack whose generations and holds a test changes."""

    def asks(self, transport=1, http=1, hold=None, **sections):
        generations = {"transport": {"generation": transport}, "http": {"generation": http}}
        self.write(authorities=generations, rollout={"hold_after": hold} if hold else None, **sections)

    def fails_at(self, *resources, **asked):
        """Run `up`, with a plugin that can do nothing for these resources, and return how it ended."""
        usual, folder = self.provider, install(self, "changed_provider", "failing")
        (folder / FAILING).write_text("\n".join(resources))
        self.asks(**asked)
        ended = self.run("up")
        self.provider = usual
        return ended

    def trusted(self):
        """Return what the nodes trust on the transport layer, the same on each."""
        [found] = {path.read_text() for path in self.folder.glob("*/certs/transport-trust.pem")}
        return found

    def trusts(self):
        """Return how many CAs the nodes trust."""
        return self.trusted().count("BEGIN CERTIFICATE")

    def key_files(self):
        """Return every key file as it lies on a node."""
        return {path: path.read_bytes() for path in sorted(self.folder.glob("*/certs/*-key.p12"))}

    def issuers(self, layer="transport"):
        """Return which generation signed each leaf, as the outputs say it."""
        found = self.output("certificates")
        return {entry["issuerGeneration"] for entry in found if entry["layer"] == layer and entry["node"]}

    def authorities(self, layer):
        """Return the name of each CA of a layer that is trusted, as the outputs say it."""
        found = self.output("certificates")
        return [entry["name"] for entry in found if entry["layer"] == layer and not entry["node"]]

    def moves(self):
        """Preview, run, and return the plan of both."""
        told = self.preview()["plan"]
        done = self.up()["plan"]
        assert done["rows"] == told["rows"]
        assert done["held"] == told["held"]
        return told


def changed(plan, what):
    return [row["change"] for row in plan["rows"] if row["what"] == what]


def assert_idle(run):
    assert run.preview()["plan"]["rows"] == []
