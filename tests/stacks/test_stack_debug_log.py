"""What `--debug` prints: the engine's log, and never a secret that the engine wrote into it."""

import json

import pytest

from stacks.debug_log import masked

KEY = '-----BEGIN PRIVATE KEY-----\nhunter22\n}],"v":9}\n-----END PRIVATE KEY-----\n'


def logged(text: str) -> str:
    """Return a line as the engine's JSON log has it."""
    return json.dumps({"time": "2026-11-25T00:00:25Z", "level": "INFO", "msg": text, "v": 9}, separators=(",", ":"))


@pytest.mark.parametrize(
    "label",
    [
        "ResourceMonitor.RegisterResource(essecurity:pki:Certificate,es-1-http-leaf)",
        "Provider[0x20961b34b300].Create(urn:pulumi:test::p::essecurity:pki:Certificate::leaf).outputs",
    ],
)
@pytest.mark.parametrize("verb", ["Marshaling", "Unmarshaling"])
@pytest.mark.parametrize("secret", [KEY, "hunter22", "[{hunter22} {hunter22}]", ""])
def test_the_value_of_a_secret_is_masked_and_the_line_stays_json(verb, label, secret):
    line = masked(logged(f"{verb} property for RPC[{label}]: value={{{secret}}}"))
    assert "hunter22" not in line
    assert json.loads(line)["msg"] == f"{verb} property for RPC[{label}]: value={{[secret]}}"
    assert json.loads(line)["v"] == 9


@pytest.mark.parametrize("name", ["privateKeyPem", "certificatePem", "samplePem"])
def test_a_member_of_a_secret_list_of_maps_is_masked_by_its_name(name):
    line = masked(logged(f"Unmarshaling property for RPC[x]: {name}={{{KEY}}}"))
    assert json.loads(line)["msg"] == f"Unmarshaling property for RPC[x]: {name}={{[secret]}}"


def test_a_log_that_is_no_json_is_masked_too():
    assert masked("I1124 Unmarshaling property for RPC[x]: value={hunter22}") == (
        "I1124 Unmarshaling property for RPC[x]: value={[secret]}"
    )


@pytest.mark.parametrize(
    "text",
    [
        "Unmarshaling property for RPC[x]: cluster={books}",
        "Unmarshaling property for RPC[x]: notValue={books}",
        "the value={of something else}",
    ],
)
def test_other_lines_stay_as_they_are(text):
    assert masked(logged(text)) == logged(text)
