"""Before a node is taken over, our key file holds the leaf that it presents; afterwards it is left alone."""

import base64

import pytest
from pydantic import SecretStr

from components.errors import ConfigurationRefused
from components.handling import Recorded
from components.nodes.adoption_handler import NodeAdoptionHandler, NodeAdoptionInputs, NodeAdoptionOutputs
from components.pki.keyfiles import ALIASES, check_key_file, key_file_p12
from components.pki.spec import Layer
from components.values import UNKNOWN
from tests.nodes.others import PEM, THEIR_LEAF, auto_configured, with_pem
from tests.nodes.waves import KEY_FILE, PASSWORD, READS_OUR_FILES, Host
from tests.pki.makers import leaf

OURS = leaf("es-1")
OUR_FILE = key_file_p12(OURS.private_key_pem, OURS.certificate_pem, (), PASSWORD, ALIASES[Layer.TRANSPORT])
ADOPTED = f"write {KEY_FILE} (0640): the transport leaf that the node presents now, from certs/transport.p12 (new)"


class Adoption:
    """The resource on a host."""

    def __init__(self, host: Host, **differs):
        self.host, self.differs = host, differs

    def wanted(self) -> NodeAdoptionInputs:
        usual = {"key_file": SecretStr(base64.b64encode(OUR_FILE).decode()), "password": SecretStr(PASSWORD)}
        node = self.host.one.node
        return NodeAdoptionInputs(node=node, layer=Layer.TRANSPORT, file=KEY_FILE, **{**usual, **self.differs})

    def preview(self):
        return NodeAdoptionHandler().preview(None, self.wanted(), self.host.context).steps

    def up(self):
        return NodeAdoptionHandler().converge(None, self.wanted(), self.host.context).steps

    def changes(self):
        recorded = Recorded(self.wanted(), NodeAdoptionOutputs())
        return [
            change.finding.message
            for change in NodeAdoptionHandler().changes(recorded, self.wanted(), self.host.context)
        ]

    def holds(self, pem: str) -> bool:
        return check_key_file(self.host.one.file(KEY_FILE).content, PASSWORD, pem) is None


@pytest.mark.parametrize("host", [auto_configured, with_pem])
def test_our_key_file_gets_the_leaf_that_the_node_presents_and_opens_with_our_password(doors, host):
    adoption = Adoption(doors(host()))
    planned = adoption.preview()
    assert adoption.up() == planned
    assert len(planned) == 1
    assert adoption.holds(THEIR_LEAF.pem)
    assert adoption.host.one.file(KEY_FILE).mode == 0o640
    assert (adoption.up(), adoption.changes()) == ((), [])


def test_a_preview_names_the_file_it_comes_from_and_changes_nothing(doors):
    adoption = Adoption(doors(auto_configured()))
    before = adoption.host.files()
    assert adoption.preview() == (ADOPTED,)
    assert adoption.host.context.said == [f"es-1: {ADOPTED}"]
    assert adoption.changes() == [f"es-1: {ADOPTED.replace('new', 'missing: written again')}"]
    assert adoption.host.files() == before


@pytest.mark.parametrize("unknown", ["key_file", "password"])
def test_a_preview_that_does_not_know_our_leaf_yet_shows_the_same(doors, unknown):
    adoption = Adoption(doors(auto_configured()), **{unknown: UNKNOWN})
    assert adoption.preview() == (ADOPTED,)
    assert adoption.changes() == []


def test_a_node_that_presents_nothing_of_somebody_elses_gets_our_leaf(doors):
    for host in (Host(), auto_configured(running=False), auto_configured(settings=READS_OUR_FILES)):
        adoption = Adoption(doors(host))
        assert adoption.up() == (f"write {KEY_FILE} (0640): transport leaf (new)",)
        assert adoption.holds(OURS.certificate_pem)


def test_once_the_node_reads_our_key_file_whatever_it_holds_is_left_alone(doors):
    adoption = Adoption(doors(auto_configured()))
    adoption.up()
    host = adoption.host
    ours = f"{READS_OUR_FILES}xpack.security.transport.ssl.enabled: true\n"
    host.one.file("elasticsearch.yml").content = ours.encode()
    assert (adoption.up(), adoption.changes()) == ((), [])
    assert adoption.holds(THEIR_LEAF.pem)
    host.holding(KEY_FILE, OUR_FILE)
    assert adoption.up() == ()
    assert adoption.holds(OURS.certificate_pem)


def test_a_node_that_was_stopped_in_the_middle_keeps_the_leaf_that_it_is_to_present(doors):
    adoption = Adoption(doors(auto_configured()))
    adoption.up()
    adoption.host.one.target.processes.clear()
    assert adoption.up() == ()
    assert adoption.holds(THEIR_LEAF.pem)


@pytest.mark.parametrize(
    "content", [b"damaged", key_file_p12(OURS.private_key_pem, OURS.certificate_pem, (), "x", "a")]
)
def test_a_file_that_would_not_open_is_written_anew(doors, content):
    for host, pem in ((auto_configured(), THEIR_LEAF.pem), (Host(), OURS.certificate_pem)):
        adoption = Adoption(doors(host.holding(KEY_FILE, content)))
        assert len(adoption.up()) == 1
        assert adoption.holds(pem)


def test_what_cannot_be_read_is_refused_before_anything_is_written(doors):
    host = doors(with_pem(PEM.replace("certs/n.key", "certs/gone.key")))
    before = host.files()
    for run in (Adoption(host).preview, Adoption(host).up):
        with pytest.raises(ConfigurationRefused, match=r"names certs/gone\.key, which is not there"):
            run()
    assert host.files() == before


def test_nothing_that_is_said_holds_a_password_or_a_key(doors):
    adoption = Adoption(doors(auto_configured()))
    spoken = [*adoption.preview(), *adoption.changes(), *adoption.host.context.said, repr(adoption.wanted())]
    assert [text for text in spoken if PASSWORD in text or "PRIVATE" in text] == []


def test_the_id_names_node_and_layer():
    assert NodeAdoptionHandler().name(Adoption(Host()).wanted()) == "es-1/transport/adoption"
