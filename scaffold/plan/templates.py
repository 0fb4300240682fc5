"""The template environment. Templates print what the design decided."""

from __future__ import annotations

import contextlib
import re
import sys
from functools import cache
from importlib.util import cache_from_source
from pathlib import Path

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PrefixLoader, StrictUndefined
from jinja2.bccache import Bucket, FileSystemBytecodeCache

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
        bytecode_cache=_compiled(),
    )
    found.globals["lay"] = lay
    found.filters["py"] = python
    found.filters["docline"] = docline
    return found


class _Compiled(FileSystemBytecodeCache):
    """Compiled templates beside the compiled modules of scaffold itself, by the digests of their
    sources. Where nothing can be written, none are kept."""

    def dump_bytecode(self, bucket: Bucket) -> None:
        with contextlib.suppress(OSError):
            super().dump_bytecode(bucket)


def _compiled() -> _Compiled | None:
    """Where compiled templates are kept: where Python keeps compiled modules, if it keeps any."""
    home = Path(cache_from_source(__file__)).parent
    if sys.dont_write_bytecode or not home.is_dir():
        return None
    return _Compiled(str(home), "template-%s.jinjac")


def docline(text: str) -> str:
    """Text of the spec as the first line of a docstring: it cannot end it or escape from it."""
    plain = re.sub(r"\s+", " ", text).strip()
    safe = "".join(char if char.isprintable() else " " for char in plain)
    safe = safe.replace("\\", "/").replace('"', "'")
    return safe.rstrip(".") or "Undescribed"
