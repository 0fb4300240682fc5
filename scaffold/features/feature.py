"""What a feature is: a capability in a room of its own, and what it adds to each stage.

A feature adds to the *design* first: what it makes of the spec is a trait of the service or of an
operation. Each later stage asks every feature of the list for values of that stage's own kind (a
table, a step of a stored function, an outcome, a header of the contract), and prints them as it
prints its own. Text is added in two ways only: whole files, and fragments that stand in a slot
which the template of the core names. Nothing that was rendered is changed afterwards.

The modules of a feature are imported when their stage begins: a spec is read without a database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal

if TYPE_CHECKING:
    from scaffold.contract.parts import Components, Demands
    from scaffold.database.bodies import Entry, Render, Served, Steps
    from scaffold.database.layout import Sql
    from scaffold.database.operations import Context
    from scaffold.database.schema import Function, OwnTable, Right
    from scaffold.design.counted import Bound, Counter, Metered
    from scaffold.design.events import SecurityEvent
    from scaffold.design.heard import Heard
    from scaffold.design.model import Decider, Design, Join, Operation, Secret, Sown
    from scaffold.design.outcomes import Outcome
    from scaffold.design.surface import Fact
    from scaffold.drift.spec.rule import SpecRule, Waiver
    from scaffold.features.mutant import Mutant
    from scaffold.lint.rule import Rule
    from scaffold.spec.base import Model
    from scaffold.spec.findings import Finding, Scope
    from scaffold.spec.model import Action, Resource, Spec
    from scaffold.types.kind import Kind


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys that a feature adds: to the top of a spec, to its tenancy, to a resource, and to an
    action."""

    spec: type[Model] | None = None
    resource: type[Model] | None = None
    action: type[Model] | None = None
    tenancy: type[Model] | None = None


@dataclass(frozen=True, slots=True)
class Effect:
    """What an action of a built-in resource does to its row, without a hook.

    `sets` are the columns that it sets, each to an SQL expression of the row `t` and of what was
    sent, `p_body`. `roles` says which roles a grant of it names: those that it `gives`, which the
    grant has to name; those that the member `holds`, which it may name; or none. One that `issues`
    makes a new secret for the row, whose digest is `p_digest`. One that is for `owners` is so
    whatever a grant says.
    """

    summary: str
    sets: Mapping[str, str]
    roles: Literal["gives", "holds", ""] = ""
    issues: bool = False
    owners: bool = False


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """A resource with fixed fields, which roles are granted like any other.

    `declared` is what a spec would say of it, and `verbs` are the operations of the usual five that
    it has. Its rows lie in a table of the feature. Nobody but the feature writes them, and the
    `effects` of the declared actions, by their names; where there is a create, a caller sends the
    fields `sent`, and it `sets` others to SQL expressions of what was sent, `p_body`. With a
    `secret`, a create makes one for the new row: its SHA-256 is `p_digest`, in hexadecimal, and
    the answer alone tells it. With `versioned` the rows have the columns that
    every resource has; otherwise a tenant and an id alone. Lists are sorted by the field `newest`,
    a moment that never changes. In an `open` one the policies let the service read every row of the
    tenant, because it needs them itself; who lists and reads which is held by its functions alone.
    An update changes the fields `changed`. Where it `is_tenant`, its one row is the tenant itself.
    `kinds` are types that the language has no word for, or that depend on the spec, by the field or
    the input of an action, and `defaults` are SQL expressions for a new row. Lists are filtered by
    the owner with `owner_filters`, which the language has no key for. Of the declared actions,
    `exports` answer with its rows, of which one answer has at most so many. `granted_as` has the
    verbs that are granted by a word of another built-in resource, each with the name of that
    resource and the word: such a grant names the roles that it `gives`, and nothing else. `kept`
    are the columns that the feature changes by itself. What an operation of the usual five `asks`
    of callers is said as an action would say it. A `derived` one is what this SQL, in place of a
    table, says of each tenant, and which nobody writes: one row, whose id is the tenant's, or any
    number, which are `sown` in another table.
    """

    declared: Resource
    verbs: tuple[str, ...]
    newest: str
    versioned: bool = False
    open: bool = False
    sent: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    is_tenant: bool = False
    sets: Mapping[str, str] = field(default_factory=dict)
    secret: Secret | None = None
    effects: Mapping[str, Effect] = field(default_factory=dict)
    kinds: Mapping[str, Callable[[Spec], Kind]] = field(default_factory=dict)
    defaults: Mapping[str, str] = field(default_factory=dict)
    owner_filters: tuple[str, ...] = ()
    exports: Mapping[str, int] = field(default_factory=dict)
    granted_as: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    kept: tuple[str, ...] = ()
    asks: Mapping[str, Action] = field(default_factory=dict)
    derived: str = ""
    sown: Sown | None = None

    @property
    def operations(self) -> tuple[str, ...]:
        """What can be granted on it under its own name."""
        every = (*self.verbs, *self.effects, *self.exports)
        return tuple(each for each in every if each not in self.granted_as)


@dataclass(frozen=True, slots=True)
class Called:
    """A function of the developer's beside the hook of an action, in the same module.

    `parameters` are Python source. They need `models` of the resource, and `names` of the `module`
    of the package. It answers nothing.
    """

    name: str
    summary: str
    parameters: str
    models: tuple[str, ...]
    module: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Attribute:
    """What a feature adds to each row of the emitted table of operations.

    `annotation` and `default` are Python source, and so is the value that `Feature.row` gives.
    """

    name: str
    annotation: str
    default: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """A table of a tenant's rows that tell what happened, for whoever has to prove it.

    `moment` is the column that they are sorted by. The values of the columns `hidden` are about
    people, or let somebody in: a pack of evidence does not have them.
    """

    table: str
    moment: str
    hidden: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Files:
    """What a feature emits: files of the package and of the contract tests, and fragments.

    All map to a template of the feature's own folder `templates/`: the first two from a path, the
    fragments from the name of the slot that they stand in. `view` is what these are told of the
    feature, under its name.
    """

    package: Mapping[str, str] = field(default_factory=dict)
    tests: Mapping[str, str] = field(default_factory=dict)
    fragments: Mapping[str, str] = field(default_factory=dict)
    view: object = None


@dataclass(frozen=True, slots=True)
class Judged:
    """The rules about the facts of a feature, and the facts that need none."""

    rules: tuple[SpecRule, ...] = ()
    waived: tuple[Waiver, ...] = ()


class Feature:
    """A capability; one that adds nothing to a stage leaves that stage's method as it is."""

    name: ClassVar[str]
    """The name of its folder."""
    keys: ClassVar[Keys] = Keys()
    transacts: ClassVar[bool] = False
    """Has it operations that take several calls in one transaction?"""
    asks_readers: ClassVar[bool] = False
    """Do its keys of an action say something about one that changes no row, too?"""

    # The design.

    def resources(self) -> Mapping[str, BuiltIn]:
        """The resources that are there without being declared, once a role is granted them."""
        return {}

    def resources_of(self, source: Spec) -> Mapping[str, BuiltIn]:
        """The same, those that depend on the spec."""
        return {}

    def service(self, source: Spec) -> object | None:
        """The trait of the service, or nothing where the spec does not use this."""
        return None

    def operation(
        self, spec: Spec, source: Resource, action: Action | None, do: str
    ) -> object | None:
        """The trait of the operation `do` of a resource of a spec: an action or one of the
        five."""
        return None

    def deciders(self, source: Spec, resource: str) -> Iterable[Decider]:
        """The functions of the developer's that say what operations of a resource are told."""
        return ()

    def used(self, design: Design) -> bool:
        """Is anything of this emitted?"""
        raise NotImplementedError

    def facts(self, design: Design) -> Iterable[tuple[str, Fact]]:
        """What this adds to the surface: each fact with the name of its section."""
        return ()

    def joins(self, design: Design) -> Iterable[Join]:
        """How people become members without being granted anything; `design` is all but these."""
        return ()

    def hears(self, design: Design) -> Iterable[Heard]:
        """The providers whose signed events it takes itself."""
        return ()

    def unasked(self, design: Design) -> Iterable[tuple[str, str]]:
        """What nobody has to request: a role, and the id of an operation that is done as it."""
        return ()

    def outcomes(self) -> Iterable[Outcome]:
        """How a request can end because of this."""
        return ()

    def events(self, design: Design) -> Iterable[SecurityEvent]:
        """The security events that its decisions raise, where the spec uses what does."""
        return ()

    def findings(self, scope: Scope) -> Iterable[Finding]:
        """What is wrong with what the spec says of this, in several places."""
        return ()

    def secrets(self, design: Design) -> Iterable[str]:
        """The environment variables without which the service does not start when deployed."""
        return ()

    def former_secrets(self, design: Design) -> Iterable[str]:
        """Those with secrets that were in use before, which may be missing."""
        return ()

    def worker_secrets(self, design: Design) -> Iterable[str]:
        """Those without which the worker does not."""
        return ()

    def packages(self, design: Design) -> Iterable[str]:
        """The packages that a project needs for this alone, each with a file of its pins in the
        template of projects (`requirements-NAME.txt`)."""
        return ()

    # What is counted of a tenant.

    def counters(self, design: Design) -> Iterable[Counter]:
        """What it counts."""
        return ()

    def bounds(self, design: Design) -> Mapping[str, Bound]:
        """How much there is of counters, by their names."""
        return {}

    def metered(self, design: Design) -> Iterable[Metered]:
        """The counters of which somebody who takes money is told, when their periods end."""
        return ()

    def reporter(self, design: Design) -> str:
        """What tells them, as Python of the worker's `queues`: it is called with the tenant, the
        event, how much, the moment, and a key that is the same in each attempt."""
        return ""

    # What people read.

    def needs(self, operation: Operation) -> Iterable[str]:
        """What a caller has to bring beyond a role, in words."""
        return ()

    def described(self, operation: Operation) -> Mapping[str, Any]:
        """An operation as data: for `explain`, and for the emitted tests."""
        return {}

    def rules(self) -> Iterable[Rule]:
        """The rules of `scaffold lint`."""
        return ()

    def drift(self) -> Judged:
        """How the facts that it adds to the surface are judged when they change."""
        return Judged()

    # The contract.

    def components(self, design: Design) -> Components | None:
        """The parts of the contract that its operations share."""
        return None

    def webhooks(self, design: Design) -> Mapping[str, Any]:
        """What the service sends by itself: path items of OpenAPI, by their names."""
        return {}

    def demands(self, design: Design, operation: Operation) -> Demands | None:
        """What this adds to an operation of the contract."""
        return None

    def paths(self, design: Design) -> Mapping[str, Any]:
        """Operations of the contract that no access token lets in, by their paths."""
        return {}

    def signed(self, design: Design) -> Iterable[Join]:
        """These operations, each with who calls it in words, for `explain`."""
        return ()

    # The database.

    def stored(self, design: Design) -> Iterable[OwnTable]:
        """Its tables, with what the service's role may do to them."""
        return ()

    def functions(self, design: Design, render: Render) -> Iterable[Function]:
        """The stored functions that those of the operations call."""
        return ()

    def joining(self, context: Context) -> Iterable[Function]:
        """The stored functions of its joins, by the ids of their operations."""
        return ()

    def rights(self, design: Design) -> Iterable[Right]:
        """What the service may do to tables beyond what its operations need."""
        return ()

    def works(self, design: Design) -> Iterable[Right]:
        """What the worker may do, which has a role of its own and is bound to no tenant."""
        return ()

    def entry(self, design: Design) -> Entry | None:
        """What this asks of every caller."""
        return None

    def steps(self, design: Design, served: Served) -> Steps | None:
        """What this adds to a stored function that serves some operations."""
        return None

    def expired(self, design: Design) -> Iterable[tuple[str, str]]:
        """Its tables that keep rows for a time, each with the condition that a row's is over."""
        return ()

    def evidence(self, design: Design) -> Iterable[Evidence]:
        """Its tables that tell what happened. While they are held, none of their rows expires."""
        return ()

    def held(self, design: Design, tenant: str) -> Iterable[Sql]:
        """SQL conditions under which what tells of a tenant, an SQL expression, is held."""
        return ()

    def triggers(self, design: Design, render: Render) -> str:
        """Further rules as SQL, which every migration applies again."""
        return ""

    def guarded(self, design: Design) -> Iterable[tuple[str, str]]:
        """The triggers that hold a rule on tables other than its own, each after its table."""
        return ()

    def founded(self, design: Design) -> Iterable[str]:
        """The stored functions that are called with the id of a new tenant, in the transaction
        that makes it."""
        return ()

    # The service and its tests.

    def called(self, operation: Operation) -> Iterable[Called]:
        """What it calls of the developer's functions beside the hook of an action."""
        return ()

    def files(self, design: Design) -> Files:
        """Its files and fragments."""
        return Files()

    def attributes(self) -> Iterable[Attribute]:
        """What it adds to each row of the table of operations."""
        return ()

    def row(self, operation: Operation) -> Mapping[str, str]:
        """The values of its attributes in the row of an operation, where they are no defaults."""
        return {}

    def headers(self, design: Design) -> Iterable[str]:
        """The request headers, in lower case, that decide something and may be there once only."""
        return ()

    def mutants(self) -> Iterable[Mutant]:
        """Its guards in the service of specs/invoicing.yaml, each broken by itself.

        A test emitted with the service notices each.
        """
        return ()
