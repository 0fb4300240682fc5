"""Rules about grants: those that do not work, and those that are not needed."""

from __future__ import annotations

from collections.abc import Iterator

from scaffold.features import FEATURES
from scaffold.lint.context import Context, Granted, at, seeing, usable
from scaffold.lint.rule import Family, Found
from scaffold.spec.problems import Path, listing

family = Family()


@family.rule(
    "L301",
    "create-without-required",
    "error",
    "AZ-1",
    reason="A body without a required field is invalid, and one with it is refused.",
    remedy="Let the grant cover the field, or make it optional or give it a default.",
    example="""
roles:
  clerk: {can: [{do: [list, read], on: note}, {do: create, on: note, only: [title]}]}
resources:
  note: {fields: {title: {type: string, max: 99}, body: {type: text, max: 500}}}
""",
    repair=("only: [title]", "only: [title, body]"),
)
def create_without_required(context: Context) -> Iterator[Found]:
    """A grant to create whose `only` or `except` leaves out a field that each new row needs."""
    for each in context.granted:
        if each.do == "create" and each.fields is not None:
            missing = [
                column.field
                for column in each.entity.columns
                if column.required and column.field not in each.fields
            ]
            if missing:
                key = "only" if each.grant.only is not None else "except"
                yield Found(
                    f"{each.role} can never create {each.entity.name}: it needs "
                    f"{listing(missing, 'and')}",
                    (*each.path, key),
                )


@family.rule(
    "L302",
    "update-of-nothing",
    "error",
    "AZ-1",
    reason="Every patch that changes a field is refused.",
    remedy="Let the grant cover a field that can change, or leave out update.",
    example="""
roles:
  clerk: {can: [{do: [list, read, create, update], on: tag}]}
resources: {tag: {fields: {name: {type: string, max: 50, immutable: true}}}}
""",
    repair=(", immutable: true", ""),
)
def update_of_nothing(context: Context) -> Iterator[Found]:
    """A grant to update a resource without a field that it could change."""
    for each in context.granted:
        if each.do == "update" and (
            each.fields == frozenset() or not usable(each.entity, "update")
        ):
            yield Found(
                f"{each.role} may {each.what}, but there is no field that it could change",
                each.path,
            )


@family.rule(
    "L303",
    "parent-out-of-sight",
    "error",
    "AZ-1",
    reason="Children are listed and created below their parent, which answers 404 to whoever may "
    "not see it.",
    remedy="Grant read on the parent too, or leave out the grant on the child.",
    example="""
roles:
  clerk: {can: [{do: [list, read, create], on: order}]}
  packer: {can: [{do: [list, read, create], on: line}]}
resources:
  order: {fields: {title: {type: string, max: 99}}}
  line: {parent: order, fields: {title: {type: string, max: 99}}}
""",
    repair=("on: line}", "on: line}, {do: read, on: order}"),
)
def parent_out_of_sight(context: Context) -> Iterator[Found]:
    """A role that may list or create a child, but neither list nor read its parent."""
    for each in context.granted:
        if each.do in ("list", "create") and each.entity.parent is not None:
            parent = context.entities[each.entity.parent]
            if each.role not in seeing(parent):
                yield Found(
                    f"{each.role} can never {each.what}: it may not see any {parent.name}",
                    each.path,
                )


@family.rule(
    "L304",
    "unknown-version",
    "warning",
    "API-4",
    reason="A write names the version that it changes (If-Match), which only a reader knows.",
    remedy="Grant read on the same rows, if only of a few fields.",
    example="""
roles:
  clerk: {can: [{do: [list, read, create], on: note}]}
  fixer: {can: [{do: update, on: note}]}
resources: {note: {fields: {body: {type: text, max: 500}}}}
""",
    repair=("{do: update, on: note}", "{do: [read, update], on: note}"),
)
def unknown_version(context: Context) -> Iterator[Found]:
    """A role that may change, delete or act on rows that it can neither list, read nor create."""
    # What an event does as a role names no version.
    unasked = {pair for feature in FEATURES for pair in feature.unasked(context.design)}
    for each in context.granted:
        operation = next((o for o in each.entity.operations if each.do in (o.verb, o.action)), None)
        if operation is None or not operation.conditional or (each.role, operation.id) in unasked:
            continue
        create = each.entity.operation("create")
        known = seeing(each.entity) | set(create.roles if create else ())
        if each.role not in known:
            yield Found(f"{each.role} may {each.what}, but cannot see any of the rows", each.path)


@family.rule(
    "L305",
    "needless-grant",
    "advice",
    "AZ-1",
    reason="The wider grant decides. Whoever tightens the narrow one later changes nothing.",
    remedy="Remove the narrow grant, or the wide one if that was not meant.",
    example="""
roles:
  reader: {can: [{do: [list, read], on: note}]}
  writer:
    extends: reader
    can:
      - {do: create, on: note}
      - {do: read, on: note, when: {draft: false}}
resources: {note: {fields: {draft: {type: boolean}}}}
""",
    repair=("{do: read, on: note, when: {draft: false}}", "{do: update, on: note}"),
)
def needless_grant(context: Context) -> Iterator[Found]:
    """A grant that another grant of the same role, or of one that it extends, covers."""
    covered: dict[Path, list[tuple[Granted, Granted]]] = {}
    for each in context.granted:
        for other in context.held(each.role, each.entity.name, each.do):
            if other.path != each.path and other.covers(each) and not _second(each, other):
                covered.setdefault(each.path, []).append((each, other))
                break
    for path, pairs in covered.items():
        what = listing(dict.fromkeys(each.what for each, _ in pairs), "and")
        roles = sorted({other.role for _, other in pairs})
        owner = pairs[0][0].role
        whose = "another grant of it" if roles == [owner] else f"a grant of {listing(roles, 'and')}"
        yield Found(f"{owner} may {what} by {whose} already", path)


def _second(each: Granted, other: Granted) -> bool:
    """Are two grants the same, and `other` the one that stands later?"""
    return each.covers(other) and each.role == other.role and each.path < other.path


@family.rule(
    "L306",
    "action-for-nobody",
    "warning",
    "AZ-1",
    reason="An action that no role is granted is not emitted: neither it nor its hook exists.",
    remedy="Grant it to a role, or remove it.",
    example="""
roles:
  clerk: {can: [{do: [list, read, create, close], on: order}]}
resources:
  order:
    fields:
      state: {type: enum, values: [open, done, held], default: open, set_by: [close, hold]}
    actions: {close: {on: item}, hold: {on: item}}
""",
    repair=("create, close]", "create, close, hold]"),
)
def action_for_nobody(context: Context) -> Iterator[Found]:
    """A declared action that no role is granted, of a resource that is reachable."""
    for name, resource in context.spec.resources.items():
        granted = {each.action for each in context.entities[name].actions}
        for action in resource.actions:
            if action not in granted and context.entities[name].operations:
                yield Found(f"No role may {action} {name}", at(name, "actions", action))


@family.rule(
    "L307",
    "reference-out-of-sight",
    "error",
    "AZ-1",
    "AZ-2",
    reason="Callers refer to rows that they may see; every such create is refused.",
    remedy="Grant read on what it refers to, if only of a few fields, or say unseen_because on the "
    "reference.",
    example="""
roles:
  clerk: {can: [{do: [list, read, create], on: shop}]}
  buyer: {can: [{do: [list, read, create], on: order}]}
resources:
  shop: {fields: {name: {type: string, max: 99}}}
  order: {fields: {shop: {type: reference, to: shop}}}
""",
    repair=("on: order}", "on: order}, {do: list, on: shop}"),
)
def reference_out_of_sight(context: Context) -> Iterator[Found]:
    """A role that creates rows which must refer to a resource that it may not see."""
    for each in context.granted:
        for column in each.entity.columns if each.do == "create" else ():
            target = column.references
            if (
                column.required
                and target is not None
                and not column.unseen
                and each.role not in seeing(context.entities[target])
            ):
                yield Found(
                    f"{each.role} creates {each.entity.name}, which refers to a {target}, but may "
                    f"not see any",
                    each.path,
                )
