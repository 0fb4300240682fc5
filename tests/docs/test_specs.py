"""The examples of the language are accepted, a fragment as an addition to the first spec."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from scaffold.spec.document import parse
from scaffold.spec.load import loads

from .markdown import DOCUMENTS, REPOSITORY, Block, read

LANGUAGE = REPOSITORY / "docs" / "language.md"
EXAMPLES = [
    each for path in DOCUMENTS for each in read(path).blocks if each.language in ("yaml", "yml")
]


def whole() -> Mapping[str, Any]:
    """The spec that fragments are added to."""
    (found,) = (each for each in EXAMPLES if each.document == LANGUAGE and is_whole(each))
    return data(found)


def is_whole(block: Block) -> bool:
    """Is this a spec, not a part of one?"""
    return "scaffold:" in block.text


def data(block: Block) -> Mapping[str, Any]:
    """A block as plain data, read as a spec is."""
    return parse(block.text, str(block)).data


def added(base: Any, fragment: Any) -> Any:
    """The base with a fragment in it: mappings are united, anything else is replaced."""
    if isinstance(base, dict) and isinstance(fragment, dict):
        return base | {key: added(base.get(key), value) for key, value in fragment.items()}
    return fragment


@pytest.mark.parametrize("block", EXAMPLES, ids=str)
def test_an_example_is_a_spec(block: Block) -> None:
    if is_whole(block):
        loads(block.text, str(block))
    else:
        loads(written(added(whole(), data(block))), str(block))


def test_the_examples_of_the_language_fit_together() -> None:
    spec: Any = whole()
    for block in EXAMPLES:
        if not is_whole(block):
            spec = added(spec, data(block))
    loads(written(spec))


def written(spec: Any) -> str:
    """A spec as JSON, which is YAML too."""

    def number(value: object) -> float:
        assert isinstance(value, Decimal)
        return float(value)

    return json.dumps(spec, default=number)
