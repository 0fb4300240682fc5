"""Idempotency keys: a repeated request has one effect and one answer (control PAY-2).

After draft-ietf-httpapi-idempotency-key-header.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from scaffold.features.feature import Attribute, Feature, Files, Judged, Keys
from scaffold.features.idempotency.keys import ActionKeys, ResourceKeys

if TYPE_CHECKING:
    from scaffold.contract.parts import Components, Demands
    from scaffold.database.bodies import Render, Served, Steps
    from scaffold.database.schema import Function, OwnTable
    from scaffold.design.events import SecurityEvent
    from scaffold.design.model import Design, Operation
    from scaffold.design.outcomes import Outcome
    from scaffold.design.surface import Fact
    from scaffold.features.mutant import Mutant
    from scaffold.lint.rule import Rule
    from scaffold.spec.model import Action, Resource, Spec


class Idempotency(Feature):
    """Which operations take an idempotency key, and what it does."""

    name: ClassVar[str] = "idempotency"
    keys: ClassVar[Keys] = Keys(resource=ResourceKeys, action=ActionKeys)

    def operation(
        self, spec: Spec, source: Resource, action: Action | None, do: str
    ) -> object | None:
        from scaffold.features.idempotency.design import Repeatable

        asked = action if action is not None else source if do == "create" else None
        if not isinstance(asked, ActionKeys | ResourceKeys):
            return None
        return Repeatable(asked.idempotent)

    def used(self, design: Design) -> bool:
        from scaffold.features.idempotency.design import used

        return used(design)

    def facts(self, design: Design) -> Iterable[tuple[str, Fact]]:
        from scaffold.features.idempotency.design import facts

        return facts(design)

    def outcomes(self) -> Iterable[Outcome]:
        from scaffold.design.outcomes import Outcome

        return (
            Outcome("replayed"),
            Outcome("idempotency_key_required", 400),
            Outcome("idempotency_mismatch", 422),
            Outcome("idempotency_in_flight", 409),
        )

    def events(self, design: Design) -> Iterable[SecurityEvent]:
        from scaffold.design.events import SecurityEvent

        if self.used(design):
            yield SecurityEvent(
                "SEC-201",
                "idempotency_mismatch",
                "warning",
                "An idempotency key was sent again with another request.",
                "Look at the client of the principal: it gives two requests one key, or somebody "
                "replays keys that they have seen.",
                reasons=("idempotency_mismatch",),
                above=5,
            )

    def needs(self, operation: Operation) -> Iterable[str]:
        from scaffold.features.idempotency.design import need_of

        return ("Idempotency-Key",) if need_of(operation) == "required" else ()

    def described(self, operation: Operation) -> Mapping[str, Any]:
        from scaffold.features.idempotency.design import need_of

        return {"idempotency_key": need_of(operation) or "none"}

    def drift(self) -> Judged:
        from scaffold.features.idempotency.drift import JUDGED

        return JUDGED

    def rules(self) -> Iterable[Rule]:
        from scaffold.features.idempotency.lint import family

        return family.rules

    def components(self, design: Design) -> Components | None:
        from scaffold.features.idempotency.contract import components

        return components(design)

    def demands(self, design: Design, operation: Operation) -> Demands | None:
        from scaffold.features.idempotency.contract import demands

        return demands(operation)

    def stored(self, design: Design) -> Iterable[OwnTable]:
        from scaffold.features.idempotency.database import stored

        return (stored(),) if self.used(design) else ()

    def functions(self, design: Design, render: Render) -> Iterable[Function]:
        from scaffold.features.idempotency.database import functions

        return functions(design, render) if self.used(design) else ()

    def expired(self, design: Design) -> Iterable[tuple[str, str]]:
        if self.used(design):
            yield "idempotency_key", "expires_at < now()"

    def steps(self, design: Design, served: Served) -> Steps | None:
        from scaffold.features.idempotency.database import steps

        return steps(served)

    def files(self, design: Design) -> Files:
        from scaffold.features.idempotency.design import View

        return Files(
            tests={"test_idempotency.py": "test_idempotency.py.jinja"},
            fragments={
                "operation.imports": "imports.jinja",
                "operation.constants": "constants.jinja",
                "operation.call": "call.jinja",
                "docs.placeholders": "placeholder.jinja",
                "docs.values": "value.jinja",
                "docs.sentences": "sentence.jinja",
                "harness.headers": "headers.jinja",
                "harness.again": "again.jinja",
                "test_contract.promised": "promised.jinja",
                "test_isolation.arguments": "arguments.jinja",
            },
            view=View.of(design),
        )

    def attributes(self) -> Iterable[Attribute]:
        annotation = 'Literal["none", "optional", "required"]'
        return (Attribute("idempotency", annotation, '"none"'),)

    def row(self, operation: Operation) -> Mapping[str, str]:
        from scaffold.features.idempotency.design import need_of

        need = need_of(operation)
        return {} if need is None else {"idempotency": f'"{need}"'}

    def headers(self, design: Design) -> Iterable[str]:
        return ("idempotency-key",)

    def mutants(self) -> Iterable[Mutant]:
        from scaffold.features.idempotency.mutants import MUTANTS

        return MUTANTS
