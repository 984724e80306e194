"""What a plan says of Kibana."""

import pytest

from components.rollout.procedure import Procedure
from stacks.plan import plan_from
from stacks.plan_rows import Seen
from tests.stacks import seen

RESTART = ["restart Kibana: systemctl restart kibana", "wait until /api/status says that Kibana is available"]

KEYS = {"steps": ["write certs/http-key.p12 (0640): HTTP leaf, g2"]}


def of_kibana(kind, *steps, op="update", name="kibana-1"):
    return Seen(f"{name}-kibana", f"essecurity:clients:{kind}", op, {"kibana": {"name": name}}, {"steps": list(steps)})


def rows(*resources):
    return [(row.what, row.nodes, row.change, row.effect) for row in plan_from(resources).rows]


@pytest.mark.parametrize(
    ("step", "what", "change", "effect"),
    [
        (
            "kibana.yml: + server.ssl.enabled: true",
            "kibana.yml",
            "+ server.ssl.enabled: true",
            "restart of Kibana, one Kibana at a time",
        ),
        (
            "keystore: + elasticsearch.password",
            "Kibana keystore",
            "+ elasticsearch.password",
            "restart of Kibana, one Kibana at a time",
        ),
        (
            "keystore: elasticsearch.password: other value",
            "Kibana keystore",
            "elasticsearch.password: other value",
            "restart of Kibana, one Kibana at a time",
        ),
        (
            "write certs/kibana-key.pem (0640): leaf, g1 (content differs)",
            "Kibana key file",
            "write certs/kibana-key.pem (0640): leaf, g1 (content differs)",
            "reload, at SIGHUP",
        ),
    ],
)
def test_a_step_at_kibana_is_listed_with_what_it_takes(step, what, change, effect):
    assert rows(of_kibana("KibanaSettings", step)) == [(what, ("kibana-1",), change, effect)]


def test_trust_and_restart_are_listed_in_the_order_of_the_work():
    trust = of_kibana("KibanaTrust", "write certs/http-trust.pem (0640): HTTP CA g2 (content differs)", RESTART[0])
    found = rows(of_kibana("KibanaRestart", *RESTART), trust)
    assert [(what, change) for what, _, change, _ in found] == [
        ("Kibana trust file", "write certs/http-trust.pem (0640): HTTP CA g2 (content differs)"),
        ("Kibana trust file", RESTART[0]),
        ("Kibana", RESTART[0]),
        ("Kibana", RESTART[1]),
    ]


def test_what_kibana_no_longer_trusts_stands_behind_what_the_nodes_present_by_then():
    beside = "write certs/http-trust.pem (0640): HTTP CA g2, beside what is trusted now (content differs)"
    alone = "write certs/http-trust.pem (0640): nothing but HTTP CA g2 (content differs)"
    key_file = Seen("es-1-http-identity", seen.token_of("NodeIdentity"), "update", {"node": {"name": "es-1"}}, KEYS)
    found = rows(of_kibana("KibanaSettings", alone), of_kibana("KibanaTrust", beside), key_file)
    assert [what for what, _, _, _ in found] == ["Kibana trust file", "key file", "Kibana trust file"]
    assert [change for _, _, change, _ in found if "trust" in change] == [beside, alone]


def test_equal_changes_of_two_kibanas_are_one_line():
    two = [of_kibana("KibanaSettings", "kibana.yml: + a: b", name=name) for name in ("kibana-2", "kibana-1")]
    [(_, nodes, _, _)] = rows(*two)
    assert nodes == ("kibana-1", "kibana-2")


def test_a_full_stop_says_that_kibana_goes_on_and_a_rolling_restart_does_not():
    unchanged = of_kibana("KibanaRestart", op="same")
    for procedure, count in ((Procedure.FULL_STOP, 1), (Procedure.ROLLING, 0)):
        outputs = {"procedure": procedure, "steps": ["start es-1"], "reasons": ["es-1: why"]}
        restart = Seen("restart", seen.token_of("ClusterRestart"), "update", {}, outputs)
        found = [row for row in plan_from([restart, unchanged]).rows if "not stopped" in row.change]
        assert [row.nodes for row in found] == [("kibana-1",)] * count


def test_a_kibana_that_is_forgotten_keeps_its_files():
    [(_, nodes, change, _)] = rows(of_kibana("KibanaSettings", "kibana.yml: + a: b", op="delete"))
    assert (nodes, change) == (("kibana-1",), "− forgotten; nothing is taken from the node")
