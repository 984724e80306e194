"""A transport CA whose key is elsewhere, through the engine: requests leave, and certificates return.

Nodes are folders, so nobody shakes hands; real nodes prove it in `tests/cluster/test_own_authority.py`.
"""

import pytest

from tests.engine.rotating import Rotation, assert_idle, changed
from tests.pki.answers import new_ca, signed

pytestmark = pytest.mark.engine
NAMES = ("es-1", "es-2")


class Elsewhere(Rotation):
    """A stack whose transport CA signs elsewhere."""

    def __init__(self, folder):
        super().__init__(folder, NAMES)
        self.signing = new_ca("Logs nodes", new_ca("Example root"))
        self.leaves = [{"node": name} for name in NAMES]

    def asks_elsewhere(self, generation):
        self.project.mkdir(parents=True, exist_ok=True)
        authority = self.project / "nodes.pem"
        authority.write_text(self.signing.pem)
        own = {"certificate": str(authority), "only_for_this_cluster": True, "leaves": self.leaves}
        self.write(authorities={"transport": {"generation": generation, "own": own}})

    def has_signed(self, name, signer=None, *, of=None, requests=None):
        """Put a certificate in a node's place: the one for its own request, or for that of another node."""
        requests = requests or self.output("certificateRequests")
        answer = signed(requests[f"{of or name} transport"], signer or self.signing)
        place = self.project / f"{name}.pem"
        place.write_text(answer.pem)
        [leaf] = [leaf for leaf in self.leaves if leaf["node"] == name]
        leaf["certificate"] = str(place)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A stack that the tests of this module lead from ours to theirs, one after the other."""
    found = Elsewhere(tmp_path_factory.mktemp("elsewhere"))
    found.asks()
    found.up()
    return found


def test_while_certificates_are_awaited_theirs_is_trusted_and_nobody_presents_anything_else(run):
    files, ours = run.key_files(), run.output("certificates")
    run.asks_elsewhere(2)
    plan = run.moves()
    [held] = plan["held"]
    assert held["waits_for"] == "the certificates of es-1, es-2"
    assert held["next_step"].endswith("name the files in authorities.transport.own.leaves; then run `up`")
    assert len(changed(plan, "leaf")) == 1
    asked = {"what": "certificate request", "layer": "transport", "names": ["127.0.0.1"], "as_before": False}
    assert plan["names"] == [{**asked, "node": name} for name in NAMES]
    listed = run.output("certificates")
    assert (run.key_files(), [one for one in listed if one in ours]) == (files, ours)
    [theirs] = [one for one in listed if one not in ours]
    assert (theirs["node"], theirs["issuerGeneration"]) == (None, 2), "it is trusted, and signs nothing yet"
    assert (run.trusts(), run.issuers()) == (2, {1})
    assert run.signing.pem in run.trusted()


@pytest.mark.parametrize(
    ("signer", "of", "why"),
    [
        pytest.param(
            new_ca("Other nodes"), "es-2", "it is signed by 'Other nodes', and `certificate` has", id="its CA"
        ),
        pytest.param(None, "es-1", "it was issued for another key", id="its key"),
    ],
)
def test_a_certificate_that_does_not_fit_changes_nothing(run, signer, of, why):
    files, trusted = run.key_files(), run.trusted()
    run.has_signed("es-1")
    run.has_signed("es-2", signer, of=of)
    run.asks_elsewhere(2)
    refused = run.run("up")
    assert refused.status == 2
    assert why in " ".join(refused.stdout.split())
    assert (run.key_files(), run.trusted()) == (files, trusted)


def test_once_all_are_there_they_are_presented_and_their_ca_is_trusted_alone(run):
    for name in NAMES:
        run.has_signed(name)
    run.asks_elsewhere(2)
    plan = run.up()["plan"]
    assert plan["held"] == []
    assert len(changed(plan, "key file")) == 1
    assert plan["names"] == [], "what a leaf names that somebody else signed is no decision of the plan"
    assert (run.trusts(), run.issuers()) == (1, {2})
    assert run.signing.pem in run.trusted()
    assert "PRIVATE KEY" not in run.state()
    assert_idle(run)


class First(Elsewhere):
    """A stack that begins with a CA that signs elsewhere."""

    def awaits(self, *names):
        """Ask for it, with the certificates of all nodes but some."""
        for leaf in self.leaves:
            place = self.project / f"{leaf['node']}.pem"
            leaf.pop("certificate", None) if leaf["node"] in names else leaf.update(certificate=str(place))
        self.asks_elsewhere(1)

    def on_nodes(self):
        """Return every file on the nodes, with what it holds."""
        return [node.files() for node in self.nodes]

    def recorded(self):
        """Return what is recorded of everything, wherever it stands in the program."""
        return {name: found.get("outputs") for name, found in self.resources().items() if found["custom"]}


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """A stack that the tests below lead on, one after the other."""
    return First(tmp_path_factory.mktemp("first"))


def test_a_cluster_that_nothing_was_signed_for_gets_requests_and_is_left_as_it_is(first):
    before = first.on_nodes()
    first.awaits(*NAMES)
    done = first.up()
    assert (done["result"], list(done["outputs"])) == ("changed", ["certificateRequests"])
    assert {row["what"] for row in done["plan"]["rows"]} == {"leaf", "password"}
    [line] = done["plan"]["warnings"]
    assert "the certificates of es-1, es-2 are awaited" in line
    assert line.endswith("nothing is changed on any node")
    for name in NAMES:
        first.has_signed(name, requests=done["outputs"]["certificateRequests"])
    first.awaits("es-2")
    some = first.up()
    assert (some["result"], some["outputs"]) == ("unchanged", done["outputs"])
    assert "the certificates of es-2 are awaited" in some["plan"]["warnings"][0]
    assert first.on_nodes() == before


def test_with_all_of_them_it_is_secured_at_one_stroke(first):
    first.awaits()
    done = first.up()
    assert len(changed(done["plan"], "key file")) == 2
    assert "+ bootstrap, generated" not in changed(done["plan"], "password")
    assert (first.trusts(), first.signing.pem in first.trusted()) == (1, True)
    assert {entry["issuerGeneration"] for entry in done["outputs"]["certificates"]} == {1}


def test_once_it_is_secured_it_never_waits_again_and_nothing_of_it_is_forgotten(first):
    files, recorded = first.on_nodes(), first.recorded()
    first.awaits("es-2")
    told = first.run("preview")
    assert (told.status, "cannot wait for its first certificates again" in told.stdout) == (2, True)
    assert "! authorities.transport: the certificates of es-2 are awaited" in told.stdout
    without_a_preview = first.start_bare_up()
    without_a_preview.communicate()
    assert (without_a_preview.returncode, first.on_nodes(), first.recorded()) == (2, files, recorded)
    first.awaits()
    assert_idle(first)
