"""Signing up: whoever comes from an issuer may make a tenant of their own (AZ-1, ID-7)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, ClassVar

from scaffold.features.feature import Feature, Files, Judged, Keys
from scaffold.features.sign_up.keys import TenancyKeys

if TYPE_CHECKING:
    from scaffold.database.operations import Context
    from scaffold.database.schema import Function, OwnTable, Right
    from scaffold.design.model import Design, Join
    from scaffold.design.outcomes import Outcome
    from scaffold.design.surface import Fact
    from scaffold.features.mutant import Mutant
    from scaffold.features.sign_up.design import SignUp as Trait
    from scaffold.lint.rule import Rule
    from scaffold.spec.findings import Finding, Scope
    from scaffold.spec.model import Spec


class SignUp(Feature):
    """Who may make a tenant, and what they are in it."""

    name: ClassVar[str] = "sign_up"
    keys: ClassVar[Keys] = Keys(tenancy=TenancyKeys)

    def service(self, source: Spec) -> object | None:
        from scaffold.features.sign_up.design import sign_up

        assert isinstance(source.tenancy, TenancyKeys)
        return sign_up(source.tenancy.sign_up)

    def joins(self, design: Design) -> Iterable[Join]:
        from scaffold.features.sign_up.design import joins

        return joins(design)

    def used(self, design: Design) -> bool:
        return _of(design) is not None

    def facts(self, design: Design) -> Iterable[tuple[str, Fact]]:
        from scaffold.features.sign_up.design import facts

        return facts(design)

    def outcomes(self) -> Iterable[Outcome]:
        from scaffold.design.outcomes import Outcome

        return (
            Outcome("sign_up_closed", 403, "Tenants are made by people of another issuer."),
            Outcome("too_many_tenants", 403, "You have made as many tenants as one may."),
        )

    def findings(self, scope: Scope) -> Iterator[Finding]:
        from scaffold.features.sign_up.check import findings

        return findings(scope)

    def drift(self) -> Judged:
        from scaffold.features.sign_up.drift import JUDGED

        return JUDGED

    def rules(self) -> Iterable[Rule]:
        from scaffold.features.sign_up.lint import family

        return family.rules

    def stored(self, design: Design) -> Iterable[OwnTable]:
        from scaffold.features.sign_up.database import stored

        return (stored(),) if self.used(design) else ()

    def rights(self, design: Design) -> Iterable[Right]:
        from scaffold.features.sign_up.database import rights

        found = _of(design)
        return rights(design, found) if found else ()

    def joining(self, context: Context) -> Iterable[Function]:
        from scaffold.features.sign_up.database import joining

        found = _of(context.design)
        return joining(context, found) if found else ()

    def files(self, design: Design) -> Files:
        return Files(
            package={"gate/sign_up.py": "handler.py.jinja"},
            tests={"test_sign_up.py": "test_sign_up.py.jinja"},
            fragments={"test_grants.shared": "shared.jinja"},
            view=_of(design),
        )

    def mutants(self) -> Iterable[Mutant]:
        from scaffold.features.sign_up.mutants import MUTANTS

        return MUTANTS


def _of(design: Design) -> Trait | None:
    """What a spec says of it, if it does."""
    from scaffold.features.sign_up.design import SignUp as Trait

    return design.trait(Trait)
