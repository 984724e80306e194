"""Settings of ours that somebody changed, as a refresh lists them."""

from components.settings.drift import settings_drift
from components.settings.merge import merge

WANTED = {"xpack.security.enabled": True, "xpack.security.http.ssl.supported_protocols": ("TLSv1.3", "TLSv1.2")}
OURS = "xpack.security.enabled: true\nxpack.security.http.ssl.supported_protocols: [TLSv1.3, TLSv1.2]\n"
ABSENT = ("xpack.security.http.ssl.key",)


def told(text, *, there=True):
    changes = merge(text, WANTED, ABSENT, where="es-1", header=None).changes
    found = settings_drift("es-1", "elasticsearch.yml", changes, there=there)
    return [(one.what, one.kind, one.recorded, one.found) for one in found]


def test_what_stands_there_as_recorded_is_no_drift_whatever_else_is_in_the_file():
    assert told(f"# a comment\nnode.name: es-1\n{OURS}") == []


def test_a_setting_that_was_changed_names_both_values():
    [one] = told(OURS.replace("enabled: true", "enabled: false"))
    assert one == ("xpack.security.enabled", "SettingChanged", "true", "false")


def test_a_setting_that_was_taken_out_and_one_that_was_added():
    found = told(f"{OURS.partition(chr(10))[2]}xpack.security.http.ssl.key: own.pem\n")
    assert found == [
        ("xpack.security.http.ssl.key", "SettingUnwanted", "not set", "own.pem"),
        ("xpack.security.enabled", "SettingMissing", "true", "not set"),
    ]


def test_a_file_that_is_gone_is_one_finding_and_not_one_for_each_setting():
    assert told("", there=False) == [("elasticsearch.yml", "FileMissing", "our settings", "missing")]
