"""What a release applies to a database: read from the files that its runner applies."""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from scaffold.database.files import FUNCTIONS, INDEXES, POLICIES, RULES
from scaffold.database.schema import Table
from scaffold.database.sql import identifier
from scaffold.database.tables import tables
from scaffold.design.model import Design
from scaffold.history.past import SNAPSHOT, Migration, read

RUNNER: Final = "store/migrate.py"
HISTORY: Final = "store/history.py"
STATEMENTS: Final = "store/statements.py"
ROLES: Final = "store/roles.sql"

_CREATED: Final = r"^ *create role {}_(owner|app|backup|worker) login (.+);$"
_SETTING: Final = r"^alter role {}_app set (\w+) = '?(.*?)'?;$"


@dataclass(frozen=True, slots=True)
class Release:
    """What the spec yields for a database.

    `name` is the schema of its functions, `tables` what the migrations lead to, and `chains` the
    digest of each migration with those that it comes after, as the ledger keeps it. `definition`
    is the SQL of what the ledger keeps of a policy.
    """

    package: str
    name: str
    tables: tuple[Table, ...]
    migrations: tuple[Migration, ...]
    chains: Mapping[str, str]
    definition: str
    ledger: str
    functions: str
    rules: str
    policies: str
    indexes: str
    roles: str

    @property
    def schema(self) -> str:
        """The schema of the tables, as an SQL identifier."""
        return identifier(self.package)

    @property
    def attributes(self) -> Mapping[str, tuple[frozenset[str], ...]]:
        """The words with which roles.sql makes a role, by the last word of its name: in one way, or
        in several that are all sound."""
        found: dict[str, tuple[frozenset[str], ...]] = {}
        for last, words in re.findall(_CREATED.format(self.package), self.roles, re.MULTILINE):
            found[last] = (*found.get(last, ()), frozenset(words.split()))
        return found

    @property
    def beside(self) -> tuple[str, ...]:
        """The last words of the names of the roles that are there beside the owner."""
        return tuple(each for each in ("app", "worker", "backup") if each in self.attributes)

    @property
    def settings(self) -> Mapping[str, str]:
        """The settings of the service's role."""
        return dict(re.findall(_SETTING.format(self.package), self.roles, re.MULTILINE))


def release_of(project: Path, design: Design, files: Mapping[str, bytes]) -> Release:
    """What a design with its generated files yields for a database.

    Migrations that were written before are none of these files: they lie in the project.
    """
    package = design.name
    texts = {
        path.removeprefix(f"{package}/"): content.decode()
        for path, content in files.items()
        if path.startswith(f"{package}/store/")
    }
    migrations = read(texts[SNAPSHOT].encode()).migrations
    schema = identifier(package)
    names = {"SCHEMA": "pg_temp", "APP": f"{package}_app", "WORKER": f"{package}_worker"}
    functions = (texts[path] for path in sorted(texts) if path.startswith(f"{FUNCTIONS}/"))
    return Release(
        package=package,
        name=constant(texts[STATEMENTS], "RELEASE"),
        tables=tables(design),
        migrations=migrations,
        chains=_chains(project / package, migrations, texts),
        definition=constant(texts[HISTORY], "DEFINITION", SCHEMA=schema),
        ledger=constant(texts[RUNNER], "LEDGER", **names),
        functions="\n".join(functions),
        rules=texts[RULES],
        policies=texts[POLICIES],
        indexes=texts[INDEXES],
        roles=texts[ROLES],
    )


def constant(module: str, name: str, **values: str) -> str:
    """A text that a module keeps under a name; `values` are those that are put into it."""
    for node in ast.parse(module).body:
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == name:
            text = node.value
            parts = text.values if isinstance(text, ast.JoinedStr) else [text]
            return "".join(_text(part, values) for part in parts)
    raise KeyError(name)


def _text(part: ast.expr | None, values: Mapping[str, str]) -> str:
    match part:
        case ast.Constant(str(text)):
            return text
        case ast.FormattedValue(ast.Name(name)):
            return values[name]
    raise TypeError(part)


def _chains(
    package: Path, migrations: tuple[Migration, ...], texts: Mapping[str, str]
) -> dict[str, str]:
    """The chained digests, as `store/history.py` works them out; not of what is missing."""
    chains: dict[str, str] = {}
    for each in migrations:
        text = texts.get(each.path)
        if text is None:
            try:
                text = (package / each.path).read_text("utf-8")
            except (OSError, UnicodeDecodeError):
                continue  # a finding of the tree
        before = "".join(chains.get(name, "") for name in each.after)
        chains[each.name] = hashlib.sha256(f"{before}{text}".encode()).hexdigest()
    return chains
