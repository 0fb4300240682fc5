"""The columns that every resource has: what each is, what sets it, and who sees it.

The language refuses their names, and the design makes a column of each: the table, the JSON, the
models, the contract and the grants follow. A new one is one more entry here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Shown = Literal["nobody", "granted", "readers", "writers"]
"""Who sees a column: nobody, whoever a grant lets see it, everybody who reads the row, or also
everybody who writes the row without being allowed to read it."""


@dataclass(frozen=True, slots=True)
class BuiltInColumn:
    """A column that every resource has.

    `default` is the SQL expression of a new row's value. `renewed` is that of the value which each
    change of the row `t` gives; empty where nothing changes it. `in_api` says whether callers and
    hooks know the column at all.
    """

    name: str
    base: Literal["uuid", "integer", "datetime"]
    default: str = ""
    renewed: str = ""
    origin: Literal["tenant", "service"] = "service"
    shown_to: Shown = "readers"
    in_api: bool = True


TENANT = BuiltInColumn("tenant_id", "uuid", origin="tenant", shown_to="nobody", in_api=False)
ID = BuiltInColumn("id", "uuid", "gen_random_uuid()", shown_to="writers")
VERSION = BuiltInColumn("version", "integer", "1", "t.version + 1", shown_to="writers")
CREATED_AT = BuiltInColumn("created_at", "datetime", "now()")
UPDATED_AT = BuiltInColumn("updated_at", "datetime", "now()", "now()")

BUILT_IN = (TENANT, ID, VERSION, CREATED_AT, UPDATED_AT)
"""All of them, in the order of tables and answers."""

NEWEST = CREATED_AT
"""What a list is sorted by, newest first, when its caller asks for no other order."""
