"""What the templates of the stored functions are told: one typed view for each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from scaffold.database.layout import LINE, TRUE, WIDTH, Group, Sql, all_of, flat, listed
from scaffold.database.ways import Way


class Render(Protocol):
    """Renders a template by name with one view."""

    def __call__(self, template: str, view: object, /) -> str: ...


@dataclass(frozen=True, slots=True)
class Refusal:
    """When a call is refused before anything is looked at, and with which outcome, as SQL."""

    test: Sql
    outcome: str


@dataclass(frozen=True, slots=True)
class Gate:
    """How a function begins.

    `entry` is the call that says who asks, and whether they hold one of the roles allowed. `ways`
    are declared, and `refusals` asked in their order.
    """

    entry: Sql
    ways: tuple[Way, ...]
    refusals: tuple[Refusal, ...] = ()

    @property
    def outcome(self) -> Sql:
        """Why the call is refused, or null."""
        if not self.refusals:
            return "v_caller.refusal"
        whens = (Group(("when", each.test, f"then {each.outcome}"), " ") for each in self.refusals)
        return Group(tuple(whens), LINE, "coalesce(v_caller.refusal, case ", " end)")


@dataclass(frozen=True, slots=True)
class Assignment:
    """A column and the value that a write gives it."""

    column: str
    value: Sql


@dataclass(frozen=True, slots=True)
class Part:
    """Fields that not everybody may see: a column of the view, and when it is shown."""

    column: str
    visible: Sql


@dataclass(frozen=True, slots=True)
class Answer:
    """The JSON of a row of the view: `parts` are empty where everybody sees every field."""

    row: str
    parts: tuple[Part, ...]

    @property
    def sql(self) -> Sql:
        """The expression."""
        restricted = [each for each in self.parts if each.visible != TRUE]
        if not restricted:
            return f"{self.row}.json_"
        every = all_of(each.visible for each in restricted)
        # Where one part only is in question, it is not seen where not every part is.
        shown = self.parts if len(restricted) > 1 else ()
        shown = shown or tuple(each for each in self.parts if each.visible == TRUE)
        parts = (f"else {self.row}.open_", *(self._part(each) for each in shown), "|| '}'")
        whole = Group(("when", every, f"then {self.row}.json_"), " ")
        return Group((whole, *parts), " ", "case ", " end")

    def _part(self, each: Part) -> Sql:
        value = f"{self.row}.{each.column}"
        if each.visible == TRUE:
            return f"|| {value}"
        if isinstance(each.visible, str):
            return f"|| case when {each.visible} then {value} else '' end"
        parts = ("when", each.visible, f"then {value} else ''")
        return Group(parts, " ", "|| case ", " end")


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter of a list: its key in `p_filters`, and the condition that it adds."""

    key: str
    condition: Sql


@dataclass(frozen=True, slots=True)
class Statement:
    """The parts of a list's statement: which rows, and what is answered of each."""

    reach: Sql
    answer: Sql


@dataclass(frozen=True, slots=True)
class Parent:
    """The table above a child, the child's column that leads there, and who may see its rows."""

    table: str
    column: str
    known: Sql


@dataclass(frozen=True, slots=True)
class ListView:
    """What is told to list.sql: one page of rows.

    `static` is the statement with the function's variables, `bound` the same with the parameters
    that `arguments` fills, to which `filters` add conditions. `order` is the sort key and its type
    as an array of two, or nothing where the list has one order.
    """

    gate: Gate
    view: str
    parent: Parent | None
    static: Statement
    bound: Statement
    filters: tuple[Filter, ...]
    order: Sql
    arguments: Sql

    @property
    def dynamic(self) -> bool:
        """Are there filters, or other orders than the newest first?"""
        return bool(self.filters or self.order)


@dataclass(frozen=True, slots=True)
class ReadView:
    """What is told to read.sql: one row as its caller may see it."""

    gate: Gate
    view: str
    reach: Sql
    answer: Sql

    @property
    def selected(self) -> Sql:
        """The beginning of the statement."""
        row = f"from {self.view} r where r.tenant_id = p_tenant and r.id = p_id"
        return Group(("r.version,", self.answer, "into version, body", row), " ", "select ")


@dataclass(frozen=True, slots=True)
class WriteView:
    """What is told to create.sql, update.sql and delete.sql.

    `operation` and `entity` are literals, `table` is what is written to. `reach` says which rows
    may be written, and `allowed` what a written row has to meet: empty where that is certain.
    `missed` is the expression for why no row was written, and `answer` that of the answer's body.
    `idempotency` says whether there may be an idempotency key, or has to be: none, optional or
    required.
    """

    gate: Gate
    operation: str
    entity: str
    table: str
    parent: Parent | None
    reach: Sql
    allowed: Sql
    assignments: tuple[Assignment, ...]
    missed: str
    answer: Sql
    idempotency: str

    def returning(self, *results: str) -> Sql:
        """What is returned of the row: `results`, and the answer's body.

        A row outside what is allowed is an error, which undoes the write.
        """
        body = self.answer
        if self.allowed:
            joint = " " if len(flat(self.allowed)) < WIDTH // 2 else LINE
            whole = Group(("when", self.allowed, "then", self.answer), " ")
            body = Group((whole, "else outside_()"), joint, "case ", " end")
        return _returning(results, body)

    @property
    def columns(self) -> Sql:
        """The columns that an insert names."""
        return listed(("tenant_id", *(each.column for each in self.assignments)))

    @property
    def values(self) -> Sql:
        """Their values."""
        return listed(("p_tenant", *(each.value for each in self.assignments)), "values (")


@dataclass(frozen=True, slots=True)
class ActionsView:
    """What is told to begin.sql and finish.sql, which serve every action of a resource.

    `operation` is the id of the operation as an expression. `items` are the actions on a row, as
    literals between commas, and `collection` says that there are others. `reach` is asked of the
    row in `table`, of which the hook is given the columns `stored`: nothing stands for the JSON of
    the view `target`. `changes` are the fields that each action may change, in `target`; `missed`
    and `answer` are as in `WriteView`.
    """

    gate: Gate
    operation: str
    entity: str
    table: str
    target: str
    stored: Sql
    items: str
    collection: bool
    reach: Sql
    assignments: tuple[Assignment, ...]
    changes: Sql
    missed: str
    answer: Sql
    answer_ways: tuple[Way, ...]
    idempotency: str

    @property
    def returning(self) -> Sql:
        """What is returned of the row that an action changed."""
        return _returning(("id", "version"), self.answer)


def _returning(results: tuple[str, ...], body: Sql) -> Sql:
    given = (f"{', '.join(f't.{each}' for each in results)},", body)
    return Group((*given, f"into {', '.join(results)}, body;"), " ", "returning ")


@dataclass(frozen=True, slots=True)
class Assurance:
    """A strength of authentication: the test that it is missing, and the roles that need it."""

    missing: str
    roles: Sql


@dataclass(frozen=True, slots=True)
class SharedView:
    """What is told to the functions that all operations share.

    `claims` are the members of a caller that hold the user's attributes, with their values.
    `policies_need_caller` says that some policy asks who the caller is, and `step_up` that some
    operation wants a recent authentication.
    """

    assurance: tuple[Assurance, ...]
    policies_need_caller: bool
    claims: tuple[Assignment, ...]
    step_up: bool
