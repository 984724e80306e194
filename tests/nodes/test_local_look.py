"""What is there on this machine: looked at without showing it, read, and removed."""

import hashlib
import os

import pytest

from components.errors import CommandFailed
from tests.nodes.local_files import OUR_GROUP, OURS, TARGET, pure


def test_a_file_is_known_by_digest_mode_owner_and_time(tmp_path):
    path = tmp_path / "key.p12"
    path.write_bytes(b"content")
    path.chmod(0o640)
    os.utime(path, (1000.5, 1000.5))
    found = TARGET.stat([pure(path)])[pure(path)]
    assert found.sha256 == hashlib.sha256(b"content").hexdigest()
    assert (found.mode, found.owner, found.group, found.modified) == (0o640, OURS, OUR_GROUP, 1000.5)


def test_a_folder_has_no_digest(tmp_path):
    tmp_path.chmod(0o750)
    found = TARGET.stat([pure(tmp_path)])[pure(tmp_path)]
    assert (found.sha256, found.mode) == ("", 0o750)


def test_what_is_not_there_is_left_out_also_below_a_file(tmp_path):
    file = tmp_path / "file"
    file.touch()
    asked = [pure(file), pure(tmp_path / "none"), pure(file / "below"), pure(tmp_path / "no" / "folder")]
    assert list(TARGET.stat(asked)) == [pure(file)]


def test_a_link_counts_as_what_it_points_to(tmp_path):
    (tmp_path / "real").write_bytes(b"content")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    (tmp_path / "dangling").symlink_to(tmp_path / "nothing")
    found = TARGET.stat([pure(tmp_path / "link"), pure(tmp_path / "dangling")])
    assert {path.name: one.sha256 for path, one in found.items()} == {
        "link": hashlib.sha256(b"content").hexdigest(),
    }


def test_an_owner_without_a_name_is_shown_by_number(tmp_path, monkeypatch):
    def nobody_has_a_name(number: int):
        raise KeyError(number)

    monkeypatch.setattr("pwd.getpwuid", nobody_has_a_name)
    monkeypatch.setattr("grp.getgrgid", nobody_has_a_name)
    found = TARGET.stat([pure(tmp_path)])[pure(tmp_path)]
    assert (found.owner, found.group) == (str(os.geteuid()), str(tmp_path.stat().st_gid))


def test_a_path_that_cannot_be_looked_at_is_an_error_in_our_words(tmp_path):
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(CommandFailed) as caught:
        TARGET.stat([pure(tmp_path / "loop")])
    assert str(tmp_path / "loop") in caught.value.what


def test_a_file_is_read_as_it_is(tmp_path):
    (tmp_path / "key.p12").write_bytes(b"\x00\xff\r\n")
    assert TARGET.read(pure(tmp_path / "key.p12")) == b"\x00\xff\r\n"
    assert TARGET.find(pure(tmp_path / "key.p12")) == b"\x00\xff\r\n"


def test_what_is_not_there_is_not_found_and_what_cannot_be_read_is_an_error(tmp_path):
    (tmp_path / "file").touch()
    assert TARGET.find(pure(tmp_path / "none")) is None
    assert TARGET.find(pure(tmp_path / "file" / "below")) is None
    with pytest.raises(CommandFailed, match="cannot read"):
        TARGET.find(pure(tmp_path))


def test_a_file_that_cannot_be_read_is_named_with_the_reason(tmp_path):
    with pytest.raises(CommandFailed) as caught:
        TARGET.read(pure(tmp_path / "none"))
    assert caught.value.where == "es-1"
    assert caught.value.what == f"cannot read {tmp_path / 'none'}"
    assert caught.value.why == "No such file or directory"


def test_a_file_is_removed_and_its_neighbours_stay(tmp_path):
    (tmp_path / "mine").touch()
    (tmp_path / "yours").touch()
    TARGET.remove(pure(tmp_path / "mine"))
    assert [path.name for path in tmp_path.iterdir()] == ["yours"]


def test_a_folder_is_removed_with_all_it_holds(tmp_path):
    (tmp_path / "kept" / "certs").mkdir(parents=True)
    (tmp_path / "kept" / "certs" / "file").touch()
    TARGET.remove(pure(tmp_path / "kept"))
    assert list(tmp_path.iterdir()) == []


def test_removing_what_is_not_there_is_no_error(tmp_path):
    TARGET.remove(pure(tmp_path / "none"))
    assert list(tmp_path.iterdir()) == []


def test_a_link_to_a_folder_is_removed_and_the_folder_stays(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path / "folder")
    TARGET.remove(pure(tmp_path / "link"))
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]
    assert (tmp_path / "folder" / "file").exists()


def test_what_cannot_be_removed_is_named_with_the_reason(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(CommandFailed) as caught:
        TARGET.remove(pure(tmp_path / "file" / "below"))
    assert caught.value.what == f"cannot remove {tmp_path / 'file' / 'below'}"
    assert caught.value.why == "Not a directory"
