"""Caps: how much members may spend by an operation, by their roles (PAY-6)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from scaffold.features.caps.keys import SpecKeys
from scaffold.features.feature import Evidence, Feature, Files, Judged, Keys

if TYPE_CHECKING:
    from scaffold.contract.parts import Components, Demands
    from scaffold.database.bodies import Render, Served, Steps
    from scaffold.database.schema import Function, OwnTable
    from scaffold.design.model import Design, Operation
    from scaffold.design.outcomes import Outcome
    from scaffold.design.surface import Fact
    from scaffold.features.caps.design import Caps as Trait
    from scaffold.features.mutant import Mutant
    from scaffold.lint.rule import Rule
    from scaffold.spec.findings import Finding, Scope
    from scaffold.spec.model import Action, Resource, Spec


class Caps(Feature):
    """What is added up of what members do, and how much of it each role may."""

    name: ClassVar[str] = "caps"
    keys: ClassVar[Keys] = Keys(spec=SpecKeys)

    def service(self, source: Spec) -> object | None:
        from scaffold.features.caps.design import caps

        return caps(source)

    def operation(
        self, spec: Spec, source: Resource, action: Action | None, do: str
    ) -> object | None:
        from scaffold.features.caps.design import capped

        return capped(spec, source, action, do)

    def used(self, design: Design) -> bool:
        return _of(design) is not None

    def facts(self, design: Design) -> Iterable[tuple[str, Fact]]:
        from scaffold.features.caps.design import facts

        return facts(design)

    def outcomes(self) -> Iterable[Outcome]:
        from scaffold.design.outcomes import Outcome
        from scaffold.features.caps.design import EXCEEDED

        return (Outcome(EXCEEDED, 403, "The role may spend no more of this.", explained=True),)

    def findings(self, scope: Scope) -> Iterator[Finding]:
        from scaffold.features.caps.check import findings

        return findings(scope)

    def needs(self, operation: Operation) -> Iterable[str]:
        from scaffold.features.caps.design import of

        for cap in of(operation):
            yield f"cap {cap.name}: {'; '.join(map(cap.said, cap.roles))}"

    def described(self, operation: Operation) -> Mapping[str, Any]:
        from scaffold.features.caps.contract import demands

        found = demands(operation)
        return {"caps": found.extensions["x-caps"]} if found else {}

    def drift(self) -> Judged:
        from scaffold.features.caps.drift import JUDGED

        return JUDGED

    def rules(self) -> Iterable[Rule]:
        from scaffold.features.caps.lint import family

        return family.rules

    def stored(self, design: Design) -> Iterable[OwnTable]:
        from scaffold.features.caps.database import stored

        return stored(design) if self.used(design) else ()

    def functions(self, design: Design, render: Render) -> Iterable[Function]:
        from scaffold.features.caps.database import functions

        found = _of(design)
        return functions(found, render) if found else ()

    def steps(self, design: Design, served: Served) -> Steps | None:
        from scaffold.features.caps.database import steps

        return steps(design, served) if self.used(design) else None

    def expired(self, design: Design) -> Iterable[tuple[str, str]]:
        from scaffold.features.caps.design import SPENDING

        if self.used(design):
            yield SPENDING, "changed_at < now() - interval '400 days'"

    def evidence(self, design: Design) -> Iterable[Evidence]:
        from scaffold.features.caps.design import SPENDING

        if self.used(design):
            yield Evidence(SPENDING, "changed_at")

    def components(self, design: Design) -> Components | None:
        from scaffold.features.caps.contract import components

        return components() if self.used(design) else None

    def demands(self, design: Design, operation: Operation) -> Demands | None:
        from scaffold.features.caps.contract import demands

        return demands(operation)

    def files(self, design: Design) -> Files:
        from scaffold.features.caps.design import view

        found = _of(design)
        if found is None:
            return Files()
        return Files(
            tests={"test_caps.py": "test_caps.py.jinja"},
            fragments={"docs.sentences": "sentence.jinja"},
            view=view(design, found),
        )

    def mutants(self) -> Iterable[Mutant]:
        from scaffold.features.caps.mutants import MUTANTS

        return MUTANTS


def _of(design: Design) -> Trait | None:
    """The caps of a design, if it has some."""
    from scaffold.features.caps.design import caps_of

    return caps_of(design)
