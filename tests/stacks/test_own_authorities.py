"""The files of the operator's own CAs: every form that is read, and every mistake with its file and what to do."""

import subprocess

import pytest
from cryptography.hazmat.primitives.serialization import pkcs12

from components.errors import ConfigurationRefused
from components.pki.keyfiles import file_encryption
from components.pki.keys import load_private_key, pem_of_key, public_key_of
from components.pki.spec import Layer
from stacks.own_authorities import read_files
from tests.pki.makers import foreign, names, own_ca
from tests.stacks.stackfiles import model

PASSWORD = "of-the-file"
ROOT = own_ca("Example root")
ISSUING = own_ca("Example issuing", ROOT)
SEALED = {"secure": "v1:4Qxr:abc="}


def store(one, *others):
    """Return a PKCS#12 file as certutil lays it out: a key, its certificate, and those above."""
    above = [other.certificate for other in others] or None
    return pkcs12.serialize_key_and_certificates(b"ca", one.key, one.certificate, above, file_encryption(PASSWORD))


LEAVES = """
authorities:
  http:
    own:
      certificate: root.pem
      leaves:
        - {node: es-1, certificate: es-1.pem, key: es-1.key}
        - {node: es-2, certificate: es-2.pem, key: es-2.key}
"""
FILES = {
    "elastic-stack-ca.p12": store(ROOT),
    "issuing.p12": store(ISSUING),
    "whole.p12": store(ISSUING, ROOT),
    "elastic-certificates.p12": store(foreign("instance", signer=ROOT), ROOT),
    "issuing.key": ISSUING.key_pem.encode(),
    "locked.key": pem_of_key(load_private_key(ISSUING.key_pem), PASSWORD).encode(),
    "issuing.pem": ISSUING.pem.encode(),
    "root.pem": ROOT.pem.encode(),
    "both.pem": (ROOT.pem + "# and\r\n" + ISSUING.pem).encode(),
    "other.pem": own_ca("Other").pem.encode(),
    "words.pem": b"no certificate",
    "old.jks": bytes.fromhex("feedfeed00000002"),
}


@pytest.fixture
def read(tmp_path):
    """Read an own CA of a layer out of a project with these files."""
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content)

    def read(layer="http", password="", **own):
        stack = model(f"authorities: {{{layer}: {{own: {own | {'only_for_this_cluster': True}}}}}}")
        return read_files(with_password(stack, layer, password), tmp_path, where="stack prod").own

    return read


def with_password(stack, layer, password):
    """Return a stack file as the engine hands it over, with the password in clear."""
    spec = getattr(stack.authorities, layer)
    own = type(spec.own).model_validate({**spec.own.model_dump(), "password": password or None})
    authorities = stack.authorities.model_copy(update={layer: spec.model_copy(update={"own": own})})
    return stack.model_copy(update={"authorities": authorities})


@pytest.mark.parametrize(
    ("own", "signer"),
    [
        pytest.param({"key": "elastic-stack-ca.p12", "password": PASSWORD}, ROOT, id="certutil's CA"),
        pytest.param({"key": "whole.p12", "password": PASSWORD}, ISSUING, id="one file with the root"),
        pytest.param(
            {"key": "issuing.p12", "certificate": "root.pem", "password": PASSWORD}, ISSUING, id="root beside"
        ),
        pytest.param({"key": "whole.p12", "certificate": "both.pem", "password": PASSWORD}, ISSUING, id="all twice"),
        pytest.param({"key": "issuing.key", "certificate": "both.pem"}, ISSUING, id="PEM, the root first"),
        pytest.param({"key": "locked.key", "certificate": "both.pem", "password": PASSWORD}, ISSUING, id="locked PEM"),
    ],
)
def test_every_form_is_read_to_the_same_key_and_line(read, own, signer):
    found = read(**own)[Layer.HTTP]
    assert found.private_key_pem == signer.key_pem
    assert found.certificate_pem == signer.pem
    assert found.trusted_pem(Layer.HTTP) == ROOT.pem


@pytest.mark.parametrize(
    ("own", "told"),
    [
        pytest.param({"key": "gone.p12"}, "gone.p12: No such file", id="no file"),
        pytest.param(
            {"key": "issuing.key"}, "issuing.key: there is no certificate in it; name the PEM file", id="PEM alone"
        ),
        pytest.param({"key": "issuing.key", "certificate": "gone.pem"}, "gone.pem: No such file", id="no certificate"),
        pytest.param(
            {"key": "issuing.key", "certificate": "words.pem"},
            "issuing.key: there is no certificate in it",
            id="no PEM",
        ),
        pytest.param({"key": "words.pem", "certificate": "both.pem"}, "words.pem: it is not PEM", id="no key"),
        pytest.param(
            {"key": "locked.key", "certificate": "both.pem"}, "locked.key: it is encrypted", id="no passphrase"
        ),
        pytest.param(
            {"key": "locked.key", "certificate": "both.pem", "password": "wrong"},
            "locked.key: the passphrase is wrong",
            id="wrong passphrase",
        ),
        pytest.param(
            {"key": "whole.p12", "password": "wrong"},
            "whole.p12: the password that the stack file has for it does not open it; give the file",
            id="wrong password",
        ),
        pytest.param({"key": "old.jks"}, "old.jks: it is a JKS file", id="JKS"),
        pytest.param({"key": "issuing.key", "certificate": "root.pem"}, "belongs to none", id="another certificate"),
        pytest.param(
            {"key": "whole.p12", "certificate": "other.pem", "password": PASSWORD},
            "other.pem: 'Other' is not an issuer",
            id="a stranger",
        ),
        pytest.param(
            {"key": "issuing.p12", "password": PASSWORD},
            "issuing.p12: 'Example issuing' is signed by 'Example root', whose certificate is in no file",
            id="no root",
        ),
        pytest.param(
            {"key": "elastic-certificates.p12", "password": PASSWORD},
            "elastic-certificates.p12: 'instance' is no CA certificate",
            id="certutil's leaf",
        ),
    ],
)
def test_every_mistake_names_the_layer_the_file_and_what_to_do(read, own, told):
    with pytest.raises(ConfigurationRefused) as caught:
        read(**own)
    said = str(caught.value)
    assert "stack prod: a CA or a certificate that a file should hold cannot be used; nothing was touched" in said
    assert "\n    authorities.http.own: " in said
    assert told in said
    assert PASSWORD not in said
    assert "wrong'" not in said


def signed(name, *extensions):
    return foreign(name, names("10.0.0.1"), *extensions, signer=ISSUING)


def test_leaves_that_were_signed_elsewhere_are_read_with_the_cas_below_the_root(tmp_path):
    one, other = signed("es-1"), foreign("es-2", signer=ROOT)
    locked = pem_of_key(load_private_key(other.key_pem), PASSWORD)
    texts = {
        "root.pem": ROOT.pem,
        "es-1.pem": ROOT.pem + ISSUING.pem + one.pem,
        "es-1.key": one.key_pem,
        "es-2.pem": other.pem,
        "es-2.key": locked,
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    files = read_files(with_password(model(LEAVES), "http", PASSWORD), tmp_path, where="stack prod")
    first, second = files.given["es-1", Layer.HTTP], files.given["es-2", Layer.HTTP]
    assert (first.certificate_pem, first.chain_pem, first.private_key_pem) == (one.pem, ISSUING.pem, one.key_pem)
    assert (second.certificate_pem, second.chain_pem, second.private_key_pem) == (other.pem, "", other.key_pem)
    assert "PRIVATE" not in repr(files)
    assert files.own[Layer.HTTP].trusted_pem(Layer.HTTP) == ROOT.pem
    assert "PRIVATE" not in files.own[Layer.HTTP].private_key_pem


STORES = """
authorities:
  http:
    own:
      certificate: root.pem
      leaves:
        - {node: es-1, certificate: http.p12, key: http.p12}
        - {node: es-2, certificate: es-2.p12, key: es-2.key}
"""


def test_leaves_are_read_out_of_the_stores_that_certutil_writes(tmp_path):
    one, other = signed("es-1"), signed("es-2")
    (tmp_path / "root.pem").write_text(ROOT.pem)
    (tmp_path / "http.p12").write_bytes(store(one, ISSUING, ROOT))
    (tmp_path / "es-2.p12").write_bytes(store(other, ISSUING))
    (tmp_path / "es-2.key").write_text(other.key_pem)
    files = read_files(with_password(model(STORES), "http", PASSWORD), tmp_path, where="stack prod")
    for node, leaf in (("es-1", one), ("es-2", other)):
        found = files.given[node, Layer.HTTP]
        assert (found.certificate_pem, found.chain_pem) == (leaf.pem, ISSUING.pem)
        assert public_key_of(load_private_key(found.private_key_pem)) == public_key_of(leaf.certificate)
    assert "PRIVATE" not in repr(files)


def test_a_store_that_does_not_open_or_has_no_key_is_told_with_its_file(tmp_path):
    (tmp_path / "root.pem").write_text(ROOT.pem)
    (tmp_path / "http.p12").write_bytes(store(signed("es-1"), ISSUING))
    trust = pkcs12.serialize_key_and_certificates(None, None, None, [ROOT.certificate], file_encryption("wrong"))
    (tmp_path / "es-2.p12").write_bytes(trust)
    both = model(STORES.replace("es-2.key", "es-2.p12"))
    with pytest.raises(ConfigurationRefused) as caught:
        read_files(with_password(both, "http", "wrong"), tmp_path, where="stack prod")
    assert [line.strip().partition("; ")[0] for line in str(caught.value).splitlines()[1:3]] == [
        "authorities.http.own.leaves[0]: http.p12: the password that the stack file has for it does not open it",
        "authorities.http.own.leaves[1]: es-2.p12: there is no private key in it",
    ]


def test_every_leaf_that_cannot_be_used_is_told_with_its_file(tmp_path):
    one = signed("es-1")
    texts = {"root.pem": ISSUING.pem, "es-1.pem": one.pem, "es-1.key": ROOT.key_pem}
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(ConfigurationRefused) as caught:
        read_files(model(LEAVES), tmp_path, where="stack prod")
    told = str(caught.value).splitlines()[1:4]
    assert [line.strip().partition("; ")[0] for line in told] == [
        "authorities.http.own: root.pem: it holds 0 root certificates",
        "authorities.http.own.leaves[0]: es-1.pem: no certificate in it belongs to the private key",
        "authorities.http.own.leaves[1]: es-2.key: No such file or directory",
    ]
    assert all(line.partition("; ")[2] for line in told)


def test_on_the_transport_layer_no_root_is_asked_for(read):
    assert read("transport", PASSWORD, key="issuing.p12")[Layer.TRANSPORT].chain_pem == ""


def test_what_keytool_writes_is_read(tmp_path):
    """The JDK's tool stands in for certutil, which uses the same classes."""
    (tmp_path / "password").write_text(PASSWORD)
    command = ["keytool", "-genkeypair", "-alias", "ca", "-keyalg", "RSA", "-keysize", "2048", "-dname", "CN=Stand-in"]
    command += ["-ext", "bc:c", "-ext", "ku:c=keyCertSign,cRLSign", "-validity", "3000", "-storetype", "PKCS12"]
    command += ["-keystore", "elastic-stack-ca.p12", "-storepass:file", "password"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout
    stack = model(f"authorities: {{http: {{own: {{key: elastic-stack-ca.p12, password: {SEALED}}}}}}}")
    found = read_files(with_password(stack, "http", PASSWORD), tmp_path, where="stack prod").own
    assert found[Layer.HTTP].facts.subject == "Stand-in"
    assert found[Layer.HTTP].facts.key_type == "rsa-2048"


NODES = """
authorities:
  transport:
    own:
      certificate: nodes.pem
      only_for_this_cluster: true
      leaves:
        - {node: es-1, certificate: es-1.pem, key: es-1.key}
        - {node: es-2, certificate: es-2.pem}
"""


@pytest.fixture
def between_nodes(tmp_path):
    """Read a transport CA whose key is elsewhere out of a project with these files."""

    def read_them(**texts):
        one = signed("es-1")
        usual = {
            "nodes.pem": ROOT.pem + ISSUING.pem,
            "es-1.pem": one.pem + ISSUING.pem + ROOT.pem,
            "es-1.key": one.key_pem,
        }
        usual["es-2.pem"] = signed("es-2").pem
        for name, text in {**usual, **texts}.items():
            (tmp_path / name).write_text(text)
        return read_files(model(NODES), tmp_path, where="stack prod")

    return read_them


def test_between_nodes_the_ca_that_signs_is_trusted_and_not_sent(between_nodes):
    files = between_nodes()
    own = files.own[Layer.TRANSPORT]
    assert own.trusted_pem(Layer.TRANSPORT) == ISSUING.pem
    assert own.chain_pem == ROOT.pem
    assert not own.is_at_hand
    assert [files.given[name, Layer.TRANSPORT].chain_pem for name in ("es-1", "es-2")] == ["", ""]


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        pytest.param(
            {"nodes.pem": ROOT.pem},
            ".leaves[0]: es-1.pem: it is signed by 'Example issuing', and `certificate` has 'Example root'; give the",
            id="the root alone",
        ),
        pytest.param(
            {"es-2.pem": foreign("es-2", signer=own_ca("Other")).pem},
            ".leaves[1]: es-2.pem: it is signed by 'Other', and `certificate` has 'Example issuing'; give the",
            id="a leaf of another CA",
        ),
        pytest.param(
            {"nodes.pem": ISSUING.pem + own_ca("Other").pem},
            ": nodes.pem: it holds 2 CAs that signed no other one in it; give the one CA that signs",
            id="two CAs",
        ),
        pytest.param({"nodes.pem": ""}, ": nodes.pem: it holds 0 CAs", id="none"),
        pytest.param({"nodes.pem": signed("es-1").pem}, ": nodes.pem: 'es-1' is no CA certificate", id="a leaf"),
    ],
)
def test_a_ca_between_nodes_that_did_not_sign_their_leaves_is_told(between_nodes, texts, told):
    with pytest.raises(ConfigurationRefused) as caught:
        between_nodes(**texts)
    assert f"authorities.transport.own{told}" in str(caught.value)


@pytest.mark.parametrize(
    ("file", "told"),
    [
        pytest.param("gone.pem", "gone.pem: No such file", id="no file"),
        pytest.param("words.pem", "words.pem: there is no certificate in it; give the PEM file", id="no certificate"),
        pytest.param("leaf.pem", "leaf.pem: 'es-9' in it is no CA; give the PEM file", id="a leaf"),
    ],
)
def test_a_file_of_a_remote_cluster_that_holds_no_ca_is_refused(tmp_path, file, told):
    (tmp_path / "words.pem").write_bytes(b"no certificate")
    (tmp_path / "leaf.pem").write_text(ROOT.pem + foreign("es-9", signer=ROOT).pem)
    remote = f"remote_clusters: [{{name: archive, owner: team-y, authorities: {file}, confirmed_generation: 1}}]"
    with pytest.raises(ConfigurationRefused) as caught:
        read_files(model(remote), tmp_path, where="stack prod")
    assert f"\n    remote_clusters[0].authorities: {told}" in str(caught.value)
