"""The settings resource says what speaks against a start, and refuses what would keep a node from starting."""

import pytest

from components.errors import ConfigurationRefused
from components.nodes.target import Completed
from components.settings import handler
from components.settings.content import Content
from components.settings.handler import NodeSettingsHandler, NodeSettingsInputs
from components.settings.scenarios import Choices, Scenario, settings_for
from components.settings.starting import start_of
from tests.fakes import FakeContext, FakeFile
from tests.nodes.machines import commands, one_node

BASIC = Content(settings={"xpack.security.enabled": True, "xpack.security.transport.ssl.enabled": True})
TOKENS = "xpack.security.authc.token.enabled: true\n"
REACHABLE = "network.host: 10.0.0.7\ndiscovery.seed_hosts: [es-2]\n"
LOW_LIMITS = "Max open files            1024                 1024               files\n262144\n"


@pytest.fixture
def node(monkeypatch):
    """Return a maker of a node with this elasticsearch.yml, and the door that leads to it."""

    def lead_to(settings: str, limits: str | None = None, **options: str):
        one = one_node(settings=settings)
        one.target.programs["cat"] = lambda call: Completed(0 if limits else 1, limits or "", "")
        for name, text in options.items():
            one.target.put(one.config / "jvm.options.d" / f"{name}.options", FakeFile(text.encode()))
        monkeypatch.setattr(handler, "machine_of", lambda machine: one.machine)
        return one

    return lead_to


def preview(one):
    context = FakeContext()
    wanted = NodeSettingsInputs(node=one.node, content=BASIC)
    return NodeSettingsHandler().preview(None, wanted, context), context


def test_what_would_keep_a_node_from_starting_is_refused_in_elasticsearchs_words_and_nothing_changes(node):
    one = node(REACHABLE + TOKENS)
    before = dict(one.target.files)
    for run in (
        lambda: preview(one),
        lambda: NodeSettingsHandler().converge(None, NodeSettingsInputs(node=one.node, content=BASIC), FakeContext()),
    ):
        with pytest.raises(ConfigurationRefused) as caught:
            run()
        assert caught.value.where == "es-1: /nodes/es-1/config/elasticsearch.yml"
        assert '"HTTPS is required in order to use the token service' in caught.value.why
        assert "remove `xpack.security.authc.token.enabled` from elasticsearch.yml" in caught.value.next_step
    assert one.target.files == before


def test_what_elasticsearch_would_only_warn_of_is_a_warning(node):
    outputs, context = preview(node("network.host: 127.0.0.1\ndiscovery.seed_hosts: [es-2]\n" + TOKENS))
    assert len(outputs.steps) == 2
    assert [line.partition(": ")[0] for line in context.warned] == ["es-1"]
    assert 'will warn at its start: "HTTPS is required in order to use the token service' in context.warned[0]


def test_a_configuration_that_nothing_speaks_against_is_not_spoken_against(node):
    assert preview(node(REACHABLE))[1].warned == []


def test_a_keystore_that_everybody_may_read_is_a_warning(node):
    one = node(REACHABLE)
    one.target.files[one.keystore.path].mode = 0o644
    assert preview(one)[1].warned == [
        "es-1: everybody on the machine may read elasticsearch.keystore (mode 0644), which hides nothing without a "
        "password: `chmod 0640` it"
    ]


def test_a_settings_file_that_is_a_link_is_refused_with_its_lines_and_nothing_changes(node):
    one = node(REACHABLE)
    one.target.links[one.config / "elasticsearch.yml"] = "../repo/elasticsearch.yml"
    before = dict(one.target.files)
    wanted = NodeSettingsInputs(node=one.node, content=BASIC)
    for run in (
        lambda: preview(one),
        lambda: NodeSettingsHandler().converge(None, wanted, FakeContext()),
        lambda: one.machine.write_settings("a: 1\n"),
    ):
        with pytest.raises(ConfigurationRefused, match="is a link, which would become a file") as caught:
            run()
        assert caught.value.why.startswith("it leads to ../repo/elasticsearch.yml, which something else may keep")
    assert one.target.files == before
    with pytest.raises(ConfigurationRefused, match=r"; \+ xpack.security.enabled: true"):
        preview(one)


def test_in_a_takeover_nobody_is_told_to_write_our_lines_by_hand_where_a_link_leads(node):
    one = node("xpack.security.transport.ssl: {enabled: true, keystore.path: certs/transport.p12}\n" + REACHABLE)
    one.target.links[one.config / "elasticsearch.yml"] = "../repo/elasticsearch.yml"
    wanted = NodeSettingsInputs(node=one.node, content=BASIC)
    for run in (lambda: preview(one), lambda: NodeSettingsHandler().converge(None, wanted, FakeContext())):
        with pytest.raises(ConfigurationRefused, match="is a link, which would become a file") as caught:
            run()
        assert caught.value.next_step.startswith("put a file in its place (`cp --remove-destination`), then run again")


def test_a_link_whose_lines_are_as_wanted_stays_one(node):
    one = node("xpack.security: {enabled: true, transport.ssl.enabled: true}\n" + REACHABLE)
    one.target.links[one.config / "elasticsearch.yml"] = "../repo/elasticsearch.yml"
    assert preview(one)[0].steps == ()


def test_jvm_options_are_read_in_their_order_without_comments_and_lines_for_some_java_versions(node):
    one = node("", b="-Xms2g\n8-13:-Xms9g", a="# -Xms7g\n-Xms1g\n")
    one.target.put(one.config / "jvm.options", FakeFile(b"-Xmx1g\r\n"))
    assert one.machine.jvm_options() == ("-Xmx1g", "-Xms1g", "-Xms2g")


def test_the_checks_that_the_jvm_is_told_to_enforce_refuse_on_a_loopback_address(node):
    one = node("network.host: 127.0.0.1\n" + TOKENS, mine="-Des.enforce.bootstrap.checks=true\n")
    with pytest.raises(ConfigurationRefused, match="HTTPS is required"):
        preview(one)


def test_the_machines_limits_are_asked_for_as_the_nodes_user_and_only_where_checks_are_enforced(node):
    one = node(REACHABLE, LOW_LIMITS)
    with pytest.raises(ConfigurationRefused, match=r"max file descriptors \[1024\]"):
        preview(one)
    assert [call.user for call in one.target.ran if call.argv[0] == "cat"] == [one.machine.owner().user]
    at_home = node("network.host: 127.0.0.1\n", LOW_LIMITS)
    preview(at_home)
    assert commands(at_home, "cat") == []


def test_a_machine_that_tells_no_limits_has_none(node):
    assert start_of(node(REACHABLE).machine, BASIC).limits is None


def test_the_keystore_is_only_asked_where_a_check_needs_its_entries(node):
    switched = "xpack.security.http.ssl.enabled: false\n"
    plain = node(switched)
    start_of(plain.machine, BASIC)
    assert commands(plain, "elasticsearch-keystore") == []
    for lines in ("", f"{switched}xpack.watcher.encrypt_sensitive_data: true\n"):
        assert start_of(node(lines).machine, BASIC).secure == {"keystore.seed"}


def test_what_is_left_of_tls_in_the_keystore_is_found_where_tls_has_no_switch(node):
    one = node(REACHABLE)
    entries = b'{"entries": {"xpack.security.http.ssl.keystore.secure_password": "x"}}'
    one.target.put(one.keystore.path, FakeFile(entries, 0o660, "elasticsearch", "elasticsearch"))
    with pytest.raises(ConfigurationRefused, match=r"\[xpack.security.http.ssl.enabled\] is not set"):
        preview(one)


def test_what_is_unwise_is_a_warning_and_what_undoes_the_scenario_is_refused(node):
    anonymous = "xpack.security.authc.anonymous.roles: monitor\n"
    assert "es-1: `xpack.security.authc.anonymous.roles: monitor`" in preview(node(REACHABLE + anonymous))[1].warned[0]
    with pytest.raises(ConfigurationRefused, match="built-in users could not log in"):
        preview(node(f"{REACHABLE}xpack.security.authc.reserved_realm.enabled: false\n"))


def test_weak_settings_of_a_layer_of_ours_are_named_where_they_are_replaced(node):
    prefix = "xpack.security.transport.ssl."
    one = node(f"{REACHABLE}{prefix}supported_protocols: [TLSv1.2, TLSv1.1]\n{prefix}client_authentication: none\n")
    content = Content(settings=settings_for(Scenario.BASIC, Choices()))
    context = FakeContext()
    outputs = NodeSettingsHandler().preview(None, NodeSettingsInputs(node=one.node, content=content), context)
    assert f"{prefix}supported_protocols: [TLSv1.2, TLSv1.1] → [TLSv1.3, TLSv1.2]" in outputs.steps
    assert f"{prefix}client_authentication: none → required" in outputs.steps
    assert context.warned == [], "they do not stay"
