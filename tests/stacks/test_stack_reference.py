"""The page on the stack file says what the models say, and its examples are ones that can be used."""

import subprocess
import sys
from pathlib import Path

import pytest

from stacks.config import check, sections_of_file
from stacks.fields import every_field, model_in
from stacks.model import StackModel
from stacks.reference import FULL, MUST, SMALLEST, default_of, page, sections_of, type_of
from stacks.sealed import is_encrypted

CHECKOUT = Path(__file__).resolve().parents[2]
FIELDS = dict(every_field(StackModel))
KEYS = [path for path, field in FIELDS.items() if model_in(field.annotation) is None]
EXAMPLES = [pytest.param(SMALLEST, id="smallest"), pytest.param(FULL, id="full")]


def rows():
    """Return the cells of every row, by key."""
    table = [line.strip("| ").split(" | ") for line in page().splitlines() if line.startswith("| `")]
    return {key.strip("`"): cells for key, *cells in table}


def test_the_page_in_docs_is_what_the_command_prints():
    said = subprocess.run([sys.executable, "-m", "stacks.reference"], cwd=CHECKOUT, capture_output=True, check=True)
    assert said.stdout.decode() == (CHECKOUT / "docs" / "configuration.md").read_text(), "run `make docs`"


def test_every_section_has_a_heading():
    assert [line[4:-1] for line in page().splitlines() if line.startswith("## `")] == list(StackModel.model_fields)


def test_every_key_of_the_models_has_one_row():
    assert list(rows()) == [path for path in FIELDS if path not in StackModel.model_fields]


@pytest.mark.parametrize("path", FIELDS)
def test_every_field_has_a_description(path):
    assert FIELDS[path].description


@pytest.mark.parametrize("path", KEYS)
def test_no_type_is_told_in_the_words_of_python(path):
    said = type_of(path, FIELDS[path])
    assert said
    assert not {"str", "int", "bool", "tuple", "None", "Enum", "Fraction"} & set(said.split())


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("nodes[].http_port", "whole number 1–65535"),
        ("nodes[].names", "list; each entry a host name or IP address"),
        ("nodes[].address", "host name or IP address"),
        ("rollout.health_timeout", "whole number 10–86400"),
        ("rollout.start_timeout", "whole number 10–7200"),
        ("rollout.stop_timeout", "whole number 10–7200"),
        ("cluster.running", "true or false"),
        ("cluster.scenario", "one of `minimal`, `basic` or `basic-https`"),
        ("certificates.key_format", "one of `pem` or `pkcs12`"),
        ("certificates.valid_for", "lifetime: `90D` (days), `18M` (months) or `1y` (years)"),
        ("certificates.reissue", "mapping; each value a whole number"),
        ("machine.config", "path"),
        ("machine.user", "text"),
        ("takeover.elastic_password", "text, encrypted"),
    ],
)
def test_types_are_told_in_an_operators_words(path, said):
    assert type_of(path, FIELDS[path]) == said


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("cluster.name", MUST),
        ("machine.home", f"{MUST} with `archive`"),
        ("machine.config", f"{MUST} with `docker`"),
        ("nodes[].machine.home", "`machine.home`"),
        ("nodes[].names", "–"),
        ("certificates.reissue", "–"),
        ("cluster.running", "`true`"),
        ("certificates.renew_in_last", "`1/3`"),
        ("authorities.http.key", "`ec-p256`"),
        ("rollout.join_timeout", "`300`"),
        ("rollout.health_timeout", "`600`"),
        ("rollout.stop_timeout", "`120`"),
        ("rollout.machines_at_once", "`32`"),
        ("takeover.elastic_password", "–"),
        ("takeover.old_files", "`keep`"),
    ],
)
def test_defaults_are_told_as_they_would_be_written(path, said):
    assert default_of(path, FIELDS[path]) == said


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_on_the_page_and_is_accepted_as_the_file_it_stands_for(example, tmp_path):
    path = tmp_path / "Pulumi.prod.yaml"
    path.write_text(example)
    assert f"```yaml\n{example}```" in page()
    assert sections_of_file(path) == sections_of(example)
    assert isinstance(check(sections_of_file(path)), StackModel)


def test_the_full_example_has_every_key():
    assert keys_in(sections_of(FULL)) == set(KEYS)


@pytest.mark.parametrize("path", sorted({"cluster.name", "cluster.scenario", "machine.home", "nodes[].name"}))
def test_nothing_can_be_taken_out_of_the_smallest_example(path):
    sections = sections_of(SMALLEST)
    section, _, key = path.partition(".")
    holder = sections["nodes"][0] if section == "nodes[]" else sections[section]
    del holder[key]
    assert not isinstance(check(sections), StackModel)


def test_the_page_is_made_without_pulumi():
    code = "import stacks.reference, sys; sys.exit('pulumi' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=CHECKOUT).returncode == 0


def keys_in(value, lead=""):
    """Return the path of every plain value, or list of them, in sections."""
    if isinstance(value, dict) and not is_encrypted(value) and lead not in KEYS:
        dotted = f"{lead}." if lead else ""
        return {path for key, inner in value.items() for path in keys_in(inner, f"{dotted}{key}")}
    if isinstance(value, list) and any(isinstance(entry, dict) for entry in value):
        return {path for entry in value for path in keys_in(entry, f"{lead}[]")}
    return {lead}
