"""The table of policies: each has a source, messages in one form, and a configuration whose defaults hold."""

import json
import re
import subprocess
from pathlib import Path

import pytest
from policies.table import OURS, policies

from components.clients.resources import KibanaSettings
from components.pki.resources import Certificate, CertificateAuthority, CertificateRequest
from components.settings.resources import NodeSettings
from provider.registry import HANDLERS
from tests.policy.asked import policy

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "policy.md").read_text()
PACK = Path(__file__).resolve().parents[2] / "policy"
PYTHON = PACK / ".venv" / "bin" / "python"
SIX = {
    "https-in-production",
    "no-wildcard-bind",
    "no-secrets-in-clear",
    "minimum-key-type",
    "maximum-lifetime",
    "authorities-apart",
}


def test_there_are_six_policies_each_with_a_source_and_a_title():
    assert {each.name for each in policies()} == SIX
    assert [each.name for each in policies() if not each.citation.startswith("https://") or not each.title] == []


def test_policies_look_at_types_that_there_are():
    looked_at = {kind for each in policies() for types in each.rules.values() for kind in types} - {OURS}
    assert looked_at <= set(HANDLERS)
    classes = (NodeSettings, KibanaSettings, Certificate, CertificateAuthority, CertificateRequest)
    assert looked_at == {each.token for each in classes}


@pytest.mark.parametrize("name", sorted(SIX))
def test_what_is_configured_takes_the_place_of_a_default_and_nothing_else(name):
    settings = policy(name).settings
    defaults = {key: schema["default"] for key, schema in settings.items()}
    assert policy(name).settled(None) == policy(name).settled({}) == defaults
    for key in settings:
        assert policy(name).settled({key: "another"}) == {**defaults, key: "another"}


def test_every_setting_is_described_for_who_configures_it():
    described = [schema.get("description", "") for each in policies() for schema in each.settings.values()]
    assert all(text.endswith(".") for text in described)
    assert len(described) == 5


def test_the_page_on_policies_has_each_one_with_its_settings_and_defaults():
    rows = {row.split("|")[1].strip(" `"): row for row in PAGE.splitlines() if row.startswith("| `")}
    assert set(rows) == SIX
    for name, row in rows.items():
        for key, schema in policy(name).settings.items():
            defaults = schema["default"] if isinstance(schema["default"], list) else [schema["default"]]
            assert [text for text in (key, *defaults) if f"`{text}`" not in row] == [], name


def test_the_configuration_on_that_page_is_one_that_the_pack_takes():
    [block] = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    for name, configured in json.loads(block).items():
        known = {*policy(name).settings, "enforcementLevel"} if name in SIX else set()
        assert name in SIX | {"all"}
        assert isinstance(configured, str) or set(configured) <= known


def run_in_the_pack(code):
    if not PYTHON.exists():
        pytest.skip("the policy pack's own packages are not installed: make policy")
    done = subprocess.run([PYTHON, "-c", code], cwd=PACK, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_the_marks_of_secrets_reach_a_policy_and_what_is_unknown_is_called_so():
    code = """
import json
from pulumi_policy import policy as sdk
from pulumi_policy.deserialize import SPECIAL_SECRET_SIG, SPECIAL_SIG_KEY
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE, unknown_checking_proxy
from policies.marks import keep_marks, plain
keep_marks()
secret = lambda value: {SPECIAL_SIG_KEY: SPECIAL_SECRET_SIG, "value": value}
inputs = {"clear": "a", "marked": secret("b"), "all": secret({"x": ["c", 1]}), "list": [secret("d"), "e"],
          "unknown": UNKNOWN_STRING_VALUE, "unknown inside": {"y": secret(UNKNOWN_STRING_VALUE)}, "number": 2.0}
print(json.dumps(repr(plain(unknown_checking_proxy(sdk.deserialize_properties(inputs))))))
"""
    assert run_in_the_pack(code) == (
        "{'clear': 'a', 'marked': [secret], 'all': {'x': [[secret], 1]}, 'list': [[secret], 'e'], "
        "'unknown': Unknown(), 'unknown inside': {'y': Unknown()}, 'number': 2.0}"
    )
