"""The password that a node's keystore has already for a key file of ours."""

import json

import pytest

from components.nodes import key_passwords
from components.nodes.key_passwords import password_there
from components.pki.keyfiles import key_file_p12, key_file_pem
from components.pki.spec import FileFormat, Layer
from tests.fake_elasticsearch import USER
from tests.fakes import FakeFile
from tests.nodes.machines import commands, one_node
from tests.pki.makers import leaf

LEAF = leaf("es-1")
P12 = key_file_p12(LEAF.private_key_pem, LEAF.certificate_pem, (), "of before", "instance")
PEM = key_file_pem(LEAF.private_key_pem, LEAF.certificate_pem, (), "of before").private_key.encode()
ENTRY, PEM_ENTRY = (
    f"xpack.security.transport.ssl.{name}" for name in ("keystore.secure_password", "secure_key_passphrase")
)


@pytest.fixture
def node(monkeypatch):
    """Return what gives a node a file and a keystore, and looks for the password of its transport key file."""
    one = one_node()
    monkeypatch.setattr(key_passwords, "machine_of", lambda _: one.machine)

    def has(files, entries, form=FileFormat.PKCS12):
        for name, content in files.items():
            one.target.put(one.config / name, FakeFile(content, 0o640, USER, USER))
        content = json.dumps({"entries": entries}).encode()
        one.target.put(one.keystore.path, FakeFile(content, 0o660, USER, USER))
        return password_there(one.node.machine, Layer.TRANSPORT, form)

    has.one = one
    return has


def test_a_key_file_of_ours_that_the_keystore_opens_has_its_password_there(node):
    assert node({"certs/transport-key.p12": P12}, {ENTRY: "of before"}) == "of before"
    assert node({"certs/transport-key.pem": PEM}, {PEM_ENTRY: "of before"}, FileFormat.PEM) == "of before"


def test_a_node_without_a_key_file_of_ours_has_none_whatever_its_keystore_says_of_another(node):
    assert node({"elastic-certificates.p12": P12}, {ENTRY: "of before"}) is None
    assert commands(node.one, "elasticsearch-keystore") == []


@pytest.mark.parametrize("form", FileFormat)
@pytest.mark.parametrize("entries", [{}, {ENTRY: "of another", PEM_ENTRY: "of another"}])
def test_a_key_file_that_the_keystore_does_not_open_has_none(node, form, entries):
    assert node({"certs/transport-key.p12": P12, "certs/transport-key.pem": PEM}, entries, form) is None


def test_a_damaged_key_file_has_none(node):
    assert node({"certs/transport-key.p12": b"damaged"}, {ENTRY: "of before"}) is None
