"""Trees in memory, and what the layer says of a change of one."""

from collections.abc import Mapping

from scaffold.drift.change import Change, changes
from scaffold.drift.code import read
from scaffold.drift.facts import Fact, surface_of
from scaffold.drift.trees import Files

PACKAGE = "invoicing"


def facts(files: Mapping[str, str | bytes | None]) -> list[Fact]:
    """The facts of some files."""
    given = {
        path: text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
        for path, text in files.items()
        if text is not None
    }
    return list(read(Files(given, "files"), PACKAGE))


def found(
    before: Mapping[str, str | bytes | None], after: Mapping[str, str | bytes | None]
) -> list[Change]:
    """What blocks of a change."""
    old, new = surface_of(facts(before)), surface_of(facts({**before, **after}))
    return [each for each in changes(old, new) if each.blocks]


def rules(files: Mapping[str, str | bytes | None]) -> set[str]:
    """The ids of the rules that have something to say of some files."""
    return {each.rule.id for each in facts(files)}
