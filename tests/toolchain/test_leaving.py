"""`make clean` and `make down`: only what is of this checkout, and also where the packages are only half there."""

import contextlib
import os
import shutil
import subprocess
import sys

import pytest

from tests.test_documents import CHECKOUT
from toolchain import environment, leaving

SLEEP = "import time; print('ready', flush=True); time.sleep(600)"


@pytest.fixture(autouse=True)
def processes(tmp_path, monkeypatch):
    """All processes that these tests may see: a mistake here must not end the nodes of other tests."""
    folder = tmp_path / "processes"
    folder.mkdir()
    monkeypatch.setattr(leaving, "PROCESSES", folder)
    return folder


@contextlib.contextmanager
def node(config, processes):
    """Run something that looks like a node from its command line, and has begun."""
    command = [sys.executable, "-c", SLEEP, f"-Des.path.conf={config}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            process.stdout.readline()
            (processes / str(process.pid)).symlink_to(f"/proc/{process.pid}")
            yield process
        finally:
            process.kill()


@pytest.fixture
def checkout(tmp_path, processes):
    """A checkout after a `make setup` that was interrupted: a Python, and no package."""
    root = tmp_path / "checkout"
    (root / "toolchain").mkdir(parents=True)
    (root / ".venv" / "bin").mkdir(parents=True)
    (root / ".venv" / "bin" / "python").symlink_to(sys.executable)
    shutil.copyfile(CHECKOUT / "Makefile", root / "Makefile")
    script = (CHECKOUT / "toolchain" / "leaving.py").read_text()
    assert script.count('Path("/proc")') == 1
    (root / "toolchain" / "leaving.py").write_text(script.replace("/proc", str(processes)))
    return root


def make(root, target, cache):
    usual = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}  # it might lead to our packages
    environment_of_it = {**usual, "ESSECURITY_CACHE": str(cache), "PYTHON": sys.executable}
    return subprocess.run(
        ["make", "-C", root, target], capture_output=True, text=True, check=False, env=environment_of_it
    )


def test_a_half_environment_is_cleaned_without_a_traceback_and_the_shared_cache_stays(checkout, tmp_path):
    home = tmp_path / "cache" / "elasticsearch-9.5.3-x"
    home.mkdir(parents=True)

    down, clean = (make(checkout, target, tmp_path / "cache") for target in ("down", "clean"))

    assert (down.returncode, clean.returncode) == (0, 0)
    assert "no node runs" in down.stdout
    assert "removed .venv\n" in clean.stdout
    assert "Traceback" not in down.stdout + down.stderr + clean.stdout + clean.stderr
    assert home.is_dir()
    assert sorted(path.name for path in checkout.iterdir()) == ["Makefile", "toolchain"]


def test_only_nodes_of_this_checkout_are_stopped(checkout, processes, tmp_path, capsys):
    ours, theirs = (root / ".dev" / "cluster" / "es-1" / "config" for root in (checkout, tmp_path / "another"))
    ours.mkdir(parents=True)
    with node(ours, processes) as one, node(theirs, processes) as another:
        assert leaving.clean(checkout) == 0
        assert one.wait(10) != 0
        assert another.poll() is None
    assert f"stopped es-1 (process {one.pid})" in capsys.readouterr().out
    assert not (checkout / ".dev").exists()


def test_a_folder_of_ours_outside_the_checkout_goes_too_and_any_other_one_stays(checkout, tmp_path):
    outside, mine = tmp_path / "essecurity-0123456789ab", tmp_path / "mine"
    (checkout / ".dev").mkdir()
    for folder, link in ((outside, "cluster"), (mine, "notes")):
        folder.mkdir()
        (checkout / ".dev" / link).symlink_to(folder)

    assert leaving.clean(checkout) == 0

    assert not outside.exists()
    assert mine.is_dir()


def test_an_environment_whose_making_was_interrupted_is_made_anew(checkout):
    venv = checkout / ".venv"
    packages = venv / "lib" / "python3.11" / "site-packages" / "pip-23.2.1.dist-info"
    assert not environment.is_whole(venv)
    packages.mkdir(parents=True)
    assert not environment.is_whole(venv)
    (packages / "RECORD").touch()
    assert environment.is_whole(venv)
