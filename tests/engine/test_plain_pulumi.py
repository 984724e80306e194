"""Plain `pulumi preview`, `up` and `refresh`, as with an official Pulumi: no driver, a language host runs the program.

The host is a stand-in (`tests/language_host`); the engine, the executor, the plugin and the pack are the real ones.
"""

import os

import pytest

from tests.cluster.secrets_of import secrets_of
from tests.engine.language_host import installed_host
from tests.engine.plain import PlainRun
from tests.engine.policies import VIOLATING, policy_pack_or_skip

pytestmark = pytest.mark.engine
PACK = ("--policy-pack", "policy")
PASSED, FAILED = (f"{sign} elasticsearch-security@v0.1.0 (local: policy)" for sign in ("✅", "❌"))
KEY = "certs/http-key.p12"


@pytest.fixture
def run(tmp_path):
    return PlainRun(tmp_path, ("es-1", "es-2"))


def shown(run, *said):
    """Return which of the state's secrets stand in what was printed."""
    secrets = secrets_of(run.clear_state())
    assert len(secrets) > 10, "there is something to look for"
    return [secret for secret in secrets if any(secret in text for text in said)]


def test_up_does_what_preview_says_then_nothing_is_left_to_do_and_the_driver_says_so_too(run):
    canary, before = "canary-of-plain-pulumi", run.files()
    run.write(users=run.set_secret("users.elastic.password", canary))
    previewed = run.well("preview", "--diff")
    assert run.files() == before
    done = run.well("up", "--yes")
    for node in run.nodes:
        written = f"{node.name}: write {KEY} (0640): HTTP leaf, g1, until "
        assert written in previewed
        assert written in done
        assert node.read(KEY)
        assert b"xpack.security.http.ssl.enabled: true" in node.read("elasticsearch.yml")
    again = run.well("up", "--yes", "--expect-no-changes")
    assert run.preview("--exit-code")["plan"]["rows"] == []
    assert run.output("elasticPassword") == canary
    assert shown(run, previewed, done, again, run.state()) == []
    assert canary not in previewed + done + again + run.state()


def test_refresh_tells_what_is_missing_on_a_node_that_the_driver_secured_and_the_next_up_repairs_it(run):
    run.up()
    before = run.files()
    (run.nodes[0].config / KEY).unlink()
    told = run.well("refresh", "--yes")
    assert f"es-1: {KEY}: HTTP leaf, g1, until " in told
    assert " → missing; `up` writes it" in told
    assert "es-2: " not in told
    assert KEY not in run.nodes[0].files(), "a refresh repairs nothing"
    repaired = run.well("up", "--yes")
    assert "(missing: written again)" in repaired
    assert run.files() == before
    assert "to update" not in run.well("refresh", "--yes", "--expect-no-changes")
    assert shown(run, told, repaired) == []


def test_a_stack_that_keeps_the_policies_is_previewed_and_put_up_under_them(run):
    policy_pack_or_skip()
    for words in (("preview",), ("up", "--yes")):
        assert PASSED in run.well(*words, *PACK)
    run.well("preview", "--expect-no-changes", *PACK)


def test_a_stack_that_violates_policies_is_refused_by_name_and_nothing_changes(run):
    policy_pack_or_skip()
    run.up()
    files, state = run.files(), run.state()
    run.write(certificates=VIOLATING)
    for words in (("preview",), ("up", "--yes")):
        said = run.refused(*words, *PACK)
        assert FAILED in said
        for policy in ("minimum-key-type", "maximum-lifetime"):
            assert f"- [mandatory]  {policy}  (essecurity:pki:Certificate: es-1-http-leaf)" in said
        assert "certificates.key: is `rsa-2048`\n" in said
        assert shown(run, said) == []
    assert (run.files(), run.state()) == (files, state)


def test_mistakes_in_the_stack_file_are_one_list_of_our_own_words(run):
    run.write(cluster={"name": "logs", "scenario": "basc", "running": False}, colour="blue")
    said = run.refused("preview")
    assert "error: stacks/Pulumi.test.yaml: 2 mistakes; nothing was touched\n" in said
    assert "cluster.scenario: is `basc`; it must be `minimal`, `basic` or `basic-https`\n" in said
    assert "Traceback" not in said


def test_without_a_language_host_plain_pulumi_says_what_is_missing_and_the_driver_runs_all_the_same(run):
    if installed_host():
        pytest.skip("the engine here has a language host of its own")
    run.variables["PATH"] = os.environ["PATH"]
    assert "pulumi-language-python" in run.refused("preview")
    assert run.preview()["plan"]["rows"] != []
