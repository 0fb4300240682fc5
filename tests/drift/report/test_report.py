"""What a report comes to, and what every format has in common."""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace

import pytest

from scaffold.drift.change import Change
from scaffold.drift.facts import Place
from scaffold.drift.report import FORMATS, Format, Looked, Outcome, Report, Stale, render
from scaffold.drift.rules.approvals import ADDED
from tests.drift.made import change

from .samples import CLEAN, EVIL, ORDINARY, designs

WIDER = change()
NARROWER = change(key="other", old="always", now=None, verdict="narrowed")
NEW = change(key="new", new=True)
NOTED = change(ADDED, new=True)


@pytest.mark.parametrize(
    ("found", "stale", "failures", "outcome", "codes"),
    [
        ([], [], [], "clean", (0, 0)),
        ([NARROWER], [], [], "clean", (0, 0)),
        ([NOTED], [], [], "clean", (0, 0)),
        ([NEW, NARROWER, NOTED], [], [], "new", (0, 4)),
        ([NEW], [Stale("a", "b")], [], "stale", (1, 3)),
        ([NEW, WIDER], [Stale("a", "b")], [], "insecure", (1, 1)),
        ([WIDER], [], ["the code layer crashed"], "unjudged", (2, 2)),
        ([], [], ["the code layer crashed"], "unjudged", (2, 2)),
        *(
            ([change(verdict=each)], [], [], "insecure", (1, 1))
            for each in ("incomparable", "unknown")
        ),
    ],
)
def test_what_it_comes_to(
    found: Sequence[Change],
    stale: Sequence[Stale],
    failures: Sequence[str],
    outcome: Outcome,
    codes: tuple[int, int],
) -> None:
    report = replace(CLEAN, changes=found, stale=stale, failures=failures)
    assert report.outcome == outcome
    assert (report.exit_code(), report.exit_code(detailed=True)) == codes


@pytest.mark.parametrize("layers", [(), (Looked("database", "no URL"),)])
def test_a_comparison_of_nothing_is_not_clean(layers: tuple[Looked, ...]) -> None:
    report = Report(base="a", head="b", layers=layers)
    assert report.exit_code() == 2
    assert "No layer was looked at" in render(report)


def test_an_approval_and_a_narrowing_make_no_hole_smaller() -> None:
    allowed = next(each for each in ORDINARY.changes if each.approval is not None)
    assert replace(CLEAN, changes=[allowed]).outcome == "clean"
    assert replace(CLEAN, changes=[allowed, NARROWER, WIDER]).outcome == "insecure"


def test_each_change_is_in_one_list() -> None:
    parts = (ORDINARY.blocking, ORDINARY.approved, ORDINARY.notes, ORDINARY.narrowed)
    assert sorted(each.fingerprint for part in parts for each in part) == sorted(
        each.fingerprint for each in ORDINARY.changes
    )
    assert [len(part) for part in parts] == [4, 1, 1, 2]


def test_a_place_is_one_of_the_head() -> None:
    gone = change(old="x", now=None, path="hooks/gone.py", line=9)
    less = change(old="x", now=None, path="hooks/invoice.py", line=9)
    there = change(path="hooks/invoice.py", line=9)
    assert ORDINARY.place(there) == Place("hooks/invoice.py", 9)
    assert ORDINARY.place(less) == Place("hooks/invoice.py", 1)
    assert ORDINARY.place(gone) == Place("scaffold.yaml", 1)
    assert replace(ORDINARY, paths=("b", "a")).place(gone) == Place("a", 1)


@pytest.mark.parametrize("format", FORMATS)
def test_it_does_not_depend_on_the_order_of_what_was_found(format: Format) -> None:
    turned = replace(ORDINARY, changes=tuple(reversed(ORDINARY.changes)))
    assert render(turned, format) == render(ORDINARY, format)


def test_it_does_not_depend_on_the_hash_seed_and_the_locale() -> None:
    program = (
        "import sys, hashlib\n"
        "from tests.drift.report.samples import EVIL, ORDINARY, designs\n"
        "from scaffold.drift.report import FORMATS, render\n"
        "before, after = designs()\n"
        "for each in FORMATS:\n"
        "    for report in (EVIL, ORDINARY):\n"
        "        text = render(report, each, before=before, after=after)\n"
        "        print(each, hashlib.sha256(text.encode()).hexdigest())\n"
    )
    said = {
        subprocess.run(  # noqa: S603
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed, "LC_ALL": locale, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        ).stdout
        for seed, locale in (("1", "C"), ("2", "C.UTF-8"))
    }
    assert len(said) == 1 and said.pop().count("\n") == 2 * len(FORMATS)


@pytest.mark.parametrize("format", FORMATS)
def test_nothing_of_a_project_steers_who_reads_it(format: Format) -> None:
    before, after = designs()
    text = render(EVIL, format, before=before, after=after)
    assert text.endswith("\n")
    assert all(each.isprintable() or each == "\n" for each in text)
    text.encode("utf-8")
    assert "\n::error::forged" not in text and "\nforged" not in text
    assert "##[stop" not in text or format == "json"


@pytest.mark.parametrize("format", FORMATS)
def test_all_that_blocks_is_told_and_how_to_approve_it(format: Format) -> None:
    text = render(ORDINARY, format)
    for each in ORDINARY.blocking:
        assert each.rule.id in text
        assert each.fingerprint in text or not each.rule.waivable


@pytest.mark.parametrize("format", [each for each in FORMATS if each not in ("sarif", "github")])
def test_what_nobody_looked_at_is_said_with_the_reason(format: Format) -> None:
    text = render(ORDINARY, format)
    assert "is not imported with" in text and "was given" in text
