"""A driver without an engine: it tells of the resources that a test puts into it, and notes what it was asked."""

from pulumi.automation import OutputValue

from tests.stacks.engine_events import begins, ends, says, step, urn
from tests.stacks.seen import MASKED

PASSWORD = "Tr0ub4dor&3"
PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"


class FakeDriver:
    """Stands for `stacks.driver.Driver`. The class itself is what a test prepares, and looks at afterwards."""

    def __init__(self, workspace, *, policy_packs=None, debug=False):
        self.asked.append(f"open {workspace.stack}{' with debug' if debug else ''}")
        self.policy_packs.append(policy_packs)
        self.workspace = workspace

    def install_plugin(self, name, version):
        self.asked.append(f"fetch {name} {version}")

    def clear_locks(self, waiting):
        self.asked.append("clear locks")
        return self.lock_left

    def preview(self, watch, *, diff=False):
        self._run("preview with diff" if diff else "preview", watch)

    def up(self, watch, *, removes):
        self._run("up", watch)
        self.removed.append(removes)

    def refresh(self, watch):
        self._run("refresh", watch)

    def destroy(self, watch):
        self._run("destroy", watch)

    def outputs(self, *, in_clear=True):
        self.asked.append("outputs")
        return self.given

    def _run(self, verb, watch):
        self.asked.append(verb)
        if verb.split()[0] in self.breaks:
            raise self.breaks[verb.split()[0]]
        for text in (*self.warned, *(self.warned_later if verb == "up" else self.warned_in_preview)):
            watch.event(says(text, "warning"))
        for gate in self.gates:
            watch.event(says(gate, about=urn("ClusterRestart", "restart")))
        for kind, name, op, inputs, outputs in self.found:
            watch.event(begins(kind, name, op))
            watch.event(ends(step(kind, name, op, inputs, outputs)))


def fake_driver(
    found=(),
    *,
    breaks=None,
    warned=(),
    warned_later=(),
    warned_in_preview=(),
    gates=(),
    outputs=None,
    lock_left=False,
):
    """Return a class of its own, so that nothing is left for the next test."""
    given = {
        "scenario": OutputValue("basic", secret=False),
        "httpUrls": OutputValue(["http://es-1.example.net:9200"], secret=False),
        "transportAddresses": OutputValue(["es-1.example.net:9300"], secret=False),
        "elasticPassword": OutputValue(PASSWORD, secret=True),
        "certificates": OutputValue([], secret=False),
        "caCertificatePem": OutputValue(PEM, secret=False),
    }
    facts = {
        "asked": [],
        "removed": [],
        "policy_packs": [],
        "found": found,
        "breaks": breaks or {},
        "warned": warned,
        "warned_later": warned_later,
        "warned_in_preview": warned_in_preview,
        "gates": gates,
        "given": given if outputs is None else outputs,
        "lock_left": lock_left,
    }
    return type("FakeDriver", (FakeDriver,), facts)


UNCHANGED = (("NodeTrust", "es-1-transport-trust", "same", {"layer": "transport"}, {"steps": ["write it"]}),)
CHANGED = (
    ("GeneratedPassword", "elastic-password", "create", {"purpose": "elastic"}, {"value": MASKED}),
    (
        "ClusterRestart",
        "restart",
        "update",
        {"cluster": "logs"},
        {
            "procedure": "full stop",
            "reasons": ["es-1: transport layer plain → TLS"],
            "steps": ["stop es-1", "start es-1"],
            "timedSteps": [{"step": "stop es-1", "seconds": 2.5}, {"step": "start es-1", "seconds": 12.0}],
        },
    ),
)
