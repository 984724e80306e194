"""Whom nodes run as, and where their folder lies when that user may not enter the checkout."""

import os
from itertools import takewhile
from pathlib import Path
from tempfile import gettempdir

import pytest

from components.errors import ConfigurationRefused
from devcluster import accounts
from devcluster.accounts import Account

SOMEBODY = Account("somebody", uid=54321, gid=54321, switch=False)


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """A place that stands in for /var/tmp."""
    (tmp_path / "var-tmp").mkdir()
    monkeypatch.setattr(accounts, "REACHABLE_FOR_ALL", tmp_path / "var-tmp")
    return tmp_path / "var-tmp"


@pytest.mark.parametrize(
    ("mode", "may"),
    [
        pytest.param(0o755, True, id="open to all"),
        pytest.param(0o711, True, id="to walk through, not to list"),
        pytest.param(0o700, False, id="closed"),
        pytest.param(0o770, False, id="open to a group of others"),
    ],
)
def test_a_folder_is_reached_only_when_everything_above_it_lets_one_through(tmp_path, mode, may):
    inner = tmp_path / "home" / "checkout"
    inner.mkdir(parents=True)
    for folder in takewhile(lambda folder: folder != Path(gettempdir()), tmp_path.parents):
        folder.chmod(0o755)  # pytest closes its own folders
    tmp_path.chmod(0o755)
    (tmp_path / "home").chmod(mode)

    assert SOMEBODY.may_reach(inner) is may


def test_a_folder_that_can_be_reached_is_used_as_it_is(tmp_path, elsewhere):
    owner = Account("me", os.geteuid(), os.getegid(), switch=False)

    assert accounts.own_folder(tmp_path / "dev" / "cluster", owner) == tmp_path / "dev" / "cluster"
    assert not (tmp_path / "dev" / "cluster").is_symlink()


def test_a_closed_folder_becomes_a_link_to_one_that_all_may_enter(tmp_path, elsewhere):
    (tmp_path / "closed").mkdir(mode=0o700)
    wanted = tmp_path / "closed" / "cluster"

    real = accounts.own_folder(wanted, SOMEBODY)

    assert real.parent == elsewhere
    assert wanted.is_symlink()
    assert wanted.resolve() == real
    assert accounts.own_folder(wanted, SOMEBODY) == real


def test_a_place_that_somebody_else_took_is_refused(tmp_path, elsewhere):
    (tmp_path / "closed").mkdir(mode=0o700)
    wanted = tmp_path / "closed" / "cluster"
    real = accounts.own_folder(wanted, SOMEBODY)
    wanted.unlink()
    real.rmdir()
    (tmp_path / "trap").mkdir()
    real.symlink_to(tmp_path / "trap")

    with pytest.raises(ConfigurationRefused, match="somebody else's"):
        accounts.own_folder(wanted, SOMEBODY)


@pytest.mark.parametrize(
    ("user", "why"),
    [
        pytest.param("no-such-user", "there is no such user", id="unknown"),
        pytest.param("root", "refuses to run as root", id="root"),
    ],
)
def test_users_that_nodes_cannot_run_as_are_refused(user, why):
    with pytest.raises(ConfigurationRefused, match=why):
        accounts.node_account(user)


def test_root_lets_nodes_run_as_nobody_and_a_person_as_themselves():
    account = accounts.node_account()

    assert account.name == ("nobody" if os.geteuid() == 0 else account.name)
    assert account.uid != 0
    assert account.switch is (os.geteuid() == 0)
