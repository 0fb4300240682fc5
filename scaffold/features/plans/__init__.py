"""Plans: what a tenant is entitled to, consumed by authorization itself (PAY-4, API-2, AZ-4)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from scaffold.features.feature import Attribute, BuiltIn, Evidence, Feature, Files, Judged, Keys
from scaffold.features.plans.keys import ActionKeys, ResourceKeys, SpecKeys

if TYPE_CHECKING:
    from scaffold.contract.parts import Components, Demands
    from scaffold.database.bodies import Entry, Render, Served, Steps
    from scaffold.database.layout import Sql
    from scaffold.database.schema import Function, OwnTable, Right
    from scaffold.design.counted import Bound, Counter
    from scaffold.design.model import Design, Operation
    from scaffold.design.outcomes import Outcome
    from scaffold.design.surface import Fact
    from scaffold.features.mutant import Mutant
    from scaffold.features.plans.design import Plans as Trait
    from scaffold.lint.rule import Rule
    from scaffold.spec.findings import Finding, Scope
    from scaffold.spec.model import Action, Resource, Spec


class Plans(Feature):
    """Which plans there are, what they have, and what needs it."""

    name: ClassVar[str] = "plans"
    keys: ClassVar[Keys] = Keys(spec=SpecKeys, resource=ResourceKeys, action=ActionKeys)

    def resources_of(self, source: Spec) -> Mapping[str, BuiltIn]:
        from scaffold.features.plans.design import SUBSCRIPTION
        from scaffold.features.plans.resource import subscription

        found = subscription(source)
        return {SUBSCRIPTION: found} if found else {}

    def service(self, source: Spec) -> object | None:
        from scaffold.features.plans.design import plans
        from scaffold.features.plans.keys import of_tenant

        assert isinstance(source, SpecKeys)
        return plans(source, of_tenant(source))

    def operation(
        self, spec: Spec, source: Resource, action: Action | None, do: str
    ) -> object | None:
        from scaffold.features.plans.design import gated

        assert isinstance(spec, SpecKeys)
        return gated(spec, source, action)

    def used(self, design: Design) -> bool:
        return _of(design) is not None

    def facts(self, design: Design) -> Iterable[tuple[str, Fact]]:
        from scaffold.features.plans.design import facts

        return facts(design)

    def outcomes(self) -> Iterable[Outcome]:
        from scaffold.design.outcomes import Outcome
        from scaffold.features.plans.design import EXCEEDED, REFUSED

        return (
            Outcome(REFUSED, 403, "The plan of the tenant does not have this."),
            Outcome(EXCEEDED, 403, "The plan of the tenant has no more of this.", explained=True),
        )

    def findings(self, scope: Scope) -> Iterator[Finding]:
        from scaffold.features.plans.check import findings

        return findings(scope)

    def needs(self, operation: Operation) -> Iterable[str]:
        from scaffold.features.plans.design import Gated

        found = operation.trait(Gated)
        if found:
            plans = ", ".join(found.plans) or "no plan"
            yield f"feature {found.feature} ({plans})"

    def described(self, operation: Operation) -> Mapping[str, Any]:
        from scaffold.features.plans.design import Gated

        found = operation.trait(Gated)
        return {"feature": found.feature, "plans": list(found.plans)} if found else {}

    def drift(self) -> Judged:
        from scaffold.features.plans.drift import JUDGED

        return JUDGED

    def rules(self) -> Iterable[Rule]:
        from scaffold.features.plans.lint import family

        return family.rules

    def stored(self, design: Design) -> Iterable[OwnTable]:
        from scaffold.features.plans.database import stored

        found = _of(design)
        return stored(design, found) if found else ()

    def rights(self, design: Design) -> Iterable[Right]:
        from scaffold.features.plans.database import rights

        found = _of(design)
        return rights(design, found) if found else ()

    def functions(self, design: Design, render: Render) -> Iterable[Function]:
        from scaffold.features.plans.database import functions

        found = _of(design)
        return functions(design, found, render) if found else ()

    def counters(self, design: Design) -> Iterable[Counter]:
        from scaffold.features.plans.design import counted

        found = _of(design)
        return counted(found) if found else ()

    def bounds(self, design: Design) -> Mapping[str, Bound]:
        from scaffold.features.plans.database import bounds

        found = _of(design)
        return bounds(found) if found else {}

    def entry(self, design: Design) -> Entry | None:
        from scaffold.features.plans.database import entry

        found = _of(design)
        return entry(design, found) if found else None

    def evidence(self, design: Design) -> Iterable[Evidence]:
        from scaffold.features.plans.design import CHANGE

        found = _of(design)
        if found:
            yield Evidence(CHANGE, "recorded_at")

    def held(self, design: Design, tenant: str) -> Iterable[Sql]:
        from scaffold.features.plans.database import held

        return held(tenant) if self.used(design) else ()

    def steps(self, design: Design, served: Served) -> Steps | None:
        from scaffold.features.plans.database import steps

        found = _of(design)
        return steps(found, served) if found else None

    def triggers(self, design: Design, render: Render) -> str:
        from scaffold.features.plans.database import triggers

        return triggers(render) if self.used(design) else ""

    def founded(self, design: Design) -> Iterable[str]:
        from scaffold.features.plans.database import START_TRIAL

        found = _of(design)
        return (START_TRIAL,) if found and found.trial else ()

    def files(self, design: Design) -> Files:
        from scaffold.features.plans.design import View

        found = _of(design)
        if found is None:
            return Files()
        fragments = {
            "admin.commands": "admin_commands.jinja",
            "docs.sentences": "sentence.jinja",
            "harness.imports": "harness_imports.jinja",
            "harness.prepared": "prepared.jinja",
            "world.imports": "world_imports.jinja",
            "world.tenant": "world_tenant.jinja",
            "test_contract.promised": "promised.jinja",
        }
        if found.meters:
            fragments["harness.tenant"] = "harness_tenant.jinja"
        package = {
            "development/plans.py": "development.py.jinja",
            "evidence.py": "evidence.py.jinja",
        }
        if found.rated:
            package["gate/plans.py"] = "rates.py.jinja"
            fragments |= {
                "admission.charged": "admission_charged.jinja",
                "admission.fields": "admission_fields.jinja",
                "admission.rates": "admission_rates.jinja",
                "admission.returned": "admission_returned.jinja",
                "conftest.imports": "conftest_imports.jinja",
                "conftest.service": "conftest_service.jinja",
                "operation.decided": "operation_decided.jinja",
                "operation.gate": "operation_gate.jinja",
                "test_limits.imports": "conftest_imports.jinja",
                "test_limits.limited": "limited.jinja",
            }
        return Files(
            package=package,
            tests={
                "test_evidence.py": "test_evidence.py.jinja",
                "test_plans.py": "test_plans.py.jinja",
            },
            fragments=fragments,
            view=View.of(design, found),
        )

    def attributes(self) -> Iterable[Attribute]:
        return (Attribute("feature", "str", '""'),)

    def row(self, operation: Operation) -> Mapping[str, str]:
        from scaffold.features.plans.design import feature_of

        feature = feature_of(operation)
        return {"feature": f'"{feature}"'} if feature else {}

    def components(self, design: Design) -> Components | None:
        from scaffold.features.plans.contract import components

        return components() if self.used(design) else None

    def demands(self, design: Design, operation: Operation) -> Demands | None:
        from scaffold.features.plans.contract import demands

        found = _of(design)
        return demands(design, found, operation) if found else None

    def mutants(self) -> Iterable[Mutant]:
        from scaffold.features.plans.mutants import MUTANTS

        return MUTANTS


def _of(design: Design) -> Trait | None:
    """The plans of a design, if it has some."""
    from scaffold.features.plans.design import plans_of

    return plans_of(design)
