"""What a developer reads: many problems at once, each at its place, safe to print."""

from pathlib import Path

import pytest

from scaffold.spec.load import load, load_with_positions, loads
from scaffold.spec.problems import Problem, SpecError, escape, listing, quote

from .samples import marked, refusal, spec

SPECS = sorted((Path(__file__).parents[2] / "specs").glob("*.yaml"))

SEVERAL = """scaffold: 2
service: {name: shop, title: Shop, ▸titel: Shop}
tenancy: {tenant: company}
identity:
  issuers:
    - {issuer: ▸http://login.example.com/, audience: shop, algorithms: [▸HS256]}
▸role: {}
roles:
  reader:
    can:
      - {do: [list, ▸reed], on: order}
      - {do: read, on: ▸ordre, only: 5}
      - {do: read, on: order, only: [▸titel]}
  writer:
    extends: ▸raeder
    can: [{do: update, on: order, when: {▸staus: open}}]
resources:
  order:
    fields:
      title: {type: string, ▸mx: 5}
      status: {type: enum, values: [open], set_by: ▸finish, default: open}
      a_id: {type: boolean}
      ▸a: {type: reference, to: order}
    unique: [[▸tilte]]
    page: {max: ▸5000}
  ▸Line:
    fields: {x: {type: boolean}}
"""


def test_many_problems_are_found_at_once_and_in_order() -> None:
    # The broken grant on "ordre" is reported for its model error alone.
    sample = SEVERAL.replace("on: ▸ordre, only: 5", "on: ordre, only: ▸5")
    text, places = marked(sample)
    # The missing key max is reported at the field that lacks it.
    places = sorted([*places, (20, 7)])
    error = refusal(text)
    assert [(p.line, p.column) for p in error.problems] == places, str(error)


def test_a_broken_part_does_not_make_its_neighbours_wrong() -> None:
    text = spec(
        roles="{clerk: {can: [{do: [read, send], on: order, only: [title, number], "
        "when: {title: x, number: 5, owner_id: $user.id}}, {do: read, on: item}]}}",
        resources="""
  order:
    owner: 5
    fields: {title: {type: string}, number: {type: integer, min: 1, max: 9}}
    unique: [[title, owner_id]]
    actions: {send: {on: nowhere}}
  item:
    fields: {x: {type: reference, to: broken}, y: {type: date, optional: true, set_by: z}}
    actions: 5
  broken: 5""",
    )
    codes = [(p.code, p.path[-1]) for p in refusal(text).problems]
    assert codes == [
        ("E-TYPE", "owner"),
        ("E-MISSING-KEY", "max"),
        ("E-VALUE", "on"),
        ("E-TYPE", "actions"),
        ("E-TYPE", "broken"),
    ]


@pytest.mark.parametrize("section", ["service", "tenancy", "identity", "roles", "resources"])
def test_a_broken_section_leaves_only_its_own_problem(section: str) -> None:
    roles = """{clerk: {can: [{do: read, on: order, when:
        {$tenant.region: eu, title: $user.region, $service.environment: production}}]}}"""
    problems = refusal(spec(**{"roles": roles, section: "5"})).problems
    assert [(p.code, p.path) for p in problems] == [("E-TYPE", (section,))]


def test_a_problem_prints_file_line_column_message_and_hint() -> None:
    with pytest.raises(SpecError) as caught:
        loads("scaffold: 2\nservice: 5\n", source="shop.yaml")
    lines = str(caught.value).splitlines()
    assert lines[0].startswith("shop.yaml:1:1: The spec lacks the key identity. ")
    assert lines[-1].startswith("shop.yaml:2:10: service needs a mapping, not 5. ")


def test_problems_are_sorted_unique_and_capped() -> None:
    problems = [Problem("E", "m", "", (), line, 1) for line in range(200, 0, -1)]
    error = SpecError("s", problems * 2)
    assert [p.line for p in error.problems] == list(range(1, 51))


def test_a_spec_that_breaks_one_rule_everywhere_reports_the_first_places() -> None:
    fields = ", ".join(f"f{i}: {{type: boolean, sort: true}}" for i in range(150))
    error = refusal(spec(resources=f"{{order: {{fields: {{{fields}}}}}}}"))
    assert len(error.problems) == 50
    assert error.problems[0].path == ("resources", "order", "fields", "f0", "sort")


def test_text_of_the_spec_cannot_steer_a_terminal() -> None:
    assert escape("a\x1b[31m\u202e\n") == "a\\x1b[31m\\u202e\\n"
    assert quote("x" * 500) == '"' + "x" * 59 + '…"'
    text = spec(service='{name: "a\\e[31m", title: "b\\nc"}')
    shown = str(refusal(text))
    assert "\x1b" not in shown
    assert all(line.isprintable() for line in shown.split("\n"))
    assert all(
        line.isprintable()
        for line in str(SpecError("a\x1b.yaml", refusal(text).problems)).split("\n")
    )


def test_values_are_quoted_by_their_kind() -> None:
    values: list[object] = [True, 5, "a", (), {}, None]
    quoted = [quote(value) for value in values]
    assert quoted == ["true", "5", '"a"', "a list", "a mapping", "nothing"]
    assert listing("abc") == "a, b or c"
    assert listing("a") == "a"
    assert listing([]) == ""
    assert listing("abcdefghijklmnop").endswith(", …")


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_the_reference_specs_are_sound(path: Path) -> None:
    sound, positions = load_with_positions(path)
    assert sound == load(str(path))
    lines = path.read_text().splitlines()
    for name in sound.resources:
        line, column = positions.of(("resources", name))
        assert lines[line - 1][column - 1 :].startswith(f"{name}:")


def test_no_message_is_written_by_the_validator() -> None:
    """Breaks one value of a reference spec after the other: every message is our own."""
    text = (Path(__file__).parents[2] / "specs" / "invoicing.yaml").read_text()
    lines = text.splitlines()
    theirs = ("Input should", "Value error", "Extra inputs", "Field required", "pydantic", "ctx")
    for index, line in enumerate(lines):
        for broken in (line.replace(": ", ": -7.5 #", 1), line.replace(": ", ": [[]] #", 1)):
            try:
                loads("\n".join([*lines[:index], broken, *lines[index + 1 :]]))
            except SpecError as error:
                assert not any(words in str(error) for words in theirs)
