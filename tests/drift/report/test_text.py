"""The report for a terminal, and as commands of a workflow."""

import re
from dataclasses import replace

from scaffold.drift.report import render
from scaffold.drift.report.text import MAX_LISTED
from scaffold.drift.report.words import LONG
from tests.drift.made import change

from .samples import CLEAN, EVIL, GRANTED, ORDINARY

TEXT = render(ORDINARY)


def test_the_witness_comes_first_and_then_what_became_of_what() -> None:
    finding = TEXT[TEXT.index("Possible now") :].split("\n\n")[0].splitlines()
    assert finding == [
        f"Possible now: {GRANTED.witness}",
        "    high SCF101 permission-widened (AZ-1, AZ-2) at scaffold.yaml:42",
        "    what: access invoice:delete member",
        "    from: if owner_id is $user.id and status is draft",
        "    to:   if status is draft (wider)",
        f"    why:  {GRANTED.rule.why}",
        f"    do:   {GRANTED.rule.remedy}",
        f"    fingerprint: {GRANTED.fingerprint}",
    ]


def test_the_ways_out_stand_once_at_the_end() -> None:
    assert TEXT.count("Two ways out") == 1
    assert TEXT.splitlines()[-2].startswith("Two ways out")
    assert TEXT.splitlines()[-1] == "4 changes need a look, 1 approved, 1 note, 2 narrower."
    assert "Two ways out" not in render(CLEAN)
    assert render(CLEAN).splitlines()[-1] == "Nobody may do more than before."


def test_what_cannot_be_approved_has_no_fingerprint() -> None:
    (fixed,) = (each for each in ORDINARY.blocking if not each.rule.waivable)
    assert fixed.fingerprint not in TEXT and "this cannot be approved" in TEXT


def test_what_does_not_block_is_a_line_each_up_to_a_bound() -> None:
    many = [change(key=f"{each:03}", old="x", now=None, verdict="narrowed") for each in range(50)]
    lines = render(replace(CLEAN, changes=many)).splitlines()
    assert sum(line.startswith("narrower") for line in lines) == MAX_LISTED + 1
    assert f"narrower  and {50 - MAX_LISTED} more" in lines


def test_every_finding_is_told_however_many_there_are() -> None:
    many = [change(key=f"key {each}") for each in range(300)]
    text = render(replace(CLEAN, changes=many))
    assert all(each.fingerprint in text for each in many)


def test_a_long_value_is_shortened() -> None:
    text = render(replace(CLEAN, changes=[change(now="x" * 10_000)]))
    assert "x" * (LONG - 1) + "…" in text and "x" * LONG not in text


def test_it_is_coloured_as_it_is_told_to() -> None:
    text = render(ORDINARY, paint=lambda text, colour: f"<{colour}>{text}</>")
    assert "<red>high</> SCF101" in text and "<magenta>critical</> SCF301" in text
    assert re.sub(r"<\w+>|</>", "", text) == TEXT


def test_a_command_of_a_workflow_is_one_line_with_its_place() -> None:
    lines = render(ORDINARY, "github").splitlines()
    commands = [line for line in lines if line.startswith("::")]
    assert [line.split(" ", 1)[0] for line in commands] == ["::error"] * 4 + ["::notice"] * 2
    (granted,) = (line for line in commands if GRANTED.fingerprint in line)
    assert granted.startswith(
        "::error file=services/billing app/scaffold.yaml,line=42,"
        f"title=high SCF101 permission-widened::{GRANTED.witness}%0A"
    )
    # What is gone is shown in a file that is there.
    assert any("scaffold.yaml,line=1,title=medium SCF601" in line for line in commands)


def test_a_path_forges_no_property_and_no_command() -> None:
    for line in render(EVIL, "github").splitlines():
        if line.startswith("::"):
            found = re.fullmatch(r"::(error|notice) ([^:]*)::(.*)", line)
            assert found, line
            names = [each.partition("=")[0] for each in found[2].split(",")]
            assert names in (["title"], ["file", "title"], ["file", "line", "title"])
            assert "%" not in re.sub(r"%(25|3A|2C|0A|0D)", "", found[2] + found[3])
