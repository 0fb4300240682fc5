"""What is wrong with what a spec says of meters, in several places."""

from __future__ import annotations

from collections.abc import Iterator

from scaffold.features.usage.design import READING, SUMMED
from scaffold.features.usage.keys import SpecKeys, sells
from scaffold.spec import amounts
from scaffold.spec.findings import Finding, Scope
from scaffold.spec.problems import quote


def findings(scope: Scope) -> Iterator[Finding]:
    """The operations, the fields, the names, and the events."""
    spec = scope.spec
    assert isinstance(spec, SpecKeys)
    events: dict[str, str] = {}
    for name, meter in spec.meters.items():
        path = ("meters", name)
        if name in scope.resources:
            yield Finding(
                "E-COLLISION",
                f"A quota of {name} could be of the meter or of the resource",
                path,
                "Call the meter otherwise.",
                named=True,
            )
        for index, said in enumerate(meter.counts):
            at = (*path, "counts", index)
            if said.partition(".")[0] not in scope.resources or not _declared(scope, said):
                yield from amounts.operation(scope, said, at)
            elif meter.sum:
                yield from amounts.measured(scope, said, meter.sum, (*path, "sum"), SUMMED)
        if meter.reported_as is None:
            continue
        if not sells(spec) and not scope.is_broken("billing"):
            yield Finding(
                "E-METER",
                f"{name} is reported to a billing provider, and there is none",
                (*path, "reported_as"),
                "Write billing, or remove it.",
            )
        if other := events.get(meter.reported_as):
            yield Finding(
                "E-METER",
                f"{other} is reported as {quote(meter.reported_as)} already",
                (*path, "reported_as"),
                "The provider would add the two: let one meter count both operations.",
            )
        events.setdefault(meter.reported_as, name)
    for path, _, grant in scope.grants():
        for when in grant.when if READING in grant.on else ():
            if when.left.kind == "field":
                yield Finding(
                    "E-CONDITION",
                    f"A condition looks at {when.left.name} of what a meter reads",
                    (*path, "when"),
                    "Leave it out, or ask for attributes of the user or the tenant.",
                )


def _declared(scope: Scope, said: str) -> bool:
    name, _, do = said.partition(".")
    return not do or name not in scope.spec.resources or do in scope.actions(name)
