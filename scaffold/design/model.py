"""What a spec means: frozen, complete, every default spelled out.

The design is the only place where a decision is made. Everything downstream (the plan, the
contract, the database, `explain`, `check`) reads it and prints it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeVar

from scaffold import naming
from scaffold.columns import NEWEST, VERSION, Shown
from scaffold.naming import ResourceNames
from scaffold.spec.conditions import Operator, Order
from scaffold.spec.field_base import CLASSIFIED
from scaffold.tokens import RFC9068, TokenRules
from scaffold.types.kind import Kind

Verb = Literal["list", "read", "create", "update", "delete", "action", "effect", "export", "join"]
TouchVerb = Literal["read", "create", "update", "delete"]
Source = Literal["field", "user", "tenant", "environment"]
Trait = TypeVar("Trait")
Origin = Literal["tenant", "service", "parent", "owner", "caller", "hook"]


@dataclass(frozen=True, slots=True)
class Term:
    """A value that a condition looks at: a column, or an attribute of the caller's world."""

    source: Source
    name: str
    kind: Kind
    many: bool = False

    def __str__(self) -> str:
        """As the spec has it."""
        prefix = {"field": "", "user": "$user.", "tenant": "$tenant.", "environment": "$service."}
        return prefix[self.source] + self.name


SIGNS: Mapping[Order, str] = {"lt": "<", "lte": "<=", "gt": ">", "gte": ">="}
"""The comparisons by order, as SQL and the surface have them."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One conjunct: `left` equals, is one of, is less than, contains `right`, or is null.

    `nullable` says that `left` is a column that may be null. A `negated` one is met by every value
    that does not meet it, and by null, which is no value; but never where an attribute on either
    side is absent: `open_to_null` tells the two apart.
    """

    left: Term
    operator: Operator
    right: Term | tuple[str | int | bool, ...]
    negated: bool = False
    nullable: bool = False

    @property
    def terms(self) -> tuple[Term, ...]:
        """What it looks at: a literal is no term."""
        return tuple(each for each in (self.left, self.right) if isinstance(each, Term))

    @property
    def order(self) -> Order | None:
        """The operator, where it compares by order."""
        match self.operator:
            case "lt" | "lte" | "gt" | "gte":
                return self.operator
        return None

    @property
    def by_value(self) -> bool:
        """Does it name all values that meet it, as an equality does?"""
        return not self.negated and self.operator in ("eq", "in")

    @property
    def open_to_null(self) -> bool:
        """May a row whose column is null meet it?"""
        return self.nullable and self.negated is not (self.operator == "null")

    @property
    def with_caller(self) -> bool:
        """Does it compare with the caller's own id?"""
        right = self.right
        return isinstance(right, Term) and right.source == "user" and right.name == "id"

    @property
    def of_caller(self) -> bool:
        """Does it ask whose the row is: whether a field is the caller's own id?"""
        return self.with_caller and self.by_value

    def __str__(self) -> str:
        """As one would write it in the spec."""
        right, no = self.right, "not " if self.negated else ""
        text = ", ".join(map(str, right)) if isinstance(right, tuple) else str(right)
        match self.operator:
            case "eq":
                return f"{self.left} is {no}{text}"
            case "null":
                return f"{self.left} is {no}null"
            case "in" | "contains":
                return f"{self.left} {no}{self.operator} {text}"
        return f"{self.left} {SIGNS[self.operator]} {text}"


@dataclass(frozen=True, slots=True)
class Alternative:
    """One way of being allowed: any of `roles`, on rows that meet `conditions`.

    `fields` are the columns that it covers; None covers every one. `gives` are the roles that it
    may give to a member, or take from one; None is for what has nothing to do with them, or may
    take them all.
    """

    roles: tuple[str, ...]
    conditions: tuple[Condition, ...]
    fields: tuple[str, ...] | None
    gives: tuple[str, ...] | None = None

    def covers(self, column: Column) -> bool:
        """Does it cover this column? Each covers those that no grant can name."""
        return self.fields is None or not column.field or column.name in self.fields


@dataclass(frozen=True, slots=True)
class Input:
    """A value that a caller sends: a field of an action's input, or a nested field."""

    name: str
    kind: Kind
    description: str
    nullable: bool
    required: bool
    default: object
    class_: str


@dataclass(frozen=True, slots=True)
class Decider:
    """A function of the developer's that says what an operation of its resource is told, and on
    which row: a feature calls it, in place of somebody who would say so in a request.

    `do` is the verb of the operation or its action. The function is given the class `given` of the
    `module` of the package, and the values `input`.
    """

    name: str
    do: str
    summary: str
    module: str
    given: str
    input: tuple[Input, ...]

    @property
    def protocol(self) -> str:
        """The class that types it."""
        return naming.camel(self.name)

    @property
    def model(self) -> str:
        """The model of what it is given."""
        return naming.decider_models(self.name)[0]

    @property
    def body(self) -> str:
        """The model of what it says as the body of the operation, where that has one."""
        return naming.decider_models(self.name)[1]


@dataclass(frozen=True, slots=True)
class Sown:
    """How a developer's database gets a row of a derived resource: the rows lie in a `table` of
    another name, and the `statement` makes one in the tenant `$1` and returns the id of what is
    derived from it."""

    table: str
    statement: str


@dataclass(frozen=True, slots=True)
class Secret:
    """What somebody shows to be known by a row of a built-in resource: its digest alone is stored.

    `name` is what the answer that tells it calls it. `word` stands in the text, where it tells the
    secrets of one resource from those of another. Nothing is stored of one that is `derived` from a
    key of the deployment: it can be worked out again.
    """

    name: str
    description: str
    word: str = ""
    derived: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a resource: one JSON property, one SQL column, one Python name.

    `field` is its name in the spec, and empty for a column that every resource has. `origin` says
    who sets it: the tenant of the call, the service itself, the parent in the path, the principal
    who creates the row, the caller's body, or the hooks of actions (those in `set_by`; of any
    action when that is empty). With `unseen`, callers may refer to rows that they may not see.
    `default` is a value that the spec declares. `expression` is SQL for the value of a new row, and
    `renewed` for the one that each change of the row `t` gives; either may be empty. `shown_to`
    says who sees it, and `in_api` whether callers and hooks know of it.
    `in_url` says whether lists are filtered and sorted by it in their URL, beside in a body.
    `renamed_from` is the name that it had before, and `backfill` the value, or `backfill_from` the
    column whose value, the rows of before get; or `backfill_hook` names the developer's function.
    """

    field: str
    name: str
    kind: Kind
    description: str
    class_: str
    nullable: bool
    default: object
    required: bool
    creatable: bool
    updatable: bool
    shown_to: Shown
    origin: Origin
    set_by: tuple[str, ...]
    filters: tuple[str, ...]
    sortable: bool
    references: str | None
    unseen: bool = False
    expression: str = ""
    renewed: str = ""
    in_api: bool = True
    in_url: bool = True
    renamed_from: str = ""
    backfill: object = None
    backfill_from: str = ""
    backfill_hook: str = ""

    @property
    def of_member(self) -> bool:
        """Is it the id of a member: of the owner, or of one that a field names?"""
        return self.origin == "owner" or self.kind.of_member

    @property
    def refers(self) -> bool:
        """Is it the id of a row of a resource, or of a member?"""
        return bool(self.references) or self.of_member

    @property
    def readable(self) -> bool:
        """May anybody see it?"""
        return self.shown_to != "nobody"

    @property
    def classified(self) -> bool:
        """Is it of a class whose values stand in no log?"""
        return self.class_ in CLASSIFIED


@dataclass(frozen=True, slots=True)
class Touch:
    """That the hook of an action may do something to rows other than the action's own.

    `by` is the id of the action's operation, and `roles` are those of which one may do it.
    `entity` is the resource of the rows, and `fields` are its columns that may be written, in
    their order.
    """

    by: str
    roles: tuple[str, ...]
    verb: TouchVerb
    entity: str
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Operation:
    """A row of the table of operations: what is not here is not reachable.

    `body` is the name of the model of its body, or nothing where it has none, and `body_max` are
    its bytes at most. A list with a body is a search: it says there what the other one says in its
    URL, and has the same permission and stored function; `kept` are the columns that it alone is
    filtered and sorted by. `touches` is what the hook of an action may do to other rows. An
    `effect` is an action of a built-in resource, which has no hook: `sets` are the columns that it
    sets, each with an SQL expression, and so are those of a create beside what its body says. One
    with a `secret` makes a new one for the row, and its answer alone tells it. An `export` is one
    that answers with the rows of a list: with `rows` of them at most. That of a `Join` has neither
    a permission nor alternatives.
    """

    id: str
    verb: Verb
    action: str
    method: Literal["GET", "POST", "PATCH", "DELETE"]
    path: str
    entity: str
    permission: str
    summary: str
    body: str
    body_max: int
    alternatives: tuple[Alternative, ...]
    on_item: bool
    conditional: bool
    status: int
    input: tuple[Input, ...]
    kept: tuple[str, ...] = ()
    touches: tuple[Touch, ...] = ()
    sets: tuple[tuple[str, str], ...] = ()
    secret: Secret | None = None
    rows: int = 0
    traits: tuple[object, ...] = ()

    def trait(self, kind: type[Trait]) -> Trait | None:
        """What the feature with this kind of trait makes of the operation, if it uses it."""
        return _trait(self.traits, kind)

    @property
    def writes(self) -> bool:
        """Has the operation an effect? That of an export is that somebody has the data."""
        return self.verb not in ("list", "read")

    @property
    def sees(self) -> bool:
        """Does it answer with rows as they are, to whoever may see them?"""
        return self.verb in ("list", "read", "export")

    @property
    def searches(self) -> bool:
        """Is it a list that is asked for in its body?"""
        return self.verb == "list" and bool(self.body)

    @property
    def function(self) -> str:
        """Its function in the modules of handlers and hooks."""
        return naming.function(naming.SEARCH if self.searches else self.action or self.verb)

    @property
    def roles(self) -> tuple[str, ...]:
        """Every role that some alternative names, sorted."""
        return tuple(sorted({role for each in self.alternatives for role in each.roles}))


@dataclass(frozen=True, slots=True)
class Entity:
    """A resource: its table, its models and its operations.

    `columns` are all of its columns, in the order of the table and of answers: those that every
    resource has, the parent's, the owner's, and the declared ones. `newest` is the column that its
    lists are sorted by, newest first, when their caller asks for no other order. `touched` is what
    hooks of actions may do to its rows beside the operations. A `built_in` one has a table of a
    feature, which alone writes its rows; where it is `open`, no policy hides its rows from the
    service inside a tenant, and where it `is_tenant`, its one row there is the tenant itself.
    Its rows are known by a `secret`, if there is one. `deciders` are called beside its hooks.
    `renamed_from` is the name that the resource had before. `kept` are the columns that the
    feature itself changes. A `derived` one is no table: this SQL says what its one row is in each
    tenant, whose id it has, or its rows, which are `sown` in another table.
    """

    name: str
    names: ResourceNames
    description: str
    columns: tuple[Column, ...]
    parent: str | None
    owner: str | None
    unique: tuple[tuple[str, ...], ...]
    page_default: int
    page_max: int
    body_max: int
    operations: tuple[Operation, ...]
    touched: tuple[Touch, ...] = ()
    newest: str = NEWEST.name
    built_in: bool = False
    open: bool = False
    is_tenant: bool = False
    secret: Secret | None = None
    renamed_from: str = ""
    kept: tuple[str, ...] = ()
    derived: str = ""
    deciders: tuple[Decider, ...] = ()
    sown: Sown | None = None

    @property
    def versioned(self) -> bool:
        """Has each row a version? One that is never changed has none."""
        return any(each.name == VERSION.name for each in self.columns)

    @property
    def fields(self) -> tuple[Column, ...]:
        """The columns that the spec names."""
        return tuple(each for each in self.columns if each.field)

    @property
    def changeable(self) -> tuple[Column, ...]:
        """The columns that some operation changes once the row is there."""
        update = self.operation("update")
        actions = [each for each in self.actions if each.on_item]
        by_hooks = {each.name for action in actions for each in self.set_by(action)}
        touched = self.touched_by("update")
        by_hooks |= {name for each in touched for name in each.fields}
        by_hooks |= {name for each in self.effects for name, _ in each.sets} | {*self.kept}
        changed = [
            each for each in self.columns if (update and each.updatable) or each.name in by_hooks
        ]
        written = update or actions or touched or self.effects or self.kept
        renewed = [each for each in self.columns if each.renewed and written]
        return (*changed, *renewed)

    @property
    def search(self) -> Operation | None:
        """The list that is asked for in its body, if there is one."""
        return next((each for each in self.operations if each.searches), None)

    @property
    def title(self) -> str:
        """What one of them is called in prose."""
        return self.names.title

    @property
    def plural(self) -> str:
        """The name of several of them."""
        return self.names.plural

    def operation(self, verb: str) -> Operation | None:
        """The operation for one of the five built-in verbs, if anybody is granted it."""
        return next((each for each in self.operations if each.verb == verb), None)

    def set_by(self, action: Operation) -> tuple[Column, ...]:
        """The columns that the hook of this action may write."""
        return tuple(
            each
            for each in self.columns
            if each.origin == "hook" and (not each.set_by or action.action in each.set_by)
        )

    def touched_by(self, *verbs: TouchVerb) -> tuple[Touch, ...]:
        """What hooks may do to the rows, of these verbs."""
        return tuple(each for each in self.touched if each.verb in verbs)

    @property
    def members(self) -> tuple[Column, ...]:
        """The columns that have to name a member, beside the owner."""
        return tuple(each for each in self.columns if each.kind.of_member and not each.nullable)

    @property
    def backfills(self) -> tuple[Column, ...]:
        """The columns that a hook fills in where rows are there before them."""
        return tuple(each for each in self.columns if each.backfill_hook)

    @property
    def actions(self) -> tuple[Operation, ...]:
        """The operations whose work is a hook."""
        return tuple(each for each in self.operations if each.verb == "action")

    @property
    def effects(self) -> tuple[Operation, ...]:
        """The actions that have no hook."""
        return tuple(each for each in self.operations if each.verb == "effect")

    @property
    def exports(self) -> tuple[Operation, ...]:
        """The operations that answer with rows one a line."""
        return tuple(each for each in self.operations if each.verb == "export")

    def column(self, name: str) -> Column:
        """The column called `name`; raises KeyError."""
        for each in self.columns:
            if each.name == name:
                return each
        raise KeyError(name)


@dataclass(frozen=True, slots=True)
class Join:
    """How somebody who is no member of a tenant becomes one: the only kind of operation that asks
    for no permission, because whoever calls it has none yet.

    `who` says in words whom it is open to, and `handler` is its function in a module of the
    service's gate. A `founding` one makes the tenant, which no token can name before.
    """

    operation: Operation
    who: str
    handler: str
    founding: bool = False


@dataclass(frozen=True, slots=True)
class Role:
    """A role with everything that it inherits."""

    name: str
    description: str
    kind: Literal["human", "service"]
    extends: tuple[str, ...]
    includes: tuple[str, ...]
    mfa: Literal["any", "phishing_resistant"] | None
    last: bool = False


@dataclass(frozen=True, slots=True)
class Attribute:
    """A typed fact about the tenant, or a verified claim about the user.

    `renamed_from` is the name that one of the tenant had before.
    """

    name: str
    kind: Kind
    many: bool
    renamed_from: str = ""


@dataclass(frozen=True, slots=True)
class Issuer:
    """A pinned token issuer (RFC 9068).

    Its tokens have all of `scopes`, and are good for at most `lifetime` seconds. With
    `permission_scopes`, they are good for the permissions that their scope names. `factors` are
    what in `amr` or `acr` proves a second factor, and `strong` what proves one that cannot be
    phished. `rsa_bits` is the least size of an RSA key. `rules` say how its tokens are read. It
    is trusted in `environments` alone, if there are some. Its keys are at `jwks_url`, or where the
    `metadata` at an address says: at the issuer's own origin, or at `jwks_origin`. Where tenants
    are `mapped`, its claim names an organization, which the database knows the tenant of.
    """

    url: str
    audience: str
    algorithms: tuple[str, ...]
    jwks_url: str
    scopes: tuple[str, ...]
    permission_scopes: bool
    lifetime: int
    factors: tuple[str, ...]
    strong: tuple[str, ...]
    rsa_bits: int
    profile: str = "rfc9068"
    rules: TokenRules = RFC9068
    environments: tuple[str, ...] = ()
    metadata: str = ""
    jwks_origin: str = ""
    mapped: bool = False


@dataclass(frozen=True)
class Design:
    """The whole service. `tenant_renamed_from` is what a tenant was called before."""

    name: str
    title: str
    description: str
    environments: tuple[str, ...]
    tenant: str
    tenant_claim: str
    tenant_attributes: tuple[Attribute, ...]
    user_attributes: tuple[Attribute, ...]
    issuers: tuple[Issuer, ...]
    roles: tuple[Role, ...]
    entities: tuple[Entity, ...]
    traits: tuple[object, ...] = ()
    joins: tuple[Join, ...] = ()
    tenant_renamed_from: str = ""

    def trait(self, kind: type[Trait]) -> Trait | None:
        """What the feature with this kind of trait makes of the service, if it uses it."""
        return _trait(self.traits, kind)

    def entity(self, name: str) -> Entity:
        """The entity called `name`; raises KeyError."""
        return self._by_name[name]

    @cached_property
    def _by_name(self) -> Mapping[str, Entity]:
        return {each.name: each for each in self.entities}

    @property
    def built_in(self) -> tuple[Column, ...]:
        """The columns that every resource of the spec has."""
        return tuple(each for each in self.entities[0].columns if not each.field)

    @property
    def declared(self) -> tuple[Entity, ...]:
        """The resources of the spec, without those that are built in."""
        return tuple(each for each in self.entities if not each.built_in)

    @property
    def live(self) -> str:
        """The environment in which live events count and live keys are used, and no other."""
        others = [each for each in self.environments if each != "development"]
        return "production" if "production" in others else (others or ["production"])[-1]

    @property
    def maps(self) -> bool:
        """Is there an issuer whose organizations are mapped to tenants?"""
        return any(each.mapped for each in self.issuers)

    @property
    def hook_modules(self) -> Mapping[str, Entity]:
        """The entities that have hooks, by the path of the developer's module for these."""
        hooked = (e for e in self.entities if e.actions or e.backfills or e.deciders)
        return {f"hooks/{each.name}.py": each for each in hooked}

    @cached_property
    def operations(self) -> tuple[Operation, ...]:
        """Every operation, in the order of the spec."""
        return tuple(operation for entity in self.entities for operation in entity.operations)

    @cached_property
    def operated(self) -> frozenset[str]:
        """The entities on which there is an operation."""
        return frozenset(each.entity for each in self.operations)

    def operations_with(self, kind: type[object]) -> tuple[Operation, ...]:
        """The operations that have this kind of trait, in the order of the spec."""
        return tuple(self._by_trait.get(kind, ()))

    @cached_property
    def _by_trait(self) -> Mapping[type[object], Sequence[Operation]]:
        found: dict[type[object], list[Operation]] = {}
        for operation in self.operations:
            for each in operation.traits:
                found.setdefault(type(each), []).append(operation)
        return found

    @cached_property
    def conditions(self) -> tuple[Condition, ...]:
        """Every condition of every operation."""
        return tuple(
            condition
            for operation in self.operations
            for each in operation.alternatives
            for condition in each.conditions
        )


def _trait(traits: tuple[object, ...], kind: type[Trait]) -> Trait | None:
    return next((each for each in traits if isinstance(each, kind)), None)
