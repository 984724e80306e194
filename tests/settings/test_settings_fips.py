"""FIPS mode: PEM files only, and a keystore with a password of 14 bytes, whoever wrote the setting."""

import pytest

from components.pki.spec import FileFormat
from components.settings.fips import fips_concerns
from components.settings.merge import flatten
from components.settings.scenarios import Choices, Scenario, settings_for

FIPS = "xpack.security.fips_mode.enabled: true\n"
STORE = "xpack.security.http.ssl.keystore.path: certs/http.p12\n"


def told(lines, password_bytes=14):
    return [each.reason for each in fips_concerns(flatten(lines, where="es-1"), password_bytes) if each.refuses]


def test_a_node_with_pem_files_and_a_long_password_may_start_in_fips_mode():
    assert told(FIPS + "xpack.security.http.ssl.key: certs/http-key.pem\n") == []


@pytest.mark.parametrize(
    "line",
    [
        STORE,
        "xpack.security.transport.ssl.truststore.path: certs/trust.p12\n",
        "xpack.http.ssl.keystore.path: watcher.jks\n",
        "xpack.security.authc.realms.pki.p.ssl.truststore.path: t.p12\n",
    ],
)
def test_a_file_that_no_node_opens_in_fips_mode_is_refused(line):
    assert told(FIPS + line) == ["FipsNeedsPem"]
    assert told(line) == []
    assert told("xpack.security.fips_mode.enabled: false\n" + line) == []


@pytest.mark.parametrize(("length", "reasons"), [(0, 1), (13, 1), (14, 0), (64, 0)])
def test_the_password_of_the_keystore_has_14_bytes_at_least(length, reasons):
    assert told(FIPS, length) == ["FipsNeedsKeystorePassword"] * reasons


def test_both_are_told_at_once():
    assert told(FIPS + STORE, 0) == ["FipsNeedsPem", "FipsNeedsKeystorePassword"]


@pytest.mark.parametrize("scenario", Scenario)
def test_every_scenario_renders_it_where_it_is_asked_for_and_only_there(scenario):
    pem = {"trust_format": FileFormat.PEM, "key_format": FileFormat.PEM}
    plain, fips = settings_for(scenario, Choices(**pem)), settings_for(scenario, Choices(**pem, fips=True))
    assert {key: fips[key] for key in fips.keys() - plain.keys()} == {
        "xpack.security.fips_mode.enabled": True,
        "xpack.security.authc.password_hashing.algorithm": "pbkdf2_stretch",
    }
    assert not [key for key in fips if key.endswith("store.path")]
