"""The plan: which generated files there are, and their text. Nothing is written here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import pydantic_core

from scaffold.contract import contract
from scaffold.database.files import database
from scaffold.design.model import Design
from scaffold.features import FEATURES
from scaffold.features.feature import Files
from scaffold.plan.access import access
from scaffold.plan.catalog import catalog
from scaffold.plan.format import Format, format_python
from scaffold.plan.templates import environment
from scaffold.plan.views import ResourceView, ServiceView

Plan = Mapping[str, str]

FEATURE_NAMES = frozenset(each.name for each in FEATURES)

SINGLE = (
    "__init__.py",
    "admin.py",
    "app.py",
    "operations.py",
    "server.py",
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
    "gate/cards.py",
    "gate/client.py",
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
    "store/history.py",
    "store/leases.py",
    "store/migrate.py",
    "store/owner.py",
    "store/roles.sql",
    "store/startup.py",
    "store/statements.py",
    "store/transport.py",
    "telemetry/__init__.py",
    "telemetry/alerts.yml",
    "telemetry/alerts_test.yml",
    "telemetry/decisions.py",
    "telemetry/events.py",
    "telemetry/logs.py",
)
TESTS = (
    "__init__.py",
    "conftest.py",
    "harness.py",
    "test_access.py",
    "test_admin.py",
    "test_cards.py",
    "test_contract.py",
    "test_development.py",
    "test_events.py",
    "test_fields.py",
    "test_grants.py",
    "test_isolation.py",
    "test_keys.py",
    "test_leases.py",
    "test_records.py",
    "test_revocation.py",
    "test_server.py",
    "test_shape.py",
    "test_startup.py",
    "test_tokens.py",
    "tls.py",
)
PER_RESOURCE = ("__init__.py", "handlers.py", "models.py", "statements.py")


def plan(
    design: Design,
    *,
    ejected: bool = False,
    fills: bool = False,
    form: Format = format_python,
) -> Plan:
    """Every generated file of the service by its path in the project, ready to be written.

    Those of an `ejected` project do not speak of where they come from. With `fills` some migration
    calls a hook to fill in a column. `form` formats what is Python.
    """
    files = unformatted(design, ejected=ejected, fills=fills)
    sources = {path: text for path, text in files.items() if path.endswith(".py")}
    return dict(sorted((files | form(sources, design.name)).items()))


def unformatted(design: Design, *, ejected: bool = False, fills: bool = False) -> dict[str, str]:
    """The same files as the templates print them."""
    return dict(_files(design, ejected, fills))


def _files(design: Design, ejected: bool, fills: bool) -> Iterator[tuple[str, str]]:
    templates = environment("service")

    def body(name: str, view: object) -> str:
        own = name.partition("/")[0] in FEATURE_NAMES
        template = f"{name}.sql.jinja" if own else f"store/{name}.sql.jinja"
        return templates.get_template(template).render(view=view)

    stored = database(design, body)
    service = ServiceView(design, stored, ejected, fills)
    added = {each.name: each.files(design) for each in service.used}

    def render(template: str, **more: object) -> str:
        """A template; those of a feature are told its view, too."""
        feature = added.get(template.partition("/")[0])
        told = {"view": feature.view} if feature else {}
        found = templates.get_template(template)
        return found.render(service=service, slot=slots.filled, **told, **more)

    slots = Slots(added, render)
    package = design.name
    singles = list(SINGLE)
    tests = list(TESTS)
    if design.joins:
        singles.append("gate/joins.py")
    if service.has_hooks:
        singles.append("gate/actions.py")
    if service.has_actions:
        tests.append("test_hooks.py")
    if any(entity.backfills for entity in design.declared):
        tests.append("test_backfills.py")
    if service.has_exports:
        singles.append("gate/exports.py")
        tests.append("test_exports.py")
    if service.fills:
        singles.append("store/fills.py")
    if service.unique_fields or service.reference_fields:
        tests.append("test_conflicts.py")
    if service.has_lists:
        tests.append("test_pages.py")
    if service.has_reads or service.has_conditions:
        tests.append("test_preconditions.py")
    if service.has_asked_references:
        tests.append("test_references.py")
    if service.discovers:
        singles.append("gate/discovery.py")
        tests.append("test_discovery.py")
    if service.maps:
        singles.append("store/organizations.py")
        tests.append("test_organizations.py")
    if service.profiles:
        tests.append("test_profiles.py")
    if service.has_search:
        tests.append("test_search.py")
    if service.has_secrets:
        singles.append("gate/secrets.py")
        if any(each.secret and not each.secret.derived for each in design.operations):
            tests.append("test_secrets.py")
    if service.has_touches:
        singles.append("gate/rows.py")
        tests.append("test_touches.py")
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
    for path, text in stored.derived.items():
        yield f"{package}/{path}", text
    yield f"{package}/openapi.json", contract(design)
    yield f"{package}/development/catalog.json", document(catalog(design))
    names = {each.name: each.names for each in design.entities}
    for name, module in service.modules.items():
        entity = design.entity(name)
        yield from _resource(ResourceView(entity, stored, package, names, module), render)
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


def _resource(view: ResourceView, render: Callable[..., str]) -> Iterator[tuple[str, str]]:
    entity = view.entity
    names = [*PER_RESOURCE, *(["hooks.py"] if entity.actions else [])]
    names += ["rows.py"] if view.touching else []
    for name in names:
        text = render(f"resources/_resource/{name}.jinja", resource=view)
        yield f"{view.package}/resources/{entity.name}/{name}", text


def document(value: object) -> str:
    """A JSON document as it is committed: stable, and readable in a diff."""
    return pydantic_core.to_json(value, indent=2).decode() + "\n"
