"""The report for a pull request, and the page for a reviewer."""

import base64
import hashlib
import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from scaffold.drift.report import Report, render
from scaffold.drift.report.access import Cell, access
from scaffold.drift.report.markdown import MARK, MAX_LENGTH
from scaffold.drift.report.words import WAYS_OUT
from tests.drift.made import change
from tests.pages.browser import CHROMIUM, DESKTOP, PHONE, measured

from .samples import CLEAN, EVIL, GRANTED, HOSTILE, ORDINARY, designs

BEFORE, AFTER = designs()


class Tags(HTMLParser):
    """The elements of a document, the attributes of each, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.loose: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in ("meta", "wbr"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "code" not in self.open:
            self.loose.append(data)

    @property
    def names(self) -> set[str]:
        return {tag for tag, _ in self.found}


def commonmark(report: Report) -> Tags:
    """The text for a pull request as it is shown."""
    return Tags(
        MarkdownIt("commonmark", {"html": True}).enable("table").render(render(report, "markdown"))
    )


def test_the_table_of_a_pull_request_has_a_row_a_change() -> None:
    shown = commonmark(ORDINARY)
    assert [tag for tag, _ in shown.found].count("tr") == 1 + len(ORDINARY.blocking)
    assert [tag for tag, _ in shown.found].count("td") == 6 * len(ORDINARY.blocking)
    assert [tag for tag, _ in shown.found].count("details") == len(ORDINARY.blocking) + 3
    text = render(ORDINARY, "markdown")
    assert text.startswith(MARK) and text.count(WAYS_OUT) == 1
    (row,) = (line for line in text.splitlines() if line.startswith("| **high** SCF101"))
    assert "a member deletes the draft of a colleague" in row
    assert text.count("| compatible |") == 1


def test_text_of_a_project_is_text_in_a_pull_request() -> None:
    shown = commonmark(EVIL)
    assert shown.names <= {
        *("h3", "p", "code", "table", "thead", "tbody", "tr", "th", "td", "details", "summary"),
        *("ul", "li", "strong"),
    }
    assert [tag for tag, _ in shown.found].count("td") == 6 * len(EVIL.blocking)
    loose = " ".join(shown.loose)
    for each in ("@octocat", "#1", "GH-1", "owner/repo", "evil", "**", "add-mask", "secrets"):
        assert each not in loose
    text = render(EVIL, "markdown")
    assert not re.search(
        r"[<>@](?!/?(code|details|summary)>|!--|code>)", re.sub(r"</?\w+>", "", text[len(MARK) :])
    )


def test_a_pull_request_with_very_many_changes_fits_a_comment() -> None:
    many = [
        change(key=f"key {each} {HOSTILE}", old=HOSTILE, now=f"{HOSTILE}x") for each in range(200)
    ]
    text = render(replace(CLEAN, changes=many), "markdown")
    assert len(text) <= MAX_LENGTH + 200
    shown = [
        tag
        for tag, _ in Tags(
            MarkdownIt("commonmark", {"html": True}).enable("table").render(text)
        ).found
    ]
    rows = shown.count("tr") - 1
    assert rows > 5 and f"And {200 - rows} more" in text and WAYS_OUT in text


def page(report: Report = ORDINARY) -> str:
    return render(report, "html", before=BEFORE, after=AFTER)


@pytest.mark.parametrize("report", [ORDINARY, EVIL, CLEAN], ids=["ordinary", "evil", "clean"])
def test_a_page_loads_nothing_and_runs_nothing(report: Report) -> None:
    text = page(report)
    tags = Tags(text)
    assert tags.names <= {
        *("html", "head", "meta", "title", "style", "body", "main", "nav", "section", "article"),
        *("h1", "h2", "h3", "p", "a", "div", "span", "strong", "small", "code", "ul", "li"),
        *("dl", "dt", "dd", "details", "summary", "table", "thead", "tbody", "tr", "th", "td"),
        *("del", "ins", "wbr"),
    }
    for _, attributes in tags.found:
        assert not {"src", "style", "onclick", "onerror"} & attributes.keys()
        assert (attributes.get("href") or "#").startswith("#")
    (policy,) = (
        each["content"] or ""
        for tag, each in tags.found
        if each.get("http-equiv") and tag == "meta"
    )
    style = text.split("<style>")[1].split("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )
    anchors = {each["href"] for tag, each in tags.found if tag == "a"}
    assert anchors == {f"#{each['id']}" for tag, each in tags.found if tag == "section"}
    assert "style-src 'unsafe-inline" not in text and "url(" not in style


def cells() -> Iterator[tuple[str, str, Cell]]:
    for part in access(BEFORE, AFTER).parts:
        for line in part.lines:
            for role, cell in zip(part.roles, line.cells, strict=True):
                yield line.heading.name, role.name, cell


def test_the_matrix_says_what_changed_and_which_way() -> None:
    changed = {(what, who): cell.state for what, who, cell in cells() if cell.state != "same"}
    assert changed == {
        ("invoice:delete", "member"): "wider",
        ("invoice:remind", "accountant"): "narrower",
        ("invoice_line:update", "billing_worker"): "gained",
        ("payment:read", "accountant"): "narrower",
        ("member:deactivate", "administrator"): "lost",
    }
    assert sum(1 for _ in cells()) > 100


def test_the_same_design_twice_has_no_change() -> None:
    for part in access(BEFORE, BEFORE).parts:
        assert part.changed == 0
    assert access(None, AFTER) == access(AFTER, AFTER)


def test_what_is_gone_and_what_is_new_stays_in_the_matrix() -> None:
    forth, back = access(BEFORE, AFTER), access(AFTER, BEFORE)
    turned = {"gained": "lost", "lost": "gained", "wider": "narrower", "narrower": "wider"}

    def states(parts: object) -> list[tuple[str, str, str]]:
        found = []
        for part in parts:  # type: ignore[attr-defined]
            for line in part.lines:
                for role, cell in zip(part.roles, line.cells, strict=True):
                    found.append((line.heading.name, role.name, cell.state))
        return sorted(found)

    assert states(forth.parts) == sorted(
        (what, who, turned.get(state, state)) for what, who, state in states(back.parts)
    )


def test_the_page_shows_each_change_of_the_matrix_with_words() -> None:
    text = page()
    (row,) = re.findall(r'<tr><th scope="row">invoice:<wbr>delete.*?</tr>', text, re.DOTALL)
    was = "if status is draft and you are the owner (owner_id)"
    assert (
        f'<td class="wider"><span class="badge">wider</span> <del><small>before</small> {was}</del>'
        "<ins><small>now</small> if status is draft</ins></td>"
    ) in row
    assert text.count('<td class="lost">') == 1 and text.count('<td class="gained">') == 1
    # What did not change is folded; what did, is open.
    opened = re.findall(
        r"<details( open)?><summary><strong>([\w ]+)</strong>", text.replace("\n", "")
    )
    assert ("", "customer") in opened and (" open", "invoice") in opened
    assert text.count("<table>") == len(
        re.findall(r'<div class="scroll" tabindex="0" [^>]*>\n<table>', text)
    )


def test_the_page_says_what_a_finding_means() -> None:
    text = page()
    (found,) = (
        each
        for each in re.findall("<article.*?</article>", text, re.DOTALL)
        if GRANTED.fingerprint in each
    )
    assert "Possible now: a member deletes the draft of a colleague" in found
    assert GRANTED.rule.why in found and GRANTED.rule.remedy in found
    assert "<dd>more than before</dd>" in found
    assert text.count("<article") == len(ORDINARY.blocking)
    assert "4 changes are to be looked at" in text


def test_without_a_design_there_is_no_matrix() -> None:
    text = render(ORDINARY, "html")
    assert "<table>" not in text and 'href="#access"' not in text
    text = render(ORDINARY, "html", after=AFTER)
    assert "<table>" in text and 'class="key"' not in text and '<td class="gained">' not in text


@pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium to measure the page in")
@pytest.mark.parametrize("width", [PHONE, DESKTOP])
@pytest.mark.parametrize("report", [ORDINARY, EVIL], ids=["ordinary", "evil"])
def test_the_page_fits_the_window(report: Report, width: int, tmp_path: Path) -> None:
    found = measured(page(report), tmp_path, width)
    assert found["width"] <= width
    assert found["nav"]
    assert found["console"] == []
    assert "Who may do what" in found["text"]
    # On a phone the changes of a table are told above it, too.
    assert ("invoice:delete by member" in found["text"]) is (width == PHONE)


@pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium to measure the page in")
def test_a_browser_refuses_what_the_page_does_not_allow(tmp_path: Path) -> None:
    found = measured(page().replace("<main>", '<main style="color: red">'), tmp_path)
    assert any("Content Security Policy" in each for each in found["console"])
