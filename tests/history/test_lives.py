"""A few random lives; `python -m tests.history` lives as many as one likes."""

from pathlib import Path

import pytest

from tests.database.releases import Databases

from .lives import live

LIVES = range(4)
CHANGES = 4


@pytest.mark.parametrize("number", LIVES)
def test_whatever_path_it_took_the_database_is_the_same(
    number: int, databases: Databases, tmp_path: Path
) -> None:
    assert list(live(number, CHANGES, databases, tmp_path)) == []
