"""Sections of a stack file: as the driver reads them, and as the engine hands them to a program."""

import contextvars
import json
from contextlib import nullcontext
from dataclasses import replace
from datetime import date

import pulumi
import pytest
from pulumi.runtime.config import set_all_config

from components.errors import ConfigurationRefused
from components.pki.spec import Layer
from components.rollout.procedure import secured_by_somebody_else
from components.rollout.refusals import refusals
from components.rollout.view import NodeView, RolloutView, Running
from stacks.config import PREFIX, model_from, sections_of_engine, sections_of_file
from stacks.fields import every_field
from stacks.load import cluster_of, load_cluster
from stacks.model import StackModel
from tests.stacks.stackfiles import BY_SSH, model, sections, write_stack_file


def in_a_program(monkeypatch, content, program, secret=()):
    """Run a program with this configuration, as the engine gives it."""
    monkeypatch.setattr(pulumi, "get_stack", lambda: "prod")
    texts = {f"{PREFIX}{key}": json.dumps(value) for key, value in content.items()}

    def run():
        set_all_config(texts, [f"{PREFIX}{key}" for key in secret])
        return program()

    return contextvars.copy_context().run(run)


@pytest.mark.parametrize(
    ("content", "why", "next_step"),
    [
        pytest.param(b"", "it is empty", "begin it with `config:`", id="empty"),
        pytest.param(b"# soon\n", "it is empty", "begin it with `config:`", id="a comment"),
        pytest.param(b"cluster: {}\n", "it has no section `config:` with keys", "begin it with", id="no config"),
        pytest.param(b"config:\n", "it has no section `config:` with keys", "begin it with", id="an empty config"),
        pytest.param(b"- config\n", "it has no section `config:` with keys", "begin it with", id="a list"),
        pytest.param(b"config:\n  a: [1\n  b: 2\n", "line 3: ", "at the place that is named", id="a list left open"),
        pytest.param(b"config:\n\ta: 1\n", "line 2: found character '\\t'", "at the place", id="a tabulator"),
        pytest.param(
            b"config:\n  a:b: {c: hunter22}\n  a:b: {}\n", 'line 3: the key "a:b" is there twice', "", id="twice"
        ),
        pytest.param(b"config: !!python/name:os.x {}\n", "line 1: could not determine", "at the place", id="a tag"),
        pytest.param(b"config: {a:b: \xff}\n", "it is not UTF-8 text (byte 14)", "save it as UTF-8", id="not UTF-8"),
    ],
)
def test_a_file_that_is_no_stack_file_is_refused_with_the_line(content, why, next_step, tmp_path):
    path = tmp_path / "Pulumi.prod.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigurationRefused) as refused:
        sections_of_file(path)
    assert refused.value.where == "stacks/Pulumi.prod.yaml"
    assert why in refused.value.why
    assert next_step in refused.value.next_step
    assert "hunter22" not in str(refused.value)


ELSEWHERE = "does not begin with `elasticsearch-security:`; write `elasticsearch-security:"
REST = """
  elasticsearch-security:cluster: {name: logs, scenario: basik}
  elasticsearch-security:machine: {home: /opt/elasticsearch, config: "/etc/elasticsearch/{name}"}
"""


@pytest.mark.parametrize(
    ("content", "mistakes"),
    [
        pytest.param(
            "  elasticsearch-securty:nodes: [{name: es-1, adress: 10.0.0.1}]" + REST,
            [
                f"elasticsearch-securty:nodes: {ELSEWHERE}nodes`",
                "cluster.scenario: is `basik`; it must be `minimal`, `basic` or `basic-https`",
                "nodes[0].address (es-1): is missing; ",
                "nodes[0].adress (es-1): is not known here; did you mean `address`?",
            ],
            id="a slip in the prefix, beside and above other mistakes",
        ),
        pytest.param(
            "  nodes: [{name: es-1, address: 10.0.0.1}]\n  consent: {}" + REST,
            [
                f"nodes: {ELSEWHERE}nodes`",
                f"consent: {ELSEWHERE}consent`",
                "cluster.scenario: is `basik`; it must be `minimal`, `basic` or `basic-https`",
            ],
            id="no prefix",
        ),
        pytest.param(
            "  elasticsearch-security:\n    nodes: []\n",
            [f"elasticsearch-security: {ELSEWHERE}cluster`"],
            id="a prefix alone, with everything below it",
        ),
        pytest.param(
            "  elasticsearch-securty:takeover: {elastic_password: hunter22}" + REST,
            [f"elasticsearch-securty:takeover: {ELSEWHERE}takeover`", "cluster.", "nodes: ", "takeover."],
            id="a password in it is not repeated",
        ),
    ],
)
def test_a_section_with_another_prefix_is_one_mistake_among_all(content, mistakes, tmp_path):
    path = tmp_path / "Pulumi.prod.yaml"
    path.write_text(f"config:\n{content}")
    with pytest.raises(ConfigurationRefused) as refused:
        sections_of_file(path)
    head, *found = refused.value.what.splitlines()
    assert head == f"{len(found)} mistake{'s' if len(found) > 1 else ''}; nothing was touched"
    assert len(found) == len(mistakes)
    assert [line for line, start in zip(found, mistakes, strict=True) if not line.strip().startswith(start)] == []
    assert "hunter22" not in str(refused.value)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ConfigurationRefused, match="there is no such file"):
        sections_of_file(tmp_path / "Pulumi.prod.yaml")


def test_a_folder_in_place_of_a_file_is_refused(tmp_path):
    with pytest.raises(ConfigurationRefused, match="Is a directory"):
        sections_of_file(tmp_path)


def test_other_peoples_keys_are_left_alone(tmp_path):
    path = write_stack_file(tmp_path, sections())
    path.write_text(f"{path.read_text()}  aws:region: eu-central-1\n  pulumi:tags: {{a: b}}\nencryptionsalt: v1:x\n")
    assert sections_of_file(path) == sections()


def test_the_program_ends_with_the_whole_list(monkeypatch, tmp_path):
    content = sections(
        "nodes: [{name: es-1, address: 10.0.0.1, http_port: '9200'}]\nconsent: {full_cluster_restart: yes}"
    )

    with pytest.raises(pulumi.RunError) as error:
        in_a_program(monkeypatch, content, lambda: load_cluster(tmp_path))

    assert str(error.value).splitlines() == [
        "stacks/Pulumi.prod.yaml: 2 mistakes; nothing was touched",
        "    nodes[0].http_port (es-1): is the text `9200`; it must be a whole number, without quotes",
        "    consent.full_cluster_restart: is the text `yes`; it must be true or false",
        "  why:  the stack file asks for something that cannot be, or is not clear",
        "  next: correct each line above (docs/configuration.md lists every key), then run `check` again: "
        "rules about `nodes` were not looked at yet",
    ]
    assert error.value.__cause__ is None
    assert error.value.__suppress_context__


def test_the_program_does_not_repeat_what_the_engine_keeps_encrypted(monkeypatch, tmp_path):
    content = sections("machine: {home: '/opt/{name}', layout: hunter22}")
    with pytest.raises(pulumi.RunError) as error:
        in_a_program(monkeypatch, content, lambda: load_cluster(tmp_path), secret=("machine",))
    assert "machine.layout: is a text" in str(error.value)
    assert "hunter22" not in str(error.value)


@pytest.mark.parametrize(
    ("change", "advised"),
    [
        pytest.param("cluster: {name: logs, scenario: basic}", "", id="basic"),
        pytest.param("cluster: {name: logs, scenario: basic-https, production: true}", "", id="production with HTTPS"),
        pytest.param("cluster: {name: logs, scenario: basic, production: true}", "passwords in clear", id="production"),
        pytest.param("certificates: {valid_for: 30D}", "less than 60 days", id="short leaves"),
    ],
)
def test_the_program_warns_of_what_is_accepted_and_yet_unwise(change, advised, monkeypatch, tmp_path):
    warned = []
    monkeypatch.setattr(pulumi.log, "warn", warned.append)
    in_a_program(monkeypatch, sections(f"{BY_SSH}\n{change}"), lambda: load_cluster(tmp_path))
    assert len(warned) == bool(advised)
    assert advised in "".join(warned)


def test_the_program_warns_of_a_passphrase_that_others_may_read(monkeypatch, tmp_path):
    warned, passphrase = [], tmp_path / "passphrase"
    passphrase.touch(0o644)
    passphrase.chmod(0o644)
    monkeypatch.setattr(pulumi.log, "warn", warned.append)
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE_FILE", str(passphrase))
    in_a_program(monkeypatch, sections(BY_SSH), lambda: load_cluster(tmp_path))
    assert [f"`chmod 600 {passphrase}`" in line for line in warned] == [True]


EVERYTHING = """
cluster: {name: 'Bücher & "Co", $1', scenario: basic-https, production: true, running: false, fips: false}
machine:
  layout: archive
  home: "/opt/{name}"
  config: "/etc/{name}"
  user: elasticsearch
  pid_file: "/run/{name}.pid"
  keystore_password_file: "/etc/{name}.password"
  unit: "es@{name}.service"
  container: "{name}"
  runtime: docker
  commands: &commands {start: [es, start, "{name}"], stop: [es, stop], status: [es, pid], keystore: [es, keystore]}
  ssh: &ssh
    {host: h, port: 2, user: u, identity_file: k, jump: [j], config_file: c, host_key: ssh-rsa A, sudo_password_file: s}
nodes:
  - {name: es-1, address: 10.0.0.1, http_port: 9201, transport_port: 9301, names: [es-1.example.net], bind: _site_}
  - name: es-2
    address: 10.0.0.2
    machine: {layout: archive, home: /es, config: /c, pid_file: /p, user: ops, keystore_password_file: /k, ssh: *ssh}
  - {name: es-3, address: 10.0.0.3, machine: {layout: docker, container: es, runtime: podman, commands: *commands}}
  - {name: es-4, address: 10.0.0.4, machine: {layout: rpm, unit: es.service}}
transport: {verification_mode: certificate}
http: {names: ["*.example.net", "fd00::1"]}
authorities:
  transport: {generation: 2, valid_for: 20y, key: rsa-3072, own: &own {key: ca.p12, certificate: ca.pem, password:
    {secure: "v1:4Qxr:abc="}, only_for_this_cluster: true, leaves: [{node: es-1, certificate: a.pem, key: a.key}]}}
  http: {generation: 3, valid_for: 15y, key: rsa-4096, own: *own}
certificates: {valid_for: 18M, key: ec-p384, renew_in_last: 0.25, trust_format: pkcs12, key_format: pkcs12,
               reissue: {es-1: 1}}
users:
  elastic: {version: 4, password: {secure: "v1:4Qxr:abc="}}
  kibana_system: {version: 5, password: {secure: "v1:4Qxr:abc="}}
  logstash_system: {version: 6, password: {secure: "v1:4Qxr:abc="}}
  beats_system: {version: 7, password: {secure: "v1:4Qxr:abc="}}
  apm_system: {version: 8, password: {secure: "v1:4Qxr:abc="}}
  remote_monitoring_user: {version: 9, password: {secure: "v1:4Qxr:abc="}}
kibana:
  - name: kibana-1
    address: 10.0.0.9
    port: 5602
    public_url: https://kibana.example.net
    names: [kibana-1.example.net]
    home: /opt/kibana
    config: "/etc/{name}"
    user: kibana
    ssh: *ssh
    pid_file: /run/kibana.pid
    restart: [systemctl, restart, kibana]
    own_certificate: false
    strict_transport_security: true
unmanaged_clients: [{name: billing, owner: team-x, confirmed_generation: 3}]
remote_clusters: [{name: archive, owner: team-y, authorities: remote/archive.pem, confirmed_generation: 3}]
rollout:
  join_timeout: 60
  health_timeout: 1200
  start_timeout: 1800
  stop_timeout: 600
  machines_at_once: 8
  hold_after: cover
  waivers: [{gate: clocks_agree, until: "2027-01-31"}]
hooks:
  before: [{name: silence, command: [x], timeout: 60, on: es-1}, {name: b, command: [x], ssh: *ssh}]
  after: [{name: wake, command: [/x, "2h"], timeout: 60, on: kibana-1}, {name: b, command: [x], ssh: *ssh}]
consent: {full_cluster_restart: true, traffic_in_clear: true}
takeover: {elastic_password: {secure: "v1:4Qxr:abc="}, old_files: remove}
exposure: {allow_public_addresses: true, allow_wildcard_bind: true}
"""


@pytest.mark.parametrize("change", [pytest.param("", id="the least"), pytest.param(EVERYTHING, id="every key")])
def test_the_file_and_the_engine_give_the_same_model(change, tmp_path):
    content = sections(change)
    from_file = sections_of_file(write_stack_file(tmp_path, content))
    from_engine = sections_of_engine({f"{PREFIX}{key}": json.dumps(value) for key, value in content.items()})
    assert from_file == from_engine == content
    assert model_from(from_file, where="file") == model_from(from_engine, where="engine") == model(change)


def test_every_key_is_written_in_the_stack_file_that_writes_every_key():
    read = model(EVERYTHING)
    written = {path for path, _ in every_field(StackModel)}
    assert {path for path, _ in every_field(StackModel) if is_set(read, path.split("."))} == written


def is_set(here, parts):
    """Tell whether a key was written, in any of the nodes where it is a node's."""
    if isinstance(here, tuple):
        return any(is_set(entry, parts) for entry in here)
    if here is None or (key := parts[0].removesuffix("[]")) not in here.model_fields_set:
        return False
    return len(parts) == 1 or is_set(getattr(here, key), parts[1:])


@pytest.mark.parametrize("day", ["2027-01-31", '"2027-01-31"', '"2027-01-31T00:00:00Z"'])
def test_a_day_may_come_as_yaml_or_the_engine_hands_it_over(day):
    read = model(f"rollout: {{waivers: [{{gate: clocks_agree, until: {day}}}]}}")
    assert [waiver.until for waiver in read.rollout.waivers] == [date(2027, 1, 31)]


def test_the_engine_hands_over_texts_that_are_no_json():
    found = sections_of_engine({f"{PREFIX}cluster": "logs", f"{PREFIX}http": "[1", "aws:region": "eu-central-1"})
    assert found == {"cluster": "logs", "http": "[1"}


def test_a_slip_in_the_prefix_is_refused_in_the_program_too(monkeypatch, tmp_path):
    def program():
        set_all_config({"elasticsearch-securty:nodes": "[]"})
        return load_cluster(tmp_path)

    monkeypatch.setattr(pulumi, "get_stack", lambda: "prod")
    with pytest.raises(pulumi.RunError, match="write `elasticsearch-security:nodes`"):
        contextvars.copy_context().run(program)


def test_what_the_engine_keeps_encrypted_is_not_repeated_below_another_prefix_either(monkeypatch, tmp_path):
    def program():
        set_all_config(
            {"elasticsearch-securty:machine": '{"home": "/opt", "layout": "hunter22"}'},
            ["elasticsearch-securty:machine"],
        )
        return load_cluster(tmp_path)

    monkeypatch.setattr(pulumi, "get_stack", lambda: "prod")
    with pytest.raises(pulumi.RunError, match=r"machine\.layout: is a") as error:
        contextvars.copy_context().run(program)
    assert "hunter22" not in str(error.value)


def test_the_configuration_comes_from_the_environment_where_a_language_host_put_it_there(monkeypatch, tmp_path):
    texts = {f"{PREFIX}{key}": json.dumps(value) for key, value in sections().items()}
    monkeypatch.setenv("PULUMI_CONFIG", json.dumps({**texts, f"{PREFIX}users": '{"elastic": {"version": "hunter22"}}'}))
    monkeypatch.setenv("PULUMI_CONFIG_SECRET_KEYS", json.dumps([f"{PREFIX}users"]))
    monkeypatch.setattr(pulumi, "get_stack", lambda: "prod")

    def program():
        set_all_config({})
        return load_cluster(tmp_path)

    with pytest.raises(pulumi.RunError, match=r"users\.elastic\.version: is a text; it must be a whole number"):
        contextvars.copy_context().run(program)


def test_a_stack_file_becomes_a_cluster_with_every_choice_in_it(tmp_path):
    read = model(EVERYTHING)
    cluster = cluster_of(read, tmp_path)
    assert (cluster.name, cluster.scenario, cluster.running) == ('Bücher & "Co", $1', "basic-https", False)
    assert [node.name for node in cluster.nodes] == ["es-1", "es-2", "es-3", "es-4"]
    assert cluster.binds == {"es-1": "_site_"}
    assert {key for key, _ in cluster.sans.items()} == {(node.name, layer) for node in read.nodes for layer in Layer}
    assert cluster.sans["es-2", Layer.TRANSPORT].hosts() == {"10.0.0.2"}
    assert (cluster.authorities[Layer.TRANSPORT].generation, cluster.authorities[Layer.HTTP].generation) == (2, 3)
    assert (cluster.choices.verification_mode, cluster.choices.trust_format) == ("certificate", "pkcs12")
    assert (cluster.certificates, cluster.users) == (read.certificates, read.users)
    assert (cluster.rollout, cluster.consent) == (read.rollout, read.consent)
    assert cluster.takeover == read.takeover


def test_the_line_that_a_refused_full_stop_asks_for_is_one_that_the_model_takes(tmp_path):
    refused = refusals(RolloutView(nodes=(open_node("es-1"), open_node("es-2")), consent=False))
    line = refused[0].message.partition("add this line to the stack file: ")[2]
    path = write_stack_file(tmp_path, sections())
    assert not model_from(sections_of_file(path), where="before").consent.full_cluster_restart

    path.write_text(f"{path.read_text()}  {line}\n")

    allowed = model_from(sections_of_file(path), where="after").consent
    assert allowed.full_cluster_restart
    assert refusals(RolloutView((open_node("es-1"), open_node("es-2")), allowed.full_cluster_restart)) == ()


def test_the_line_that_a_refused_take_over_asks_for_is_one_that_the_model_takes(tmp_path):
    node = replace(open_node("es-1"), speaks_tls=True, secured="by hand (own.p12)")
    refused = secured_by_somebody_else(RolloutView(nodes=(node,), consent=False))
    line = refused.message.partition("adds this line to the stack file: ")[2].replace("…", '"v1:4Qxr:abc="')
    path = write_stack_file(tmp_path, sections())

    path.write_text(f"{path.read_text()}  {line}\n")

    assert model_from(sections_of_file(path), where="after").takeover is not None
    assert secured_by_somebody_else(RolloutView(nodes=(node,), consent=False, takes_over=True)) is None


def test_the_program_gets_the_password_of_a_take_over_and_refuses_one_that_is_not_encrypted(monkeypatch, tmp_path):
    content = sections("takeover: {elastic_password: hunter22}")
    cluster = in_a_program(monkeypatch, content, lambda: load_cluster(tmp_path), secret=("takeover",))
    assert cluster.takeover.elastic_password.get_secret_value() == "hunter22"
    assert "hunter22" not in repr(cluster)
    with pytest.raises(pulumi.RunError, match=r"takeover\.elastic_password: stands there in clear") as error:
        in_a_program(monkeypatch, content, lambda: load_cluster(tmp_path))
    assert "hunter22" not in str(error.value)


def test_the_program_gets_a_given_password_and_refuses_one_that_is_too_short_without_repeating_it(
    monkeypatch, tmp_path
):
    for given, refused in (("hunter22", False), ("hunt", True)):
        content = sections(f"users: {{kibana_system: {{password: {given}}}}}")
        with pytest.raises(pulumi.RunError) if refused else nullcontext() as error:
            cluster = in_a_program(monkeypatch, content, lambda: load_cluster(tmp_path), secret=("users",))
        if refused:
            assert "users.kibana_system.password: is a text; it must have at least 6 characters" in str(error.value)
            assert given not in str(error.value)
        else:
            assert cluster.users.kibana_system.password.get_secret_value() == given


def open_node(name):
    """Return a node that runs without TLS and must get it."""
    return NodeView(name, Running.OTHER, on_disk=False, speaks_tls=False, wants_tls=True)


def test_a_stack_file_that_is_not_there_is_refused_with_those_that_are(tmp_path):
    with pytest.raises(
        ConfigurationRefused,
        match=r"next: write stacks/Pulumi\.prd\.yaml, for example from a copy of one in stacks/examples/",
    ):
        sections_of_file(tmp_path / "Pulumi.prd.yaml")
    for name in ("test", "prod"):
        write_stack_file(tmp_path, sections(), name)
    with pytest.raises(ConfigurationRefused, match=r"a stack file \(prod, test\), or write stacks/Pulumi\.prd\.yaml"):
        sections_of_file(tmp_path / "Pulumi.prd.yaml")


def test_the_stack_file_of_the_development_cluster_is_restored(tmp_path):
    with pytest.raises(ConfigurationRefused, match=r"next: restore it with `git checkout stacks/Pulumi\.local\.yaml`$"):
        sections_of_file(tmp_path / "Pulumi.local.yaml")


def test_a_key_that_stands_beside_config_is_refused_and_not_overlooked(tmp_path):
    path = write_stack_file(tmp_path, sections(""))
    path.write_text(f"{path.read_text()}\nelasticsearch-security:authorities: {{http: {{generation: 2}}}}\n")
    with pytest.raises(ConfigurationRefused) as caught:
        sections_of_file(path)
    assert "elasticsearch-security:authorities: stands beside `config:`, where nobody reads it; indent it" in str(
        caught.value
    )
