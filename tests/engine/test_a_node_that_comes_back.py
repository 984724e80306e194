"""A node is taken out of the stack file and put back, or called otherwise: it keeps the passwords of its key files.

A node that runs on meanwhile reads its keystore at its start only, and would open no new key file with another one.
"""

import pytest

from components.pki.keyfiles import opens
from components.pki.spec import FileFormat
from tests.engine.rotating import Rotation, assert_idle

pytestmark = pytest.mark.engine
ENTRIES = {
    f"xpack.security.{layer}.ssl.keystore.secure_password": f"certs/{layer}-key.p12" for layer in ("transport", "http")
}


@pytest.fixture
def run(tmp_path):
    found = Rotation(tmp_path, ("es-1", "es-2"))
    found.asks()
    found.up()
    return found


def passwords(run):
    """Return the passwords in the keystore of the second node, each of which opens its key file."""
    config = run.nodes[1].config
    lines = (config / "elasticsearch.keystore").read_text().splitlines()
    entries = dict(line.split("=", 1) for line in lines if "=" in line)
    found = {file: entries[entry] for entry, file in ENTRIES.items()}
    assert all(opens((config / file).read_bytes(), password, FileFormat.PKCS12) for file, password in found.items())
    return found


@pytest.mark.parametrize("again", [{}, {"name": "es-02"}], ids=["put back", "called otherwise"])
def test_its_new_key_files_open_with_the_passwords_in_its_keystore(run, again):
    before, [first, second] = passwords(run), run.usual()["nodes"]
    files = {file: (run.nodes[1].config / file).read_bytes() for file in before}
    run.asks(nodes=[first])
    run.up()
    back = {**second, **again, "machine": {"config": str(run.nodes[1].config)}}
    run.asks(nodes=[first, back])
    run.up()
    assert passwords(run) == before
    assert [file for file, content in files.items() if (run.nodes[1].config / file).read_bytes() == content] == []
    assert_idle(run)
