"""What a port that somebody changed in the stack file does to nodes that are laid out already. No node runs here."""

import os
import socket
from contextlib import closing

import pytest

from components.errors import ConfigurationRefused
from devcluster import files, laying_out, node, overlay
from devcluster.accounts import Account
from devcluster.spec import ClusterSpec, NodeSpec
from tests.cluster_fixtures import free_ports

ACCOUNT = Account("me", os.getuid(), os.getgid(), switch=False)


@pytest.fixture
def ports():
    """Six ports that are free: two nodes with two each, and two more."""
    return free_ports(6)


@pytest.fixture
def spec(tmp_path, ports):
    """Two nodes that are laid out as the stack file wants them."""
    nodes = (NodeSpec("es-1", ports[0], ports[1]), NodeSpec("es-2", ports[2], ports[3]))
    spec = ClusterSpec("books", tmp_path / "cluster", tmp_path / "home", nodes)
    laying_out.lay_out(spec, spec.folder, ACCOUNT)
    return spec


def with_ports(spec, name, http, transport):
    """Return the cluster with another stack file."""
    nodes = tuple(one.with_ports(http, transport) if one.name == name else one for one in spec.nodes)
    return ClusterSpec(spec.name, spec.folder, spec.home, nodes)


def written(spec):
    """Return the settings of each node, by its name."""
    return {one.name: one.settings.read_text() for one in laying_out.laid_out(spec, ACCOUNT)}


def follow(spec):
    laying_out.follow_stack_file(spec, laying_out.laid_out(spec, ACCOUNT))
    overlay.write(spec, laying_out.laid_out(spec, ACCOUNT))


def test_a_stopped_node_takes_the_ports_that_the_stack_file_gives_it_now(spec, ports, capsys):
    changed = with_ports(spec, "es-2", ports[4], ports[5])

    follow(changed)

    found = written(changed)
    assert files.ports(found["es-2"]) == (ports[4], ports[5])
    assert files.ports(found["es-1"]) == (ports[0], ports[1])
    assert all(f'"127.0.0.1:{ports[1]}", "127.0.0.1:{ports[5]}"' in text for text in found.values()), "seeds"
    assert not changed.overlay.exists()
    change = f"HTTP port {ports[2]} → {ports[4]}, transport port {ports[3]} → {ports[5]}"
    assert capsys.readouterr().out == f"es-2: {change}, as the stack file says\n"


def test_a_running_node_with_other_ports_is_refused_and_nothing_is_written(spec, ports, monkeypatch):
    before = written(spec)
    monkeypatch.setattr(node.DevNode, "is_running", lambda self: self.name == "es-2")

    with pytest.raises(ConfigurationRefused) as refused:
        follow(with_ports(spec, "es-2", ports[4], ports[3]))

    assert (refused.value.where, refused.value.why) == ("es-2", f"es-2: HTTP port {ports[2]} → {ports[4]}")
    assert refused.value.next_step.startswith("stop the nodes with `make down`, then `make up`")
    assert written(spec) == before
    assert not spec.overlay.exists()


def test_nodes_as_the_stack_file_wants_them_are_left_alone_also_while_they_run(spec, monkeypatch, capsys):
    before = written(spec)
    monkeypatch.setattr(node.DevNode, "is_running", lambda self: True)

    follow(spec)

    assert written(spec) == before
    assert capsys.readouterr().out == ""


def test_a_node_that_was_moved_from_a_taken_port_stays_until_the_stack_file_gives_it_another(spec, ports, monkeypatch):
    with closing(socket.create_server(("127.0.0.1", ports[2]))):
        laying_out.move_from_taken_ports(laying_out.laid_out(spec, ACCOUNT))
        overlay.write(spec, laying_out.laid_out(spec, ACCOUNT))
    moved = files.ports(written(spec)["es-2"])
    assert moved[0] != ports[2]

    monkeypatch.setattr(node.DevNode, "is_running", lambda self: True)
    follow(spec)  # it was moved: nobody changed the stack file
    assert files.ports(written(spec)["es-2"]) == moved

    changed = with_ports(spec, "es-2", ports[4], ports[3])
    with pytest.raises(ConfigurationRefused):
        follow(changed)
    monkeypatch.undo()
    follow(changed)
    assert files.ports(written(spec)["es-2"]) == (ports[4], ports[3])
    assert not spec.overlay.exists()
