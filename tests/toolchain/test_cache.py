"""Where the cache lies, and what of it everybody may read."""

from pathlib import Path

import pytest

from toolchain import cache


@pytest.mark.parametrize(
    ("environment", "as_root", "expected"),
    [
        pytest.param({"ESSECURITY_CACHE": "/srv/cache"}, True, Path("/srv/cache"), id="the variable wins over root"),
        pytest.param(
            {"ESSECURITY_CACHE": "/srv/cache"}, False, Path("/srv/cache"), id="the variable wins for a person"
        ),
        pytest.param({}, True, Path("/var/cache/essecurity"), id="root shares with the nodes' user"),
        pytest.param({"ESSECURITY_CACHE": ""}, True, Path("/var/cache/essecurity"), id="an empty variable is none"),
    ],
)
def test_the_cache_folder_is_where_the_variable_says_or_where_the_nodes_can_read(environment, as_root, expected):
    assert cache.place_for(environment, as_root=as_root) == expected


def test_a_person_who_is_not_root_has_a_cache_folder_of_their_own(monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", "/home/ops/.cache")

    assert cache.place_for({}, as_root=False).name == "essecurity"
    assert cache.place_for({}, as_root=False) != cache.SYSTEM_CACHE


def test_the_cache_folder_is_made_so_that_everybody_may_enter(monkeypatch, tmp_path):
    monkeypatch.setenv("ESSECURITY_CACHE", str(tmp_path / "a" / "cache"))

    folder = cache.cache_folder()

    assert folder.stat().st_mode & 0o777 == 0o755


def test_a_published_folder_is_readable_by_all_and_runnable_only_where_it_was(tmp_path):
    (tmp_path / "bin").mkdir(mode=0o700)
    (tmp_path / "bin" / "tool").write_text("#!/bin/sh\n")
    (tmp_path / "bin" / "tool").chmod(0o700)
    (tmp_path / "jar").write_text("x")
    (tmp_path / "jar").chmod(0o600)
    (tmp_path / "link").symlink_to("/nowhere")

    cache.publish(tmp_path)

    modes = {
        path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "bin", tmp_path / "bin/tool", tmp_path / "jar")
    }
    assert modes == {"bin": 0o755, "tool": 0o755, "jar": 0o644}


@pytest.mark.parametrize(
    ("size", "text"),
    [
        pytest.param(0, "0 B", id="nothing"),
        pytest.param(999, "999 B", id="just below a kilobyte"),
        pytest.param(1000, "1 kB", id="a kilobyte"),
        pytest.param(115_245_321, "115 MB", id="the engine"),
        pytest.param(2_340_000_000, "2.3 GB", id="gigabytes keep a digit"),
    ],
)
def test_sizes_read_as_people_say_them(size, text):
    assert cache.readable_size(size) == text
