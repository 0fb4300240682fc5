"""The administration of a tenant: members as a resource that roles are granted (AZ-1, ID-7)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, ClassVar

from scaffold.features.feature import BuiltIn, Feature, Files

if TYPE_CHECKING:
    from scaffold.database.bodies import Render, Served, Steps
    from scaffold.database.operations import Context
    from scaffold.database.schema import Function, OwnTable, Right
    from scaffold.design.events import SecurityEvent
    from scaffold.design.model import Design, Join
    from scaffold.design.outcomes import Outcome
    from scaffold.features.mutant import Mutant
    from scaffold.lint.rule import Rule
    from scaffold.spec.model import Spec


class Administration(Feature):
    """Who may let whom in, and give them which roles."""

    name: ClassVar[str] = "administration"

    def resources(self) -> Mapping[str, BuiltIn]:
        from scaffold.features.administration.design import INVITATION, MEMBER
        from scaffold.features.administration.invitations import invitation
        from scaffold.features.administration.resource import member

        return {MEMBER: member(), INVITATION: invitation()}

    def joins(self, design: Design) -> Iterable[Join]:
        from scaffold.features.administration.design import joins

        return joins(design)

    def resources_of(self, source: Spec) -> Mapping[str, BuiltIn]:
        from scaffold.features.administration.resource import tenant

        return {source.tenancy.tenant: tenant(source)}

    def used(self, design: Design) -> bool:
        from scaffold.features.administration.design import used

        return used(design)

    def outcomes(self) -> Iterable[Outcome]:
        from scaffold.design.outcomes import Outcome
        from scaffold.features.administration.design import ACCEPT, CREATE

        return (
            Outcome("own_membership", 403, "Nobody changes their own membership."),
            Outcome("role_not_assignable", 403, "Your roles do not give or take these roles."),
            Outcome("tenant_suspended", 403, "Nobody is let in until the operator resumes it."),
            Outcome("already_member", 409, "You are a member already.", of=ACCEPT),
            Outcome(
                "invitation_unbound",
                422,
                "Name the email that it is for, or the issuer and the subject, or all of them.",
                of=CREATE,
            ),
            # Whoever tries a token is not told what became of it.
            *(
                Outcome(cause, 404, told="not_found", of=ACCEPT)
                for cause in (
                    "not_a_person",
                    "invitation_unknown",
                    "invitation_used",
                    "invitation_revoked",
                    "invitation_expired",
                    "invitation_of_another",
                    "inviter_may_not",
                )
            ),
        )

    def events(self, design: Design) -> Iterable[SecurityEvent]:
        from scaffold.features.administration.events import events

        return events(design)

    def rules(self) -> Iterable[Rule]:
        from scaffold.features.administration.lint import family

        return family.rules

    def stored(self, design: Design) -> Iterable[OwnTable]:
        from scaffold.features.administration.acceptance import stored

        return stored(design)

    def rights(self, design: Design) -> Iterable[Right]:
        from scaffold.features.administration.acceptance import rights

        return rights(design)

    def joining(self, context: Context) -> Iterable[Function]:
        from scaffold.features.administration.acceptance import joining

        return joining(context)

    def expired(self, design: Design) -> Iterable[tuple[str, str]]:
        from scaffold.features.administration.acceptance import stored

        for own in stored(design):
            yield own.table.name, "expires_at < now() - interval '30 days'"

    def functions(self, design: Design, render: Render) -> Iterable[Function]:
        from scaffold.features.administration.database import functions

        return functions(design, render) if self.used(design) else ()

    def steps(self, design: Design, served: Served) -> Steps | None:
        from scaffold.features.administration.database import steps

        return steps(served)

    def files(self, design: Design) -> Files:
        from scaffold.database.shared import suspendable
        from scaffold.features.administration.design import view

        found = view(design)
        tests = {"test_members.py": "test_members.py.jinja"} if found.members else {}
        if suspendable(design):
            tests["test_suspension.py"] = "test_suspension.py.jinja"
        fragments = {"harness.body": "body.jinja", "test_pages.filled": "filled.jinja"}
        if not found.invites:
            return Files(tests=tests, fragments=fragments, view=found)
        return Files(
            package={"gate/acceptance.py": "acceptance.py.jinja"},
            tests={**tests, "test_invitations.py": "test_invitations.py.jinja"},
            fragments={
                **fragments,
                "identity.caller": "email.jinja",
                "identity.functions": "verified.jinja",
                "test_contract.unsaid": "unsaid.jinja",
            },
            view=found,
        )

    def mutants(self) -> Iterable[Mutant]:
        from scaffold.features.administration.mutants import MUTANTS

        return MUTANTS
