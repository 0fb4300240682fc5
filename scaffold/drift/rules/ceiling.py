"""Rules about the ceiling: what is above it, and whether it is the same."""

from __future__ import annotations

from scaffold.drift.rule import Example, Rule
from scaffold.drift.spec.rule import whole
from scaffold.tree.paths import HOME, SPEC

PATH = f"{HOME}/ceiling.yaml"
_BOUND = """bounds:
  - rule: SCF133
    key: "operations * page_max"
    bound: 100
"""
_NOTE = "resources: {note: {owner: owner_id, page: {default: 20, max: %d}, fields: {%s}}}"
_BODY = "body: {type: string, max: 50}"
_MORE = "more: {type: string, max: 50}"


def _spec(most: int, fields: str = _BODY) -> str:
    return whole(_NOTE % (most, fields))


ABOVE = Rule(
    id="SCF706",
    name="above-the-ceiling",
    severity="high",
    controls=("GEN-3",),
    layer="project",
    what="Facts that are new or wider, and above a bound of the ceiling of the base branch.",
    why="The organisation has said that no service may permit so much, whoever approves it.",
    remedy=f"Stay within the bound; or have {PATH} changed first, in the base branch.",
    example=Example(
        files={PATH: _BOUND, SPEC: _spec(50)},
        change={SPEC: _spec(200)},
        dual={SPEC: _spec(50, f"{_BODY}, {_MORE}")},
    ),
    waivable=False,
)
ALREADY = Rule(
    id="SCF707",
    name="above-the-ceiling-before",
    severity="low",
    controls=("GEN-3",),
    layer="project",
    what="Facts above a bound of the ceiling that the base branch has already. A note.",
    why="The ceiling came later. It blocks nothing until somebody makes it wider.",
    remedy="Bring it within the bound when you can.",
    example=Example(
        files={PATH: _BOUND, SPEC: _spec(200)},
        change={SPEC: _spec(200, f"{_BODY}, {_MORE}")},
        dual={SPEC: _spec(100)},
    ),
    waivable=False,
    note=True,
)
LOOSENED = Rule(
    id="SCF708",
    name="ceiling-loosened",
    severity="high",
    controls=("GEN-3", "ROLL-4"),
    layer="project",
    what="Bounds of the ceiling that are removed, raised, or said of something else.",
    why="Once this is merged, the next change may permit more than the organisation allows.",
    remedy="Keep the bound; or have this change approved by whoever owns the ceiling.",
    example=Example(
        files={PATH: _BOUND, SPEC: _spec(50)},
        change={PATH: _BOUND.replace("100", "1000")},
        dual={PATH: _BOUND.replace("100", "80")},
    ),
)
RULES = (ABOVE, ALREADY, LOOSENED)
