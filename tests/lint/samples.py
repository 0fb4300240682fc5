"""Small specs to advise about: the sections that matter, with the others filled in."""

from scaffold.design.resolve import resolve
from scaffold.drift.spec.rule import whole
from scaffold.lint.rule import Advice
from scaffold.lint.rules import advise
from scaffold.spec.load import loads_with_positions


def advice(sections: str) -> list[Advice]:
    """What is advised about a spec with these sections."""
    spec, positions = loads_with_positions(whole(sections))
    return advise(resolve(spec), spec, positions)


def ids(sections: str) -> set[str]:
    """The rules that find something in a spec with these sections."""
    return {each.id for each in advice(sections)}
