# ruff: noqa: S608 - statements are put together from names of this service only
"""Writes what tells of a disputed payment: `python -m invoicing.evidence --help`.

It needs OWNER_DATABASE_URL, as the administration does, and is recorded with the name of its
operator. What is about people, and what lets somebody in, is left out.
"""

import asyncio
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple

import asyncpg
import typer

from invoicing.admin import Operator, Refused, Session, Tenant, administering
from invoicing.store.owner import Unreachable, said
from invoicing.store.statements import RELEASE

BEFORE: Final = timedelta(days=180)
"""How long before the dispute the pack begins."""
HIDDEN: Final = "[redacted]"
ROWS: Final = 1_000
"""How many rows are read at once."""


class Source(NamedTuple):
    """A table of a tenant: the column that its rows are sorted by, whether those of before are left
    out, and the columns whose values are not told."""

    table: str
    moment: str
    recent: bool
    hidden: frozenset[str] = frozenset()


SOURCES: Final[tuple[Source, ...]] = (
    Source("subscription", "changed_at", recent=False),
    Source("webhook_event", "received_at", recent=True),
    Source("spending_", "changed_at", recent=True),
    Source("usage_", "changed_at", recent=True),
    Source("subscription_change", "recorded_at", recent=False),
    Source("audit_event", "occurred_at", recent=True),
    Source(
        "member",
        "created_at",
        recent=False,
        hidden=frozenset({"subject", "name", "email"}),
    ),
)

app = typer.Typer()


@app.command()
def evidence(
    tenant: Tenant,
    operator: Operator,
    out: Annotated[
        Path | None,
        typer.Option(
            help="The folder to make; none may be there. Named after the tenant if left out."
        ),
    ] = None,
    since: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            help="From this day (UTC) on; 180 days before the dispute if left out.",
        ),
    ] = None,
) -> None:
    """Write what there is about the last disputed payment of a tenant, with a manifest of digests."""
    try:
        made = asyncio.run(
            _written(tenant, operator, out, since and since.replace(tzinfo=UTC))
        )
    except Unreachable as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    except (Refused, OSError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    except asyncpg.PostgresError as error:
        typer.echo(f"{said(error)}. Is this release migrated?", err=True)
        raise typer.Exit(1) from None
    typer.echo(str(made))


async def _written(
    tenant: str, operator: str, out: Path | None, since: datetime | None
) -> Path:
    """Writes the pack beside its place, and puts it there as a whole."""
    now = datetime.now(UTC)
    target = out or Path(f"evidence-{tenant}-{now:%Y%m%dT%H%M%SZ}")
    if target.exists():
        raise Refused(f"{target} is there already. Name a folder that is not.")
    work = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        async with administering(tenant, operator) as session:
            await session.record(
                "write_evidence", "subscription", {"id": session.tenant}, "since"
            )
            opened = await _opened(session)
            if opened is None and since is None:
                raise Refused(
                    "No payment of this tenant was disputed. Say --since to write a pack all the same."
                )
            begins = since or (opened or now) - BEFORE
            about = {
                "tenant_id": str(session.tenant),
                "dispute": opened and opened.isoformat(),
                "since": begins.isoformat(),
                "made_by": operator,
                "made_at": now.isoformat(),
                "service": "invoicing",
                "release": RELEASE,
            }
            files = [
                await _file(session, work, each, begins, about) for each in SOURCES
            ]
        manifest = {**about, "files": files}
        _write(work / "manifest.json", json.dumps(manifest, indent=2) + "\n")
        work.rename(target)
    except BaseException:
        shutil.rmtree(work)
        raise
    return target


async def _opened(session: Session) -> datetime | None:
    """When the last dispute began."""
    found: datetime | None = await session.connection.fetchval(
        "select max(coalesce(event_at, recorded_at)) from subscription_change"
        " where tenant_id = $1 and state = 'disputed' and was is distinct from state",
        session.tenant,
    )
    return found


async def _file(
    session: Session,
    work: Path,
    source: Source,
    since: datetime,
    about: Mapping[str, Any],
) -> dict[str, object]:
    """Writes the rows of a table, a line each behind one that says who made it, and when."""
    name, rows = f"{source.table.rstrip('_')}.jsonl", 0
    digest = hashlib.sha256()
    with open(work / name, "x", encoding="utf-8", opener=_private) as file:
        lines = [json.dumps({"evidence": about})]
        async for row in _rows(session, source, since):
            lines.append(row)
            rows += 1
            if len(lines) >= ROWS:
                _add(file, digest, lines)
        _add(file, digest, lines)
    return {"name": name, "rows": rows, "sha256": digest.hexdigest()}


def _add(file: Any, digest: Any, lines: list[str]) -> None:
    text = "".join(f"{each}\n" for each in lines)
    file.write(text)
    digest.update(text.encode())
    lines.clear()


async def _rows(
    session: Session, source: Source, since: datetime
) -> AsyncIterator[str]:
    recent = (
        f" and {source.moment} >= $2"
        if source.recent
        else " and $2::timestamptz is not null"
    )
    query = f"select * from {source.table} where tenant_id = $1{recent} order by {source.moment}"
    async for row in session.connection.cursor(
        query, session.tenant, since, prefetch=ROWS
    ):
        told = {
            name: HIDDEN if name in source.hidden and value is not None else value
            for name, value in row.items()
        }
        yield json.dumps(told, default=str)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _write(path: Path, text: str) -> None:
    with open(path, "x", encoding="utf-8", opener=_private) as file:
        file.write(text)


if __name__ == "__main__":
    app()
