"""A value of the spec never becomes code: it is a constant where it is emitted, or refused.

A service is planned from a benign spec and from the same spec with a payload in one slot. Its
Python, SQL, JSON, YAML and TOML must be the same but for the constants.
"""

import ast
import copy
import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from scaffold.design.resolve import resolve
from scaffold.plan.files import unformatted
from scaffold.project.create import create
from scaffold.spec.load import loads
from scaffold.spec.problems import SpecError

BENIGN: dict[str, Any] = {
    "scaffold": 2,
    "service": {
        "name": "shop",
        "title": "Benign",
        "description": "Benign",
        "environments": ["development", "production"],
    },
    "tenancy": {"tenant": "company", "attributes": {"tier": {"enum": ["benign", "other"]}}},
    "identity": {
        "issuers": [
            {
                "issuer": "https://benign.example/",
                "audience": "benign",
                "algorithms": ["ES256"],
                "jwks_uri": "https://benign.example/keys",
            }
        ],
        "tenant_claim": "benign",
        "attributes": {"areas": {"list": "string"}},
    },
    "roles": {
        "clerk": {
            "description": "Benign",
            "can": [
                {"do": ["list", "read", "create", "delete"], "on": "order"},
                {"do": "update", "on": "order", "when": {"note": "benign"}},
                {"do": "ship", "on": "order", "when": {"note": {"in": ["benign", "second"]}}},
                {"do": "sweep", "on": "order", "when": {"$tenant.tier": "benign"}},
            ],
        }
    },
    "resources": {
        "order": {
            "description": "Benign",
            "plural": "orders",
            "fields": {
                "note": {
                    "type": "string",
                    "max": 200,
                    "default": "benign",
                    "description": "Benign",
                },
                "code": {"type": "string", "max": 40, "pattern": "^.*benign$", "immutable": True},
                "kind": {"type": "enum", "values": ["benign", "second"], "default": "benign"},
                "price": {"type": "money", "currency": "EUR"},
                "state": {"type": "enum", "values": ["a", "b"], "default": "a", "set_by": ["ship"]},
            },
            "actions": {
                "ship": {
                    "on": "item",
                    "description": "Benign",
                    "input": {
                        "why": {
                            "type": "text",
                            "max": 100,
                            "default": "benign",
                            "description": "Benign",
                        }
                    },
                },
                "sweep": {"on": "collection", "description": "Benign"},
            },
        }
    },
    "limits": {"tenant": {"unlimited_because": "Benign, and there for this test."}},
}
PAYLOADS = (
    "' ' '''",
    '" """ " + f() + "',
    "\\",
    "line\nbreak",
    "{{ 7*7 }} {% raise %} {# note #}",
    "'); drop table x; --",
    "$function$ $q$ $$; select 1; $$",
    "*/ /* --> ]]> <script>alert(1)</script>",
    "a: b # [x] | - a",
    "$(touch x) `touch x` $HOME",
    "%s %(a)s {0} {a}",
    "__import__('os').system('x')",
    "../../etc/passwd",
    "class",
    "null",
    "\u202e",
    "\x00",
    "é🙂",
    "x" * 5000,
)
NAMES = (
    ("service", "name"),
    ("service", "environments", 0),
    ("service", "environments", 1),
    ("tenancy", "tenant"),
    ("resources", "order", "plural"),
)


Slot = tuple[Any, ...]
"""The path to a text of a spec."""


def slots(node: Any, path: Slot = ()) -> Iterator[Slot]:
    """The place of every text in a spec: values, and the names of what is declared."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from slots(value, (*path, key))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from slots(value, (*path, index))
    elif isinstance(node, str):
        yield path


def placed(paths: Iterable[Slot], payload: str) -> bytes:
    """The benign spec with a payload in some slots; a pattern keeps its anchors."""
    spec = copy.deepcopy(BENIGN)
    for path in paths:
        node: Any = spec
        for part in path[:-1]:
            node = node[part]
        url = isinstance(node[path[-1]], str) and node[path[-1]].startswith("https://")
        anchored = path[-1] == "pattern"
        text = f"https://benign.example/{payload}" if url else payload
        node[path[-1]] = f"^.*{payload}$" if anchored else text
    return yaml.safe_dump(spec, allow_unicode=True, sort_keys=False).encode("utf-8", "replace")


def shape(path: str, text: str) -> Any:
    """What is code in a file: its constants are blank, and its comments and prose are gone."""
    if path.endswith(".py"):
        tree = ast.parse(text)
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant):
                node.value = None
        return ast.dump(tree)
    if path.endswith(".json"):
        return blank(json.loads(text))
    if path.endswith(".sql"):
        literals = re.sub(r"E'(?:[^'\\]|''|\\.)*'|'(?:[^']|'')*'", "''", text)
        kept = [line for line in literals.splitlines() if not line.startswith("--")]
        return re.sub(r"\s+", "", "\n".join(kept))  # where a line is broken is no matter of meaning
    if path.endswith((".yaml", ".yml")):
        return blank(yaml.safe_load(text))
    if path.endswith(".toml"):
        return blank(tomllib.loads(text))
    return None


EXAMPLES = {"examples", "rows"}
"""Keys of values that are made from a text, as many as it has: data, whatever they are."""


def blank(value: Any) -> Any:
    """Data without its texts; the names of the digests in functions change with their text."""
    if isinstance(value, dict):
        return {key: blank(each) for key, each in value.items() if key not in EXAMPLES}
    if isinstance(value, list):
        return [blank(each) for each in value]
    return type(value).__name__


def anonymous(files: Mapping[str, str]) -> dict[str, Any]:
    """The shapes of the files, the digests in the names of stored functions left out."""
    return {
        path: shape(path, re.sub(r"_[0-9a-f]{8}\b", "_digest", text))
        for path, text in files.items()
    }


@cache
def benign() -> Mapping[str, str]:
    """The files of the benign service."""
    return unformatted(resolve(loads(yaml.safe_dump(BENIGN, sort_keys=False))))


@cache
def benign_shape(path: str) -> Any:
    """The shape of a file of the benign service."""
    return anonymous({path: benign()[path]})


def accepted(payload: str) -> Iterator[Slot]:
    """The slots that take a payload; any other refuses it at a position."""
    for path in slots(BENIGN):
        try:
            loads(placed([path], payload))
        except SpecError as error:
            assert all(problem.line >= 1 and problem.column >= 1 for problem in error.problems)
            assert payload not in str(error) or payload.isprintable()
            continue
        if path not in NAMES or not re.fullmatch(r"[a-z][a-z0-9_]*", payload):
            yield path  # else it is a good name, and so another service


def changed(paths: Iterable[Slot], payload: str) -> list[str]:
    """The files whose code is another one with a payload in some slots."""
    found = unformatted(resolve(loads(placed(paths, payload))))
    assert found.keys() == benign().keys()
    return [
        name
        for name, text in found.items()
        if text != benign()[name] and anonymous({name: text}) != benign_shape(name)
    ]


@pytest.mark.parametrize("payload", PAYLOADS, ids=lambda each: ascii(each)[:40])
def test_a_payload_stays_a_constant_or_is_refused(payload: str) -> None:
    """In all slots at once, but for the values of conditions: two equal ones become one."""
    paths = list(accepted(payload))
    together = [path for path in paths if "when" not in path]
    if changed(together, payload):  # which slot is to blame?
        paths += together
    else:
        paths = [path for path in paths if "when" in path]
    found = {path: files for path in paths if (files := changed([path], payload))}
    assert not found


def test_hostile_texts_stay_constants_in_the_developers_files(tmp_path: Path) -> None:
    spec = copy.deepcopy(BENIGN)
    hostile = "\"\"\" ''' {{ 7*7 }} {% x %} $(touch x) `x` # - [a](b) <b> ${HOME} %s"
    spec["service"] |= {"title": hostile, "description": hostile}
    spec["resources"]["order"]["description"] = hostile
    spec["resources"]["order"]["actions"]["ship"]["description"] = hostile
    shapes = []
    for name, each in (("benign", BENIGN), ("hostile", spec)):
        text = yaml.safe_dump(each, sort_keys=False).encode()
        create("shop", tmp_path / name, text, "shop.yaml")
        files = {
            str(path.relative_to(tmp_path / name)): path.read_text("utf-8")
            for path in (tmp_path / name).rglob("*")
            if path.is_file()
        }
        files.pop("scaffold.lock")
        shapes.append(anonymous(files))
    assert shapes[0] == shapes[1]
