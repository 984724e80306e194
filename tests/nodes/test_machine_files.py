"""A node's files on its machine: whom they belong to, and how elasticsearch.yml is read and replaced."""

import pytest

from components.errors import CommandFailed, ConfigurationRefused
from components.nodes.machine import NodeMachine
from tests.fake_elasticsearch import USER
from tests.fakes import FakeFile
from tests.nodes.machines import one_node, with_user


def test_files_belong_to_whom_the_config_folder_belongs_to():
    one = one_node()
    one.target.folders[one.config] = FakeFile(b"", 0o750, "search", "searchers")
    owner = one.machine.owner()
    assert (owner.user, owner.group) == ("search", "searchers")


def test_the_user_of_the_stack_file_goes_before_the_owner_of_the_folder():
    owner = with_user(one_node(), "es-runner").owner()
    assert (owner.user, owner.group) == ("es-runner", USER)


def test_a_missing_config_folder_is_refused_with_the_setting_to_correct():
    one = one_node()
    del one.target.folders[one.config]
    with pytest.raises(ConfigurationRefused) as caught:
        one.machine.owner()
    assert caught.value.where == "es-1"
    assert caught.value.what == "there is no folder /nodes/es-1/config"
    part = "the name `es-1`, which is part of it, or "
    assert caught.value.next_step == f"correct {part}`machine.config` in the stack file"


def test_a_missing_config_folder_without_the_nodes_name_in_it_is_no_matter_of_the_name():
    one = one_node()
    elsewhere = NodeMachine(one.node.machine.model_copy(update={"config": "/etc/elasticsearch"}), one.target)
    with pytest.raises(ConfigurationRefused) as caught:
        elsewhere.owner()
    assert caught.value.next_step == "correct `machine.config` in the stack file"


def test_files_are_known_by_their_path_in_the_config_folder():
    one = one_node()
    found = one.machine.stat("elasticsearch.yml", "certs/none.pem")
    assert list(found) == ["elasticsearch.yml"]
    assert found["elasticsearch.yml"].mode == 0o640


def test_a_file_that_is_not_there_reads_as_none():
    one = one_node()
    assert one.machine.read("certs/none.pem") is None
    assert one.machine.read("elasticsearch.yml") == b"cluster.name: books\n"


def test_a_file_of_ours_is_written_with_its_mode_for_the_owner_of_the_folder():
    one = one_node()
    one.machine.write("certs/key.p12", b"key", 0o640)
    file = one.file("certs/key.p12")
    assert (file.content, file.mode, file.owner, file.group) == (b"key", 0o640, USER, USER)


def test_elasticsearch_yml_keeps_its_owner_and_mode():
    one = one_node()
    one.machine.write_settings("cluster.name: bücher\n")
    file = one.file("elasticsearch.yml")
    assert (file.content, file.mode, file.owner, file.group) == ("cluster.name: bücher\n".encode(), 0o640, "root", USER)


def test_a_new_elasticsearch_yml_belongs_to_the_owner_of_the_folder():
    one = one_node()
    del one.target.files[one.config / "elasticsearch.yml"]
    one.machine.write_settings("a: 1\n")
    file = one.file("elasticsearch.yml")
    assert (file.mode, file.owner, file.group) == (0o660, USER, USER)


def test_elasticsearch_yml_is_read_as_text():
    assert one_node(settings="a: é\n").machine.settings_text() == "a: é\n"
    assert one_node(settings="").machine.settings_text() == ""


def test_a_config_folder_without_elasticsearch_yml_is_refused_with_its_path():
    one = one_node()
    del one.target.files[one.config / "elasticsearch.yml"]
    with pytest.raises(ConfigurationRefused) as caught:
        one.machine.settings_text()
    assert caught.value.where == "es-1: /nodes/es-1/config/elasticsearch.yml"
    assert caught.value.why == "a node's config folder must hold one"


def test_an_elasticsearch_yml_that_is_not_text_is_refused_with_the_place_of_the_byte():
    one = one_node()
    one.target.put(one.config / "elasticsearch.yml", FakeFile(b"ok: \xff\n"))
    with pytest.raises(ConfigurationRefused) as caught:
        one.machine.settings_text()
    assert "UTF-8" in caught.value.why
    assert "at byte 4" in caught.value.why


@pytest.mark.parametrize("verb", ["write", "stat"])
def test_what_the_machine_refuses_is_not_hidden(verb):
    one = one_node()
    one.target.breaks(verb, "config")
    with pytest.raises(CommandFailed, match=f"cannot {verb}"):
        one.machine.write("certs/key.p12", b"key", 0o640)
