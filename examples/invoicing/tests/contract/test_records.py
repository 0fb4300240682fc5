"""What is kept of a request: no personal data in a log (DATA-2)."""

import json
from collections.abc import Iterator
from typing import Any

from invoicing.telemetry.logs import CLASSIFIED, REDACTED, redact
from tests.contract.harness import CONTRACT


def classified(schema: Any, name: str = "") -> Iterator[str]:
    """The names of the properties that the contract classifies."""
    if isinstance(schema, list):
        for each in schema:
            yield from classified(each)
    elif isinstance(schema, dict):
        if schema.get("x-class", "public") not in ("public", "internal"):
            yield name
        for key, each in schema.items():
            yield from classified(each, key)


def test_what_the_contract_classifies_is_not_logged() -> None:
    names = {*classified(CONTRACT["components"]["schemas"]), "authorization", "token"}
    assert names <= CLASSIFIED
    for name in names:
        for event in (
            {name: "x"},
            {"row": {name: "x"}},
            {"rows": [{name: {"deep": "x"}}]},
        ):
            text = json.dumps(redact(None, "", event))
            assert REDACTED in text and '"x"' not in text
