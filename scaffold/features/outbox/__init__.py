"""Work after the answer: a worker works at least once on what was written with an effect."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from scaffold.features.feature import Feature, Files, Keys
from scaffold.features.outbox.keys import ActionKeys

if TYPE_CHECKING:
    from scaffold.design.model import Design
    from scaffold.spec.model import Action, Resource


class Outbox(Feature):
    """Which actions have something to do after their commit, and the worker that does it."""

    name: ClassVar[str] = "outbox"
    keys: ClassVar[Keys] = Keys(action=ActionKeys)

    def operation(self, source: Resource, action: Action | None, do: str) -> object | None:
        from scaffold.features.outbox.design import Deferred

        if isinstance(action, ActionKeys) and action.after_commit:
            return Deferred()
        return None

    def used(self, design: Design) -> bool:
        from scaffold.features.outbox.design import used

        return used(design)

    def files(self, design: Design) -> Files:
        from scaffold.features.outbox.design import view

        return Files(
            package={
                "worker.py": "worker.py.jinja",
                "work/__init__.py": "init.py.jinja",
                "work/queue.py": "queue.py.jinja",
            },
            tests={"test_worker.py": "test_worker.py.jinja"},
            view=view(design),
        )
