"""The access matrix in words: for a terminal, as a document, and as data."""

import html.parser
import io
import json
import re
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console

from scaffold.design.resolve import resolve
from scaffold.design.surface import surface
from scaffold.explain import explain
from scaffold.spec.load import load, loads

from .samples import design, whole

ACCESS = """
roles:
  clerk:
    can:
      - {do: list, on: order}
      - {do: read, on: order, except: [total, status, source]}
      - do: update
        on: order
        only: [title]
        when: {owner_id: $user.id, status: {in: [open, done]}}
      - {do: create, on: order, when: {region: $tenant.region}}
  chief:
    extends: clerk
    mfa: phishing_resistant
    can:
      - {do: finish, on: order, when: {region: {in: $user.regions}}}
      - {do: finish, on: order, when: {status: open, $tenant.region: eu}}
      - {do: sweep, on: order}
  robot:
    kind: service
    can:
      - {do: sweep, on: order, when: {$service.environment: {in: [staging, production]}}}
"""


MATRIX = """\
Shop
┏━━━━━━━━━━━━━━┳━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┓
┃              ┃       ┃          chief           ┃   robot   ┃                                    ┃
┃ operation    ┃ clerk ┃ (phishing-resistant MFA) ┃ (service) ┃ needs                              ┃
┡━━━━━━━━━━━━━━╇━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┩
│ order:list   │   ✓   │            ✓             │           │                                    │
│ order:create │ ✓ (1) │          ✓ (1)           │           │                                    │
│ order:read   │ ✓ (2) │          ✓ (2)           │           │                                    │
│ order:update │ ✓ (3) │          ✓ (3)           │           │ If-Match                           │
│ order:finish │       │         ✓ (4, 5)         │           │ If-Match, signed in within 5 min,  │
│              │       │                          │           │ Idempotency-Key                    │
│ order:sweep  │       │            ✓             │   ✓ (6)   │                                    │
└──────────────┴───────┴──────────────────────────┴───────────┴────────────────────────────────────┘
1: if region is the company's region
2: only owner_id, region and title
3: only title, if status is done or open and you are the owner (owner_id)
4: if the company's region is eu and status is open
5: if region is one of your regions
6: if the environment is production or staging"""

ROBOT = """\
Shop
┏━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━┓
┃             ┃ robot                                         ┃       ┃
┃ operation   ┃ (service)                                     ┃ needs ┃
┡━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━┩
│ order:sweep │ ✓ if the environment is production or staging │       │
└─────────────┴───────────────────────────────────────────────┴───────┘"""

MARKDOWN = """\
# Shop: who may do what

## order

|  | **clerk** |
| --- | --- |
| **order:list** | ✓ |
| **order:create** | ✓ if region is the company's region |
| **order:read** | ✓ only owner\\_id, region and title |
| **order:update** (If\\-Match) | ✓ only title, if status is done or open and you are the owner \
\\(owner\\_id\\) |
"""


def printed(role: str | None = None, operation: str | None = None) -> str:
    """The table as a terminal of 100 columns shows it."""
    screen = Console(file=io.StringIO(), width=100, color_system=None)
    screen.print(explain(design(ACCESS), role, operation))
    assert isinstance(screen.file, io.StringIO)
    return "\n".join(line.rstrip() for line in screen.file.getvalue().splitlines())


def test_the_whole_matrix_has_numbers_and_says_below_what_they_mean() -> None:
    assert printed() == MATRIX


def test_one_role_has_words_in_its_cells() -> None:
    assert printed(role="robot") == ROBOT


def test_one_operation_lists_the_roles() -> None:
    shown = printed(operation="order:sweep")
    assert "┃ role                     ┃ order:sweep" in shown
    assert "│ chief                    │ ✓ " in shown
    assert "✓ if the environment is production or staging" in shown
    assert "clerk" not in shown


def test_a_search_names_the_fields_that_it_alone_asks_for() -> None:
    classified = whole(ACCESS).replace("max: 100, filter", "max: 100, class: pii, filter")
    listed, search = (
        json.loads(explain(resolve(loads(classified)), operation=each, format="json"))["operations"]
        for each in ("list_orders", "search_orders")
    )
    assert (search[0]["method"], search[0]["path"]) == ("POST", "/orders/search")
    assert search[0]["allowed"] == listed[0]["allowed"]
    found = explain(resolve(loads(classified)), operation="search_orders", format="markdown")
    assert "POST for title" in found


def test_a_role_that_is_refused_an_operation_is_told_so() -> None:
    assert "—" in printed(role="clerk", operation="finish_order")


@pytest.mark.parametrize("operation", ["finish_order", "order:finish"])
def test_an_operation_goes_by_its_id_or_its_permission(operation: str) -> None:
    found = json.loads(explain(design(ACCESS), operation=operation, format="json"))
    assert [each["id"] for each in found["operations"]] == ["finish_order"]


def test_the_data_has_every_fact() -> None:
    found = json.loads(
        explain(design(ACCESS), role="chief", operation="finish_order", format="json")
    )
    assert found == {
        "service": "Shop",
        "roles": [{"name": "chief", "kind": "human", "mfa": "phishing_resistant"}],
        "operations": [
            {
                "id": "finish_order",
                "permission": "order:finish",
                "method": "POST",
                "path": "/orders/{order_id}/finish",
                "step_up": 300,
                "if_match": True,
                "idempotency_key": "required",
                "allowed": {
                    "chief": [
                        {
                            "when": ["$tenant.region = eu", "status = open"],
                            "fields": None,
                            "means": "if the company's region is eu and status is open",
                        },
                        {
                            "when": ["region in $user.regions"],
                            "fields": None,
                            "means": "if region is one of your regions",
                        },
                    ]
                },
            }
        ],
    }


def test_a_markdown_document_has_a_table_a_resource() -> None:
    assert explain(design(ACCESS), role="clerk", format="markdown") == MARKDOWN


HOSTILE = """
service: {name: shop, title: "<script>alert(1)</script> | **x** [a](b)"}
roles: {clerk: {can: [{do: read, on: note, when: {word: "<img src=x> | `x` [red]"}}]}}
resources: {note: {fields: {word: {type: string, max: 50}}}}
"""


TAGS = {
    *("html", "meta", "title", "style", "h1", "h2"),
    *("table", "thead", "tbody", "tr", "th", "td", "small", "nav", "a", "div"),
}


class _Page(html.parser.HTMLParser):
    """Collects the tags and the text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            assert not name.startswith("on")
            assert name not in ("src", "style"), value
            assert name != "href" or (value or "").startswith("#"), value

    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_page_shows_hostile_text_and_runs_nothing() -> None:
    page = _Page(explain(design(HOSTILE), format="html"))
    assert page.tags <= TAGS
    assert "<script>alert(1)</script> | **x** [a](b): who may do what" in page.text
    assert '✓ if word is "<img src=x> | `x` [red]"' in page.text


def test_markdown_shows_hostile_text_as_it_is() -> None:
    text = explain(design(HOSTILE), format="markdown")
    assert "\\<script\\>" in text
    assert "\\*\\*x\\*\\* \\[a\\]\\(b\\)" in text
    assert text.splitlines()[-1].count(" | ") == 1


def test_a_terminal_shows_hostile_text_as_it_is() -> None:
    screen = Console(file=io.StringIO(), width=100, color_system="truecolor", force_terminal=True)
    screen.print(explain(design(HOSTILE), role="clerk"))
    assert isinstance(screen.file, io.StringIO)
    assert "[red]" in screen.file.getvalue()


@pytest.mark.parametrize(
    ("role", "operation", "message"),
    [
        ("clerc", None, 'There is no role called "clerc". Did you mean clerk?'),
        ("", None, "Known: chief, clerk and robot."),
        ("\x1b[31m", None, '"\\x1b[31m"'),
        (None, "order:finsh", 'no operation called "order:finsh". Did you mean order:finish?'),
        (None, "finish_ordr", "Did you mean finish_order?"),
    ],
)
def test_an_unknown_name_is_told_the_nearest(
    role: str | None, operation: str | None, message: str
) -> None:
    with pytest.raises(ValueError, match="There is no ") as caught:
        explain(design(ACCESS), role, operation)
    assert message in str(caught.value)


def test_every_condition_of_the_language_has_words() -> None:
    found = json.loads(explain(design(ACCESS), format="json"))
    means = {
        way["means"]
        for operation in found["operations"]
        for ways in operation["allowed"].values()
        for way in ways
    }
    assert means == {
        "always",
        "if region is the company's region",
        "if region is one of your regions",
        "if the company's region is eu and status is open",
        "if the environment is production or staging",
        "only owner_id, region and title",
        "only title, if status is done or open and you are the owner (owner_id)",
    }


FURTHER = (
    ("status: {not: open}", "status != open", "status is not open"),
    (
        "status: {not: {in: [open, done]}}",
        "status not in [done, open]",
        "status is none of done and open",
    ),
    ("owner_id: {not: $user.id}", "owner_id != $user.id", "you are not the owner (owner_id)"),
    ("reviewer: {not: $user.id}", "reviewer_id != $user.id", "reviewer_id is not you"),
    (
        "title: {not: {in: $user.regions}}",
        "title not in $user.regions",
        "title is none of your regions",
    ),
    (
        "region: {not: $tenant.region}",
        "region != $tenant.region",
        "region is not the company's region",
    ),
    ("total: {lte: $user.limit}", "total <= $user.limit", "total is at most your limit"),
    ("total: {gte: 100}", "total >= 100", "total is at least 100"),
    ("total: {lt: 100}", "total < 100", "total is less than 100"),
    ("due: {gt: 2030-01-31}", 'due > "2030-01-31"', 'due is more than "2030-01-31"'),
    ("due: null", "due is null", "due is empty"),
    ("due: {not: null}", "due is not null", "due is not empty"),
    ("tags: {contains: vip}", "tags contains vip", "tags contains vip"),
    ("tags: {not: {contains: vip}}", "tags not contains vip", "tags does not contain vip"),
    ("people: {contains: $user.id}", "people contains $user.id", "people contains you"),
)
ORDERS = """
identity:
  issuers: [{issuer: https://login.example.com/, audience: shop, algorithms: [ES256]}]
  attributes: {regions: {list: string}, limit: {type: integer, min: 0, max: 9}}
resources:
  order:
    owner: owner_id
    fields:
      title: {type: string, max: 99}
      region: {type: enum, values: [eu, us]}
      status: {type: enum, values: [open, done]}
      total: {type: money}
      due: {type: date, optional: true}
      reviewer: {type: reference, to: member, optional: true}
      tags: {type: list, of: {type: string, max: 9}, max_items: 9}
      people: {type: list, of: {type: uuid}, max_items: 9}
"""


@pytest.mark.parametrize(("when", "fact", "words"), FURTHER)
def test_what_is_no_equality_has_a_fact_and_words(when: str, fact: str, words: str) -> None:
    found = design(
        f"roles: {{clerk: {{can: [{{do: read, on: order, when: {{{when}}}}}]}}}}{ORDERS}"
    )
    assert surface(found)["access"]["order:read clerk"] == f"if {fact}"
    (read,) = json.loads(explain(found, format="json"))["operations"]
    assert read["allowed"]["clerk"] == [{"when": [fact], "fields": None, "means": f"if {words}"}]


@pytest.mark.parametrize("name", ["helpdesk", "invoicing", "issue_tracker"])
def test_a_table_fits_into_80_columns(name: str) -> None:
    spec = Path(__file__).parents[2] / "specs" / f"{name}.yaml"
    roles = resolve(load(spec)).roles
    console = Console(width=80, file=io.StringIO())
    console.print(explain(resolve(load(spec)), width=80))
    assert isinstance(console.file, io.StringIO)
    shown = console.file.getvalue()
    assert all(cell_len(line) <= 80 for line in shown.splitlines())
    # No name of a role is broken into pieces, and nothing is cut.
    assert all(re.search(rf"\b{role.name}\b", shown) for role in roles)
    assert "…" not in shown
