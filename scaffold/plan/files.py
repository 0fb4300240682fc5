"""The plan: which generated files there are, and their text. Nothing is written here."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from jinja2 import Environment

from scaffold import naming
from scaffold.contract import contract
from scaffold.database.actions import begin_name, finish_name
from scaffold.database.files import Database, database
from scaffold.database.layout import flat, lay
from scaffold.database.schema import Function, Parameter
from scaffold.database.sql import identifier
from scaffold.database.tables import of_features
from scaffold.design.model import Column, Design, Entity
from scaffold.design.outcomes import outcomes
from scaffold.design.visibility import patches_objects
from scaffold.features import FEATURES
from scaffold.features.feature import Files
from scaffold.plan import python
from scaffold.plan.access import access
from scaffold.plan.catalog import catalog
from scaffold.plan.format import format_python
from scaffold.plan.quoting import python as quoted
from scaffold.plan.quoting import raw
from scaffold.plan.templates import environment
from scaffold.types.fields import RULES

Plan = Mapping[str, str]

FEATURE_NAMES = frozenset(each.name for each in FEATURES)

CLASSIFIED = frozenset({"confidential", "pii", "phi", "payment", "secret"})

LONG_TEXT = 30_000
CREDENTIALS = frozenset({"authorization", "cookie", "password", "secret", "token"})

SINGLE = (
    "__init__.py",
    "app.py",
    "operations.py",
    "settings.py",
    "types.py",
    "development/__init__.py",
    "development/database.py",
    "development/docs.css",
    "development/docs.js",
    "development/docs.py",
    "development/examples.py",
    "development/issuer.py",
    "development/postgres.py",
    "development/serve.py",
    "development/supervisor.py",
    "development/token.py",
    "development/world.py",
    "gate/__init__.py",
    "gate/answers.py",
    "gate/conditional.py",
    "gate/dispatch.py",
    "gate/identity.py",
    "gate/keys.py",
    "gate/operation.py",
    "gate/outcomes.py",
    "gate/pages.py",
    "gate/problems.py",
    "gate/shape.py",
    "resources/__init__.py",
    "store/__init__.py",
    "store/database.py",
    "store/leases.py",
    "store/migrate.py",
    "store/roles.sql",
    "store/startup.py",
    "store/statements.py",
    "telemetry/__init__.py",
    "telemetry/decisions.py",
    "telemetry/logs.py",
)
TESTS = (
    "__init__.py",
    "conftest.py",
    "harness.py",
    "test_access.py",
    "test_contract.py",
    "test_fields.py",
    "test_grants.py",
    "test_isolation.py",
    "test_keys.py",
    "test_pages.py",
    "test_preconditions.py",
    "test_records.py",
    "test_shape.py",
    "test_startup.py",
    "test_tokens.py",
)
PER_RESOURCE = ("__init__.py", "handlers.py", "models.py", "statements.py")


def plan(design: Design) -> Plan:
    """Every generated file of the service by its path in the project, ready to be written."""
    files = unformatted(design)
    sources = {path: text for path, text in files.items() if path.endswith(".py")}
    return dict(sorted((files | format_python(sources, design.name)).items()))


def unformatted(design: Design) -> dict[str, str]:
    """The same files as the templates print them."""
    return dict(_files(design))


def _files(design: Design) -> Iterator[tuple[str, str]]:
    templates = environment("service")
    render = partial(_render, templates)

    def body(name: str, view: object) -> str:
        own = name.partition("/")[0] in FEATURE_NAMES
        template = f"{name}.sql.jinja" if own else f"store/{name}.sql.jinja"
        return render(template, view=view, lay=lay, flat=flat)

    stored = database(design, body)
    context = _context(design, stored)
    templates.globals.update(context)
    used = [each for each in FEATURES if each.used(design)]
    added = {each.name: each.files(design) for each in used}
    templates.globals.update({name: each.view for name, each in added.items() if each.view})
    slots = Slots(added, render)
    templates.globals["slot"] = slots.filled
    package = design.name
    singles = list(SINGLE)
    tests = list(TESTS)
    if context["has_actions"]:
        singles.append("gate/actions.py")
        tests.append("test_hooks.py")
    for path in tests:
        yield f"tests/contract/{path}", render(f"tests/contract/{path}.jinja")
    yield "tests/contract/access.json", document(access(design))
    for path in singles:
        yield f"{package}/{path}", render(f"{path}.jinja")
    for name, files in added.items():
        for path, template in files.package.items():
            yield f"{package}/{path}", render(f"{name}/{template}")
        for path, template in files.tests.items():
            yield f"tests/contract/{path}", render(f"{name}/{template}")
    for path, text in {**stored.history, **stored.derived}.items():
        yield f"{package}/{path}", text
    yield f"{package}/openapi.json", contract(design)
    yield f"{package}/development/catalog.json", document(catalog(design))
    for entity in design.entities:
        yield from _resource(entity, stored, render, package)
    slots.check()


class Slots:
    """The fragments of features, by the slots of the core's templates that they stand in."""

    def __init__(self, files: Mapping[str, Files], render: Callable[..., str]) -> None:
        self._found: dict[str, list[str]] = {}
        for name, each in files.items():
            for slot, template in each.fragments.items():
                self._found.setdefault(slot, []).append(f"{name}/{template}")
        self._render = render
        self._asked: set[str] = set()

    def filled(self, slot: str) -> str:
        """What stands in a slot: the fragments of all features, in their order."""
        self._asked.add(slot)
        return "".join(self._render(each) for each in self._found.get(slot, ()))

    def check(self) -> None:
        """Every fragment has found its slot.

        Raises:
            LookupError: a template of the core does not name a slot that a feature fills.
        """
        if lost := self._found.keys() - self._asked:
            raise LookupError(f"No template has a slot called {', '.join(sorted(lost))}.")


def _render(templates: Environment, template: str, /, **context: object) -> str:
    return templates.get_template(template).render(context)


def _context(design: Design, stored: Database) -> Mapping[str, Any]:
    """What every template may print."""
    types = {"Closed"}.union(
        *(python.models(each).types for each in design.entities if each.operations)
    )
    classified = {
        each.name
        for entity in design.entities
        for each in entity.columns
        if each.class_ in CLASSIFIED
    } | {
        each.name
        for operation in design.operations
        for each in operation.input
        if each.class_ in CLASSIFIED
    }
    used = [each for each in FEATURES if each.used(design)]
    found = outcomes(each.name for each in used)
    return {
        "design": design,
        "package": design.name,
        "schema": identifier(design.name),
        "tenant": identifier(design.tenant),
        "owner": f"{design.name}_owner",
        "app": f"{design.name}_app",
        "release": stored.release,
        "scope": stored.guards.scope,
        "outcomes": found,
        "answered_before": any(not each.status for each in found),
        "attributes": [attribute for each in used for attribute in each.attributes()],
        "attributes_of": lambda operation: [
            item for each in used for item in each.row(operation).items()
        ],
        "headers": sorted(name for each in used for name in each.headers()),
        "own_tables": of_features(design),
        "beginning": _arguments(design, stored, "BEGIN"),
        "finishing": _arguments(design, stored, "FINISH"),
        "finishing_names": _names(design, stored, "FINISH"),
        "environments": ", ".join(quoted(each) for each in design.environments),
        "classified": sorted(classified - CREDENTIALS),
        "types": types,
        "strings": {each.scalar: raw(each.pattern) for each in RULES if each.scalar in types},
        "tables": stored.isolated,
        "functions": [each.name for each in stored.functions.all],
        "always_shown": _named(each for each in design.built_in if each.readable),
        "never_changed": _named(each for each in design.built_in if not each.renewed),
        "has_actions": any(entity.actions for entity in design.entities),
        "bounded_decimals": any(
            each.kind.unsaid for entity in design.entities for each in entity.columns
        ),
        "patches_objects": any(patches_objects(each) for each in design.entities),
        "long_texts": any(
            each.kind.textual and each.kind.characters > LONG_TEXT
            for entity in design.entities
            for each in entity.columns
        ),
        "has_patch": any(each.verb == "update" for each in design.operations),
    }


def _added(design: Design, stored: Database, constant: str) -> list[Parameter]:
    """The parameters that features add to a function of actions: the same for every resource."""
    for entity in design.entities:
        if entity.actions:
            functions = dict(_statements(entity, stored))
            return [each for each in functions[constant].parameters if each.argument]
    return []


def _arguments(design: Design, stored: Database, constant: str) -> list[str]:
    return [each.argument for each in _added(design, stored, constant)]


def _names(design: Design, stored: Database, constant: str) -> list[str]:
    return [each.name for each in _added(design, stored, constant)]


def _named(columns: Iterable[Column]) -> str:
    """The names of columns as Python literals between commas."""
    return ", ".join(quoted(each.name) for each in columns)


def _resource(
    entity: Entity, stored: Database, render: Any, package: str
) -> Iterator[tuple[str, str]]:
    if not entity.operations:
        return
    context = _resource_context(entity, stored, package)
    names = [*PER_RESOURCE, *(["hooks.py"] if entity.actions else [])]
    for name in names:
        template = f"resources/_resource/{name}.jinja"
        yield f"{package}/resources/{entity.name}/{name}", render(template, **context)


def _resource_context(entity: Entity, stored: Database, package: str) -> Mapping[str, Any]:
    verbs = {each.verb for each in entity.operations}
    hooks = [python.hook(each, entity) for each in entity.actions]
    outcomes = set()
    if "update" in verbs or any(each.row for each in hooks):
        outcomes.add("changed")
    if "create" in verbs:
        outcomes.add("created")
    if "delete" in verbs or any(not each.row for each in hooks):
        outcomes.add("done")
    if "read" in verbs:
        outcomes.add("found")
    handled = {"Answer", "Call", "statements", *outcomes}
    handled |= {"begin", "hooks"} if hooks else set()
    handled |= {"TypeAdapter"} if any(each.row for each in hooks) else set()
    handled |= {"if_none_match"} if "read" in verbs else set()
    handled |= {"arguments", "page"} if "list" in verbs else set()
    hooked = naming.imported(naming.HOOKS)
    return {
        "entity": entity,
        "module": python.models(entity),
        "statements": dict(_statements(entity, stored)),
        "given": lambda operation: "".join(
            f", {each.argument}"
            for each in stored.functions.named(entity.name, operation.id).parameters
            if each.argument
        ),
        "hooks": {each.name: each for each in hooks},
        "on_items": any(each.row for each in hooks),
        "handlers_import": python.imports(package, entity.name, naming.HANDLERS, handled),
        "hooks_import": python.imports(package, entity.name, naming.HOOKS, hooked),
        "hook_models": sorted({model for each in hooks for model in each.models}),
    }


def _statements(entity: Entity, stored: Database) -> Iterator[tuple[str, Function]]:
    """The constants of the module of statements."""
    names = {each.verb.upper(): each.id for each in entity.operations if each.verb != "action"}
    if entity.actions:
        names |= {"BEGIN": begin_name(entity), "FINISH": finish_name(entity)}
    for constant, name in names.items():
        yield constant, stored.functions.named(entity.name, name)


def document(value: object) -> str:
    """A JSON document as it is committed: stable, and readable in a diff."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
