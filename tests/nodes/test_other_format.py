"""Another CA, and another format of the trust file, at once: a node reads the old file until its restart."""

import pytest

from components.errors import ConfigurationRefused
from components.pki.issue import renew_authority
from components.pki.spec import FileFormat
from tests.nodes.waves import G1, G2, NAMES, PASSWORD, Host, cover, pkcs12_host, retire
from tests.pki.makers import NOW

TRANSPORT = "xpack.security.transport.ssl."


def to_pkcs12(host: Host) -> Host:
    """Let a stack file ask for a PKCS#12 trust file, of a node that runs with one in PEM."""
    add = f"{TRANSPORT}enabled: true\n"
    settings = host.running().one.file("elasticsearch.yml").content.decode() + add
    host.holding("elasticsearch.yml", settings.encode())
    after = pkcs12_host()
    host.format, host.password = after.format, after.password
    return host


def test_a_new_ca_and_a_new_format_at_once_are_refused_by_the_preview_and_by_the_up(doors):
    host = doors(to_pkcs12(Host().trusting(G1)))
    before = host.files()
    for look in (lambda: cover(host, generation=2).preview(G1), cover(host, G2, generation=2).up):
        with pytest.raises(ConfigurationRefused) as caught:
            look()
        assert caught.value.what == "the transport CA cannot be rotated together with `certificates.trust_format`"
        assert caught.value.where == "es-1"
        assert "until its restart it reads certs/transport-trust.pem, which lacks the new CA" in caught.value.why
        assert "with `certificates.trust_format: pem` run `up`, then change the format" in caught.value.next_step
        assert "put `authorities.transport.generation` back" in caught.value.next_step
    assert host.files() == before


def test_a_store_is_opened_with_the_password_in_the_keystore(doors):
    host = doors(pkcs12_host().trusting(G1).running())
    settings = host.one.file("elasticsearch.yml").content.decode()
    host.holding("elasticsearch.yml", f"{settings}{TRANSPORT}enabled: true\n".encode())
    host.one.machine.set_secure_settings({f"{TRANSPORT}truststore.secure_password": PASSWORD})
    host.format, host.password = FileFormat.PEM, None
    assert cover(host, G1).up().trusted == (NAMES[G1],)
    with pytest.raises(ConfigurationRefused, match="cannot be rotated together"):
        cover(host, G2, generation=2).up()


def test_where_the_old_file_cannot_be_read_nobody_knows_that_it_holds_the_ca(doors):
    host = doors(to_pkcs12(Host().holding("certs/transport-trust.pem", b"damaged")))
    with pytest.raises(ConfigurationRefused, match="cannot be rotated together"):
        cover(host, G1).preview(G1)


@pytest.mark.parametrize("wants", [(G1,), ()], ids=["made", "about to be renewed"])
def test_a_new_format_alone_is_written_beside_the_old_one(doors, wants):
    host = doors(to_pkcs12(Host().trusting(G1)))
    (step,) = cover(host, *wants).preview(G1).steps
    assert step.startswith("write certs/transport-trust.p12 (0640): transport CA g1")


def test_a_renewed_ca_has_the_key_that_the_old_file_holds(doors):
    host = doors(to_pkcs12(Host().trusting(G1)))
    renewed = renew_authority(G1, valid_for="10y", now=NOW)
    assert cover(host, renewed).up().trusted == (NAMES[G1],)


def test_a_rotation_that_was_killed_after_cover_goes_on_in_the_new_format(doors):
    host = doors(to_pkcs12(Host().trusting(G1, G2)))
    assert cover(host, G2, generation=2).up().trusted == (NAMES[G2],)


def test_retire_comes_after_the_restart_and_is_not_asked(doors):
    host = doors(to_pkcs12(Host().trusting(G1)))
    assert retire(host, G2, generation=2).preview(G1).steps == ()
