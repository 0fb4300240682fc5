"""Loosenings of a spec, as operators on its document: each yields a document for every place."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

Document = dict[str, Any]
Operator = Callable[[Document], Iterator[Document]]


@dataclass(frozen=True, slots=True)
class Loosening:
    """An operator with the rules of which one has to find it. One that is `symmetric` makes
    another thing of it, so that its reverse blocks, too. One that is `critical` lets somebody
    reach rows, fields, roles or tenants that are not theirs: two looks have to see it."""

    id: str
    title: str
    rules: tuple[str, ...]
    operator: Operator
    symmetric: bool = False
    critical: bool = False


LOOSENINGS: list[Loosening] = []


def loosening(
    id_: str, title: str, *rules: str, symmetric: bool = False, critical: bool = False
) -> Callable[[Operator], Operator]:
    def register(operator: Operator) -> Operator:
        LOOSENINGS.append(Loosening(id_, title, rules, operator, symmetric, critical))
        return operator

    return register


def each(document: Document, *path: str) -> Iterator[tuple[Document, Any, Any]]:
    """For each value below a path (`*` is every key or item): a copy, its container and the key."""
    for keys in list(_paths(document, path)):
        made = copy.deepcopy(document)
        inner: Any = made
        for key in keys[:-1]:
            inner = inner[key]
        yield made, inner, keys[-1]


def _paths(node: Any, path: tuple[str, ...]) -> Iterator[list[Any]]:
    if not path:
        yield []
        return
    head, *rest = path
    if head == "*":
        found = list(node) if isinstance(node, dict) else list(range(len(node)))
        if not isinstance(node, dict | list):
            return
    else:
        found = [head] if isinstance(node, dict) and head in node else []
    for key in found:
        for inner in _paths(node[key], tuple(rest)):
            yield [key, *inner]


def listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [value]


GRANTS = ("roles", "*", "can", "*")


@loosening("S02", "a value more in a condition", "SCF101", critical=True)
def wider_in(document: Document) -> Iterator[Document]:
    for made, inner, key in each(document, *GRANTS, "when", "*"):
        value = inner[key]
        resource = _granted(document, made, inner)
        values = resource.get("fields", {}).get(key, {}).get("values") if resource else None
        if isinstance(value, str) and values and value in values and len(values) > 1:
            inner[key] = {"in": [value, next(e for e in values if e != value)]}
            yield made


def _granted(document: Document, made: Document, when: Any) -> Any:
    for role in made["roles"].values():
        for grant in role.get("can", ()):
            if grant.get("when") is when:
                names = listed(grant["on"])
                return document["resources"].get(names[0]) if len(names) == 1 else None
    return None


@loosening("S03", "an operation more for a role", "SCF101", critical=True)
def more_operations(document: Document) -> Iterator[Document]:
    for name, resource in document["resources"].items():
        for role in document["roles"]:
            for verb in ("list", "read", "delete", *resource.get("actions", {})):
                made = copy.deepcopy(document)
                made["roles"][role].setdefault("can", []).append({"do": verb, "on": name})
                yield made


@loosening("S04", "a role extends another one", "SCF101", symmetric=True, critical=True)
def more_extends(document: Document) -> Iterator[Document]:
    for role, source in document["roles"].items():
        for other in document["roles"]:
            if other != role and "extends" not in source:
                made = copy.deepcopy(document)
                made["roles"][role]["extends"] = other
                yield made


@loosening("S05", "a condition gone", "SCF101", critical=True)
def fewer_conditions(document: Document) -> Iterator[Document]:
    for made, inner, key in each(document, *GRANTS, "when", "*"):
        del inner[key]
        yield made


@loosening("S05a", "the fields of a grant gone", "SCF101", critical=True)
def all_fields(document: Document) -> Iterator[Document]:
    for word in ("only", "except"):
        for made, inner, key in each(document, *GRANTS, word):
            del inner[key]
            yield made


@loosening("S06", "a second factor gone", "SCF141")
def no_factor(document: Document) -> Iterator[Document]:
    for made, inner, key in each(document, "roles", "*", "mfa"):
        del inner[key]
        yield made


@loosening("S06a", "a factor that can be phished", "SCF141")
def weaker_factor(document: Document) -> Iterator[Document]:
    for made, inner, key in each(document, "roles", "*", "mfa"):
        if inner[key] == "phishing_resistant":
            inner[key] = "any"
            yield made


@loosening("S08", "another issuer", "SCF122", critical=True)
def another_issuer(document: Document) -> Iterator[Document]:
    made = copy.deepcopy(document)
    made["identity"]["issuers"].append(
        {"issuer": "https://other.example.org/", "audience": "x", "algorithms": ["ES256"]}
    )
    yield made


@loosening("S09", "another source of the tenant", "SCF121", symmetric=True, critical=True)
def another_tenant(document: Document) -> Iterator[Document]:
    made = copy.deepcopy(document)
    made["identity"]["tenant_claim"] = "requested_tenant"
    yield made


@loosening("S10", "another algorithm", "SCF122", critical=True)
def more_algorithms(document: Document) -> Iterator[Document]:
    for made, inner, key in each(document, "identity", "issuers", "*", "algorithms"):
        more = {*listed(inner[key])}
        inner[key] = [*more, next(e for e in ("PS256", "ES384") if e not in more)]
        yield made


@loosening("S10a", "another audience", "SCF122", symmetric=True, critical=True)
def another_audience(document: Document) -> Iterator[Document]:
    for made, inner, key in each(document, "identity", "issuers", "*", "audience"):
        inner[key] = "everybody"
        yield made


FIELDS = ("resources", "*", "fields", "*")


@loosening("S11", "a class lowered", "SCF111")
def lower_class(document: Document) -> Iterator[Document]:
    for made, inner, key in each(document, *FIELDS, "class"):
        if inner[key] in ("pii", "phi", "payment", "confidential", "secret"):
            inner[key] = "internal"
            inner.pop("in_url_because", None)
            yield made


@loosening("S11a", "a new field of personal data that wide grants show", "SCF113")
def new_personal_field(document: Document) -> Iterator[Document]:
    for made, inner, key in each(document, "resources", "*", "fields"):
        inner[key]["diagnosis"] = {"type": "string", "max": 50, "class": "phi", "optional": True}
        yield made


@loosening("S12", "a field that stayed as it was can be changed", "SCF114")
def mutable(document: Document) -> Iterator[Document]:
    for made, inner, key in each(document, *FIELDS, "immutable"):
        del inner[key]
        yield made


@loosening("S13", "a filter more", "SCF134")
def more_filters(document: Document) -> Iterator[Document]:
    for made, inner, _ in each(document, *FIELDS, "type"):
        if inner["type"] in ("string", "enum", "uuid") and "filter" not in inner:
            inner["filter"] = ["eq"]
            yield made


@loosening("S13a", "another operator of a filter", "SCF134")
def wider_filters(document: Document) -> Iterator[Document]:
    for made, inner, key in each(document, *FIELDS, "filter"):
        if inner.get("type") == "string" and "prefix" not in listed(inner[key]):
            inner[key] = [*listed(inner[key]), "prefix"]
            yield made


@loosening("S13b", "an order more", "SCF134")
def more_sorts(document: Document) -> Iterator[Document]:
    for made, inner, _ in each(document, *FIELDS, "type"):
        if inner["type"] in ("date", "datetime", "integer") and "sort" not in inner:
            inner["sort"] = True
            yield made


@loosening("S14", "larger pages", "SCF133")
def larger_pages(document: Document) -> Iterator[Document]:
    for made, inner, key in each(document, "resources", "*", "page", "max"):
        inner[key] *= 2
        yield made


@loosening("S15", "a limit raised", "SCF151")
def higher_limits(document: Document) -> Iterator[Document]:
    for made, inner, key in each(document, "limits", "*"):
        count, _, unit = str(inner[key]).partition("/")
        if unit:
            inner[key] = f"{int(count) * 10}/{unit}"
            yield made


@loosening("S15a", "the same rate in a larger burst", "SCF151")
def larger_bursts(document: Document) -> Iterator[Document]:
    for made, inner, key in each(document, "limits", "*"):
        count, _, unit = str(inner[key]).partition("/")
        if unit == "min":
            inner[key] = f"{int(count) * 60}/h"
            yield made


@loosening("S15b", "no limit", "SCF151")
def unlimited(document: Document) -> Iterator[Document]:
    for made, inner, key in each(document, "limits", "*"):
        if key != "failed_authentication":
            inner[key] = {"unlimited_because": "Nobody complained."}
            yield made


@loosening("S16", "longer values", "SCF112")
def longer(document: Document) -> Iterator[Document]:
    for made, inner, key in each(document, *FIELDS, "max"):
        if inner["type"] in ("string", "text"):
            inner[key] = int(inner[key]) + 1
            yield made


@loosening("S16a", "a pattern gone", "SCF112")
def no_pattern(document: Document) -> Iterator[Document]:
    for made, inner, key in each(document, *FIELDS, "pattern"):
        del inner[key]
        yield made


@loosening("S16b", "a choice more", "SCF112")
def more_choices(document: Document) -> Iterator[Document]:
    for made, inner, key in each(document, *FIELDS, "values"):
        inner[key] = [*inner[key], "something_else"]
        yield made


@loosening("S17", "an idempotency key is optional", "SCF152")
def optional_key(document: Document) -> Iterator[Document]:
    for path in (
        ("resources", "*", "idempotent"),
        ("resources", "*", "actions", "*", "idempotent"),
    ):
        for made, inner, key in each(document, *path):
            if inner[key] == "required":
                del inner[key]
                yield made


@loosening("S18", "an action sets a field more", "SCF135")
def sets_more(document: Document) -> Iterator[Document]:
    for name, resource in document["resources"].items():
        for field, about in resource["fields"].items():
            for action in resource.get("actions", {}):
                if about.get("set_by") and action not in listed(about["set_by"]):
                    made = copy.deepcopy(document)
                    found = made["resources"][name]["fields"][field]
                    found["set_by"] = [*listed(found["set_by"]), action]
                    yield made


@loosening("S19", "tokens live longer", "SCF123")
def longer_tokens(document: Document) -> Iterator[Document]:
    short = copy.deepcopy(document)
    for issuer in short["identity"]["issuers"]:
        issuer |= {"token_lifetime": "1h"}
    yield document | {"_base": short}


@loosening("S19a", "a sign-in may be older", "SCF153")
def older_sign_in(document: Document) -> Iterator[Document]:
    for made, inner, key in each(document, "resources", "*", "actions", "*", "step_up"):
        inner[key] = "12h"
        yield made


@loosening("S19b", "no recent sign-in is asked for", "SCF153")
def no_step_up(document: Document) -> Iterator[Document]:
    for made, inner, key in each(document, "resources", "*", "actions", "*", "step_up"):
        del inner[key]
        yield made


@loosening("S20", "a role more can be given", "SCF101", critical=True)
def gives_more(document: Document) -> Iterator[Document]:
    for made, inner, key in each(document, *GRANTS, "roles"):
        more = [e for e in document["roles"] if e not in listed(inner[key])]
        human = [e for e in more if document["roles"][e].get("kind") != "service"]
        if human:
            inner[key] = [*listed(inner[key]), human[0]]
            yield made


@loosening("S21", "evidence is kept shorter", "SCF158")
def shorter_audit(document: Document) -> Iterator[Document]:
    long = copy.deepcopy(document)
    long["audit"] = {"retain": "30000d"}
    yield document | {"_base": long}


@loosening("S22", "a quota raised", "SCF162")
def higher_quota(document: Document) -> Iterator[Document]:
    for made, inner, key in each(document, "plans", "*", "quotas", "*"):
        if isinstance(inner[key], int):
            inner[key] *= 2
            yield made
        elif isinstance(inner[key], str):
            count, _, unit = inner[key].partition("/")
            inner[key] = f"{int(count) * 2}/{unit}"
            yield made


@loosening("S22a", "a feature in a cheaper plan", "SCF161")
def more_features(document: Document) -> Iterator[Document]:
    named = {
        f for plan in document.get("plans", {}).values() for f in listed(plan.get("features", []))
    }
    for made, inner, key in each(document, "plans", "*"):
        missing = named - {*listed(inner[key].get("features", []))}
        if missing:
            inner[key]["features"] = [*listed(inner[key].get("features", [])), *sorted(missing)]
            yield made


@loosening("S22b", "an operation asks for no feature", "SCF161")
def no_feature(document: Document) -> Iterator[Document]:
    for path in (("resources", "*", "feature"), ("resources", "*", "actions", "*", "feature")):
        for made, inner, key in each(document, *path):
            del inner[key]
            for plan in made.get("plans", {}).values():
                plan.pop("features", None)
            yield made


@loosening("S23", "a resource is made anew with wider grants", "SCF101", critical=True)
def renamed_away(document: Document) -> Iterator[Document]:
    for name, resource in document["resources"].items():
        others = [r for n, r in document["resources"].items() if n != name]
        used = any(
            each.get("to") == name for other in others for each in other["fields"].values()
        ) or any(other.get("parent") == name for other in others)
        if used or resource.get("parent"):
            continue
        made = copy.deepcopy(document)
        made["resources"][f"{name}_again"] = made["resources"].pop(name)
        for role in made["roles"].values():
            for grant in role.get("can", []):
                grant["on"] = [f"{name}_again" if e == name else e for e in listed(grant["on"])]
                if f"{name}_again" in grant["on"]:
                    grant.pop("when", None)
                    grant.pop("only", None)
                    grant.pop("except", None)
        if made["roles"] != document["roles"]:
            yield made


@loosening("S24", "webhooks are believed for longer", "SCF157")
def older_webhooks(document: Document) -> Iterator[Document]:
    for made, inner, key in each(document, "webhooks", "*", "tolerance"):
        inner[key] = "10m"
        yield made


@loosening("S24a", "test events count", "SCF157", symmetric=False)
def test_events(document: Document) -> Iterator[Document]:
    for made, inner, key in each(document, "webhooks", "*", "mode"):
        del inner[key]
        yield made


@loosening("S26", "events are done as another role", "SCF156", symmetric=True)
def another_worker(document: Document) -> Iterator[Document]:
    for made, inner, key in each(document, "webhooks", "*", "runs_as"):
        made["roles"]["another"] = copy.deepcopy(made["roles"][inner[key]])
        inner[key] = "another"
        yield made


@loosening("S28", "an event tells a field more", "SCF164")
def tells_more(document: Document) -> Iterator[Document]:
    for name, resource in document["resources"].items():
        for event, about in resource.get("events", {}).items():
            told = listed(about.get("fields", []))
            more = [f for f, a in resource["fields"].items() if f not in told and "class" not in a]
            if more and about.get("on") != "delete":
                made = copy.deepcopy(document)
                made["resources"][name]["events"][event]["fields"] = [*told, more[0]]
                yield made


@loosening("S30", "references to rows out of sight", "SCF115")
def unseen(document: Document) -> Iterator[Document]:
    for made, inner, _ in each(document, *FIELDS, "to"):
        inner["unseen_because"] = "They are not secret."
        yield made


@loosening("S32", "what proves a factor is weaker", "SCF124")
def weaker_proof(document: Document) -> Iterator[Document]:
    for made, inner, key in each(document, "identity", "issuers", "*"):
        found = inner[key].setdefault("assurance", {})
        found["any"] = [*listed(found.get("any", "mfa")), "pwd"]
        yield made


@loosening("S34", "a hook reaches more rows", "SCF135", critical=True)
def touches_more(document: Document) -> Iterator[Document]:
    for made, inner, key in each(document, "resources", "*", "actions", "*", "touches", "*"):
        if "delete" not in listed(inner[key].get("do")):
            inner[key]["do"] = [*listed(inner[key]["do"]), "delete"]
            yield made


@loosening("S36", "a key of uniqueness gone", "SCF117")
def no_unique(document: Document) -> Iterator[Document]:
    for made, inner, key in each(document, "resources", "*", "unique"):
        del inner[key]
        yield made


@loosening("S38", "the owner is another one", "SCF116", symmetric=True)
def no_owner(document: Document) -> Iterator[Document]:
    for made, inner, key in each(document, "resources", "*", "owner"):
        del inner[key]
        yield made


@loosening("S40", "whoever signs up has another role", "SCF155", symmetric=True)
def sign_up_role(document: Document) -> Iterator[Document]:
    for made, inner, key in each(document, "tenancy", "sign_up", "role"):
        for role, about in document["roles"].items():
            if role != inner[key] and about.get("kind") != "service":
                again = copy.deepcopy(made)
                again["tenancy"]["sign_up"]["role"] = role
                yield again
