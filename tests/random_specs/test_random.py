"""Random specs: the generator reaches the whole language, and what it draws is green."""

import json

import pytest

from scaffold.spec.load import loads

from .holding import IGNORED, faults
from .specs import gather, keys, used

SMALL = gather(3, start=3, most=2)
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
@pytest.mark.parametrize("number", range(len(SMALL)))
def test_a_random_spec_is_green(
    number: int, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCHEMATHESIS_EXAMPLES", "3")
    text = SMALL[number]
    # Beside each other, so that they share what mypy knows of the packages.
    target = tmp_path_factory.getbasetemp() / f"random-{number}"
    assert list(faults(text, target, json.loads(text)["service"]["name"], *IGNORED)) == []
