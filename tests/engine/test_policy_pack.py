"""The policy pack through the real engine: what violates it is refused by `preview` and `up`, and nothing changes."""

import json
import subprocess
import sys
import time
from contextlib import suppress

import psutil
import pytest

from stacks.policy_packs import OURS
from tests.cluster.stack_run import CHECKOUT, kill_run, wait_for
from tests.engine.folders_run import FoldersRun
from tests.engine.policies import VIOLATING, policy_pack_or_skip
from tests.pki.makers import own_ca

pytestmark = pytest.mark.engine
EVERYWHERE = "0.0.0.0"  # noqa: S104 (what a policy is about)
PACK = ("--policy-pack", str(OURS))
ALL = "all"
"""Stands for every policy in a configuration, as Pulumi has it."""


class HeldAgainst(FoldersRun):
    """A stack that is held against the policy pack, and counts as production."""

    def configured(self, **policies):
        """Return the options that hold a run against the pack, with a configuration."""
        path = self.folder / "policies.json"
        path.write_text(json.dumps({"https-in-production": {"otherStacks": []}, **policies}))
        return (*PACK, "--policy-pack-config", str(path))

    def refused(self, command, *options):
        """Run a command that must be refused; return what was said as errors."""
        ended = self.run(command, "--json", *options)
        assert ended.status == 2, ended.stdout + ended.stderr
        assert "Traceback" not in ended.stderr
        return ended, sorted({error["text"] for error in ended.data["errors"]})

    def refused_by_policies(self, command, *options):
        """Run a command that policies alone must refuse; return what was said, and where and by which policies."""
        ended, texts = self.refused(command, *options)
        return ended, [(text.partition(": ")[0], policy_in(text)) for text in texts]


def policy_in(text):
    """Return the policy that an error is of."""
    return text.rpartition("\n  policy: ")[2].split()[0]


@pytest.fixture
def run(tmp_path):
    policy_pack_or_skip()
    found = HeldAgainst(tmp_path, ("es-1", "es-2"))
    found.write()
    return found


def violating(run, scenario="basic"):
    """Write a stack that violates what a stack without HTTPS can violate."""
    run.write(cluster={"name": "logs", "scenario": scenario, "running": False}, certificates=VIOLATING)


def test_a_stack_that_meets_every_policy_is_previewed_and_carried_out(run):
    options = run.configured()
    assert run.preview(*options)["plan"]["rows"] != []
    assert run.succeed("up", "--json", *options).data["result"] == "changed"
    assert run.preview("--exit-code", *options)["plan"]["rows"] == []


def test_a_stack_that_violates_policies_is_refused_by_preview_and_by_up_and_nothing_is_written(run):
    violating(run)
    options, files = run.configured(), run.files()
    for command in ("preview", "up"):
        ended, violations = run.refused_by_policies(command, *options)
        assert violations == [
            ("certificates.key", "minimum-key-type"),
            ("certificates.valid_for", "maximum-lifetime"),
            ("cluster.scenario", "https-in-production"),
        ]
        assert ended.stderr.count("✗ certificates.key: is `rsa-2048`\n") == 1, "that of two leaves is said once"
        assert "files only" not in ended.stderr, "a plan that is not to be is not told"
    assert run.files() == files
    assert "essecurity:" not in run.state()


def test_a_stack_that_was_secured_stays_as_it_is_when_a_change_violates_a_policy(run):
    run.up()
    files, state = run.files(), run.state()
    violating(run, "basic-https")
    for command in ("preview", "up"):
        _, violations = run.refused_by_policies(command, *run.configured())
        assert [name for _, name in violations] == ["minimum-key-type", "maximum-lifetime"]
    assert (run.files(), run.state()) == (files, state)


def test_a_node_that_listens_everywhere_is_refused_although_the_stack_file_accepts_it(run):
    nodes = run.usual()["nodes"]
    nodes[1]["bind"] = EVERYWHERE
    run.write(nodes=nodes, exposure={"allow_wildcard_bind": True})
    _, texts = run.refused("preview", *PACK)  # the limits of this machine may speak against it as well
    assert [policy_in(text) for text in texts if "policy: " in text] == ["no-wildcard-bind"]


def test_a_ca_for_both_layers_is_refused(run):
    own = own_ca("Example root")
    (run.project / "root.pem").write_text(own.pem)
    (run.project / "root.key").write_text(own.key_pem)
    paths = {name: str(run.project / f"root.{end}") for name, end in (("certificate", "pem"), ("key", "key"))}
    where = {**paths, "only_for_this_cluster": True}
    run.write(authorities={"transport": {"own": where}, "http": {"own": where}})
    files = run.files()
    for command in ("preview", "up"):
        _, violations = run.refused_by_policies(command, *PACK)
        assert {name for _, name in violations} == {"authorities-apart"}
    assert run.files() == files


def test_a_secret_that_a_program_hands_on_in_clear_is_refused_and_not_shown(run):
    command = [sys.executable, "-m", "tests.engine.clear_program", "test", str(run.project)]
    ended = subprocess.run(command, cwd=CHECKOUT, env=run.environment, capture_output=True, text=True, check=True)
    assert ended.stdout.startswith("shown: its input given is not encrypted\n  why:  "), ended.stderr
    assert "hidden" not in ended.stdout
    assert "correct horse" not in ended.stdout + ended.stderr


def test_an_advisory_violation_is_a_line_of_the_plan_and_a_disabled_policy_says_nothing(run):
    violating(run)
    advisory = {"enforcementLevel": "advisory"}
    options = run.configured(**{ALL: "disabled", "minimum-key-type": advisory, "maximum-lifetime": advisory})
    plan = run.preview(*options)["plan"]
    ours = sorted(warning for warning in plan["warnings"] if "policy: " in warning)
    assert [warning.partition(": ")[0] for warning in ours] == ["certificates.key", "certificates.valid_for"]
    assert "next: choose a stronger type" in ours[0]
    assert plan["rows"] != []


def test_a_security_team_configures_what_is_allowed(run):
    run.write(certificates={"valid_for": "90D", "key": "rsa-2048"})
    run.preview(*run.configured(**{"minimum-key-type": {"rsa": "rsa-2048"}}))
    _, texts = run.refused(
        "preview", *run.configured(**{"maximum-lifetime": {"leafDays": 89}, "minimum-key-type": "disabled"})
    )
    assert [text.partition("\n")[0] for text in texts] == ["certificates.valid_for: is 90D, up to 90 days"]


def test_a_wrong_configuration_and_a_folder_that_is_no_pack_are_told_without_a_traceback(run):
    for options, said in (
        (run.configured(**{"minimum-key-type": {"rsa": "rsa-512"}}), "rsa"),
        (("--policy-pack", str(run.folder)), "this is no policy pack"),
    ):
        _, texts = run.refused("preview", *options)
        assert said in "".join(texts)


def test_what_the_engine_logs_of_policies_shows_no_secret(run):
    run.preview()  # makes the stack, and with it what encrypts
    canary = "canary-of-the-policy-pack"
    section = run.set_secret("users.elastic.password", canary)
    run.write(users=section)
    ended = run.succeed("up", "--debug", *PACK)
    assert "].Analyze(essecurity:" in ended.stderr, "what policies are asked is in the log"
    assert canary not in ended.stdout + ended.stderr
    secrets = [run.output("elasticPassword"), run.password("kibana_system"), run.password("bootstrap")]
    assert secrets[0] == canary
    assert [secret for secret in secrets if secret in ended.stdout + ended.stderr] == []


def test_the_policies_end_with_a_killed_engine_and_are_not_given_the_configuration(run):
    process = run.start("preview", *PACK)
    served = []

    def is_served():
        served[:] = [one for one in psutil.Process(process.pid).children(recursive=True) if _serves_policies(one)]
        return bool(served)

    wait_for(is_served, process)
    assert [name for name in served[0].environ() if name == "PULUMI_CONFIG"] == []
    kill_run(process)
    deadline = time.monotonic() + 60
    with suppress(psutil.NoSuchProcess):
        while served[0].is_running() and served[0].status() != psutil.STATUS_ZOMBIE:
            assert time.monotonic() < deadline, "the policies outlive their engine"
            time.sleep(0.1)


def _serves_policies(process):
    try:
        return "pulumi.policy" in process.cmdline()
    except psutil.Error:
        return False
