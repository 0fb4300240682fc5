"""Approvals: what counts, what does not, what has to go, and how one is written."""

import os
from datetime import date, timedelta
from pathlib import Path

import pytest

from scaffold.drift import approvals
from scaffold.drift.approvals import ApprovalsError, approval, approved, parse, record
from scaffold.drift.change import Change
from scaffold.drift.facts import Fact, Place, surface_of
from scaffold.drift.rule import Rule
from scaffold.drift.rules import approvals as family
from scaffold.drift.trees import Directory, Files, Tree

from .made import FIXED, GRANTED, change

PATH = family.PATH
TODAY = date(2026, 11, 30)
KNOWN = {each.id: each for each in (GRANTED, FIXED, *family.RULES)}
DELTA = change()


def entry(of: Change = DELTA, until: date = date(2026, 12, 24), since: date = TODAY) -> str:
    made = approval(
        of.fingerprint,
        [of],
        reason="Members clean up.",
        owner="@example/security",
        expires=until,
        today=since,
    )
    return "".join(f"{line}\n" for line in approvals.written(made))


def tree(*entries: str, text: str | None = None) -> Tree:
    listed = f"approvals:\n{''.join(entries)}" if entries else "approvals: []\n"
    return Files({PATH: (listed if text is None else text).encode("utf-8", "surrogatepass")}, "x")


EMPTY = Files({}, "nothing")


def judged(
    base: Tree,
    head: Tree,
    found: tuple[Change, ...] = (DELTA,),
    facts: tuple[Fact, ...] = (),
    looked: tuple[str, ...] = ("spec",),
) -> list[Change]:
    layers = tuple(each for each in ("spec", "code") if each in looked)
    return approved(found, base, head, surface_of(facts), layers, TODAY, KNOWN)  # type: ignore[arg-type]


def told(found: list[Change]) -> dict[str, Change]:
    """What is wrong with approvals, by the id of the rule."""
    return {each.rule.id: each for each in found if each.rule.id.startswith("SCF7")}


def of(found: list[Change]) -> Change:
    """What became of the change that is approved, or not."""
    (same,) = (each for each in found if each.fingerprint == DELTA.fingerprint)
    return same


def test_the_base_allows_an_exact_change() -> None:
    found = judged(tree(entry()), tree())
    assert of(found).approval is not None and not of(found).blocks
    assert of(found).approval.owner == "@example/security"  # type: ignore[union-attr]
    assert [each.rule.id for each in found if each.blocks] == []


def test_a_change_does_not_approve_itself() -> None:
    found = judged(EMPTY, tree(entry()))
    assert of(found).blocks
    assert told(found).keys() == {"SCF703"} and not told(found)["SCF703"].blocks


@pytest.mark.parametrize(
    "other",
    [
        change(key="access invoice:delete clerk"),
        change(old="if status is draft"),
        change(now="if status is draft"),
        change(key="*"),
    ],
)
def test_another_change_is_not_allowed(other: Change) -> None:
    found = judged(tree(entry(other)), tree(entry(other)), (DELTA,))
    assert of(found).blocks and of(found).approval is None


@pytest.mark.parametrize("days", [-1, 0, 1])
def test_an_approval_ends_after_its_last_day(days: int) -> None:
    written = entry(until=TODAY + timedelta(days=days), since=TODAY - timedelta(days=30))
    found = judged(tree(written), tree(written))
    assert of(found).blocks is (days < 0)
    assert ("SCF701" in told(found)) is (days < 0)
    if days < 0:
        assert told(found)["SCF701"].blocks and told(found)["SCF701"].place.line == 2


def test_an_expired_one_that_the_head_takes_out_is_no_finding() -> None:
    written = entry(until=TODAY - timedelta(days=1), since=TODAY - timedelta(days=30))
    found = judged(tree(written), tree(), ())
    assert [(each.rule.id, each.verdict) for each in found] == [("SCF703", "narrowed")]
    assert not any(each.blocks for each in found)


def test_one_that_is_to_come_does_not_count_yet() -> None:
    written = entry(until=TODAY + timedelta(days=40), since=TODAY + timedelta(days=1))
    found = judged(tree(written), tree(written))
    assert of(found).blocks and "to come" in told(found)["SCF704"].now


def test_what_a_change_uses_is_to_be_taken_out_with_it() -> None:
    found = judged(tree(entry()), tree(entry()))
    note = told(found)["SCF702"]
    assert "remove it" in note.now and not note.blocks and not of(found).blocks


def fact(value: str) -> Fact:
    return Fact(GRANTED, DELTA.key, value, Place("scaffold.yaml"))


CHANGED = change(old="if status is draft", now="always")


def test_one_whose_change_is_still_to_come_is_silent() -> None:
    assert judged(tree(entry()), tree(entry()), ()) == []
    kept = tree(entry(CHANGED))
    assert judged(kept, kept, (), (fact("if status is draft"),)) == []


def test_one_whose_change_is_merged_is_a_note_to_remove_it() -> None:
    (note,) = judged(tree(entry()), tree(entry()), (), (fact("always"),))
    assert note.rule is family.UNUSED and not note.blocks and "remove it" in note.now


def test_one_whose_change_cannot_come_any_more_blocks_until_it_is_removed() -> None:
    kept, there = tree(entry(CHANGED)), (fact("if total is 0"),)
    (finding,) = judged(kept, kept, (), there)
    assert finding.rule is family.UNUSED and finding.blocks and "remove it" in finding.now
    assert not any(each.blocks for each in judged(kept, tree(), (), there))


def test_of_a_layer_that_nobody_looked_at_nothing_is_said() -> None:
    kept = tree(entry(CHANGED))
    assert judged(kept, kept, (), (fact("if total is 0"),), looked=("code",)) == []


def test_extending_is_told_and_allows_nothing_more() -> None:
    since = TODAY - timedelta(days=30)
    before = entry(until=TODAY - timedelta(days=1), since=since)
    after = entry(until=TODAY + timedelta(days=20), since=since)
    found = judged(tree(before), tree(after))
    assert of(found).blocks
    note = told(found)["SCF703"]
    assert note.verdict == "widened" and not note.blocks
    assert str(TODAY + timedelta(days=20)) in note.now
    assert "2026-11-29" in note.old


@pytest.mark.parametrize(
    ("text", "verdict"), [("2026-12-23", "narrowed"), ("2026-12-24", "incomparable")]
)
def test_other_words_are_told_too(text: str, verdict: str) -> None:
    after = entry().replace("2026-12-24", text).replace("clean up", "clean up more")
    note = told(judged(tree(entry()), tree(after)))["SCF703"]
    assert note.verdict == verdict and not note.blocks


def raw(of: Change) -> str:
    """An entry that scaffold approve does not write."""
    return (
        f"  - {{rule: {of.rule.id}, key: '{of.key}', from: {of.old}, to: {of.now}, "
        f"fingerprint: '{of.fingerprint}', reason: x, owner: y, approved: 2026-11-01, "
        "expires: 2026-12-24}\n"
    )


@pytest.mark.parametrize(
    "other",
    [
        change(FIXED),
        change(family.EXPIRED),
        Change(
            Rule(
                id="SCF999",
                name="unknown",
                severity="low",
                controls=(),
                layer="spec",
                what="",
                why="",
                remedy="",
                example=GRANTED.example,
            ),
            "key",
            None,
            DELTA.after,
            "widened",
        ),
    ],
    ids=lambda each: each.rule.id,
)
def test_what_cannot_be_approved_is_not(other: Change) -> None:
    found = judged(tree(raw(other)), tree(raw(other)), (other,))
    assert told(found)["SCF704"].blocks
    assert other.rule.id == "SCF999" or next(e for e in found if e.key == other.key).blocks


GOOD = entry()
SECOND = entry(change(key="access invoice:read member"))

WRONG = {
    "a wildcard": "approvals: [*]\n",
    "an unknown key": f"approvals:\n{GOOD}    all: true\n",
    "a key twice": f"approvals:\n{GOOD}    owner: me\n",
    "a missing key": "approvals:\n" + GOOD.replace('    owner: "@example/security"\n', ""),
    "another fingerprint": f"approvals:\n{GOOD.replace(DELTA.fingerprint, '0' * 24)}",
    "another value": "approvals:\n" + GOOD.replace('"always"', '"*"'),
    "a pattern for a rule": "approvals:\n" + GOOD.replace("SCF101", "SCF*"),
    "too long": "approvals:\n" + GOOD.replace("2026-12-24", "2027-12-24"),
    "backwards": "approvals:\n" + GOOD.replace("2026-12-24", "2026-01-01"),
    "no date": "approvals:\n" + GOOD.replace("2026-12-24", "never"),
    "a week": "approvals:\n" + GOOD.replace("2026-12-24", "2026-W52-4"),
    "no reason": "approvals:\n" + GOOD.replace("Members clean up.", "  "),
    "an anchor": f"approvals: &all\n{GOOD}",
    "an alias": "approvals: *all\n",
    "a tag": "approvals: !!python/object:os.system []\n",
    "a merge key": f"approvals:\n{GOOD}    <<: {{reason: x}}\n",
    "twice": f"approvals:\n{GOOD}{GOOD}",
    "another key": f"approvals:\n{GOOD}more: []\n",
    "no mapping": "- approvals\n",
    "text": "approvals: everything\n",
    "an entry of text": "approvals: [all]\n",
    "two documents": f"approvals:\n{GOOD}---\napprovals:\n{SECOND}",
    "a list for text": "approvals:\n" + GOOD.replace('"always"', "[always]"),
    "no YAML": "approvals: {\n",
    "a bad escape": 'approvals: "\\UFFFFFFFF"\n',
    "deep": "approvals: " + "[" * 5_000,
    "many": "approvals:\n" + "  - {}\n" * 300,
    "large": "# " + "x" * 300_000,
    "no text": "approvals:\n\udc80\n",
}


@pytest.mark.parametrize("text", WRONG.values(), ids=WRONG)
def test_a_file_that_is_not_right_does_not_count(text: str) -> None:
    wrong = tree(text=text)
    book = approvals.read(wrong)
    assert book.problem and not book.entries and book.problem.isprintable()
    found = judged(wrong, wrong)
    assert of(found).blocks and told(found)["SCF705"].blocks
    # Who repairs it is not held up by it.
    assert told(judged(wrong, tree())) == {}


def test_the_line_of_what_is_wrong_is_named() -> None:
    book = parse(f"approvals:\n{GOOD}{SECOND.replace('SCF101', 'SCF102')}".encode())
    assert book.line == 2 + GOOD.count("\n") and "fingerprint" in book.problem


def test_values_are_text_as_it_is_written() -> None:
    other = change(old="no", now="1_000")
    text = "approvals:\n" + entry(other).replace('"no"', "no").replace('"1_000"', "1_000")
    (made,) = parse(text.encode()).entries
    assert (made.old, made.now) == ("no", "1_000")


@pytest.mark.parametrize("text", ["", "# nothing\n", "approvals:\n", "approvals: []\n", "---\n"])
def test_a_file_may_be_empty(text: str) -> None:
    assert parse(text.encode()).problem == "" and parse(text.encode()).entries == ()


def test_a_link_and_a_pipe_are_no_file_of_approvals(tmp_path: Path) -> None:
    for number, make in enumerate((os.mkfifo, lambda place: place.symlink_to("/etc/passwd"))):
        project = tmp_path / str(number)
        (project / ".scaffold").mkdir(parents=True)
        make(project / PATH)
        assert "no regular file" in approvals.read(Directory(project)).problem
        with pytest.raises(ApprovalsError, match="no regular file"):
            record(project, parse(f"approvals:\n{GOOD}".encode()).entries[0])


MADE = parse(f"approvals:\n{GOOD}".encode()).entries[0]
OTHER = parse(f"approvals:\n{SECOND}".encode()).entries[0]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "approvals: []\n",
        "approvals: []   # none yet\n",
        "# Ours.\napprovals:\n# Nothing.\n",
        "# Ours.\n",
        f"# Ours.\napprovals:\n  # The first.\n{SECOND}  # The end.\n",
        f"approvals:\n{SECOND}".rstrip("\n"),
        "approvals:\n" + "".join(f"{line[2:]}\n" for line in SECOND.splitlines()),
        "approvals:\n" + "".join(f"    {line}\n" for line in SECOND.splitlines()),
        f"---\napprovals:\n{SECOND}".replace("\n", "\r\n"),
    ],
)
def test_an_entry_is_added_and_the_rest_stays(text: str) -> None:
    after = approvals.add(text.encode(), MADE)
    before = parse(text.encode()).entries
    assert parse(after).entries == (*before, MADE)
    for line in text.splitlines():
        comment = line[line.index("#") :] if "#" in line else ""
        assert comment in after.decode()
    if before:
        assert after.startswith(text.encode())
        assert after.count(b"\r") in (0, after.count(b"\n"))


@pytest.mark.parametrize(
    "text", [f"approvals:\n{GOOD}", "approvals: [*]", f"approvals:\n{SECOND}...\n"]
)
def test_a_file_to_which_nothing_can_be_added_is_refused(text: str) -> None:
    with pytest.raises(ApprovalsError):
        approvals.add(text.encode(), MADE)


@pytest.mark.parametrize(
    "value",
    ['a "b" \\ c', "\x1b[31m", "\u202e", "\U0001f600", "\U000e0001", ": # - [", ""],
)
def test_any_value_is_written_so_that_it_is_read_again(value: str) -> None:
    other = change(key=f"key {value}", old=value, now=f"{value}x")
    text = f"approvals:\n{entry(other)}"
    assert all(each.isprintable() or each == "\n" for each in text)
    (made,) = parse(text.encode()).entries
    assert (made.key, made.old, made.now) == (f"key {value}", value, f"{value}x")
    assert judged(tree(entry(other)), tree(), (other,))[0].approval == made


def refused(**said: object) -> str:
    given: dict[str, object] = {
        "wanted": DELTA.fingerprint,
        "found": [DELTA],
        "reason": "why",
        "owner": "who",
        "expires": TODAY,
        "today": TODAY,
        **said,
    }
    with pytest.raises(ApprovalsError) as error:
        approval(given.pop("wanted"), given.pop("found"), **given)  # type: ignore[arg-type]
    return str(error.value)


def test_what_an_approval_needs() -> None:
    assert "No change" in refused(wanted="0" * 24)
    assert "No change" in refused(wanted="")
    assert "No change" in refused(wanted=DELTA.fingerprint[:5])
    assert "No change" in refused(found=[])
    assert "reason" in refused(reason="  ")
    assert "reason" in refused(reason="a\nb")
    assert "owner" in refused(owner="")
    assert "is over" in refused(expires=TODAY - timedelta(days=1))
    assert "90 days" in refused(expires=TODAY + timedelta(days=91))
    fixed = change(FIXED)
    assert "cannot be approved" in refused(wanted=fixed.fingerprint, found=[fixed])
    hidden = change(key="code hooks/\udc80.py")
    assert "not UTF-8" in refused(wanted=hidden.fingerprint, found=[hidden])
    new = change(new=True)
    assert "does not block" in refused(wanted=new.fingerprint, found=[new])


def test_the_beginning_of_a_fingerprint_is_enough_and_the_longest_time_is_allowed() -> None:
    made = approval(
        DELTA.fingerprint[:8],
        [DELTA, change(key="other")],
        reason="why",
        owner="who",
        expires=TODAY + timedelta(days=90),
        today=TODAY,
    )
    assert made.fingerprint == DELTA.fingerprint


def test_it_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record(tmp_path, OTHER)
    first = (tmp_path / PATH).read_bytes()
    with monkeypatch.context() as patch, pytest.raises(OSError, match="full"):

        def full(*_: object) -> None:
            raise OSError("full")

        patch.setattr(os, "replace", full)
        record(tmp_path, MADE)
    assert (tmp_path / PATH).read_bytes() == first
    record(tmp_path, MADE)
    assert (tmp_path / PATH).read_bytes().startswith(first)
    assert sorted(each.name for each in (tmp_path / ".scaffold").iterdir()) == ["approvals.yaml"]
    assert approvals.read(Directory(tmp_path)).entries == (OTHER, MADE)


@pytest.mark.parametrize("about", family.RULES, ids=lambda each: each.id)
def test_the_example_of_a_rule_trips_it_and_its_dual_does_not_block(about: Rule) -> None:
    def state(replaced: object = None) -> Tree:
        files = {**about.example.files, **(replaced or {})}  # type: ignore[dict-item]
        return Files({path: text.encode() for path, text in files.items() if text}, "x")

    facts = () if about is not family.UNUSED else (fact("if total is 0"),)
    found = judged(state(), state(about.example.change), (), facts)
    beside = {family.ADDED.id} if about is family.REFUSED else set()
    assert {each.rule.id for each in found} == {about.id} | beside
    assert any(each.blocks for each in found) is (about is not family.ADDED)
    dual = judged(state(), state(about.example.dual), (), facts)
    assert not any(each.blocks for each in dual)
    assert about.id not in {each.rule.id for each in dual if each.verdict != "narrowed"}


def test_the_result_does_not_depend_on_the_order_of_the_changes() -> None:
    other = change(key="access invoice:read member")
    one = judged(tree(entry(), SECOND), tree(), (DELTA, other))
    same = judged(tree(SECOND, entry()), tree(), (other, DELTA))
    assert [(each.key, each.old) for each in one] == [(each.key, each.old) for each in same]
    assert one == sorted(one, key=lambda each: each.order)
