"""What a newcomer reads must be true: the README's stack file is accepted, its commands exist, links lead somewhere."""

import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from stacks.config import PREFIX, check
from stacks.model import StackModel

CHECKOUT = Path(__file__).resolve().parents[1]
README = (CHECKOUT / "README.md").read_text()
PAGES = sorted([CHECKOUT / "README.md", CHECKOUT / "CHANGELOG.md", *(CHECKOUT / "docs").rglob("*.md")])
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")
OUTPUTS = (
    "httpUrls",
    "transportAddresses",
    "unencryptedChannels",
    "caCertificatePem",
    "transportCaCertificatePem",
    "elasticPassword",
    "certificates",
    "scenario",
)


def fenced(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_the_stack_file_on_the_first_screen_is_one_that_the_program_takes():
    assert README.index("```yaml") < 1500
    config = YAML(typ="safe").load(fenced("yaml")[0])["config"]
    assert isinstance(check({key.removeprefix(PREFIX): value for key, value in config.items()}), StackModel)


def test_every_make_target_that_the_documents_name_exists():
    targets = set(re.findall(r"^([a-z-]+):", (CHECKOUT / "Makefile").read_text(), re.MULTILINE))
    named = {name for page in PAGES for name in re.findall(r"`make ([a-z-]+)", page.read_text())}
    assert {"up", "test", "down", "clean"} <= named
    assert named <= targets


def test_every_stack_output_is_documented_by_its_name():
    assert [name for name in OUTPUTS if f"`{name}`" not in README] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_to_a_file_leads_to_one(page):
    dead = [link for link in LINK.findall(page.read_text()) if not (page.parent / link).exists()]
    assert dead == []


def test_every_decision_that_the_code_names_is_there():
    sources = [
        path for folder in ("components", "stacks", "provider", "tests") for path in (CHECKOUT / folder).rglob("*.py")
    ]
    named = {number for path in sources for number in re.findall(r"docs/decisions/(\d{4})", path.read_text())}
    there = {path.name[:4] for path in (CHECKOUT / "docs" / "decisions").glob("*.md")}
    assert named
    assert named <= there
