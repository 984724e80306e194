"""A project of its own for tests of the command line."""

import pytest

from tests.stacks.stackfiles import sections, write_stack_file


@pytest.fixture
def project(tmp_path):
    """A project with a stack file `prod`."""
    (tmp_path / "Pulumi.yaml").write_text("name: elasticsearch-security\n")
    (tmp_path / "stacks").mkdir()
    write_stack_file(tmp_path / "stacks", sections())
    return tmp_path


@pytest.fixture(autouse=True)
def no_passphrase_of_this_machine(monkeypatch):
    """Let no test be warned of a file that whoever runs it has."""
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE_FILE", raising=False)
