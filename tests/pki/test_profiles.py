import re

import pytest

from components.pki.profiles import CLIENT, HTTP, PROFILES, TRANSPORT, KeyUse, ProfileName, Purpose
from components.pki.spec import KeyType


@pytest.mark.parametrize("name", ProfileName)
def test_every_profile_is_in_the_table_under_its_name(name):
    assert PROFILES[name].name == name


@pytest.mark.parametrize("profile", PROFILES.values(), ids=lambda profile: profile.name)
def test_every_profile_cites_a_page(profile):
    assert re.search(r"\w+/[\w./-]+\.md", profile.citation)


@pytest.mark.parametrize("profile", PROFILES.values(), ids=lambda profile: profile.name)
@pytest.mark.parametrize("key_type", KeyType)
def test_only_authorities_sign_certificates_and_only_leaves_shake_hands(profile, key_type):
    use = profile.key_use(key_type)
    assert (KeyUse.SIGN_CERTIFICATES in use) is profile.is_authority
    assert (KeyUse.SIGN in use) is not profile.is_authority


@pytest.mark.parametrize("profile", PROFILES.values(), ids=lambda profile: profile.name)
def test_no_ec_key_enciphers(profile):
    assert KeyUse.ENCIPHER not in profile.key_use(KeyType.EC_P256)


def test_the_table_of_purposes():
    assert {name: set(profile.purposes) for name, profile in PROFILES.items()} == {
        ProfileName.AUTHORITY: set(),
        ProfileName.TRANSPORT: {Purpose.SERVER, Purpose.CLIENT},
        ProfileName.HTTP: {Purpose.SERVER},
        ProfileName.CLIENT: {Purpose.CLIENT},
    }


def test_only_rsa_keys_of_servers_encipher():
    assert KeyUse.ENCIPHER in TRANSPORT.key_use(KeyType.RSA_2048)
    assert KeyUse.ENCIPHER in HTTP.key_use(KeyType.RSA_2048)
    assert KeyUse.ENCIPHER not in CLIENT.key_use(KeyType.RSA_2048)
