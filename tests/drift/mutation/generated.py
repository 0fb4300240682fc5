"""Edits of generated code (G)."""

from __future__ import annotations

import importlib.util
import json
import marshal
import re
import sys
from typing import Final

from scaffold.tree.digest import digest
from tests.drift.mutation.mutant import Mutant
from tests.drift.mutation.services import Files, Link, NoPlace, Service

IDENTITY: Final = "@/gate/identity.py"
SHARED: Final = "@/store/functions/000_shared.sql"


def _compiled(of: Service, *, checked: bool) -> Files:
    """A module that was compiled from another text than the one that lies there."""
    weaker = of.text(IDENTITY).replace("CLOCK_SKEW: Final = 60", "CLOCK_SKEW: Final = 10**9")
    path = of.path(IDENTITY)
    place = path.replace("identity.py", f"__pycache__/identity.{sys.implementation.cache_tag}.pyc")
    flags = 3 if checked else 1
    head = importlib.util.MAGIC_NUMBER + flags.to_bytes(4, "little") + bytes(8)
    return {place: head + marshal.dumps(compile(weaker, path, "exec"))}


def _moved(of: Service) -> Files:
    """The module that verifies tokens in the tree of the developer, weaker, and not in the lock."""
    path = of.path(IDENTITY)
    lock = json.loads(of.text("scaffold.lock"))
    del lock["files"][path]
    weaker = of.text(path).replace("CLOCK_SKEW: Final = 60", "CLOCK_SKEW: Final = 10**9")
    used = of.edit("asgi.py", "from", "from hooks.who import Verifier  # noqa: F401\nfrom")
    return {
        path: None,
        "hooks/who.py": weaker,
        "scaffold.lock": json.dumps(lock, indent=2) + "\n",
        **used,
    }


def _laundered(of: Service) -> Files:
    """A guard that was edited, and its digest in the lock with it."""
    made = of.edit(IDENTITY, r"CLOCK_SKEW: Final = \d+", "CLOCK_SKEW: Final = 10**9")
    path = of.path(IDENTITY)
    lock = json.loads(of.text("scaffold.lock"))
    lock["files"][path] = digest(made[path].encode())
    return {**made, "scaffold.lock": json.dumps(lock, indent=2) + "\n"}


def _wider(of: Service) -> Files:
    """A stored function that lets a role in which the spec does not grant it."""
    document = of.emission.design
    roles = sorted(each.name for each in document.roles)
    for path in of.paths:
        if not path.startswith(of.path("@/store/functions/")):
            continue
        text = of.text(path)
        for allowed in re.finditer(r"enter_\(p_tenant, p_caller, array\[(.*?)\]", text):
            missing = [each for each in roles if f"'{each}'" not in allowed[1]]
            if missing:
                more = f"{allowed[0][:-1]}, '{missing[0]}']"
                return {path: text.replace(allowed[0], more, 1)}
    raise NoPlace("a role that is not let in")


def _of_ones_own(of: Service) -> Files:
    return {"hooks/letters.py": '"Letters."\n', "asgi.py": of.text("asgi.py") + "# served\n"}


def _crlf(of: Service, path: str) -> Files:
    return {of.path(path): of.text(path).replace("\n", "\r\n")}


MUTANTS: Final = (
    Mutant(
        "G01",
        "the permission of an operation deleted",
        "critical",
        lambda s: s.edit("@/operations.py", r'        permission="\w+:list",\n', ""),
        lambda s: s.edit("@/operations.py", r'(        permission="\w+:list",)', r"\1  # listed"),
        runs=True,
    ),
    Mutant(
        "G02",
        "a role more let in by a stored function",
        "critical",
        _wider,
        lambda s: s.first("@/store/functions/[a-z].*", r"  v_caller", "  -- who asks\n  v_caller"),
    ),
    Mutant(
        "G03",
        "the tenant gone from a statement",
        "critical",
        lambda s: s.first("@/store/functions/.*", r"where r\.tenant_id = p_tenant", "where true"),
        lambda s: s.first(
            "@/store/functions/.*", r"where r\.tenant_id = p_tenant", "where r.tenant_id=p_tenant"
        ),
    ),
    Mutant(
        "G04",
        "an action without a transaction",
        "critical",
        lambda s: s.edit("@/store/database.py", r" +connection\.transaction\(\),\n", ""),
        lambda s: s.edit(
            "@/store/database.py", r"( +connection\.transaction\(\),)\n", r"\1  # one\n"
        ),
        runs=True,
    ),
    Mutant(
        "G05",
        "the tenant bound for the session",
        "critical",
        lambda s: s.edit(SHARED, r"('app\.tenant_id', p_tenant::text), true", r"\1, false"),
        lambda s: s.edit(SHARED, r"('app\.tenant_id', p_tenant::text), true", r"\1,  true"),
    ),
    Mutant(
        "G06",
        "the version of If-Match not compared",
        "medium",
        lambda s: s.edit("@/gate/conditional.py", r"return \[int\(.*\]", "return None"),
        lambda s: s.edit("@/gate/conditional.py", r"(return \[int\(.*\])", r"\1  # strong"),
    ),
    Mutant(
        "G07",
        "unknown names in a body ignored",
        "high",
        lambda s: s.edit("@/types.py", r'extra="forbid"', 'extra="ignore"'),
        lambda s: s.edit("@/types.py", r'ConfigDict\(extra="forbid"', "ConfigDict(extra='forbid'"),
    ),
    Mutant(
        "G08",
        "a token in the log",
        "high",
        lambda s: s.edit(IDENTITY, r"( +)(parts = token\.split)", r"\1print(token)\n\1\2"),
        lambda s: s.edit(IDENTITY, r"( +)(parts = token\.split)", r"\1# print(token)\n\1\2"),
    ),
    Mutant(
        "G09",
        "the bound of a page gone",
        "medium",
        lambda s: s.first(r"@/resources/\w+/models\.py", r"(limit: .*ge=1), le=\d+\)", r"\1)"),
        lambda s: s.first(r"@/resources/\w+/models\.py", r"( +limit: .*)", r"    # bounded\n\1"),
    ),
    Mutant(
        "G10",
        "any host is answered",
        "high",
        lambda s: s.edit("@/gate/dispatch.py", r"not in self\._hosts", "is None"),
        lambda s: _crlf(s, "@/gate/dispatch.py"),
        runs=True,
    ),
    Mutant(
        "G11",
        "signatures of a webhook compared with ==",
        "critical",
        lambda s: s.edit(
            "@/gate/signatures.py", r"hmac\.compare_digest\(expected, each\)", "expected == each"
        ),
        lambda s: s.edit("@/gate/signatures.py", r'"""The provider, if', '"""Who sent it, if'),
        runs=True,
    ),
    Mutant(
        "G12",
        "a key of idempotency never remembered",
        "high",
        lambda s: s.edit(SHARED, r"insert into idempotency_key", "-- insert into idempotency_key"),
        lambda s: s.edit(SHARED, r"insert into idempotency_key", "insert  into idempotency_key"),
    ),
    Mutant(
        "G13",
        "any algorithm of a token accepted",
        "critical",
        lambda s: s.edit(IDENTITY, r"if algorithm not in issuer\.algorithms:", "if not algorithm:"),
        lambda s: s.edit(
            IDENTITY,
            r"if algorithm not in issuer\.algorithms:",
            "if (algorithm not in issuer.algorithms):",
        ),
        runs=True,
    ),
    Mutant(
        "G13a",
        "the keys of an issuer over plain HTTP",
        "critical",
        lambda s: s.edit("@/app.py", r'RemoteKeys\("https:', 'RemoteKeys("http:'),
        lambda s: s.edit("@/app.py", r"RemoteKeys\(\"(https:.*)\"\)", r"RemoteKeys('\1')"),
        runs=True,
    ),
    Mutant(
        "G14",
        "byte code beside a guard that runs unchecked",
        "critical",
        lambda s: _compiled(s, checked=False),
        lambda s: _compiled(s, checked=True),
        runs=True,
    ),
    Mutant(
        "G15",
        "a guard moved to the developer's tree, out of the lock",
        "critical",
        _moved,
        _of_ones_own,
    ),
    Mutant(
        "G16",
        "a generated test weakened",
        "high",
        lambda s: s.first(
            r"tests/contract/test_\w+\.py", r"    assert [^\n(]+ == ", "    assert True or "
        ),
        lambda s: s.first(r"tests/contract/test_\w+\.py", r"(    assert .*)\n", r"\1  # holds\n"),
    ),
    Mutant(
        "G18",
        "a conftest beside the generated tests",
        "high",
        lambda s: {"tests/contract/access_test.py": "import pytest\n\npytest.skip('later')\n"},
        lambda s: {"tests/unit/test_totals.py": "def test_sum() -> None:\n    assert 1 + 1 == 2\n"},
    ),
    Mutant(
        "G20",
        "a guard edited, and the lock with it",
        "critical",
        _laundered,
        lambda s: _crlf(s, IDENTITY),
        True,
    ),
    Mutant(
        "G22",
        "a package that is loaded instead of a guard",
        "critical",
        lambda s: {
            s.path("@/gate/identity/__init__.py"): s.text(IDENTITY).replace("= 60", "= 10**9", 1)
        },
        lambda s: {"hooks/identity/__init__.py": '"""Who is who in letters."""\n'},
        runs=True,
    ),
    Mutant(
        "G24",
        "a guard is a link",
        "high",
        lambda s: {
            s.path(IDENTITY): Link("../../hooks/who.py"),
            "hooks/who.py": s.text(IDENTITY),
        },
        lambda s: _crlf(s, IDENTITY),
    ),
    Mutant(
        "G26",
        "a generated test deleted",
        "high",
        lambda s: {"tests/contract/test_isolation.py": None},
        lambda s: {
            "tests/test_service.py": None,
            "tests/unit/test_service.py": s.text("tests/test_service.py"),
        },
    ),
    Mutant(
        "G28",
        "a table of the service made open in the snapshot",
        "high",
        lambda s: s.edit("@/store/migrations/snapshot.json", r'"columns"', '"column"'),
        lambda s: {
            s.path("@/store/migrations/snapshot.json"): json.dumps(
                json.loads(s.text("@/store/migrations/snapshot.json")), indent=1
            )
        },
    ),
)
