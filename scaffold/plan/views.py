"""What the templates are told: one typed view for the service, and one for a resource."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property

from scaffold import naming
from scaffold.columns import TENANT as TENANT_COLUMN
from scaffold.database.actions import begin_name, finish_name
from scaffold.database.evidence import evidence, held
from scaffold.database.files import Database
from scaffold.database.layout import flat
from scaffold.database.schema import Function, OwnTable, Parameter
from scaffold.database.shared import asks_environment, suspendable
from scaffold.database.signatures import INPUT
from scaffold.database.sql import identifier
from scaffold.database.tables import former, of_features
from scaffold.database.touches import name as touch_name
from scaffold.design import visibility
from scaffold.design.events import SecurityEvent, events
from scaffold.design.model import (
    Column,
    Design,
    Entity,
    Input,
    Issuer,
    Join,
    Operation,
    Touch,
    TouchVerb,
)
from scaffold.design.outcomes import Outcome, outcomes
from scaffold.features import FEATURES, Feature
from scaffold.features.feature import Attribute, Evidence
from scaffold.naming import ResourceNames
from scaffold.plan import python
from scaffold.plan.quoting import python as quoted
from scaffold.plan.quoting import raw
from scaffold.plan.tokens import TENANT, Recorded, recorded
from scaffold.spec.field_base import CLASSIFIED
from scaffold.tokens import DIRECTORY, RFC9068, TokenRules
from scaffold.types.fields import RULES
from scaffold.types.kind import Kind

CREDENTIALS = frozenset({"authorization", "cookie", "password", "secret", "token"})
"""Names that the log redacts in every service."""
LONG_TEXT = 30_000
"""Characters from which on a text takes the generated requests too long."""


@dataclass(frozen=True)
class ServiceView:
    """What every template of the service is told, as `service`: its design and its database.

    Everything else follows from the two. In an `ejected` project nothing is generated any more.
    With `fills` some migration calls a hook to fill in a column.
    """

    design: Design
    stored: Database
    ejected: bool = False
    fills: bool = False

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
    def backup(self) -> str:
        """The database role that reads everything for a backup."""
        return f"{self.design.name}_backup"

    @property
    def worker(self) -> str:
        """The database role of the worker; nothing where there is no work for one."""
        return f"{self.design.name}_worker" if self.stored.guards.worker else ""

    @property
    def asks_environment(self) -> bool:
        """Does a condition look at the environment?"""
        return asks_environment(self.design)

    @property
    def claimed(self) -> Mapping[str, str]:
        """The tests, in Python, of claims by attribute: of all that PostgreSQL reads as another
        type, and of those of which a value out of bounds could meet a condition."""
        exposed = {
            term.name
            for condition in self.design.conditions
            if not condition.by_value
            for term in condition.terms
            if term.source == "user"
        }
        return {
            each.name: each.kind.claimed
            for each in self.design.user_attributes
            if each.kind.claimed
            and not each.many
            and (each.name in exposed or not each.kind.textual)
        }

    @property
    def asks_lists(self) -> bool:
        """Does a condition look at a list of a row?"""
        return any(condition.left.kind.held for condition in self.design.conditions)

    @property
    def asks_present(self) -> bool:
        """Is some claim looked at that a condition must find, whatever it is?"""
        return any(
            not condition.by_value and term.source == "user" and term.name != "id"
            for condition in self.design.conditions
            for term in condition.terms
        )

    @property
    def claims_dates(self) -> bool:
        """Is a claim a date?"""
        return any("_is_date" in each for each in self.claimed.values())

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
        return outcomes(self.design)

    @cached_property
    def events(self) -> Sequence[SecurityEvent]:
        """The security events that it can raise."""
        return events(self.design)

    @property
    def events_of(self) -> Mapping[str, Mapping[str, Sequence[SecurityEvent]]]:
        """The same by the id of an operation, by the reason code of an answer, and by the cause
        of a refusal: every bad credential has the one reason code."""
        causes = {each.code: each.detail for each in self.outcomes if each.status == 401}
        found: dict[str, dict[str, list[SecurityEvent]]] = {
            "operations": {},
            "reasons": {},
            "causes": {},
        }
        for event in self.events:
            for operation in event.operations:
                found["operations"].setdefault(operation, []).append(event)
            for reason in event.reasons:
                of, key = ("causes", causes[reason]) if reason in causes else ("reasons", reason)
                found[of].setdefault(key, []).append(event)
        return found

    @property
    def events_of_bodies(self) -> Sequence[SecurityEvent]:
        """Those that look at what was sent."""
        return [each for each in self.events if each.values]

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
        return sorted(name for each in self.used for name in each.headers(self.design))

    def rights_to(self, table: str) -> Sequence[str]:
        """What the service's role may do to the whole of a table."""
        grants = self.stored.guards.grants
        (found,) = (each for each in grants if each.table == identifier(table))
        rights = {"SELECT": found.select, "INSERT": found.insert, "DELETE": found.delete}
        return [name for name, given in rights.items() if given]

    @property
    def own_tables(self) -> Sequence[OwnTable]:
        """The tables of features, with what the service may do to them."""
        grants = {each.table: each for each in self.stored.guards.grants}
        return [replace(each, grant=grants[each.table.name]) for each in of_features(self.design)]

    @property
    def expired(self) -> Sequence[tuple[str, str]]:
        """The tables that keep rows for a time, each with the condition that a row's is over."""
        return [each for feature in FEATURES for each in feature.expired(self.design)]

    @property
    def evidence(self) -> Sequence[Evidence]:
        """The tables that tell what happened."""
        return evidence(self.design)

    def held(self, table: str) -> Sequence[str]:
        """The conditions of which one is enough to hold a row of a table whose time is over."""
        if all(table != each.table for each in self.evidence):
            return []
        return [flat(each) for each in held(self.design, f"{table}.{TENANT_COLUMN.name}")]

    @property
    def founded(self) -> Sequence[str]:
        """The stored functions that are called with the id of a new tenant."""
        return [each for feature in FEATURES for each in feature.founded(self.design)]

    @property
    def explained(self) -> Sequence[Outcome]:
        """The outcomes whose refusals say more than their reason."""
        return [each for each in self.outcomes if each.explained]

    @property
    def recorded_effects(self) -> bool:
        """Is there a stored function that records an effect?"""
        return any(each.name == "record_" for each in self.stored.functions.all)

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
    def functions(self) -> Mapping[str, str]:
        """The digests of all stored functions by their names."""
        return self.stored.digests

    @property
    def triggers(self) -> Sequence[tuple[str, str]]:
        """The triggers that hold a rule, each after its table."""
        added = [(own.table.name, name) for own in self.own_tables for name in own.triggers]
        added += [each for feature in FEATURES for each in feature.guarded(self.design)]
        last = [("member", "keeps_a_holder")] if self.last_roles else []
        return [("member", "roles_are_known"), *last, *added]

    @property
    def last_roles(self) -> Sequence[str]:
        """The roles of which each tenant keeps a holder."""
        return self.stored.guards.last

    @property
    def never_changed(self) -> str:
        """The columns of every resource that nothing changes, as Python literals."""
        return _named(each for each in self.design.built_in if not each.renewed)

    @property
    def unique_fields(self) -> Mapping[str, Sequence[str]]:
        """The fields of each unique key that callers send, by the name of its constraint."""
        sent = {entity.name: _sent(entity) for entity in self.design.entities}
        return {
            constraint: fields
            for table in self.stored.tables
            if (name := _bare(table.name)) in sent
            for key in table.unique
            if (fields := [each for each in map(_bare, key.columns) if each in sent[name]])
            for constraint in (
                _bare(key.name),
                *former(self.design.entity(name), list(map(_bare, key.columns[1:])), "key"),
            )
        }

    @property
    def reference_fields(self) -> Mapping[str, str]:
        """The field of each reference that callers send, by the name of its constraint."""
        return {
            name: field for name, field, entity, _ in self._references if field in _sent(entity)
        }

    @property
    def suspendable(self) -> bool:
        """Can a tenant be suspended?"""
        return suspendable(self.design)

    @property
    def granted_tenant(self) -> bool:
        """Is somebody granted the tenant itself?"""
        return any(each.is_tenant for each in self.design.entities)

    @property
    def has_derived(self) -> bool:
        """Is there a resource whose one row in a tenant is worked out?"""
        return any(each.derived for each in self.design.entities)

    @property
    def has_sown(self) -> bool:
        """Is there one with several rows, which a statement makes?"""
        return any(each.sown for each in self.design.entities)

    @property
    def asks_input(self) -> bool:
        """Is a function of actions told what was sent with them?"""
        return INPUT in (*self.beginning, *self.finishing)

    @property
    def has_open(self) -> bool:
        """Is there a resource of which the service itself reads every row of a tenant?"""
        return any(each.open for each in self.design.entities)

    @property
    def has_members(self) -> bool:
        """Is there a field that has to name a member, beside owners?"""
        return any(each.members for each in self.design.entities)

    @property
    def referring(self) -> Mapping[str, str]:
        """What refers to a row by each reference, in words: where whoever may delete that row sees
        every row that refers to it."""
        found = {}
        for name, _, entity, target in self._references:
            if target is None:
                continue
            deleting = {
                role
                for operation in target.operations
                if operation.verb == "delete"
                for role in operation.roles
            } | {role for touch in target.touched_by("delete") for role in touch.roles}
            if deleting and deleting <= visibility.always_readers(entity):
                found[name] = entity.names.many
        return found

    @property
    def _references(self) -> Iterable[tuple[str, str, Entity, Entity | None]]:
        """Each reference of a resource: its constraint, its field, whose it is, and the resource
        that it leads to, or None where that is a member or the tenant."""
        entities = {identifier(each.name): each for each in self.design.entities}
        for table in self.stored.tables:
            for key in table.foreign_keys:
                if table.name in entities:
                    field, entity = _bare(key.columns[-1]), entities[table.name]
                    for name in (_bare(key.name), *former(entity, [field], "fkey")):
                        yield name, field, entity, entities.get(key.table)

    # The API.

    @cached_property
    def modules(self) -> Mapping[str, python.Module]:
        """The models of each resource that has operations."""
        return {each.name: python.models(each) for each in self.design.entities if each.operations}

    @cached_property
    def types(self) -> frozenset[str]:
        """What the models of all resources import from the module of types."""
        modules = [*self.modules.values()]
        modules += [self.joining] if self.design.joins else []
        return frozenset({"Closed"}).union(*(each.types for each in modules))

    @cached_property
    def joining(self) -> python.Module:
        """The models of the operations by which people become members."""
        return python.joins(self.design)

    def joined(self, join: Join) -> Function:
        """The stored function of such an operation."""
        return next(e for e in self.stored.functions.joins if e.name == join.operation.id)

    @property
    def join_modules(self) -> Sequence[str]:
        """The modules of their handlers and models."""
        return sorted(["joins", *(each.handler.partition(".")[0] for each in self.design.joins)])

    @property
    def founding(self) -> bool:
        """Is there an operation that makes a tenant, for callers who belong to none?"""
        return any(each.founding for each in self.design.joins)

    @property
    def permission_scopes(self) -> bool:
        """Is there an issuer whose tokens name the permissions that they are good for?"""
        return any(each.permission_scopes for each in self.design.issuers)

    @property
    def trusted(self) -> Mapping[str, tuple[str, ...]]:
        """Where each issuer is trusted, if some are not trusted everywhere."""
        if not any(each.environments for each in self.design.issuers):
            return {}
        everywhere = self.design.environments
        return {each.url: each.environments or everywhere for each in self.design.issuers}

    @property
    def trusting(self) -> Mapping[str, tuple[str, ...]]:
        """The issuers that are trusted in each environment."""
        return {
            name: tuple(url for url, where in self.trusted.items() if name in where)
            for name in self.design.environments
        }

    @property
    def maps(self) -> bool:
        """Is there an issuer whose organizations are mapped to tenants?"""
        return self.design.maps

    @property
    def directories(self) -> bool:
        """Is there a template of issuers, one for each directory?"""
        return any(DIRECTORY in each.url for each in self.design.issuers)

    @property
    def directory(self) -> str:
        """What stands for the id of a directory in a template."""
        return DIRECTORY

    @property
    def addressed(self) -> bool:
        """Is there an issuer whose keys are at an address that is pinned?"""
        return any(each.jwks_url for each in self.design.issuers)

    @property
    def discovers(self) -> bool:
        """Is there an issuer whose metadata says where its keys are?"""
        return any(each.metadata for each in self.design.issuers)

    @property
    def profiles(self) -> bool:
        """Is there an issuer whose tokens are not read as RFC 9068 says?"""
        return any(each.rules != RFC9068 for each in self.design.issuers)

    @property
    def recorded(self) -> Sequence[Recorded]:
        """Tokens of the issuers that have rules of their own."""
        return tuple(recorded(self.design))

    @property
    def recorded_tenant(self) -> str:
        """The tenant of these tokens."""
        return TENANT

    def rules(self, issuer: Issuer) -> str:
        """How the tokens of an issuer are read, as arguments in Python: what is no default."""
        return ", ".join(
            f"{each.name}={_argument(value)}"
            for each in fields(TokenRules)
            if (value := getattr(issuer.rules, each.name)) != getattr(RFC9068, each.name)
        )

    @property
    def strings(self) -> Mapping[str, str]:
        """The textual types among them, each with its pattern as a Python literal."""
        return {each.scalar: raw(each.pattern) for each in RULES if each.scalar in self.types}

    @property
    def classified(self) -> Sequence[str]:
        """The names of fields that the log redacts because of their class."""
        found = {each.name for each in self._columns if each.classified}
        found |= {
            naming.filter_key(each.name, operator)
            for each in self._columns
            if each.classified
            for operator in each.filters
        }
        found |= {each.name for each in self._inputs if each.class_ in CLASSIFIED}
        found |= {each.secret.name for each in self.design.operations if each.secret}
        return sorted(found - CREDENTIALS)

    @property
    def has_secrets(self) -> bool:
        """Is there a resource whose rows are known by secrets, whoever makes them?"""
        return any(each.secret and not each.secret.derived for each in self.design.entities)

    @property
    def derives_secrets(self) -> bool:
        """Is some secret derived from a key of the deployment?"""
        return any(each.secret and each.secret.derived for each in self.design.operations)

    @property
    def has_actions(self) -> bool:
        """Is the work of some operation a hook?"""
        return any(entity.actions for entity in self.design.entities)

    @property
    def has_hooks(self) -> bool:
        """Is a function of the developer's called within a transaction?"""
        return self.has_actions or any(entity.deciders for entity in self.design.entities)

    @property
    def transacts(self) -> bool:
        """Does some operation take several calls in one transaction?"""
        return self.has_actions or any(each.transacts for each in self.used)

    @property
    def has_asked_references(self) -> bool:
        """Is there a reference to rows that not everybody who may write it sees?"""
        return any(visibility.referring(self.design))

    @property
    def has_touches(self) -> bool:
        """Does some hook work on rows other than its action's own?"""
        return any(entity.touched for entity in self.design.entities)

    @property
    def touch_verbs(self) -> frozenset[TouchVerb]:
        """What hooks do to such rows."""
        return frozenset(each.verb for entity in self.design.entities for each in entity.touched)

    @property
    def touching(self) -> Sequence[Parameter] | None:
        """What features add to the parameters of a function that writes such a row; None where no
        hook writes one."""
        for entity in self.design.entities:
            for each in entity.touched_by("create", "update", "delete"):
                function = self.stored.functions.named(
                    entity.name, touch_name(entity.name, each.verb)
                )
                return [each for each in function.parameters if each.argument]
        return None

    @property
    def has_patch(self) -> bool:
        """Does some operation take a merge patch?"""
        return any(each.verb == "update" for each in self.design.operations)

    @property
    def has_lists(self) -> bool:
        """May somebody list the rows of some resource?"""
        return any(each.verb == "list" for each in self.design.operations)

    @property
    def has_reads(self) -> bool:
        """May somebody read one row of some resource?"""
        return any(each.verb == "read" for each in self.design.operations)

    @property
    def has_conditions(self) -> bool:
        """Does some operation need a precondition?"""
        return any(each.conditional for each in self.design.operations)

    @property
    def only_services(self) -> bool:
        """Is every role held by services, and none by people?"""
        return all(each.kind == "service" for each in self.design.roles)

    @property
    def only_effects(self) -> bool:
        """Is all that changes something an effect of a built-in resource?"""
        verbs = {each.verb for each in self.design.operations}
        return verbs <= {"list", "read", "effect"}

    @property
    def only_changes(self) -> bool:
        """Does every operation change something, so that none answers the same again and again?"""
        return not (self.has_lists or self.has_reads)

    @property
    def has_exports(self) -> bool:
        """Does some operation answer with rows one a line?"""
        return any(each.exports for each in self.design.entities)

    @property
    def listing(self) -> str:
        """The verbs that answer with several rows, as Python literals between commas."""
        return '"list", "export"' if self.has_exports else '"list"'

    @property
    def is_listing(self) -> str:
        """The test that a verb is one of them, behind the verb."""
        return f"in ({self.listing})" if self.has_exports else f"== {self.listing}"

    @property
    def is_no_listing(self) -> str:
        """The test that it is none of them."""
        return f"not in ({self.listing})" if self.has_exports else f"!= {self.listing}"

    @property
    def has_search(self) -> bool:
        """Is some list asked for in its body?"""
        return any(each.searches for each in self.design.operations)

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
        found = [*self.design.operations, *(each.operation for each in self.design.joins)]
        return (each for operation in found for each in operation.input)

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
    """What the templates of a resource are told, as `resource`, beside the view of the service.

    `names` are those of all resources; `module` has the models, and what their module imports.
    """

    entity: Entity
    stored: Database
    package: str
    names: Mapping[str, ResourceNames]
    module: python.Module

    @property
    def statements(self) -> Mapping[str, Function]:
        """The stored functions by the constants that call them."""
        entity = self.entity
        names = {
            (each.action or each.verb).upper(): each.id
            for each in entity.operations
            if each.verb != "action" and not each.searches
        }
        if entity.actions:
            names |= {"BEGIN": begin_name(entity), "FINISH": finish_name(entity)}
        names |= {
            hook_constant(each.verb): touch_name(entity.name, each.verb) for each in entity.touched
        }
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

    @cached_property
    def touching(self) -> Mapping[str, Mapping[str, Sequence[Touched]]]:
        """What the hooks of the actions touch: by the action and by the other resource."""
        found: dict[str, dict[str, list[Touched]]] = {}
        for hook in self.hooks.values():
            for touch in hook.operation.touches:
                names = self.names[touch.entity]
                found.setdefault(hook.name, {}).setdefault(touch.entity, []).append(
                    Touched(touch, hook, names)
                )
        return found

    @property
    def touched_rows(self) -> Sequence[str]:
        """The classes of rows that hooks are declared with."""
        return sorted(each.rows for each in self.hooks.values() if each.rows)

    @property
    def touch_classes(self) -> Sequence[str]:
        """What works on such rows."""
        return sorted({each.verb.capitalize() for each in self._touches})

    @property
    def touch_adapters(self) -> Sequence[Touched]:
        """Those of which the hook says something."""
        return [each for each in self._touches if each.model]

    @property
    def touched_models(self) -> Mapping[str, Sequence[str]]:
        """What is imported from the models of the resources that are touched."""
        found: dict[str, set[str]] = {}
        for each in self._touches:
            found.setdefault(each.touch.entity, set()).update(each.models)
        return {name: sorted(models) for name, models in sorted(found.items())}

    @property
    def _touches(self) -> Sequence[Touched]:
        return [
            each
            for others in self.touching.values()
            for touches in others.values()
            for each in touches
        ]

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
        used |= {"changed"} if verbs & {"update", "effect"} or True in rows else set()
        used |= {"created"} if "create" in verbs else set()
        used |= {"done"} if "delete" in verbs or False in rows else set()
        used |= {"found"} if "read" in verbs else set()
        used |= {"begin", "hooks"} if rows else set()
        used |= {"rows"} if self.touching else set()
        used |= {"TypeAdapter"} if True in rows else set()
        used |= {"arguments", "page"} if "list" in verbs else set()
        secrets = [each.secret for each in self.entity.operations if each.secret]
        used |= {"derived" if each.derived else "Secret" for each in secrets}
        used |= {"arguments", "exported"} if "export" in verbs else set()
        return python.imports(self.package, self.entity.name, naming.HANDLERS, used)

    @property
    def hooks_import(self) -> str:
        """The imports of the module of hooks."""
        used = naming.imported(naming.HOOKS)
        return python.imports(self.package, self.entity.name, naming.HOOKS, used)


@dataclass(frozen=True)
class Touched:
    """What the hook of an action does to rows of another resource, in the module of such rows."""

    touch: Touch
    hook: python.Hook
    names: ResourceNames

    @property
    def verb(self) -> TouchVerb:
        """What it does."""
        return self.touch.verb

    @property
    def rows(self) -> str:
        """The class of what this hook does to rows of this resource."""
        return f"{self.hook.protocol}{self.names.class_name}s"

    @property
    def row(self) -> str:
        """The model of a row."""
        return self.names.row_model

    @property
    def model(self) -> str:
        """The model of what the hook says of a row; nothing where it says nothing."""
        writes = self.verb in ("create", "update")
        return self.names.touched_model(self.touch.by, self.verb) if writes else ""

    @property
    def adapter(self) -> str:
        """The constant that checks what the hook says."""
        return f"{self.touch.by}_{self.verb}_{self.names.name}".upper()

    @property
    def annotation(self) -> str:
        """The class that does it, with its parameters."""
        given = {"read": (self.row,), "delete": ()}.get(self.verb, (self.row, self.model))
        return f"{self.verb.capitalize()}[{', '.join(given)}]" if given else "Delete"

    @property
    def statement(self) -> str:
        """The constant of the statement, in the statements of the other resource."""
        return hook_constant(self.verb)

    @property
    def models(self) -> Sequence[str]:
        """What is imported from the models of the other resource."""
        rows = [] if self.verb == "delete" else [self.row]
        return [*rows, *([self.model] if self.model else [])]


def hook_constant(verb: str) -> str:
    """The constant of the statement with which hooks do something to a row."""
    return f"HOOK_{verb.upper()}"


def _bare(identifier_: str) -> str:
    """The name that an identifier is of."""
    return identifier_.strip('"')


def _sent(entity: Entity) -> frozenset[str]:
    """The fields that some caller sends."""
    verbs = {each.verb for each in entity.operations}
    return frozenset(
        each.name
        for each in entity.columns
        if (each.creatable and "create" in verbs) or (each.updatable and "update" in verbs)
    )


def _named(columns: Iterable[Column]) -> str:
    """The names of columns as Python literals between commas."""
    return ", ".join(quoted(each.name) for each in columns)


def _argument(value: object) -> str:
    """A rule about tokens as Python."""
    return quoted(dict(value) if isinstance(value, Mapping) else value)
