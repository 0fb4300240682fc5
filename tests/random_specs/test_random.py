"""Random specs: the generator reaches the whole language, and what it draws is green."""

import json
from pathlib import Path

import pytest

from scaffold.spec.load import loads

from .holding import IGNORED, faults
from .specs import gather, keys, used

SMALL = 3
"""How many are tried, each of a resource or two; `make test-random` has more and larger ones."""
WIDE = (14, 2, 0, 6, 5, 1, 15, 3)
"""Where specs start that reach every key today. Others are drawn if these do not any more."""


def test_every_key_of_the_language_is_reached() -> None:
    missing = set(keys())
    assert len(missing) > 200
    for start in (*WIDE, *range(40)):
        if missing:
            for text in gather(25, start, most=6):
                missing -= set(used(loads(text)))
    assert not missing


@pytest.mark.usefixtures("postgres_server")
@pytest.mark.parametrize("number", range(SMALL))
def test_a_random_spec_is_green(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCHEMATHESIS_EXAMPLES", "2")  # `make test-random` tries more
    text, target = gather(SMALL, start=3, most=2)[number], tmp_path / "random"
    assert list(faults(text, target, json.loads(text)["service"]["name"], *IGNORED)) == []
