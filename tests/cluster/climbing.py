"""A stack that goes from scenario to scenario, and what must hold after each."""

from components.nodes.probes import Speech, handshake
from devcluster.seed import INDEX

DOCUMENTS = 1000


class Climbing:
    """A stack that goes from scenario to scenario, and what must hold after each."""

    def __init__(self, run):
        self.run, self.password = run, ""

    def to(self, scenario, **sections):
        """Choose a scenario and run `up`; return the plan that it carried out."""
        self.run.write(cluster={"name": self.run.cluster.spec.name, "scenario": scenario}, **sections)
        data = self.run.up()
        assert data["result"] == "changed"
        self.check(scenario)
        return data["plan"]

    def check(self, scenario):
        api = self.run.api()
        assert self.password in ("", api.password), "the password of elastic is made once"
        self.password = api.password
        for number, node in enumerate(self.run.cluster.nodes):
            assert api.ask_anonymously("/", number)[0] == 401
            assert api.ask("/", number)[0] == 200
            assert handshake("127.0.0.1", node.spec.transport_port).speech is speech(scenario != "minimal")
            assert handshake("127.0.0.1", node.spec.http_port).speech is speech(scenario == "basic-https")
        assert api.ask(f"/{INDEX}/_count")[1]["count"] == DOCUMENTS
        assert api.ask("/_cluster/settings?flat_settings=true")[1] == {"persistent": {}, "transient": {}}
        for user, password in self.run.output("userPasswords").items():
            assert api.ask("/_security/_authenticate", user=user, password=password)[1]["username"] == user
        plan = self.run.preview()["plan"]
        assert (plan["rows"], plan["restart"]) == ([], None)


def speech(tls):
    return Speech.TLS if tls else Speech.PLAIN
