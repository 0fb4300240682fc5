"""The stored functions: one call, hence one round trip, for each operation.

The functions of a release lie in a schema of their own, so that two releases run side by side and
`drop schema` removes one. A name that ends in an underscore is one that the language cannot give.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from scaffold.database.layout import Group, Sql, all_of, any_of, flat, lay, listed, parenthesized
from scaffold.database.predicates import TRUE, Binding, Predicates, by_row, listed_roles, within
from scaffold.database.schema import Function, Parameter, View
from scaffold.database.sql import array, identifier, literal, named
from scaffold.database.values import default_sql, extract, output
from scaffold.design.filters import filter_key
from scaffold.design.model import Alternative, Column, Condition, Design, Entity, Operation
from scaffold.design.visibility import (
    has_conditions,
    patches_objects,
    readers,
    seers,
    split,
)

BUILT_IN = ("id", "version", "created_at", "updated_at")
OPERATORS = {"gte": ">=", "lte": "<=", "gt": ">", "lt": "<"}
ROLES = "v_caller.roles && "

BIGINT, JSONB, TEXT, UUID, VERSIONS = "bigint", "jsonb", "text", "uuid", "bigint[]"


class Render(Protocol):
    """Renders a template by name with one view."""

    def __call__(self, template: str, view: object, /) -> str: ...


@dataclass(frozen=True, slots=True)
class Way:
    """A way in which a caller may be let in: a boolean of a function, and its test of the roles."""

    name: str
    test: Sql


class Ways:
    """The ways that one function asks about, each declared once and named by what it is for."""

    def __init__(self, caller: str = "v_caller") -> None:
        self._caller = caller
        self._found: dict[tuple[tuple[str, ...], tuple[Condition, ...]], Way] = {}

    def name(self, do: str, each: Alternative) -> str:
        """The boolean for holding one of the roles of an alternative of an operation."""
        key = (each.roles, each.conditions)
        if key not in self._found:
            taken = {way.name for way in self._found.values()}
            about = [
                str(condition.left).lstrip("$").replace(".", "_") for condition in each.conditions
            ]
            base = named(do, *(("if", *about) if about else ("any",)))
            names = (base if n == 1 else named(base, str(n)) for n in range(1, len(taken) + 2))
            name = next(name for name in names if name not in taken)
            test = listed_roles(f"{self._caller}.roles && ", each.roles)
            self._found[key] = Way(name, test)
        return self._found[key].name

    @property
    def all(self) -> tuple[Way, ...]:
        """Those asked about so far."""
        return tuple(self._found.values())


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

    def lines(self, column: int) -> str:
        """The expression, laid out so that it begins in `column`."""
        restricted = [each for each in self.parts if each.visible != TRUE]
        if not restricted:
            return f"{self.row}.json_"
        every = all_of([each.visible for each in restricted])
        if len(self.parts) == 1:
            row = self.row
            return (
                f"case when {lay(every, column + 10)} then {row}.json_ else {row}.open_ || '}}' end"
            )
        lines = [
            f"case when {lay(every, column + 12)} then {self.row}.json_",
            f"  else {self.row}.open_",
            *(self._part(each, column + 4) for each in self.parts),
            "    || '}'",
            "end",
        ]
        return f"\n{' ' * column}".join(lines)

    def _part(self, each: Part, column: int) -> str:
        value = f"{self.row}.{each.column}"
        if each.visible == TRUE:
            return f"    || {value}"
        return f"    || case when {lay(each.visible, column + 13)} then {value} else '' end"


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter of a list: its key in `p_filters`, and the condition that it adds."""

    key: str
    condition: Sql


@dataclass(frozen=True, slots=True)
class Order:
    """A field that a list can be sorted by, as literals: its name, its column, and its type."""

    name: str
    key: str
    type: str


@dataclass(frozen=True, slots=True)
class Statement:
    """The parts of a list's statement: once with variables, once with parameters."""

    tenant: str
    parent: str
    limit: str
    reach: Sql
    answer: Answer


@dataclass(frozen=True, slots=True)
class ListView:
    """What is told to list.sql: one page of rows."""

    gate: Gate
    view: str
    parent: Parent | None
    static: Statement
    bound: Statement
    filters: tuple[Filter, ...]
    orders: tuple[Order, ...]
    arguments: str

    @property
    def dynamic(self) -> bool:
        """Are there filters, or other orders than the newest first?"""
        return bool(self.filters or self.orders)


@dataclass(frozen=True, slots=True)
class Parent:
    """The table above a child, the child's column that leads there, and who may see its rows."""

    table: str
    column: str
    known: Sql


@dataclass(frozen=True, slots=True)
class Refusal:
    """When a call is refused before anything is looked at, and with which outcome, both as SQL."""

    test: Sql
    outcome: Sql


@dataclass(frozen=True, slots=True)
class Gate:
    """How a function begins: the `ways` to be declared, and what is refused, in order."""

    ways: tuple[Way, ...]
    refusals: tuple[Refusal, ...]


@dataclass(frozen=True, slots=True)
class ReadView:
    """What is told to read.sql and answer.sql: one row as its caller may see it."""

    gate: Gate
    view: str
    reach: Sql
    answer: Answer


@dataclass(frozen=True, slots=True)
class WriteView:
    """What is told to create.sql, update.sql and delete.sql.

    `operation` and `entity` are literals. `reach` says which rows may be written, and `allowed`
    what a written row has to meet: empty where nothing can fail. `missed` is the expression for
    why no row was written, and `answer` that of the answer's body. `idempotent` says whether there
    may be an idempotency key.
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
    answer: str
    idempotent: bool

    @property
    def columns(self) -> Sql:
        """The columns that an insert names."""
        return listed(("tenant_id", *(each.column for each in self.assignments)))


@dataclass(frozen=True, slots=True)
class MissedView:
    """What is told to missed.sql: the rows of `table` that a caller may be told of."""

    ways: tuple[Way, ...]
    table: str
    known: Sql


@dataclass(frozen=True, slots=True)
class ActionsView:
    """What is told to begin.sql and finish.sql, which serve every action of a resource.

    `operation` is the id of the operation as an expression. `items` are the actions on a row, as
    literals between commas, and `collection` says that there are others. `reach` is asked of the
    row, of which the hook is given the columns `stored`. `changes` are the fields that each action
    may change; `missed` and `answer` are as in `WriteView`.
    """

    gate: Gate
    operation: str
    entity: str
    table: str
    stored: Sql
    items: str
    collection: bool
    reach: Sql
    assignments: tuple[Assignment, ...]
    changes: Sql
    missed: str
    answer: str
    idempotent: bool


@dataclass(frozen=True, slots=True)
class Assurance:
    """A strength of authentication: the test that it is missing, and the roles that need it."""

    missing: str
    roles: Sql


@dataclass(frozen=True, slots=True)
class SharedView:
    """What is told to the functions that all operations share."""

    assurance: tuple[Assurance, ...]
    policies_need_caller: bool
    user_attributes: bool


@dataclass(frozen=True, slots=True)
class Functions:
    """Every view and function of a service: the shared ones, and those of each resource."""

    shared: tuple[Function, ...]
    views: Mapping[str, View]
    by_entity: Mapping[str, tuple[Function, ...]]

    @property
    def all(self) -> tuple[Function, ...]:
        """All functions."""
        return (*self.shared, *(each for found in self.by_entity.values() for each in found))

    def named(self, entity: str, name: str) -> Function:
        """A function of a resource; raises KeyError."""
        for each in self.by_entity[entity]:
            if each.name == name:
                return each
        raise KeyError(name)


def _parameters(*pairs: tuple[str, str]) -> tuple[Parameter, ...]:
    return tuple(Parameter(name, type_) for name, type_ in pairs)


CALL = (("p_tenant", UUID), ("p_caller", JSONB))
KEY = (("p_key", TEXT), ("p_fingerprint", TEXT))
REQUEST = ("p_request", TEXT)
OUTCOME = ("outcome", TEXT)
VERSION = ("version", BIGINT)
BODY = ("body", TEXT)
ID = ("id", UUID)


def handle(operation: Operation) -> str:
    """The name of the stored function of an operation that is no action."""
    return operation.id


def begin_name(entity: Entity) -> str:
    """The name of the function with which every action of a resource begins."""
    return f"{entity.name}_begin_"


def finish_name(entity: Entity) -> str:
    """The name of the function with which every action of a resource ends."""
    return f"{entity.name}_finish_"


@dataclass(slots=True)
class Writer:
    """Writes the functions of one design with the templates."""

    design: Design
    render: Render
    predicates: Predicates = field(init=False)
    entities: Mapping[str, Entity] = field(init=False)

    def __post_init__(self) -> None:
        self.predicates = Predicates(self.design)
        self.entities = {entity.name: entity for entity in self.design.entities}

    def write(self) -> Functions:
        """Every function of the service."""
        served = [each for each in self.design.entities if each.operations]
        return Functions(
            tuple(self._shared()),
            {each.name: self._view(each) for each in served},
            {each.name: tuple(self._entity(each)) for each in served},
        )

    # Shared

    def _shared(self) -> Iterable[Function]:
        view = SharedView(
            tuple(_assurance(self.design)),
            any(has_conditions(each) for each in self.design.entities),
            bool(self.design.user_attributes),
        )
        yield Function(
            "enter_",
            "Binds this transaction to the tenant and to the caller, and says who that is: `held` "
            "are the roles of the membership, `roles` those that this token is strong enough for.",
            _parameters(*CALL),
            self.render("functions/enter", view),
            returns="caller_",
        )
        yield Function(
            "refusal_",
            "The reason code of a refusal: what the caller lacks.",
            _parameters(("p_caller", "caller_"), ("p_allowed", "text[]")),
            self.render("functions/refusal", view),
            returns=TEXT,
            volatility="immutable",
        )
        if any(each.verb not in ("list", "read") for each in self.design.operations):
            yield Function(
                "record_",
                "Writes the audit event of an effect, which `p_said` names the fields of; ends "
                "well.",
                _parameters(
                    ("p_caller", "caller_"),
                    ("p_operation", TEXT),
                    ("p_resource", TEXT),
                    ("p_id", UUID),
                    ("p_version", BIGINT),
                    ("p_said", JSONB),
                    REQUEST,
                ),
                self.render("functions/record", view),
                returns=TEXT,
            )
        if any(each.idempotency != "none" for each in self.design.operations):
            of = (("p_caller", "caller_"), ("p_operation", TEXT), *KEY)
            yield Function(
                "claim_",
                "Looks an idempotency key up. The advisory lock is held until the transaction "
                "ends, so that a second request with the same key is told that the first is in "
                "flight.",
                _parameters(*of),
                self.render("functions/claim", view),
                results=_parameters(OUTCOME, ID, VERSION, BODY),
            )
            yield Function(
                "remember_",
                "Stores the answer of a request with an idempotency key, in the transaction of "
                "its effect.",
                _parameters(*of, ("p_id", UUID), ("p_version", BIGINT), ("p_body", TEXT)),
                self.render("functions/remember", view),
                returns="void",
            )
        if any(_has_parameters(each) for each in self.design.entities):
            yield Function(
                "page_",
                "The statement of a list. What it is put together from are constants of the "
                "functions that ask; every value is a parameter.",
                _parameters(
                    ("p_view", TEXT),
                    ("p_body", TEXT),
                    ("p_where", TEXT),
                    ("p_key", TEXT),
                    ("p_type", TEXT),
                    ("p_descending", "boolean"),
                    ("p_further", "boolean"),
                ),
                self.render("functions/page", view),
                returns=TEXT,
                volatility="immutable",
            )
        if any(patches_objects(each) for each in self.design.entities):
            yield Function(
                "merge_",
                "Applies a JSON merge patch (RFC 7396, section 2) to a stored object.",
                _parameters(("p_target", JSONB), ("p_patch", JSONB)),
                self.render("functions/merge", view),
                returns=JSONB,
                volatility="immutable",
            )

    # The JSON of a row

    def _view(self, entity: Entity) -> View:
        """The rows of a resource, each with its JSON as text.

        `json_` has every field that can be read. Where some are not everybody's, `open_` has the
        others, without the closing brace, and each `part_` some of the rest. `stored_` is what a
        hook is given: every column.
        """
        found = _seen(entity)
        rows = {"json_": [*found.open, *(column for part in found.parts for column in part)]}
        if found.parts:
            rows["open_"] = found.open
        if len(found.parts) > 1:
            rows |= {f"part_{number}_": part for number, part in enumerate(found.parts, 1)}
        outputs, sources = ["r.*"], [f"from {identifier(entity.name)} r"]
        for name, columns in rows.items():
            part = name.startswith("part_")
            text = f"row_to_json({name})::text"
            if part or name == "open_":
                text = f"left({text}, -1)"
            if part:
                text = f"',' || substr({text}, 2)"
            outputs.append(f"{text} as {name}")
            chosen = lay(listed(_select(columns, "r", () if part else BUILT_IN), "", ""), 11)
            sources.append(f"cross join lateral (\n    select {chosen}\n  ) {name}")
        query = "select " + ",\n    ".join(outputs) + "\n  " + "\n  ".join(sources)
        about = f"The {entity.plural.replace('_', ' ')}, each with its JSON as text."
        return View(view_name(entity), about, query)

    def _answer(
        self, entity: Entity, alternatives: Sequence[Alternative], binding: Binding
    ) -> Answer:
        """What of a row of the view these alternatives show."""
        parts = []
        for number, columns in enumerate(_seen(entity).parts, 1):
            found = seers(columns[0], alternatives)
            everywhere = len(found) == len(alternatives)
            visible = TRUE if everywhere else self.predicates.reach(found, binding.seeing, "r")
            parts.append(Part(f"part_{number}_", visible))
        return Answer("r", tuple(parts))

    # The functions of a resource

    def _entity(self, entity: Entity) -> Iterable[Function]:
        if any(each.verb not in ("list", "read", "delete") for each in entity.operations):
            yield from self._answer_function(entity)
        if any(each.conditional for each in entity.operations):
            yield self._missed(entity)
        for operation in entity.operations:
            if operation.verb != "action":
                yield getattr(self, f"_{operation.verb}")(operation, entity)
        if entity.actions:
            yield from self._actions(entity)

    def _answer_function(self, entity: Entity) -> Iterable[Function]:
        read = entity.operation("read")
        if read is None:
            return
        ways = Ways("p_caller")
        binding = _function("read", ways, "p_caller.tenant", "p_caller")
        reach = self._reach(read.alternatives, binding, "r")
        allowed = any_of(binding.holds(each) for each in by_row(read.alternatives))
        answer = self._answer(entity, read.alternatives, binding)
        if reach == TRUE:
            reach = allowed
        yield Function(
            answer_name(entity),
            f"What a write of {entity.plural.replace('_', ' ')} answers: the row as the caller may "
            "read it, or else that it exists.",
            _parameters(("p_caller", "caller_"), ("p_id", UUID), ("p_version", BIGINT)),
            self.render(
                "functions/answer",
                ReadView(Gate(ways.all, ()), view_name(entity), reach, answer),
            ),
            returns=TEXT,
        )

    def _missed(self, entity: Entity) -> Function:
        ways = Ways("p_caller")
        binding = _function("known", ways, "p_caller.tenant", "p_caller")
        found = tuple(
            alternative
            for each in entity.operations
            if each.on_item
            for alternative in each.alternatives
        )
        known = self.predicates.reach(found, binding, "t")
        return Function(
            missed_name(entity),
            "Why a conditional write touched no row. A row that no operation of the caller "
            "reaches is not there.",
            _parameters(("p_caller", "caller_"), ("p_id", UUID), ("p_match", VERSIONS)),
            self.render("functions/missed", MissedView(ways.all, identifier(entity.name), known)),
            returns=TEXT,
        )

    def _list(self, operation: Operation, entity: Entity) -> Function:
        ways = Ways()
        static = _function("list", ways)
        gate = self._gate(operation, ways)
        filters = tuple(_filters(entity, "$7"))
        orders = tuple(_orders(entity))
        parent = self._parent(entity, ways)
        known = self._statement(operation, entity, static, "p_parent", "p_limit")
        guarded = tuple(self._guarded(operation, entity, static))
        values = ["p_tenant", "v_caller.member", "v_caller.attributes", "p_limit"]
        values += ["p_after", "p_after_id", "p_filters"]
        values += ["p_parent"] if parent else []
        first = len(values) + 1
        numbers = {way.name: f"${first + n}" for n, way in enumerate(ways.all)}

        def holds(each: Alternative) -> Sql:
            return numbers[ways.name("list", each)]

        dynamic = Binding("$2", "$3", "$1", holds, holds)
        view = ListView(
            gate=Gate(ways.all, (*gate.refusals, *guarded)),
            view=view_name(entity),
            parent=parent,
            static=known,
            bound=self._statement(operation, entity, dynamic, "$8", "$4"),
            filters=filters,
            orders=orders,
            arguments=lay(listed([*values, *numbers], "", ""), 10, 1),
        )
        above = (("p_parent", UUID),) if parent else ()
        about = "One page of rows, newest first where `p_sort` is null."
        if filters:
            about += " `p_filters` has an entry for each filter: `name`, or `name.operator`."
        return Function(
            handle(operation),
            f"{operation.summary}. {about}",
            _parameters(
                *CALL,
                *above,
                ("p_limit", "integer"),
                ("p_sort", TEXT),
                ("p_after", TEXT),
                ("p_after_id", UUID),
                ("p_filters", JSONB),
            ),
            self.render("functions/list", view),
            results=_parameters(OUTCOME, BODY, ("last_key", TEXT), ("last_id", UUID)),
        )

    def _statement(
        self, operation: Operation, entity: Entity, binding: Binding, parent: str, limit: str
    ) -> Statement:
        return Statement(
            binding.tenant,
            parent,
            limit,
            self._reach(operation.alternatives, binding, "r"),
            self._answer(entity, operation.alternatives, binding),
        )

    def _read(self, operation: Operation, entity: Entity) -> Function:
        ways = Ways()
        binding = _function("read", ways)
        gate = self._gate(operation, ways)
        view = ReadView(
            gate,
            view_name(entity),
            self._reach(operation.alternatives, binding, "r"),
            self._answer(entity, operation.alternatives, binding),
        )
        view = replace(view, gate=replace(gate, ways=ways.all))
        return Function(
            handle(operation),
            f"{operation.summary}. `p_known` are the versions that the caller has already.",
            _parameters(*CALL, ("p_id", UUID), ("p_known", VERSIONS)),
            self.render("functions/read", view),
            results=_parameters(OUTCOME, VERSION, BODY),
        )

    def _create(self, operation: Operation, entity: Entity) -> Function:
        view = self._write(operation, entity, "p_body")
        above = (("p_parent", UUID),) if view.parent else ()
        return Function(
            handle(operation),
            f"{operation.summary}, with its audit event.",
            _parameters(*CALL, *above, ("p_body", JSONB), *KEY, REQUEST),
            self.render("functions/create", view),
            results=_parameters(OUTCOME, ID, VERSION, BODY),
        )

    def _update(self, operation: Operation, entity: Entity) -> Function:
        view = self._write(operation, entity, "p_patch")
        return Function(
            handle(operation),
            f"{operation.summary}: applies a merge patch (RFC 7396) to the row that is at one of "
            "the versions `p_match`, in one statement: of several writers with one version, one "
            "succeeds.",
            _parameters(*CALL, ("p_id", UUID), ("p_match", VERSIONS), ("p_patch", JSONB), REQUEST),
            self.render("functions/update", view),
            results=_parameters(OUTCOME, VERSION, BODY),
        )

    def _delete(self, operation: Operation, entity: Entity) -> Function:
        view = self._write(operation, entity, "")
        return Function(
            handle(operation),
            f"{operation.summary} that is at one of the versions `p_match`.",
            _parameters(*CALL, ("p_id", UUID), ("p_match", VERSIONS), REQUEST),
            self.render("functions/delete", view),
            results=_parameters(OUTCOME, VERSION),
        )

    def _write(self, operation: Operation, entity: Entity, source: str) -> WriteView:
        ways = Ways()
        binding = _function(operation.verb, ways)
        gate = self._gate(operation, ways, source)
        patch = "p_patch" if operation.verb == "update" else ""
        allowed: Sql = ""
        if _conditional(operation) and operation.verb != "delete":
            test = self.predicates.reach(operation.alternatives, binding, "t", source)
            allowed = parenthesized(test)
        view = WriteView(
            gate=gate,
            operation=literal(operation.id),
            entity=literal(entity.name),
            table=identifier(entity.name),
            parent=self._parent(entity, ways) if operation.verb == "create" else None,
            reach=self._reach(operation.alternatives, binding, "t", patch),
            allowed=allowed,
            assignments=tuple(
                self._values(entity)
                if operation.verb == "create"
                else (self._change(each, "p_patch") for each in entity.columns if each.updatable)
            ),
            missed=f"{missed_name(entity)}(v_caller, p_id, p_match)",
            answer=self._answered(entity, "id" if operation.verb == "create" else "p_id"),
            idempotent=operation.idempotency != "none",
        )
        return replace(view, gate=replace(gate, ways=ways.all))

    def _actions(self, entity: Entity) -> Iterable[Function]:
        ways = Ways()
        bindings = {each.id: _function(each.action, ways) for each in entity.actions}
        items = [each for each in entity.actions if each.on_item]
        others = [each for each in entity.actions if not each.on_item]
        changed = [
            column
            for column in entity.columns
            if any(column in entity.set_by(action) for action in items)
        ]
        view = ActionsView(
            gate=Gate((), tuple(self._action_refusals(entity, bindings))),
            operation=f"p_action || {literal('_' + entity.name)}",
            entity=literal(entity.name),
            table=identifier(entity.name),
            stored=listed(_select(entity.columns, "t", BUILT_IN), "", ""),
            items=_names(items),
            collection=bool(others),
            reach=any_of(self._acts(each, bindings[each.id]) for each in items),
            assignments=tuple(self._change(each, "p_changes") for each in changed),
            changes=_case(
                (literal(each.action), array([column.name for column in entity.set_by(each)]))
                for each in items
            ),
            missed=f"{missed_name(entity)}(v_caller, p_id, p_match)",
            answer=self._answered(entity) if items else "",
            idempotent=any(each.idempotency != "none" for each in entity.actions),
        )
        view = replace(view, gate=replace(view.gate, ways=ways.all))
        many = entity.plural.replace("_", " ")
        on_item = (("p_id", UUID), ("p_match", VERSIONS)) if items else ()
        yield Function(
            begin_name(entity),
            f"Lets the caller begin an action on {many}"
            + (", and locks the row that the hook then works on." if items else "."),
            _parameters(*CALL, ("p_action", TEXT), *on_item, *KEY),
            self.render("functions/begin", view),
            results=_parameters(
                OUTCOME, ID, VERSION, BODY, ("member_id", UUID), ("roles", "text[]")
            ),
        )
        done = (("p_id", UUID), ("p_version", BIGINT), ("p_changes", JSONB)) if items else ()
        yield Function(
            finish_name(entity),
            f"Writes what the hook of an action on {many} decided, with its audit event.",
            _parameters(*CALL, ("p_action", TEXT), *done, *KEY, REQUEST),
            self.render("functions/finish", view),
            results=_parameters(OUTCOME, ID, VERSION, BODY),
        )

    def _action_refusals(
        self, entity: Entity, bindings: Mapping[str, Binding]
    ) -> Iterable[Refusal]:
        """What is refused before an action begins."""
        held = any_of(
            _if(each, any_of(bindings[each.id].holds(one) for one in by_row(each.alternatives)))
            for each in entity.actions
        )
        roles = _case(
            (literal(each.action), listed_roles("", each.roles)) for each in entity.actions
        )
        yield Refusal(_not(held), Group((roles,), "", "refusal_(v_caller, ", ")"))
        ages = [
            (literal(each.action), str(each.step_up))
            for each in entity.actions
            if each.step_up is not None
        ]
        if ages:
            yield _step_up(_case(ages))
        items = [each for each in entity.actions if each.on_item]
        others = [each for each in entity.actions if not each.on_item]
        if items:
            among = f"p_action in ({_names(items)}) and " if others else ""
            yield Refusal(f"{among}p_match is null", "'precondition_required'")
        for each in others:
            if _conditional(each):
                test = self.predicates.reach(each.alternatives, bindings[each.id], "t")
                yield Refusal(
                    _if(each, Group((test,), "", "(", ") is not true")), "'condition_not_met'"
                )
        keyed = [each for each in entity.actions if each.idempotency == "required"]
        if keyed:
            every = len(keyed) == len(entity.actions)
            among = "" if every else f"p_action in ({_names(keyed)}) and "
            yield Refusal(f"{among}p_key is null", "'idempotency_key_required'")

    def _acts(self, operation: Operation, binding: Binding) -> Sql:
        """A test of a row for one of the actions that a function serves."""
        return _if(operation, self.predicates.reach(operation.alternatives, binding, "t"))

    # Parts

    def _gate(self, operation: Operation, ways: Ways, source: str = "") -> Gate:
        """What is refused before an operation that is no action; `source` is what was sent."""
        binding = _function(operation.verb, ways)
        held = any_of(binding.holds(each) for each in by_row(operation.alternatives))
        roles = listed_roles("", operation.roles)
        refusals = [Refusal(_not(held), Group((roles,), "", "refusal_(v_caller, ", ")"))]
        if operation.step_up is not None:
            refusals.append(_step_up(str(operation.step_up)))
        if source and any(each.fields is not None for each in operation.alternatives):
            writable = self._writable(operation.alternatives, binding, source)
            refusals.append(Refusal(_not(writable), "'field_not_writable'"))
        if operation.conditional:
            refusals.append(Refusal("p_match is null", "'precondition_required'"))
        if operation.idempotency == "required":
            refusals.append(Refusal("p_key is null", "'idempotency_key_required'"))
        return Gate((), tuple(refusals))

    def _reach(
        self, alternatives: Sequence[Alternative], binding: Binding, row: str, body: str = ""
    ) -> Sql:
        """Which rows: true where holding a role is already enough."""
        limited = body and any(each.fields is not None for each in alternatives)
        if not limited and alternatives and not any(each.conditions for each in alternatives):
            return TRUE
        return self.predicates.reach(alternatives, binding, row, body if limited else "")

    def _parent(self, entity: Entity, ways: Ways) -> Parent | None:
        if not entity.parent:
            return None
        above = self.entities[entity.parent]
        column = next(each.name for each in entity.columns if each.origin == "parent")
        found = readers(above)
        binding = _function("see", ways)
        known = self._reach(found, binding, "q") if found else "false"
        return Parent(identifier(above.name), identifier(column), known)

    def _writable(self, alternatives: Sequence[Alternative], binding: Binding, source: str) -> Sql:
        """Do the roles held cover every field sent?"""
        return any_of(
            (
                Group((binding.holds(each), within(source, each.fields)), " and ")
                if each.fields is not None
                else binding.holds(each)
            )
            for each in alternatives
        )

    def _answered(self, entity: Entity, id_: str = "id") -> str:
        """The expression for the body of a write's answer."""
        if entity.operation("read") is None:
            return f"json_build_object('id', {id_}, 'version', version)::text"
        return f"{answer_name(entity)}(v_caller, {id_}, version)"

    def _change(self, column: Column, source: str) -> Assignment:
        """The assignment of a patched column: of an object, what the patch says of its parts."""
        name, key = identifier(column.name), literal(column.name)
        value = extract(column.kind, source, column.name)
        if column.kind.base == "object" and source == "p_patch":
            merged = f"merge_(t.{name}, {source} -> {key})"
            whole = f"when jsonb_typeof({source} -> {key}) = 'object' then {merged}"
            parts = (f"when not {source} ? {key} then t.{name}", whole)
            return Assignment(name, Group(parts, " ", "case ", " end"))
        parts = (f"when {source} ? {key} then {value}", f"else t.{name}")
        return Assignment(name, Group(parts, " ", "case ", " end"))

    def _values(self, entity: Entity) -> Iterable[Assignment]:
        """The columns that an insert names, with their values."""
        for column in entity.columns:
            value = ""
            if column.origin == "owner":
                value = "v_caller.member"
            elif column.origin == "parent":
                value = "p_parent"
            elif column.creatable:
                value = extract(column.kind, "p_body", column.name)
                if column.default is not None and column.nullable:
                    given = f"p_body ? {literal(column.name)}"
                    value = f"case when {given} then {value} else {default_sql(column)} end"
                elif column.default is not None:
                    value = f"coalesce({value}, {default_sql(column)})"
            if value:
                yield Assignment(identifier(column.name), value)

    def _guarded(self, operation: Operation, entity: Entity, binding: Binding) -> Iterable[Refusal]:
        """Filters and sorts by a field that some role cannot read would be an oracle."""
        _, restricted = split(entity, operation.alternatives)
        for column in restricted:
            used: list[Sql] = []
            if column.filters:
                keys = tuple(filter_key(column, each) for each in column.filters)
                used.append(f"p_filters ?| {array(keys)}")
            if column.sortable:
                sorts = f"{literal(column.name)}, {literal('-' + column.name)}"
                used.append(f"p_sort in ({sorts})")
            if used:
                found = seers(column, operation.alternatives)
                whole = [binding.holds(each) for each in found if not each.conditions]
                rest = [each for each in operation.alternatives if each not in found]
                no_other = f"not {lay(any_of(binding.holds(each) for each in rest), 0)}"
                hidden = _not(any_of([*whole, no_other]))
                yield Refusal(all_of([any_of(used), hidden]), "'field_not_readable'")


def _has_parameters(entity: Entity) -> bool:
    """Can a list of this resource be filtered or sorted?"""
    listed_ = entity.operation("list") is not None
    return listed_ and any(each.filters or each.sortable for each in entity.columns)


def _not(test: Sql) -> Sql:
    text = flat(test)
    if isinstance(test, Group) and test.opening:
        return Group(test.parts, test.joint, f"not {test.opening}", test.closing)
    return Group((test,), "", "not (", ")") if " " in text else f"not {text}"


def _if(operation: Operation, test: Sql) -> Sql:
    """A test for one of the actions that a function serves."""
    return all_of([f"p_action = {literal(operation.action)}", test])


def _step_up(seconds: Sql) -> Refusal:
    """The authentication is older than so many seconds; without a bound nothing is too old."""
    oldest = Group(("extract(epoch from now()) -", seconds), " ")
    test = Group(("coalesce((p_caller ->> 'auth_time')::bigint, 0) <", oldest), " ")
    return Refusal(test, "'step_up_required'")


def _names(operations: Iterable[Operation]) -> str:
    return ", ".join(literal(each.action) for each in operations)


def _conditional(operation: Operation) -> bool:
    return any(each.conditions for each in operation.alternatives)


def _case(pairs: Iterable[tuple[str, Sql]]) -> Sql:
    """A value for each action."""
    cases = (Group((f"when {name} then", value), " ") for name, value in pairs)
    return Group(tuple(cases), " ", "case p_action ", " end")


def _function(do: str, ways: Ways, tenant: str = "p_tenant", caller: str = "v_caller") -> Binding:
    """In a stored function: its variables."""
    return Binding(
        member=f"{caller}.member",
        attributes=f"{caller}.attributes",
        tenant=tenant,
        holds=lambda each: ways.name(do, each),
        sees=lambda each: ways.name("see", each),
    )


def view_name(entity: Entity) -> str:
    """The view of a resource's rows with their JSON."""
    return f"{entity.name}_row_"


def missed_name(entity: Entity) -> str:
    """The function that says why a conditional write touched no row."""
    return f"{entity.name}_missed_"


def answer_name(entity: Entity) -> str:
    """The function that says what a write of a resource answers."""
    return f"{entity.name}_answer_"


@dataclass(frozen=True, slots=True)
class _Seen:
    """The readable columns: those that everybody sees, and the others by who sees them."""

    open: list[Column]
    parts: list[list[Column]]


def _seen(entity: Entity) -> _Seen:
    """The parts of a row: columns that the same grants show belong together."""
    alternatives = readers(entity)
    open_, restricted = split(entity, alternatives)
    parts: dict[tuple[int, ...], list[Column]] = {}
    for column in restricted:
        found = seers(column, alternatives)
        key = tuple(index for index, each in enumerate(alternatives) if each in found)
        parts.setdefault(key, []).append(column)
    return _Seen(open_, list(parts.values()))


def _assurance(design: Design) -> Iterable[Assurance]:
    """Each strength of authentication that roles demand."""
    tests = {
        "any": "p_caller ->> 'mfa' is null",
        "phishing_resistant": "p_caller ->> 'mfa' is distinct from 'phishing_resistant'",
    }
    for level, missing in tests.items():
        needing = tuple(sorted(role.name for role in design.roles if role.mfa == level))
        if needing:
            yield Assurance(missing, listed_roles("", needing))


def _select(columns: Iterable[Column], row: str, built_in: Iterable[str]) -> list[Sql]:
    found: list[Sql] = [f"{row}.{name}" for name in built_in]
    for column in columns:
        value = output(column, row)
        plain = value == f"{row}.{identifier(column.name)}"
        found.append(value if plain else f"{value} as {identifier(column.name)}")
    return found


def _orders(entity: Entity) -> Iterable[Order]:
    for column in entity.columns:
        if column.sortable:
            key = literal(f"r.{identifier(column.name)}")
            yield Order(literal(column.name), key, literal(column.kind.sql))


def _filters(entity: Entity, source: str) -> Iterable[Filter]:
    for column in entity.columns:
        for operator in column.filters:
            key = filter_key(column, operator)
            yield Filter(literal(key), _filter(column, operator, key, source))


def _filter(column: Column, operator: str, key: str, source: str) -> Sql:
    name = f"r.{identifier(column.name)}"
    value = extract(column.kind, source, key)
    if operator == "in":
        values = f"array(select jsonb_array_elements_text({source} -> {literal(key)}))"
        cast = "" if column.kind.textual else f"::{column.kind.sql}[]"
        return Group((f"{name} = any", f"({values}{cast})"), " ")
    if operator == "prefix":
        # A range instead of LIKE, which is not leakproof and so would not use the index.
        end = f"{name} ~<~ (({value}) || U&'\\+10FFFF')"
        return all_of([f"{name} ~>=~ ({value})", end])
    return f"{name} {OPERATORS.get(operator, '=')} {value}"
