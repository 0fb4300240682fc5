"""Limits: how often a user, a token, a tenant and a failing address may call (control API-2)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from scaffold.features.feature import Feature, Files, Judged, Keys
from scaffold.features.limits.keys import SpecKeys

if TYPE_CHECKING:
    from scaffold.contract.parts import Components, Demands
    from scaffold.design.model import Design, Operation
    from scaffold.design.surface import Fact
    from scaffold.features.mutant import Mutant
    from scaffold.lint.rule import Rule
    from scaffold.spec.model import Spec


class Limits(Feature):
    """Which limits there are. Failed authentications are always limited, so it is always used."""

    name: ClassVar[str] = "limits"
    keys: ClassVar[Keys] = Keys(spec=SpecKeys)

    def service(self, source: Spec) -> object | None:
        from scaffold.features.limits.design import limits

        assert isinstance(source, SpecKeys)
        return limits(source.limits)

    def used(self, design: Design) -> bool:
        return True

    def facts(self, design: Design) -> Iterable[tuple[str, Fact]]:
        from scaffold.features.limits.design import facts

        return facts(design)

    def drift(self) -> Judged:
        from scaffold.features.limits.drift import JUDGED

        return JUDGED

    def rules(self) -> Iterable[Rule]:
        from scaffold.features.limits.lint import family

        return family.rules

    def components(self, design: Design) -> Components | None:
        from scaffold.features.limits.contract import COMPONENTS

        return COMPONENTS

    def demands(self, design: Design, operation: Operation) -> Demands | None:
        from scaffold.features.limits.contract import demands

        return demands(design)

    def files(self, design: Design) -> Files:
        from scaffold.features.limits.design import limits_of

        return Files(
            package={
                "gate/admission.py": "admission.py.jinja",
                "gate/limits.py": "limits.py.jinja",
                "gate/limits_redis.py": "limits_redis.py.jinja",
            },
            tests={
                "test_limits.py": "test_limits.py.jinja",
                "test_shared_limits.py": "test_shared_limits.py.jinja",
                "test_workers.py": "test_workers.py.jinja",
                "valkey.py": "valkey.py.jinja",
            },
            fragments={
                "app.imports": "app_imports.jinja",
                "app.admission": "app_admission.jinja",
                "docs.sentences": "sentence.jinja",
                "settings.fields": "settings.jinja",
                "conftest.imports": "conftest_imports.jinja",
                "conftest.service": "conftest_service.jinja",
            },
            view=limits_of(design),
        )

    def mutants(self) -> Iterable[Mutant]:
        from scaffold.features.limits.mutants import MUTANTS

        return MUTANTS
