"""Whatever the operator's file looks like: a merge keeps every foreign line, and the node reads what was planned."""

from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from components.settings.merge import flatten, merge
from components.settings.scalars import held, same

HEADER = "# ours"
OURS = ("xpack.security.enabled", "xpack.security.http.ssl.enabled", "xpack.security.authc.order", "xpack.license")
FALSY = ("false", "no", "'false'", "off  # for now", "[a, b]", "a, b # c", "${OFF}")
COMMENTS = ("# a comment: not a key", "#xpack.security.enabled: true", "#", "# größe 🎉")


@dataclass(frozen=True)
class OperatorFile:
    """A file and those of its lines that no merge may touch."""

    text: str
    foreign: tuple[str, ...]


def written(key, value, form):
    """Write one of our keys as the operator might have."""
    first, second, *rest = key.split(".")
    tail = ".".join(rest)
    bare = value.split("  #")[0].split(" #")[0]
    forms = {
        "dotted": [f"{key}:  {value}"],
        "block": [f"{key}:", "  - a", "  - b # c"],
        "flow": [f"{first}.{second}: {{{tail}: '{bare.strip(chr(39))}'}} # c"],
        "partly": [f"{first}.{second}:", f"    {tail}: {value}"],
        "numbered": [f"{key}.0: a", f"{key}.1: b"],
    }
    return forms[form if tail or form in {"dotted", "block", "numbered"} else "dotted"]


@st.composite
def foreign_section(draw, number):
    comment = draw(st.sampled_from(("", " # c", "   #")))
    inner = draw(st.sampled_from(("  ", "    ")))
    return draw(
        st.sampled_from(
            [
                ["", draw(st.sampled_from(COMMENTS))],
                [f"path.p{number}: /var/lib{comment}"],
                [f'"quoted.q{number}": "a # b"{comment}'],
                [
                    f"block{number}:{comment}",
                    f"{inner}x.y: 1",
                    "# between",
                    f"{inner}z:",
                    f"{inner}  deep: 'yes'{comment}",
                ],
                [f"flow{number}: {{a: 1, b.c: [x, y]}}{comment}"],
                [f"lines{number}: [", "  a, # first", "  b", f"]{comment}"],
                [f"list{number}:", f"{inner}- a{comment}", "", f"{inner}- b"],
                [f"plain{number}:", "- a", "- 'b: c'"],
                [f"text{number}: |{comment}", f"{inner}# no comment", "", f"{inner}  xpack.security.enabled: false"],
            ]
        )
    )


@st.composite
def operator_files(draw):
    eol = draw(st.sampled_from(("\n", "\r\n")))
    sections = [(draw(foreign_section(number)), True) for number in range(draw(st.integers(0, 6)))]
    for key in draw(st.lists(st.sampled_from(OURS), unique=True)):
        form = draw(st.sampled_from(("dotted", "block", "flow", "partly", "numbered")))
        if form in {"flow", "partly"} and any("xpack.security:" in line for lines, _ in sections for line in lines):
            form = "dotted"  # the mapping's name may stand in the file once
        sections.insert(draw(st.integers(0, len(sections))), (written(key, draw(st.sampled_from(FALSY)), form), False))
    lines = [line for section, _ in sections for line in section]
    text = eol.join(lines) + draw(st.sampled_from((eol, eol + eol, "")))
    return OperatorFile(text, tuple(line for section, is_foreign in sections if is_foreign for line in section))


wanted_settings = st.dictionaries(
    st.sampled_from((*OURS, "xpack.security.new.setting")),
    st.sampled_from((True, False, 7, "native", "yes", "a: b #c", ("a", "b"), ("b",), (), ("x,y", "on"))),
)
absent_settings = st.lists(st.sampled_from((*OURS, "xpack.security.", "xpack.security.http.", "nothing")), max_size=2)


def is_absent(key, absent):
    return any(key == each or (each.endswith(".") and key.startswith(each)) for each in absent)


def expected(standing, wanted, absent):
    """What must be read after the merge, decided without the code under test but for the comparison of values."""
    kept = {key: value for key, value in standing.items() if key in wanted or not is_absent(key, absent)}
    for key, value in wanted.items():
        if key not in standing or not same(standing[key], held(value)):
            kept[key] = held(value)
    return kept


def come_in_order(lines, text):
    rest = iter(text.splitlines())
    return all(any(line == other for other in rest) for line in lines)


@settings(max_examples=200, deadline=None)
@given(operator_files(), wanted_settings, absent_settings)
def test_a_merge_keeps_foreign_lines_and_means_what_was_planned(file, wanted, absent):
    before = flatten(file.text, where="es-1")
    result = merge(file.text, wanted, absent, where="es-1", header=HEADER)
    assert flatten(result.text, where="es-1") == expected(before, wanted, absent)
    assert come_in_order(file.foreign, result.text)
    assert ("\r" in result.text) <= ("\r\n" in file.text)
    again = merge(result.text, wanted, absent, where="es-1", header=HEADER)
    assert (again.text, again.changes) == (result.text, ())
    assert bool(result.changes) == (result.text != file.text)


@settings(max_examples=60, deadline=None)
@given(operator_files(), wanted_settings, wanted_settings)
def test_one_merge_after_another_ends_where_the_second_alone_wants_it(file, first, second):
    once = merge(file.text, first, (), where="es-1", header=HEADER)
    twice = merge(once.text, second, (), where="es-1", header=HEADER)
    assert flatten(twice.text, where="es-1") == expected(flatten(once.text, where="es-1"), second, ())
    assert come_in_order(file.foreign, twice.text)
    assert twice.text.count(HEADER) <= 1
