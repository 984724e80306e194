"""What people read of a plan, of a run and of outputs, in a pipe of 100 columns; and the same plan as data."""

import io
import json
import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from stacks.certificates import certificates_view
from stacks.plan import Plan, plan_from
from stacks.plan_words import MANY
from stacks.show import outputs_view, plan_data, plan_view, summary_view, write_file_for_people
from stacks.times import Times
from tests.stacks import seen
from tests.stacks.seen import TLS_ON, identity, leaf, restart, securing, settings, trust
from toolchain import console

TITLE = "logs (prod) · basic"
NOW = datetime(2026, 11, 24, 4, tzinfo=UTC)
DATES = {"notBefore": "2026-11-24T00:00:00+00:00", "notAfter": "2026-12-24T00:00:00+00:00"}
PEM = "-----BEGIN CERTIFICATE-----\nMIIB\nMIIC\n-----END CERTIFICATE-----\n"
CERTIFICATES = [
    {
        "name": "logs transport CA g1",
        "node": None,
        "layer": "transport",
        "serial": None,
        "notAfter": "2036-11-24T04:00:00+00:00",
        "issuerGeneration": 1.0,
    },
    {
        "name": "es-1-transport",
        "node": "es-1",
        "layer": "transport",
        "serial": "0123456789abcdef",
        "notAfter": "2027-11-24T04:00:00+00:00",
        "issuerGeneration": 2,
    },
]
OUTPUTS = {
    "scenario": "basic-https",
    "httpUrls": ["https://es-1.example.net:9200", "https://es-2.example.net:9200"],
    "transportAddresses": ["es-1.example.net:9300", "es-2.example.net:9300"],
    "elasticPassword": "[secret]",
    "caCertificatePem": PEM,
    "certificates": CERTIFICATES,
}
LISTED = """\
certificate            layer       issuer   serial      expires      days left
──────────────────────────────────────────────────────────────────────────────
logs transport CA g1   transport   g1                   2036-11-24        3653
es-1-transport         transport   g2       01234567…   2027-11-24         365
"""


@pytest.fixture
def printed(monkeypatch):
    """Print a view as a pipe gets it: without control codes, and without blanks at the end of lines."""
    monkeypatch.setattr(console, "PIPE_WIDTH", 100)

    def show(view):
        pipe = io.StringIO()
        console.Console(pipe).show(view)
        text = pipe.getvalue()
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\x9b]", text), "no control code, and no tabulator"
        assert max(map(len, text.splitlines()), default=0) <= 100
        assert text == "".join(f"{line.rstrip()}\n" for line in text.splitlines())
        return text

    return show


def test_a_plan_reads_like_this(printed):
    plan = plan_from(securing(), ["signer was replaced: generation 2 signs now"])
    assert (
        printed(plan_view(plan, TITLE))
        == """\
logs (prod) · basic
  signer was replaced: generation 2 signs now

authority
  + transport CA g1, until 2036-11-22

leaf · es-1 es-2
  + transport leaf

password
  + bootstrap, generated
  + elastic, generated
  + kibana_system, generated

trust file · es-1 es-2 · with the full stop
  write certs/transport-trust.pem (0640): g1 (new)

key file · es-1 es-2 · with the full stop
  write certs/transport-key.p12 (0640): leaf (new)

elasticsearch.yml · es-1 es-2 · with the full stop
  + xpack.security.transport.ssl.enabled: true

keystore · es-1 es-2 · with the full stop
  + bootstrap.password

user
  set the password of elastic

verification
  25 checks

full stop
  because transport layer plain → TLS on es-1 es-2
  1. stop es-1, es-2
  2. start es-1, es-2
"""
    )


def test_an_empty_plan_is_one_line_with_the_next_renewal(printed):
    plan = plan_from([leaf("es-1", "same", **DATES)])
    assert printed(plan_view(plan, TITLE)) == (
        "logs (prod) · basic · nothing to do · next due: transport leaf of es-1, from 2026-12-14\n"
    )
    assert printed(plan_view(Plan(), TITLE)) == "logs (prod) · basic · nothing to do\n"


def test_the_next_renewal_ends_a_plan(printed):
    plan = plan_from([trust("es-1", "update"), leaf("es-1", "same", **DATES)])
    assert printed(plan_view(plan, TITLE)).endswith("\n\nnext due: transport leaf of es-1, from 2026-12-14\n")


def with_names(count):
    """Return the first leaves of so many nodes, each with a name and an address of its own."""
    made = [leaf(f"es-{number}") for number in range(1, count + 1)]
    names = [{"dns": [f"es-{at}.example.net", "localhost"], "ips": [f"10.0.0.{at}"]} for at in range(1, count + 1)]
    return [replace(one, inputs={**one.inputs, **sans}) for one, sans in zip(made, names, strict=True)]


def test_what_first_leaves_will_name_stands_below_them(printed):
    text = printed(plan_view(plan_from([seen.authority(), *with_names(2), trust("es-1")]), TITLE))
    assert (
        text
        == """\
logs (prod) · basic

authority
  + transport CA g1, until 2036-11-22

leaf · es-1 es-2
  + transport leaf

names in new leaves
  es-1 · transport  es-1.example.net, localhost, 10.0.0.1
  es-2 · transport  es-2.example.net, localhost, 10.0.0.2

trust file · es-1 · reload, ≤ 5 s
  write certs/transport-trust.pem (0640): g1 (new)
"""
    )


def test_a_plan_does_not_grow_with_the_nodes_whose_leaves_are_new(printed):
    six, hundred = (printed(plan_view(plan_from(with_names(count)), TITLE)) for count in (6, 100))
    assert hundred.endswith(
        "\nnames in new leaves · {name} stands for the node's name\n"
        "  100 nodes · transport  {name}.example.net, its IP address, localhost\n"
    )
    assert six == hundred.replace("100 nodes", "6 nodes")


def test_how_many_leaves_are_left_out_is_the_last_line_of_their_names(printed):
    many = [
        replace(one, inputs={**one.inputs, "dns": [f"{at}.{each}.net" for each in range(at)]})
        for at, one in enumerate(with_names(30), 1)
    ]
    assert printed(plan_view(plan_from(many), TITLE)).endswith("\n  and 18 more, which `preview --json` lists\n")


def test_up_to_four_nodes_are_named_and_more_are_counted(printed):
    four, five = ([f"es-{number}" for number in range(1, count + 1)] for count in (MANY, MANY + 1))
    shown = [printed(plan_view(plan_from([identity(n, "update") for n in nodes]), TITLE)) for nodes in (four, five)]
    assert "\nkey file · es-1 es-2 es-3 es-4 · reload, ≤ 5 s\n  write" in shown[0]
    assert "\nkey file · 5 nodes · reload, ≤ 5 s\n  write" in shown[1]


def test_reasons_that_nodes_share_are_one_line(printed):
    reasons = [f"es-{number}: was started before its files were changed" for number in range(1, 6)]
    text = printed(plan_view(plan_from([restart(reasons=[*reasons, "es-1: something else"])]), TITLE))
    assert "  because was started before its files were changed on 5 nodes\n" in text
    assert "  because something else on es-1\n" in text


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param((TLS_ON, "xpack.security.enabled: false → true"), id="a line that changes, and one that comes"),
        pytest.param((TLS_ON, "+ xpack.security.enabled: true"), id="lines that come, as on every first run"),
        pytest.param((TLS_ON,), id="one line"),
    ],
)
def test_reasons_do_not_repeat_the_lines_that_stand_in_the_table(lines, printed):
    changed = [settings(name, *lines, op="update") for name in ("es-1", "es-2")]
    reasons = [f"{name}: {', '.join(lines)}" for name in ("es-1", "es-2")]
    text = printed(plan_view(plan_from([*changed, restart(reasons=reasons)]), TITLE))
    assert "because its configuration changes (above) on es-1 es-2" in text
    assert text.count(TLS_ON) == 1


def test_how_long_the_last_full_stop_took_is_told_of_a_full_stop(printed):
    text = printed(plan_view(plan_from([restart(fullStopSeconds=42.4)]), TITLE))
    assert "full stop (the last one took 42 s)\n" in text
    assert "took" not in printed(plan_view(plan_from([restart(fullStopSeconds=0)]), TITLE))


def test_how_long_the_last_full_stop_took_is_not_told_of_a_rolling_restart(printed):
    text = printed(plan_view(plan_from([restart(procedure="rolling restart", fullStopSeconds=42.4)]), TITLE))
    assert "rolling restart\n" in text
    assert "42" not in text


def test_steps_are_numbered_in_one_column(printed):
    text = printed(plan_view(plan_from([restart(steps=[f"step {n}" for n in range(1, 11)])]), TITLE))
    assert "   9. step 9\n  10. step 10\n" in text


def test_what_looks_like_markup_is_printed_as_it_is(printed):
    text = printed(plan_view(plan_from([trust("es-1", "update", "write [red]x[/red]")], ["a [bold]note"]), "[b]t"))
    assert "write [red]x[/red]" in text
    assert "  a [bold]note\n" in text
    assert text.startswith("[b]t\n")


def test_the_gates_of_the_preflight_stand_below_the_steps(printed):
    gates = ["✓ health is green", "! licence gold, expired"]
    text = printed(plan_view(plan_from([restart()], gates=gates), TITLE))
    assert text.index("2. start es-1, es-2") < text.index("gates now\n  ✓ health is green\n  ! licence gold, expired")


def test_what_is_held_stands_below_a_plan_also_below_an_empty_one(printed):
    inputs = {"layer": "transport", "generation": 2.0, "holdAfter": "present"}
    outputs = {"signerGeneration": 2.0, "trustedGenerations": [1.0, 2.0], "heldWaves": ["retire"]}
    held = seen.seen("CertificateAuthority", "transport-ca", "same", inputs, **outputs)
    told = """
held · transport CA g1 → g2: retire waits for rollout.hold_after, which is `present`
  not yet proved: retire: every node that runs refuses a probe leaf of g1
  next: remove rollout.hold_after and run `up`
  way back: set authorities.transport.generation to 1 again and run `up`, until retire; after that
  only by another rotation
"""
    assert printed(plan_view(plan_from([held]), TITLE)) == f"logs (prod) · basic · nothing to do\n{told}"
    assert printed(plan_view(plan_from([held, trust("es-1")]), TITLE)).endswith(told)


def test_an_empty_plan_tells_only_what_is_to_be_minded(printed):
    gates = ["✓ health is green", "! licence gold, expired", "✗ the clock of es-2 is 900 s behind this machine's"]
    assert printed(plan_view(plan_from([leaf("es-1", "same", **DATES)], gates=gates), TITLE)).splitlines() == [
        "logs (prod) · basic · nothing to do · next due: transport leaf of es-1, from 2026-12-14",
        "  ! licence gold, expired",
        "  ✗ the clock of es-2 is 900 s behind this machine's",
    ]


def test_warnings_stand_below_the_title_also_where_nothing_is_to_be_done(printed):
    for plan in (plan_from([restart()], ["a note"]), Plan()):
        lines = printed(plan_view(replace(plan, warnings=("es-3 does not run",)), TITLE)).splitlines()
        assert lines[0].startswith(TITLE)
        assert lines.index("  ! es-3 does not run") == len(plan.notes) + 1


def test_a_plan_is_the_same_as_data():
    stop = restart(fullStopSeconds=42.5)
    plan = plan_from([trust("es-1"), stop, leaf("es-1", "same", **DATES)], ["a note"], ["✓ health is green"])
    assert json.loads(json.dumps(plan_data(plan))) == {
        "rows": [
            {
                "what": "trust file",
                "nodes": ["es-1"],
                "change": "write certs/transport-trust.pem (0640): g1 (new)",
                "effect": "with the full stop",
            }
        ],
        "restart": {
            "procedure": "full stop",
            "reasons": ["es-1: transport layer plain → TLS", "es-2: transport layer plain → TLS"],
            "steps": ["stop es-1, es-2", "start es-1, es-2"],
            "last_seconds": 42.5,
        },
        "notes": ["a note"],
        "gates": ["✓ health is green"],
        "held": [],
        "next_due": {"name": "transport leaf of es-1", "opens": "2026-12-14T00:00:00+00:00"},
        "warnings": [],
        "unseen": [],
        "names": [],
    }


def test_an_empty_plan_is_empty_as_data():
    assert plan_data(Plan()) == {
        "rows": (),
        "restart": None,
        "notes": (),
        "gates": (),
        "held": (),
        "next_due": None,
        "warnings": (),
        "unseen": (),
        "names": (),
    }


TIMES = Times(
    45.2,
    {"trust files": 0.44, "key files": 0.04, "rollout": 38.0},
    {"keep the files": 0.0, "stop es-1, es-2": 12.0, "start es-1, es-2": 25.0},
)


def test_a_summary_reads_like_this(printed):
    hints = [("CA certificate", "http-ca.pem"), ("user elastic", "python -m stacks output prod elasticPassword")]
    view = summary_view(TITLE, OUTPUTS, TIMES, hints, NOW)
    assert (
        printed(view)
        == f"""\
logs (prod) · basic
scenario         basic-https
HTTP layer       https://es-1.example.net:9200  https://es-2.example.net:9200
transport layer  es-1.example.net:9300  es-2.example.net:9300

CA certificate:
  http-ca.pem
user elastic:
  python -m stacks output prod elasticPassword

{LISTED}
how long it took: 45 s in all, the engine's own work among it
0.4 s  trust files
 38 s  rollout
 12 s    stop es-1, es-2
 25 s    start es-1, es-2
"""
    )


def test_a_command_to_copy_stands_on_a_line_of_its_own_and_is_never_broken(monkeypatch):
    monkeypatch.setattr(console, "PIPE_WIDTH", 40)
    command = f"../.venv/bin/python -m stacks output {'production' * 5} elasticPassword --show-secrets"
    pipe = io.StringIO()
    console.Console(pipe).show(summary_view(TITLE, OUTPUTS, Times(), [("password of elastic", command)], NOW))
    assert f"\n  {command}\n" in pipe.getvalue()


def test_a_summary_says_what_is_not_encrypted(printed):
    outputs = {**OUTPUTS, "unencryptedChannels": ["transport layer", "HTTP layer"]}
    said = printed(summary_view(TITLE, outputs, Times(), [], NOW))
    assert "\nnot encrypted    transport layer, HTTP layer\n" in said


def test_a_summary_of_a_run_that_did_nothing_tells_no_times(printed):
    assert printed(summary_view(TITLE, OUTPUTS, Times(), [], NOW)).endswith(LISTED)


def test_a_summary_of_a_cluster_that_is_not_secured_yet_claims_nothing_of_it(printed):
    assert printed(summary_view(TITLE, {"certificateRequests": {}}, Times(), [], NOW)).split() == TITLE.split()


def test_outputs_read_like_this_with_long_ones_by_their_first_line(printed):
    assert (
        printed(outputs_view(OUTPUTS, NOW))
        == f"""\
caCertificatePem    -----BEGIN CERTIFICATE----- … (4 lines)
elasticPassword     [secret]
httpUrls            https://es-1.example.net:9200  https://es-2.example.net:9200
scenario            basic-https
transportAddresses  es-1.example.net:9300  es-2.example.net:9300

{LISTED}"""
    )


@pytest.mark.parametrize(
    ("now", "left"),
    [
        pytest.param(datetime(2027, 11, 24, 4, tzinfo=UTC), "0", id="at its end"),
        pytest.param(datetime(2027, 11, 23, 4, 0, 1, tzinfo=UTC), "0", id="less than a day before"),
        pytest.param(datetime(2027, 11, 25, 4, tzinfo=UTC), "-1", id="a day after"),
    ],
)
def test_days_left_are_whole_days(now, left, printed):
    assert printed(certificates_view(OUTPUTS, now)).splitlines()[-1].split()[-1] == left


def test_no_secret_and_no_body_of_a_pem_is_ever_printed(printed):
    views = [
        plan_view(plan_from(securing()), TITLE),
        summary_view(TITLE, OUTPUTS, Times(), [], NOW),
        outputs_view(OUTPUTS, NOW),
    ]
    text = "".join(map(printed, views))
    assert "MIIB" not in text
    assert text.count(seen.MASKED) == 1, "the masked password, among the outputs"


def test_a_file_for_people_is_written_where_there_is_a_place_for_it(tmp_path):
    path = write_file_for_people(tmp_path, "http-ca.pem", PEM)
    assert path == tmp_path / "http-ca.pem"
    assert path.read_text() == PEM
    assert write_file_for_people(None, "http-ca.pem", PEM) is None


def test_where_the_table_has_no_room_each_certificate_is_a_line_with_nothing_cut(monkeypatch):
    monkeypatch.setattr(console, "PIPE_WIDTH", 60)
    pipe = io.StringIO()
    console.Console(pipe).show(certificates_view(OUTPUTS, NOW))
    assert " ".join(pipe.getvalue().split()) == (
        "logs transport CA g1 · transport · g1 · expires 2036-11-24 · 3653 days left "
        "es-1-transport · transport · g2 · 01234567… · expires 2027-11-24 · 365 days left"
    )
    assert max(map(len, pipe.getvalue().splitlines())) <= 60


def test_a_table_that_just_has_room_is_one(monkeypatch):
    monkeypatch.setattr(console, "PIPE_WIDTH", max(map(len, LISTED.splitlines())))
    pipe = io.StringIO()
    console.Console(pipe).show(certificates_view(OUTPUTS, NOW))
    assert pipe.getvalue() == LISTED
