"""Random specs: the generator reaches the whole language, and what it draws is green."""

import json
from pathlib import Path

import pytest

from scaffold.spec.load import loads

from .holding import faults
from .specs import gather, keys, used

SMALL = gather(4, start=3, most=2)
"""A few, so that they take a minute; `make test-random` has more and larger ones."""


def test_every_key_of_the_language_is_reached() -> None:
    missing = set(keys())
    assert len(missing) > 200
    for start in range(40):
        if missing:
            for text in gather(25, start, most=6):
                missing -= set(used(loads(text)))
    assert not missing


@pytest.mark.usefixtures("postgres_server")
@pytest.mark.parametrize("text", SMALL, ids=range(len(SMALL)))
def test_a_random_spec_is_green(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCHEMATHESIS_EXAMPLES", "3")
    name = json.loads(text)["service"]["name"]
    assert list(faults(text, tmp_path / name, name)) == []
