"""The other tables, compared with the code: settings, bounds, reasons, options, rules, controls."""

import ast
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
import typer

from scaffold.cli import app
from scaffold.cli.output import DEFECT, FOUND, INTERRUPTED, REFUSED
from scaffold.design.events import events
from scaffold.design.resolve import resolve
from scaffold.drift.approvals import MAX_DAYS, parse
from scaffold.drift.facts import Layer
from scaffold.drift.report import FORMATS, Stale
from scaffold.drift.rules import every
from scaffold.drift.rules.page import PAGES, page
from scaffold.lint.rules import RULES
from scaffold.project.update import State
from scaffold.spec.load import load
from scaffold.tree.check import Kind
from tests.drift.report.samples import CLEAN, EVIL
from tests.drift.report.samples import ORDINARY as DRIFTED
from tests.emitted import PACKAGE, SPEC, SPECS

from .markdown import DOCUMENTS, REPOSITORY, code_of, read

DOCS = REPOSITORY / "docs"
COMMANDS = read(DOCS / "commands.md")
MAINTENANCE = read(DOCS / "maintenance.md")
DRIFT = read(DOCS / "drift.md")
SERVICE = read(DOCS / "service.md")
OPERATION = read(DOCS / "operation.md")
CONTROLS = read(DOCS / "controls.md")
RAISING = read(DOCS / "raising.md")
LINT = read(DOCS / "lint.md")
EVENTS = read(DOCS / "events.md")

CONTROL = re.compile(r"\b(?:ID|AZ|PAY|API|DATA|AI|MON|OPS|ROLL|TEST|GEN)-\d\b")
REASON = re.compile(r'Problem\(\s*(\d{3}),\s*"(\w+)"')


def sources(project: Path) -> Iterator[str]:
    """The modules of the emitted package."""
    for path in sorted((project / PACKAGE).rglob("*.py")):
        yield path.read_text(encoding="utf-8")


def test_the_refusals_are_those_of_the_code(emitted_project: Path) -> None:
    promised = {
        tuple(code.split())
        for row in SERVICE.table("What a request passes")
        for code in code_of(row[2])
    }
    text = "\n".join(sources(emitted_project))
    assert promised == set(REASON.findall(text))


def test_the_settings_are_those_of_the_code(emitted_project: Path) -> None:
    tree = ast.parse((emitted_project / PACKAGE / "settings.py").read_text("utf-8"))
    (settings,) = (
        each for each in tree.body if isinstance(each, ast.ClassDef) and each.name == "Settings"
    )
    declared = {
        each.target.id.upper(): each.value
        for each in settings.body
        if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)
    }
    rows = {code_of(row[0])[0]: row for row in OPERATION.table("Settings")}
    spec = load(SPEC)
    providers = [*spec.webhooks.values(), spec.billing.webhook]  # type: ignore[attr-defined] # of features
    secrets = {name for each in providers for name in each.secrets}
    declared = {name: value for name, value in declared.items() if name not in secrets}
    assert list(rows) == list(declared)
    for name, value in declared.items():
        assert (rows[name][2] == "required") is (value is None), name
        given = [each.value for each in ast.walk(value or tree) if isinstance(each, ast.Constant)]
        if rows[name][2].startswith("`"):
            assert rows[name][2].strip("`") in map(str, given), name


@pytest.mark.parametrize("row", OPERATION.table("Bounds"), ids=lambda row: row[0])
def test_a_bound_is_that_of_the_code(row: list[str], emitted_project: Path) -> None:
    file, _, constant = code_of(row[2])[0].partition(": ")
    text = (emitted_project / PACKAGE / file).read_text("utf-8")
    (value,) = re.findall(rf"^{constant}(?:: Final)? = ([\d_.]+)$", text, re.MULTILINE)
    assert float(value) == float(re.findall(r"[\d.]+", row[1])[0])


COUNTING = ("decisions.py", "events.py")


def test_the_metrics_are_those_of_the_code(emitted_project: Path) -> None:
    telemetry = emitted_project / PACKAGE / "telemetry"
    text = "".join(
        (telemetry / f"{each}.py").read_text("utf-8") for each in ("decisions", "events")
    )
    made = re.findall(r'(Counter|Histogram)\(\s*"(\w+)",\s*"[^"]*",\s*\(([^)]*)\)', text)
    promised = [(code_of(row[0])[0], code_of(row[1])) for row in OPERATION.table("Metrics")]
    assert promised == [
        (f"{name}_total" if kind == "Counter" else name, re.findall(r"\w+", labels))
        for kind, name, labels in made
    ]


CALLED = {
    name: each for name, each in typer.main.get_group(app).commands.items() if not each.hidden
}
"""The commands that people call."""


@pytest.mark.parametrize("name", sorted(CALLED))
def test_the_options_of_a_command(name: str) -> None:
    command = CALLED[name]
    taken = {
        each.opts[0] if each.opts[0].startswith("--") else each.opts[0].upper()
        for each in command.params
        if each.name != "help"
    }
    place = next(each for each in (COMMANDS, MAINTENANCE, DRIFT) if name in each.anchors)
    if not taken:
        assert not place.tables(name)
        return
    assert {code_of(row[0])[0] for row in place.table(name)} == taken


def test_the_commands_are_all_there() -> None:
    assert set(CALLED) <= COMMANDS.anchors | MAINTENANCE.anchors | DRIFT.anchors


def test_the_exit_codes() -> None:
    codes = [int(row[0]) for row in COMMANDS.table("The commands")]
    assert codes == [0, FOUND, REFUSED, DEFECT, INTERRUPTED]


def test_the_findings_of_check() -> None:
    _, findings = COMMANDS.tables("check")
    assert [code_of(row[0])[0] for row in findings] == list(get_args(Kind))


def test_the_states_of_an_update() -> None:
    states = RAISING.tables("The files that are yours")[0]
    assert {code_of(row[0])[0] for row in states} == set(get_args(State)) - {"taken"}


def test_the_rules_of_lint() -> None:
    assert LINT.table("The rules of lint") == [
        [f"`{rule.id}` {rule.name}", rule.severity, ", ".join(rule.controls), rule.documentation]
        for rule in RULES
    ]


@pytest.mark.parametrize("name", PAGES)
def test_the_rules_of_drift(name: str) -> None:
    written = (DOCS / name).read_text("utf-8")
    assert written == page(name), "write it anew: python -m scaffold.drift.rules.page docs"


def test_every_rule_of_drift_is_on_one_page() -> None:
    text = "".join((DOCS / each).read_text("utf-8") for each in PAGES)
    assert [each.id for each in every() if text.count(f"| `{each.id}` ") != 1] == []


def test_the_formats_of_a_report() -> None:
    assert [code_of(row[0])[0] for row in DRIFT.table("Formats")] == list(FORMATS)


def test_the_layers_of_drift() -> None:
    assert [row[0] for row in DRIFT.table("What is compared")] == list(get_args(Layer))


def test_the_exit_codes_of_drift() -> None:
    codes = {
        report.exit_code(detailed=detailed)
        for report in (
            DRIFTED,
            EVIL,
            CLEAN,
            replace(CLEAN, stale=[Stale("a", "b")]),
            replace(CLEAN, changes=DRIFTED.notes),
        )
        for detailed in (False, True)
    }
    assert [int(row[0]) for row in DRIFT.table("Exit codes")] == sorted(codes)


def test_the_example_of_an_approval_is_one() -> None:
    (block,) = (each for each in DRIFT.blocks if each.text.startswith("approvals:"))
    assert parse(block.text.encode()).problem == ""
    assert f"{MAX_DAYS} days" in DRIFT.prose


def test_the_security_events() -> None:
    specs = (SPECS / f"{each}.yaml" for each in ("invoicing", "recruiting"))
    found = {each.id: each for spec in specs for each in events(resolve(load(spec)))}
    assert EVENTS.table("The events") == [
        [f"`{each.id}` `{each.name}`", each.severity, each.says, each.response]
        for _, each in sorted(found.items())
    ]


@pytest.mark.parametrize("row", CONTROLS.table("The controls"), ids=lambda row: row[0])
def test_a_control_is_where_it_is_said_to_be(row: list[str], emitted_project: Path) -> None:
    for path in code_of(row[2]):
        assert (emitted_project / path.replace("<package>", PACKAGE)).is_file(), path
    for test in code_of(row[3]):
        file, _, function = test.partition(": ")
        text = (emitted_project / "tests" / "contract" / file).read_text("utf-8")
        assert f"def {function}(" in text, test


def test_the_controls_that_the_emitted_tests_name_are_listed(emitted_project: Path) -> None:
    listed = {row[0] for row in CONTROLS.table("The controls")}
    tests = sorted((emitted_project / "tests" / "contract").glob("*.py"))
    named = {each for path in tests for each in CONTROL.findall(path.read_text("utf-8"))}
    assert named <= listed


def test_every_control_that_a_document_or_a_rule_names_is_known() -> None:
    known = set(CONTROL.findall(CONTROLS.path.read_text("utf-8")))
    named = {each for rule in (*RULES, *every()) for each in rule.controls}
    for path in DOCUMENTS:
        named |= set(CONTROL.findall(path.read_text("utf-8")))
    assert named <= known
