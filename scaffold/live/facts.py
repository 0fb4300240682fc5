"""What a database is, as facts: two with the same facts are the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

OWNER = "owner"
SETTINGS = "settings"
CONDITIONS = ("USING", "WITH CHECK")
"""The conditions of a policy."""
GRANTED = "granted"
"""The value of a privilege, which is a property of the privileges of a role on an object."""

Key = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing in a database, with its properties.

    `relation` is the table that it is a part of, or the object that privileges are on; `columns`
    are those of the table that it hangs on. `about` are its properties by their names, and `also`
    those that PostgreSQL prints in another way once a backup was restored.
    """

    kind: str
    schema: str
    name: str
    relation: str = ""
    columns: frozenset[str] = frozenset()
    about: Mapping[str, str] = field(default_factory=dict)
    also: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> Key:
        """By which it is found again in another database."""
        return self.kind, self.schema, self.relation, self.name

    @property
    def privileges(self) -> bool:
        """Is it what a role may do to an object?"""
        return self.kind.startswith(PRIVILEGES)

    @property
    def title(self) -> str:
        """What it is called in a message."""
        short = self.name.partition("(")[0]
        if self.privileges:
            of = self.relation.partition("(")[0]
            return f"privileges of {self.name} on {self.kind.removeprefix(PRIVILEGES)} {of}"
        if self.kind == "column":
            return f"column {self.relation}.{self.name}"
        return (
            f"{self.kind} {short} on {self.relation}" if self.relation else f"{self.kind} {short}"
        )


PRIVILEGES = "privileges on "


def privileges(of: str, schema: str, name: str, role: str, *held: str) -> Fact:
    """What a role may do to an object of the kind `of`."""
    return Fact(PRIVILEGES + of, schema, role, name, about=dict.fromkeys(held, GRANTED))
