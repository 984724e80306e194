"""What Kibana takes for a value and Elasticsearch does not: kept to the byte, and never put our values into."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.errors import ConfigurationRefused
from components.settings.flat import flatten
from components.settings.merge import merge
from components.settings.scalars import Opaque, same

HEADER = "# ours"
ENROLLED = (
    "# This section was automatically generated during setup.\n"
    "elasticsearch.hosts: ['https://10.0.0.5:9200']\n"
    "elasticsearch.serviceAccountToken: AAEAAWVs\n"
    "elasticsearch.ssl.certificateAuthorities: [/var/lib/kibana/ca_1670.crt]\n"
    "xpack.fleet.outputs: [{id: fleet-default-output, name: default, is_default: true, is_default_monitoring: true, "
    "type: elasticsearch, hosts: ['https://10.0.0.5:9200'], ca_trusted_fingerprint: 5c3}]\n"
)
FLEET = ENROLLED.splitlines(keepends=True)[-1]
SECTIONS = (
    FLEET,
    "xpack.fleet.packages:\n  - name: fleet_server # why\n    version: latest\n\n  - {name: system}\n",
    "logging:\n  loggers:\n    - name: http\n      level: debug\n    - name: x\n",
    "xpack.fleet.agentPolicies:\n- name: a\n  package_policies:\n  - package: {name: b}\n",
    "server.name:\n",
    "server:\n  basePath: ~ # none\n  other:\n",
    "lists: [[a, b], [c]]\n",
    "texts:\n- |\n  a: 1\n-\n- b\n",
    "data.0: x\ndata.1:\n",
    "plain: text # as ever\n",
)
OURS = {"server.ssl.enabled": True, "elasticsearch.hosts": ("https://es-1:9200",), "server.publicBaseUrl": "https://k"}


def merged(text, wanted, absent=()):
    return merge(text, wanted, absent, where="kibana.yml", header=HEADER, also_opaque=True)


def test_the_lines_of_kibanas_enrolment_are_taken_and_fleets_stays_to_the_byte():
    result = merged(ENROLLED, OURS, ("elasticsearch.serviceAccountToken",))
    assert FLEET in result.text
    assert "serviceAccountToken" not in result.text
    assert flatten(result.text, where="kibana.yml", also_opaque=True)["xpack.fleet.outputs"] == Opaque(
        FLEET.removeprefix("xpack.fleet.outputs: ").removesuffix("\n")
    )
    assert merged(result.text, OURS, ("elasticsearch.serviceAccountToken",)).changes == ()


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.sampled_from(SECTIONS), unique=True, min_size=1),
    st.sampled_from(("", "elasticsearch.hosts: [http://a]\n", "elasticsearch:\n  hosts: [http://a]\n  username: x\n")),
    st.integers(0, len(SECTIONS)),
    st.dictionaries(st.sampled_from(sorted(OURS)), st.none()).map(lambda some: {key: OURS[key] for key in some}),
    st.sampled_from(("\n", "\r\n")),
)
def test_a_merge_keeps_every_byte_of_what_is_opaque(sections, ours, at, wanted, eol):
    texts = [section.replace("\n", eol) for section in (*sections[:at], ours, *sections[at:])]
    before = flatten("".join(texts), where="kibana.yml", also_opaque=True)
    result = merged("".join(texts), wanted, ("elasticsearch.username",))
    assert [text for text in texts if text.replace(eol, "\n") != ours and text not in result.text] == []
    after = flatten(result.text, where="kibana.yml", also_opaque=True)
    kept = {key: value for key, value in before.items() if key not in ("elasticsearch.username", *wanted)}
    assert {key: value for key, value in after.items() if key not in wanted} == kept
    again = merged(result.text, wanted, ("elasticsearch.username",))
    assert (again.text, again.changes) == (result.text, ())


@pytest.mark.parametrize(
    ("lines", "key"),
    [
        pytest.param("a: 1\nserver.publicBaseUrl:\n", "server.publicBaseUrl", id="nothing"),
        pytest.param("a: 1\nelasticsearch.hosts: [{url: x}]\n", "elasticsearch.hosts", id="a list of mappings"),
        pytest.param("a: 1\nserver.ssl: null\n", "server.ssl", id="above ours, which it might take away"),
        pytest.param("a: 1\nelasticsearch.password: ~\n", "elasticsearch.password", id="to be removed"),
    ],
)
def test_what_is_ours_is_refused_with_its_line_and_without_a_word_about_elasticsearch(lines, key):
    with pytest.raises(ConfigurationRefused, match=f"line 2, column 1: {key} has no value") as refused:
        merged(lines, OURS, ("elasticsearch.password",))
    assert "Elasticsearch" not in str(refused.value)


def test_elasticsearch_yml_is_read_as_strictly_as_before():
    with pytest.raises(ConfigurationRefused, match="does not start with it either"):
        merge(FLEET, OURS, (), where="es-1", header=HEADER)


def test_what_is_opaque_equals_its_like_alone():
    assert Opaque("null") == Opaque("null")
    assert Opaque("null") != "null"
    assert "null" not in (Opaque("null"),)
    assert not same(Opaque("a, b"), ("a", "b"))
