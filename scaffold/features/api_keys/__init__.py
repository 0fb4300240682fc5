"""API keys: members let programs act for them, within scopes and for a time (control AZ-5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, ClassVar

from scaffold.features.api_keys.keys import SpecKeys
from scaffold.features.feature import BuiltIn, Feature, Files, Judged, Keys

if TYPE_CHECKING:
    from scaffold.contract.parts import Components
    from scaffold.database.bodies import Entry, Render, Served, Steps
    from scaffold.database.schema import Function, OwnTable
    from scaffold.design.events import SecurityEvent
    from scaffold.design.model import Design
    from scaffold.design.outcomes import Outcome
    from scaffold.design.surface import Fact
    from scaffold.features.mutant import Mutant
    from scaffold.lint.rule import Rule
    from scaffold.spec.model import Spec


class ApiKeys(Feature):
    """What a key may do, for how long, and who makes one."""

    name: ClassVar[str] = "api_keys"
    keys: ClassVar[Keys] = Keys(spec=SpecKeys)

    def resources(self) -> Mapping[str, BuiltIn]:
        from scaffold.features.api_keys.design import API_KEY
        from scaffold.features.api_keys.resource import api_key

        return {API_KEY: api_key()}

    def service(self, source: Spec) -> object | None:
        from scaffold.features.api_keys.design import Bounds
        from scaffold.features.api_keys.resource import permissions

        assert isinstance(source, SpecKeys)
        return Bounds(permissions(source), source.api_keys.max_lifetime)

    def used(self, design: Design) -> bool:
        from scaffold.features.api_keys.design import used

        return used(design)

    def facts(self, design: Design) -> Iterable[tuple[str, Fact]]:
        from scaffold.features.api_keys.design import facts

        return facts(design) if self.used(design) else ()

    def outcomes(self) -> Iterable[Outcome]:
        from scaffold.features.api_keys.design import OUTCOMES

        return OUTCOMES

    def events(self, design: Design) -> Iterable[SecurityEvent]:
        from scaffold.features.api_keys.events import events

        return events(design)

    def drift(self) -> Judged:
        from scaffold.features.api_keys.drift import JUDGED

        return JUDGED

    def rules(self) -> Iterable[Rule]:
        from scaffold.features.api_keys.lint import family

        return family.rules

    def components(self, design: Design) -> Components | None:
        from scaffold.features.api_keys.contract import components

        return components(design) if self.used(design) else None

    def stored(self, design: Design) -> Iterable[OwnTable]:
        from scaffold.features.api_keys.database import stored

        return (stored(design),) if self.used(design) else ()

    def functions(self, design: Design, render: Render) -> Iterable[Function]:
        from scaffold.features.api_keys.database import functions

        return functions(render) if self.used(design) else ()

    def expired(self, design: Design) -> Iterable[tuple[str, str]]:
        if self.used(design):  # a month later, so that whoever looks for it still finds it
            yield "api_key", "expires_at < now() - interval '30 days'"

    def entry(self, design: Design) -> Entry | None:
        from scaffold.features.api_keys.database import ENTRY

        return ENTRY if self.used(design) else None

    def steps(self, design: Design, served: Served) -> Steps | None:
        from scaffold.features.api_keys.database import steps

        return steps(served)

    def files(self, design: Design) -> Files:
        from scaffold.features.api_keys.design import view

        if not self.used(design):
            return Files()
        return Files(
            package={"gate/api_keys.py": "api_keys.py.jinja"},
            tests={"test_api_keys.py": "test_api_keys.py.jinja"},
            fragments={
                "admission.imports": "admission_imports.jinja",
                "admission.parameters": "admission_parameters.jinja",
                "admission.fields": "admission_fields.jinja",
                "admission.callers": "admission_callers.jinja",
                "app.admitted": "app_admitted.jinja",
                "app.imports": "app_imports.jinja",
                "identity.principal": "identity_principal.jinja",
                "operation.decided": "operation_decided.jinja",
            },
            view=view(design),
        )

    def mutants(self) -> Iterable[Mutant]:
        from scaffold.features.api_keys.mutants import MUTANTS

        return MUTANTS
