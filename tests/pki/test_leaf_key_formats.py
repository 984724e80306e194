"""The leaf resource: one PKCS#12 file, or an encrypted key in PEM beside the leaf."""

import base64

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key, pkcs12
from pydantic import SecretStr

from components.handling import Recorded
from components.nodes.spec import Machine
from components.pki.inspect import load_certificate
from components.pki.keyfiles import opens
from components.pki.leaf_handler import CertificateHandler, CertificateInputs
from components.pki.spec import FileFormat, KeyType, Layer
from components.values import Unknown
from tests.fakes import FakeContext
from tests.pki.makers import authority

CONTEXT = FakeContext()
CA = authority(1)
MACHINE = Machine(node="es-1", home="/opt/elasticsearch", config="/nodes/es-1", pid_file="/nodes/es-1/pid")


def wanted(key_format: FileFormat) -> CertificateInputs:
    return CertificateInputs(
        subject="es-1",
        node="es-1",
        layer=Layer.TRANSPORT,
        dns=("es-1",),
        key_type=KeyType.EC_P256,
        valid_for="1y",
        renew_in_last="1/3",
        key_format=key_format,
        generation=1,
        signer_certificate_pem=SecretStr(CA.certificate_pem),
        signer_key_pem=SecretStr(CA.private_key_pem),
    )


def issued(key_format: FileFormat, recorded: Recorded | None = None):
    return CertificateHandler().converge(recorded, wanted(key_format), CONTEXT)


def parts(outputs) -> tuple[bytes, bytes, object]:
    """Return the key file, its password and the leaf's public key."""
    leaf = load_certificate(outputs.certificate_pem.get_secret_value())
    password = outputs.key_file_password.get_secret_value().encode()
    return base64.b64decode(outputs.key_file.get_secret_value()), password, leaf.public_key()


def test_a_pem_key_file_holds_the_leafs_key_and_opens_with_its_password_only():
    content, password, public = parts(issued(FileFormat.PEM))
    assert content.startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n")
    assert load_pem_private_key(content, password).public_key() == public
    with pytest.raises(ValueError, match=r"[Ii]ncorrect password|[Bb]ad decrypt|ASN.1"):
        load_pem_private_key(content, b"another")


def test_a_pkcs12_key_file_is_what_it_is_by_default():
    content, password, public = parts(issued(FileFormat.PKCS12))
    assert pkcs12.load_pkcs12(content, password).key.public_key() == public
    assert CertificateInputs.model_fields["key_format"].default is FileFormat.PKCS12


@pytest.mark.parametrize(("before", "after"), [tuple(FileFormat), tuple(reversed(FileFormat))])
def test_another_layout_reissues_and_keeps_the_password(before, after):
    first = issued(before)
    recorded = Recorded(wanted(before), first)
    [change] = CertificateHandler().changes(recorded, wanted(after), CONTEXT)
    assert change.finding.reason == "KeyFormatDiffers"
    assert f"key files are {after} now, they were {before}" in change.finding.message
    assert isinstance(CertificateHandler().preview(recorded, wanted(after), CONTEXT).key_file, Unknown)
    second = issued(after, recorded)
    assert second.serial != first.serial
    assert second.key_file_password == first.key_file_password
    assert issued(after, Recorded(wanted(after), second)) == second


@pytest.mark.parametrize("key_format", FileFormat)
def test_a_node_that_comes_back_keeps_the_password_that_its_keystore_opens_its_key_file_with(key_format):
    asked = wanted(key_format).model_copy(update={"machine": MACHINE})
    looked = []
    handler = CertificateHandler(lambda *place: looked.append(place) or "of before")
    told, first = handler.preview(None, asked, CONTEXT), handler.converge(None, asked, CONTEXT)
    assert looked == [(MACHINE, Layer.TRANSPORT, key_format)] * 2
    assert told.key_file_password == first.key_file_password == SecretStr("of before")
    assert opens(parts(first)[0], "of before", key_format)


def test_a_leaf_that_is_recorded_keeps_its_password_and_nobody_looks_for_another():
    asked = wanted(FileFormat.PKCS12).model_copy(update={"machine": MACHINE})
    first = CertificateHandler(lambda *_: None).converge(None, asked, CONTEXT)
    anew = asked.model_copy(update={"reissue": 1})
    handler = CertificateHandler(lambda *_: pytest.fail("nobody is to look"))
    assert handler.converge(Recorded(asked, first), anew, CONTEXT).key_file_password == first.key_file_password
