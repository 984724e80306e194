"""What `ssh` is told each time, by what it knows, and of a host key that the stack file names."""

import pytest

from components.nodes.ssh_connection import always
from components.nodes.ssh_options import SINCE_8_7, only_key

KEY = "ssh-ed25519 AAAAC3Nza"
OLD = """#!/bin/sh
case "$*" in *SessionType*) echo 'command-line: line 0: Bad configuration option: sessiontype' >&2; exit 255 ;; esac
"""


@pytest.fixture(autouse=True)
def asked_anew():
    always.cache_clear()
    yield
    always.cache_clear()


@pytest.mark.parametrize(
    ("program", "told"),
    [
        pytest.param(OLD, (), id="before 8.7"),
        pytest.param("#!/bin/sh\n", SINCE_8_7, id="8.7"),
        pytest.param("", (), id="none: whoever calls it is told"),
    ],
)
def test_an_ssh_is_told_what_it_knows_and_nothing_that_takes_the_place_of_a_persons_own(
    program, told, tmp_path, monkeypatch
):
    if program:
        (tmp_path / "ssh").write_text(program)
        (tmp_path / "ssh").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin" if program else str(tmp_path))
    found = always()
    assert tuple(option for option in found if option in SINCE_8_7) == told
    assert "StrictHostKeyChecking=yes" in found
    assert not [option for option in found if option.startswith("IgnoreUnknown")]


def test_a_host_key_is_told_by_the_echo_that_this_machine_has(tmp_path, monkeypatch):
    echo = tmp_path / "echo"
    echo.write_text("#!/bin/sh\n")
    echo.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert f"KnownHostsCommand={echo} %H {KEY}" in only_key(KEY)
    monkeypatch.setenv("PATH", "")
    assert f"KnownHostsCommand=/bin/echo %H {KEY}" in only_key(KEY)
