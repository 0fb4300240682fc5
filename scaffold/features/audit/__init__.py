"""The audit trail: each effect leaves an event that nobody changes (control DATA-2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, ClassVar

from scaffold.features.audit.keys import SpecKeys
from scaffold.features.feature import BuiltIn, Evidence, Feature, Files, Judged, Keys

if TYPE_CHECKING:
    from scaffold.database.bodies import Render, Served, Steps
    from scaffold.database.schema import Function, OwnTable
    from scaffold.design.events import SecurityEvent
    from scaffold.design.model import Design
    from scaffold.design.surface import Fact
    from scaffold.features.mutant import Mutant
    from scaffold.lint.rule import Rule
    from scaffold.spec.model import Spec


class Audit(Feature):
    """What is recorded of an effect, and for how long."""

    name: ClassVar[str] = "audit"
    keys: ClassVar[Keys] = Keys(spec=SpecKeys)

    def resources(self) -> Mapping[str, BuiltIn]:
        from scaffold.features.audit.design import EVENT
        from scaffold.features.audit.resource import event

        return {EVENT: event()}

    def service(self, source: Spec) -> object | None:
        from scaffold.features.audit.design import Trail

        assert isinstance(source, SpecKeys)
        return Trail(source.audit.retain)

    def used(self, design: Design) -> bool:
        from scaffold.features.audit.design import used

        return used(design)

    def facts(self, design: Design) -> Iterable[tuple[str, Fact]]:
        from scaffold.features.audit.design import days_of

        return (("service", ("audit days", days_of(design))),)

    def events(self, design: Design) -> Iterable[SecurityEvent]:
        from scaffold.design.events import SecurityEvent
        from scaffold.features.audit.design import exports

        for operation in exports(design):
            yield SecurityEvent(
                "SEC-401",
                "audit_events_exported",
                "warning",
                "A part of an export of audit events was sent.",
                "Compare it with what was asked for; the audit event of the export names its "
                "filters.",
                operations=(operation.id,),
            )

    def drift(self) -> Judged:
        from scaffold.features.audit.drift import JUDGED

        return JUDGED

    def rules(self) -> Iterable[Rule]:
        from scaffold.features.audit.lint import family

        return family.rules

    def stored(self, design: Design) -> Iterable[OwnTable]:
        from scaffold.features.audit.database import stored

        return (stored(),) if self.used(design) else ()

    def functions(self, design: Design, render: Render) -> Iterable[Function]:
        from scaffold.features.audit.database import functions

        return functions(render) if self.used(design) else ()

    def expired(self, design: Design) -> Iterable[tuple[str, str]]:
        from scaffold.features.audit.design import EVENT, days_of
        from scaffold.features.audit.resource import OCCURRED_AT

        if self.used(design):
            yield EVENT, f"{OCCURRED_AT} < now() - interval '{days_of(design)} days'"

    def evidence(self, design: Design) -> Iterable[Evidence]:
        from scaffold.features.audit.design import EVENT
        from scaffold.features.audit.resource import OCCURRED_AT

        return (Evidence(EVENT, OCCURRED_AT),) if self.used(design) else ()

    def steps(self, design: Design, served: Served) -> Steps | None:
        from scaffold.features.audit.database import steps

        return steps(served)

    def triggers(self, design: Design, render: Render) -> str:
        from scaffold.features.audit.database import triggers

        return triggers(design, render) if self.used(design) else ""

    def files(self, design: Design) -> Files:
        from scaffold.features.audit.design import View, exports, filters, reader

        if not any(each.writes for each in design.operations):
            return Files()  # who is granted events sees that there are none
        return Files(
            tests={"test_audit.py": "test_audit.py.jinja"},
            fragments={
                "harness.effects": "effects.jinja",
                "test_isolation.arguments": "arguments.jinja",
            },
            view=View(reader(design), bool(exports(design)), filters(design)),
        )

    def mutants(self) -> Iterable[Mutant]:
        from scaffold.features.audit.mutants import MUTANTS

        return MUTANTS
