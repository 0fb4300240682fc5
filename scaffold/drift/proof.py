"""Witnesses that run: tests that pass now and failed before, as files of a project.

They use the harness of the emitted contract tests: it makes the tenant, the caller and the row,
sends the request, and expects the answer of whoever is allowed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from scaffold.drift.change import Change
from scaffold.drift.witness import Trial, Witness
from scaffold.plan.format import format_python
from scaffold.plan.templates import environment

if TYPE_CHECKING:
    from scaffold.design.model import Design
    from scaffold.drift.spec.compare import Comparison

HOME: Final = "tests/witness"


def proofs(
    changes: Iterable[Change], compared: Comparison | None, design: Design
) -> Mapping[str, str]:
    """The tests by their paths: those of each change that blocks, where it has some.

    `compared` are the two specs, if there are two, and `design` is that of the head.
    """
    texts = {}
    template = environment("drift").overlay(trim_blocks=True).get_template("test_witness.py.jinja")
    for each, tests in runnable(changes, compared, design):
        texts[path(each)] = template.render(
            rule=each.rule.id,
            title=each.key,
            now=each.now,
            old=each.old,
            package=design.name,
            tests=tests,
        )
    if not texts:
        return {}
    said = "What is possible now and was not before, as scaffold found it."
    texts[f"{HOME}/__init__.py"] = f'"""{said}"""\n'
    return format_python(texts, design.name)


def path(change: Change) -> str:
    """The file of the tests of a change."""
    return f"{HOME}/test_{change.rule.id.lower()}_{change.fingerprint}.py"


def runnable(
    changes: Iterable[Change], compared: Comparison | None, design: Design
) -> Iterable[tuple[Change, Sequence[Trial]]]:
    """The tests of each change that has some."""
    from scaffold.drift.database.witness import witnesses

    found = [each for each in changes if each.blocks]
    for each in found:
        if each.rule.layer == "spec" and compared is not None:
            tests = _first(compared.witnesses(each))
        elif each.rule.layer == "database":
            tests = _first(witnesses(each, found, design))
        else:
            continue
        if tests:
            yield each, tests


def _first(found: Iterable[Witness]) -> list[Trial]:
    """Of each name the first test."""
    tests: dict[str, Trial] = {}
    for each in found:
        test = each.test()
        if test is not None:
            tests.setdefault(test.name, test)
    return list(tests.values())
