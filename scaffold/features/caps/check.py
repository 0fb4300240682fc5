"""What is wrong with what a spec says of caps, in several places."""

from __future__ import annotations

from collections.abc import Iterator

from scaffold.features.caps.design import CAPPED, granted
from scaffold.features.caps.keys import Cap, Limits, SpecKeys
from scaffold.spec import amounts
from scaffold.spec.findings import Finding, Scope, unknown
from scaffold.spec.problems import Path, listing


def findings(scope: Scope) -> Iterator[Finding]:
    """The operations, the field, and the roles."""
    spec = scope.spec
    assert isinstance(spec, SpecKeys)
    for name, cap in spec.caps.items():
        path = ("caps", name)
        for index, said in enumerate(cap.counts):
            wrong = list(amounts.operation(scope, said, (*path, "counts", index)))
            yield from wrong or amounts.measured(scope, said, cap.sum, (*path, "sum"), CAPPED)
        for role, limits in cap.roles.items():
            at = (*path, "roles", role)
            if role not in scope.roles:
                yield unknown("E-UNKNOWN-ROLE", "role", role, at, scope.roles, named=True)
            if isinstance(limits, Limits):
                yield from _limits(scope, cap, limits, at)
        if not any(scope.is_broken(each) for each in ("roles", "resources")):
            missing = sorted(granted(scope.spec, cap) - cap.roles.keys())
            if missing:
                yield Finding(
                    "E-CAP",
                    f"{listing(missing)} may do what {name} adds up, without a cap",
                    (*path, "roles"),
                    "Write how much, or {unlimited_because: ...}.",
                    named=True,
                )


def _limits(scope: Scope, cap: Cap, limits: Limits, path: Path) -> Iterator[Finding]:
    found = {
        name: each
        for name, each in (
            ("each", limits.each),
            ("member", limits.member),
            ("tenant", limits.tenant),
        )
        if each is not None
    }
    if not found:
        yield Finding(
            "E-CAP",
            "Nothing is capped here",
            path,
            "Write each, member or tenant, or {unlimited_because: ...}.",
            named=True,
        )
    for name, each in found.items():
        if each != int(each) and not all(_decimal(scope, said, cap.sum) for said in cap.counts):
            yield Finding(
                "E-CAP",
                f"{each} is no whole number, and {cap.sum} is one",
                (*path, name),
                "Write a whole number.",
            )


def _decimal(scope: Scope, said: str, field: str) -> bool:
    """Is the amount a decimal number, as far as is known?"""
    return amounts.type_of(scope.spec, said, field) in ("decimal", "")
