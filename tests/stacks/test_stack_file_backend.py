"""What a killed engine may leave in the folder of a file backend, and what is done about it."""

import pytest

from stacks.file_backend import remove_broken_attributes, state_folder

WHOLE = '{"user.cache_control":"","user.content_type":"text/plain; charset=utf-8","md5":"6v6h5w=="}\n'


@pytest.fixture
def stack(tmp_path):
    path = tmp_path / ".pulumi" / "stacks" / "elasticsearch-security" / "prod.json"
    path.parent.mkdir(parents=True)
    path.write_text("{}")
    return path


def attributes(path, text):
    found = path.with_name(f"{path.name}.attrs")
    found.write_text(text)
    return found


@pytest.mark.parametrize("text", ["", '{"user.cache_control":""'], ids=["empty", "cut off"])
def test_attributes_that_were_not_written_to_their_end_are_removed_and_the_file_stays(stack, tmp_path, text):
    broken = attributes(stack, text)
    remove_broken_attributes(tmp_path.as_uri())
    assert not broken.exists()
    assert stack.read_text() == "{}"


def test_whole_attributes_stay(stack, tmp_path):
    whole = attributes(stack, WHOLE)
    remove_broken_attributes(tmp_path.as_uri())
    assert whole.read_text() == WHOLE


def test_those_of_locks_and_of_the_history_are_looked_at_too(stack, tmp_path):
    folders = [tmp_path / ".pulumi" / "locks" / "organization", tmp_path / ".pulumi" / "history" / "prod"]
    for folder in folders:
        folder.mkdir(parents=True)
        (folder / "one.json.attrs").touch()
    remove_broken_attributes(tmp_path.as_uri())
    assert not list(tmp_path.rglob("*.attrs"))


def test_what_is_not_the_engines_is_left_alone(stack, tmp_path):
    foreign = tmp_path / "notes.attrs"
    foreign.touch()
    remove_broken_attributes(tmp_path.as_uri())
    assert foreign.exists()


@pytest.mark.parametrize("backend", ["", "s3://bucket", "https://api.pulumi.com"])
def test_other_backends_have_no_folder(backend):
    assert state_folder(backend) is None
    remove_broken_attributes(backend)


def test_a_folder_that_is_not_there_yet_is_no_mistake(tmp_path):
    remove_broken_attributes((tmp_path / "new").as_uri())
    assert list(tmp_path.iterdir()) == []


def test_parameters_of_the_backend_are_no_part_of_the_folder(tmp_path):
    assert state_folder(f"{tmp_path.as_uri()}?no_tmp_dir=true") == tmp_path / ".pulumi"
