"""What `refresh` says of drift: the table, the same as data, and the exit status."""

import io
import json

import pytest

from components.drift import Drift, DriftKind, drift, not_looked_at
from components.errors import MachineUnreachable
from stacks import cli
from stacks.cli import BROKEN, DUE, FINE, main
from stacks.drift import drift_data, drift_in, drift_view
from tests.stacks.fake_driver import CHANGED, UNCHANGED, fake_driver
from tests.stacks.seen import seen
from toolchain import console

TITLE = "logs (prod) · basic"
MODE = drift("es-1", "certs/transport-trust.pem", DriftKind.MODE_CHANGED, "0640", "0644", layer="transport")
LEAF = drift("es-1", "certs/http-key.p12", DriftKind.FILE_MISSING, "HTTP leaf, g1", "missing", layer="http")
SETTING = drift("es-2", "xpack.security.enabled", DriftKind.SETTING_CHANGED, "true", "false")
LOGIN = drift("", "login of elastic", DriftKind.PASSWORD_REFUSED, "the recorded password", "is refused")
GONE = MachineUnreachable(
    "the machine big does not answer by SSH", where="es-3", why="it is off", next_step="turn it on"
)
AWAY = not_looked_at("es-3", GONE)


def of(*found, op="update", kind="NodeTrust"):
    return (kind, "a-resource", op, {}, {"drift": [one.model_dump(mode="json") for one in found]} if found else {})


def in_events(*resources):
    return drift_in([seen(kind, name, op, inputs, **outputs) for kind, name, op, inputs, outputs in resources])


@pytest.fixture
def refresh(project, monkeypatch, capsys):
    """Run `refresh` on these resources; return the exit status, standard output and standard error."""

    def run(*resources, arguments=()):
        monkeypatch.setattr(cli, "Driver", fake_driver(resources))
        status = main(["refresh", "prod", *arguments, "--project", str(project)])
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return run


@pytest.fixture
def printed(monkeypatch):
    """Show a view in a terminal of so many columns, and return its lines."""

    def show(view, columns=console.PIPE_WIDTH):
        monkeypatch.setattr(console, "PIPE_WIDTH", columns)
        stream = io.StringIO()
        console.Console(stream).show(view)
        return stream.getvalue().splitlines()

    return show


def test_a_table_reads_like_this(printed):
    assert printed(drift_view((LEAF, MODE, SETTING, LOGIN), TITLE)) == [
        "logs (prod) · basic · drift, 4 findings",
        "",
        "node       what                       recorded → found                    next",
        "es-1       certs/http-key.p12         HTTP leaf, g1 → missing             `up` writes it",
        "           certs/transport-trust.pem  0640 → 0644                         `up` writes it",
        "es-2       xpack.security.enabled     true → false                        `up` puts it back",
        "(cluster)  login of elastic           the recorded password → is refused  `up` sets it",
        "",
        "`preview` says what `up` would do about it",
    ]


def test_no_drift_is_one_line(printed):
    assert printed(drift_view((), TITLE)) == ["logs (prod) · basic · no drift"]


def test_where_somebody_was_not_looked_at_it_is_never_said_that_there_is_no_drift(printed):
    assert printed(drift_view((AWAY,), TITLE)) == [
        "logs (prod) · basic · no drift where it was looked",
        "",
        "not looked at",
        "  es-3 · machine: the machine big does not answer by SSH: it is off",
        "    next: turn it on",
    ]


@pytest.mark.parametrize("columns", [80, 120])
def test_no_word_of_a_finding_is_lost_in_a_narrow_terminal(printed, columns):
    lines = printed(drift_view((LEAF, MODE, SETTING, LOGIN, AWAY), TITLE), columns)
    assert max(map(len, lines)) <= columns
    together = "".join("".join(lines).split())
    for one in (LEAF, MODE, SETTING, LOGIN):
        assert one.found.split()[-1] in together
        assert one.next.split()[-1] in together


def test_drift_is_told_also_where_the_engine_sees_no_change_since_the_last_refresh():
    for op in ("same", "refresh", "update"):
        assert in_events(of(MODE, op=op)) == (MODE,)


def test_what_several_resources_find_is_told_once():
    assert in_events(of(MODE), of(MODE, kind="NodeTrustExclusive"), of(AWAY), of(AWAY)) == (MODE, AWAY)


@pytest.mark.parametrize(
    "recorded",
    [
        pytest.param("a: 1 → 2", id="a text of an older version"),
        pytest.param({**drift_data((MODE,))[0], "kind": "NotThoughtOfYet"}, id="a kind of a newer one"),
    ],
)
def test_what_another_version_recorded_is_left_out(recorded):
    assert in_events(("NodeSettings", "es-1-settings", "same", {}, {"drift": [recorded]}), of(MODE)) == (MODE,)


def test_two_findings_of_a_verification_on_one_node_are_two():
    texts = ("the transport layer serves no TLS", "the HTTP layer serves no TLS")
    both = [drift("es-1", "TlsNotServed", DriftKind.VERIFICATION_FAILED, "verified", text) for text in texts]
    assert set(in_events(of(*both))) == set(both)


def test_findings_go_node_by_node_the_cluster_last_and_what_was_not_looked_at_behind():
    assert in_events(of(LOGIN), of(AWAY), of(SETTING), of(MODE), of(LEAF)) == (LEAF, MODE, SETTING, LOGIN, AWAY)


def test_what_a_verification_finds_is_left_out_where_another_finding_says_it():
    away = drift("es-1", "NodeDoesNotAnswer", DriftKind.VERIFICATION_FAILED, "verified", "nothing answers")
    down = drift("es-1", "process", DriftKind.NOT_RUNNING, "runs", "does not run")
    elsewhere = away.model_copy(update={"node": "es-2"})
    assert in_events(of(away, elsewhere), of(down)) == (down, elsewhere)


@pytest.mark.parametrize(
    ("resources", "status"),
    [
        pytest.param((of(), *UNCHANGED), FINE, id="nothing differs"),
        pytest.param(CHANGED[1:], FINE, id="what is recorded is not what it was, and yet nothing differs"),
        pytest.param((of(MODE, op="same"), *UNCHANGED), DUE, id="something differs"),
        pytest.param((of(AWAY),), BROKEN, id="one cannot be read"),
        pytest.param((of(AWAY), of(MODE)), BROKEN, id="one cannot be read, and on another one something differs"),
    ],
)
def test_the_exit_status_answers_the_question(resources, status, refresh):
    assert refresh(*resources)[0] == status
    assert refresh(*resources, arguments=["--json"])[0] == status


def test_as_json_it_is_a_list_of_findings(refresh):
    _, out, err = refresh(of(MODE), of(LOGIN), arguments=["--json"])
    assert json.loads(out) == {
        "result": "refreshed",
        "findings": [
            {
                "node": "es-1",
                "layer": "transport",
                "what": "certs/transport-trust.pem",
                "kind": "ModeChanged",
                "recorded": "0640",
                "found": "0644",
                "next": "`up` writes it",
            },
            drift_data((LOGIN,))[0],
        ],
        "unseen": [],
    }
    assert "drift, 2 findings" in err


def test_a_finding_survives_its_way_through_state_and_events():
    assert [Drift.model_validate(one) for one in drift_data((MODE, LOGIN, AWAY))] == [MODE, LOGIN, AWAY]
