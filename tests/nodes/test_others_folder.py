"""Root writes into no folder that somebody else's link puts out of the config folder, and a preview says so."""

import os

import pytest

from components.errors import ConfigurationRefused
from components.nodes.converge import plan_on, put_files
from components.nodes.local import LocalTarget
from components.nodes.plan import WantedFile
from tests.rollout.kept_here import laid_out

FILES = [WantedFile("certs/transport-trust.pem", b"new", 0o640, "g1"), WantedFile("beside.pem", b"new", 0o640, "g1")]


@pytest.fixture
def one(tmp_path):
    return laid_out(tmp_path, LocalTarget("es-1"))


@pytest.mark.parametrize("do", [plan_on, put_files])
def test_a_link_out_of_a_folder_of_theirs_is_refused_before_anything_is_written(one, do):
    one.link("certs", one.roots)
    with pytest.raises(ConfigurationRefused, match="`certs` is a link out of the config folder"):
        do(one.machine, FILES)
    assert [path.name for path in one.roots.iterdir()] == ["secret"]
    assert not (one.config / "beside.pem").exists()


def test_a_link_out_of_a_folder_that_is_ours_alone_is_the_operators_own(one):
    os.chown(one.config, 0, 0)
    one.roots.chmod(0o755)
    one.link("certs", one.roots)
    put_files(one.machine, FILES)
    assert (one.roots / "transport-trust.pem").read_bytes() == b"new"


@pytest.mark.parametrize("certs", ["missing", "there", "a link inside"])
def test_a_folder_inside_is_written_to(one, certs):
    if certs == "there":
        one.put("certs/other.pem", b"")
    if certs == "a link inside":
        one.put("pki/other.pem", b"")
        one.link("certs", one.config / "pki")
    put_files(one.machine, FILES)
    assert (one.config / "certs" / "transport-trust.pem").read_bytes() == b"new"
    assert plan_on(one.machine, FILES) == ()
