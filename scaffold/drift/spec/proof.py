"""Witnesses that run: for what a role may do now, a test that passes now and failed before.

A test uses the harness of the emitted contract tests: it makes the tenant, the caller and the row,
sends the request, and expects the answer of whoever is allowed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from scaffold.design.model import Alternative, Design, Operation
from scaffold.design.witness import holds, satisfying
from scaffold.drift.change import Change
from scaffold.drift.spec.compare import former
from scaffold.drift.spec.rules import rules
from scaffold.drift.spec.state import State
from scaffold.drift.spec.witness import apart
from scaffold.plan.access import facts_of
from scaffold.plan.format import format_python
from scaffold.plan.templates import environment

HOME: Final = "tests/witness"
_KEPT: Final = ("row", "user", "tenant", "parent", "references", "fields", "gives")
"""What the harness makes a world of."""


@dataclass(frozen=True, slots=True)
class Case:
    """One request: of a role for an operation, in the world of `facts`. Its answer has the fields
    that are `shown` now and were not before."""

    operation: str
    role: str
    facts: Mapping[str, Any]
    lists: bool
    shown: Sequence[str]

    @property
    def name(self) -> str:
        """The name of its test."""
        return re.sub(r"\W", "_", f"{self.role}_{self.operation}").lower()


def proofs(before: State, after: State, found: Iterable[Change]) -> Mapping[str, str]:
    """The tests by their paths: one for each permission that became wider, where there is one."""
    template = environment("drift").get_template("test_witness.py.jinja")
    texts = {}
    for each in found:
        if each.rule is not rules().access or not each.blocks or each.after is None:
            continue
        cases = list(_cases(before, after, each))
        if not cases:
            continue
        imports = {"TABLE", "Service", "prepare", *(["listed"] if cases[0].lists else [])}
        texts[f"{HOME}/test_{each.rule.id.lower()}_{each.fingerprint}.py"] = template.render(
            rule=each.rule.id,
            title=each.key,
            now=each.now,
            old=each.old,
            imports=sorted(imports),
            cases=cases,
        )
    if not texts:
        return {}
    said = "What is allowed now and was refused before, as scaffold found it."
    texts[f"{HOME}/__init__.py"] = f'"""{said}"""\n'
    return format_python(texts, after.design.name)


def _cases(before: State, after: State, change: Change) -> Iterator[Case]:
    permission, role = change.key.split(" ")[1:3]
    for operation in after.design.operations:
        if operation.permission == permission:
            old = former(before, permission, operation.searches)
            yield from list(_proving(after.design, operation, old, role))[:1]


def _proving(
    design: Design, operation: Operation, before: Operation | None, role: str
) -> Iterator[Case]:
    """Requests that are allowed now and were refused before."""
    entity = design.entity(operation.entity)
    old = [a for a in before.alternatives if role in a.roles] if before else []
    for mine in operation.alternatives:
        for tried in apart(mine, old) if role in mine.roles else ():
            world = satisfying(tried, entity)
            if world is None:
                continue
            there = [a for a in old if holds(a.conditions, world)]
            new = _new_fields(mine, there, operation, design) if there else []
            if there and not new:
                continue
            facts = facts_of(role, operation, design, tried)
            if "allowed" in facts:
                kept = {name: facts[name] for name in _KEPT if name in facts}
                if new and operation.verb == "update":
                    kept["fields"] = new
                shown = new if operation.sees else ()
                yield Case(operation.id, role, kept, operation.verb in ("list", "export"), shown)


def _new_fields(
    mine: Alternative, old: Sequence[Alternative], operation: Operation, design: Design
) -> list[str]:
    """The columns that it covers now and that none of those of before does."""
    return [
        each.name
        for each in design.entity(operation.entity).fields
        if mine.covers(each)
        and not any(a.covers(each) for a in old)
        and (each.readable if operation.sees else each.updatable or each.creatable)
    ]
