"""The emitted SQL itself: PostgreSQL takes it, a linter has nothing to say, and it reads well."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import asyncpg
import pytest

from scaffold.emission import emit
from tests.emitted import PACKAGE

from .releases import Databases, Release, Urls, on

ROOT: Final = Path(__file__).resolve().parents[2]
SPECS: Final = sorted(path.stem for path in (ROOT / "specs").glob("*.yaml"))
EXAMPLES: Final = sorted(path.name for path in (ROOT / "examples").iterdir() if path.is_dir())
WIDTH: Final = 120
SQUAWK: Final = Path(sys.executable).parent / "squawk"

EXCLUDED: Final = {
    "require-lock-timeout": "the runner sets it in each of its transactions",
    "require-statement-timeout": "a timeout would end the building of an index; what holds others "
    "up is the wait for a lock, which has one",
}
EXCLUDED_IN_TABLES: Final = {
    "adding-foreign-key-constraint": "both tables are new, and have no rows to look through",
    "constraint-missing-not-valid": "the same",
}
"""Rules of squawk that do not apply, with the reason."""


@pytest.mark.parametrize("name", SPECS)
def test_no_line_is_long(name: str) -> None:
    files = emit((ROOT / "specs" / f"{name}.yaml").read_bytes(), name).files
    lines = [
        (path, line)
        for path, text in files.items()
        if path.endswith(".sql")
        for line in text.decode().splitlines()
    ]
    assert len(lines) > 100
    assert not [each for each in lines if len(each[1]) > WIDTH]


@pytest.mark.parametrize("name", EXAMPLES)
def test_lines_begin_where_a_reader_expects(name: str) -> None:
    """In a column of two, four and so on, or below the beginning of a word above."""
    files = emit((ROOT / "specs" / f"{name}.yaml").read_bytes(), name).files
    found = {path: text.decode() for path, text in files.items() if path.endswith(".sql")}
    assert len(found) > 6
    for path, text in found.items():
        assert text.endswith("\n") and not text.endswith("\n\n"), path
        assert "\n\n\n" not in text and "\t" not in text, path
        above: list[str] = []
        for number, line in enumerate(text.split("\n"), 1):
            place = f"{path}:{number}: {line}"
            assert line == line.rstrip(), place
            indent = len(line) - len(line.lstrip())
            aligned = any(re.match(r"[ ([]\S", each[indent - 1 : indent + 1]) for each in above)
            assert indent % 2 == 0 or aligned, place
            above = [*above, line] if line else []


def test_a_new_row_is_not_asked_whose_it_is() -> None:
    """Its owner is its maker. What else a grant asks of it is asked, and of no other row less."""
    files = emit((ROOT / "specs" / "invoicing.yaml").read_bytes(), "invoicing").files
    store = "invoicing/store/functions"
    (key,) = re.findall(
        r"insert into api_key_row_.*?;", files[f"{store}/api_key.sql"].decode(), re.S
    )
    assert key.endswith("returning t.id, t.version, t.json_ into id, version, body;")
    lines = files[f"{store}/invoice_line.sql"].decode()
    (line,) = re.findall(r"insert into invoice_line_row_.*?;", lines, re.S)
    assert "case when t.locked = false then t.json_ else outside_() end" in line
    change, *_ = re.findall(r"update invoice_line_row_.*?;", lines, re.S)
    assert "t.owner_id = v_caller.member" in change


@pytest.mark.parametrize("name", EXAMPLES)
def test_squawk_has_nothing_to_say(name: str) -> None:
    store = ROOT / "examples" / name / name / "store"
    migrations = sorted((store / "migrations").glob("*.sql"))
    guards = [store / "guards" / each for each in ("policies.sql", "rules.sql")]
    functions = sorted((store / "functions").glob("*.sql"))
    # All of it runs in a transaction but the indexes, which are built while others write.
    squawk(migrations, "--assume-in-transaction", excluded=EXCLUDED | EXCLUDED_IN_TABLES)
    squawk([*guards, *functions], "--assume-in-transaction", excluded=EXCLUDED)
    squawk([store / "guards" / "indexes.sql"], excluded=EXCLUDED)


def squawk(files: list[Path], *options: str, excluded: dict[str, str]) -> None:
    """Lints files; what is said is the failure."""
    assert files
    chosen = [*options, "--pg-version=17.0", f"--exclude={','.join(excluded)}"]
    done = subprocess.run(  # noqa: S603 - the tool of this environment
        [str(SQUAWK), *chosen, *map(str, files)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("rule", [*EXCLUDED, *EXCLUDED_IN_TABLES])
def test_an_excluded_rule_would_have_something_to_say(rule: str) -> None:
    store = ROOT / "examples" / "invoicing" / "invoicing" / "store"
    others = {each: "" for each in (*EXCLUDED, *EXCLUDED_IN_TABLES) if each != rule}
    with pytest.raises(AssertionError, match=rule):
        squawk(sorted((store / "migrations").glob("*.sql")), excluded=others)


def test_every_function_is_taken_and_runs(
    first: Release, databases: Databases, deployed: tuple[Urls, object]
) -> None:
    """Without arguments each refuses, or fails for want of them: no name in it is unknown."""

    async def call(connection: "asyncpg.Connection[Any]") -> list[str]:
        assert await connection.fetchval("show check_function_bodies") == "on"
        # What only other functions call finds what it names in the path of whoever calls it.
        await connection.execute(f"set search_path = {first.name}, {PACKAGE}")
        failures = []
        for row in await connection.fetch(
            "select p.oid::regproc::text as name, array(select format_type(t, null)"
            " from unnest(p.proargtypes) with ordinality as a (t, n) order by n) as types"
            " from pg_proc p where p.pronamespace = $1::text::regnamespace",
            first.name,
        ):
            nulls = ", ".join(f"null::{each}" for each in row["types"])
            try:
                await connection.execute(f"select {row['name']}({nulls})")
            except asyncpg.PostgresError as error:
                if error.sqlstate.startswith("42"):  # syntax, or an unknown name
                    failures.append(f"{row['name']}: {error}")
        return failures

    database = databases.new(deployed[0])
    assert on(database.admin, call) == []
    count = "select count(*) from pg_proc where pronamespace = $1::text::regnamespace"
    functions = on(database.admin, lambda connection: connection.fetchval(count, first.name))
    assert functions == len(first.statements["FUNCTIONS"])
