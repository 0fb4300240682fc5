"""Two releases on one database: neither is in the way of the other, and nothing gets wider.

The second one is deployed by its migrations alone while the first one serves. What each lets its
callers do is compared before, during and after: at the service, and at the policies alone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import pytest

from .catalog import catalog, grants
from .reach import World, reach
from .releases import Case, Change, Databases, Release, Urls, execute, on

AUDITOR: Final = """\
  auditor:
    can:
      - {do: [list, read], on: [invoice, customer], when: {region: eu}}

resources:
  customer:
"""


@dataclass(frozen=True, slots=True)
class Deployment:
    """A change of the spec, and the resources that the services are asked about.

    `wider` and `tighter` say whether the second release allows something that the first one does
    not, and the other way about; `index` is one that only the second one has.
    """

    changes: tuple[Change, ...]
    resources: tuple[str, ...] = ("invoice",)
    wider: bool = False
    tighter: bool = False
    index: str = ""


DEPLOYMENTS: Final = {
    "a role": Deployment(
        (("resources:\n  customer:\n", AUDITOR),), ("invoice", "customer"), wider=True
    ),
    "a tighter condition": Deployment(
        (
            (
                "{do: [update, delete, send], on: invoice, when: {status: draft}}",
                "{do: [update, delete, send], on: invoice, when: {status: draft, region: eu}}",
            ),
        ),
        tighter=True,
    ),
    "another condition": Deployment(
        (
            (
                "only: [title, customer, due_on], when: {owner_id: $user.id, status: draft}",
                "only: [title, customer, due_on], when: {owner_id: $user.id, status: sent}",
            ),
        ),
        wider=True,
        tighter=True,
    ),
    "a claim of another type": Deployment(
        (
            ("regions: {list: string}", "regions: {type: string, max: 10}"),
            ("region: {in: $user.regions}", "region: $user.regions"),
        ),
        wider=False,
        tighter=True,
    ),
    "retention": Deployment((("retain: 2555d", "retain: 500d"),)),
    "a filter": Deployment(
        (("title:     {type: string, max: 200}", "title: {type: string, max: 200, filter: [eq]}"),),
        index="invoice_title_idx",
    ),
}


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_a_release_is_deployed_while_another_one_serves(
    name: str,
    first: Release,
    releases: Callable[..., Release],
    databases: Databases,
    deployed: tuple[Urls, World],
    database: Urls,
) -> None:
    change = DEPLOYMENTS[name]
    second, world = releases(change.changes), deployed[1]

    def reached(release: Release) -> set[str]:
        scope = release.statements["CALLER"]
        return on(database.app, lambda connection: reach(connection, world, scope))

    ours, theirs = first.cases(change.resources), second.cases(change.resources)
    roles = {each.role for each in ours}
    asked = [*ours, *(each for each in theirs if each not in ours and each.role in roles)]
    with first.serving(database) as first_says:
        before = first_says(asked)
        assert_as_granted(before, ours)
        reached_before, granted_before = reached(first), on(database.admin, grants)

        done = second.migrate(database)
        assert done.returncode == 0, done.stderr
        assert "0001_initial.sql" not in done.stdout
        assert first_says(asked) == before
        assert reached(first) == reached_before
        with second.serving(database) as second_says:
            during = second_says([*theirs])
            assert_as_granted(during, theirs)
            assert first_says(asked) == before
            reached_during, granted_during = reached(second), on(database.admin, grants)

            done = second.migrate(database, "--prune")
            assert done.returncode == 0, done.stderr
            assert second_says([*theirs]) == during
            assert reached(second) == reached_during
    granted_after = on(database.admin, grants)
    assert granted_during == granted_before | granted_after
    assert bool(reached_during - reached_before) is change.wider
    assert bool(reached_before - reached_during) is change.tighter

    alone = databases.new()
    assert second.migrate(alone).returncode == 0
    after = on(database.admin, catalog)
    assert after == on(alone.admin, catalog)
    assert any(change.index in each for each in after)
    assert not any(first.name in each for each in after)


def assert_as_granted(said: dict[Case, str], matrix: dict[Case, bool | None]) -> None:
    """What a release said is what its own spec grants."""
    for case, allowed in matrix.items():
        expected = {True: ("2",), False: ("403", "404"), None: ("200 hidden",)}[allowed]
        assert said[case].startswith(expected), (case, said[case])


def test_without_their_scope_two_releases_would_allow_what_neither_does(
    first: Release, releases: Callable[..., Release], deployed: tuple[Urls, World], database: Urls
) -> None:
    """A transaction that is bound in both scopes is in neither release: what scopes are for."""
    second, world = releases(DEPLOYMENTS["another condition"].changes), deployed[1]
    assert second.migrate(database).returncode == 0
    one, two = (each.statements["CALLER"] for each in (first, second))
    assert one != two
    each = [
        on(database.app, lambda connection, scope=scope: reach(connection, world, scope))
        for scope in (one, two)
    ]
    both = on(database.app, lambda connection: reach(connection, world, one, two))
    assert both > each[0] | each[1]


def test_retention_is_that_of_the_release_that_migrated_last(
    first: Release, releases: Callable[..., Release], database: Urls
) -> None:
    execute(
        database.admin,
        "insert into invoicing.audit_event"
        " (tenant_id, occurred_at, member_id, operation, resource, fields, request_id)"
        " select tenant_id, now() - interval '600 days', id, 'x', 'x', '{}', 'x'"
        " from invoicing.member limit 1",
    )
    second = releases(DEPLOYMENTS["retention"].changes)
    deleted = "delete from invoicing.audit_event where occurred_at < now() - interval '500 days'"
    for release, kept in ((first, True), (second, False), (first, True), (second, False)):
        assert release.migrate(database).returncode == 0
        refused = False
        try:
            execute(database.admin, f"begin; {deleted}; rollback")
        except Exception as error:
            assert "append-only" in str(error)
            refused = True
        assert refused is kept


def test_an_index_that_an_administrator_made_is_left_alone(
    first: Release, releases: Callable[..., Release], database: Urls
) -> None:
    execute(database.admin, "create index by_hand on invoicing.invoice (title)")
    second = releases(DEPLOYMENTS["a filter"].changes)
    assert second.migrate(database).returncode == 0
    assert first.migrate(database, "--prune").returncode == 0
    facts = on(database.admin, catalog)
    assert any("by_hand" in each for each in facts)
    assert not any("invoice_title_idx" in each for each in facts)
