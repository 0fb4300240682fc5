"""Step-up: an action that asks for a recent authentication (RFC 9470, control ID-3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from scaffold.features.feature import Attribute, Feature, Files, Judged, Keys
from scaffold.features.step_up.keys import ActionKeys

if TYPE_CHECKING:
    from scaffold.contract.parts import Demands
    from scaffold.database.bodies import Entry, Served, Steps
    from scaffold.design.events import SecurityEvent
    from scaffold.design.model import Design, Operation
    from scaffold.design.outcomes import Outcome
    from scaffold.design.surface import Fact
    from scaffold.features.mutant import Mutant
    from scaffold.lint.rule import Rule
    from scaffold.spec.model import Action, Resource, Spec


class StepUp(Feature):
    """How old an authentication may be for an action."""

    name: ClassVar[str] = "step_up"
    keys: ClassVar[Keys] = Keys(action=ActionKeys)
    asks_readers: ClassVar[bool] = True

    def operation(
        self, spec: Spec, source: Resource, action: Action | None, do: str
    ) -> object | None:
        from scaffold.features.step_up.design import FreshSignIn

        if not isinstance(action, ActionKeys) or action.step_up is None:
            return None
        return FreshSignIn(action.step_up)

    def used(self, design: Design) -> bool:
        from scaffold.features.step_up.design import used

        return used(design)

    def facts(self, design: Design) -> Iterable[tuple[str, Fact]]:
        from scaffold.features.step_up.design import facts

        return facts(design)

    def outcomes(self) -> Iterable[Outcome]:
        from scaffold.design.outcomes import Outcome

        return (Outcome("step_up_required", 403, challenge=True),)

    def events(self, design: Design) -> Iterable[SecurityEvent]:
        from scaffold.design.events import SecurityEvent

        if self.used(design):
            yield SecurityEvent(
                "SEC-301",
                "step_up_refused",
                "info",
                "Somebody who had not signed in just now asked for what needs it.",
                "Once is the way to a new sign-in. Many of one principal without a success after "
                "them: sign the member out.",
                reasons=("step_up_required",),
                above=20,
            )

    def needs(self, operation: Operation) -> Iterable[str]:
        from scaffold.explain.words import duration
        from scaffold.features.step_up.design import seconds_of

        seconds = seconds_of(operation)
        return () if seconds is None else (f"signed in within {duration(seconds)}",)

    def described(self, operation: Operation) -> Mapping[str, Any]:
        from scaffold.features.step_up.design import seconds_of

        return {"step_up": seconds_of(operation)}

    def drift(self) -> Judged:
        from scaffold.features.step_up.drift import JUDGED

        return JUDGED

    def rules(self) -> Iterable[Rule]:
        from scaffold.features.step_up.lint import family

        return family.rules

    def demands(self, design: Design, operation: Operation) -> Demands | None:
        from scaffold.contract.parts import Demands
        from scaffold.features.step_up.design import seconds_of

        seconds = seconds_of(operation)
        return None if seconds is None else Demands(extensions={"x-step-up-seconds": seconds})

    def entry(self, design: Design) -> Entry | None:
        from scaffold.features.step_up.database import ENTRY

        return ENTRY if self.used(design) else None

    def steps(self, design: Design, served: Served) -> Steps | None:
        from scaffold.features.step_up.database import steps

        return steps(served)

    def files(self, design: Design) -> Files:
        return Files(
            tests={"test_step_up.py": "test_step_up.py.jinja"},
            fragments={
                "test_contract.promised": "promised.jinja",
                "docs.sentences": "sentence.jinja",
            },
        )

    def attributes(self) -> Iterable[Attribute]:
        return (Attribute("step_up", "int | None", "None"),)

    def row(self, operation: Operation) -> Mapping[str, str]:
        from scaffold.features.step_up.design import seconds_of

        seconds = seconds_of(operation)
        return {} if seconds is None else {"step_up": str(seconds)}

    def mutants(self) -> Iterable[Mutant]:
        from scaffold.features.step_up.mutants import MUTANTS

        return MUTANTS
