"""The parts of a migration: statements that are run together, and what is asked before them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Kind = Literal["step", "renames", "alone", "fills", "refuses", "loses"]
"""What a part is: statements in one transaction; those of a rename; one statement outside of any,
which may be run again; those with which a hook fills in a column; a query that counts what a later
part would be refused for; one that counts what is lost."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part; `tables` are those whose rows it looks at or changes, and `hook` names the function
    that works out values, as `module:function`, if there is one."""

    kind: Kind
    title: str
    sql: str
    tables: tuple[str, ...] = ()
    hook: str = ""

    def __str__(self) -> str:
        """As it is written in a migration."""
        by = f", in Python, from {self.hook}" if self.hook else ""
        of = f" {', '.join(each.strip(chr(34)) for each in self.tables)}" if self.tables else ""
        return f"-- {self.kind}{of}: {self.title}{by}\n{self.sql}"


@dataclass(frozen=True, slots=True)
class Change:
    """One change of the tables, in two phases.

    `expand` is what the release before tolerates, and is run before the deployment; `contract` is
    the rest, which is run when no process of that release is left. `touches` names what is changed:
    tables, and columns as `table.column`. `destroys` says what may be lost or refused; it is empty
    where nothing can be.
    """

    title: str
    touches: frozenset[str]
    expand: tuple[Part, ...] = ()
    contract: tuple[Part, ...] = ()
    destroys: str = ""


def overlap(one: Iterable[str], other: Iterable[str]) -> bool:
    """Do two changes touch the same? A table is touched with each of its columns."""
    return any(
        a == b or a.startswith(f"{b}.") or b.startswith(f"{a}.") for a in one for b in set(other)
    )
