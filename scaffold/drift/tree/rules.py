"""The rules about generated files."""

from __future__ import annotations

from typing import Final

from scaffold.drift.facts import Layer
from scaffold.drift.rule import Example, Rule, Severity
from scaffold.drift.verdict import Exact

PACKAGE: Final = "shop"
"""The service of the examples, whose files are what their spec yields."""
GATE: Final = "shop/gate/identity.py"
_GATE: Final = '''\
"""Who asks."""

SKEW = 30


def verify(token: str, key: str) -> bool:
    """Is it signed?"""
    return token.endswith(key)
'''
_MODEL: Final = 'class Note:\n    """A note."""\n\n    extra = "forbid"\n'
_TEST: Final = "def test_it_is_refused() -> None:\n    assert 401 == 401\n"
_SQL: Final = "-- policy: note floor\ncreate policy floor on note using (tenant_id = 1);\n"
FILES: Final = {
    GATE: _GATE,
    "shop/resources/note/models.py": _MODEL,
    "shop/development/world.py": "ROWS = 3\n",
    "shop/openapi.json": '{"paths": {"/notes": {}}}\n',
    "shop/store/guards/policies.sql": _SQL,
    "shop/store/migrations/0001_initial.sql": "create table note (id int);\n",
    "tests/contract/test_gate.py": _TEST,
}
_LAYER: Final[Layer] = "tree"
_UNDO: Final = (
    "Undo the edit; or say in scaffold.yaml, or in a hook, what it was for, and run "
    "scaffold generate."
)
_ORDER: Final = Exact()


def _rule(
    number: int,
    name: str,
    severity: Severity,
    what: str,
    why: str,
    change: dict[str, str | None],
    dual: dict[str, str | None],
    remedy: str = _UNDO,
) -> Rule:
    return Rule(
        id=f"SCF{number:03}",
        name=name,
        severity=severity,
        controls=("GEN-3",),
        layer=_LAYER,
        what=what,
        why=why,
        remedy=remedy,
        example=Example(FILES, change, dual),
        order=_ORDER,
        waivable=False,
    )


_OLDER: Final = (
    '{"language": 1, "generator": "0.0.1", "spec": "sha256:0", "files": {}, "surface": {}}'
)
_HOOK: Final[dict[str, str | None]] = {"hooks/note.py": '"""What notes do: yours."""\n'}
_SAME: Final[dict[str, str | None]] = {
    GATE: _GATE.replace('"""Who asks."""', "# Who asks, in other words.").replace(
        '    """Is it signed?"""\n', ""
    )
}

RULES: Final = (
    guard := _rule(
        1,
        "guard-edited",
        "critical",
        "Functions, classes and constants of the gate, the store, the table of operations, the "
        "application, its server, its providers and its settings.",
        "They decide who is let in, as whom, and which rows are reached.",
        {GATE: _GATE.replace("token.endswith(key)", "True")},
        _SAME,
    ),
    code := _rule(
        2,
        "generated-code-edited",
        "high",
        "Functions, classes and constants of the other generated modules.",
        "Models refuse what nobody may send, and handlers call the functions that decide.",
        {"shop/resources/note/models.py": _MODEL.replace("forbid", "allow")},
        {"shop/resources/note/models.py": _MODEL + "# the end\n"},
    ),
    test := _rule(
        3,
        "generated-test-edited",
        "high",
        "Functions and constants of the emitted tests.",
        "A generated test was changed, and may no longer fail where a guard is gone.",
        {"tests/contract/test_gate.py": _TEST.replace("== 401", "in (200, 401)")},
        {"tests/contract/test_gate.py": "\n\n" + _TEST},
    ),
    development := _rule(
        4,
        "development-code-edited",
        "low",
        "Functions and constants of what serves on a developer's machine.",
        "It is not what the spec yields; nothing of it is served in production.",
        {"shop/development/world.py": "ROWS = 4\n"},
        {"shop/development/world.py": "ROWS = (3)  # rows\n"},
    ),
    text := _rule(
        5,
        "text-only",
        "low",
        "Generated files that differ from what the spec yields in comments, layout and "
        "docstrings alone.",
        "Nothing is wider, but the file is replaced when somebody generates again.",
        _SAME,
        _HOOK,
        "Run scaffold generate, and commit the result.",
    ),
    sql := _rule(
        6,
        "generated-sql-edited",
        "critical",
        "Statements of the generated functions, policies, grants and roles.",
        "They are the guards that hold whatever the service asks the database.",
        {"shop/store/guards/policies.sql": _SQL.replace("tenant_id = 1", "true")},
        {"shop/store/guards/policies.sql": _SQL.replace(" using ", "\n  USING ")},
    ),
    data := _rule(
        7,
        "generated-data-edited",
        "high",
        "The contract, the snapshot of the tables and other generated data.",
        "Others rely on what they say: clients, tests, the next migration.",
        {"shop/openapi.json": '{"paths": {}}\n'},
        {"shop/openapi.json": '{\n  "paths": {"/notes": {}}\n}\n'},
    ),
    missing := _rule(
        8,
        "generated-file-missing",
        "high",
        "Generated files that are not there.",
        "A guard or its test is gone, or stands where nobody compares it.",
        {"tests/contract/test_gate.py": None},
        _SAME,
    ),
    extra := _rule(
        9,
        "file-among-generated",
        "high",
        "Files in the generated directories that the spec does not yield.",
        "Nobody looks for code there, and some of it is run: a module, a test's fixtures, a "
        "migration.",
        {"shop/gate/helper.py": "x = 1\n"},
        {"hooks/helper.py": "x = 1\n"},
        "Move it to hooks/ or delete it; scaffold generate does not touch it.",
    ),
    history := _rule(
        10,
        "migration-changed",
        "critical",
        "Migrations that were written: changed, missing, or added by hand.",
        "Databases have them already, or get what no snapshot knows of.",
        {"shop/store/migrations/0002_by_hand.sql": "alter table note disable trigger all;\n"},
        {"scripts/report.sql": "select count(*) from note;\n"},
        "Take it back from version control, and have scaffold generate write the next one.",
    ),
    byte_code := _rule(
        11,
        "byte-code-instead-of-source",
        "critical",
        "Compiled modules beside generated ones that are run without a look at the source, and "
        "compiled modules under version control.",
        "They are run in place of the text that everybody reads.",
        {"shop/gate/__pycache__/identity.cpython-311.pyc": "magc\x01\0\0\0hash-hash"},
        {"shop/gate/__pycache__/identity.cpython-311.pyc": "magc\0\0\0\0time-and-size"},
        "Delete them, and have git ignore __pycache__.",
    ),
    moved := _rule(
        12,
        "generated-code-moved",
        "critical",
        "Copies of generated modules outside of the generated directories.",
        "There nobody compares them with the spec any more.",
        {GATE: None, "hooks/identity.py": _GATE},
        {"hooks/identity.py": "def other() -> None:\n    return None\n"},
        "Import the generated module, and delete the copy.",
    ),
    irregular := _rule(
        13,
        "generated-file-irregular",
        "high",
        "Generated files that are links, devices, or behind a linked directory.",
        "What they lead to can change without any change of the repository.",
        {GATE: "-> /etc/hostname"},
        _SAME,
    ),
    lock := _rule(
        14,
        "lock-is-wrong",
        "high",
        "scaffold.lock where it claims to be of this spec and generator, and is not.",
        "Later comparisons start from what it says.",
        {"scaffold.lock": "{}"},
        _HOOK,
        "Run scaffold generate, and commit the lock that it writes.",
    ),
    stale := _rule(
        15,
        "stale",
        "low",
        "Files as another state of the spec, or another scaffold, has written them.",
        "They are not what the spec says now; whether that is wider, the spec tells.",
        {"scaffold.lock": _OLDER},
        _HOOK,
        "Run scaffold generate, and commit the result.",
    ),
    unjudged := _rule(
        16,
        "generated-file-cannot-be-judged",
        "high",
        "Generated files that were edited and cannot be read any more.",
        "Nobody knows what they do.",
        {GATE: "def (:\n"},
        _SAME,
    ),
    instead := _rule(
        17,
        "loaded-instead",
        "critical",
        "Extension modules, packages and compiled modules that Python loads in place of a "
        "generated module.",
        "They are run in place of the guard that everybody reads.",
        {"shop/gate/identity.abi3.so": "\x7fELF"},
        {"hooks/identity.abi3.so": "\x7fELF"},
        "Delete it.",
    ),
)
