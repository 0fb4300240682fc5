"""The ceiling of the base: what is above it, what the file may say, and who may raise it."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from scaffold.drift import ceiling
from scaffold.drift.change import Change
from scaffold.drift.judge import judge
from scaffold.drift.project.owners import GUARDED
from scaffold.drift.rules import ceiling as family
from scaffold.drift.rules import known
from scaffold.drift.spec.rule import whole
from scaffold.drift.trees import Files, Tree, TreeError
from tests.cli.support import scaffold
from tests.drift.mutation.services import copied, lay, service
from tests.repositories import commit, git

TODAY = date(2026, 12, 1)
SPEC = """
audit: {retain: 600d}
limits: {user: 60/min}
resources:
  note:
    owner: owner_id
    page: {default: 20, max: 50}
    fields: {body: {type: string, max: 50, filter: [eq]}}
"""
README = {"README.md": "A service.\n"}


def state(spec: str, bounds: str = "", **more: str) -> Tree:
    files = {"scaffold.yaml": whole(spec), **README, **more}
    if bounds:
        files[family.PATH] = bounds
    return Files({path: text.encode() for path, text in files.items()}, "x")


def entry(rule: str, key: str, bound: str) -> str:
    return f'bounds:\n  - {{rule: {rule}, key: "{key}", bound: "{bound}"}}\n'


def judged(base: Tree, head: Tree) -> list[Change]:
    found = judge(base, head, Path(), TODAY).report.changes
    return [each for each in found if each.rule in family.RULES]


@pytest.mark.parametrize("about", family.RULES, ids=lambda each: each.id)
def test_the_example_of_a_rule_trips_it_and_its_dual_does_not(about: family.Rule) -> None:
    assert about.example is not None
    files = {**README, **about.example.files}
    trees = [
        Files({path: (text or "").encode() for path, text in {**files, **change}.items()}, "x")
        for change in ({}, about.example.change, about.example.dual)
    ]
    said = judged(trees[0], trees[1])
    assert {each.rule.id for each in said} == {about.id}
    assert all(each.blocks is not about.note for each in said)
    assert not [e for e in judged(trees[0], trees[2]) if e.verdict != "narrowed"]


BOUNDS: tuple[tuple[str, str, str, str, str], ...] = (
    # the rule, the key, the bound, and an edit of the spec that is above it
    ("SCF133", "operations * page_max", "100", "max: 50}\n", "max: 101}\n"),
    ("SCF133", "operations note:list page_max", "50", "max: 50}\n", "max: 51}\n"),
    ("SCF134", "operations * filter *", "eq, in", "[eq]", "[eq, prefix]"),
    ("SCF134", "operations note:* filter *", "eq", "[eq]", "[prefix, eq]"),
    ("SCF113", "fields note.body read", "clerk", "\nresources", "\nroles: {clerk: {can: [{do: "
     "[list, read, create], on: note}]}, boss: {can: [{do: [list, read], on: note}]}}\nresources"),
    ("SCF101", "access note:delete *", "absent", "\nresources", "\nroles: {clerk: {can: [{do: "
     "[list, read, create, delete], on: note}]}}\nresources"),
    ("SCF111", "fields note.*", "internal", "[eq]", "[eq], class: public"),
    ("SCF123", "identity issuer * RSA bits", "3072", "\nresources", "\nidentity: {issuers: "
     "[{issuer: https://login.example.com/, audience: shop, algorithms: [RS256],"
     " rsa_2048_because: The provider has no others.}]}"
     "\nresources"),
    ("SCF158", "service audit days", "500", "600d", "450d"),
)  # fmt: skip


@pytest.mark.parametrize(("rule", "key", "bound", "old", "new"), BOUNDS)
def test_what_is_wider_than_a_bound_blocks(
    rule: str, key: str, bound: str, old: str, new: str
) -> None:
    assert old in SPEC
    base, wider = state(SPEC, entry(rule, key, bound)), SPEC.replace(old, new, 1)
    assert judged(base, state(SPEC, entry(rule, key, bound))) == []
    said = judged(base, state(wider, entry(rule, key, bound)))
    assert said and all(each.rule is family.ABOVE and each.blocks for each in said)
    assert said[0].old == f"at most {bound}"
    # Without the ceiling of the base, the head's own one bounds nothing.
    assert all(
        e.verdict == "narrowed" for e in judged(state(SPEC), state(wider, entry(rule, key, bound)))
    )


def test_what_the_base_has_already_is_a_note_until_it_is_wider() -> None:
    bounds = entry("SCF133", "operations * page_max", "40")
    (note,) = judged(state(SPEC, bounds), state(SPEC.replace("20", "10"), bounds))
    assert note.rule is family.ALREADY and not note.blocks and note.now == "50"
    (less,) = judged(state(SPEC, bounds), state(SPEC.replace("max: 50}\n", "max: 45}\n"), bounds))
    assert less.rule is family.ALREADY
    (more,) = judged(state(SPEC, bounds), state(SPEC.replace("max: 50}\n", "max: 60}\n"), bounds))
    assert more.rule is family.ABOVE and more.blocks


def test_a_new_resource_is_within_the_ceiling_or_blocks() -> None:
    bounds = entry("SCF133", "operations * page_max", "50")
    granted = "\nroles: {clerk: {can: [{do: [list, read, create], on: [note, memo]}]}}"
    memo = "  memo: {owner: owner_id, page: {default: 5, max: %d}, fields: {a: {type: date}}}\n"
    more = SPEC + memo + granted
    assert judged(state(SPEC, bounds), state(more % 50, bounds)) == []
    (above,) = judged(state(SPEC, bounds), state(more % 51, bounds))
    assert above.blocks and above.key.endswith("memo:list page_max")


def test_what_is_missing_is_above_where_nothing_means_everything() -> None:
    bounds = entry("SCF151", "limits user", "60 in 60 s")
    found = judged(state(SPEC, bounds), state(SPEC.replace("user: 60/min", "user: 90/min"), bounds))
    assert [each.rule for each in found] == [family.ABOVE]
    bounds = entry("SCF132", "operations note:close if_match", "required")
    (note,) = judged(state(SPEC, bounds), state(SPEC, bounds))
    assert note.rule is family.ALREADY and note.now == "absent"


def test_a_hazard_of_code_can_be_forbidden() -> None:
    bounds = entry("SCF348", "*", "absent")
    hook = {"hooks/note.py": "import pickle\n"}
    said = judged(state(SPEC, bounds), state(SPEC, bounds, **hook))
    assert [(each.rule, each.blocks) for each in said] == [(family.ABOVE, True)]
    said = judged(state(SPEC, bounds, **hook), state(SPEC, bounds, **hook))
    assert [(each.rule, each.blocks) for each in said] == [(family.ALREADY, False)]


@pytest.mark.parametrize(
    ("after", "blocks"),
    [("", True), ("100", True), ("50", False), ("40", False), ("absent", False)],
)
def test_the_file_may_be_made_stricter_alone(after: str, blocks: bool) -> None:
    head = entry("SCF133", "operations * page_max", after) if after else ""
    base = state(SPEC, entry("SCF133", "operations * page_max", "50"))
    said = [each for each in judged(base, state(SPEC, head)) if each.rule is family.LOOSENED]
    assert [each.blocks for each in said] == [blocks] * (after != "50")


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("bounds: [all]\n", 1, "mapping"),
        ("ceiling: []\n", 1, "bounds"),
        ("bounds: &a []\n", 1, "anchor"),
        ("bounds:\n  - {rule: SCF133, key: a, bound: 1, more: x}\n", 2, "more"),
        ("bounds:\n  - {rule: SCF133, key: operations x page_max}\n", 2, "bound"),
        ("bounds:\n\n  - {rule: SCF999, key: a, bound: b}\n", 3, "SCF999"),
        ("bounds:\n  - {rule: SCF131, key: '*', bound: b}\n", 2, "takes no bound"),
        ("bounds:\n  - {rule: SCF501, key: '*', bound: b}\n", 2, "takes no bound"),
        ("bounds:\n  - {rule: SCF706, key: '*', bound: b}\n", 2, "takes no bound"),
        ("bounds:\n  - {rule: SCF133, key: '*', bound: lots}\n", 2, "lots"),
        ("bounds:\n  - {rule: SCF111, key: '*', bound: publik}\n", 2, "publik"),
        ("bounds:\n  - {rule: SCF133, key: operations x pagemax, bound: 1}\n", 2, "pagemax"),
        ("bounds:\n  - {rule: SCF133, key: fields * page_max, bound: 1}\n", 2, "it has"),
        ("bounds:\n" + 2 * "  - {rule: SCF133, key: '*', bound: 1}\n", 3, "already"),
        ("bounds:\n  - {rule: SCF133, key: [a], bound: 1}\n", 2, "text"),
        ("bounds: {", 2, "YAML"),
        ("bounds:\n  - {rule: SCF133, rule: SCF134, key: a, bound: 1}\n", 2, "twice"),
    ],
)  # fmt: skip
def test_a_file_that_is_not_right_is_refused_where_it_is(text: str, line: int, said: str) -> None:
    for base, head in ((state(SPEC, text), state(SPEC)), (state(SPEC), state(SPEC, text))):
        with pytest.raises(TreeError) as error:
            judged(base, head)
        assert str(error.value).startswith(f"{family.PATH}:{line} of x: ")
        assert said in str(error.value)


def test_the_security_team_is_asked_about_the_file() -> None:
    assert family.PATH in GUARDED


def test_each_rule_that_takes_a_bound_has_one_to_write_down() -> None:
    bounded = [each for each in known().values() if ceiling.orders(each)]
    assert {"SCF101", "SCF123", "SCF133", "SCF134", "SCF151", "SCF153", "SCF158", "SCF301"} <= {
        each.id for each in bounded
    }
    assert all(each.layer in ("spec", "code", "project") for each in bounded)


def blocking(project: Path) -> list[dict[str, str]]:
    found = scaffold("check", project, "--static", "--base", "main", "--format", "json")
    said = [each for each in json.loads(found.stdout)["changes"] if each["blocks"]]
    assert found.exit_code == (1 if said else 0)
    return said


def test_the_command_holds_a_change_to_the_ceiling_of_its_base() -> None:
    of = service("invoicing")
    low = entry("SCF133", "operations * rows_max", "absent")
    high = low.replace("rows_max", "page_max").replace("absent", "500")
    with copied(of) as project:
        lay(project, {family.PATH: high})
        commit(project, "ceiling")
        git(project, "switch", "-qc", "change")
        assert blocking(project) == []
        lay(project, {family.PATH: high.replace("500", "1000")})
        (change,) = blocking(project)
        assert (change["rule"], change["from"], change["to"]) == ("SCF708", "500", "1000")
        day = str(datetime.now(UTC).date() + timedelta(days=30))
        by = ("--reason", "Asked for.", "--owner", "@acme/security", "--expires", day)
        arguments = ("approve", change["fingerprint"], project, "--base", "main")
        assert scaffold(*arguments, *by).exit_code == 0
        approvals = (project / ".scaffold" / "approvals.yaml").read_text("utf-8")
        lay(project, {family.PATH: high, ".scaffold/approvals.yaml": None})
        git(project, "switch", "-q", "main")
        lay(project, {".scaffold/approvals.yaml": approvals})
        commit(project, "approve")
        assert blocking(project) == []
        lay(project, {family.PATH: high.replace("500", "1000")})
        assert blocking(project) == []
        lay(project, {family.PATH: "bounds: [x]\n"})
        refused = scaffold("check", project, "--static", "--base", "main")
        assert refused.exit_code == 2 and f"{family.PATH}:1 of " in refused.stderr
