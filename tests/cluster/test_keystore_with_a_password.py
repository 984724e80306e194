"""A node whose keystore has a password, as in FIPS mode: refused until both fit, then secured and restarted with it."""

import subprocess

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from components.nodes.probes import handshake
from devcluster.seed import INDEX
from tests.cluster.stack_run import CONSENT, open_stack
from tests.cluster.watching import files_with

pytestmark = [pytest.mark.cluster(nodes=1), pytest.mark.engine]
DOCUMENTS = 200
IN_IT = "swordfish"
PASSWORD = f"""a "keystore" {IN_IT}, it's pa$$w0rd, $HOME `id` $(id) \\n %41 {{ }} # & ; | < > {"ä密🔑 " * 12}!"""
"""With all that shells and files stumble over, and of 128 characters."""


def keystore(node, home, command, said=""):
    """Run the keystore's command as the node's user; return what it printed."""
    done = subprocess.run(
        [home / "bin" / "elasticsearch-keystore", *command],
        input=said,
        env=node.environment(),
        user=node.account.uid if node.account.switch else None,
        group=node.account.gid if node.account.switch else None,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_a_node_whose_keystore_has_a_password_is_secured_and_restarted_with_it(tmp_path):
    with open_stack(tmp_path, DOCUMENTS, ("es-1",)) as run:
        [node], home = run.cluster.nodes, run.cluster.home
        file = node.folder / "keystore-password"
        file.write_text(f"{PASSWORD}\n")
        file.chmod(0o600)
        machine = {**run.usual()["machine"], "keystore_password_file": str(file)}
        pem = {"key_format": "pem", "trust_format": "pem"}

        run.write(machine=machine, certificates=pem)
        refused = run.run("preview")
        assert refused.status == 2
        assert "elasticsearch.keystore has no password" in refused.stdout

        keystore(node, home, ["passwd"], f"{PASSWORD}\n{PASSWORD}\n")
        run.write(certificates=pem)
        assert "`machine.keystore_password_file`" in run.run("preview").stdout

        run.write(machine=machine, certificates=pem)
        assert run.preview()["plan"]["restart"]["procedure"] == "full stop"
        assert run.up()["result"] == "changed"
        api = run.api()
        assert api.ask(f"/{INDEX}/_count")[1]["count"] == DOCUMENTS
        entries = keystore(node, home, ["list"], f"{PASSWORD}\n").split()
        assert "xpack.security.http.ssl.secure_key_passphrase" in entries
        assert run.preview()["plan"]["rows"] == []

        settled = {"machine": machine, "transport": {"verification_mode": "certificate"}}
        run.write(certificates=pem, consent=CONSENT, **settled)
        assert run.up()["plan"]["restart"]["procedure"] == "full stop"
        assert run.api().ask(f"/{INDEX}/_count")[1]["count"] == DOCUMENTS
        assert files_with([IN_IT.encode()], [run.folder], [node.folder]) == []
        assert IN_IT not in str(run.clear_state())
        served_in_every_key_type(run, pem, settled)


def served_in_every_key_type(run, pem, settled):
    """Renew the node's leaves with keys of another type: by reload, from key files whose keys are encrypted."""
    [node] = run.cluster.nodes
    for key, (kind, bits) in (("rsa-4096", (RSAPublicKey, 4096)), ("ec-p384", (EllipticCurvePublicKey, 384))):
        run.write(certificates={**pem, "key": key}, **settled)
        plan = run.up()["plan"]
        assert plan["restart"] is None
        assert any(row["what"] == "leaf" and f"→ {key}" in row["change"] for row in plan["rows"]), plan["rows"]
        for port in (node.spec.transport_port, node.spec.http_port):
            found = handshake("127.0.0.1", port).chain[0].public_key()
            assert isinstance(found, kind)
            assert found.key_size == bits
        assert run.preview()["plan"]["rows"] == []
