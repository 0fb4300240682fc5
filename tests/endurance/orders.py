# ruff: noqa: S608 - names of our own
"""Plays events of subscriptions in random orders: `python -m tests.endurance.orders`.

A history is what a provider has said of one tenant: subscriptions, payments, disputes, some of the
same second. It is played to the trigger of an emitted service in its order, which must end as a
model written apart says, and in other orders, with repetitions, which must end as the sorted one.
"""

import argparse
import asyncio
import json
import random
import shutil
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import asyncpg

from tests.emitted import SPEC

from .service import Emitted, connect, project, scratch, tell

ORDERS: Final = 50
"""Orders of one history."""
PLANS: Final = ("free", "team")
STATES: Final = ("incomplete", "trialing", "active", "past_due", "unpaid", "paused", "canceled")
BEGINNING: Final = datetime(2026, 1, 1, tzinfo=UTC)

Said = dict[str, Any]

PLAY: Final = """
create or replace function pg_temp.play(p_said jsonb) returns text language plpgsql as $$
declare
  v_one jsonb;
  v_end text;
begin
  begin
    for v_one in select value from jsonb_array_elements(p_said) loop
      insert into SCHEMA.billing_event
        (tenant_id, event_id, kind, subject, state, plan, began_at, ends_at, occurred_at, rank)
        select r.tenant_id, r.event_id, r.kind, r.subject, r.state, r.plan, r.began_at, r.ends_at,
               r.occurred_at, r.rank
          from jsonb_populate_record(null::SCHEMA.billing_event, v_one) r
        on conflict do nothing;
    end loop;
    select to_jsonb(s) - 'tenant_id' - 'created_at' - 'changed_at' - 'because' into v_end
      from SCHEMA.subscription s where s.tenant_id = (p_said -> 0 ->> 'tenant_id')::uuid;
    raise exception 'back' using errcode = 'ZZ999', detail = coalesce(v_end, 'none');
  exception when sqlstate 'ZZ999' then
    get stacked diagnostics v_end = pg_exception_detail;
  end;
  return v_end;
end $$
"""
"""Records each in its turn, and takes all of it back; returns how the subscription stood."""


def moment(second: float) -> str:
    """A moment of a history."""
    return (BEGINNING + timedelta(seconds=second)).isoformat()


def history(chance: random.Random, tenant: str) -> list[Said]:
    """What a provider says of a tenant, in any order."""
    found: list[Said] = []
    subscriptions = [f"sub_{number}" for number in range(chance.choice((1, 1, 1, 2, 3)))]
    began = {each: chance.randrange(12) for each in subscriptions}
    for number in range(chance.randrange(2, 12)):
        said: Said = {
            "tenant_id": tenant,
            "event_id": f"evt_{chance.getrandbits(40):010x}",
            "occurred_at": moment(chance.randrange(16)),
            "rank": chance.choice((-5, 1, 11, 12, 13, 30, 31, 40, 41, 90)),
        }
        kind = chance.choice(
            ("state", "state", "state", "failed", "paid", "disputed", "won", "lost")
        )
        if kind in ("disputed", "won", "lost"):
            said["subject"] = f"dp_{chance.randrange(2)}"
        else:
            said["subject"] = chance.choice(subscriptions)
        if kind == "state":
            said["state"] = chance.choice(STATES)
            said["plan"] = chance.choice((*PLANS, None))
            said["began_at"] = moment(began[said["subject"]])
            said["ends_at"] = chance.choice((None, moment(100 + number)))
        found.append({**said, "kind": kind})
    return found


def base(chance: random.Random) -> Said | None:
    """How the subscription stands before the provider says anything: as somebody has set it."""
    if chance.random() < 0.5:
        return None
    state = chance.choice(("trialing", "active"))
    at = moment(chance.randrange(8) + chance.choice((0.25, 0.5)))
    ends = moment(50) if state == "trialing" else None
    return {"state": state, "plan": chance.choice(PLANS), "event_at": at, "trial_ends_at": ends}


class Model:
    """How a history ends, worked out apart from the trigger."""

    def __init__(self, before: Said | None) -> None:
        self.at = parsed(before["event_at"]) if before else None
        self.since = self.at.replace(microsecond=0) if self.at else None
        self.before = before and {
            "state": before["state"],
            "plan": before["plan"],
            "trial": before["trial_ends_at"],
            "missed": None,
        }
        self.each: dict[str, Said] = {}
        self.open: list[str] = []
        self.closed: set[str] = set()
        self.lost = False

    def end(self, said: list[Said]) -> Said | None:
        """The subscription, or None where there is none."""
        ordered = sorted(said, key=lambda e: (parsed(e["occurred_at"]), e["rank"], e["event_id"]))
        for one in ordered:
            when = parsed(one["occurred_at"])
            if self.since is None or when >= self.since:
                self.at = max(self.at or when, when)
                getattr(self, f"_{one['kind']}")(one)
        if not self.each and self.before is None:
            return None
        live = [each for each in self.each.values() if each["state"] != "canceled"]
        among = live or list(self.each.values()) or [self.before]
        chosen = max(among, key=lambda each: (each.get("began", ""), each.get("name", "")))
        state = chosen["state"]
        if self.open and state in ("active", "past_due", "unpaid"):
            state = "disputed"
        elif self.lost and state in ("active", "past_due", "unpaid"):
            state = "unpaid"
        assert self.at is not None
        return {
            "plan": chosen["plan"],
            "state": state,
            "trial_ends_at": chosen["trial"] and parsed(chosen["trial"]),
            "past_due_at": parsed(chosen["missed"]) if state == "past_due" else None,
            "event_at": self.at,
        }

    def _state(self, one: Said) -> None:
        known = self.each.get(one["subject"])
        if known is None:
            self.lost = False
        held = known or self.before
        state = one["state"]
        if state == "trialing":
            ever = held["state"] if held else ("canceled" if self.each else "")
            state = "trialing" if ever in ("", "trialing") else "active"
        self.before = None
        late = known is not None and known["state"] == "past_due"
        self.each[one["subject"]] = {
            "name": one["subject"],
            "state": state,
            "plan": one["plan"] or (known["plan"] if known else PLANS[0]),
            "trial": one["ends_at"],
            "began": one["began_at"],
            "missed": known["missed"] if known and late else one["occurred_at"],
        }

    def _of(self, one: Said) -> Said | None:
        return self.each.get(one["subject"]) or self.before

    def _failed(self, one: Said) -> None:
        found = self._of(one)
        if found and found["state"] in ("active", "trialing"):
            found |= {"state": "past_due", "missed": one["occurred_at"]}

    def _paid(self, one: Said) -> None:
        self.lost = False
        found = self._of(one)
        if found and found["state"] in ("incomplete", "past_due", "unpaid"):
            found["state"] = "active"

    def _disputed(self, one: Said) -> None:
        self.open.append(one["subject"])

    def _won(self, one: Said) -> None:
        self.open = [each for each in self.open if each != one["subject"]]
        self.closed.add(one["subject"])

    def _lost(self, one: Said) -> None:
        self.lost |= one["subject"] not in self.closed  # its first end is its end
        self._won(one)


def parsed(text: str) -> datetime:
    """A moment."""
    return datetime.fromisoformat(text)


def read(told: str) -> Said | None:
    """How the trigger has left a subscription."""
    if told == "none":
        return None
    found: Said = json.loads(told)
    moments = ("trial_ends_at", "past_due_at", "event_at")
    return found | {name: found[name] and parsed(found[name]) for name in moments}


def orders(chance: random.Random, said: list[Said], number: int) -> Iterator[list[Said]]:
    """The history in so many orders, of which some have what was said twice or three times."""
    for _ in range(number):
        found = said + chance.choices(said, k=chance.randrange(4))
        chance.shuffle(found)
        yield found


async def played(emitted: Emitted, url: str, number: int, seed: int) -> tuple[list[str], int]:
    """The faults, and how many orders were played."""
    urls = await emitted.database.prepare(url, "orders")
    connection: asyncpg.Connection[asyncpg.Record] = await connect(urls.admin)
    await connection.execute(PLAY.replace("SCHEMA", emitted.package))
    chance = random.Random(seed)  # noqa: S311
    faults: list[str] = []
    ends: Counter[str] = Counter()
    began, done = time.monotonic(), 0
    while done < number and len(faults) < 10:
        tenant = str(uuid4())
        await emitted.world.insert(
            connection, "organization", {"id": tenant, "slug": f"t-{tenant}", "name": "Tenant"}
        )
        before = base(chance)
        if before:
            row = {"tenant_id": tenant, **before}
            await connection.execute(
                f"insert into {emitted.package}.subscription (tenant_id, {', '.join(before)})"
                f" select tenant_id, {', '.join(before)}"
                f" from jsonb_populate_record(null::{emitted.package}.subscription, $1)",
                json.dumps(row),
            )
        said = history(chance, tenant)
        ordered = sorted(said, key=lambda e: (parsed(e["occurred_at"]), e["rank"], e["event_id"]))
        many = list(orders(chance, said, min(ORDERS, number - done)))
        rows = await connection.fetch(
            "select pg_temp.play(x) as told"
            " from unnest($1::jsonb[]) with ordinality t (x, n) order by n",
            [json.dumps(each) for each in (ordered, *many)],
        )
        expected, *others = (read(each["told"]) for each in rows)
        if expected != Model(before).end(said):
            faults.append(f"sorted, it ends as {expected}: {before} {ordered}")
        faults += [
            f"it ends as {other} and not as {expected}: {before} {each}"
            for other, each in zip(others, many, strict=True)
            if other != expected
        ]
        ends[expected["state"] if expected else "none"] += len(many)
        done += len(many)
        if done % 10_000 == 0:
            print(
                f"{done:,} orders  {len(faults)} faults  {time.monotonic() - began:.0f} s",
                flush=True,
            )
    await connection.close()
    print(f"played: {done:,} orders (seed {seed}); ends: {dict(sorted(ends.items()))}")
    return faults, done


def run(number: int, seed: int, given: Path | None) -> int:
    """Makes a project, or takes the one that is given; returns the exit code."""
    directory = scratch()
    try:
        emitted = Emitted(given or project(SPEC, directory / "project"))
        with emitted.postgres.server() as url:
            faults, _ = asyncio.run(played(emitted, url, number, seed))
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    return tell(faults, "differences")


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="tests.endurance.orders", description=__doc__)
    parser.add_argument("--orders", type=int, default=100_000, help="how many orders are played")
    parser.add_argument("--seed", type=int, default=1, help="another one has other histories")
    parser.add_argument("--project", type=Path, help="a project to try, instead of a new one")
    given = parser.parse_args()
    return run(given.orders, given.seed, given.project)


if __name__ == "__main__":
    sys.exit(main())
