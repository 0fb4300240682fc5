"""What a comparison found, told to people, to programs and to CI systems."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, get_args

from scaffold.drift.report.report import Looked, Outcome, Report, Stale

if TYPE_CHECKING:
    from scaffold.design.model import Design
    from scaffold.drift.report.text import Paint

__all__ = ["FORMATS", "Format", "Looked", "Outcome", "Report", "Stale", "render"]

Format = Literal["text", "json", "sarif", "github", "markdown", "junit", "html"]
FORMATS: Final[tuple[Format, ...]] = get_args(Format)


def render(
    report: Report,
    format: Format = "text",
    *,
    paint: Paint | None = None,
    before: Design | None = None,
    after: Design | None = None,
) -> str:
    """The report in a format: text that ends with a newline.

    `paint` colours the text for a terminal; `before` and `after` are the designs of base and head,
    whose access matrix the page for a browser shows. The same report is the same text.
    """
    match format:
        case "json":
            from scaffold.drift.report.data import as_json

            return as_json(report)
        case "sarif":
            from scaffold.drift.report.sarif import sarif

            return sarif(report)
        case "github":
            from scaffold.drift.report.github import github

            return github(report)
        case "markdown":
            from scaffold.drift.report.markdown import markdown

            return markdown(report)
        case "junit":
            from scaffold.drift.report.junit import junit

            return junit(report)
        case "html":
            from scaffold.drift.report.html import html

            return html(report, before, after)
    from scaffold.drift.report.text import text

    return text(report) if paint is None else text(report, paint)
