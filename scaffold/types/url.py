"""url: a web address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from annotated_types import Ge, Le

from scaffold.spec.base import about
from scaffold.spec.field_base import CommonField, as_text, length
from scaffold.spec.problems import Refusal, quote
from scaffold.spec.scalars import https_url

from .textual import Rule, Textual

_EXCLUDED = (
    r"<>\x22\\^`{-}\x00-\x20\x7f-\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
)
"""Control characters, delimiters, and white space by name: `\\s` is another set in each engine."""
URL = Rule("Url", rf"^https?://[^{_EXCLUDED}]+$", form="^https?://.", excluded=_EXCLUDED)


@dataclass(frozen=True, slots=True)
class UrlKind(Textual):
    """A web address (http or https), with characters of any language."""

    name: ClassVar[str] = "url"
    RULE: ClassVar[Rule] = URL

    def examples(self) -> tuple[str, ...]:
        """Links that are short enough."""
        return ("http://a", "http://b")

    @property
    def samples(self) -> tuple[str, ...]:
        """A link that is short enough."""
        return ("http://a",) if self.high < len("https://example.com/amber/1000000") else ()


class UrlField(CommonField):
    """A web address."""

    KIND = UrlKind
    FILTERS = ("eq", "prefix")

    type: Annotated[Literal["url"], about("A web address.", "url")]
    max: Annotated[int, Ge(10), Le(10_000), about("The most characters.", 300)] = 2_048
    default: Annotated[
        str | None, about("The URL when it is left out.", "https://example.com/")
    ] = None

    def kind(self) -> UrlKind:
        """What the type means."""
        return UrlKind(0, self.max)

    def check_literal(self, value: object) -> None:
        """Refuses a URL that is too long or not https."""
        text = as_text(value)
        length(text, 1, self.max)
        https_url(text)
        if not self.kind().accepts(text):
            raise Refusal(
                "E-URL",
                f"{quote(text)} has characters that a URL cannot have",
                "Encode them, such as %20 for a space.",
            )
