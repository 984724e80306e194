"""What is read of a node on its machine: by real files here, and by a machine that goes away in the middle."""

import pytest

from components.errors import TargetUnreachable
from components.facts.candidates import Asked, candidates_on
from components.facts.machine import MachineFacts, look_at
from components.facts.node import facts_of, resolved
from components.nodes.layouts import Layout
from components.nodes.local import LocalTarget
from components.nodes.spec import Machine, Node
from components.pki.spec import Layer
from tests.facts.standing import lay_out, running, snapshot
from tests.pki.makers import leaf

NAME = "facts-of-a-node"
HERE = LocalTarget(NAME)


class GoesAway(LocalTarget):
    """A machine that answers the look, and nothing after it."""

    def find(self, path):
        raise TargetUnreachable("it does not answer", where=self.name, why="so", next_step="wait")


@pytest.fixture
def folder(tmp_path):
    return lay_out(tmp_path / "machine", NAME)


def machine(folder):
    config = str(folder / NAME)
    return Machine(node=NAME, home=f"{folder}/home", config=config, pid_file=f"{config}/elasticsearch.pid")


def facts(folder, look, target=HERE):
    """Return what is known of the node when its folder is written."""
    there = machine(folder)
    node = Node(name=NAME, address="127.0.0.1", http_port=9200, transport_port=9300, machine=there)
    found = candidates_on(look, there, target, there.config)
    return facts_of(node, Asked(config=there.config, home=there.home), look, found, target)


def test_of_a_node_that_runs_layout_user_version_and_speech_are_told_and_nothing_is_changed(folder):
    before = snapshot(folder)
    with running(folder, NAME) as pid:
        found = facts(folder, look_at(HERE))
    assert (found.running.pid, found.layout, found.version) == (pid, Layout.ARCHIVE, "9.5.3")
    assert (found.user, found.home) == (folder.owner(), f"{folder}/home")
    assert set(found.speech) == {Layer.TRANSPORT, Layer.HTTP}
    assert found.leaves == {}
    assert snapshot(folder) == before


def test_a_running_node_is_found_by_a_link_to_its_folder_and_keeps_the_name_that_is_written(folder):
    linked = folder.parent / "linked"
    linked.symlink_to(folder)
    with running(folder, NAME) as pid:
        found = facts(linked, look_at(HERE))
        other = facts(lay_out(folder.parent / "other", NAME), look_at(HERE))
    assert (found.running.pid, found.found.config) == (pid, f"{linked}/{NAME}")
    assert other.running is None


def test_of_a_node_that_does_not_run_the_leaf_in_a_pem_file_is_told(folder):
    issued = leaf()
    (folder / NAME / "http.crt").write_text(issued.certificate_pem)
    with (folder / NAME / "elasticsearch.yml").open("a") as file:
        file.write("xpack.security.http.ssl: {enabled: true, certificate: http.crt, key: http.key}\n")
    found = facts(folder, MachineFacts())
    assert (found.running, found.speech, set(found.leaves)) == (None, {}, {Layer.HTTP})
    assert found.leaves[Layer.HTTP] == issued.facts


def test_a_folder_without_settings_is_told_and_is_no_error(folder):
    (folder / NAME / "elasticsearch.yml").unlink()
    found = facts(folder, MachineFacts())
    assert found.found.unread.startswith("cannot use elasticsearch.yml (")
    assert found.settings == {}


def test_a_machine_that_goes_away_in_the_middle_is_an_error_and_no_empty_folder(folder):
    with pytest.raises(TargetUnreachable):
        facts(folder, MachineFacts(), GoesAway(NAME))


def test_host_names_are_asked_for_where_they_are_dialled():
    assert resolved(HERE, ["localhost"])["localhost"] & {"127.0.0.1", "::1"}
    assert resolved(HERE, []) == {}
