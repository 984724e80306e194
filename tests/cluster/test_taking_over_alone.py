"""One node that somebody else secured, or tried to, is taken over."""

import pytest

from components.errors import CommandFailed
from devcluster.seed import INDEX
from tests.cluster.others_security import BY_CERTUTIL, TRANSPORT, as_the_node, configure, secured_with_certutil
from tests.cluster.stack_run import open_stack
from tests.cluster.taking import DOCUMENTS, FILES_OF_CERTUTIL, GIVEN, names_of_entries, refused, secured_by, trusts

pytestmark = [pytest.mark.cluster(nodes=1), pytest.mark.engine]


def assert_ours(run):
    """The only node has its documents, our passwords are the right ones, and nothing is left to do."""
    api = run.api()
    assert api.ask(f"/{INDEX}/_count")[1]["count"] == DOCUMENTS
    assert api.ask_anonymously("/")[0] == 401
    for user, password in run.output("userPasswords").items():
        assert api.ask("/_security/_authenticate", user=user, password=password)[1]["username"] == user
    plan = run.preview()["plan"]
    assert (plan["rows"], plan["restart"]) == ([], None)


def test_a_node_with_certutils_files_is_taken_over_and_its_files_go_where_that_is_wanted(tmp_path):
    with secured_by(secured_with_certutil, tmp_path, ("es-1",)) as (run, theirs):
        node = run.cluster.nodes[0]
        assert "with certutil's files (elastic-certificates.p12, http.p12)" in refused(run)
        run.write(takeover={**run.set_secret(GIVEN, theirs.password), "old_files": "remove"})
        assert run.up()["plan"]["restart"]["procedure"] == "full stop"
        assert_ours(run)
        assert run.api().ask("/", password=theirs.password)[0] == 401
        assert not trusts(node, theirs.transport)
        assert not [path for path in (*FILES_OF_CERTUTIL, "essecurity-rollout") if (node.config / path).exists()]
        assert f"{TRANSPORT}.truststore.secure_password" not in names_of_entries(run)
        assert "# as on the page, in March" in node.settings.read_text()


def test_a_node_that_was_secured_half_way_is_refused_with_the_reason_and_finished_by_the_next_up(tmp_path):
    with open_stack(tmp_path, DOCUMENTS, ("es-1",)) as run:
        run.cluster.stop()
        configure(run.cluster.nodes[0], BY_CERTUTIL)
        with pytest.raises(CommandFailed):
            run.cluster.start()
        said = refused(run)
        assert "es-1 was secured half-way, with certutil's files (elastic-certificates.p12, http.p12)" in said
        assert "names elastic-certificates.p12, which is not there" in said
        assert "elasticsearch-security:takeover: {}" in said
        run.write(takeover={}, consent=None)
        assert run.preview()["plan"]["restart"]["reasons"][0].startswith("es-1: was secured half-way, and does not")
        assert run.up()["result"] == "changed"
        assert_ours(run)


def test_a_node_with_security_on_and_a_password_that_nobody_knows_is_taken_over_with_one_that_is_set_anew(tmp_path):
    with open_stack(tmp_path, DOCUMENTS, ("es-1",)) as run:
        run.cluster.stop()
        node = run.cluster.nodes[0]
        configure(node, "xpack.security.enabled: true\n")
        run.cluster.start()
        assert "give it as `takeover.elastic_password`" in refused(run)
        tool = run.cluster.home / "bin" / "elasticsearch-reset-password"
        done = as_the_node(node, [str(tool), "-u", "elastic", "-b", "-s"])
        assert done.returncode == 0, done.stderr
        run.write(takeover=run.set_secret(GIVEN, done.stdout.strip()))
        run.up()
        assert_ours(run)
