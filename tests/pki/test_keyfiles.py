import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, load_pem_private_key, pkcs12

from components.errors import ConfigurationRefused
from components.pki import keys
from components.pki.inspect import load_certificate, parse_bundle
from components.pki.keyfiles import ALIASES, _pair_finding, check_key_file, key_file_p12, key_file_pem
from components.pki.keys import belongs_to, load_private_key
from components.pki.spec import KeyType, Layer
from components.pki.trustfiles import trust_file_p12
from tests.pki.makers import Foreign, authority, ca, foreign, leaf

PASSWORD = "correctHorseBatteryStaple42"
root = foreign("Example Root", ca())
issuing = foreign("Example Issuing CA", ca(0), signer=root)
corporate = foreign("es-1", signer=issuing)


def key_file(chain: tuple[str, ...] = (), password: str = PASSWORD, alias: str = "instance") -> bytes:
    return key_file_p12(leaf().private_key_pem, leaf().certificate_pem, chain, password, alias)


@pytest.mark.parametrize(
    ("layer", "alias"),
    [pytest.param(Layer.TRANSPORT, "instance", id="transport"), pytest.param(Layer.HTTP, "http", id="HTTP")],
)
def test_the_entry_is_called_as_by_certutil(layer, alias):
    opened = pkcs12.load_pkcs12(key_file(alias=ALIASES[layer]), PASSWORD.encode())
    assert opened.cert.friendly_name == alias.encode()


@pytest.mark.parametrize("key_type", KeyType)
def test_a_key_file_holds_key_and_leaf_of_every_key_type(key_type):
    made = leaf(key_type=key_type)
    content = key_file_p12(made.private_key_pem, made.certificate_pem, (), PASSWORD, "instance")
    opened = pkcs12.load_pkcs12(content, PASSWORD.encode())
    assert belongs_to(opened.key, load_certificate(made.certificate_pem))
    assert opened.cert.certificate == load_certificate(made.certificate_pem)
    assert check_key_file(content, PASSWORD, made.certificate_pem) is None


def test_a_key_file_holds_the_intermediates_and_not_the_root():
    content = key_file_p12(corporate.key_pem, corporate.pem, [root.pem, issuing.pem], PASSWORD, "http")
    opened = pkcs12.load_pkcs12(content, PASSWORD.encode())
    assert [entry.certificate for entry in opened.additional_certs] == [issuing.certificate]


def test_pem_files_hold_the_intermediates_in_order_and_not_the_root():
    files = key_file_pem(corporate.key_pem, corporate.pem, [root.pem, issuing.pem])
    assert parse_bundle(files.certificates) == (corporate.certificate, issuing.certificate)
    assert belongs_to(load_private_key(files.private_key), corporate.certificate)
    assert "PRIVATE KEY" not in repr(files)


def test_a_passphrase_encrypts_the_pem_key():
    files = key_file_pem(leaf().private_key_pem, leaf().certificate_pem, (), PASSWORD)
    assert files.private_key.startswith("-----BEGIN ENCRYPTED PRIVATE KEY-----")
    assert load_pem_private_key(files.private_key.encode(), PASSWORD.encode())
    with pytest.raises(ConfigurationRefused, match="passphrase is wrong"):
        load_private_key(files.private_key, "another")
    with pytest.raises(ConfigurationRefused, match="no passphrase"):
        load_private_key(files.private_key)


def test_a_wrong_passphrase_is_told_also_where_it_opens_the_key_to_bytes_that_are_none(monkeypatch):
    def garbage(*_):
        raise ValueError("Could not deserialize key data. Details: ASN.1 parsing error: invalid length")

    files = key_file_pem(leaf().private_key_pem, leaf().certificate_pem, (), PASSWORD)
    monkeypatch.setattr(keys, "load_pem_private_key", garbage)
    with pytest.raises(ConfigurationRefused, match="passphrase is wrong"):
        load_private_key(files.private_key, "another")
    with pytest.raises(ConfigurationRefused, match="it is not PEM"):
        load_private_key("-----BEGIN PRIVATE KEY-----", "another")


@pytest.mark.parametrize(
    "write", [key_file_pem, lambda *parts: key_file_p12(*parts, PASSWORD, "instance")], ids=["PEM", "PKCS#12"]
)
def test_key_and_leaf_that_do_not_belong_together_are_refused(write):
    with pytest.raises(ConfigurationRefused, match="does not belong to the certificate"):
        write(leaf("es-2").private_key_pem, leaf("es-1").certificate_pem, ())


def test_what_is_no_key_is_refused_without_showing_it():
    with pytest.raises(ConfigurationRefused) as refused:
        key_file_pem("hunter2", leaf().certificate_pem, ())
    assert "hunter2" not in str(refused.value)


def test_a_good_key_file_has_no_finding():
    assert check_key_file(key_file(), PASSWORD) is None
    assert check_key_file(key_file(), PASSWORD, leaf().certificate_pem) is None


def with_key(made: Foreign, key, certificate=None) -> bytes:
    encryption = BestAvailableEncryption(PASSWORD.encode())
    return pkcs12.serialize_key_and_certificates(b"x", key, certificate, [made.certificate], encryption)


@pytest.mark.parametrize(
    ("content", "password", "reason"),
    [
        pytest.param(key_file(), "another", "KeyFileNotOpened", id="another password"),
        pytest.param(key_file(), "", "KeyFileNotOpened", id="no password"),
        pytest.param(b"", PASSWORD, "KeyFileUnreadable", id="empty file"),
        pytest.param(key_file()[:-40], PASSWORD, "KeyFileUnreadable", id="cut off"),
        pytest.param(leaf().certificate_pem.encode(), PASSWORD, "KeyFileUnreadable", id="PEM"),
        pytest.param(
            trust_file_p12(parse_bundle(authority().certificate_pem), PASSWORD), PASSWORD, "KeyMissing", id="trust file"
        ),
        pytest.param(with_key(root, corporate.key), PASSWORD, "LeafMissing", id="key without its certificate"),
    ],
)
def test_what_would_keep_a_node_from_presenting_its_key_file(content, password, reason):
    found = check_key_file(content, password)
    assert found.reason == reason
    assert PASSWORD not in found.message


def test_another_leaf_than_the_issued_one_is_found():
    assert check_key_file(key_file(), PASSWORD, leaf("es-2").certificate_pem).reason == "OtherLeaf"


def test_a_key_file_of_others_with_a_key_we_would_not_use_is_found():
    key = rsa.generate_private_key(65537, 1024)  # noqa: S505 (somebody else's)
    assert check_key_file(with_key(root, key), PASSWORD).reason == "LeafMissing"


def test_a_key_that_does_not_belong_to_the_certificate_beside_it_is_found():
    mixed = pkcs12.PKCS12KeyAndCertificates(root.key, pkcs12.PKCS12Certificate(issuing.certificate, None), [])
    assert _pair_finding(mixed, None).reason == "KeyMismatch"
