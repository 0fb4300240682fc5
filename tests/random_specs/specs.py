"""Random specs: every key of the language, weighed towards its corners.

What is drawn is mostly valid, and `accepted` says whether it is: the language reads it, and no rule
of lint says that it cannot work. Whatever is refused is drawn anew.
"""

import contextlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, get_args

from hypothesis import HealthCheck, Phase, assume, given, seed, settings
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter, ValidationError

from scaffold.design.resolve import resolve
from scaffold.features.audit.keys import MAX_DAYS, MIN_DAYS
from scaffold.lint.rules import advise
from scaffold.spec import names
from scaffold.spec.built_in import built_in
from scaffold.spec.conditions import ORDERS, Condition, Operator
from scaffold.spec.field_base import CommonField
from scaffold.spec.identity import Discovery, Profile
from scaffold.spec.load import loads_with_positions
from scaffold.spec.model import Spec
from scaffold.spec.problems import Refusal, SpecError
from scaffold.types.fields import TYPES, Field
from scaffold.types.list import ListField
from scaffold.types.object import ObjectField

Draw = Any
Data = dict[str, Any]

VERBS: Final = ("list", "read", "create", "update", "delete")
HEARD: Final = "webhook_"
"""How the resources of published events begin: they are granted where there are events."""
CANNOT_WORK: Final = frozenset({"L606"})
"""Rules that warn of what cannot work with some values: a body that is too small for one."""
WORDS: Final = """
a x1 type class from import list date datetime order user group table select row key value name note
status tuple self data action call body page json copy model_year str whole schema version_of state
line_item due_on amount total region owner kind part url email text uuid interval timestamp left
a_very_long_name_of_28_chars v_caller p_id t r k outcome json_of excluded new old public index
""".split()  # noqa: SIM905
TEXT: Final = "aZ0 .-_'\"\\{}%$#<>&`*|:;,?!/@()[]~^+=\u00e9\u00df\u4e2d\U0001f642"
PATTERNS: Final = (
    "^[a-z]+$",
    "^[A-Z]{2}-[0-9]{4}$",
    "^(draft|sent)?$",
    "^[^ -~]+$",
    "^.*$",
    "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$",
    "^\\$[0-9]{1,4}(\\.[0-9]{2})?$",
    "^[\"'\\\\%/]+$",
    "^a{300,}$",
)


def accepted(text: str) -> bool:
    """Is it a spec of the language in which no rule of lint finds what cannot work?"""
    try:
        spec, positions = loads_with_positions(text)
    except SpecError:
        return False
    found = advise(resolve(spec), spec, positions)
    return all(each.severity != "error" and each.id not in CANNOT_WORK for each in found)


def keys(node: type[BaseModel] = Spec) -> Iterator[str]:
    """Every key of the language below a node, as `Node.key`, by its models, and every form of a
    condition."""
    for operator in get_args(Operator):
        yield f"when {operator}"
        if operator not in ORDERS:
            yield f"when not {operator}"
    seen, waiting = {node}, [node]
    while waiting:
        node = waiting.pop()
        for name, info in node.model_fields.items():
            if not (issubclass(node, CommonField) and name in _not_offered(node)):
                yield f"{node.__name__}.{info.alias or name}"
            for each in _models(info.annotation):
                if each not in seen:
                    seen.add(each)
                    waiting.append(each)


def _not_offered(field: type[CommonField]) -> Iterator[str]:
    """The keys of every type that this type does not have."""
    if not field.FILTERS:
        yield "filter"
    if not field.SORTS:
        yield "sort"
    if not (field.FILTERS or field.SORTS):
        yield "in_url_because"
    if not field.HAS_DEFAULT:
        yield from ("default", "backfill")
    if not field.FROM_ROW:
        yield "backfill_hook"


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for each in get_args(annotation):
        yield from _models(each)


def used(value: object) -> Iterator[str]:
    """The keys that a spec uses, of those."""
    if isinstance(value, BaseModel):
        for name in value.model_fields_set:
            yield f"{type(value).__name__}.{type(value).model_fields[name].alias or name}"
            yield from used(getattr(value, name))
    elif isinstance(value, Condition):
        yield f"when {'not ' if value.negated else ''}{value.operator}"
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from used(each)
    elif isinstance(value, tuple):
        for each in value:
            yield from used(each)


def gather(number: int, start: int = 0, most: int = 4) -> list[str]:
    """Some different random specs, always the same for one `start`; `most` is their size."""
    found: dict[str, None] = {}

    @seed(start)
    @settings(
        max_examples=number + 2,  # the same spec may be drawn again
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(specs(most))
    def keep(text: str) -> None:
        found[text] = None

    keep()
    return list(found)[:number]


@st.composite
def specs(draw: Draw, most: int = 4) -> str:
    """A spec that is accepted, as JSON, with at most so many resources and roles."""
    spec: Data = {"scaffold": 2, "service": draw(services()), "tenancy": draw(tenancies())}
    spec["identity"] = draw(identities())
    if "tenant_claim" in spec["identity"]:
        spec["tenancy"]["renamed_from"] = "was_called_so"
    spec["resources"] = {}
    for name in draw(distinct_names(names.resource, most)):
        spec["resources"][name] = draw(resources(spec["resources"], name, most))
    spec["roles"] = draw(roles(spec, most))
    if often(draw, 2):
        draw(hearing(spec))
    if often(draw, 4):
        spec["tenancy"] |= draw(signing_up(spec))
    if draw(st.booleans()):
        spec["limits"] = draw(limits())
    if draw(st.booleans()):
        days = draw(st.sampled_from((MIN_DAYS, 2555, MAX_DAYS)))
        spec["audit"] = {"retain": f"{days}d"}
    if often(draw):
        spec["api_keys"] = {"max_lifetime": f"{draw(st.integers(1, 365))}d"}
    metered = draw(meters(spec)) if often(draw, 2) else {}
    if metered and often(draw, 2):
        role = draw(st.sampled_from(sorted(spec["roles"])))
        grant = {"do": ["list", "read"], "on": "meter_reading"}
        spec["roles"][role].setdefault("can", []).append(grant)
    if often(draw, 2) and (found := draw(caps(spec))):
        spec["caps"] = found
    if often(draw, 2):
        spec |= draw(entitlements(spec, metered))
        if often(draw, 2):
            role = draw(st.sampled_from(sorted(spec["roles"])))
            spec["roles"][role].setdefault("can", []).append({"do": "read", "on": "subscription"})
        people = [name for name, each in spec["roles"].items() if each.get("kind") != "service"]
        if "billing" in spec and people and often(draw, 2):
            grant = draw(
                st.sampled_from(
                    (
                        {"do": ["list", "read", "create"], "on": "billing_request"},
                        {"do": "create", "on": "billing_request", "when": {"kind": "portal"}},
                        {"do": ["list", "read"], "on": "billing_request", "except": ["url"]},
                    )
                )
            )
            role = draw(st.sampled_from(people))
            spec["roles"][role].setdefault("can", []).append(grant)
    if metered:
        spec["meters"] = metered
    if often(draw, 2) and (found := draw(webhooks(spec))):
        spec["webhooks"] = found
    text = json.dumps(spec, ensure_ascii=False, indent=1)
    assume(accepted(text))
    return text


def often(draw: Draw, share: int = 3) -> bool:
    """True once in `share` times."""
    return bool(draw(st.integers(1, share)) == share)


def distinct_names(check: Any, most: int, least: int = 1) -> st.SearchStrategy[list[str]]:
    """Different names that are possible somewhere."""
    possible = []
    for word in WORDS:
        with contextlib.suppress(Refusal):
            possible.append(check(word))
    return st.lists(st.sampled_from(possible), min_size=least, max_size=most, unique=True)


def line(most: int = 60) -> st.SearchStrategy[str]:
    """One line of any text."""
    return st.text(TEXT, min_size=1, max_size=most).map(lambda each: f"a{each}b"[:most])


def prose() -> st.SearchStrategy[str]:
    """Text of several lines."""
    return st.lists(line(), min_size=1, max_size=3).map("\n".join)


@st.composite
def services(draw: Draw) -> Data:
    """The section `service`."""
    name = draw(st.sampled_from(["shop", "x", "orders", "a_service_of_30_characters_abc"]))
    found: Data = {"name": name, "title": draw(line())}
    if often(draw):
        found["description"] = draw(prose())
    if often(draw):
        found["environments"] = draw(distinct_names(names.environment, 3))
    return found


@st.composite
def attributes(draw: Draw, lists: bool) -> Data:
    """Attributes of tenants or of users."""
    found: Data = {}
    kinds: list[Data] = [
        {"type": "string", "max": draw(st.sampled_from((1, 5, 1000)))},
        {"type": "enum", "values": ["eu", "us"]},
        {"enum": ["eu", "us", "A-b.c_1"]},
        {"type": "integer", "min": 0, "max": draw(st.sampled_from((0, 9)))},
        {"type": "boolean"},
        {"type": "date"},
        *([{"list": "string"}, {"list": "string", "max": 20}] if lists else []),
    ]
    for name in draw(distinct_names(names.attribute, 3, 0)):
        if lists or name not in names.TENANT_COLUMNS:
            found[name] = draw(st.sampled_from(kinds))
    return found


@st.composite
def tenancies(draw: Draw) -> Data:
    """The section `tenancy`."""
    found: Data = {"tenant": draw(st.sampled_from(("organization", "user", "group", "my_company")))}
    if often(draw, 2):
        found["attributes"] = draw(attributes(lists=False))
        for name, each in found["attributes"].items():  # what needs no draw
            if "values" in each or "enum" in each:
                found["attributes"][name] = each | {"renamed_from": f"was_{name}"[:28].rstrip("_")}
    return found


@st.composite
def signing_up(draw: Draw, spec: Data) -> Data:
    """Who may make a tenant of their own, if somebody can have a role in it."""
    people = [name for name, role in spec["roles"].items() if "kind" not in role]
    if not people:
        return {}
    attributes = [*spec["tenancy"].get("attributes", {})]
    found: Data = {
        "issuer": draw(st.sampled_from([each["issuer"] for each in spec["identity"]["issuers"]])),
        "role": draw(st.sampled_from(people)),
    }
    if attributes:
        several = st.lists(st.sampled_from(attributes), unique=True)
        found["attributes"] = draw(several)
    if often(draw, 2):
        found["max_per_subject"] = draw(st.sampled_from((1, 2, 100)))
    return {"sign_up": found}


@st.composite
def webhooks(draw: Draw, spec: Data) -> Data:
    """Providers whose events do what roles of services may, if there are such roles."""
    found: Data = {}
    services = [name for name, each in spec["roles"].items() if each.get("kind") == "service"]
    for name in draw(st.sampled_from(((), ("a",), ("tracker", "x1")))) if services else ():
        role = draw(st.sampled_from(services))
        events = draw(heard(spec, role))
        if not events:
            continue
        secrets = [f"{name.upper()}_SECRET", f"{name.upper()}_SECRET_OLD"]
        found[name] = {
            "scheme": draw(st.sampled_from(("stripe", "standard"))),
            "secrets": draw(st.sampled_from((secrets, secrets[0], secrets[:1]))),
            "account": draw(st.sampled_from(("account", ["data", "whose", "account"]))),
            "runs_as": role,
            "events": events,
        }
        for key, values in {
            "tolerance": ("30s", "1h"),
            "mode": ("live", ["data", "live"]),
            "order": ("at", ["data", "times", "at"]),
            "body_max": ("256KiB", "16MiB"),
        }.items():
            if often(draw, 2):
                found[name][key] = draw(st.sampled_from(values))
    return found


@st.composite
def heard(draw: Draw, spec: Data, role: str) -> Data:
    """Events of a provider: operations that its role is granted."""
    found: Data = {}
    for grant in spec["roles"][role].get("can", ()):
        on = grant["on"] if isinstance(grant["on"], str) else grant["on"][0]
        if on not in spec["resources"]:
            continue
        resource = spec["resources"][on]
        for do in [grant["do"]] if isinstance(grant["do"], str) else grant["do"]:
            action = resource.get("actions", {}).get(do)
            if do in ("list", "read") or (action and "step_up" in action):
                continue
            sent = action.get("input", {}) if action else resource["fields"]
            fixed = {"computed", "set_by", *(("immutable",) if do == "update" else ())}
            if not action:
                sent = {each: kind for each, kind in sent.items() if not fixed & kind.keys()}
            event: Data = {"do": do, "on": on}
            if sent and do != "delete":
                event["body"] = {each: ["data", f"the_{each}"] for each in sent}
            row = do in ("update", "delete") or (action and action["on"] == "item")
            if row or (do == "create" and "parent" in resource):
                event["id"] = draw(st.sampled_from(("row", ["data", "row"])))
            if do != "update" or sent:
                found[f"{on}.{do}"] = event
            if often(draw):
                found[f"{on}.{do}"] = draw(decided(do, on))
    return found


@st.composite
def decided(draw: Draw, do: str, on: str) -> Data:
    """An event that a hook decides about."""
    told: Data = {}
    for name in draw(st.lists(st.sampled_from(("a", "class", "at")), min_size=1, unique=True)):
        told[name] = {
            **draw(st.sampled_from(TOLD)),
            **({"optional": True} if often(draw, 2) else {}),
        }
    body = {each: ["data", f"the_{each}"] for each in told}
    return {"do": do, "on": on, "hook": True, "input": told, "body": body}


TOLD: Final = (
    {"type": "string", "max": 20},
    {"type": "text", "max": 200, "class": "pii"},
    {"type": "integer", "min": 0, "max": 9},
    {"type": "boolean"},
    {"type": "decimal", "digits": 5, "places": 2},
    {"type": "money", "min": 1},
    {"type": "enum", "values": ["a", "b"]},
    {"type": "list", "of": {"type": "date"}, "max_items": 3},
    {"type": "duration", "min": "1s", "max": "1h"},
    {"type": "datetime"},
    {"type": "uuid"},
    {"type": "url", "max": 100},
    {"type": "email"},
)


@st.composite
def identities(draw: Draw) -> Data:
    """The section `identity`."""
    issuers: list[Data] = []
    for number in range(draw(st.integers(1, 2))):
        url = f"https://login{number}.example.com{draw(st.sampled_from(('', '/', '/a/b')))}"
        several = st.lists(st.sampled_from(ALGORITHMS), min_size=1, max_size=3, unique=True)
        issuers.append({"issuer": url, "audience": draw(line()), "algorithms": draw(several)})
        if often(draw):
            issuers[-1]["jwks_uri"] = f"{url.rstrip('/')}/keys.json"
        elif often(draw):
            issuers[-1]["discovery"] = draw(st.sampled_from(get_args(Discovery)))
            if often(draw, 2):
                issuers[-1]["jwks_origin"] = "https://keys.example.net"
        if often(draw):
            issuers[-1] |= draw(issuer_rules())
        if often(draw):
            issuers[-1] |= draw(token_rules())
        if often(draw):
            issuers[-1]["tenants"] = draw(st.sampled_from(("mapped", "named")))
        if often(draw):
            issuers[-1]["environments"] = draw(st.sampled_from((["staging"], ["a", "production"])))
    found: Data = {"issuers": issuers}
    if often(draw):
        found["tenant_claim"] = draw(st.sampled_from(("org", "https://example.com/tenant", "t.id")))
    if often(draw, 2):
        found["attributes"] = draw(attributes(lists=True))
    return found


@st.composite
def issuer_rules(draw: Draw) -> Data:
    """What is asked of the tokens of an issuer."""
    word = st.sampled_from(("a", "read:all", "https://x.example/~'", "mfa"))
    words = st.lists(word, min_size=1, max_size=3, unique=True)
    return {
        "scopes": draw(words),
        "token_lifetime": draw(st.sampled_from(("60s", "1h", "30d"))),
        "assurance": {"any": draw(words), "phishing_resistant": draw(st.one_of(words, word))},
        "permission_scopes": draw(st.booleans()),
        "rsa_2048_because": f"{draw(line())} is why it is so",
    }


@st.composite
def token_rules(draw: Draw) -> Data:
    """What the tokens of an issuer are like."""
    claim = st.sampled_from(("cid", "azp", "https://x.example/c", "use"))
    claims = st.lists(claim, min_size=1, max_size=3, unique=True)
    found: Data = {"profile": draw(st.sampled_from((*get_args(Profile), *["custom"] * 6)))}
    if often(draw):
        found["tenant_claim"] = draw(st.one_of(st.just("org"), st.just(["org", "id"])))
    if found["profile"] != "custom":
        return found
    service: st.SearchStrategy[Data] = st.sampled_from(
        (
            {"claim": "idtyp", "value": "app"},
            {"claim": "gty"},
            {"suffix": "@clients"},
            {"subject": True},
        )
    )
    words = st.lists(line(), max_size=2, unique=True)
    token: Data = {
        "types": draw(st.sampled_from(("JWT", "none", ["JWT", "at+jwt"]))),
        "client": draw(claims),
        "requires": {"token_use": draw(words)},
    }
    for key, values in {
        "audience": st.sampled_from(("aud", "client_id")),
        "scope": st.sampled_from(("scope", "scp")),
        "methods": claims,
        "refuses": st.sampled_from(([], ["nonce"])),
        "service": service,
    }.items():
        if often(draw):
            token[key] = draw(values)
    return {**found, "token": token}


ALGORITHMS: Final = ("ES256", "RS256", "PS512", "EdDSA", "ES512")


@st.composite
def limits(draw: Draw) -> Data:
    """The section `limits`."""
    found: Data = {}
    for name in ("user", "token", "tenant"):
        if often(draw, 2):
            rates = ("1000/s", "60000/min", "1000000/day", "500/h")
            given: Any = draw(st.sampled_from(rates))
            found[name] = (
                {"unlimited_because": f"{draw(line())}, at night"} if often(draw) else given
            )
    if often(draw, 2):
        found["failed_authentication"] = draw(st.sampled_from(("30/min", "1000/s")))
    return found


def measured(spec: Data) -> dict[str, dict[str, str]]:
    """What can be counted, each with the fields that say how much a use is, and their types."""
    found: dict[str, dict[str, str]] = {}
    for name, resource in spec["resources"].items():
        fields = resource["fields"]
        found[name] = {
            field: each["type"]
            for field, each in fields.items()
            if not each.get("computed") and not each.get("set_by")
        }
        for action, each in resource.get("actions", {}).items():
            row = fields if each["on"] == "item" else {}
            known = {**row, **each.get("input", {})}
            found[f"{name}.{action}"] = {field: one["type"] for field, one in known.items()}
    return found


@st.composite
def meters(draw: Draw, spec: Data) -> Data:
    """What is counted, under names that no resource has."""
    known, found = measured(spec), {}
    for name in draw(distinct_names(lambda each: names.identifier(each, "a meter"), 2)):
        said = draw(st.sampled_from(sorted(known)))
        meter = {"counts": draw(st.sampled_from((said, [said]))), "per": "month"}
        amounts = [field for field, type_ in known[said].items() if type_ in ("integer", "money")]
        if amounts and often(draw, 2):
            meter["sum"] = draw(st.sampled_from(amounts))
        if often(draw, 2):
            meter["per"] = "day"
        if name not in spec["resources"]:
            found[name] = meter
    return found


@st.composite
def caps(draw: Draw, spec: Data) -> Data:
    """What members may spend, by every role that is granted it: so much that no test is refused."""
    known, found = measured(spec), {}
    for said, fields in known.items():
        amounts = [f for f, type_ in fields.items() if type_ in ("integer", "money", "decimal")]
        able = granted(spec, *said.partition(".")[::2])
        if amounts and able and often(draw, 2):
            limits = ("each", "member", "tenant")
            found[f"cap_{len(found)}"] = {
                "counts": draw(st.sampled_from((said, [said]))),
                "sum": draw(st.sampled_from(amounts)),
                **({"per": draw(st.sampled_from(("day", "month")))} if often(draw, 2) else {}),
                "roles": {
                    role: (
                        {"unlimited_because": "It is their own money."}
                        if often(draw)
                        else {
                            limit: draw(st.sampled_from((10**14, 10**15)))
                            for limit in draw(some_of(limits))
                        }
                    )
                    for role in sorted(able)
                },
            }
    return found


def some_of(values: Sequence[str]) -> st.SearchStrategy[list[str]]:
    """One of them at least."""
    return st.lists(st.sampled_from(values), min_size=1, unique=True)


def granted(spec: Data, name: str, action: str) -> set[str]:
    """The roles that are granted it, by themselves or by one that they extend."""
    found = {
        role
        for role, each in spec["roles"].items()
        for grant in each.get("can", ())
        if name in many(grant["on"]) and (action or "create") in many(grant["do"])
    }
    while (
        more := {
            role for role, each in spec["roles"].items() if found & {*many(each.get("extends", ()))}
        }
        - found
    ):
        found |= more
    return found


def many(value: str | Sequence[str]) -> Sequence[str]:
    """A word as a list of one."""
    return [value] if isinstance(value, str) else value


@st.composite
def entitlements(draw: Draw, spec: Data, metered: Data) -> Data:
    """The plans of a spec, and what they gate: the resources get the feature that they need."""

    def word(name: str) -> str:
        return names.identifier(name, "a plan")

    features = draw(distinct_names(word, 3))
    gates: set[str] = set()
    meters: dict[str, str] = {
        name: f"/{each['per']}" for name, each in metered.items() if often(draw, 2)
    }
    for name, resource in spec["resources"].items():
        actions = resource.get("actions", {})
        gated = [resource] if often(draw) else [each for each in actions.values() if often(draw, 2)]
        for each in gated:
            each["feature"] = draw(st.sampled_from(features))
            gates.add(each["feature"])
        for meter in (name, *(f"{name}.{action}" for action in actions)):
            if often(draw):
                kinds = ("/day", "/month", "") if meter == name else ("/day", "/month")
                meters[meter] = draw(st.sampled_from(kinds))
    plans = draw(distinct_names(word, 3))
    rated = often(draw, 2)
    found: Data = {}
    for number, name in enumerate(plans):
        plan = found[name] = {}
        if number and often(draw, 2):
            plan["price"] = draw(st.sampled_from(("price_1", "plan/2:a.b")))
        has = draw(st.lists(st.sampled_from(sorted(gates)), unique=True)) if gates else []
        if gates and name == plans[-1]:
            has = sorted(gates)
        if has:
            plan["features"] = has
        if rated:
            rate = draw(st.sampled_from(("1000/s", "60000/min", "1000000/day")))
            plan["limits"] = {"tenant": rate}
        plan["quotas"] = {
            meter: draw(
                st.sampled_from(
                    (
                        f"{draw(st.sampled_from((3, 50, 10**9)))}{period}",
                        {"unlimited_because": "It costs us nothing."},
                    )
                )
            )
            for meter, period in meters.items()
        }
    trial = {"plan": draw(st.sampled_from(plans)), "days": draw(st.sampled_from((1, 365)))}
    whole: Data = {"plans": found} | ({"trial": trial} if often(draw, 2) else {})
    prices = [each["price"] for each in found.values() if "price" in each]
    if prices and len(prices) == len({*prices}) and often(draw, 2):
        whole["billing"] = draw(billing(plans[0]))
        for number, each in enumerate(metered.values()):
            if often(draw, 2):
                each["reported_as"] = f"event.{number}"
    return whole


@st.composite
def billing(draw: Draw, first: str) -> Data:
    """Who takes the money for the plans with a price."""
    secrets = draw(st.sampled_from(("STRIPE_SECRET", ["STRIPE_SECRET", "STRIPE_SECRET_OLD"])))
    found: Data = {"provider": "stripe", "webhook": {"secrets": secrets}}
    if often(draw, 2):
        found["webhook"]["tolerance"] = draw(st.sampled_from(("30s", "1h")))
    if often(draw, 2):
        found["when_unpaid"] = {"after": draw(st.sampled_from(("0s", "90d"))), "plan": first}
    return found


@st.composite
def fields(draw: Draw, depth: int = 0, scalar: bool = False, to: list[str] | None = None) -> Data:
    """A type with its own keys; a `scalar` is no list, object or reference."""
    simple: list[type[CommonField]] = [
        each for each in TYPES if each.NESTS and each not in (ListField, ObjectField)
    ]
    kinds = simple if scalar else [*simple, ListField, *([ObjectField] if depth < 3 else [])]
    named = [each.KIND.name for each in kinds] + (["reference"] if to and not scalar else [])
    kind = draw(st.sampled_from(named))
    found: Data = {"type": kind}
    match kind:
        case "string" | "text":
            found["max"] = draw(st.sampled_from((1, 2, 10, 40, 200, 1000)))
            if often(draw):
                found["min"] = draw(st.sampled_from((0, 1, min(found["max"], 120))))
            if kind == "string" and often(draw):
                found["pattern"] = draw(st.sampled_from(PATTERNS))
        case "integer":
            low, high = sorted(draw(st.lists(_numbers(2**53 - 1), min_size=2, max_size=2)))
            found |= {"min": low, "max": high}
        case "money" | "duration":
            unit = kind == "money"
            if often(draw):
                found["min"] = -500 if unit else "1m"
            if often(draw):
                found["max"] = 10**15 if unit else "365d"
            if unit and often(draw):
                found["currency"] = "JPY"
        case "decimal":
            digits = draw(st.sampled_from((1, 2, 5, 30)))
            found |= {"digits": digits, "places": draw(st.sampled_from((0, digits // 2, digits)))}
            if often(draw):
                found["min"] = draw(st.sampled_from((0, "-0.5", 1, 10, 1000)))
            if often(draw):
                found["max"] = draw(st.sampled_from((0, "0.5", 9, 1000, 1010)))
        case "url":
            if often(draw):
                found["max"] = draw(st.sampled_from((10, 30, 10_000)))
        case "enum":
            words = ("a", "B", "x.y-z_1", "true", "null", "1", "draft")
            several = st.lists(st.sampled_from(words), min_size=1, max_size=4, unique=True)
            found["values"] = draw(several)
        case "reference":
            found["to"] = draw(st.sampled_from([*(to or []), "member"]))
        case "list":
            found["of"] = draw(fields(scalar=True))
            found["max_items"] = draw(st.sampled_from((1, 3, 20)))
            if often(draw):
                found["min_items"] = draw(st.integers(0, min(2, found["max_items"])))
            if often(draw):
                found["unique_items"] = True
        case "object":
            inside = draw(distinct_names(names.nested, 3))
            found["fields"] = {name: draw(fields(depth + 1)) for name in inside}
            for each in found["fields"].values():
                _about(draw, each)
                if often(draw):
                    each["optional"] = True
        case _:
            pass
    return found


def possible(field: Data) -> bool:
    """Does the language take the field by itself?"""
    try:
        _FIELD.validate_python(_tuples(field))
    except ValidationError:
        return False
    return True


_FIELD: Final[TypeAdapter[Any]] = TypeAdapter(Field)


def _tuples(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _tuples(each) for key, each in value.items()}
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def _numbers(most: int) -> st.SearchStrategy[int]:
    return st.sampled_from((-most, -5, -1, 0, 1, 2, 9, 1000, most))


def _about(draw: Draw, field: Data) -> None:
    if often(draw, 5):
        field["description"] = draw(prose())
    if often(draw, 4):
        field["class"] = draw(
            st.sampled_from(
                ("public", "internal", "confidential", "pii", "phi", "payment", "secret")
            )
        )


def _default(draw: Draw, field: Data) -> Any:
    """A default that fits most fields of the type; the language refuses one that does not."""
    values: dict[str, list[Any]] = {
        "string": ["a", "", "'\"\\%$é"],
        "text": ["a\nb", ""],
        "integer": [field.get("min"), field.get("max")],
        "decimal": [field.get("min", "0"), "1"],
        "money": [0, 500],
        "boolean": [True, False],
        "date": ["2030-01-31", "0001-01-01"],
        "datetime": ["2030-01-31T12:00:00Z"],
        "duration": ["30d", "1m"],
        "uuid": ["01890a5d-ac96-774b-bcce-b302099a8057"],
        "email": ["a@example.com"],
        "url": ["https://a.b/", "https://example.com/a%20b"],
        "enum": [(field.get("values") or ["a"])[0]],
        "list": [[]],
    }
    return draw(st.sampled_from(values[field["type"]]))


@st.composite
def resource_fields(draw: Draw, name: str, to: list[str], actions: list[str]) -> Data:
    """A field of a resource, with its common keys."""
    kind = {each.KIND.name: each for each in TYPES}
    found: Data = draw(fields(to=to))
    own = kind[found["type"]]
    _about(draw, found)
    # A reference to the resource itself or to a later one would lead in a circle.
    first = found.get("to") == name
    if first or often(draw):
        found["optional"] = True
    written = draw(
        st.sampled_from(
            ("client", "immutable", "computed", "set_by", "set_by" if actions else "client")
        )
    )
    if written == "immutable":
        found["immutable"] = True
    elif written == "computed":
        found["computed"] = True
    elif written == "set_by" and actions:
        found["set_by"] = draw(st.lists(st.sampled_from(actions), min_size=1, unique=True))
    if own.HAS_DEFAULT and written != "computed" and often(draw):
        found["default"] = _default(draw, found)
    if "set_by" in found:
        found["optional"] = True
    if found["type"] == "reference" and written in ("client", "immutable") and often(draw):
        found["unseen_because"] = f"{draw(line())}, by its code"
    if not possible(found):
        for key in ("default", "pattern", "min", "max"):
            if found.get("type") != "integer" and key in found and not possible(found):
                del found[key]
        if not possible(found):
            found = {"type": "boolean"}
            own = kind["boolean"]
    secret = found.get("class") == "secret"
    if own.FILTERS and not secret and often(draw, 2):
        several = st.lists(st.sampled_from(own.FILTERS), min_size=1, unique=True)
        found["filter"] = draw(several)
    sortable = own.SORTS and not secret and not {"optional", "computed"} & found.keys()
    if sortable and often(draw, 2):
        found["sort"] = True
    queried = {"filter", "sort"} & found.keys()
    if queried and found.get("class") not in (None, "public", "internal") and often(draw, 2):
        found["in_url_because"] = f"{draw(line())}, so it is a GET"
    return found


def _before(name: str, resource: Data) -> None:
    """What is said of names and rows of before: about what is drawn, so that it needs no draw."""
    if "description" in resource:
        resource["renamed_from"] = f"was_{name}"[:28].rstrip("_")
    like: dict[tuple[str, int | None, int | None], str] = {}
    for each, field in resource["fields"].items():
        if "description" in field:
            field["renamed_from"] = f"was_{each}"[:28].rstrip("_")
        kind = (field["type"], field.get("digits"), field.get("places"))
        other = like.setdefault(kind, each)
        if "default" in field:
            field["backfill"] = field["default"]
        elif other != each:
            field["backfill_from"] = other
        elif "class" in field and not {"optional", "computed", "to"} & field.keys():
            field["backfill_hook"] = True


def field_inputs(draw: Draw, to: list[str]) -> Data:
    """The body of an action."""
    found: Data = {}
    for name in draw(distinct_names(names.nested, 3)):
        found[name] = draw(fields(to=to))
        _about(draw, found[name])
        if often(draw):
            found[name]["optional"] = True
        if found[name]["type"] not in ("object", "reference") and often(draw):
            found[name]["default"] = _default(draw, found[name])
    return {name: field for name, field in found.items() if possible(field)}


@st.composite
def resources(draw: Draw, before: Data, name: str, most: int) -> Data:
    """A resource, which refers to those before it."""
    found: Data = {}
    parent = draw(st.sampled_from([*before])) if before and often(draw) else None
    if often(draw):
        found["description"] = draw(prose())
    if often(draw, 4):
        found["plural"] = f"many_{name}"[:28]
    if parent:
        found["parent"] = parent
    if often(draw, 2):
        found["owner"] = draw(st.sampled_from(("owner_id", "by", "def")))
    actions = draw(distinct_names(names.action, 2, 0)) if often(draw, 2) else []
    found["fields"] = {}
    to = [*before, name]
    for each in draw(distinct_names(names.field, most + 2, most // 2)):
        if each != parent:
            found["fields"][each] = draw(resource_fields(name, to, actions))
    if not found["fields"]:
        found["fields"] = {"plain": {"type": "boolean"}}
    _before(name, found)
    if actions:
        found["actions"] = {}
        for each in actions:
            action: Data = {"on": draw(st.sampled_from(("item", "collection")))}
            if often(draw):
                action["description"] = draw(prose())
            if often(draw, 2):
                action["input"] = field_inputs(draw, to)
            if often(draw):
                action["step_up"] = draw(st.sampled_from(("30s", "5m", "24h")))
            if often(draw):
                action["idempotent"] = draw(st.sampled_from(("required", "optional")))
            if often(draw):
                action["after_commit"] = draw(st.booleans())
            if often(draw):
                action["touches"] = draw(touches({**before, name: found}))
            found["actions"][each] = action
    if often(draw):
        found["unique"] = draw(uniques(found))
    if often(draw):
        page = draw(st.sampled_from(({"max": 1}, {"default": 1, "max": 2}, {"max": 1000}, {})))
        found["page"] = page
    if often(draw):
        found["body_max"] = draw(st.sampled_from(("64KiB", "1MiB", "16MiB", "100000B")))
    if often(draw):
        found["idempotent"] = draw(st.sampled_from(("required", "optional")))
    return found


@st.composite
def touches(draw: Draw, known: Data) -> list[Data]:
    """What the hook of an action does to rows of these resources."""
    found: list[Data] = []
    several = st.lists(st.sampled_from([*known]), min_size=1, max_size=2, unique=True)
    for target in draw(several):
        verbs = ("read", "create", "update", "delete")
        do = draw(st.lists(st.sampled_from(verbs), min_size=1, max_size=4, unique=True))
        touch: Data = {"do": do, "on": target}
        written = [
            name for name, field in known[target]["fields"].items() if "immutable" not in field
        ]
        if "update" in do and "create" not in do and written and often(draw, 2):
            touch["only"] = draw(
                st.lists(st.sampled_from(written), min_size=1, max_size=3, unique=True)
            )
        found.append(touch)
    return found


@st.composite
def uniques(draw: Draw, resource: Data) -> list[list[str]]:
    """Fields that are unique together."""
    kinds = {each.KIND.name: each for each in TYPES}
    possible = [each for each, field in resource["fields"].items() if kinds[field["type"]].UNIQUE]
    if "parent" in resource:
        possible.append(resource["parent"])
    if not possible:
        return []
    several = st.lists(st.sampled_from(possible), min_size=1, max_size=3, unique=True)
    return list(draw(st.lists(several, min_size=1, max_size=2, unique_by=frozenset)))


@st.composite
def roles(draw: Draw, spec: Data, most: int) -> Data:
    """Roles with grants."""
    found: Data = {}
    for name in draw(distinct_names(names.role, most)):
        role: Data = {}
        if often(draw):
            role["description"] = draw(prose())
        service = often(draw, 5)
        if service:
            role["kind"] = "service"
        elif often(draw, 4):
            role["mfa"] = draw(st.sampled_from(("any", "phishing_resistant")))
        alike = [each for each, other in found.items() if ("kind" in other) is service]
        if alike and often(draw):
            role["extends"] = draw(st.lists(st.sampled_from(alike), min_size=1, unique=True))
        if not service and often(draw, 4):
            role["last"] = True
        role["can"] = []
        for resource in draw(
            st.lists(st.sampled_from([*spec["resources"]]), min_size=1, max_size=3, unique=True)
        ):
            role["can"] += draw(grants(spec, resource, service))
        if often(draw, 4):
            role["can"] += draw(built_in_grants(service))
        people = [each for each in (*found, name) if "kind" not in found.get(each, role)]
        if people and often(draw, 3):
            role["can"] += draw(administration(people))
        found[name] = role
    return found


@st.composite
def grants(draw: Draw, spec: Data, resource: str, service: bool) -> list[Data]:
    """Grants on one resource, and the sight of what is above it."""
    about = spec["resources"][resource]
    actions = [
        name
        for name, each in about.get("actions", {}).items()
        if not (service and "step_up" in each)
    ]
    found: list[Data] = []
    for _ in range(draw(st.integers(1, 2))):
        possible = [*VERBS, *actions]
        grant: Data = {
            "do": draw(st.lists(st.sampled_from(possible), min_size=1, unique=True)),
            "on": draw(st.sampled_from((resource, [resource]))),
        }
        if often(draw, 4) and {"list", "read", "update"} & set(grant["do"]):
            grant["do"] = [each for each in grant["do"] if each != "create"]
            key = draw(st.sampled_from(("only", "except")))
            several = st.lists(st.sampled_from([*about["fields"]]), min_size=1, unique=True)
            grant[key] = draw(several)
        on_all = any(
            about["actions"][each]["on"] == "collection" for each in {*actions} & {*grant["do"]}
        )
        asked = draw(conditions(spec, about, service)) if often(draw, 2) and not on_all else {}
        if asked:
            grant["when"] = asked
        found.append(grant)
    above = about.get("parent")
    while above:
        found.append({"do": ["read"], "on": above})
        above = spec["resources"][above].get("parent")
    return found


@st.composite
def administration(draw: Draw, people: list[str]) -> list[Data]:
    """Grants that give roles to members, and let people in."""
    several = st.lists(st.sampled_from(people), min_size=1, unique=True)
    words = st.lists(st.sampled_from(("invite", "assign", "reactivate")), min_size=1, unique=True)
    reason = draw(line(200).map(lambda each: f"{each}, as we want it"[-200:]))
    found: list[Data] = [
        {"do": draw(words), "on": "member", "roles": draw(several), "roles_because": reason}
    ]
    if often(draw, 2):
        found.append({"do": ["list", "read"], "on": "invitation"})
    if often(draw):
        found.append({"do": "revoke", "on": "invitation"})
    return found


@st.composite
def hearing(draw: Draw, spec: Data) -> None:
    """Adds events of some resources, and somebody who says where they are heard."""
    for resource in draw(st.lists(st.sampled_from([*spec["resources"].values()]), min_size=1)):
        on_rows = [n for n, each in resource.get("actions", {}).items() if each["on"] == "item"]
        told = [n for n, each in resource["fields"].items() if each.get("class") != "secret"]
        resource["events"] = {}
        for name in draw(distinct_names(names.action, 2)):
            raising = st.lists(st.sampled_from([*VERBS[2:], *on_rows]), min_size=1, unique=True)
            event: Data = {"on": draw(raising)}
            if told and "delete" not in event["on"] and often(draw, 2):
                event["fields"] = draw(st.lists(st.sampled_from(told), unique=True))
            resource["events"][name] = event
    role = draw(st.sampled_from([*spec["roles"].values()]))
    verbs = ("list", "read", "update", "delete", "rotate")
    some = draw(st.lists(st.sampled_from(verbs), unique=True))
    role["can"].append({"do": ["create", *some], "on": f"{HEARD}endpoint"})
    if often(draw, 2):
        do = st.lists(st.sampled_from(("list", "read", "retry")), min_size=1, unique=True)
        role["can"].append({"do": draw(do), "on": f"{HEARD}delivery"})


@st.composite
def built_in_grants(draw: Draw, service: bool) -> list[Data]:
    """A grant on one of the resources that need no declaration."""
    name = draw(st.sampled_from([each for each in built_in() if not each.startswith(HEARD)]))
    about = built_in()[name]
    effects = (each for each in about.effects if not about.effects[each].roles)
    exports = () if service else about.exports  # a service cannot step up, as they ask for
    every = (*about.verbs, *effects, *exports)
    possible = [each for each in every if each in about.operations]
    verbs = st.lists(st.sampled_from(possible), min_size=1, unique=True)
    grant: Data = {"do": draw(verbs), "on": name}
    if often(draw):
        several = st.lists(st.sampled_from([*about.declared.fields]), min_size=1, unique=True)
        grant[draw(st.sampled_from(("only", "except")))] = draw(several)
    if about.declared.owner and not service and often(draw):
        grant["when"] = {about.declared.owner: "$user.id"}
    return [grant]


@st.composite
def conditions(draw: Draw, spec: Data, resource: Data, service: bool) -> Data:
    """Conditions that all must hold."""
    found: Data = {}
    for name, field in resource["fields"].items():
        if often(draw, 1 if field["type"] == "list" else 3):
            sides = [*_sides(field, spec, service), *_further(field, spec, service)]
            if sides:
                found[name] = draw(st.sampled_from(sides))
    if "owner" in resource and not service and often(draw, 2):
        found[resource["owner"]] = draw(st.sampled_from(["$user.id"] * 4 + [{"not": "$user.id"}]))
    if often(draw, 6):
        found["$service.environment"] = {"in": ["development"]}
    for name, each in spec["tenancy"].get("attributes", {}).items():
        if often(draw, 6) and _values(each):
            sides = [*_values(each), {"not": _values(each)[0]}, *_orders(each, _values(each))]
            found[f"$tenant.{name}"] = draw(st.sampled_from(sides))
    return found


def _sides(field: Data, spec: Data, service: bool) -> list[Any]:
    """What a condition says that a field is, or is one of."""
    values = _values(field)
    sides: list[Any] = [*values, *([{"in": values}] if values else [])]
    sides += [f"$tenant.{each}" for each in _alike(field, spec["tenancy"])]
    if not service:
        for each in _alike(field, spec["identity"]):
            listed = "list" in spec["identity"]["attributes"][each]
            sides.append({"in": f"$user.{each}"} if listed else f"$user.{each}")
        if field.get("to") == "member":
            sides.append("$user.id")
    return sides


def _further(field: Data, spec: Data, service: bool) -> list[Any]:
    """What a condition says otherwise: that it is not, is less or greater, is null, contains."""
    sides = _sides(field, spec, service)
    exact = field["type"] not in ("uuid", "reference") or field.get("to") == "member"
    found: list[Any] = [{"not": each} for each in sides if exact or "$" not in json.dumps(each)]
    found += _orders(field, [each for each in sides if not isinstance(each, dict)])
    if "optional" in field and field["type"] != "object":
        found += [None, {"not": None}]
    if field["type"] == "list":
        items = _sides({**field["of"], "type": field["of"]["type"]}, spec, service)
        if field["of"]["type"] not in ("string", "enum", "integer", "uuid"):
            items = []
        if field["of"]["type"] == "uuid" and not service:
            items.append("$user.id")
        listed = [{"contains": each} for each in items if not isinstance(each, dict)]
        exact = field["of"]["type"] != "uuid"
        asked = [
            each
            for each in listed
            if exact or not str(each["contains"]).startswith("$") or each["contains"] == "$user.id"
        ]
        found += [*listed, *({"not": each} for each in asked)] * 3
    return found


def _orders(field: Data, sides: list[Any]) -> list[Any]:
    """Comparisons by order with these sides, and one with two bounds."""
    if field.get("type") not in ("integer", "decimal", "money", "duration", "date", "datetime"):
        return []
    found: list[Any] = [
        {operator: side} for side in sides for operator in ("lt", "gte", "gt", "lte")
    ]
    low, high = (_values(field) * 2)[:2] if _values(field) else (None, None)
    return [*found, *([{"gte": low, "lte": high, "not": low}] if low != high else [])]


def _values(field: Data) -> list[Any]:
    """A few values that a condition compares a field or an attribute with."""
    if "enum" in field or field.get("type") == "enum":
        return list(field.get("enum") or field["values"])[:2]
    kind = field.get("type")
    if kind == "string" and "pattern" not in field and field.get("min", 0) < 2:
        return ["a"]
    if kind == "boolean":
        return [True, False]
    if kind == "integer":
        return list(dict.fromkeys((field["min"], field["max"])))
    if kind == "uuid":
        return ["01890a5d-ac96-774b-bcce-b302099a8057"]
    if kind == "money":
        return [field.get("min", 0), 500]
    if kind == "duration":
        return ["5m", "30d"]
    if kind == "decimal":
        return [str(field["min"])] if "min" in field else ["0"] if "max" not in field else []
    if kind == "date":
        return ["2030-01-31", "2030-02-01"]
    if kind == "datetime":
        return ["2030-01-31T12:00:00Z", "2031-01-31T12:00:00Z"]
    return []


def _alike(field: Data, section: Data) -> Iterator[str]:
    """The attributes that a field can be compared with."""
    text = {"string", "enum"}
    whole = {"money": "integer", "decimal": "integer"}
    kind = whole.get(field["type"], field["type"])
    for name, each in section.get("attributes", {}).items():
        other = "enum" if "enum" in each else each.get("type", "string")
        if kind == other or {kind, other} <= text:
            yield name
