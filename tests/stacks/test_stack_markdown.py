"""A plan as a comment on a pull request, read by a Markdown reader that is not ours."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from components.users.handler import LOG_IN
from stacks.held import Held
from stacks.markdown import failure_markdown, plan_markdown
from stacks.markdown_text import words
from stacks.plan import Due, Plan, Restart
from stacks.plan_names import NewNames
from stacks.plan_rows import Row

TITLE = "logs (prod) · basic-https"
GITHUB_TAKES = 65_536
RESTART = Restart("full stop", ("es-1: transport layer plain → TLS",), ("stop es-1", "start es-1"), 26.0)
PLAN = Plan(
    rows=(
        Row("trust file", ("es-1", "es-2"), "write certs/transport-trust.pem (0640): g1 → g1 + g2", "reload, in 5 s"),
        Row("proof", (), "every node takes a probe leaf of g2"),
        Row("elasticsearch.yml", ("es-1",), "+ xpack.security.enabled: true", "with the full stop"),
    ),
    restart=RESTART,
    notes=("the CA of the transport layer is rotated",),
    gates=("✓ health is green", "! no search is answered meanwhile"),
    held=(Held("HTTP CA g1 → g2", "billing", ("present",), ("3 of 3 serve g2",), "run `up`", "set it to 1"),),
    next_due=Due("HTTP leaf of es-2", datetime(2027, 3, 24, tzinfo=UTC)),
    warnings=("clients need another CA (output caCertificatePem)",),
    names=(NewNames("leaf", "es-1", "http", ("es.example.net", "www.example.net", "::1"), as_before=False),),
)
HOSTILE = [
    "a | b | c",
    "`` ` | </code> ` ``",
    "x\n\n# heading\n\n| a | b |",
    "x\r\n</details><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "&lt;b&gt; &#60;b&#62; </code><b>",
    "[click](javascript:alert(1)) ![x](y)",
    "@everyone #1 !1 GH-1 https://evil.example.net www.evil.example.net",
    "\\| \\` \\\\| \\<b>",
    "**bold** _it_ ~~no~~ $x$ - + * > 1. ---",
    "`<b>` and `|` and `` a",
    "\u202egnp.exe\u2066 \x1b[31m \x00",
    "",
    " ` ",
    "a  <b>  `c",
]


class Seen(HTMLParser):
    """The elements of a page, with the text in it."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.text, self.cells, self.rows = [], "", [], 0
        self.feed(MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(text))

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.rows += tag == "tr"
        if tag == "td":
            self.cells.append("")

    def handle_data(self, data):
        self.text += data
        if self.cells:
            self.cells[-1] += data


OURS = {"h2", "h3", "p", "strong", "em", "ul", "ol", "li", "code", "pre", "details", "summary"}
OURS |= {"table", "thead", "tbody", "tr", "th", "td"}


def with_text_everywhere(text):
    """Return a plan in which every text of others is the given one."""
    return Plan(
        rows=(Row("trust file", (text,), text, text), Row("proof", (), text)),
        restart=Restart("rolling restart", (f"{text}: {text}",), (text,), 0.0),
        notes=(text,),
        gates=(f"✓ {text}", f"! {text}"),
        held=(Held(text, text, (text,), (text,), text, text),),
        next_due=Due(text, datetime(2027, 3, 24, tzinfo=UTC)),
        warnings=(text,),
        names=(NewNames("leaf", text, text, (text, text), as_before=False),),
    )


def test_the_comment_reads_from_the_reason_over_the_rows_to_the_next_date():
    text = plan_markdown(PLAN, TITLE)
    order = [
        "## logs (prod) · basic-https",
        "**2 changes · full stop (the last one took 26 s)**",
        "- the CA of the transport layer is rotated",
        "- **! clients need another CA (output caCertificatePem)**",
        "| what | nodes | change | takes effect |",
        "| trust file | es-1 es-2 | `write certs/transport-trust.pem (0640): g1 → g1 + g2` | reload, in 5 s |",
        "| elasticsearch.yml | es-1 | `+ xpack.security.enabled: true` | with the full stop |",
        "### Names in new leaves",
        "- es-1 · http: `es.example.net, www.example.net, ::1`",
        "### Full stop (the last one took 26 s)",
        "- because transport layer plain → TLS on es-1",
        "1. stop es-1",
        "### Proofs",
        "- every node takes a probe leaf of g2",
        "### Held: HTTP CA g1 → g2: present waits for billing",
        "- next: run `up`",
        "### Gates now",
        "- **! no search is answered meanwhile**",
        "- ✓ health is green",
        "Next due: HTTP leaf of es-2, from 2027-03-24",
    ]
    lines = text.splitlines()
    assert [line for line in order if line not in lines] == []
    assert sorted(lines.index(line) for line in order) == [lines.index(line) for line in order]


def test_a_reader_of_markdown_sees_a_table_with_four_columns():
    seen = Seen(plan_markdown(PLAN, TITLE))
    assert (seen.rows, len(seen.cells), seen.tags.count("table")) == (3, 8, 1)
    assert seen.cells[2].strip() == "write certs/transport-trust.pem (0640): g1 → g1 + g2"


def test_an_empty_plan_says_so_with_the_next_date_and_only_what_is_to_be_minded():
    plan = Plan(gates=PLAN.gates, next_due=PLAN.next_due, warnings=PLAN.warnings)
    text = plan_markdown(plan, TITLE)
    assert "**Nothing to do.** Next due: HTTP leaf of es-2, from 2027-03-24\n" in text
    assert "- **! clients need another CA" in text
    assert "health is green" not in text
    assert "|" not in text


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_stays_in_its_cell_and_is_seen_as_it_is(text):
    seen = Seen(plan_markdown(with_text_everywhere(text), TITLE))
    calm = Seen(plan_markdown(with_text_everywhere("calm"), TITLE))
    assert set(seen.tags) <= OURS, "no element that is not ours"
    assert [seen.tags.count(tag) for tag in ("table", "tr", "td", "h2", "h3", "ol")] == [
        calm.tags.count(tag) for tag in ("table", "tr", "td", "h2", "h3", "ol")
    ]
    assert len(seen.cells) == 4
    visible = "⏎".join(text.splitlines())
    if visible.isprintable():
        assert seen.cells[2].split() == visible.split(), "all of it can be read"


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet=st.sampled_from("ab1 |`\\<>&*_[]()!#@$~-+.:/'\"\n\r\t=\u202e…→"), max_size=40))
def test_no_text_at_all_makes_an_element_or_another_cell(text):
    seen = Seen(plan_markdown(with_text_everywhere(text), TITLE))
    assert set(seen.tags) <= OURS
    assert (seen.tags.count("td"), seen.tags.count("h2"), seen.tags.count("table")) == (4, 1, 1)


@pytest.mark.parametrize("text", ["@everyone", "#1", "!1", "GH-1", "https://evil.example.net", "www.evil.example.net"])
def test_what_would_call_a_person_or_make_a_link_is_code(text):
    told = plan_markdown(with_text_everywhere(f"see {text} there"), TITLE)
    outside = re.sub(r"<code>.*?</code>|`[^`\n]*`", "", told)
    assert text in told
    assert text not in outside


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("again; with `rollout.hold_after`, until retire", "again; with `rollout.hold_after`, until retire"),
        ("(with `rollout.hold_after`: until retire)", "(with `rollout.hold_after`: until retire)"),
        (
            "set its `confirmed_generation: 2` in unmanaged_clients; then",
            "set its `confirmed_generation: 2` in `unmanaged_clients`; then",
        ),
        ("reload, ≤ 5 s", "reload, ≤ 5 s"),
        (
            "remove rollout.hold_after, or set it to `present`, and run `up`",
            "remove `rollout.hold_after`, or set it to `present`, and run `up`",
        ),
        ("waits for rollout.hold_after, which is `present`", "waits for `rollout.hold_after`, which is `present`"),
        ("; x", "`;` x"),
    ],
)
def test_the_marks_of_a_sentence_stand_outside_of_what_is_code_in_it(told, shown):
    assert words(told) == shown


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        pytest.param(
            [
                Row("leaf", ("es-1",), "~ HTTP leaf"),
                Row("key file", ("es-1",), "write it"),
                Row("proof", (), "a probe leaf is accepted"),
                Row("user", (), f"{LOG_IN}elastic"),
                Row("Kibana", ("k",), "restart Kibana"),
                Row("hook after", (), "wake: ./wake.sh"),
                Row("verification", (), "25 checks"),
            ],
            "**2 changes · Kibana restarts**",
            id="one leaf",
        ),
        pytest.param([Row("user", (), "set the password of elastic")], "**1 change · nothing restarts**", id="a login"),
        pytest.param([Row("verification", (), "25 checks")], "**Nothing changes · nothing restarts**", id="a look"),
    ],
)
def test_what_only_looks_or_has_a_name_of_its_own_is_not_counted_as_a_change(rows, told):
    assert told in plan_markdown(Plan(rows=tuple(rows)), TITLE).splitlines()


def test_nobody_is_shown_what_cannot_be_seen():
    text = plan_markdown(with_text_everywhere("a\u202eb\x1b[31mc\x00"), TITLE)
    assert not {"\u202e", "\x1b", "\x00"} & set(text)
    assert "\\u202e" in Seen(text).text


@pytest.mark.parametrize("text", ["x", "äöü→" * 200, "|`<" * 300, "\x00" * 300])
def test_the_longest_plan_fits_into_a_comment_and_says_how_many_rows_were_left_out(text):
    rows = tuple(Row("trust file", (f"es-{at}",), f"{at} {text}", "reload") for at in range(5_000))
    one = with_text_everywhere(text)
    leaves = ((f"es-{at} {text}", (f"{at} {text}",) * (at % 20)) for at in range(500))
    plan = Plan(
        rows=rows + one.rows,
        restart=Restart("full stop", tuple(f"es-1: {at} {text}" for at in range(500)), (text,) * 500, 0.0),
        notes=tuple(f"{at} {text}" for at in range(500)),
        gates=one.gates * 500,
        held=one.held * 2,
        warnings=(text,) * 500,
        names=tuple(replace(one.names[0], node=node, names=names) for node, names in leaves),
    )
    comment = plan_markdown(plan, text)
    assert len(comment.encode()) < GITHUB_TAKES
    left, of = map(int, re.search(r"\*(\d+) of (\d+) rows are left out here", comment).groups())
    assert (of, left + comment.count("| trust file |")) == (5_001, 5_001)
    assert comment.count("<details>") == comment.count("</details>") == 2
    assert set(Seen(comment).tags) <= OURS


def test_a_plan_of_many_rows_is_folded_away_and_whole():
    rows = tuple(Row("trust file", (f"es-{at}",), f"write {at}", "reload") for at in range(100))
    comment = plan_markdown(Plan(rows=rows), TITLE)
    assert "<details><summary>100 rows</summary>\n\n| what |" in comment
    assert Seen(comment).tags.count("tr") == 101
    assert "left out" not in comment


def test_a_preview_that_failed_is_a_comment_with_its_errors_in_their_lines():
    error = "es-1: it failed\n  why:  ```` </pre><b> @everyone\n  next: mend it"
    comment = failure_markdown("prod", [error, "another"])
    assert comment.startswith("## prod: the preview failed\n\n**Nothing was changed.**\n")
    seen = Seen(comment)
    assert seen.tags.count("pre") == 2
    assert set(seen.tags) <= OURS
    assert error in seen.text


def test_errors_that_are_too_long_are_cut_and_say_so():
    comment = failure_markdown("prod", ["x\n" * 50_000, "\x00" * 100_000])
    assert len(comment.encode()) < GITHUB_TAKES
    assert comment.rstrip().endswith("the log of the run has all of it.*")
