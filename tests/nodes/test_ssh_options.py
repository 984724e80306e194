"""What `ssh` is told of a host key that the stack file names."""

from components.nodes.ssh_options import only_key

KEY = "ssh-ed25519 AAAAC3Nza"


def test_a_host_key_is_told_by_the_echo_that_this_machine_has(tmp_path, monkeypatch):
    echo = tmp_path / "echo"
    echo.write_text("#!/bin/sh\n")
    echo.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert f"KnownHostsCommand={echo} %H {KEY}" in only_key(KEY)
    monkeypatch.setenv("PATH", "")
    assert f"KnownHostsCommand=/bin/echo %H {KEY}" in only_key(KEY)
