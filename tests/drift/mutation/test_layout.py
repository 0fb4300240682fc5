"""Generated files in another layout are stale, and let nobody do more."""

import json

import pytest

from tests.drift.mutation import database
from tests.drift.mutation.mutant import Operator
from tests.drift.mutation.services import NAMES, Files, Service, found, service


def _compact(of: Service) -> Files:
    return {"scaffold.lock": json.dumps(json.loads(of.text("scaffold.lock")))}


def _turned(of: Service) -> Files:
    lock = json.loads(of.text("scaffold.lock"))
    lock["files"] = dict(reversed(lock["files"].items()))
    return {
        "scaffold.lock": json.dumps(dict(reversed(lock.items())), indent=1).replace("\n", "\r\n")
    }


LAYOUTS: dict[str, Operator] = {
    "a policy in two pairs of parentheses": database.edit(
        database.POLICIES, rf"using ({database.BOUND})", r"using (\1)"
    ),
    "a policy on more lines": database.edit(
        database.POLICIES, r" = \(select ", " =\n    ( SELECT "
    ),
    "a role in parentheses of a policy": database.edit(
        database.POLICIES,
        r"tenant_id = current_setting\('app\.tenant_id', true\)::uuid\)",
        "(tenant_id) = (current_setting('app.tenant_id', true)::uuid))",
    ),
    "a comparison in parentheses of a function": lambda of: of.first(
        "@/store/functions/.*", r"where (\w+\.tenant_id = \w+)\n", r"where (\1)\n"
    ),
    "the lock on one line": _compact,
    "the lock in another order": _turned,
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_another_layout_blocks_nothing(layout: str, name: str) -> None:
    of = service(name)
    files = LAYOUTS[layout](of)
    for path, text in files.items():
        assert text != of.text(path)
    said = found(of, files)
    assert [(each.rule.id, each.key, each.now) for each in said if each.blocks] == []


def test_a_lock_that_says_a_key_twice_is_not_believed() -> None:
    of = service(NAMES[0])
    text = of.text("scaffold.lock")
    twice = text.replace('"files": {', '"files": {},\n  "files": {', 1)
    assert json.loads(twice) == json.loads(text)
    said = found(of, {"scaffold.lock": twice})
    assert {each.rule.id for each in said if each.blocks} == {"SCF014"}
