"""What is wrong with what a spec says of billing, in several places."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from scaffold.features.billing.keys import SpecKeys
from scaffold.spec.findings import Finding, Scope
from scaffold.spec.problems import Path, quote

CODE = "E-BILLING"


def findings(scope: Scope) -> Iterator[Finding]:
    """There is something to pay for, a price is one plan's, and the first is what is not paid."""
    spec = scope.spec
    assert isinstance(spec, SpecKeys)
    if spec.billing is None:
        return
    plans: Mapping[str, Any] = getattr(spec, "plans", {})
    if not scope.is_broken("plans"):
        yield from _plans(spec, plans)
    yield from _secrets(scope, spec)
    if spec.billing.provider in getattr(spec, "webhooks", {}):
        yield Finding(
            "E-COLLISION",
            f"The events of {spec.billing.provider} are those of billing, and so are these",
            ("webhooks", spec.billing.provider),
            "Give the provider another name, such as payments.",
            named=True,
            other=("billing", "provider"),
        )


def _plans(spec: SpecKeys, plans: Mapping[str, Any]) -> Iterator[Finding]:
    assert spec.billing is not None
    prices: dict[str, str] = {}
    for name, each in plans.items():
        if each.price and each.price in prices:
            yield Finding(
                CODE,
                f"The price of {name} is that of {prices[each.price]}, too: an event that names it "
                "could mean either",
                ("plans", name, "price"),
                "Give each plan a price of its own.",
            )
        prices.setdefault(each.price or "", name)
    if not prices.keys() - {""}:
        yield Finding(
            CODE,
            "There is no plan with a price, and so nothing to pay for",
            ("billing",),
            "Write plans, and the price of each but the first, or remove billing.",
        )
    unpaid = spec.billing.when_unpaid
    if unpaid and plans and unpaid.plan != next(iter(plans)):
        first = next(iter(plans))
        yield Finding(
            CODE,
            f"{quote(unpaid.plan)} is not the first plan, which is what every tenant falls back to",
            ("billing", "when_unpaid", "plan"),
            f"Write {first}.",
        )


def _secrets(scope: Scope, spec: SpecKeys) -> Iterator[Finding]:
    assert spec.billing is not None
    taken: dict[str, Path] = {}
    for provider, each in getattr(scope.spec, "webhooks", {}).items():
        for index, name in enumerate(each.secrets):
            taken.setdefault(name, ("webhooks", provider, "secrets", index))
    for index, name in enumerate(spec.billing.webhook.secrets):
        at: Path = ("billing", "webhook", "secrets", index)
        if name in taken:
            yield Finding(
                CODE,
                f"The secret {name} is there twice: an event of one provider would be taken for "
                "one of the other",
                at,
                "Give each provider secrets of its own.",
                other=taken[name],
            )
        taken[name] = at
