"""What goes wrong on machines by SSH, through the engine: nodes are folders, each behind a real sshd on loopback."""

import shutil

import pytest

from tests.cluster_fixtures import free_ports
from tests.engine.ssh_folders import SshFoldersRun
from tests.sshd import running_sshd, short_folder, sshd_or_skip

pytestmark = pytest.mark.engine
DAY = 86_400
DATE = """\
#!/bin/sh
[ "$*" = "-u +%s" ] || exit 9
expr "$({real} -u +%s)" - {behind}
"""
"""A `date` of a machine whose clock is behind; it takes no other words."""


@pytest.fixture
def temporary():
    with short_folder() as folder:
        yield folder


@pytest.fixture
def sshd():
    sshd_or_skip()
    with running_sshd("127.0.0.1", free_ports(1)[0]) as found:
        yield found


@pytest.fixture
def late_sshd(tmp_path):
    """An sshd on a machine whose clock is a day behind: there `date` is another program."""
    (tmp_path / "date").write_text(DATE.format(real=tmp_path / "real-date", behind=DAY))
    (tmp_path / "date").chmod(0o755)
    shutil.copy2("/usr/bin/date", tmp_path / "real-date")
    mount = f"mount --bind {tmp_path}/date /usr/bin/date"
    lead = ("unshare", "--mount", "sh", "-c", f'{mount} && exec "$@"', "sh")
    with running_sshd("127.0.0.1", free_ports(1)[0], lead=lead) as found:
        yield found


def test_a_node_whose_clock_is_a_day_behind_is_refused_by_name_before_anything_changes(
    tmp_path, temporary, sshd, late_sshd
):
    run = SshFoldersRun(tmp_path, {"es-1": sshd, "es-2": late_sshd}, temporary)
    run.write()
    before = run.files()
    up = run.run("up", "--json")
    assert up.status == 2, up.stderr
    assert [error["text"].splitlines()[0] for error in up.data["errors"]] == [
        f"Preview failed: es-2: its clock is {DAY} s behind this machine's"
    ] * len(up.data["errors"])
    assert up.stderr.count(f"✗ es-2: its clock is {DAY} s behind this machine's\n") == 1
    assert "set it by NTP" in up.stderr
    assert run.files() == before
