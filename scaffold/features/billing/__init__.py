"""Billing: plans are bought from a provider, whose events drive the subscription (PAY-1 to -7)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, ClassVar

from scaffold.features.billing.keys import SpecKeys
from scaffold.features.feature import BuiltIn, Feature, Files, Judged, Keys

if TYPE_CHECKING:
    from scaffold.database.bodies import Render, Served, Steps
    from scaffold.database.schema import Function, OwnTable, Right
    from scaffold.design.heard import Heard
    from scaffold.design.model import Design
    from scaffold.design.outcomes import Outcome
    from scaffold.design.surface import Fact
    from scaffold.features.billing.design import Billing as Trait
    from scaffold.features.mutant import Mutant
    from scaffold.lint.rule import Rule
    from scaffold.spec.findings import Finding, Scope
    from scaffold.spec.model import Spec


class Billing(Feature):
    """Who takes the money, what is asked of them, and what their events do."""

    name: ClassVar[str] = "billing"
    keys: ClassVar[Keys] = Keys(spec=SpecKeys)

    def resources_of(self, source: Spec) -> Mapping[str, BuiltIn]:
        from scaffold.features.billing.design import REQUEST
        from scaffold.features.billing.resource import request

        found = request(source)
        return {REQUEST: found} if found else {}

    def service(self, source: Spec) -> object | None:
        from scaffold.features.billing.design import billing

        return billing(source)

    def used(self, design: Design) -> bool:
        return _of(design) is not None

    def facts(self, design: Design) -> Iterable[tuple[str, Fact]]:
        from scaffold.features.billing.design import facts

        return facts(design)

    def hears(self, design: Design) -> Iterable[Heard]:
        from scaffold.features.billing.design import heard

        found = _of(design)
        return (heard(found),) if found else ()

    def outcomes(self) -> Iterable[Outcome]:
        from scaffold.design.outcomes import Outcome
        from scaffold.features.billing.design import OF_A_PLAN, UNASKED

        told = f"{', '.join(OF_A_PLAN).capitalize()} name a plan, and nothing else does."
        return (Outcome(UNASKED, 422, told, of="create_billing_request"),)

    def findings(self, scope: Scope) -> Iterator[Finding]:
        from scaffold.features.billing.check import findings

        return findings(scope)

    def reporter(self, design: Design) -> str:
        return "billing.Meters(connections, provider).tell" if self.used(design) else ""

    def worker_secrets(self, design: Design) -> Iterable[str]:
        return ("STRIPE_SECRET_KEY", "BILLING_RETURN_URL") if self.used(design) else ()

    def packages(self, design: Design) -> Iterable[str]:
        return ("stripe",) if self.used(design) else ()

    def drift(self) -> Judged:
        from scaffold.features.billing.drift import JUDGED

        return JUDGED

    def rules(self) -> Iterable[Rule]:
        from scaffold.features.billing.lint import family

        return family.rules

    def stored(self, design: Design) -> Iterable[OwnTable]:
        from scaffold.features.billing.database import stored

        found = _of(design)
        return stored(design, found) if found else ()

    def rights(self, design: Design) -> Iterable[Right]:
        from scaffold.features.billing.database import rights

        found = _of(design)
        return rights(found) if found else ()

    def works(self, design: Design) -> Iterable[Right]:
        from scaffold.features.billing.database import works

        found = _of(design)
        return works(found) if found else ()

    def functions(self, design: Design, render: Render) -> Iterable[Function]:
        from scaffold.features.billing.database import functions
        from scaffold.features.billing.design import requests

        found = _of(design)
        asked = any(each.verb == "create" for each in requests(design))
        return functions(found, render, asked=asked) if found else ()

    def steps(self, design: Design, served: Served) -> Steps | None:
        from scaffold.features.billing.database import steps

        return steps(served)

    def triggers(self, design: Design, render: Render) -> str:
        from scaffold.features.billing.database import triggers

        found = _of(design)
        return triggers(found, render) if found else ""

    def files(self, design: Design) -> Files:
        from scaffold.features.billing.design import view

        found = _of(design)
        if found is None:
            return Files()
        fragments = {
            "admin.commands": "admin.jinja",
            "admin.queues": "admin_queues.jinja",
            "test_worker.messages": "messages.jinja",
            "worker.imports": "worker_imports.jinja",
            "worker.made": "worker_made.jinja",
            "worker.queues": "worker_queues.jinja",
            "worker.settings": "worker_settings.jinja",
            "serve.environment": "serve_environment.jinja",
            "serve.imports": "serve_imports.jinja",
        }
        told = view(design, found)
        if told.create:
            fragments["harness.body"] = "harness_body.jinja"
            fragments["test_contract.unsaid"] = "unsaid.jinja"
        return Files(
            package={
                "gate/billing.py": "events.py.jinja",
                "work/billing.py": "work.py.jinja",
                "work/provider.py": "provider.py.jinja",
                "work/stripe.py": "stripe.py.jinja",
                "development/stripe.py": "fake.py.jinja",
            },
            tests={"test_billing.py": "test_billing.py.jinja"},
            fragments=fragments,
            view=told,
        )

    def mutants(self) -> Iterable[Mutant]:
        from scaffold.features.billing.mutants import MUTANTS

        return MUTANTS


def _of(design: Design) -> Trait | None:
    """The billing of a design, if it has some."""
    from scaffold.features.billing.design import billing_of

    return billing_of(design)
