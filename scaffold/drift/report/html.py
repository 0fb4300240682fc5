"""The report as one page for a reviewer who need not know code.

The page loads nothing and runs nothing; its policy allows its own style by digest and no more. What
changed is said in words and shown by colour, never by colour alone.
"""

from __future__ import annotations

import base64
import hashlib
import html as markup
import re
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from typing import Final

from scaffold.design.model import Design
from scaffold.drift.change import Change
from scaffold.drift.report.access import Access, Cell, Heading, Part, State, access
from scaffold.drift.report.report import Outcome, Report
from scaffold.drift.report.words import (
    CLIENTS,
    COMMAND,
    LAYERS,
    approval,
    looked_at,
    not_looked_at,
    shown,
    where,
)
from scaffold.drift.verdict import Verdict
from scaffold.explain.words import EVERYTHING, WITHOUT

_NEVER: Final = "—"
_KEY: Final[Mapping[State, str]] = {
    "gained": "was refused before",
    "wider": "in more cases",
    "changed": "in other cases",
    "narrower": "in fewer cases",
    "lost": "is refused now",
}
_PLAIN: Final[Mapping[Verdict, str]] = {
    "equal": "the same",
    "narrowed": "less than before",
    "widened": "more than before",
    "incomparable": "something else than before, which may be more",
    "unknown": "nobody can tell whether it is more, so it counts as more",
}


def html(report: Report, before: Design | None = None, after: Design | None = None) -> str:
    """The page. With the design of the head it has the access matrix, and with that of the base
    what changed in it."""
    return "\n".join(_page(report, before, after)) + "\n"


def _page(report: Report, before: Design | None, after: Design | None) -> Iterator[str]:
    found = None if after is None else access(before, after)
    title = f"{after.title}: who may do more" if after is not None else "Who may do more"
    style = files(__package__).joinpath("style.css").read_text(encoding="utf-8")
    policy = (
        f"default-src 'none'; style-src 'sha256-{_digest(style)}'; base-uri 'none'; "
        "form-action 'none'"
    )
    yield "<!doctype html>"
    yield '<html lang="en">'
    yield "<head>"
    yield '<meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield '<meta name="referrer" content="no-referrer">'
    yield f"<title>{_safe(title)}</title>"
    yield f"<style>{style}</style>"
    yield "</head>"
    yield "<body>"
    yield f"<h1>{_safe(title)}</h1>"
    yield f'<p class="soft">{_code(report.head)}, compared with {_code(report.base)}</p>'
    yield f'<div class="verdict {report.outcome}"><p>{_verdict(report)}</p></div>'
    yield from _nav(report, found)
    yield "<main>"
    yield from _findings(report)
    yield from _stale(report)
    yield from _rest(report)
    if found is not None:
        yield from _access(found, compared=before is not None)
    yield from _method(report)
    yield "</main>"
    yield "</body>"
    yield "</html>"


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _safe(text: str) -> str:
    return markup.escape(shown(text))


def _code(text: str) -> str:
    return f"<code>{_safe(text)}</code>"


def _verdict(report: Report) -> str:
    count = len(report.blocking)
    found: dict[Outcome, str] = {
        "insecure": f"<strong>{_times(count)} to be looked at.</strong> Each lets somebody do "
        "something that was not possible before, or may do so. Until it is undone or approved, "
        "this does not pass.",
        "unjudged": "<strong>Not everything could be judged.</strong> What is said below is no "
        "proof that the rest is fine. This does not pass.",
        "stale": "<strong>Nobody may do more than before.</strong> Generated files are not what "
        "the spec yields, which has to be put right.",
        "new": "<strong>Nobody may do more with what was there before.</strong> There are new "
        "things, within what new things may be.",
        "clean": "<strong>Nobody may do more than before.</strong>",
    }
    return found[report.outcome]


def _times(count: int) -> str:
    return "One change is" if count == 1 else f"{count} changes are"


def _nav(report: Report, found: Access | None) -> Iterator[str]:
    links = []
    if report.failures or report.blocking:
        links.append(("findings", "To be looked at"))
    if report.stale:
        links.append(("stale", "Generated files"))
    if report.approved or report.notes or report.narrowed:
        links.append(("rest", "Everything else that changed"))
    if found is not None:
        links.append(("access", "Who may do what"))
    links.append(("method", "What was looked at"))
    yield '<nav aria-label="On this page">'
    for anchor, text in links:
        yield f'<a href="#{anchor}">{text}</a>'
    yield "</nav>"


def _findings(report: Report) -> Iterator[str]:
    if not report.failures and not report.blocking:
        return
    yield '<section id="findings">'
    yield "<h2>To be looked at</h2>"
    for failure in report.failures:
        yield '<article class="critical">'
        yield f'<h3><span class="badge">not judged</span> {_safe(failure)}</h3>'
        yield "<p>Nobody knows what changed there. The check has to run to its end.</p>"
        yield "</article>"
    for change in report.blocking:
        yield from _finding(change)
    yield "</section>"


def _finding(change: Change) -> Iterator[str]:
    rule = change.rule
    yield f'<article class="{rule.severity}">'
    yield f'<h3><span class="badge">{rule.severity}</span> {_headline(change)}</h3>'
    yield f"<p>{_safe_long(rule.why)}</p>"
    yield "<dl>"
    if change.witness:
        yield f"<dt>What</dt><dd>{_safe(change.key)}</dd>"
    yield f"<dt>Before</dt><dd>{_value(change.before is None, change.old)}</dd>"
    yield f"<dt>Now</dt><dd>{_value(change.after is None, change.now)}</dd>"
    yield f"<dt>That is</dt><dd>{_PLAIN[change.verdict]}</dd>"
    yield f"<dt>What to do</dt><dd>{_safe_long(rule.remedy)}</dd>"
    if change.clients != "none":
        yield f"<dt>Clients</dt><dd>{CLIENTS[change.clients]}</dd>"
    yield "</dl>"
    yield "<details><summary>For engineers</summary>"
    yield "<dl>"
    yield f"<dt>Rule</dt><dd>{rule.id} {rule.name}: {_safe_long(rule.what)}</dd>"
    yield f"<dt>Where</dt><dd>{markup.escape(where(change))}, in {LAYERS[rule.layer]}</dd>"
    if change.also:
        yield f"<dt>Seen by</dt><dd>{', '.join((rule.id, *change.also))}</dd>"
    if rule.controls:
        yield f"<dt>Controls</dt><dd>{', '.join(rule.controls)}</dd>"
    if rule.waivable:
        command = markup.escape(COMMAND.format(change.fingerprint))
        yield (
            f"<dt>To approve</dt><dd><code>{command}</code>, in a change of its own that is "
            "merged first</dd>"
        )
    else:
        yield "<dt>To approve</dt><dd>This cannot be approved, only undone.</dd>"
    yield "</dl></details>"
    yield "</article>"


def _headline(change: Change) -> str:
    if change.witness:
        return f"Possible now: {_safe(change.witness)}"
    if change.before is None:
        return f"New: {_safe(change.key)}"
    if change.after is None:
        return f"Gone: {_safe(change.key)}"
    return f"Changed: {_safe(change.key)}"


def _safe_long(text: str) -> str:
    """Words of a rule, which are ours and may be long."""
    return markup.escape(text)


def _value(absent: bool, text: str) -> str:
    return '<span class="soft">not there</span>' if absent else _safe(text)


def _stale(report: Report) -> Iterator[str]:
    if not report.stale:
        return
    yield '<section id="stale">'
    yield "<h2>Generated files that are not what the spec yields</h2>"
    yield "<ul>"
    for each in report.stale:
        yield f"<li>{_code(each.path)} {_safe(each.message)}</li>"
    yield "</ul>"
    yield "</section>"


def _rest(report: Report) -> Iterator[str]:
    parts: Sequence[tuple[str, Sequence[Change]]] = (
        ("Allowed by an approval", report.approved),
        ("New, and within what new things may be", report.notes),
        ("Less is possible than before", report.narrowed),
    )
    if not any(found for _, found in parts):
        return
    yield '<section id="rest">'
    yield "<h2>Everything else that changed</h2>"
    for label, found in parts:
        if not found:
            continue
        yield f"<details{' open' if len(found) <= 10 else ''}>"
        yield f"<summary>{label} ({len(found)})</summary>"
        yield "<ul>"
        for change in found:
            said = f"; {markup.escape(approval(change))}" if change.approval is not None else ""
            was, now = (
                _value(change.before is None, change.old),
                _value(change.after is None, change.now),
            )
            told = f"{_safe(change.key)}: {was} → {now}{said}"
            yield f'<li>{told} <small class="soft">{change.rule.id}</small></li>'
        yield "</ul>"
        yield "</details>"
    yield "</section>"


def _access(found: Access, *, compared: bool) -> Iterator[str]:
    yield '<section id="access">'
    yield "<h2>Who may do what</h2>"
    if compared:
        yield (
            '<p class="soft">A row is something that can be done, a column a role. What changed '
            "is marked; of the rest nothing changed.</p>"
        )
        yield '<ul class="key">'
        for state, means in _KEY.items():
            yield f'<li class="{state}"><span class="badge">{state}</span> {means}</li>'
        yield "</ul>"
    for part in found.parts:
        yield from _part(part, open_=part.changed > 0 or not compared)
    if found.open:
        yield f"<h3>{WITHOUT}</h3>"
        yield "<ul>"
        for cell in found.open:
            yield f'<li class="{cell.state}">{_cell(cell)}</li>'
        yield "</ul>"
    yield "</section>"


def _part(part: Part, *, open_: bool) -> Iterator[str]:
    title = _safe(part.title)
    changed = f" ({part.changed} changed)" if part.changed else ""
    yield f"<details{' open' if open_ else ''}>"
    yield f"<summary><strong>{title}</strong>{changed}</summary>"
    if any(cell.state != "same" for line in part.lines for cell in line.cells):
        yield from _changes(part)
    # The table scrolls in a box of its own, by the keyboard too.
    yield f'<div class="scroll" tabindex="0" role="region" aria-label="{title}">'
    yield "<table>"
    headings = "".join(_th("col", each) for each in part.roles)
    yield f"<thead><tr><td></td>{headings}</tr></thead>"
    yield "<tbody>"
    for line in part.lines:
        cells = "".join(f'<td class="{cell.state}">{_cell(cell)}</td>' for cell in line.cells)
        yield f"<tr>{_th('row', line.heading)}{cells}</tr>"
    yield "</tbody>"
    yield "</table>"
    yield "</div>"
    yield "</details>"


def _th(scope: str, heading: Heading) -> str:
    badge = f' <span class="badge">{heading.state}</span>' * (heading.state != "same")
    detail = heading.detail
    if detail.state == "same":
        small = f"<small>{_safe(detail.now)}</small>" if detail.now else ""
    else:
        small = f"<small>{_both(detail)}</small>"
    state = "" if heading.state == "same" else f' class="{heading.state}"'
    return f'<th scope="{scope}"{state}>{_name(heading.name)}{badge}{small}</th>'


def _cell(cell: Cell) -> str:
    if cell.state == "same":
        return _safe(cell.now) or _NEVER
    badge = f'<span class="badge">{cell.state}</span>'
    return f"{badge} {_both(cell)}"


def _both(cell: Cell) -> str:
    was = f"<del><small>before</small> {_always(cell.was)}</del>" if cell.was else ""
    now = f"<ins><small>now</small> {_always(cell.now)}</ins>" if cell.now else ""
    return was + now


def _always(text: str) -> str:
    """What a cell says, where it stands beside another."""
    return _safe(text.removeprefix(EVERYTHING).strip() or "always")


def _changes(part: Part) -> Iterator[str]:
    """What changed in a table, for a window that is too narrow for it."""
    yield '<ul class="narrow">'
    for line in part.lines:
        for role, cell in zip(part.roles, line.cells, strict=True):
            if cell.state != "same":
                named = f"<strong>{_name(line.heading.name)}</strong> by {_name(role.name)}"
                yield f'<li class="{cell.state}">{named} {_cell(cell)}</li>'
    yield "</ul>"


def _name(text: str) -> str:
    """A name that may be broken where a word of it ends."""
    return re.sub(r"([:_])", r"\1<wbr>", _safe(text))


def _method(report: Report) -> Iterator[str]:
    yield '<section id="method">'
    yield "<h2>What was looked at</h2>"
    yield f"<p>{_safe(looked_at(report).capitalize())}.</p>"
    left = not_looked_at(report)
    if left:
        yield "<p>Not looked at:</p>"
        yield "<ul>"
        for each in left:
            yield f"<li>{markup.escape(each)}</li>"
        yield "</ul>"
    yield "</section>"
