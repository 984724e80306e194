"""Files on this machine are put in place at once, with owner and mode, or not at all."""

import fcntl
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Barrier, BrokenBarrierError, Event

import pytest

from components.errors import CommandFailed
from components.nodes import folder_lock, local
from tests.nodes.acls import ACCESS, DEFAULT, READABLE_BY_ALL, READABLE_BY_NOBODY_TOO, give, has_one
from tests.nodes.local_files import (
    OUR_GROUP,
    OURS,
    TARGET,
    desired,
    leftover_of,
    pure,
    some_other_group,
    someone_else,
)


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    """A key file that is there, and that others could read."""
    path = tmp_path / "key.p12"
    path.write_bytes(b"old")
    path.chmod(0o666)
    return path


@pytest.fixture
def renames(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, object]]:
    """What is on disk at each moment just before a rename."""
    seen = []
    rename = Path.replace

    def look(temporary: Path, path: Path):
        found = TARGET.stat([pure(temporary)])[pure(temporary)]
        seen.append(
            {
                "from": temporary.name,
                "to": Path(path).name,
                "content": temporary.read_bytes(),
                "access": (found.mode, found.owner, found.group),
                "old": Path(path).read_bytes() if Path(path).exists() else None,
            }
        )
        return rename(temporary, path)

    monkeypatch.setattr(local.Path, "replace", look)
    return seen


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def refused(file) -> CommandFailed:
    with pytest.raises(CommandFailed) as caught:
        TARGET.write(file)
    assert caught.value.where == "es-1"
    assert caught.value.next_step
    return caught.value


def test_a_written_file_has_its_content_mode_and_owner_and_nothing_else_is_left(tmp_path):
    TARGET.write(desired(tmp_path / "new.pem", b"\x00\xff\n", mode=0o600))
    found = TARGET.stat([pure(tmp_path / "new.pem")])[pure(tmp_path / "new.pem")]
    assert (tmp_path / "new.pem").read_bytes() == b"\x00\xff\n"
    assert (found.mode, found.owner, found.group) == (0o600, OURS, OUR_GROUP)
    assert names_in(tmp_path) == ["new.pem"]


def test_a_file_is_complete_and_has_its_final_owner_and_mode_before_it_gets_its_name(key_file, renames):
    owner, group = someone_else(), some_other_group()
    TARGET.write(desired(key_file, b"new key", owner=owner, group=group, mode=0o640))
    assert renames == [
        {
            "from": "key.p12.essecurity-new",
            "to": "key.p12",
            "content": b"new key",
            "access": (0o640, owner, group),
            "old": b"old",
        }
    ]


def test_a_replaced_file_is_another_one_so_that_who_reads_the_old_one_reads_it_to_its_end(key_file):
    with key_file.open("rb") as reader:
        TARGET.write(desired(key_file, b"new"))
        assert reader.read() == b"old"
    assert (key_file.read_bytes(), mode(key_file)) == (b"new", 0o640)


def test_the_umask_does_not_change_the_mode(key_file):
    before = os.umask(0o077)
    try:
        TARGET.write(desired(key_file, mode=0o664))
    finally:
        os.umask(before)
    assert mode(key_file) == 0o664


def test_a_default_acl_of_the_folder_changes_no_mode_and_gives_nobody_rights_on_a_key(key_file):
    give(key_file.parent, DEFAULT, READABLE_BY_ALL)
    TARGET.write(desired(key_file, no_acl=True))
    assert (oct(mode(key_file)), has_one(key_file)) == ("0o640", False)


def test_the_acl_of_a_settings_file_stays(key_file):
    key_file.chmod(0o640)
    before = os.getxattr(give(key_file, ACCESS, READABLE_BY_NOBODY_TOO), ACCESS)
    TARGET.write(desired(key_file))
    assert (key_file.read_bytes(), os.getxattr(key_file, ACCESS)) == (b"new", before)


def test_what_a_killed_run_left_half_written_is_replaced(key_file):
    leftover_of(key_file).write_bytes(b"half of a much longer key")
    leftover_of(key_file).chmod(0o666)
    TARGET.write(desired(key_file, b"new"))
    assert key_file.read_bytes() == b"new"
    assert mode(key_file) == 0o640
    assert names_in(key_file.parent) == ["key.p12"]


def test_what_a_killed_run_left_of_another_file_in_the_folder_goes_too_and_nothing_else(key_file):
    """The file that it was to be may never be written again: what is wanted may have changed since then."""
    leftover_of(key_file.with_name("other.p12")).write_bytes(b"a whole key that nobody wants any more")
    leftover_of(key_file.with_name("folder")).mkdir()
    leftover_of(key_file.with_name("link")).symlink_to(key_file)
    key_file.with_name("other.p12").write_bytes(b"theirs")
    TARGET.write(desired(key_file, b"new"))
    assert key_file.read_bytes() == b"new"
    assert names_in(key_file.parent) == ["folder.essecurity-new", "key.p12", "other.p12"]


def test_a_write_waits_for_another_run_that_writes_in_the_folder(key_file, monkeypatch):
    """Else one of them would rename what the other has only half written."""
    lock, waits = fcntl.flock, Event()

    def watched(descriptor: int, how: int) -> None:
        try:
            lock(descriptor, how)
        except BlockingIOError:
            waits.set()
            raise

    folder = os.open(key_file.parent, os.O_RDONLY)
    lock(folder, fcntl.LOCK_EX)
    leftover_of(key_file).write_bytes(b"half of what the other one wr")
    monkeypatch.setattr(folder_lock.fcntl, "flock", watched)
    with ThreadPoolExecutor() as pool:
        write = pool.submit(TARGET.write, desired(key_file, b"ours"))
        assert waits.wait(10)
        assert leftover_of(key_file).read_bytes() == b"half of what the other one wr"
        assert not write.done()
        os.close(folder)
        write.result()
    assert key_file.read_bytes() == b"ours"


def test_a_write_that_another_run_never_lets_begin_is_told(key_file, monkeypatch):
    monkeypatch.setattr(folder_lock, "WITHIN", 0.0)
    folder = os.open(key_file.parent, os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)
    try:
        error = refused(desired(key_file))
    finally:
        os.close(folder)
    assert "another run writes into this folder" in error.why
    assert key_file.read_bytes() == b"old"


def test_a_link_that_waits_under_the_temporary_name_is_never_written_through(key_file, tmp_path):
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    leftover_of(key_file).symlink_to(victim)
    TARGET.write(desired(key_file, b"new"))
    assert victim.read_bytes() == b"precious"
    assert (key_file.read_bytes(), key_file.is_symlink()) == (b"new", False)


def test_a_link_that_appears_under_the_temporary_name_at_the_last_moment_stops_the_write(
    key_file, tmp_path, monkeypatch
):
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    unlink = Path.unlink

    def swapped(path: Path, *, missing_ok: bool = False):
        unlink(path, missing_ok=missing_ok)
        if path.name == leftover_of(key_file).name and not TARGET.stat([pure(tmp_path / "once")]):
            (tmp_path / "once").touch()
            path.symlink_to(victim)

    monkeypatch.setattr(local.Path, "unlink", swapped)
    refused(desired(key_file, b"new"))
    assert victim.read_bytes() == b"precious"
    assert key_file.read_bytes() == b"old"


def test_a_link_in_place_of_the_file_is_replaced_and_what_it_points_to_is_left_alone(tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(b"the operator's")
    (tmp_path / "key.p12").symlink_to(elsewhere)
    TARGET.write(desired(tmp_path / "key.p12"))
    assert elsewhere.read_bytes() == b"the operator's"
    assert not (tmp_path / "key.p12").is_symlink()


@pytest.mark.parametrize(
    ("differs", "named"),
    [
        pytest.param({"owner": "no-such-user"}, "no-such-user", id="no such user"),
        pytest.param({"group": "no-such-group"}, "no-such-group", id="no such group"),
    ],
)
def test_a_failed_write_leaves_the_old_file_and_no_temporary(key_file, differs, named):
    leftover_of(key_file).write_bytes(b"of a run before")
    error = refused(desired(key_file, **differs))
    assert f"cannot write {key_file}" in error.what
    assert named in error.why
    assert key_file.read_bytes() == b"old"
    assert mode(key_file) == 0o666
    assert names_in(key_file.parent) == ["key.p12"]


@pytest.mark.parametrize("step", ["fchown", "fchmod", "fsync"])
def test_a_write_that_fails_half_way_leaves_the_old_file_and_no_temporary(key_file, monkeypatch, step):
    def disk_is_full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(local.os, step, disk_is_full)
    error = refused(desired(key_file))
    assert error.why == "No space left on device"
    assert key_file.read_bytes() == b"old"
    assert names_in(key_file.parent) == ["key.p12"]


def test_a_rename_that_fails_leaves_what_was_there_and_no_temporary(tmp_path):
    (tmp_path / "key.p12").mkdir()
    refused(desired(tmp_path / "key.p12"))
    assert names_in(tmp_path) == ["key.p12"]
    assert (tmp_path / "key.p12").is_dir()


def test_content_is_on_disk_before_the_name_is_and_the_name_is_on_disk_before_we_go_on(key_file, monkeypatch):
    order = []
    fsync, rename = os.fsync, Path.replace

    def synced(descriptor: int):
        order.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else os.fstat(descriptor).st_size)
        fsync(descriptor)

    def renamed(temporary: Path, path: Path):
        order.append("rename")
        return rename(temporary, path)

    monkeypatch.setattr(local.os, "fsync", synced)
    monkeypatch.setattr(local.Path, "replace", renamed)
    TARGET.write(desired(key_file, b"new key"))
    assert order == [len(b"new key"), "rename", "folder"]


def test_a_missing_folder_is_made_for_its_owner_and_group_only(tmp_path):
    owner, group = someone_else(), some_other_group()
    tmp_path.chmod(0o2700)
    before = os.umask(0)
    try:
        TARGET.write(desired(tmp_path / "certs" / "key.p12", owner=owner, group=group))
    finally:
        os.umask(before)
    found = TARGET.stat([pure(tmp_path / "certs")])[pure(tmp_path / "certs")]
    assert (found.mode, found.owner, found.group) == (0o750, owner, group)


def test_a_folder_that_is_there_keeps_its_mode(tmp_path):
    (tmp_path / "certs").mkdir()
    (tmp_path / "certs").chmod(0o770)
    TARGET.write(desired(tmp_path / "certs" / "key.p12"))
    assert mode(tmp_path / "certs") == 0o770


def test_only_one_folder_is_made_so_that_a_wrong_path_is_found_out(tmp_path):
    refused(desired(tmp_path / "no" / "such" / "key.p12"))
    assert names_in(tmp_path) == []


def test_a_file_in_place_of_the_folder_is_an_error_that_says_so(tmp_path):
    (tmp_path / "certs").write_bytes(b"not a folder")
    error = refused(desired(tmp_path / "certs" / "key.p12"))
    assert error.why == "Not a directory"
    assert (tmp_path / "certs").read_bytes() == b"not a folder"
    assert names_in(tmp_path) == ["certs"]


def test_files_that_are_written_side_by_side_share_the_folder_that_none_of_them_finds(tmp_path, monkeypatch):
    everyone = Barrier(8)
    is_dir = Path.is_dir

    def looked(path: Path):
        found = is_dir(path)
        with suppress(BrokenBarrierError):  # whoever looks alone goes on alone
            everyone.wait(0.05)
        return found

    monkeypatch.setattr(local.Path, "is_dir", looked)
    files = [desired(tmp_path / "certs" / f"{number}.pem") for number in range(everyone.parties)]
    with ThreadPoolExecutor(len(files)) as writers:
        list(writers.map(TARGET.write, files))
    assert len(names_in(tmp_path / "certs")) == len(files)
    assert names_in(tmp_path) == ["certs"]


def test_a_folder_has_its_owner_before_its_name_so_that_a_kill_leaves_none_that_the_node_cannot_read(
    tmp_path, monkeypatch
):
    def killed(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(local.os, "fchown", killed)
    with pytest.raises(KeyboardInterrupt):
        TARGET.write(desired(tmp_path / "certs" / "key.p12"))
    monkeypatch.undo()
    assert names_in(tmp_path) == ["certs.essecurity-new"]
    TARGET.write(desired(tmp_path / "certs" / "key.p12", owner=someone_else()))
    assert names_in(tmp_path) == ["certs"]
    assert TARGET.stat([pure(tmp_path / "certs")])[pure(tmp_path / "certs")].owner == someone_else()


def test_a_link_under_the_temporary_name_of_a_folder_is_never_followed(tmp_path):
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    leftover_of(tmp_path / "certs").symlink_to(tmp_path / "elsewhere")
    refused(desired(tmp_path / "certs" / "key.p12", owner=someone_else()))
    assert (mode(tmp_path / "elsewhere"), names_in(tmp_path / "elsewhere")) == (0o700, [])


def test_a_folder_under_the_temporary_name_is_an_error_that_says_so(key_file):
    leftover_of(key_file).mkdir()
    error = refused(desired(key_file))
    assert f"cannot write {key_file}" in error.what
    assert key_file.read_bytes() == b"old"


def test_a_file_to_write_never_prints_its_content(tmp_path):
    assert "s3cret" not in repr(desired(tmp_path / "key.p12", b"s3cret"))
