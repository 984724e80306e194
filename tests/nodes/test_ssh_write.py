"""The script that writes a file on another machine, run here: modes, ACLs, and names that somebody else may take."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from components.nodes import ssh_scripts as scripts
from components.nodes.folder_lock import TEMPORARY_SUFFIX
from tests.nodes.acls import ACCESS, DEFAULT, READABLE_BY_ALL, READABLE_BY_NOBODY_TOO, give, has_one
from tests.nodes.local_files import OUR_GROUP, OURS
from tests.sshd import within

FOUND_WITHIN = 20.0
SETFACL = """\
#!{python}
import os, sys
assert sys.argv[1] == "-b", sys.argv
os.removexattr(sys.argv[2], "system.posix_acl_access")
"""
"""A `setfacl` that can do what is asked of it here."""
MKTEMP = """\
#!/bin/sh
made=$(PATH=/usr/bin:/bin mktemp "$@") || exit
rm -- "$made" && {take} "$made" && echo "$made"
"""
"""A `mktemp` after which the folder's owner is quicker than the script."""


@pytest.fixture
def bin_folder(tmp_path, monkeypatch):
    """A folder that the script looks into first for its commands."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return folder


@pytest.fixture
def config(tmp_path):
    folder = tmp_path / "config"
    folder.mkdir()
    return folder


def put(program: Path, text: str) -> None:
    program.write_text(text)
    program.chmod(0o755)


def begun(path: Path, content: bytes, mode: int, acl: str) -> subprocess.Popen:
    words = [str(path), TEMPORARY_SUFFIX, str(len(content)), f"{mode:04o}", f"{OURS}:{OUR_GROUP}", acl]
    pipe = subprocess.PIPE
    writer = subprocess.Popen(["sh", "-c", scripts.WRITE, "sh", *words], stdin=pipe, stdout=pipe, stderr=pipe)
    writer.stdin.write(scripts.BEGIN.encode() + b"\n")
    writer.stdin.flush()
    return writer


def write(path: Path, content: bytes = b"content", mode: int = 0o640, acl: str = scripts.NO_ACL) -> tuple[int, str]:
    """Return the status, and what was said."""
    writer = begun(path, content, mode, acl)
    said = writer.communicate(content)[1].decode()
    return writer.returncode, said.removeprefix(f"{scripts.BEGIN}\n").strip()


def mode_of(path: Path) -> int:
    return path.stat().st_mode & 0o7777


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o660, 0o775], ids=oct)
def test_a_file_gets_its_mode_in_a_folder_whose_default_acl_says_otherwise(config, mode):
    give(config, DEFAULT, READABLE_BY_ALL)
    assert write(config / "http-key.pem", mode=mode) == (0, "")
    assert oct(mode_of(config / "http-key.pem")) == oct(mode)
    assert (config / "http-key.pem").read_bytes() == b"content"


def test_a_file_is_nobody_elses_to_open_before_its_content_comes(config):
    give(config, DEFAULT, READABLE_BY_ALL)
    modes = set()

    def has_its_mode() -> bool:
        modes.update(oct(mode_of(left)) for left in config.glob(f"*{TEMPORARY_SUFFIX}"))
        return "0o640" in modes

    writer = begun(config / "http-key.pem", b"a key", 0o640, scripts.NO_ACL)
    assert within(FOUND_WITHIN, has_its_mode)
    assert writer.communicate(b"a key")[0] == f"{scripts.BEGIN}\n".encode()
    assert modes <= {"0o600", "0o640"}


def test_entries_of_a_default_acl_give_nobody_rights_on_a_key(config, bin_folder):
    put(bin_folder / "setfacl", SETFACL.format(python=sys.executable))
    give(config, DEFAULT, READABLE_BY_ALL)
    assert write(config / "http-key.pem") == (0, "")
    assert not has_one(config / "http-key.pem")
    assert write(config.parent / "without-any.pem") == (0, "")


def test_the_acl_of_a_settings_file_stays(config):
    settings = config / "elasticsearch.yml"
    settings.write_bytes(b"cluster.name: books\n")
    settings.chmod(0o640)
    before = os.getxattr(give(settings, ACCESS, READABLE_BY_NOBODY_TOO), ACCESS)
    assert write(settings, b"cluster.name: logs\n", acl=scripts.KEEP_ACL) == (0, "")
    assert (settings.read_bytes(), os.getxattr(settings, ACCESS)) == (b"cluster.name: logs\n", before)


@pytest.mark.parametrize(
    "take",
    [
        pytest.param("ln -s {victim}", id="a link to a file of root's"),
        pytest.param("ln {victim}", id="the same file by another name"),
    ],
)
def test_who_takes_the_temporary_name_gets_neither_the_content_nor_a_file_of_ours(config, bin_folder, tmp_path, take):
    victim = tmp_path / "victim"
    victim.touch(0o600)
    put(bin_folder / "mktemp", MKTEMP.format(take=take.format(victim=victim)))
    assert write(config / "http-key.pem") == (scripts.FAILED, "something else took its temporary name")
    assert (victim.read_bytes(), oct(mode_of(victim))) == (b"", "0o600")
    assert list(config.iterdir()) == []


def test_what_is_cut_short_is_told_and_leaves_nothing(config):
    writer = begun(config / "http-key.pem", b"the whole key", 0o640, scripts.NO_ACL)
    said = writer.communicate(b"the wh")[1].decode()
    assert (writer.returncode, said.splitlines()[-1]) == (
        scripts.FAILED,
        "the connection broke in the middle of the file",
    )
    assert list(config.iterdir()) == []
