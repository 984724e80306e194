"""Where the state lives and who encrypts its secrets are Pulumi's settings; the driver is not in their way."""

import json

import pytest

from tests.engine.folders_run import FoldersRun
from tests.engine.vault import vault

pytestmark = pytest.mark.engine
PROVIDER = "hashivault://essecurity"


class RunWithAVault(FoldersRun):
    """A stack whose secrets a key of a Vault encrypts; no passphrase is in its environment."""

    url = ""

    @property
    def environment(self):
        found = {key: value for key, value in super().environment.items() if "PASSPHRASE" not in key}
        return {**found, "VAULT_ADDR": self.url, "VAULT_TOKEN": "a token of this test"}

    @property
    def stack_file(self):
        return self.project / "stacks" / "Pulumi.test.yaml"


def test_the_secrets_provider_of_the_stack_file_encrypts_a_new_stack_and_no_passphrase_is_asked_for(tmp_path):
    run = RunWithAVault(tmp_path, ("es-1",))
    run.scenario("minimal")
    run.stack_file.write_text(f"secretsprovider: {PROVIDER}\n{run.stack_file.read_text()}")
    with vault() as standin:
        run.url = standin.url
        assert run.up()["result"] == "changed"
        assert set(standin.asked) >= {("encrypt", "essecurity"), ("decrypt", "essecurity")}
        kept = json.loads(run.state())["checkpoint"]["latest"]["secrets_providers"]
        assert (kept["type"], kept["state"]["url"]) == ("cloud", PROVIDER)
        assert "encryptedkey: " in run.stack_file.read_text()
        assert run.run("preview").status == 0
        password = run.output("elasticPassword")
    assert len(password) > 20
    assert password not in run.state()
    closed = run.run("preview")
    assert closed.status == 2, "without the key nobody reads the state"


def test_a_lock_that_another_machine_holds_is_told_with_what_to_do_and_left_alone(tmp_path):
    run = FoldersRun(tmp_path, ("es-1",))
    run.write()
    assert run.run("preview").status == 1
    folder = run.state_folder / ".pulumi" / "locks" / "organization" / "elasticsearch-security" / "test"
    folder.mkdir(parents=True, exist_ok=True)
    lock = folder / "6f1c2b1e-0000-4000-8000-000000000000.json"
    lock.write_text(
        json.dumps({"pid": 1, "username": "ci", "hostname": "runner-7", "timestamp": "2026-11-28T02:00:00Z"})
    )
    refused = run.run("up")
    assert refused.status == 2
    assert "✗ lock of the stack: the engine could not run the stack" in refused.stdout
    assert "created by ci@runner-7 (pid 1)" in refused.stdout
    assert "`pulumi cancel --stack`" in refused.stdout
    assert lock.exists()
    lock.unlink()
    assert run.run("up").status == 0
