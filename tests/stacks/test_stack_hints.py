"""What a person is told after a run."""

import pytest

from stacks.hints import hints_for
from stacks.workspace import Workspace, command_line

OUTPUTS = {"elasticPassword": "[secret]", "httpUrls": ["https://127.0.0.1:9201", "https://127.0.0.1:9202"]}
PASSWORD = ("password of elastic", f"{command_line()} output {{}} elasticPassword --show-secrets")


def test_after_make_up_there_is_a_request_to_copy_and_a_next_step(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    workspace = Workspace("local", tmp_path, {}, handed_out=tmp_path / ".dev")
    (tmp_path / ".dev").mkdir()

    found = hints_for(workspace, {**OUTPUTS, "caCertificatePem": "PEM"})

    assert found[2:] == [
        (
            "ask a node (curl asks for that password)",
            "curl --cacert .dev/http-ca.pem -u elastic https://127.0.0.1:9201",
        ),
        ("what is next: change stacks/Pulumi.local.yaml, and read the plan", f"{command_line()} preview local"),
    ]
    assert (tmp_path / ".dev" / "http-ca.pem").read_text().strip() == "PEM"


@pytest.mark.parametrize("outputs", [{}, {"elasticPassword": "[secret]"}, {"httpUrls": OUTPUTS["httpUrls"]}], ids=str)
def test_a_request_that_could_not_be_answered_is_not_told(outputs, tmp_path):
    found = hints_for(Workspace("local", tmp_path, {}, handed_out=tmp_path), outputs)
    assert not any("curl" in value for _, value in found)


def test_of_a_cluster_of_ones_own_the_password_is_told_and_no_next_step(tmp_path):
    assert hints_for(Workspace("prod", tmp_path, {}), OUTPUTS) == [(PASSWORD[0], PASSWORD[1].format("prod"))]
