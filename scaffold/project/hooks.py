"""The developer's hooks: which ones the spec asks for, which are written, and stubs of the others.

What is written is read, and never run: a module of hooks is parsed, and its names are looked at.
"""

from __future__ import annotations

import ast
import os
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from scaffold import naming
from scaffold.design.model import Design, Entity
from scaffold.features import FEATURES
from scaffold.features.feature import Called
from scaffold.plan import python
from scaffold.plan.format import format_python
from scaffold.plan.templates import docline, environment
from scaffold.tree.paths import confine, is_plain

State = Literal["written", "stub", "missing", "dead", "unread"]

HOOKS = "hooks"
MAX_BYTES = 1 << 20
"""Of a module of hooks; a larger one is not read."""


@dataclass(frozen=True, slots=True)
class Hook:
    """A function of a module of hooks, and how it stands with the spec.

    A `stub` raises NotImplementedError, so that its action is answered 501. A `missing` one is
    asked for by an action or a field, and is not there. A `dead` one is made as a hook is, and
    belongs to none of these, nor to a migration. Nothing can be said of one in a module that is
    `unread`: it is no Python, too large, or takes its names from another module by `*`.
    """

    path: str
    name: str
    state: State


def hooks(project: Path, design: Design, called: Collection[str] = ()) -> list[Hook]:
    """The hooks that the spec asks for, and those that nothing asks for any more.

    Those that migrations have `called`, as `module:function`, are history as these are.
    """
    found = []
    for path in sorted({*design.hook_modules, *_modules(project)}):
        entity = design.hook_modules.get(path)
        module = path.removesuffix(".py").replace("/", ".")
        for name, state in _states(project, path, _wanted(entity) if entity else []):
            if state != "dead" or f"{module}:{name}" not in called:
                found.append(Hook(path, name, state))
    return found


def _wanted(entity: Entity) -> list[str]:
    """The hooks that a resource asks for."""
    return [
        *(each.action for each in entity.actions),
        *(each.name for each in _called(entity)),
        *(each.name for each in entity.deciders),
        *(each.backfill_hook for each in entity.backfills),
    ]


def _called(entity: Entity) -> list[Called]:
    """What features call beside the hooks of actions."""
    return [
        called for each in entity.actions for feature in FEATURES for called in feature.called(each)
    ]


def missing_modules(project: Path, design: Design) -> dict[str, str]:
    """The modules of hooks that are not there, and the text of one with a stub of each."""
    missing = {
        path: entity
        for path, entity in design.hook_modules.items()
        if not os.path.lexists(project / path)
    }
    return format_python(modules(design.name, missing), design.name)


def modules(package: str, wanted: Mapping[str, Entity]) -> dict[str, str]:
    """Whole modules of stubs, by their paths; their lines are not laid out."""
    return {path: _stubs(package, each, whole=True) for path, each in wanted.items()}


def missing_stubs(project: Path, design: Design, found: Iterable[Hook]) -> dict[str, str]:
    """What to add for the hooks that are missing among those `found`: imports and stubs, by their
    modules, or a whole module where it is not there."""
    missing: dict[str, set[str]] = {}
    for each in found:
        if each.state == "missing":
            missing.setdefault(each.path, set()).add(each.name)
    wanted = {
        path: _stubs(
            design.name,
            design.hook_modules[path],
            names,
            whole=not os.path.lexists(project / path),
        )
        for path, names in missing.items()
    }
    return format_python(wanted, design.name)


def write(project: Path, texts: Mapping[str, str]) -> None:
    """Writes modules of hooks that are not there; one that somebody wrote meanwhile stays.

    Raises:
        UnsafePath: a directory on the way is a symbolic link.
        OSError: one cannot be written.
    """
    for path, text in texts.items():
        place = confine(project, path)
        place.parent.mkdir(exist_ok=True)
        with tempfile.NamedTemporaryFile(prefix=".scaffold-", dir=place.parent) as file:
            file.write(text.encode())
            file.flush()
            os.fchmod(file.fileno(), 0o644)
            try:
                os.link(file.name, place)
            except FileExistsError:
                continue


def _modules(project: Path) -> Iterator[str]:
    """The modules of hooks that lie in the project."""
    try:
        names = os.listdir(project / HOOKS)
    except OSError:
        return
    for name in names:
        path = f"{HOOKS}/{name}"
        if name.endswith(".py") and is_plain(path) and not (project / path).is_symlink():
            yield path


def _states(project: Path, path: str, wanted: list[str]) -> Iterator[tuple[str, State]]:
    """The hooks of a module of which the spec wants these, with their states."""
    if not os.path.lexists(project / path):
        yield from ((name, "missing") for name in wanted)
        return
    tree = _parsed(project / path)
    bound = dict(_bound(tree.body)) if tree else {"*": None}
    for name in wanted:
        if name in bound:
            yield name, "stub" if _is_stub(bound[name]) else "written"
        else:
            yield name, "unread" if "*" in bound else "missing"
    for name, node in bound.items():
        if name not in wanted and not name.startswith("_") and _is_hook(name, node):
            yield name, "dead"


def _parsed(place: Path) -> ast.Module | None:
    """The module, or None where it cannot be read."""
    try:
        if not place.is_file():  # a pipe would be waited for
            return None
        with place.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
        return ast.parse(content) if len(content) <= MAX_BYTES else None
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _bound(body: Iterable[ast.stmt]) -> Iterator[tuple[str, ast.AST | None]]:
    """The names that statements bind in a module, with the functions among them."""
    for each in body:
        match each:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield each.name, each
            case ast.ClassDef():
                yield each.name, None
            case ast.Import() | ast.ImportFrom():
                yield from ((one.asname or one.name, None) for one in each.names)
            case ast.Assign():
                names = (one for target in each.targets for one in ast.walk(target))
                yield from ((one.id, None) for one in names if isinstance(one, ast.Name))
            case ast.AnnAssign(target=ast.Name(id=name)):
                yield name, None
            case _:
                inner = (one for one in ast.iter_child_nodes(each) if isinstance(one, ast.stmt))
                yield from _bound(inner)


def _is_stub(node: ast.AST | None) -> bool:
    """Does the function raise NotImplementedError?"""
    return node is not None and any(
        isinstance(each, ast.Raise) and _name(each.exc) == "NotImplementedError"
        for each in ast.walk(node)
    )


def _is_hook(name: str, node: ast.AST | None) -> bool:
    """Is it a coroutine function that is given an Action, or what features give to theirs, or one
    that is called as a backfill and is given rows?"""
    if not isinstance(node, ast.AsyncFunctionDef):
        return False
    parameters = [*node.args.posonlyargs, *node.args.args]
    given = _name(parameters[0].annotation) if parameters else ""
    return given in ("Action", "Committed", "CommittedRow", "Heard") or (
        given == "Sequence" and name.startswith(naming.backfill_hook(""))
    )


def _name(node: ast.expr | None) -> str:
    """The last name of `x`, `a.x`, `x[...]`, `x(...)` or `"x"`; nothing for anything else."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Subscript(value=inner) | ast.Call(func=inner):
            return _name(inner)
        case ast.Constant(value=str(text)):
            return text.partition("[")[0].rpartition(".")[2]
        case _:
            return ""


def _stubs(
    package: str, entity: Entity, names: Iterable[str] | None = None, *, whole: bool = False
) -> str:
    """A stub for each hook of a resource, or for those of these names."""
    wanted = set(names or _wanted(entity))
    found = [python.hook(each, entity) for each in entity.actions if each.action in wanted]
    called = [each for each in _called(entity) if each.name in wanted]
    deciding = [python.decision(e, entity) for e in entity.deciders if e.name in wanted]
    imported: dict[str, set[str]] = {}
    for one in called:
        imported.setdefault(one.module, set()).update(one.names)
    for decision in deciding:
        imported.setdefault(decision.decider.module, set()).add(decision.decider.given)
    models = {model for each in found for model in each.models}
    models |= {model for one in deciding for model in one.models}
    models |= {model for one in called for model in one.models}
    return (
        environment("starter")
        .get_template("hooks/stubs.py.jinja")
        .render(
            whole=whole,
            package=package,
            name=entity.name,
            plural=entity.names.many,
            models=sorted(models),
            called=called,
            deciding=deciding,
            imported={module: sorted(names) for module, names in sorted(imported.items())},
            rows=sorted(each.rows for each in found if each.rows),
            actions=[_told(entity, each) for each in found],
            backfills=[each for each in entity.backfills if each.backfill_hook in wanted],
        )
    )


def _told(entity: Entity, hook: python.Hook) -> dict[str, Any]:
    """What the template prints of a hook."""
    changes = entity.set_by(hook.operation) if hook.row else ()
    return {
        "name": hook.name,
        "summary": docline(hook.operation.summary),
        "parameters": hook.parameters,
        "answer": hook.answer,
        "changes": [naming.attribute(each.name) for each in changes],
    }
