"""Rules about roles: what they extend and grant exists, and each word of a grant has an effect."""

from collections.abc import Iterator

from .built_in import exports, grantable, meant
from .check_conditions import check_conditions
from .check_resources import cycle_starts
from .findings import Finding, Scope, unknown
from .model import Grant, Resource
from .names import OPERATIONS
from .problems import Path, listing, quote

_SEEING = frozenset({"list", "read"})
_WITH_FIELDS = frozenset({*_SEEING, "create", "update"})


def check_roles(scope: Scope) -> Iterator[Finding]:
    """What is wrong with `extends` and with each grant."""
    roles = scope.spec.roles
    for name, role in roles.items():
        for index, base in enumerate(role.extends):
            path: Path = ("roles", name, "extends", index)
            if base not in scope.roles:
                yield unknown("E-UNKNOWN-ROLE", "role", base, path, scope.roles, itself=name)
            elif base in roles and roles[base].kind != role.kind:
                yield Finding(
                    "E-ROLE-KIND",
                    f"A {role.kind} role extends the {roles[base].kind} role {base}",
                    path,
                    "People and services cannot hold the same role: give each its own role.",
                )
    known = {name: tuple(b for b in role.extends if b in roles) for name, role in roles.items()}
    for name in cycle_starts(known):
        yield Finding(
            "E-CYCLE",
            f"{name} extends itself: the roles it extends lead back to it",
            ("roles", name, "extends"),
            "Remove one of them.",
        )
    if not any(role.can for role in roles.values()) and not scope.sound.broken:
        yield Finding(
            "E-NO-GRANT",
            "No role may do anything",
            ("roles",),
            "Add a grant, such as can: [{do: [list, read], on: …}].",
            named=True,
        )
    for at, name, grant in scope.grants():
        yield from _check_grant(scope, at, grant)
        yield from check_conditions(scope, at, name, grant)


def _check_grant(scope: Scope, path: Path, grant: Grant) -> Iterator[Finding]:
    for index, name in enumerate(grant.on):
        if scope.may_be_built_in(name):
            continue
        if name not in scope.grantable and not scope.is_broken("tenancy"):
            yield unknown(
                "E-UNKNOWN-RESOURCE", "resource", name, (*path, "on", index), scope.grantable
            )
    for index, operation in enumerate(grant.do):
        yield from _check_operation(scope, (*path, "do", index), operation, grant)
    for key, names in (("only", grant.only or ()), ("except", grant.except_ or ())):
        for index, field in enumerate(names):
            yield from _check_field(scope, (*path, key, index), field, grant)
    yield from _check_fields(scope, path, grant)
    yield from _check_roles(scope, path, grant)


def _check_fields(scope: Scope, path: Path, grant: Grant) -> Iterator[Finding]:
    """An action that is only called like an export has no fields that a grant could name."""
    named = "only" if grant.only is not None else "except" if grant.except_ is not None else ""
    if not named or not _WITH_FIELDS.isdisjoint(grant.do):
        return
    for name, _ in scope.granted(grant):
        if not _exports(name, grant):
            yield Finding(
                "E-GRANT",
                f"{named} has no meaning for {listing(grant.do)} on {name}",
                (*path, named),
                "It limits the fields of list, read, create and update.",
                named=True,
            )


def _exports(name: str, grant: Grant) -> bool:
    """Does a grant let somebody export a built-in resource?"""
    return any(exports(name, each) for each in grant.do)


def _check_roles(scope: Scope, path: Path, grant: Grant) -> Iterator[Finding]:
    """Roles stand where a grant gives or takes them, and people can hold them."""
    uses = {
        (name, do): scope.built_in[name].effects[do].roles
        for name in grant.on
        if name in scope.built_in
        for do in grant.do
        if do in scope.built_in[name].effects
    }
    lent = [(name, do) for name in grant.on for do in grant.do if meant(name, do) != (name, do)]
    uses |= dict.fromkeys(lent, "gives")
    for key, given in (("only", grant.only), ("except", grant.except_), ("when", grant.when)):
        if lent and given:
            yield Finding(
                "E-GRANT",
                f"{key} has no meaning for {listing(do for _, do in lent)}",
                (*path, key),
                "Say what else is granted in a grant of its own: this one takes roles alone.",
                named=True,
            )
    if grant.roles is None:
        for (name, do), use in uses.items():
            if use == "gives":
                yield Finding(
                    "E-GRANT",
                    f"A grant of {do} on {name} has to say which roles it may give",
                    path,
                    "Add roles: with the roles that its holder may give and take.",
                )
                return
        return
    others = [do for name in grant.on for do in grant.do if not uses.get((name, do))]
    if others:
        yield Finding(
            "E-GRANT",
            f"roles has no meaning for {listing(dict.fromkeys(others))}",
            (*path, "roles"),
            "It limits the roles that an operation on members gives or takes.",
            named=True,
        )
    for index, role in enumerate(grant.roles):
        at = (*path, "roles", index)
        if role not in scope.roles:
            yield unknown("E-UNKNOWN-ROLE", "role", role, at, scope.roles)
        elif role in scope.spec.roles and scope.spec.roles[role].kind == "service":
            yield Finding(
                "E-ROLE-KIND",
                f"{role} is a role of services, which members give to nobody",
                at,
                "Name roles of people; services are given theirs by the administration command.",
            )


def _check_operation(scope: Scope, path: Path, operation: str, grant: Grant) -> Iterator[Finding]:
    for name in grant.on:
        if name in scope.built_in and operation not in grantable(name, scope.built_in[name]):
            yield Finding(
                "E-GRANT",
                f"{quote(operation)} cannot be granted on {name}, which the service writes itself",
                path,
                f"Grant {listing(grantable(name, scope.built_in[name]), 'or')}.",
            )
            return
    if operation in OPERATIONS:
        return
    for name, _ in scope.granted(grant):
        actions = scope.actions(name)
        if meant(name, operation) != (name, operation):
            continue
        if operation not in actions and not scope.is_broken("resources", name, "actions"):
            what = f"operation of {name} called"
            yield unknown("E-UNKNOWN-OPERATION", what, operation, path, actions | set(OPERATIONS))


def _check_field(scope: Scope, path: Path, field: str, grant: Grant) -> Iterator[Finding]:
    for name, resource in scope.granted(grant):
        known = scope.fields(name)
        if field not in known:
            if not scope.unsure(name):
                yield unknown("E-UNKNOWN-FIELD", f"field of {name} called", field, path, known)
        elif grant.only and (why := _useless(name, resource, field, grant)):
            yield Finding(
                "E-GRANT",
                f"{listing(grant.do, 'and')} cannot use the field {quote(field)}: {why}",
                path,
                "Remove it.",
            )


def _useless(name: str, resource: Resource, field: str, grant: Grant) -> str:
    """Why no operation of the grant can use a field that `only` names, or nothing."""
    kind = resource.fields.get(field)
    operations = set(grant.do)
    seeing = operations & _SEEING or _exports(name, grant)
    if kind is None:
        if field not in (resource.parent, resource.owner):
            return ""  # it is not sound, which is a problem of its own
        # The parent is given by the path and the owner by the principal.
        return "" if seeing else "the service sets it"
    if kind.class_ == "secret" and operations <= _SEEING:
        return "a secret is never part of a response"
    if seeing:
        return ""
    if kind.computed or kind.set_by:
        return "only hooks set it"
    if kind.immutable and "create" not in operations:
        return "it is immutable"
    return ""
