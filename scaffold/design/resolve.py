"""From the spec to the design: every decision, made once.

The spec has been checked: names exist and types agree. Nothing here can fail for a checked spec.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from scaffold import naming
from scaffold.columns import BUILT_IN, ID, NEWEST, TENANT, BuiltInColumn
from scaffold.design.model import (
    Alternative,
    Attribute,
    Column,
    Condition,
    Design,
    Entity,
    Input,
    Issuer,
    Operation,
    Origin,
    Role,
    Term,
    Touch,
)
from scaffold.features import FEATURES
from scaffold.features.feature import BuiltIn
from scaffold.naming import ResourceNames
from scaffold.spec import model as spec
from scaffold.spec.built_in import granted, meant
from scaffold.spec.conditions import Operator
from scaffold.tokens import PROFILES, metadata_of
from scaffold.types.datetime import DatetimeKind
from scaffold.types.integer import MAX_INTEGER, IntegerKind
from scaffold.types.kind import Kind
from scaffold.types.reference import ReferenceKind
from scaffold.types.string import StringKind
from scaffold.types.uuid import UuidKind

ASSURANCE = (None, "any", "phishing_resistant")
UUID = UuidKind()
BASES: Mapping[str, Kind] = {
    "uuid": UUID,
    "integer": IntegerKind(1, MAX_INTEGER),
    "datetime": DatetimeKind(),
}
"""The types of the columns that every resource has."""
ENVIRONMENT = StringKind(0, 63)
SEARCH_MAX = 16_384
"""Bytes of the body of a search: as many as a query can have."""


@dataclass(frozen=True, slots=True)
class _Grant:
    roles: tuple[str, ...]
    grant: spec.Grant


def resolve(source: spec.Spec) -> Design:
    """The design of a checked spec."""
    roles = tuple(_role(name, source.roles) for name in source.roles)
    grants = _grants_by_resource(source, roles)
    attributes = _Attributes(source)
    built_in = granted(source)
    resources = source.resources | {name: each.declared for name, each in built_in.items()}
    names = {
        name: ResourceNames(name, each.plural or naming.plural(name))
        for name, each in resources.items()
    }
    design = Design(
        name=source.service.name,
        title=source.service.title,
        description=source.service.description or "",
        environments=tuple(source.service.environments),
        tenant=source.tenancy.tenant,
        tenant_claim=source.identity.tenant_claim or f"{source.tenancy.tenant}_id",
        tenant_attributes=tuple(attributes.tenant.values()),
        user_attributes=tuple(attributes.user.values()),
        issuers=tuple(_issuer(each) for each in source.identity.issuers),
        roles=roles,
        entities=_touching(
            source,
            [
                _entity(
                    names[name],
                    each,
                    grants.get(name, ()),
                    attributes,
                    names,
                    resources,
                    built_in,
                    source,
                )
                for name, each in resources.items()
            ],
        ),
        traits=_present(each.service(source) for each in FEATURES),
        tenant_renamed_from=source.tenancy.renamed_from or "",
    )
    return replace(design, joins=tuple(join for each in FEATURES for join in each.joins(design)))


def _present(found: Iterable[object | None]) -> tuple[object, ...]:
    return tuple(each for each in found if each is not None)


def _role(name: str, roles: Mapping[str, spec.Role]) -> Role:
    source = roles[name]
    included = _closure(name, roles)
    return Role(
        name=name,
        description=source.description or "",
        kind=source.kind,
        extends=tuple(source.extends),
        includes=tuple(sorted(included)),
        # What an inherited grant demands of its holder is inherited with it.
        mfa=max((roles[each].mfa for each in included), key=ASSURANCE.index),
        last=source.last,
    )


def _closure(name: str, roles: Mapping[str, spec.Role]) -> set[str]:
    """The role and every role that it extends."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        each = waiting.pop()
        if each not in found:
            found.add(each)
            waiting.extend(roles[each].extends)
    return found


def _grants_by_resource(
    source: spec.Spec, roles: tuple[Role, ...]
) -> Mapping[str, tuple[_Grant, ...]]:
    """Each resource's grants, with the roles that hold them through `extends`."""
    heirs: dict[str, list[str]] = {role.name: [] for role in roles}
    for role in roles:
        for included in role.includes:
            heirs[included].append(role.name)
    found: dict[str, list[_Grant]] = {}
    for name, role_spec in source.roles.items():
        holders = tuple(sorted(heirs[name]))
        for grant in role_spec.can:
            for resource in grant.on:
                found.setdefault(resource, []).append(_Grant(holders, grant))
                for word in grant.do:
                    name, do = meant(resource, word)
                    if name != resource:
                        lent = grant.model_copy(update={"do": (do,), "on": (name,)})
                        found.setdefault(name, []).append(_Grant(holders, lent))
    return {resource: tuple(each) for resource, each in found.items()}


class _Attributes:
    """The typed attributes that conditions may name."""

    def __init__(self, source: spec.Spec) -> None:
        self.tenant = {
            name: replace(_attribute(name, each), renamed_from=each.renamed_from or "")
            for name, each in source.tenancy.attributes.items()
        }
        self.user = {
            name: _attribute(name, each) for name, each in source.identity.attributes.items()
        }

    def term(self, source: spec.Term, columns: Mapping[str, Column]) -> Term:
        """The typed term for one that the spec names."""
        match source.kind:
            case "field":
                column = columns[source.name]
                return Term("field", column.name, column.kind)
            case "user":
                if source.name == "id":
                    return Term("user", "id", UUID)
                attribute = self.user[source.name]
                return Term("user", source.name, attribute.kind, attribute.many)
            case "tenant":
                attribute = self.tenant[source.name]
                return Term("tenant", source.name, attribute.kind, attribute.many)
            case _:
                return Term("environment", "environment", ENVIRONMENT)

    def condition(self, source: spec.Condition, columns: Mapping[str, Column]) -> Condition:
        """The typed condition for one that the spec declares."""
        left = self.term(source.left, columns)
        column = columns[source.left.name] if source.left.kind == "field" else None
        nullable = column is not None and column.nullable
        if not isinstance(source.right, tuple):
            right = self.term(source.right, columns)
            return Condition(left, source.operator, right, source.negated, nullable)
        # One set, one way to write it: so that equal conditions are found equal.
        kind = left.kind.held if source.operator == "contains" else left.kind
        assert kind is not None, "only a list contains"
        values = tuple(sorted(set(map(kind.compared, source.right)), key=repr))
        operator: Operator = source.operator
        if operator in ("eq", "in"):
            operator = "eq" if len(values) == 1 else "in"
        return Condition(left, operator, values, source.negated, nullable)


def _attribute(name: str, source: spec.Attribute | spec.TenantAttribute) -> Attribute:
    return Attribute(name, source.field.kind(), source.list)


def _issuer(source: spec.Issuer) -> Issuer:
    metadata = metadata_of(source.issuer, source.discovery) if source.discovery else ""
    known = source.jwks_uri or PROFILES[source.profile].keys_of(source.issuer)
    return Issuer(
        url=source.issuer,
        audience=source.audience,
        algorithms=tuple(source.algorithms),
        jwks_url="" if metadata else known,
        scopes=tuple(sorted(source.scopes)),
        permission_scopes=bool(source.permission_scopes),
        lifetime=source.token_lifetime,
        factors=tuple(sorted(source.assurance.any_)),
        strong=tuple(sorted(source.assurance.phishing_resistant)),
        rsa_bits=2048 if source.rsa_2048_because else 3072,
        profile=source.profile,
        rules=source.rules,
        environments=tuple(sorted(source.environments)),
        metadata=metadata,
        jwks_origin=source.jwks_origin or "",
        mapped=source.tenants == "mapped",
    )


def _entity(
    names: ResourceNames,
    source: spec.Resource,
    grants: tuple[_Grant, ...],
    attributes: _Attributes,
    others: Mapping[str, ResourceNames],
    resources: Mapping[str, spec.Resource],
    built_in: Mapping[str, BuiltIn],
    whole: spec.Spec,
) -> Entity:
    parent = others[source.parent] if source.parent else None
    declared = tuple(_column(field, each) for field, each in source.fields.items())
    fixed = built_in.get(names.name)
    if fixed:
        declared = tuple(_fixed_column(each, fixed, whole) for each in declared)
    unversioned = fixed is not None and not fixed.versioned
    implied = _implied_columns(source, parent, fixed.owner_filters if fixed else ())
    if source.parent and (former := resources[source.parent].renamed_from):
        own = ResourceNames(former, naming.plural(former)).id_parameter
        implied = (replace(e, renamed_from=own if e.origin == "parent" else "") for e in implied)
    columns = (*implied, *declared)
    by_field = {column.field: column for column in columns}
    operations = _Operations(
        names, source, columns, by_field, grants, attributes, parent, fixed, whole
    )
    return Entity(
        name=names.name,
        names=names,
        description=source.description or "",
        columns=(*map(_built_in, (TENANT, ID) if unversioned else BUILT_IN), *columns),
        parent=source.parent,
        owner=source.owner,
        unique=tuple(tuple(by_field[field].name for field in fields) for fields in source.unique),
        page_default=source.page.default,
        page_max=source.page.max,
        body_max=source.body_max,
        operations=tuple(operations.all()),
        newest=fixed.newest if fixed else NEWEST.name,
        built_in=fixed is not None,
        open=fixed is not None and fixed.open,
        is_tenant=fixed is not None and fixed.is_tenant,
        secret=fixed.secret if fixed else None,
        renamed_from=source.renamed_from or "",
        kept=fixed.kept if fixed else (),
        derived=fixed.derived if fixed else "",
        deciders=tuple(found for each in FEATURES for found in each.deciders(whole, names.name)),
        sown=fixed.sown if fixed else None,
    )


def _touching(source: spec.Spec, entities: Iterable[Entity]) -> tuple[Entity, ...]:
    """The entities with what the hooks of their actions do to rows of each other."""
    by_name = {each.name: each for each in entities}
    touches = {
        operation.id: tuple(
            touch
            for each in source.resources[operation.entity].actions[operation.action].touches
            for touch in _touches(each, operation, by_name[each.on])
        )
        for entity in by_name.values()
        for operation in entity.actions
    }
    found = [touch for each in touches.values() for touch in each]
    return tuple(
        replace(
            entity,
            operations=tuple(
                replace(each, touches=touches.get(each.id, ())) for each in entity.operations
            ),
            touched=tuple(each for each in found if each.entity == entity.name),
        )
        for entity in by_name.values()
    )


def _touches(source: spec.Touch, operation: Operation, target: Entity) -> Iterable[Touch]:
    for verb in source.do:
        fields = [
            column.name
            for column in target.columns
            if (column.origin == "parent" and verb == "create")
            or (_hook_writes(column, verb) and (source.only is None or column.field in source.only))
        ]
        yield Touch(operation.id, operation.roles, verb, target.name, tuple(fields))


def _fixed_column(column: Column, fixed: BuiltIn, whole: spec.Spec) -> Column:
    """A column of a built-in resource: hooks write none, and callers those that a create says."""
    kind = fixed.kinds.get(column.field)
    sent = column.field in fixed.sent
    return replace(
        column,
        kind=kind(whole) if kind else column.kind,
        required=sent and column.required,
        creatable=sent,
        updatable=column.field in fixed.changed,
        origin="service",
        expression=fixed.defaults.get(column.field, ""),
        in_api=column.readable,
    )


def _hook_writes(column: Column, verb: str) -> bool:
    """May a hook that touches a row write this column of it?"""
    sent = {"create": column.creatable, "update": column.updatable}.get(verb, False)
    return sent or (column.origin == "hook" and verb in ("create", "update"))


def _built_in(source: BuiltInColumn) -> Column:
    """A column that every resource has: no grant and no body names it."""
    return Column(
        field="",
        name=source.name,
        kind=BASES[source.base],
        description="",
        class_="internal",
        nullable=False,
        default=None,
        required=False,
        creatable=False,
        updatable=False,
        shown_to=source.shown_to,
        origin=source.origin,
        set_by=(),
        filters=(),
        sortable=False,
        references=None,
        expression=source.default,
        renewed=source.renewed,
        in_api=source.in_api,
    )


def _implied_columns(
    source: spec.Resource, parent: ResourceNames | None, owner_filters: tuple[str, ...]
) -> Iterable[Column]:
    """The parent's id and the owner: set by the service, never by a body."""
    if parent:
        kind = ReferenceKind(parent.name)
        text = f"The {parent.title} that this belongs to."
        yield _fixed("parent", parent.name, parent.id_parameter, kind, text, parent.name)
    if source.owner:
        text = "The member who created it."
        owner = _fixed("owner", source.owner, source.owner, UUID, text, None)
        yield replace(owner, filters=owner_filters)


def _fixed(
    origin: Origin, field: str, name: str, kind: Kind, description: str, target: str | None
) -> Column:
    return Column(
        field=field,
        name=name,
        kind=kind,
        description=description,
        class_="internal",
        nullable=False,
        default=None,
        required=False,
        creatable=False,
        updatable=False,
        shown_to="granted",
        origin=origin,
        set_by=(),
        filters=(),
        sortable=False,
        references=target,
    )


def _column(field: str, source: spec.Field) -> Column:
    kind = source.kind()
    ours = bool(source.computed or source.set_by)
    return Column(
        field=field,
        name=source.wire_name(field),
        kind=kind,
        description=source.description or "",
        class_=source.class_,
        nullable=bool(source.optional or source.computed),
        default=source.default,
        required=not (ours or source.optional or source.default is not None),
        creatable=not ours,
        updatable=not (ours or source.immutable),
        shown_to="nobody" if source.class_ == "secret" else "granted",
        origin="hook" if ours else "caller",
        set_by=tuple(source.set_by),
        filters=tuple(source.filter),
        sortable=bool(source.sort),
        in_url=not source.searched or source.in_url_because is not None,
        references=kind.target or None,
        unseen=bool(source.unseen),
        renamed_from=source.wire_name(source.renamed_from) if source.renamed_from else "",
        backfill=source.backfill,
        backfill_from=source.backfill_from or "",
        backfill_hook=naming.backfill_hook(field) if source.backfill_hook else "",
    )


def _item_path(names: ResourceNames) -> str:
    return f"/{names.segment}/{{{names.id_parameter}}}"


class _Operations:
    """The operations that somebody is granted on one resource."""

    def __init__(
        self,
        names: ResourceNames,
        source: spec.Resource,
        columns: tuple[Column, ...],
        by_field: Mapping[str, Column],
        grants: tuple[_Grant, ...],
        attributes: _Attributes,
        parent: ResourceNames | None,
        fixed: BuiltIn | None,
        whole: spec.Spec,
    ) -> None:
        self.names = names
        self.source = source
        self.columns = columns
        self.by_field = by_field
        self.grants = grants
        self.attributes = attributes
        self.kinds = fixed.kinds if fixed else {}
        self.effects = fixed.effects if fixed else {}
        self.sets = fixed.sets if fixed else {}
        self.secret = fixed.secret if fixed else None
        self.words = fixed.granted_as if fixed else {}
        self.asks = fixed.asks if fixed else {}
        self.whole = whole
        self.exports = fixed.exports if fixed else {}
        self.own_path = f"/{names.segment}"
        self.item_path = _item_path(names)
        self.collection_path = (_item_path(parent) if parent else "") + self.own_path

    def all(self) -> Iterable[Operation]:
        one, many = naming.article(self.names.title), self.names.many
        yield from self._one("list", "GET", self.collection_path, f"List {many}", 200)
        if any(each.searched for each in self.source.fields.values()):
            for listed in self._one(
                "list", "POST", f"{self.collection_path}/{naming.SEARCH}", f"Search {many}", 200
            ):
                yield replace(
                    listed,
                    id=self.names.search,
                    body=self.names.search_model,
                    body_max=SEARCH_MAX,
                    kept=tuple(each.name for each in self.columns if not each.in_url),
                )
        yield from self._one("create", "POST", self.collection_path, f"Create {one}", 201)
        yield from self._one("read", "GET", self.item_path, f"Read {one}", 200)
        yield from self._one("update", "PATCH", self.item_path, f"Change {one}", 200)
        yield from self._one("delete", "DELETE", self.item_path, f"Delete {one}", 204)
        for action, each in self.source.actions.items():
            on_item = each.on == "item"
            base = self.item_path if on_item else self.own_path
            title = naming.words(action).capitalize()
            exports = action in self.exports
            yield from self._one(
                action,
                "GET" if exports else "POST",
                f"{base}/{naming.segment(action)}",
                f"{title} {one if on_item else many}",
                200 if on_item or exports else 204,
                each,
            )

    def _one(
        self,
        do: str,
        method: str,
        path: str,
        summary: str,
        status: int,
        action: spec.Action | None = None,
    ) -> Iterable[Operation]:
        alternatives = self._alternatives(do)
        if not alternatives:
            return
        body = self._body(do, action)
        effect, exports = self.effects.get(do), do in self.exports
        verb = "effect" if effect else "export" if exports else "action"
        sets = effect.sets if effect else self.sets if do == "create" else {}
        issues = effect.issues if effect else do == "create"
        on_item = do in ("read", "update", "delete") or (action is not None and action.on == "item")
        yield Operation(
            id=self.names.operation(do),
            verb=verb if action is not None else do,  # type: ignore[arg-type]
            action=do if action is not None else "",
            method=method,  # type: ignore[arg-type]
            path=path,
            entity=self.names.name,
            permission=":".join(self.words.get(do, (self.names.name, do))),
            summary=effect.summary if effect else (action and action.description) or summary,
            body=body,
            body_max=self.source.body_max if body else 0,
            alternatives=alternatives,
            on_item=on_item,
            conditional=on_item and do != "read",
            status=status,
            input=tuple(self._inputs(action)) if action is not None else (),
            sets=tuple(sets.items()),
            secret=self.secret if issues else None,
            rows=self.exports.get(do, 0),
            # An effect has If-Match, and no keys of its own: it is none of the spec's actions.
            traits=_present(
                each.operation(
                    self.whole,
                    self.source,
                    (
                        None
                        if effect or (exports and not each.asks_readers)
                        else action or self.asks.get(do)
                    ),
                    do,
                )
                for each in FEATURES
            ),
        )

    def _inputs(self, action: spec.Action) -> Iterable[Input]:
        for name, each in action.input.items():
            found, kind = input_of(name, each), self.kinds.get(name)
            yield replace(found, kind=kind(self.whole)) if kind else found

    def _body(self, do: str, action: spec.Action | None) -> str:
        if action is not None:
            return self.names.input_model(do) if action.input else ""
        bodies = {"create": self.names.create_model, "update": self.names.patch_model}
        return bodies.get(do, "")

    def _alternatives(self, do: str) -> tuple[Alternative, ...]:
        found: dict[_Limits, set[str]] = {}
        always = set(self._always(do))
        for each in self.grants:
            if do in each.grant.do:
                asked = {self.attributes.condition(when, self.by_field) for when in each.grant.when}
                conditions = tuple(sorted(asked | always, key=str))
                gives = tuple(sorted(set(each.grant.roles))) if each.grant.roles else None
                key = (conditions, self._fields(do, each.grant), gives)
                found.setdefault(key, set()).update(each.roles)
        return _absorbed(
            [Alternative(tuple(sorted(roles)), *limits) for limits, roles in found.items()]
        )

    def _always(self, do: str) -> Iterable[Condition]:
        """The conditions that an operation has whatever a grant says."""
        effect = self.effects.get(do)
        if effect and effect.owners and self.source.owner:
            owner = Term("field", self.source.owner, UUID)
            yield Condition(owner, "eq", Term("user", "id", UUID))

    def _fields(self, do: str, grant: spec.Grant) -> tuple[str, ...] | None:
        """The columns that the grant covers for this operation; None when it is all of them."""
        if do in ("list", "read") or do in self.exports:
            relevant = [column for column in self.columns if column.readable]
        elif do == "create":
            relevant = [column for column in self.columns if column.creatable]
        elif do == "update":
            relevant = [column for column in self.columns if column.updatable]
        else:
            return None
        if grant.only is not None:
            chosen = {self.by_field[field].name for field in grant.only}
            kept = [column.name for column in relevant if column.name in chosen]
        elif grant.except_:
            dropped = {self.by_field[field].name for field in grant.except_}
            kept = [column.name for column in relevant if column.name not in dropped]
        else:
            return None
        return None if len(kept) == len(relevant) else tuple(sorted(kept))


_Limits = tuple[tuple[Condition, ...], tuple[str, ...] | None, tuple[str, ...] | None]
"""The conditions of an alternative, the fields that it covers, and the roles that it gives."""


def _absorbed(alternatives: list[Alternative]) -> tuple[Alternative, ...]:
    """The alternatives without the roles that another one allows at least as much."""
    kept: list[Alternative] = []
    for index, each in enumerate(alternatives):
        covered = {
            role
            for position, other in enumerate(alternatives)
            if position != index and _covers(other, each, position < index)
            for role in other.roles
        }
        roles = tuple(role for role in each.roles if role not in covered)
        if roles:
            kept.append(replace(each, roles=roles))
    return tuple(
        sorted(
            kept,
            key=lambda each: (len(each.conditions), [str(c) for c in each.conditions], each.roles),
        )
    )


def _covers(wide: Alternative, narrow: Alternative, first: bool) -> bool:
    """Does `wide` allow all that `narrow` does, to a role that holds both?"""
    fewer = set(wide.conditions) <= set(narrow.conditions)
    more = wide.fields is None or (
        narrow.fields is not None and set(narrow.fields) <= set(wide.fields)
    )
    giving = wide.gives is None or (
        narrow.gives is not None and set(narrow.gives) <= set(wide.gives)
    )
    same = replace(wide, roles=()) == replace(narrow, roles=())
    return fewer and more and giving and (not same or first)


def input_of(name: str, source: spec.Field) -> Input:
    """A value that a caller sends."""
    return Input(
        name=source.wire_name(name),
        kind=source.kind(),
        description=source.description or "",
        nullable=bool(source.optional),
        required=not source.optional and source.default is None,
        default=source.default,
        class_=source.class_,
    )
