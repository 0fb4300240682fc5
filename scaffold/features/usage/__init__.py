"""Usage: what is counted of each tenant, closed by the period, and reported once (PAY-6)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, ClassVar

from scaffold.features.feature import BuiltIn, Evidence, Feature, Files, Judged, Keys
from scaffold.features.usage.keys import SpecKeys

if TYPE_CHECKING:
    from scaffold.contract.parts import Demands
    from scaffold.database.bodies import Render, Served, Steps
    from scaffold.database.schema import Function, OwnTable, Right
    from scaffold.design.counted import Counter, Metered
    from scaffold.design.model import Design, Operation
    from scaffold.design.surface import Fact
    from scaffold.features.mutant import Mutant
    from scaffold.features.usage.design import Meters
    from scaffold.lint.rule import Rule
    from scaffold.spec.findings import Finding, Scope
    from scaffold.spec.model import Spec


class Usage(Feature):
    """Counters, of this feature and of all others, and the meters of a spec."""

    name: ClassVar[str] = "usage"
    keys: ClassVar[Keys] = Keys(spec=SpecKeys)

    def resources_of(self, source: Spec) -> Mapping[str, BuiltIn]:
        from scaffold.features.usage.design import READING
        from scaffold.features.usage.resource import reading

        assert isinstance(source, SpecKeys)
        found = reading(source)
        return {READING: found} if found else {}

    def service(self, source: Spec) -> object | None:
        from scaffold.features.usage.design import meters

        assert isinstance(source, SpecKeys)
        return meters(source)

    def used(self, design: Design) -> bool:
        return bool(_every(design))

    def counters(self, design: Design) -> Iterable[Counter]:
        found = _of(design)
        return [each.counter for each in found.each] if found else ()

    def metered(self, design: Design) -> Iterable[Metered]:
        from scaffold.features.usage.design import reported

        found = _of(design)
        return reported(found) if found else ()

    def facts(self, design: Design) -> Iterable[tuple[str, Fact]]:
        from scaffold.features.usage.design import facts

        return facts(design)

    def findings(self, scope: Scope) -> Iterator[Finding]:
        from scaffold.features.usage.check import findings

        return findings(scope)

    def drift(self) -> Judged:
        from scaffold.features.usage.drift import JUDGED

        return JUDGED

    def rules(self) -> Iterable[Rule]:
        from scaffold.features.usage.lint import family

        return family.rules

    def stored(self, design: Design) -> Iterable[OwnTable]:
        from scaffold.features.usage.database import stored

        found = _every(design)
        return stored(design, found) if found else ()

    def rights(self, design: Design) -> Iterable[Right]:
        from scaffold.features.usage.database import rights

        return rights(_every(design))

    def works(self, design: Design) -> Iterable[Right]:
        from scaffold.features.usage.database import works

        return works() if _of(design) else ()

    def functions(self, design: Design, render: Render) -> Iterable[Function]:
        from scaffold.features.usage.database import functions

        found = _every(design)
        return functions(design, found, render) if found else ()

    def steps(self, design: Design, served: Served) -> Steps | None:
        from scaffold.features.usage.database import steps

        return steps(design, served)

    def expired(self, design: Design) -> Iterable[tuple[str, str]]:
        from scaffold.database.counters import HELD, USAGE
        from scaffold.features.usage.design import CLOSING

        if _every(design):
            yield USAGE, f"period <> '{HELD}' and changed_at < now() - interval '400 days'"
        if _of(design):
            yield CLOSING, "finished_at < now() - interval '400 days'"

    def evidence(self, design: Design) -> Iterable[Evidence]:
        from scaffold.database.counters import USAGE

        if _every(design):
            yield Evidence(USAGE, "changed_at")

    def triggers(self, design: Design, render: Render) -> str:
        from scaffold.features.usage.database import triggers

        return triggers(design, _every(design), render)

    def guarded(self, design: Design) -> Iterable[tuple[str, str]]:
        from scaffold.features.usage.database import GIVEN_BACK, held

        return [(each, GIVEN_BACK) for each in held(_every(design))]

    def demands(self, design: Design, operation: Operation) -> Demands | None:
        from scaffold.features.usage.contract import demands

        return demands(design, operation)

    def files(self, design: Design) -> Files:
        from scaffold.features.usage.design import view

        found = _of(design)
        if found is None:
            return Files()
        return Files(
            package={"work/usage.py": "work.py.jinja"},
            tests={"test_usage.py": "test_usage.py.jinja"},
            fragments={
                "admin.queues": "admin_queues.jinja",
                "docs.sentences": "sentence.jinja",
                "test_worker.messages": "messages.jinja",
                "worker.imports": "worker_imports.jinja",
                "worker.queues": "worker_queues.jinja",
            },
            view=view(design, found),
        )

    def mutants(self) -> Iterable[Mutant]:
        from scaffold.features.usage.mutants import MUTANTS

        return MUTANTS


def _of(design: Design) -> Meters | None:
    """The meters of a design, if it has some."""
    from scaffold.features.usage.design import meters_of

    return meters_of(design)


def _every(design: Design) -> tuple[Counter, ...]:
    """All that is counted, whichever feature says so."""
    from scaffold.design.counted import counters

    return counters(design)
