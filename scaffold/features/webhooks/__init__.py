"""Published events: what a tenant's endpoints hear of, signed, in order and at least once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from scaffold.features.feature import BuiltIn, Feature, Files, Judged, Keys
from scaffold.features.webhooks.keys import ResourceKeys

if TYPE_CHECKING:
    from scaffold.database.bodies import Render, Served, Steps
    from scaffold.database.schema import Function, OwnTable, Right
    from scaffold.design.events import SecurityEvent
    from scaffold.design.model import Design
    from scaffold.design.outcomes import Outcome
    from scaffold.design.surface import Fact
    from scaffold.features.mutant import Mutant
    from scaffold.lint.rule import Rule
    from scaffold.spec.findings import Finding, Scope
    from scaffold.spec.model import Spec


class Webhooks(Feature):
    """What is told to whom, and how it gets there."""

    name: ClassVar[str] = "webhooks"
    keys: ClassVar[Keys] = Keys(resource=ResourceKeys)

    def resources(self) -> Mapping[str, BuiltIn]:
        from scaffold.features.webhooks.design import DELIVERY, ENDPOINT
        from scaffold.features.webhooks.resource import delivery, endpoint

        return {ENDPOINT: endpoint(), DELIVERY: delivery()}

    def service(self, source: Spec) -> object | None:
        from scaffold.features.webhooks.design import published

        return published(source)

    def used(self, design: Design) -> bool:
        from scaffold.features.webhooks.design import used

        return used(design)

    def facts(self, design: Design) -> Iterable[tuple[str, Fact]]:
        from scaffold.features.webhooks.design import facts

        return facts(design)

    def outcomes(self) -> Iterable[Outcome]:
        from scaffold.design.outcomes import Outcome
        from scaffold.features.webhooks.design import MAX_ENDPOINTS

        many = f"A tenant has at most {MAX_ENDPOINTS} endpoints: delete one that nobody needs."
        return (Outcome("endpoints_enough", 409, many, of="create_webhook_endpoint"),)

    def events(self, design: Design) -> Iterable[SecurityEvent]:
        from scaffold.features.webhooks.events import events

        return events(design)

    def findings(self, scope: Scope) -> Iterable[Finding]:
        from scaffold.features.webhooks.check import findings

        return findings(scope)

    def drift(self) -> Judged:
        from scaffold.features.webhooks.drift import JUDGED

        return JUDGED

    def rules(self) -> Iterable[Rule]:
        from scaffold.features.webhooks.lint import family

        return family.rules

    def webhooks(self, design: Design) -> Mapping[str, Any]:
        from scaffold.features.webhooks.contract import webhooks

        return webhooks(design)

    def stored(self, design: Design) -> Iterable[OwnTable]:
        from scaffold.features.webhooks.database import stored

        return stored(design) if self.used(design) else ()

    def works(self, design: Design) -> Iterable[Right]:
        from scaffold.features.webhooks.database import works
        from scaffold.features.webhooks.design import hears

        return works() if hears(design) else ()

    def functions(self, design: Design, render: Render) -> Iterable[Function]:
        from scaffold.features.webhooks.database import functions

        return functions(design, render)

    def expired(self, design: Design) -> Iterable[tuple[str, str]]:
        if self.used(design):
            yield "webhook_delivery", "finished_at < now() - interval '30 days'"

    def steps(self, design: Design, served: Served) -> Steps | None:
        from scaffold.features.webhooks.database import steps

        return steps(design, served)

    def files(self, design: Design) -> Files:
        from scaffold.features.webhooks.design import hears, view

        if not hears(design):
            return Files()
        return Files(
            package={
                "gate/derived.py": "derived.py.jinja",
                "work/addresses.py": "addresses.py.jinja",
                "work/webhooks.py": "webhooks.py.jinja",
            },
            tests={
                "test_addresses.py": "test_addresses.py.jinja",
                "test_webhooks.py": "test_webhooks.py.jinja",
            },
            fragments={
                "admin.queues": "admin_queues.jinja",
                "test_worker.messages": "messages.jinja",
                "settings.fields": "settings.jinja",
                "harness.settings": "startup_settings.jinja",
                "test_startup.settings": "startup_settings.jinja",
                "tests.environment": "environment.jinja",
                "worker.imports": "worker_imports.jinja",
                "worker.queues": "worker_queues.jinja",
                "worker.settings": "worker_settings.jinja",
            },
            view=view(design),
        )

    def mutants(self) -> Iterable[Mutant]:
        from scaffold.features.webhooks.mutants import MUTANTS

        return MUTANTS
