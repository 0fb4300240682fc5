"""A service whose spec is full of hostile texts works: every one of them is a constant, and kept.

The emitted tests are the judge. They send the texts, compare with them in conditions, and find
tables, functions and policies as they should be.
"""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from scaffold.project.create import create
from tests.emitted import ask

TEXTS = {
    "SQL": "'); drop table shop.member; -- $function$ $q$ $$ */ E'\\x24' \\",
    "templates": "{{ 7*7 }} {% raise %} {# x #} {0} {a!r} %s %(a)s ${HOME} $(touch x) `x`",
    "quotes": "\"\"\" ''' \\\" \\' \\N{BULLET} \\u0041 # : - [x](y) <b> é🙂",
}
TESTS = ("test_contract.py", "test_access.py", "test_isolation.py", "test_fields.py")
GENERATED = "tests/contract/test_contract.py::test_generated_requests"
"""It needs the plugin of schemathesis, and minutes."""


def spec(text: str) -> dict[str, Any]:
    """A spec with a text in every place that takes free text."""
    return {
        "scaffold": 2,
        "service": {"name": "shop", "title": text, "description": text},
        "tenancy": {
            "tenant": "company",
            "attributes": {"motto": {"type": "string", "max": 200}},
        },
        "identity": {
            "issuers": [
                {"issuer": "https://shop.example/", "audience": text, "algorithms": ["ES256"]}
            ],
            "attributes": {"desk": {"type": "string", "max": 200}},
        },
        "roles": {
            "clerk": {
                "description": text,
                "can": [
                    {"do": ["list", "read", "create"], "on": "order"},
                    {"do": ["update", "delete"], "on": "order", "when": {"note": text}},
                    {"do": "ship", "on": "order", "when": {"note": {"in": [text, "other"]}}},
                ],
            },
            "guest": {
                "can": [
                    {"do": ["list", "read"], "on": "order", "when": {"note": "$user.desk"}},
                    {"do": "create", "on": "order", "when": {"$tenant.motto": text}},
                ]
            },
        },
        "resources": {
            "order": {
                "description": text,
                "fields": {
                    "note": {
                        "type": "string",
                        "max": 200,
                        "default": text,
                        "description": text,
                        "filter": ["eq", "prefix"],
                    },
                    "remark": {"type": "text", "max": 200, "default": text, "optional": True},
                    "lines": {
                        "type": "object",
                        "optional": True,
                        "fields": {"one": {"type": "string", "max": 99, "description": text}},
                    },
                },
                "actions": {
                    "ship": {
                        "on": "item",
                        "description": text,
                        "input": {
                            "why": {"type": "string", "max": 200, "default": text},
                        },
                    }
                },
            }
        },
        "limits": {"token": {"unlimited_because": text}},
    }


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_service_of_hostile_texts_works(text: str, tmp_path: Path, postgres_server: str) -> None:
    project = tmp_path / "shop"
    create("shop", project, json.dumps(spec(text), ensure_ascii=False).encode(), "shop.json")
    contract = json.loads((project / "shop" / "openapi.json").read_bytes())
    assert (contract["info"]["title"], contract["info"]["description"]) == (text, text)
    about = tomllib.loads((project / "pyproject.toml").read_text("utf-8"))["project"]
    assert about["description"] == text
    outcome = ask(project, TESTS, "--deselect", GENERATED)
    assert outcome.passed, outcome.output
