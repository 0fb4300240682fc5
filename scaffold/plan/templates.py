"""The template environment. Templates print what the design decided."""

from __future__ import annotations

import re
from functools import cache

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PrefixLoader, StrictUndefined

from scaffold.database.layout import lay
from scaffold.features import FEATURES
from scaffold.places import PACKAGE, TEMPLATES
from scaffold.plan.quoting import python

FEATURES_HOME = PACKAGE / "features"
_OF_FEATURES = PrefixLoader(
    {each.name: FileSystemLoader(FEATURES_HOME / each.name / "templates") for each in FEATURES}
)
"""A template of a feature is named by it: `audit/record.sql.jinja`."""


@cache
def environment(room: str) -> Environment:
    """An environment over one room of the templates: `service`, `starter` or `drift`.

    It is one for the whole process: compiling the templates takes longer than all else of a plan.
    """
    found = Environment(
        loader=ChoiceLoader([FileSystemLoader(TEMPLATES / room), _OF_FEATURES]),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - nothing here is HTML
        auto_reload=False,
        cache_size=-1,
    )
    found.globals["lay"] = lay
    found.filters["py"] = python
    found.filters["docline"] = docline
    return found


def docline(text: str) -> str:
    """Text of the spec as the first line of a docstring: it cannot end it or escape from it."""
    plain = re.sub(r"\s+", " ", text).strip()
    safe = "".join(char if char.isprintable() else " " for char in plain)
    safe = safe.replace("\\", "/").replace('"', "'")
    return safe.rstrip(".") or "Undescribed"
