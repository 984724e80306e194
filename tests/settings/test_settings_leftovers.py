"""What somebody else's security leaves behind: which keystore entries and files go, and which stay."""

import pytest

from components.settings.leftovers import IDLE_ENTRIES, RIVAL_ENTRIES, entries_to_remove, old_files
from components.settings.merge import flatten
from components.settings.standing import foreign

TRANSPORT = "xpack.security.transport.ssl."
OURS = ("bootstrap.password", f"{TRANSPORT}keystore.secure_password")
PRESENT = ("keystore.seed", "s3.client.default.secret_key", *OURS, *RIVAL_ENTRIES, *IDLE_ENTRIES)
AUTO_CONFIGURED = """
xpack.security.transport.ssl: {enabled: true, keystore.path: certs/transport.p12, truststore.path: certs/transport.p12}
xpack.security.http.ssl: {enabled: true, keystore.path: certs/http.p12}
"""
PEM = """
xpack.security.transport.ssl:
  {enabled: true, key: /etc/keys/n.key, certificate: ../n.crt, certificate_authorities: [a.crt, shared.crt]}
"""


def files_of(before, now="xpack.security.enabled: true"):
    return old_files(foreign(flatten(before, where="before")), flatten(now, where="now"))


def test_entries_that_would_keep_our_key_file_shut_go_in_any_case():
    assert entries_to_remove(PRESENT, OURS, also_idle=False) == RIVAL_ENTRIES


def test_entries_of_no_use_any_more_go_where_the_operator_wants_that():
    assert entries_to_remove(PRESENT, OURS, also_idle=True) == (*RIVAL_ENTRIES, *IDLE_ENTRIES)


@pytest.mark.parametrize("also_idle", [True, False])
def test_entries_of_ours_and_of_other_people_stay(also_idle):
    ours = (*OURS, f"{TRANSPORT}truststore.secure_password")
    going = entries_to_remove(PRESENT, ours, also_idle=also_idle)
    assert not {*ours, "keystore.seed", "s3.client.default.secret_key"} & set(going)


def test_only_entries_that_are_there_go():
    assert entries_to_remove(["autoconfiguration.password_hash"], OURS, also_idle=True) == (
        "autoconfiguration.password_hash",
    )


def test_the_files_of_auto_configuration_go_with_the_one_that_no_setting_names():
    assert files_of(AUTO_CONFIGURED) == ("certs/transport.p12", "certs/http.p12", "certs/http_ca.crt")


def test_a_file_outside_the_config_folder_and_one_that_is_still_named_stay():
    assert files_of(PEM, "xpack.security.authc.realms.pki.pki1.certificate_authorities: [shared.crt]") == ("a.crt",)


def test_of_a_node_that_was_ours_already_nothing_goes():
    assert files_of(AUTO_CONFIGURED.replace("certs/http.p12", "x").replace("enabled: true", "enabled: false")) == ()
