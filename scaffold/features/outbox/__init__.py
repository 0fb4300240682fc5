"""Work after the answer: a worker works at least once on what was written with an effect."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from scaffold.features.feature import Called, Feature, Files, Judged, Keys
from scaffold.features.outbox.keys import ActionKeys

if TYPE_CHECKING:
    from scaffold.database.bodies import Render, Served, Steps
    from scaffold.database.schema import Function, OwnTable, Right
    from scaffold.design.model import Design, Operation
    from scaffold.design.surface import Fact
    from scaffold.features.mutant import Mutant
    from scaffold.lint.rule import Rule
    from scaffold.spec.findings import Finding, Scope
    from scaffold.spec.model import Action, Resource, Spec


class Outbox(Feature):
    """Which actions have something to do after their commit, and the worker that does it."""

    name: ClassVar[str] = "outbox"
    keys: ClassVar[Keys] = Keys(action=ActionKeys)

    def operation(
        self, spec: Spec, source: Resource, action: Action | None, do: str
    ) -> object | None:
        from scaffold.features.outbox.design import Deferred

        if isinstance(action, ActionKeys) and action.after_commit:
            return Deferred()
        return None

    def used(self, design: Design) -> bool:
        from scaffold.features.outbox.design import used

        return used(design)

    def facts(self, design: Design) -> Iterable[tuple[str, Fact]]:
        from scaffold.features.outbox.design import facts

        return facts(design)

    def findings(self, scope: Scope) -> Iterable[Finding]:
        from scaffold.features.outbox.check import findings

        return findings(scope)

    def drift(self) -> Judged:
        from scaffold.features.outbox.drift import JUDGED

        return JUDGED

    def rules(self) -> Iterable[Rule]:
        from scaffold.features.outbox.lint import family

        return family.rules

    def called(self, operation: Operation) -> Iterable[Called]:
        from scaffold.features.outbox.design import called

        return called(operation)

    def stored(self, design: Design) -> Iterable[OwnTable]:
        from scaffold.features.outbox.database import stored
        from scaffold.features.outbox.design import calls

        return (stored(),) if calls(design) else ()

    def works(self, design: Design) -> Iterable[Right]:
        from scaffold.features.outbox.database import works
        from scaffold.features.outbox.design import calls

        return (works(),) if calls(design) else ()

    def functions(self, design: Design, render: Render) -> Iterable[Function]:
        from scaffold.features.outbox.database import functions
        from scaffold.features.outbox.design import calls

        return functions(render) if calls(design) else ()

    def expired(self, design: Design) -> Iterable[tuple[str, str]]:
        from scaffold.features.outbox.design import MESSAGE, calls

        if calls(design):
            yield MESSAGE, "finished_at < now() - interval '7 days'"

    def steps(self, design: Design, served: Served) -> Steps | None:
        from scaffold.features.outbox.database import steps

        return steps(design, served)

    def files(self, design: Design) -> Files:
        from scaffold.features.outbox.design import view

        found = view(design)
        package = {
            "worker.py": "worker.py.jinja",
            "work/__init__.py": "init.py.jinja",
            "work/queue.py": "queue.py.jinja",
        }
        tests = {"test_worker.py": "test_worker.py.jinja"}
        fragments = {"admin.commands": "admin.jinja"}
        if found.calls:
            package["work/hooks.py"] = "hooks.py.jinja"
            tests["test_after_commit.py"] = "test_after_commit.py.jinja"
            fragments |= {
                "admin.queues": "admin_queues.jinja",
                "test_worker.messages": "messages.jinja",
                "worker.imports": "worker_imports.jinja",
                "worker.queues": "worker_queues.jinja",
            }
        return Files(package=package, tests=tests, fragments=fragments, view=found)

    def mutants(self) -> Iterable[Mutant]:
        from scaffold.features.outbox.mutants import MUTANTS

        return MUTANTS
