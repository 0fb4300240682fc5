"""The stored functions of a resource other than actions: list, create, read, update, delete."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from scaffold.database import lists, references
from scaffold.database.bodies import (
    Assignment,
    Gate,
    ListView,
    Parent,
    ReadView,
    Refusal,
    Render,
    Seen,
    Served,
    Statement,
    Steps,
    WriteView,
    every_role,
    nothing_hidden,
)
from scaffold.database.layout import TRUE, Group, Sql, all_of, any_of, flat, listed
from scaffold.database.predicates import (
    Binding,
    Predicates,
    Within,
    listed_roles,
    of_maker,
    sent_within,
)
from scaffold.database.rows import answer, seen_now, view_name, written
from scaffold.database.schema import Function, Parameter
from scaffold.database.signatures import (
    BODY,
    CALL,
    ID,
    JSONB,
    OUTCOME,
    ROLES,
    TEXT,
    UUID,
    VERSION,
    VERSIONS,
    parameters,
)
from scaffold.database.sql import array, identifier, literal
from scaffold.database.ways import Way, Ways
from scaffold.database.writes import changed, inserted, renewed
from scaffold.design.model import Alternative, Design, Entity, Operation
from scaffold.design.visibility import answers_differ, readers, seers, split
from scaffold.features import FEATURES
from scaffold.naming import filter_key


@dataclass(slots=True)
class Context:
    """What every function is written with: the design, its predicates, and the templates.

    `columns` are the names that no boolean of a function may have.
    """

    design: Design
    render: Render
    predicates: Predicates = field(init=False)
    columns: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self.predicates = Predicates(self.design)
        self.columns = frozenset(
            column.name for entity in self.design.entities for column in entity.columns
        ) | frozenset(each.name for each in self.design.tenant_attributes)

    def ways(self, operation: Operation) -> Ways:
        """The ways of a function into which only the roles of an operation are let."""
        return Ways(self.columns, operation.roles)

    def entry(self, allowed: Sql, more: Sequence[tuple[str, Sql]] = ()) -> Sql:
        """The call that says who asks; `more` are the arguments that features add, by name."""
        given = (allowed, *(Group((f"{name} =>", value), " ") for name, value in more))
        commas = (Group((each,), "", "", ",") for each in given[:-1])
        return Group(("p_tenant, p_caller,", *commas, given[-1]), " ", "enter_(", ")")

    def around(self, served: Served) -> Around:
        """What the features add to a function."""
        found = (each.steps(self.design, served) for each in FEATURES)
        return Around(tuple(each for each in found if each is not None))


@dataclass(frozen=True, slots=True)
class Around:
    """What all features together add to a function, in their order."""

    steps: tuple[Steps, ...]

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Behind the function's own; what several features ask for is there once."""
        return tuple(dict.fromkeys(known for each in self.steps for known in each.parameters))

    @property
    def entry(self) -> tuple[tuple[str, Sql], ...]:
        """Further arguments of `enter_`, by name."""
        return tuple(argument for each in self.steps for argument in each.entry)

    @property
    def results(self) -> tuple[Parameter, ...]:
        """Behind the function's own."""
        return tuple(result for each in self.steps for result, _ in each.results)

    @property
    def refusals(self) -> tuple[Refusal, ...]:
        """Behind the function's own."""
        return tuple(refusal for each in self.steps for refusal in each.refusals)

    @property
    def within(self) -> Within | None:
        """What an alternative asks of the row beside its conditions."""
        return next((each.within for each in self.steps if each.within), None)

    def gate(self, entry: Sql, ways: tuple[Way, ...], refusals: tuple[Refusal, ...] = ()) -> Gate:
        """How the function begins, and what stands around its work."""
        (conclusion,) = {each.conclusion for each in self.steps} - {""} or {"'ok'"}
        return Gate(
            entry,
            ways,
            refusals,
            tuple(line for each in self.steps for line in each.before),
            tuple(line for each in self.steps for line in each.after),
            conclusion,
            tuple(Assignment(r.name, value) for each in self.steps for r, value in each.results),
            tuple(line for each in self.steps for line in each.uses),
            tuple(line for each in self.steps for line in each.settles),
        )


def handle(operation: Operation) -> str:
    """The name of the stored function of an operation other than an action."""
    return operation.id


def missed_call(entity: Entity) -> str:
    """Why a conditional write touched no row."""
    return f"missed_(v_caller, {literal(view_name(entity))}, p_id, p_match)"


def function(context: Context, entity: Entity, operation: Operation) -> Function:
    """The function of an operation other than an action."""
    write = {
        "list": _list,
        "export": _list,
        "read": _read,
        "create": _create,
        "update": _update,
        "delete": _delete,
        "effect": _effect,
    }
    return write[operation.verb](context, entity, operation)


def _list(context: Context, entity: Entity, operation: Operation) -> Function:
    ways = context.ways(operation)
    static = ways.binding(operation.verb)
    refusals = [*_refusals(operation, static, ""), *_guarded(entity, operation, static)]
    parent = _parent(context, entity, ways)
    # An export is recorded with its filters, of whatever rows it is.
    served = _served(operation, "null", "coalesce(p_filters, '{}')", version="null")
    around = context.around(served if operation.verb == "export" else _served(operation))
    known = _statement(context, entity, operation, static)
    values = ["p_tenant", "v_caller", "p_limit", "p_after", "p_after_id", "p_filters"]
    values += ["p_parent"] if parent else []
    numbers = {way.name: f"${len(values) + n}" for n, way in enumerate(ways.all, 1)}

    def numbered(each: Alternative) -> Sql:
        return numbers.get(flat(static.holds(each)), TRUE)

    def seen(each: Alternative) -> Sql:
        return numbers.get(flat(static.sees(each)), TRUE)

    bound = Binding(
        "($2).member",
        lambda term: f"($2){flat(static.claim(term))[8:]}",
        lambda term: f"($2){flat(static.listed(term))[8:]}",
        "$1",
        numbered,
        seen,
    )
    filters = tuple(lists.filters(entity, "$6"))
    view = ListView(
        gate=_gate(context, operation, ways, refusals, around),
        view=view_name(entity),
        parent=parent,
        newest=entity.newest,
        static=known,
        bound=_statement(context, entity, operation, bound),
        filters=filters,
        order=lists.order(entity) if lists.dynamic(entity) else "",
        arguments=listed([*values, *numbers], "", ""),
    )
    about = "newest first where `p_sort` is null" if lists.dynamic(entity) else "newest first"
    above = (("p_parent", UUID),) if parent else ()
    after = (("p_sort", TEXT), ("p_after", TEXT), ("p_after_id", UUID), ("p_filters", JSONB))
    return Function(
        handle(operation),
        f"{operation.summary}, {about}.",
        (*parameters(*CALL, *above, ("p_limit", "integer"), *after), *around.parameters),
        context.render("functions/list", view),
        results=(
            *parameters(OUTCOME, ROLES, BODY, ("last_key", TEXT), ("last_id", UUID)),
            *around.results,
        ),
    )


def _statement(
    context: Context, entity: Entity, operation: Operation, binding: Binding
) -> Statement:
    reach = context.predicates.reach(operation.alternatives, binding, "r")
    shown = answer(context.predicates, entity, operation.alternatives, binding, "r")
    if operation.verb == "export":  # each row is a line: no text in JSON has a line break as it is
        shown = Group((shown, r"|| E'\n'"), " ")
    return Statement(reach, shown)


def _read(context: Context, entity: Entity, operation: Operation) -> Function:
    ways = context.ways(operation)
    shown = _statement(context, entity, operation, ways.binding("read"))
    around = context.around(_served(operation))
    view = ReadView(
        _gate(context, operation, ways, (), around), view_name(entity), shown.reach, shown.answer
    )
    return Function(
        handle(operation),
        f"{operation.summary}.",
        parameters(*CALL, ("p_id", UUID)),
        context.render("functions/read", view),
        results=(*parameters(OUTCOME, ROLES, VERSION, BODY), *around.results),
    )


def _create(context: Context, entity: Entity, operation: Operation) -> Function:
    view, around = _write(context, entity, operation, "id", "p_body")
    above = (("p_parent", UUID),) if view.parent else ()
    return Function(
        handle(operation),
        f"{operation.summary}.",
        (*parameters(*CALL, *above, ("p_body", JSONB)), *_secret(operation), *around.parameters),
        context.render("functions/create", view),
        results=(*parameters(OUTCOME, ROLES, ID, VERSION, BODY), *around.results),
    )


def _update(context: Context, entity: Entity, operation: Operation) -> Function:
    view, around = _write(context, entity, operation, "p_id", "p_patch")
    on_item = (("p_id", UUID), ("p_match", VERSIONS), ("p_patch", JSONB))
    return Function(
        handle(operation),
        f"{operation.summary} that is at one of the versions `p_match`, with a merge patch "
        "(RFC 7396).",
        (*parameters(*CALL, *on_item), *around.parameters),
        context.render("functions/update", view),
        results=(*parameters(OUTCOME, ROLES, VERSION, BODY), *around.results),
    )


def _delete(context: Context, entity: Entity, operation: Operation) -> Function:
    view, around = _write(context, entity, operation, "p_id", "'{}'")
    return Function(
        handle(operation),
        f"{operation.summary} that is at one of the versions `p_match`.",
        (*parameters(*CALL, ("p_id", UUID), ("p_match", VERSIONS)), *around.parameters),
        context.render("functions/delete", view),
        results=(*parameters(OUTCOME, ROLES, VERSION), *around.results),
    )


def _effect(context: Context, entity: Entity, operation: Operation) -> Function:
    known = (name for name, _ in operation.sets if entity.column(name).in_api)
    said = literal(json.dumps(dict.fromkeys(known)))
    view, around = _write(context, entity, operation, "p_id", said)
    sent = (("p_body", JSONB),) if operation.input else ()
    return Function(
        handle(operation),
        f"{operation.summary}, whose row is at one of the versions `p_match`.",
        (
            *parameters(*CALL, ("p_id", UUID), ("p_match", VERSIONS), *sent),
            *_secret(operation),
            *around.parameters,
        ),
        context.render("functions/update", view),
        results=(*parameters(OUTCOME, ROLES, VERSION, BODY), *around.results),
    )


def _secret(operation: Operation) -> tuple[Parameter, ...]:
    """The digest of the secret that the operation makes, if it makes one."""
    if operation.secret is None or operation.secret.derived:
        return ()
    return (Parameter("p_digest", TEXT, argument="secret.digest"),)


def _served(
    operation: Operation,
    id_: str = "",
    said: str = "",
    view: Callable[[], Seen | None] = nothing_hidden,
    holds: Callable[[Alternative], Sql] = every_role,
    version: str = "version",
) -> Served:
    name, entity = literal(operation.id), literal(operation.entity)
    return Served("whole", (operation,), name, entity, id_, said, version, view, holds)


def _write(
    context: Context, entity: Entity, operation: Operation, id_: str, said: str
) -> tuple[WriteView, Around]:
    ways = context.ways(operation)
    binding = ways.binding(operation.action or operation.verb)
    source = said if operation.verb in ("create", "update") else ""
    refusals = tuple(_refusals(operation, binding, source))
    refer = references.refer(context.design, entity, operation)
    assignments: Iterable[Assignment] = ()
    if operation.verb == "create":
        assignments = inserted(entity, operation, refer)
    elif operation.verb == "update":
        assignments = (changed(each, "p_patch", refer) for each in entity.columns if each.updatable)
    elif operation.verb == "effect":
        assignments = (Assignment(identifier(name), value) for name, value in operation.sets)
    body: Sql = ""

    def now() -> Seen | None:
        differ = body and answers_differ(entity, (operation,))
        return seen_now(entity, f"{handle(operation)}.id", body) if differ else None

    served = _served(operation, id_, said, now, binding.holds)
    within = context.around(served).within if operation.verb == "effect" else None
    reach, allowed = _reach(context, entity, operation, binding, source, within)
    parent = _parent(context, entity, ways) if operation.verb == "create" else None
    if operation.verb != "delete":
        new = operation.verb == "create"
        body = written(context.predicates, entity, ways.binding("read"), new=new)
    around = context.around(served)
    view = WriteView(
        gate=_gate(context, operation, ways, refusals, around),
        table=view_name(entity),
        parent=parent,
        reach=reach,
        allowed=allowed,
        renewed=renewed(entity),
        assignments=tuple(assignments),
        missed=missed_call(entity),
        answer=body,
    )
    return view, around


def _reach(
    context: Context,
    entity: Entity,
    operation: Operation,
    binding: Binding,
    source: str,
    within: Within | None,
) -> tuple[Sql, Sql]:
    """Which rows may be written, and what a written row has to meet.

    A row whose fields in the conditions stay as they were meets them afterwards too.
    """
    alternatives = operation.alternatives
    if operation.verb == "create":
        made = of_maker(alternatives, entity)
        if not any(each.conditions for each in made):
            return TRUE, ""
        return TRUE, context.predicates.reach(made, binding, "t", sent_within(source))
    if operation.verb == "effect":
        return context.predicates.reach(alternatives, binding, "t", within), ""
    # Fields without conditions were all that the gate asked about.
    limited = operation.verb == "update" and any(each.conditions for each in alternatives)
    patch = source if limited else ""
    reach = context.predicates.reach(alternatives, binding, "t", sent_within(patch))
    given = {each.name for each in entity.columns if each.updatable}
    asked = {
        term.name
        for each in alternatives
        for condition in each.conditions
        for term in condition.terms
        if term.source == "field"
    }
    if operation.verb == "update" and given & asked:
        return reach, context.predicates.reach(alternatives, binding, "t", sent_within(source))
    return reach, ""


def _gate(
    context: Context,
    operation: Operation,
    ways: Ways,
    refusals: Iterable[Refusal],
    around: Around | None = None,
) -> Gate:
    """How the function of an operation begins, once everything has asked for its ways."""
    around = around or context.around(_served(operation))
    entry = context.entry(listed_roles("", operation.roles), around.entry)
    return around.gate(entry, ways.all, (*refusals, *around.refusals))


def _refusals(operation: Operation, binding: Binding, source: str) -> Iterable[Refusal]:
    """What is refused of a caller who holds a role; `source` is what was sent."""
    within = sent_within(source)
    if within and any(each.fields is not None for each in operation.alternatives):
        writable = any_of(
            all_of([binding.holds(each), within(each)]) for each in operation.alternatives
        )
        if writable != TRUE:
            yield Refusal(negated(writable), "'field_not_writable'")


def _guarded(entity: Entity, operation: Operation, binding: Binding) -> Iterable[Refusal]:
    """Filters and sorts by a field that some role cannot read would be an oracle."""
    _, restricted = split(entity, operation.alternatives)
    for column in restricted:
        used: list[Sql] = []
        if column.filters:
            keys = tuple(filter_key(column.name, each) for each in column.filters)
            used.append(f"p_filters ?| {array(keys)}")
        if column.sortable:
            sorts = f"{literal(column.name)}, {literal('-' + column.name)}"
            used.append(f"p_sort in ({sorts})")
        if used:
            found = seers(column, operation.alternatives)
            whole = [binding.holds(each) for each in found if not each.conditions]
            rest = [each for each in operation.alternatives if each not in found]
            if any_of(whole) != TRUE:
                blind = any_of(binding.holds(each) for each in rest)
                yield Refusal(
                    all_of([any_of(used), blind, *map(negated, whole)]), "'field_not_readable'"
                )


def _parent(context: Context, entity: Entity, ways: Ways) -> Parent | None:
    if not entity.parent:
        return None
    above = context.design.entity(entity.parent)
    column = next(each.name for each in entity.columns if each.origin == "parent")
    known = context.predicates.reach(readers(above), ways.binding("see"), "q")
    return Parent(view_name(above), identifier(column), known)


def negated(test: Sql) -> Sql:
    """The negation of a test."""
    text = flat(test)
    if isinstance(test, Group) and test.opening:
        return Group(test.parts, test.joint, f"not {test.opening}", test.closing)
    return Group((test,), "", "not (", ")") if " " in text else f"not {text}"
