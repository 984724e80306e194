"""How our processes start: what they import stays, and everything else is thrown away as ever."""

import gc

import pytest

from components.starting import imports_that_stay


@pytest.fixture(autouse=True)
def thaw():
    """Leave nothing behind for the other tests."""
    yield
    gc.unfreeze()
    gc.enable()


def test_nothing_is_looked_for_while_imports_go_on_nor_among_them_later():
    before = gc.get_freeze_count()
    with imports_that_stay():
        assert not gc.isenabled()
    assert gc.isenabled()
    assert gc.get_freeze_count() > before


def test_an_import_that_breaks_leaves_things_as_they_were():
    with pytest.raises(ImportError), imports_that_stay():
        raise ImportError
    assert gc.isenabled()
