"""Sets two tenants of an emitted service against each other: `python -m tests.endurance.tenants`.

Members in all roles of two tenants send random operations of the contract, several at once and on
the same connections. Many name something of the other tenant: the id of a row or of a parent, a
reference, a filter, a cursor, an idempotency key. Every answer is searched for ids and texts of the
other tenant, and in the end the rows are read by the administrator. What is found is printed, and
the exit code is 1.
"""

import argparse
import asyncio
import base64
import json
import os
import random
import shutil
import signal
import sys
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from tests.emitted import PACKAGE, SPECS

from .service import Emitted, Replicas, connect, project, scratch, tell
from .wire import Answer, Connection, request
from .worlds import NAMES, NEUTRAL, ROWS, Item, Tenant, Worlds, crossed, ids

CONNECTIONS: Final = 12
AT_ONCE: Final = 6
"""Requests that are sent in one piece, at most, each of any tenant and role."""
FOREIGN: Final = 0.4
"""How often a request that may name something of the other tenant does so."""
KEPT: Final = 200
"""Cursors of a list that are used again."""
SECONDS: Final = 10.0
"""Between two lines of progress."""

HOOK: Final = '''
async def {name}(action, *_):
    """Tries to read what is anybody's, and to tell it."""
    if action.request_id < "4":
        rows = []
        for table in ('{table}', '{another}'):
            query = f"select left(t::text, 300) from {package}.{{table}} t"
            newest = await action.connection.fetch(query + " order by created_at desc limit 9")
            rows += [row[0] for row in newest]
        refuse(" ".join(rows)[:4000] or "There is nothing to read.")
    return {{}}
'''


@dataclass
class Asked:
    """A request that was sent, and what is known of it."""

    tenant: Tenant
    other: Tenant
    operation: str
    data: bytes
    item: Item | None = None
    order: str = ""
    foreign: set[str] = field(default_factory=set)
    """What it names of the other tenant."""


class Attack:
    """Makes requests, and judges their answers."""

    def __init__(
        self,
        emitted: Emitted,
        worlds: Worlds,
        tenants: list[Tenant],
        port: int,
        wanted: int,
        seed: int,
    ) -> None:
        self._worlds = worlds
        self._tenants = tenants
        self._port = port
        self._random = random.Random(seed)  # noqa: S311
        contract = json.loads((emitted.project / emitted.package / "openapi.json").read_bytes())
        self._schemas = contract["components"]["schemas"]
        self._contract = {
            promised["operationId"]: (method.upper(), path, promised)
            for path, methods in contract["paths"].items()
            for method, promised in methods.items()
            if isinstance(promised, dict) and "operationId" in promised
        }
        # Those that ask for no permission make members and tenants, and are none of a role's.
        self._operations = sorted(
            each
            for each, about in worlds.access.items()
            if each in self._contract and about["roles"]
        )
        self._allowed = {
            operation: [role for role, facts in about["roles"].items() if facts["allowed"]]
            for operation, about in worlds.access.items()
        }
        self._shared: dict[str, bytes | None] = {}
        self._used: Counter[tuple[uuid.UUID, str]] = Counter()
        self.wanted = wanted
        self.sent = 0
        self.faults: list[str] = []
        self.statuses: Counter[int] = Counter()
        self.succeeded: Counter[str] = Counter()
        self.named: Counter[str] = Counter()

    def end(self) -> None:
        """Sends nothing more: the run ends early, and what was sent counts."""
        self.wanted = 0

    @property
    def reachable(self) -> int:
        """How many operations some role may do."""
        return sum(bool(roles) for roles in self._allowed.values())

    def ask(self) -> Asked:
        """The next request."""
        tenant, other = self._random.sample(self._tenants, 2)
        operation = self._random.choice(self._operations)
        method, path, promised = self._contract[operation]
        about = self._worlds.access[operation]
        roles = self._allowed[operation]
        if not roles or self._random.random() < 0.1:
            roles = list(about["roles"])
        role = self._random.choice(roles)
        facts = about["roles"][role]
        caller = self._worlds.caller(tenant, role, facts)
        asked = Asked(tenant, other, operation, b"")
        if "{" in path:
            resource = about["resource"] if about["on_item"] else about["parent"]
            # Of their own tenant nobody would be let in any more.
            always = about["action"] == "suspend"
            asked.item = self._item(asked, resource, "path", always=always)
            head, _, tail = path.partition("{")
            path = head + asked.item.id + tail.partition("}")[2]
        search = None
        if about["verb"] == "list":
            query, schemas = self._query(asked, about, promised)
            if method == "GET":
                path += f"?{urlencode(query, safe=',')}"
            else:
                sent = {name: typed(schemas[name], value) for name, value in query.items()}
                search = json.dumps(sent).encode()
        key = None
        chance = {"required": 1.0, "optional": 0.5, "none": 0.0}[about["idempotency_key"]]
        if search is not None:
            body: bytes | None = search
        elif self._random.random() >= chance:
            body = self._body(asked, about, role, facts, promised, tenant.name)
        elif self._random.random() < FOREIGN:
            key, known = self._shared_key(asked, caller.member.id)
            body = known or self._body(asked, about, role, facts, promised, NEUTRAL)
            if known is None and not ids((body or b"").decode()):
                self._shared[key] = body
        else:
            key = str(uuid.UUID(int=self._random.getrandbits(128)))
            body = self._body(asked, about, role, facts, promised, tenant.name)
        match = asked.item.version if about["conditional"] and asked.item is not None else None
        asked.data = request(
            method, path, self._port, caller.token, body=body, match=match, key=key
        )
        self.sent += 1
        self.named.update(asked.foreign)
        return asked

    def judge(self, asked: Asked, answer: Answer) -> None:
        """Searches an answer, and learns from it what to send next."""
        tenant, other = asked.tenant, asked.other
        self.statuses[answer.status] += 1
        text = (answer.head + answer.body).decode().lower()
        document = None
        if answer.status == 200:
            document = answer.json
            if cursor := document.get("next_cursor"):
                text += base64.urlsafe_b64decode(cursor).decode().lower()
        found = ids(text)
        leaked = found & other.seen
        if leaked or other.name.lower() in text:
            self._fault(asked, answer, f"names {leaked or other.name} of {other.name}")
        tenant.seen |= found
        if answer.status >= 500 or answer.status == 429:
            self._fault(asked, answer, "is none")
        if answer.code == "idempotency_mismatch":
            self._fault(asked, answer, "knows a key that only others have used")
        if answer.status >= 300:
            return
        self.succeeded[asked.operation] += 1
        about = self._worlds.access[asked.operation]
        rows = tenant.rows[about["resource"]]
        if document is not None and "items" in document:
            if "path" in asked.foreign and document["items"]:
                self._fault(asked, answer, "lists what is below a row of the other tenant")
            if document["next_cursor"]:
                _keep(tenant.cursors[asked.operation, asked.order], document["next_cursor"], KEPT)
            return
        if asked.foreign & {"path", "reference"}:
            self._fault(asked, answer, "is a success")
        elif answer.status == 201 and about["verb"] == "create":
            _keep(rows, Item(answer.json["id"]), ROWS)
        elif about["verb"] == "delete":
            if asked.item in rows:
                rows.remove(asked.item)
        elif document is not None and about["on_item"] and asked.item is not None:
            asked.item.version = document.get("version", asked.item.version)

    def _fault(self, asked: Asked, answer: Answer, what: str) -> None:
        sent = asked.data.decode().replace("\r\n", " | ")
        shown = answer.body.decode()[:600]
        self.faults.append(
            f"{asked.operation} of {asked.tenant.name}: the answer {what}: "
            f"{answer.status} {shown}\n"
            f"  {sent[: sent.find('authorization')]}"
        )

    def _foreign(self, asked: Asked, what: str, *, always: bool = False) -> Tenant:
        """Whose it is that a request names."""
        if always or self._random.random() < FOREIGN:
            asked.foreign.add(what)
            return asked.other
        return asked.tenant

    def _item(self, asked: Asked, resource: str, what: str, *, always: bool = False) -> Item:
        """A row of a resource: an own one, one of the other tenant, or one that never existed.

        It is `always` one of the other tenant, or none, if so is said.
        """
        whose = self._foreign(asked, what, always=always)
        rows = whose.rows[resource]
        if rows and self._random.random() < 0.97:
            return self._random.choice(rows)
        asked.foreign.discard(what)
        return Item(str(uuid.UUID(int=self._random.getrandbits(128), version=4)))

    def _query(
        self, asked: Asked, about: Mapping[str, Any], promised: Mapping[str, Any]
    ) -> tuple[dict[str, str], Mapping[str, Any]]:
        """What a list is asked for, by query or by body, and the schemas of all that can be."""
        chance = self._random.random
        given = {"limit": str(self._random.randint(1, 5))}
        parameters = {
            each["name"]: each["schema"]
            for each in promised.get("parameters", ())
            if each["in"] == "query"
        } | self._schema(promised).get("properties", {})
        if "sort" in parameters and chance() < 0.5:
            asked.order = given["sort"] = self._random.choice(parameters["sort"]["enum"])
        if chance() < 0.3:
            whose = self._foreign(asked, "cursor")
            cursors = whose.cursors[asked.operation, asked.order]
            if cursors:
                given["cursor"] = self._random.choice(cursors)
            else:
                asked.foreign.discard("cursor")
        filters = [each for each in parameters if each not in ("limit", "sort", "cursor")]
        for name in self._random.sample(
            filters, min(len(filters), self._random.choice((0, 0, 1, 2)))
        ):
            given[name] = self._filter(asked, about, name, parameters[name])
        return given, parameters

    def _schema(self, promised: Mapping[str, Any]) -> Mapping[str, Any]:
        """The schema of an operation's body; nothing where it has none."""
        for content in promised.get("requestBody", {}).get("content", {}).values():
            found: Mapping[str, Any] = self._schemas[content["schema"]["$ref"].rpartition("/")[2]]
            return found
        return {}

    def _filter(
        self, asked: Asked, about: Mapping[str, Any], name: str, schema: Mapping[str, Any]
    ) -> str:
        schema = schema.get("items", schema)
        references = self._worlds.resources[about["resource"]]["references"]
        target = references.get(name.partition(".")[0])
        if target:
            return self._item(asked, target, "filter").id
        if schema.get("format") == "uuid":
            return str(
                self._random.choice(list(self._foreign(asked, "filter").members.values())).id
            )
        if "enum" in schema:
            return str(self._random.choice(schema["enum"]))
        if name.endswith(".prefix"):
            return self._foreign(asked, "filter").name
        found = self._worlds.example(self._foreign(asked, "filter").name, schema)
        return str(found).lower() if isinstance(found, bool) else str(found)

    def _body(
        self,
        asked: Asked,
        about: Mapping[str, Any],
        role: str,
        facts: Mapping[str, Any],
        promised: Mapping[str, Any],
        name: str,
    ) -> bytes | None:
        schema = self._schema(promised)
        if not schema:
            return None
        properties = schema["properties"]
        writable = facts.get("fields")
        if about["verb"] == "update":
            fields = sorted(writable if writable is not None else properties)
            fields = self._random.sample(fields, min(len(fields), self._random.randint(1, 3)))
            body = {each: self._worlds.example(name, properties[each]) for each in fields}
        else:
            body = self._worlds.example(name, schema)
        references = self._worlds.resources[about["resource"]]["references"]
        if about["verb"] == "create":
            for field_, value in (facts.get("row") or {}).items():
                if field_ in properties and (writable is None or field_ in writable):
                    body[field_] = self._worlds.resolve(asked.tenant, role, value)
        if given := facts.get("gives"):
            body["roles"] = [self._random.choice(given)]
            if "email" in properties:  # an invitation is for somebody
                body["email"] = self._worlds.example(name, properties["email"])
        for field_ in body:
            if about["verb"] != "action" and field_ in references:
                body[field_] = self._item(asked, references[field_], "reference").id
            elif properties[field_].get("format") == "uuid" and about["verb"] == "action":
                resource = self._random.choice(sorted(self._worlds.resources))
                body[field_] = self._item(asked, resource, "input").id
        return json.dumps(body).encode()

    def _shared_key(self, asked: Asked, member: uuid.UUID) -> tuple[str, bytes | None]:
        """A key that every member uses, once each, and the body that others sent with it."""
        self._used[member, asked.operation] += 1
        key = f"{asked.operation}-{self._used[member, asked.operation]}"
        asked.foreign.add("key")
        return key, self._shared.get(key)


def typed(schema: Mapping[str, Any], value: str) -> Any:
    """A value of a query as a body says it."""
    match schema.get("type"):
        case "array":
            return [typed(schema["items"], each) for each in value.split(",")]
        case "integer":
            return int(value)
        case "boolean":
            return value == "true"
        case _:
            return value


def _keep(found: list[Any], new: Any, most: int) -> None:
    """Adds what is new, and forgets what is oldest."""
    found.append(new)
    if len(found) > most:
        del found[0]


async def work(attack: Attack, port: int) -> None:
    """One connection: requests of both tenants, one after the other and several at once."""
    connection = await Connection.open(port)
    rng = random.Random(id(connection))  # noqa: S311 - how many at once need not be repeatable
    while (left := attack.wanted - attack.sent) > 0:
        asked = [attack.ask() for _ in range(min(rng.randint(1, AT_ONCE), left))]
        for each, answer in zip(
            asked, await connection.send([each.data for each in asked]), strict=True
        ):
            attack.judge(each, answer)
    connection.close()


async def watch(attack: Attack) -> None:
    """Prints how far it is."""
    began = time.monotonic()
    while True:
        await asyncio.sleep(SECONDS)
        spent = time.monotonic() - began
        print(
            f"{attack.sent:,}/{attack.wanted:,} requests  {attack.sent / spent:,.0f}/s  "
            f"{len(attack.faults)} findings",
            flush=True,
        )


async def go(emitted: Emitted, admin: str, directory: Path, wanted: int, seed: int) -> Attack:
    """Makes the database and the tenants, sends the requests, and reads what is stored."""
    name = f"endurance_{os.getpid()}"
    urls = await emitted.database.prepare(admin, name)
    try:
        issuer = emitted.issuer(directory / "keys")
        worlds = Worlds(emitted, issuer, seed)
        connection = await connect(urls.admin)
        tenants = [await worlds.tenant(connection, each) for each in NAMES]
        await connection.execute("analyze")
        replicas = Replicas(emitted, 1)
        async with replicas.serving(urls.app, issuer.public, Path(os.devnull)):
            (port,) = replicas.ports
            attack = Attack(emitted, worlds, tenants, port, wanted, seed)
            for each in (signal.SIGINT, signal.SIGTERM):
                asyncio.get_running_loop().add_signal_handler(each, attack.end)
            watching = asyncio.create_task(watch(attack))
            try:
                await asyncio.gather(*(work(attack, port) for _ in range(CONNECTIONS)))
            finally:
                watching.cancel()
        attack.faults += await crossed(connection, emitted.package, tenants)
        await connection.close()
    finally:
        await emitted.database.drop(admin, name)
    return attack


def open_hooks(emitted: Emitted) -> None:
    """Replaces the hooks by some that ask for everything."""
    worlds = Worlds(emitted, None, 0)
    tables = [each["table"] for each in worlds.resources.values() if not each["built_in"]]
    hooks: dict[str, str] = {}
    for number, about in enumerate(worlds.access.values()):
        if about["verb"] == "action":
            head = f"from {emitted.package}.gate.actions import refuse\n"
            text = hooks.setdefault(about["resource"], head)
            hooks[about["resource"]] = text + HOOK.format(
                name=about["function"],
                package=emitted.package,
                table=worlds.resources[about["resource"]]["table"],
                another=tables[number % len(tables)],
            )
    for resource, text in hooks.items():
        (emitted.project / "hooks" / f"{resource}.py").write_text(text, encoding="utf-8")


@contextmanager
def administrator(emitted: Emitted) -> Iterator[str]:
    """The URL of the PostgreSQL of DEVELOPMENT_POSTGRES_URL, or of one that is thrown away."""
    if given := os.environ.get("DEVELOPMENT_POSTGRES_URL"):
        yield given
        return
    with emitted.postgres.server() as url:
        yield url


def run(spec: str, requests: int, seed: int, given: Path | None) -> int:
    """Makes a project, or takes the one that is given; returns the exit code."""
    directory = scratch()
    try:
        if given is None:
            tried = project(SPECS / f"{spec}.yaml", directory / spec)
        else:
            tried = Path(shutil.copytree(given, directory / "project"))  # its hooks are replaced
        emitted = Emitted(tried)
        open_hooks(emitted)
        with administrator(emitted) as admin:
            attack = asyncio.run(go(emitted, admin, directory, requests, seed))
    finally:
        shutil.rmtree(directory)
    statuses = ", ".join(f"{status}: {n:,}" for status, n in sorted(attack.statuses.items()))
    named = ", ".join(f"{what} {n:,}" for what, n in sorted(attack.named.items()))
    print(f"{emitted.package}: {attack.sent:,} requests (seed {seed}); by status: {statuses}")
    print(f"named of the other tenant: {named}")
    print(f"succeeded: {len(attack.succeeded)} of {attack.reachable} operations")
    return tell(attack.faults, "findings")


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="tests.endurance.tenants", description=__doc__)
    parser.add_argument("--requests", type=int, default=100_000, help="how many")
    parser.add_argument("--spec", default=PACKAGE, help="the name of a spec in specs/")
    parser.add_argument("--seed", type=int, default=1, help="another one sends other requests")
    parser.add_argument("--project", type=Path, help="a project to try, instead of a new one")
    given = parser.parse_args()
    return run(given.spec, given.requests, given.seed, given.project)


if __name__ == "__main__":
    sys.exit(main())
