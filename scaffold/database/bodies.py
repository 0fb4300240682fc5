"""What the templates of the stored functions are told: one typed view for each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from scaffold.database.layout import LINE, TRUE, WIDTH, Group, Sql, all_of, flat, listed
from scaffold.database.predicates import Within
from scaffold.database.schema import Parameter
from scaffold.database.sql import literal
from scaffold.database.ways import Way
from scaffold.design.model import Alternative, Operation, TouchVerb


class Render(Protocol):
    """Renders a template by name with one view."""

    def __call__(self, template: str, view: object, /) -> str: ...


@dataclass(frozen=True, slots=True)
class Refusal:
    """When a call is refused before anything is looked at, and with which outcome, as SQL."""

    test: Sql
    outcome: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What of an earlier answer about a row a caller may see now.

    `always` are the fields that no answer leaves out, and `row` is the answer about the row as it
    is now, null where it is gone.
    """

    always: Sql
    row: Sql


def nothing_hidden() -> None:
    """The view of an answer that is everybody's."""


def every_role(each: Alternative) -> Sql:
    """The test where nothing is asked of the roles."""
    del each
    return TRUE


@dataclass(frozen=True, slots=True)
class Served:
    """What a stored function serves, as the features are told.

    An operation is done as a `whole`; an action is begun and finished around its hook, which may
    `touch` other rows between the two. `operations` are those that the function serves, and
    `operation` is the id of the one under way as an expression. Where something is written,
    `entity` is the literal of its resource, `id` the expression of the row's id, `version` that of
    its version, and `said` that of the JSON object with what was said of its fields. `view` writes
    what the caller may see now of an earlier answer about the row; None where they see all of it.
    `holds` is the test that the caller holds a role of an alternative, of an operation done as a
    whole. What hooks `touch` is a row of the resource `touched`, to which `verb` is done.
    """

    stage: Literal["whole", "begin", "touch", "finish"]
    operations: tuple[Operation, ...]
    operation: str
    entity: str
    id: str = "id"
    said: str = ""
    version: str = "version"
    view: Callable[[], Seen | None] = nothing_hidden
    holds: Callable[[Alternative], Sql] = every_role
    touched: str = ""
    verb: str = ""

    def chosen(self, value: Callable[[Operation], str]) -> Sql:
        """The value of the operation under way; an action for which it is empty is left out."""
        if self.stage == "whole":
            return value(self.operations[0])
        return chosen([each for each in self.operations if value(each)], value)

    def among(self, found: Sequence[Operation], test: str) -> str:
        """A test for some of the operations."""
        if len(found) == len(self.operations):
            return test
        return f"{is_one_of(found)} and {test}"


@dataclass(frozen=True, slots=True)
class Steps:
    """What a feature adds to a stored function.

    `parameters` come behind the function's own: those of a beginning, and of a finish, are the same
    for every resource of a service. `entry` are further arguments of `enter_`, each with its name.
    `refusals` are asked behind the function's own. `results` are told of every call, whatever its
    outcome, each with the expression of its value. `before` are lines of statements before the
    work; they end the call by an outcome. So do `uses`, which come last before the work, once
    nothing else refuses it: what they write stays only with the work. Behind them come `settles`,
    which refuse nothing; at the beginning of an action behind the lock of its row, whose JSON is
    `body`, and there they refuse as well. `after` are lines behind the work. `conclusion` is an
    expression that has the outcome of success as its value: of one feature at the most. `within` is
    what an alternative asks of the row `t` beside its conditions: of one feature at the most, too.
    """

    parameters: tuple[Parameter, ...] = ()
    entry: tuple[tuple[str, Sql], ...] = ()
    refusals: tuple[Refusal, ...] = ()
    results: tuple[tuple[Parameter, str], ...] = ()
    before: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    settles: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    conclusion: Sql = ""
    within: Within | None = None


@dataclass(frozen=True, slots=True)
class Demand:
    """Why somebody who holds a role is refused all the same.

    `test` is asked only `when` that is: PL/pgSQL prepares what it does not ask neither.
    """

    when: Sql
    test: Sql
    outcome: str


@dataclass(frozen=True, slots=True)
class Lookup:
    """Another way to find a caller than as a subject of an issuer: `when` they are known so, the
    `call` of a function that finds their `member` and `roles`, and why they are refused, as
    `refusal`."""

    when: str
    call: str


@dataclass(frozen=True, slots=True)
class Known:
    """What else is found out about a caller who is let in, before all demands: the `member` of
    `caller_`, its `value`, `when` it is asked for, and what they are refused by then."""

    member: Parameter
    value: Sql
    when: Sql
    demand: Demand | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """What a feature asks of callers, or how it finds them: parameters of `enter_`, a line that
    explains it, what is found out about them, the demand, and the look-up."""

    comment: str
    parameters: tuple[Parameter, ...] = ()
    demand: Demand | None = None
    lookup: Lookup | None = None
    known: Known | None = None


@dataclass(frozen=True, slots=True)
class Assignment:
    """A column and the value that a write gives it."""

    column: str
    value: Sql


@dataclass(frozen=True, slots=True)
class Gate:
    """How a function begins, and what stands around its work.

    `entry` is the call that says who asks, and whether they hold one of the roles allowed. `ways`
    are declared, `told` assigned in any case, and `refusals` asked in their order. `before` and
    `after` are lines around the work, `uses` and `settles` those right before it, and `conclusion`
    is the expression of the outcome.
    """

    entry: Sql
    ways: tuple[Way, ...]
    refusals: tuple[Refusal, ...] = ()
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    conclusion: Sql = "'ok'"
    told: tuple[Assignment, ...] = ()
    uses: tuple[str, ...] = ()
    settles: tuple[str, ...] = ()

    @property
    def outcome(self) -> Sql:
        """Why the call is refused, or null."""
        if not self.refusals:
            return "v_caller.refusal"
        whens = (Group(("when", each.test, f"then {each.outcome}"), " ") for each in self.refusals)
        return Group(tuple(whens), LINE, "coalesce(v_caller.refusal, case ", " end)")


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
        return Group((whole, *parts), LINE if len(shown) > 2 else " ", "case ", " end")

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

    `newest` is the column that rows are sorted by, newest first, without a sort key. `static` is
    the statement with the function's variables, `bound` the same with the parameters that
    `arguments` fills, to which `filters` add conditions. `order` is the sort key and its type as an
    array of two, or nothing where the list has one order.
    """

    gate: Gate
    view: str
    parent: Parent | None
    newest: str
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


class Inserting:
    """A view of which `assignments` may be those of an insert."""

    __slots__ = ()

    assignments: tuple[Assignment, ...]

    @property
    def columns(self) -> Sql:
        """The columns that an insert names."""
        return listed(each.column for each in self.assignments)

    @property
    def values(self) -> Sql:
        """Their values."""
        return listed((each.value for each in self.assignments), "values (")


@dataclass(frozen=True, slots=True)
class WriteView(Inserting):
    """What is told to create.sql, update.sql and delete.sql.

    `table` is the view that is written to. `reach` says which rows may be written, and `allowed`
    what a written row has to meet: empty where that is certain. `renewed` are the assignments of
    every change, before those of this one. `missed` is the expression for why no row was written,
    and `answer` that of the answer's body.
    """

    gate: Gate
    table: str
    parent: Parent | None
    reach: Sql
    allowed: Sql
    renewed: str
    assignments: tuple[Assignment, ...]
    missed: str
    answer: Sql

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


@dataclass(frozen=True, slots=True)
class ActionsView:
    """What is told to begin.sql and finish.sql, which serve every action of a resource.

    `gate` is how an action begins, and `end` what stands behind the work of finishing one. `items`
    are the actions on a row, as literals between commas, and `collection` says that there are
    others. `reach` is asked of the row in the view `table`, of which the hook is given the columns
    `stored`: nothing stands for its JSON. `changes` are the fields that each action may change;
    `missed` and `answer` are as in `WriteView`.
    """

    gate: Gate
    end: Gate
    table: str
    stored: Sql
    items: str
    collection: bool
    reach: Sql
    renewed: str
    assignments: tuple[Assignment, ...]
    changes: Sql
    missed: str
    answer: Sql
    answer_ways: tuple[Way, ...]

    @property
    def returning(self) -> Sql:
        """What is returned of the row that an action changed."""
        return _returning(("id", "version"), self.answer)


@dataclass(frozen=True, slots=True)
class TouchView(Inserting):
    """What is told to touch.sql: what hooks of actions do to rows of another resource.

    `refused` is the test that this action may not do `verb`, or not with these fields, and
    `refusal` the outcome then. `lock` is the test that the hook may change a row which it reads: it
    is locked then. The hook is given the columns `stored` of the row in the view `table`: nothing
    stands for its JSON. The rest is as in `WriteView`.
    """

    verb: TouchVerb
    gate: Gate
    refused: Sql
    refusal: str
    lock: str
    table: str
    stored: Sql
    renewed: str
    assignments: tuple[Assignment, ...]


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

    `scope` is the prefix of the settings that the policies read. `claims` are the members of a
    caller that hold the user's attributes, with their values, and `claimed` is the test that the
    caller has a role whose conditions ask for them: taking an array out of JSON costs more than
    anything else that is done with a caller. `placed` is the test that the caller has a role whose
    conditions ask for the environment, if there are some.
    `known`, `demands` and `lookups` are those of the features. `tenant` is the table of tenants,
    where some of them can be suspended. `maps` says that organizations of some issuer map to
    tenants.
    """

    scope: str
    assurance: tuple[Assurance, ...]
    claims: tuple[Assignment, ...]
    claimed: Sql
    placed: Sql
    known: tuple[Known, ...]
    demands: tuple[Demand, ...]
    lookups: tuple[Lookup, ...]
    tenant: str
    maps: bool


def names(operations: Iterable[Operation]) -> str:
    """Actions as literals between commas."""
    return ", ".join(literal(each.action) for each in operations)


def is_one_of(found: Sequence[Operation]) -> str:
    """A test that the action is one of these."""
    return f"p_action = {names(found)}" if len(found) == 1 else f"p_action in ({names(found)})"


def texts(values: Iterable[str]) -> Sql:
    """Text values as an array, which may be broken between them."""
    found = [literal(each) for each in values]
    return listed(found, "array[", "]") if found else "array[]::text[]"


def chosen(operations: Iterable[Operation], value: Callable[[Operation], Sql]) -> Sql:
    """A value for each action; those with the same one together."""
    by_value: dict[Sql, list[Operation]] = {}
    for each in operations:
        by_value.setdefault(value(each), []).append(each)
    return cases((is_one_of(found), each) for each, found in by_value.items())


def cases(found: Iterable[tuple[str, Sql]]) -> Group:
    """The value of the first test that holds, else null."""
    whens = (Group((f"when {test} then", value), " ") for test, value in found)
    return Group(tuple(whens), LINE, "case ", " end")
