"""The administration of a tenant: members as a resource that roles are granted (AZ-1, ID-7)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, ClassVar

from scaffold.features.feature import BuiltIn, Feature, Files

if TYPE_CHECKING:
    from scaffold.database.bodies import Render, Served, Steps
    from scaffold.database.schema import Function
    from scaffold.design.model import Design
    from scaffold.design.outcomes import Outcome
    from scaffold.features.mutant import Mutant
    from scaffold.lint.rule import Rule
    from scaffold.spec.model import Spec


class Administration(Feature):
    """Who may let whom in, and give them which roles."""

    name: ClassVar[str] = "administration"

    def resources(self) -> Mapping[str, BuiltIn]:
        from scaffold.features.administration.design import MEMBER
        from scaffold.features.administration.resource import member

        return {MEMBER: member()}

    def resources_of(self, source: Spec) -> Mapping[str, BuiltIn]:
        from scaffold.features.administration.resource import tenant

        return {source.tenancy.tenant: tenant(source)}

    def used(self, design: Design) -> bool:
        from scaffold.features.administration.design import used

        return used(design)

    def outcomes(self) -> Iterable[Outcome]:
        from scaffold.design.outcomes import Outcome

        return (
            Outcome("own_membership", 403, "Nobody changes their own membership."),
            Outcome("role_not_assignable", 403, "Your roles do not give or take these roles."),
            Outcome("tenant_suspended", 403, "Nobody is let in until the operator resumes it."),
        )

    def rules(self) -> Iterable[Rule]:
        from scaffold.features.administration.lint import family

        return family.rules

    def functions(self, design: Design, render: Render) -> Iterable[Function]:
        from scaffold.features.administration.database import functions

        return functions(design, render) if self.used(design) else ()

    def steps(self, served: Served) -> Steps | None:
        from scaffold.features.administration.database import steps

        return steps(served)

    def files(self, design: Design) -> Files:
        from scaffold.database.shared import suspendable
        from scaffold.features.administration.design import view

        found = view(design)
        tests = {"test_members.py": "test_members.py.jinja"} if found.members else {}
        if suspendable(design):
            tests["test_suspension.py"] = "test_suspension.py.jinja"
        return Files(
            tests=tests,
            fragments={
                "harness.body": "body.jinja",
                "test_pages.filled": "filled.jinja",
            },
            view=found,
        )

    def mutants(self) -> Iterable[Mutant]:
        from scaffold.features.administration.mutants import MUTANTS

        return MUTANTS
