"""Inbound webhooks: signed events of providers do what a role of services may (PAY-1, AZ-4)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from scaffold.features.feature import Attribute, Evidence, Feature, Files, Judged, Keys
from scaffold.features.inbound.keys import SpecKeys

if TYPE_CHECKING:
    from scaffold.contract.parts import Components
    from scaffold.database.bodies import Entry, Render
    from scaffold.database.schema import Function, OwnTable
    from scaffold.design.events import SecurityEvent
    from scaffold.design.model import Decider, Design, Join
    from scaffold.design.outcomes import Outcome
    from scaffold.design.surface import Fact
    from scaffold.features.mutant import Mutant
    from scaffold.lint.rule import Rule
    from scaffold.spec.findings import Finding, Scope
    from scaffold.spec.model import Spec


class InboundWebhooks(Feature):
    """Whose events are heard, and what they do."""

    name: ClassVar[str] = "inbound"
    keys: ClassVar[Keys] = Keys(spec=SpecKeys)
    transacts: ClassVar[bool] = True

    def service(self, source: Spec) -> object | None:
        from scaffold.features.inbound.design import inbound

        return inbound(source)

    def deciders(self, source: Spec, resource: str) -> Iterable[Decider]:
        from scaffold.features.inbound.design import deciders

        return deciders(source, resource)

    def used(self, design: Design) -> bool:
        from scaffold.features.inbound.design import receivers

        return bool(receivers(design))

    def facts(self, design: Design) -> Iterable[tuple[str, Fact]]:
        from scaffold.features.inbound.design import facts

        return facts(design)

    def unasked(self, design: Design) -> Iterable[tuple[str, str]]:
        from scaffold.features.inbound.design import receivers

        return (
            (each.source.runs_as, effect.operation.id)
            for each in receivers(design)
            for effect in each.effects
        )

    def outcomes(self) -> Iterable[Outcome]:
        from scaffold.features.inbound.design import OUTCOMES

        return OUTCOMES

    def events(self, design: Design) -> Iterable[SecurityEvent]:
        from scaffold.features.inbound.events import events

        return events() if self.used(design) else ()

    def findings(self, scope: Scope) -> Iterator[Finding]:
        from scaffold.features.inbound.check import findings

        return findings(scope)

    def secrets(self, design: Design) -> Iterable[str]:
        from scaffold.features.inbound.design import receivers

        return (each.source.secrets[0] for each in receivers(design))

    def drift(self) -> Judged:
        from scaffold.features.inbound.drift import JUDGED

        return JUDGED

    def former_secrets(self, design: Design) -> Iterable[str]:
        from scaffold.features.inbound.design import receivers

        return (name for each in receivers(design) for name in each.source.secrets[1:])

    def rules(self) -> Iterable[Rule]:
        from scaffold.features.inbound.lint import family

        return family.rules

    def components(self, design: Design) -> Components | None:
        from scaffold.features.inbound.contract import components

        return components(design) if self.used(design) else None

    def paths(self, design: Design) -> Mapping[str, Any]:
        from scaffold.features.inbound.contract import paths

        return paths(design)

    def signed(self, design: Design) -> Iterable[Join]:
        from scaffold.features.inbound.design import receivers

        return (each.join for each in receivers(design))

    def stored(self, design: Design) -> Iterable[OwnTable]:
        from scaffold.features.inbound.database import stored

        return stored(design)

    def entry(self, design: Design) -> Entry | None:
        from scaffold.features.inbound.database import ENTRY
        from scaffold.features.inbound.design import narrowed

        return ENTRY if narrowed(design) else None

    def functions(self, design: Design, render: Render) -> Iterable[Function]:
        from scaffold.features.inbound.database import functions

        return functions(design, render)

    def expired(self, design: Design) -> Iterable[tuple[str, str]]:
        from scaffold.features.inbound.design import EVENT, ORDER, RETAIN_DAYS, view

        if self.used(design):
            yield EVENT, f"received_at < now() - interval '{RETAIN_DAYS} days'"
            if view(design).ordered:
                yield ORDER, f"occurred_at < now() - interval '{RETAIN_DAYS} days'"

    def evidence(self, design: Design) -> Iterable[Evidence]:
        from scaffold.features.inbound.design import EVENT

        return (Evidence(EVENT, "received_at"),) if self.used(design) else ()

    def files(self, design: Design) -> Files:
        from scaffold.features.inbound.design import view

        found = view(design)
        hooked = {"gate/heard.py": "heard.py.jinja"} if found.hooked else {}
        return Files(
            package={
                "providers.py": "providers.py.jinja",
                "gate/receive.py": "receive.py.jinja",
                "gate/signatures.py": "signatures.py.jinja",
                **hooked,
            },
            tests={"test_inbound.py": "test_inbound.py.jinja"},
            fragments={
                "admin.commands": "admin.jinja",
                "admin.groups": "admin_groups.jinja",
                "admission.constants": "admission_constants.jinja",
                "admission.fields": "admission_fields.jinja",
                "admission.imports": "admission_imports.jinja",
                "admission.methods": "admission_methods.jinja",
                "admission.parameters": "admission_parameters.jinja",
                "app.admitted": "app_admitted.jinja",
                "app.imports": "app_imports.jinja",
                "dispatch.admission": "dispatch_admission.jinja",
                "dispatch.imports": "dispatch_imports.jinja",
                "dispatch.methods": "dispatch_methods.jinja",
                "dispatch.signed": "dispatch_signed.jinja",
                "docs.sentences": "sentence.jinja",
                "harness.settings": "startup_settings.jinja",
                "harness.contract": "harness_contract.jinja",
                "harness.table": "harness_table.jinja",
                "operation.types": "operation_types.jinja",
                "operations.imports": "operations_imports.jinja",
                "operations.rows": "operations_rows.jinja",
                "settings.fields": "settings.jinja",
                "test_grants.shared": "shared.jinja",
                "test_startup.settings": "startup_settings.jinja",
                "tests.environment": "environment.jinja",
            },
            view=found,
        )

    def attributes(self) -> Iterable[Attribute]:
        return (Attribute("provider", '"Provider | None"', "None"),)

    def headers(self, design: Design) -> Iterable[str]:
        from scaffold.features.inbound.design import headers

        return headers(design)

    def mutants(self) -> Iterable[Mutant]:
        from scaffold.features.inbound.mutants import MUTANTS

        return MUTANTS
