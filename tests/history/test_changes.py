"""A changed spec on a database with data: both releases serve, and the way leaves no trace.

Each case changes several things at once. The tests of the release before, and those of the next
one, pass while the tables are expanded, on rows that both write.
"""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import asyncpg
import pytest

from tests.database.catalog import catalog
from tests.database.releases import Databases, Release, Urls, execute, on
from tests.database.test_statements import EXCLUDED, squawk
from tests.emitted import PACKAGE

from .shop import (
    CONTRACT,
    Edit,
    edited,
    facts,
    generate,
    migrations,
    new_of,
    outcome_of,
    project,
)


@dataclass(frozen=True, slots=True)
class Case:
    """Edits of the spec, and what comes of them.

    `before` is done to the rows at the beginning, and `facts` are queries with what they answer in
    the end. `refused` is said of the contract phase until `repair` was run, and `lost` until
    somebody consents.
    """

    edits: tuple[Edit, ...]
    before: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    refused: str = ""
    repair: str = ""
    lost: str = ""


CASES: Final = {
    "additions": Case(
        (
            (
                "      label: {type: string, max: 20, optional: true}\n",
                "      tag: {type: string, max: 20, optional: true, renamed_from: label}\n"
                "      weight: {type: integer, min: 1, max: 50, backfill: 7}\n"
                "      note: {type: string, max: 40, optional: true}\n"
                "      unit: {type: enum, values: [piece, kilo], default: piece, filter: [eq]}\n"
                "      list_price: {type: money, min: 0, max: 100000, backfill_from: price}\n",
            ),
            ("review]}\n  clerk", "review, shelf]}\n  clerk"),
            (
                "  review:\n    parent",
                "  shelf:\n    fields:\n      name: {type: string, max: 30}\n  review:\n    parent",
            ),
        ),
        before="update invoicing.product set label = left(title, 9), price = 23",
        facts={
            "select count(*) > 20 from invoicing.product where tag = left(title, 9)": True,
            "select count(*) > 20 from invoicing.product where price = 23 and weight = 7": True,
            "select bool_and(list_price = 23) from invoicing.product where price = 23": True,
        },
    ),
    "bounds and keys": Case(
        (
            ("      label: {type: string, max: 20, optional: true}\n", ""),
            ("code: {type: string, max: 12}", "code: {type: string, max: 24}"),
            (
                "made_on: {type: date, optional: true}",
                "made_on: {type: date, backfill: 2020-01-01}",
            ),
            ("max: 1000}\n      status", "max: 500}\n      status"),
            ("values: [draft, live], default", "values: [draft, live, gone], default"),
            ("stars: {type: integer, min: 1, max: 5,", "stars: {type: integer, min: 2, max: 6,"),
            ("    unique: [[code]]\n", ""),
            (
                "      name: {type: string, min: 1, max: 60, filter: [eq]}\n    unique: [[name]]",
                "      name: {type: string, min: 1, max: 60, filter: [eq]}\n"
                "      short: {type: string, max: 9, optional: true}\n"
                "    unique: [[name], [short]]",
            ),
            (
                "values: [small, large]}}",
                "values: [small, large]}, region: {type: enum, values: [eu, us]}}",
            ),
            ("      publish: {on: item}", "      publish: {on: item, idempotent: required}"),
            (
                "words: {type: text, max: 500, optional: true}",
                "words: {type: text, max: 500, backfill: None.}",
            ),
        ),
        before="update invoicing.review set stars = 1;"
        " update invoicing.product set label = 'x', made_on = null",
        facts={
            "select count(*) > 20 from invoicing.product where made_on = '2020-01-01'": True,
            "select count(*) > 20 from invoicing.review where words = 'None.'": True,
        },
        refused="rows of review whose stars is out of its new bounds",
        repair="update invoicing.review set stars = 2 where stars < 2;"
        " update invoicing.product set stock = 5 where stock > 500",
        lost="values of product.label",
    ),
    "names": Case(
        (
            (
                "{do: [list, read], on: [category, product, review]}",
                "{do: [list, read], on: [category, item, review, place]}",
            ),
            (
                "{do: [create, update, delete], on: [category, product, review]}",
                "{do: [create, update, delete], on: [category, item, review, place]}",
            ),
            ("{do: [publish], on: product,", "{do: [publish], on: item,"),
            (
                "  product:\n    fields:\n",
                "  place:\n    fields:\n      name: {type: string, max: 30}\n"
                "  item:\n    renamed_from: product\n    fields:\n",
            ),
            ("      price: {type: money, min: 0, max: 100000}\n", ""),
            (
                "home: {type: reference, to: category}",
                "home: {type: reference, to: category, optional: true}\n"
                "      place: {type: reference, to: place, optional: true}",
            ),
            ("    parent: product\n", "    parent: item\n    owner: author_id\n"),
            ("default: draft, set_by", "default: live, set_by"),
            ("code: {type: string, max: 12}", "sku: {type: string, max: 12, renamed_from: code}"),
            ("unique: [[code]]", "unique: [[sku]]"),
            (
                "made_on: {type: date, optional: true}",
                "built_on: {type: date, optional: true, renamed_from: made_on}",
            ),
        ),
        facts={"select count(*) > 50 from invoicing.item where sku is not null": True},
        refused="rows of review without author_id",
        repair="update invoicing.review r set author_id ="
        " (select id from invoicing.member m where m.tenant_id = r.tenant_id limit 1)"
        " where author_id is null",
        lost="values of item.price",
    ),
    "the tenant": Case(
        (
            (
                "  tenant: company\n  attributes: {tier: {type: enum, values: [small, large]}}",
                "  tenant: group\n  renamed_from: company\n"
                "  attributes: {size: {enum: [small, large], renamed_from: tier}}",
            ),
            ("$tenant.tier", "$tenant.size"),
            ("  issuers:\n", "  tenant_claim: company_id\n  issuers:\n"),
        ),
        before="insert into invoicing.company (slug, name, tier) values ('kept', 'K', 'large')",
        facts={
            "select size from invoicing.\"group\" where slug = 'kept'": "large",
        },
    ),
    "an attribute of the tenant": Case(
        (
            ("{tier: {type", "{size: {renamed_from: tier, type"),
            ("$tenant.tier", "$tenant.size"),
        ),
        before="insert into invoicing.company (slug, name, tier) values ('kept', 'K', 'large')",
        facts={"select size from invoicing.company where slug = 'kept'": "large"},
    ),
    "a resource less": Case(
        (
            (", review]}\n  clerk", "]}\n  clerk"),
            ("delete], on: [category, product, review]}", "delete], on: [category, product]}"),
            (
                "  review:\n    parent: product\n    fields:\n"
                "      stars: {type: integer, min: 1, max: 5, sort: true}\n"
                "      words: {type: text, max: 500, optional: true}\n",
                "",
            ),
            (
                "default: draft, set_by: [publish], filter: [eq]",
                "default: draft, set_by: [publish]",
            ),
        ),
        lost="the rows of review",
    ),
}


PROVEN: Final = {
    "adding-not-nullable-field": "a valid CHECK, as squawk wants one, says already that there is",
}
TOLERATED: Final = {
    "renaming-table": "each release has a view with the names that it knows",
    "renaming-column": "the same",
    "ban-drop-not-null": "the release before always gives a value",
    "ban-drop-constraint": "another one takes its place in the same transaction, or it is unwanted",
}
ALONE: Final = {
    "renaming-object": "no process of a release is left that knows the name",
    "ban-drop-constraint": "the same",
    "ban-drop-column": "the same",
    "ban-drop-table": "the same",
    "ban-drop-default": "it was for the release before, which left the value out",
    "ban-drop-function": "it is that of a trigger which goes with it",
    "ban-drop-trigger": "it fills in what the release before left out",
}


@pytest.mark.parametrize("name", CASES)
def test_two_releases_serve_while_the_tables_change(
    name: str, shop: Release, databases: Databases, database: Urls, tmp_path: Path
) -> None:
    case = CASES[name]
    following = edited(shop, tmp_path / "next", case.edits)
    written = generate(following, "--allow-destructive")
    assert written.exit_code == 0, written.output
    lint(following, tmp_path / "parts")
    if case.before:
        execute(database.admin, case.before)
    done = following.migrate(database)
    assert done.returncode == 0, done.stderr
    for release in (shop, following):
        outcome = outcome_of(release, database)
        assert outcome.passed, outcome.output

    # A process of the release before may start again, and migrate as it always does.
    assert shop.migrate(database).returncode == 0
    contract = ("--contract", "--grace", "0")
    for said, repaired in ((case.refused, case.repair), (case.lost, "")):
        if said:
            before = on(database.admin, catalog)
            done = following.migrate(database, *contract)
            assert done.returncode == 1 and said in done.stderr, (done.stdout, done.stderr)
            assert tables(before) == tables(on(database.admin, catalog))
            if repaired:
                execute(database.admin, repaired)
    done = following.migrate(database, *contract, "--allow-destructive")
    assert done.returncode == 0, done.stderr
    outcome = outcome_of(following, database)
    assert outcome.passed, outcome.output
    for query, answer in case.facts.items():
        assert on(database.admin, lambda each, query=query: each.fetchval(query)) == answer, query

    fresh = project(tmp_path / "fresh", (following.project / "scaffold.yaml").read_text("utf-8"))
    for release in (fresh, following):
        assert facts(new_of(release, databases)) == facts(database)


def lint(release: Release, directory: Path) -> None:
    """Squawk has nothing to say of the parts, each of which is a transaction of its own."""
    directory.mkdir()
    for phase, excluded in ((".sql", TOLERATED), (".contract.sql", ALONE)):
        parts: dict[bool, list[Path]] = {True: [], False: []}
        for name in migrations(release)[1:]:
            if name.endswith(".contract.sql") is (phase == ".contract.sql"):
                text = (release.project / PACKAGE / "store" / "migrations" / name).read_text(
                    "utf-8"
                )
                for number, part in enumerate(
                    re.split(r"^(?=-- [a-z]+[^:\n]*: )", text, flags=re.M)
                ):
                    place = directory / f"{number}_{name}"
                    place.write_text(part, "utf-8")
                    parts[not part.startswith("-- alone")].append(place)
        for together, files in parts.items():
            options = ["--assume-in-transaction"] if together else []
            if files:
                squawk(files, *options, excluded=EXCLUDED | PROVEN | excluded)


def tables(found: list[str]) -> set[str]:
    """What is history of it."""
    return {
        each for each in found if each.startswith(("column: ('invoicing'", "constraint", "rel"))
    }


def test_a_process_of_another_release_holds_up_the_contract_phase(
    shop: Release, database: Urls, tmp_path: Path
) -> None:
    following = edited(shop, tmp_path / "next", CASES["a resource less"].edits)
    assert generate(following, "--allow-destructive").exit_code == 0
    assert following.migrate(database).returncode == 0
    waiting = following.migrate(database, "--contract")
    assert waiting.returncode == 1 and "wait until it is 10" in waiting.stderr

    async def connected() -> None:
        settings = {"application_name": shop.name}
        connection = await asyncpg.connect(database.app, server_settings=settings)
        refused = following.migrate(database, "--contract", "--grace", "0")
        await connection.close()
        assert refused.returncode == 1 and shop.name in refused.stderr

    asyncio.run(connected())
    status = following.migrate(database, "--status")
    assert status.returncode == 0
    assert [each for each in status.stdout.splitlines() if each.startswith("waiting ")]


def test_what_needs_an_earlier_contract_phase_waits_for_it(
    shop: Release, databases: Databases, database: Urls, tmp_path: Path
) -> None:
    """A field goes and comes back as another one, while the release of before it still serves."""
    label = "      label: {type: string, max: 20, optional: true}\n"
    second = edited(shop, tmp_path / "second", [(label, "")])
    assert generate(second, "--allow-destructive").exit_code == 0
    back = "      label: {type: integer, min: 0, max: 9, optional: true}\n      price"
    third = edited(second, tmp_path / "third", [("      price", back)])
    assert generate(third).exit_code == 0
    refused = third.migrate(database)
    assert refused.returncode == 1 and "waits for --contract" in refused.stderr
    # A new database, on which a run was interrupted after the first migration.
    new = databases.new()
    printed = third.migrate(new, "--sql").stdout
    execute(new.owner, printed.partition("-- 0002_")[0])
    assert third.migrate(new).returncode == 0
    assert facts(new) == facts(new_of(third, databases))
    # Where nothing else serves, all of it is done at once.
    assert third.migrate(databases.new(database), *CONTRACT).returncode == 0
    assert second.migrate(database).returncode == 0
    done = second.migrate(database, *CONTRACT)
    assert done.returncode == 0, done.stderr
    done = third.migrate(database)
    assert done.returncode == 0, done.stderr
    outcome = outcome_of(third, database)
    assert outcome.passed, outcome.output
