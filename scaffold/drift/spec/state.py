"""What a spec says, as facts with their places: one state of the surface."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from scaffold.design.model import Alternative, Condition, Design, Entity, Term
from scaffold.design.reading import Reading
from scaffold.design.surface import surface
from scaffold.drift.facts import Fact, Place
from scaffold.drift.spec.rule import Claim, SpecRule, Waiver
from scaffold.drift.spec.rules import rules
from scaffold.drift.witness import Untried
from scaffold.spec.problems import Path
from scaffold.tree.paths import SPEC

Subject = tuple[str, str]
"""What a fact is of: its sort, such as `op`, and its name."""

UNKNOWN = Untried("Nobody knows what the fact means.")
"""How a fact is shown that no rule judges."""
SORTS = ("op", "entity", "field", "role", "plan", "issuer", "webhook", "event")
"""The sorts of subjects: the groups of the keys of facts."""


@dataclass(frozen=True, slots=True)
class Told:
    """A fact of the surface, by the claim of the rule that judges it."""

    claim: Claim
    fact: Fact
    subjects: tuple[Subject, ...]


class State:
    """A spec, what it means, and its facts. `renamed` maps what it calls otherwise now; it is set
    before the facts are asked for."""

    def __init__(self, reading: Reading) -> None:
        self.spec = reading.spec
        self.positions = reading.positions
        self.design = reading.design
        self.renamed = Renames({}, {})

    @cached_property
    def now(self) -> Design:
        """What the spec means, in the names of now."""
        return self.renamed.design(self.design)

    @cached_property
    def told(self) -> Mapping[tuple[str, str], Told]:
        """Every fact that a rule judges, by the id of the rule and its key. A fact that no rule
        judges is judged by the one for these: nobody knows what a change of it means."""
        found: dict[tuple[str, str], Told] = {}
        by_section: dict[str, list[tuple[SpecRule, Claim]]] = {}
        ruled = rules()
        for rule in ruled.all:
            for claim in rule.claims:
                by_section.setdefault(claim.section, []).append((rule, claim))
        waived: dict[str, list[Waiver]] = {}
        for waiver in ruled.waived:
            waived.setdefault(waiver.section, []).append(waiver)
        for section, facts in surface(self.design).items():
            for text, value in facts.items():
                matched = False
                for rule, claim in by_section.get(section, ()):
                    match = claim.pattern.fullmatch(text)
                    if match is not None:
                        matched = True
                        each = self._told(rule, claim, match, section, text, str(value))
                        found[rule.id, each.fact.key] = each
                if any(each.claim.pattern.fullmatch(text) for each in waived.get(section, ())):
                    continue
                if not matched:
                    claim = Claim(section, "{name}", shows=UNKNOWN)
                    match = claim.pattern.fullmatch(text)
                    assert match is not None
                    each = self._told(ruled.unclaimed, claim, match, section, text, str(value))
                    found[ruled.unclaimed.id, each.fact.key] = each
        return found

    @cached_property
    def subjects(self) -> frozenset[Subject]:
        """All that facts are of."""
        return frozenset(each for told in self.told.values() for each in told.subjects)

    def _told(
        self,
        rule: SpecRule,
        claim: Claim,
        match: re.Match[str],
        section: str,
        text: str,
        value: str,
    ) -> Told:
        key, shown = self.renamed.text(section, text), self.renamed.text(section, value, text)
        point = claim.point(self, match, value) if claim.point else None
        if point is None and shown != value:
            point = shown
        subjects = tuple(
            (sort, self.renamed.text(section, name, text)) for sort, name in _subjects(match)
        )
        place = Place(SPEC, self.positions.of(self._path(section, match))[0])
        return Told(claim, Fact(rule, f"{section} {key}", value, place, point), subjects)

    def _path(self, section: str, match: re.Match[str]) -> Path:
        """Where the spec says a fact, as near as it is found."""
        groups = match.groupdict()
        entity, _, do = (groups.get("permission") or groups.get("op") or "").partition(":")
        if section == "access" and groups.get("role"):
            return self._granted(groups["role"], entity, do)
        if entity:
            return ("resources", entity, "actions", do)
        if found := groups.get("field"):
            name, _, field = found.partition(".")
            declared = self.spec.resources.get(name)
            known = declared is not None and field not in declared.fields
            return ("resources", name, "fields", field.removesuffix("_id") if known else field)
        if found := groups.get("event"):
            name, _, event = found.partition(".")
            return ("resources", name, "events", event)
        for sort, section_of in _SECTIONS.items():
            if found := groups.get(sort):
                return (section_of, found)
        return (section,) if section != "service" else ()

    def _granted(self, role: str, entity: str, do: str) -> Path:
        """The grant by which a role may do something: its own, or one of a role that it extends."""
        design = next((each for each in self.design.roles if each.name == role), None)
        for name in (role, *(design.includes if design else ())):
            source = self.spec.roles.get(name)
            for index, grant in enumerate(source.can if source else ()):
                if entity in grant.on and do in grant.do:
                    return ("roles", name, "can", index)
        return ("roles", role)


_SECTIONS: Mapping[str, str] = {
    "entity": "resources",
    "role": "roles",
    "plan": "plans",
    "webhook": "webhooks",
}


def _subjects(match: re.Match[str]) -> Iterator[Subject]:
    groups = match.groupdict()
    if column := groups.get("column"):
        yield "field", f"{groups['op'].partition(':')[0]}.{column}"
    for group, name in groups.items():
        sort = "op" if group == "permission" else group
        if sort in SORTS and name:
            yield sort, name
            head, _, rest = name.partition(":" if sort == "op" else ".")
            if sort in ("op", "field", "event") and rest:
                yield "entity", head


@dataclass(frozen=True, slots=True)
class Renames:
    """What is called otherwise now: resources and the tenant, columns by their resource of before,
    and attributes of the tenant."""

    entities: Mapping[str, str]
    columns: Mapping[str, Mapping[str, str]]
    attributes: Mapping[str, str] = field(default_factory=dict)

    def text(self, section: str, text: str, key: str = "") -> str:
        """A key or a value in the names of now; `key` is the key that a value is of."""
        if not self.entities and not self.columns and not self.attributes:
            return text
        of = next(iter(_WORD.findall(key or text)), "")
        columns = self.columns.get(of, {}) if section in _OF_RESOURCES else {}
        entities = self.entities

        def now(match: re.Match[str]) -> str:
            attribute, word = match.groups()
            if attribute:
                return f"$tenant.{self.attributes.get(attribute, attribute)}"
            return columns.get(word, entities.get(word, word))

        return _NAMED.sub(now, text)

    def design(self, found: Design) -> Design:
        """What the spec of before means, in the names of now: the tenant with its attributes, and
        resources with columns, operations and grants."""
        if not self.entities and not self.columns and not self.attributes:
            return found
        return replace(
            found,
            tenant=self.entity(found.tenant),
            tenant_attributes=tuple(
                replace(each, name=self.attribute(each.name)) for each in found.tenant_attributes
            ),
            entities=tuple(map(self._entity, found.entities)),
        )

    def _entity(self, found: Entity) -> Entity:
        name = self.entity(found.name)
        columns = (
            replace(
                each,
                name=self.column(found.name, each.name),
                references=each.references and self.entity(each.references),
                kind=each.kind.renamed(self.entities),
            )
            for each in found.columns
        )
        operations = (
            replace(
                each,
                entity=name,
                permission=self._permission(each.permission),
                alternatives=tuple(self._alternative(found.name, one) for one in each.alternatives),
            )
            for each in found.operations
        )
        parent = found.parent and self.entity(found.parent)
        return replace(
            found,
            name=name,
            parent=parent,
            columns=tuple(columns),
            operations=tuple(operations),
        )

    def _permission(self, found: str) -> str:
        entity, _, do = found.partition(":")
        return f"{self.entity(entity)}:{do}"

    def _alternative(self, entity: str, found: Alternative) -> Alternative:
        return replace(
            found,
            conditions=tuple(self.condition(entity, each) for each in found.conditions),
            fields=found.fields and tuple(self.column(entity, each) for each in found.fields),
        )

    def condition(self, entity: str, found: Condition) -> Condition:
        """A condition of a resource."""
        if not self.columns.get(entity) and not self.attributes:
            return found

        def term(each: Term) -> Term:
            match each.source:
                case "field":
                    return replace(each, name=self.column(entity, each.name))
                case "tenant":
                    return replace(each, name=self.attribute(each.name))
            return each

        right = term(found.right) if isinstance(found.right, Term) else found.right
        return replace(found, left=term(found.left), right=right)

    def called(self, entity: str) -> frozenset[str]:
        """The names that the project of before does not know: of resources, and of the columns of
        one, by its name of now."""
        former = next((old for old, now in self.entities.items() if now == entity), entity)
        return frozenset((*self.entities.values(), *self.columns.get(former, {}).values()))

    def column(self, entity: str, name: str) -> str:
        """The name of a column now."""
        return self.columns.get(entity, {}).get(name, name)

    def attribute(self, name: str) -> str:
        """The name of an attribute of the tenant now."""
        return self.attributes.get(name, name)

    def entity(self, name: str) -> str:
        """The name of a resource now."""
        return self.entities.get(name, name)


_WORD = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)
_NAMED = re.compile(rf"\$tenant\.({_WORD.pattern})|({_WORD.pattern})", re.ASCII)
_OF_RESOURCES = frozenset({"access", "fields", "operations", "resources", "events"})
