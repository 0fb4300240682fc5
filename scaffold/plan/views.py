"""What the templates are told: one typed view for the service, and one for a resource."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from scaffold import naming
from scaffold.database.actions import begin_name, finish_name
from scaffold.database.files import Database
from scaffold.database.schema import Function, OwnTable, Parameter
from scaffold.database.sql import identifier
from scaffold.database.tables import of_features
from scaffold.design import visibility
from scaffold.design.model import Column, Design, Entity, Input, Operation
from scaffold.design.outcomes import Outcome, outcomes
from scaffold.features import FEATURES, Feature
from scaffold.features.feature import Attribute
from scaffold.plan import python
from scaffold.plan.quoting import python as quoted
from scaffold.plan.quoting import raw
from scaffold.types.fields import RULES
from scaffold.types.kind import Kind

CLASSIFIED = frozenset({"confidential", "pii", "phi", "payment", "secret"})
CREDENTIALS = frozenset({"authorization", "cookie", "password", "secret", "token"})
"""Names that the log redacts in every service."""
LONG_TEXT = 30_000
"""Characters from which on a text takes the generated requests too long."""


@dataclass(frozen=True)
class ServiceView:
    """What every template of the service is told, as `service`: its design and its database.

    Everything else follows from the two.
    """

    design: Design
    stored: Database

    # Names.

    @property
    def package(self) -> str:
        """The Python package, the schema of the tables and the prefix of the database's roles."""
        return self.design.name

    @property
    def schema(self) -> str:
        """The schema of the tables as an SQL identifier."""
        return identifier(self.design.name)

    @property
    def tenant(self) -> str:
        """The table of the tenants as an SQL identifier."""
        return identifier(self.design.tenant)

    @property
    def owner(self) -> str:
        """The database role that owns the tables and runs the migrations."""
        return f"{self.design.name}_owner"

    @property
    def app(self) -> str:
        """The database role that the service connects as."""
        return f"{self.design.name}_app"

    @property
    def environments(self) -> str:
        """The environments as Python literals between commas."""
        return ", ".join(quoted(each) for each in self.design.environments)

    # Features.

    @cached_property
    def used(self) -> Sequence[Feature]:
        """The features that the spec uses."""
        return [each for each in FEATURES if each.used(self.design)]

    @cached_property
    def outcomes(self) -> Sequence[Outcome]:
        """How a stored function can end."""
        return outcomes(each.name for each in self.used)

    @property
    def answered_before(self) -> bool:
        """Can the answer to a request be there already when an action begins?"""
        return any(not each.status for each in self.outcomes)

    @property
    def attributes(self) -> Sequence[Attribute]:
        """What features add to a row of the table of operations."""
        return [attribute for each in self.used for attribute in each.attributes()]

    def row(self, operation: Operation) -> Iterable[tuple[str, str]]:
        """The values of those attributes for an operation, as Python; defaults are left out."""
        return [item for each in self.used for item in each.row(operation).items()]

    @property
    def headers(self) -> Sequence[str]:
        """The request headers of features that may be there once only, in lower case."""
        return sorted(name for each in self.used for name in each.headers())

    @property
    def own_tables(self) -> Sequence[OwnTable]:
        """The tables of features, with what the service may do to them."""
        return of_features(self.design)

    @property
    def beginning(self) -> Sequence[Parameter]:
        """What features add to the parameters of a function that begins actions."""
        return self._added(begin_name)

    @property
    def finishing(self) -> Sequence[Parameter]:
        """What features add to the parameters of a function that finishes actions."""
        return self._added(finish_name)

    # The database.

    @property
    def release(self) -> str:
        """The schema of the functions of this release."""
        return self.stored.release

    @property
    def scope(self) -> str:
        """The prefix of the settings that the policies of this release read."""
        return self.stored.guards.scope

    @property
    def tables(self) -> Sequence[str]:
        """The tables whose rows belong to a tenant."""
        return self.stored.isolated

    @property
    def functions(self) -> Sequence[str]:
        """The names of all stored functions."""
        return [each.name for each in self.stored.functions.all]

    @property
    def never_changed(self) -> str:
        """The columns of every resource that nothing changes, as Python literals."""
        return _named(each for each in self.design.built_in if not each.renewed)

    # The API.

    @cached_property
    def types(self) -> frozenset[str]:
        """What the models of all resources import from the module of types."""
        modules = (python.models(each) for each in self.design.entities if each.operations)
        return frozenset({"Closed"}).union(*(each.types for each in modules))

    @property
    def strings(self) -> Mapping[str, str]:
        """The textual types among them, each with its pattern as a Python literal."""
        return {each.scalar: raw(each.pattern) for each in RULES if each.scalar in self.types}

    @property
    def always_shown(self) -> str:
        """The columns of every resource that each reader sees, as Python literals."""
        return _named(each for each in self.design.built_in if each.readable)

    @property
    def classified(self) -> Sequence[str]:
        """The names of fields that the log redacts because of their class."""
        found = {each.name for each in self._columns if each.class_ in CLASSIFIED}
        found |= {each.name for each in self._inputs if each.class_ in CLASSIFIED}
        return sorted(found - CREDENTIALS)

    @property
    def has_actions(self) -> bool:
        """Is the work of some operation a hook?"""
        return any(entity.actions for entity in self.design.entities)

    @property
    def has_patch(self) -> bool:
        """Does some operation take a merge patch?"""
        return any(each.verb == "update" for each in self.design.operations)

    @property
    def patches_objects(self) -> bool:
        """Can a merge patch reach into an object?"""
        return any(visibility.patches_objects(each) for each in self.design.entities)

    @property
    def bounded_decimals(self) -> bool:
        """Has some field bounds that JSON Schema cannot say?"""
        return any(each.unsaid for each in self._kinds)

    @property
    def long_texts(self) -> bool:
        """Is some text so long that generated requests take their time?"""
        return any(each.characters > LONG_TEXT for each in self._kinds)

    @property
    def _columns(self) -> Iterable[Column]:
        return (each for entity in self.design.entities for each in entity.columns)

    @property
    def _inputs(self) -> Iterable[Input]:
        return (each for operation in self.design.operations for each in operation.input)

    @property
    def _kinds(self) -> Iterator[Kind]:
        yield from (each.kind for each in self._columns)
        yield from (each.kind for each in self._inputs)

    def _added(self, name: Callable[[Entity], str]) -> Sequence[Parameter]:
        """What features add to a function of actions is the same for every resource."""
        for entity in self.design.entities:
            if entity.actions:
                function = self.stored.functions.named(entity.name, name(entity))
                return [each for each in function.parameters if each.argument]
        return []


@dataclass(frozen=True)
class ResourceView:
    """What the templates of a resource are told, as `resource`, beside the view of the service."""

    entity: Entity
    stored: Database
    package: str

    @cached_property
    def module(self) -> python.Module:
        """The models, and what their module imports."""
        return python.models(self.entity)

    @property
    def statements(self) -> Mapping[str, Function]:
        """The stored functions by the constants that call them."""
        entity = self.entity
        names = {each.verb.upper(): each.id for each in entity.operations if each.verb != "action"}
        if entity.actions:
            names |= {"BEGIN": begin_name(entity), "FINISH": finish_name(entity)}
        return {
            constant: self.stored.functions.named(entity.name, name)
            for constant, name in names.items()
        }

    def given(self, operation: Operation) -> str:
        """The arguments that features add to the call of an operation other than an action."""
        function = self.stored.functions.named(self.entity.name, operation.id)
        return "".join(f", {each.argument}" for each in function.parameters if each.argument)

    @cached_property
    def hooks(self) -> Mapping[str, python.Hook]:
        """What is emitted for each action, by its name."""
        found = (python.hook(each, self.entity) for each in self.entity.actions)
        return {each.name: each for each in found}

    @property
    def on_items(self) -> bool:
        """Is some action on a row?"""
        return any(each.row for each in self.hooks.values())

    @property
    def hook_models(self) -> Sequence[str]:
        """The models that handlers and hooks are declared with."""
        return sorted({model for each in self.hooks.values() for model in each.models})

    @property
    def handlers_import(self) -> str:
        """The imports of the module of handlers."""
        verbs = {each.verb for each in self.entity.operations}
        rows = {bool(each.row) for each in self.hooks.values()}
        used = {"Answer", "Call", "statements"}
        used |= {"changed"} if "update" in verbs or True in rows else set()
        used |= {"created"} if "create" in verbs else set()
        used |= {"done"} if "delete" in verbs or False in rows else set()
        used |= {"found", "if_none_match"} if "read" in verbs else set()
        used |= {"begin", "hooks"} if rows else set()
        used |= {"TypeAdapter"} if True in rows else set()
        used |= {"arguments", "page"} if "list" in verbs else set()
        return python.imports(self.package, self.entity.name, naming.HANDLERS, used)

    @property
    def hooks_import(self) -> str:
        """The imports of the module of hooks."""
        used = naming.imported(naming.HOOKS)
        return python.imports(self.package, self.entity.name, naming.HOOKS, used)


def _named(columns: Iterable[Column]) -> str:
    """The names of columns as Python literals between commas."""
    return ", ".join(quoted(each.name) for each in columns)
