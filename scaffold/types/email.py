"""email: an e-mail address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from scaffold.spec.base import about
from scaffold.spec.field_base import CommonField, as_text
from scaffold.spec.problems import Refusal, quote

from .textual import Rule, Textual

_ADDRESS = r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$"
EMAIL = Rule("Email", _ADDRESS, form=_ADDRESS)


@dataclass(frozen=True, slots=True)
class EmailKind(Textual):
    """An e-mail address, as long as RFC 5321 lets one be."""

    name: ClassVar[str] = "email"
    RULE: ClassVar[Rule] = EMAIL

    low: int = 0
    high: int = 254

    def examples(self) -> tuple[str, ...]:
        """Addresses of nobody."""
        return ("a@example.com", "b@example.com")


class EmailField(CommonField):
    """An e-mail address."""

    KIND = EmailKind
    FILTERS = ("eq", "prefix")
    SORTS = True
    PERSONAL = "always"

    type: Annotated[Literal["email"], about("An e-mail address.", "email")]
    default: Annotated[str | None, about("The address when it is left out.", "a@example.com")] = (
        None
    )

    def check_literal(self, value: object) -> None:
        """Refuses what cannot be an e-mail address."""
        text = as_text(value)
        if not EmailKind().accepts(text):
            raise Refusal(
                "E-VALUE", f"{quote(text)} is not an e-mail address", "Write it as a@example.com."
            )
