"""What a run leaves behind that came to its end, whatever was before."""

from tests.cluster.stack_run import SecuredApi, StackRun
from tests.cluster_fixtures import NAMES


def assert_finished(run: StackRun, documents: int, persistent: dict[str, str] | None = None) -> SecuredApi:
    """The cluster is secured and whole, every user logs in, nothing is left over, and nothing is left to do.

    Args:
        run: the stack.
        documents: how many documents there were before.
        persistent: the operator's own cluster settings.
    """
    api = run.api()
    for node in range(len(NAMES)):
        assert api.ask_anonymously("/", node)[0] == 401
        assert api.ask("/", node)[0] == 200
    assert sorted(node["name"] for node in api.ask("/_cat/nodes?format=json")[1]) == sorted(NAMES)
    assert api.ask("/books/_count")[1]["count"] == documents
    assert api.ask("/_cluster/health")[1]["status"] == "green"
    settings = api.ask("/_cluster/settings?flat_settings=true")[1]
    assert settings == {"persistent": persistent or {}, "transient": {}}
    for user, password in run.output("userPasswords").items():
        status, who = api.ask("/_security/_authenticate", user=user, password=password)
        assert (status, who["username"]) == (200, user)
    for node in run.cluster.nodes:
        assert not (node.config / "essecurity-rollout").exists()
        assert not list(node.config.rglob("*.essecurity-new"))
    plan = run.preview()["plan"]
    assert (plan["rows"], plan["restart"]) == ([], None)
    return api
