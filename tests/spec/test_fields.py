"""The field types: what each accepts, and the rules about one field."""

from decimal import Decimal
from typing import Any, get_args

import pytest

from scaffold.spec import model
from scaffold.spec.load import loads
from scaffold.spec.model import ListField, ObjectField

from .samples import check_refused, field, refusal

TYPES = [
    "string",
    "text",
    "integer",
    "decimal",
    "money",
    "boolean",
    "date",
    "datetime",
    "duration",
    "uuid",
    "email",
    "url",
    "enum",
    "reference",
    "list",
    "object",
]


def read(text: str) -> Any:
    """The field that a text spells."""
    return loads(field(text)).resources["order"].fields["extra"]


@pytest.mark.parametrize(
    ("text", "kind", "attributes"),
    [
        ("{type: string, max: 5}", model.StringField, {"max": 5, "min": 0, "pattern": None}),
        (
            "{type: string, max: 5, min: 1, pattern: '^a+$', default: aa, filter: prefix, "
            "sort: true}",
            model.StringField,
            {"pattern": "^a+$", "default": "aa", "filter": ("prefix",), "sort": True},
        ),
        ("{type: text, max: 1000000, default: 'a\n\n  b'}", model.TextField, {"default": "a\nb"}),
        (
            "{type: integer, min: -5, max: 5, default: 0, filter: [eq, in, gt, lt]}",
            model.IntegerField,
            {"min": -5, "max": 5, "default": 0},
        ),
        (
            "{type: decimal, digits: 5, places: 2, min: '0.01', max: 99.5, default: 1.50}",
            model.DecimalField,
            {"min": Decimal("0.01"), "max": Decimal("99.5"), "default": "1.50"},
        ),
        (
            "{type: decimal, digits: 30, places: 0, default: 7}",
            model.DecimalField,
            {"default": "7"},
        ),
        (
            "{type: money, default: 0}",
            model.MoneyField,
            {"min": -(10**15), "max": 10**15, "currency": "EUR", "default": 0},
        ),
        ("{type: money, currency: JPY, min: 1, max: 9}", model.MoneyField, {"currency": "JPY"}),
        ("{type: boolean, default: false, filter: eq}", model.BooleanField, {"default": False}),
        (
            "{type: date, default: 2030-01-31, sort: true}",
            model.DateField,
            {"default": "2030-01-31"},
        ),
        (
            "{type: datetime, default: 2030-01-31T12:00:00Z}",
            model.DatetimeField,
            {"default": "2030-01-31T12:00:00Z"},
        ),
        (
            "{type: duration, min: 1m, max: 2h, default: 30m}",
            model.DurationField,
            {"min": 60, "max": 7_200, "default": 1_800},
        ),
        ("{type: duration}", model.DurationField, {"min": 0, "max": 315_360_000}),
        (
            "{type: uuid, default: 01890a5d-ac96-774b-bcce-b302099a8057, filter: [eq, in]}",
            model.UuidField,
            {"default": "01890a5d-ac96-774b-bcce-b302099a8057"},
        ),
        (
            "{type: email, class: pii, default: a@example.com}",
            model.EmailField,
            {"class_": "pii", "default": "a@example.com"},
        ),
        ("{type: url, default: https://example.com/}", model.UrlField, {"max": 2_048}),
        (
            "{type: enum, values: [a, B.1, 9_x-y], default: a}",
            model.EnumField,
            {"values": ("a", "B.1", "9_x-y"), "default": "a"},
        ),
        ("{type: reference, to: order, filter: [eq, in]}", model.ReferenceField, {"to": "order"}),
        (
            "{type: list, of: {type: enum, values: [a]}, max_items: 3, unique_items: true, "
            "default: []}",
            ListField,
            {"max_items": 3, "min_items": 0, "unique_items": True, "default": ()},
        ),
        ("{type: object, optional: true, fields: {a: {type: boolean}}}", ObjectField, {}),
        (
            "{type: enum, values: [a], default: a, set_by: finish, description: ' What? '}",
            model.EnumField,
            {"set_by": ("finish",), "description": "What?"},
        ),
        ("{type: date, computed: true}", model.DateField, {"computed": True, "class_": "internal"}),
    ],
)
def test_each_type_is_read(text: str, kind: type, attributes: dict[str, object]) -> None:
    found = read(text)
    assert type(found) is kind
    assert {key: getattr(found, key) for key in attributes} == attributes


def test_all_types_are_known() -> None:
    tags = {get_args(kind.model_fields["type"].annotation)[0] for kind in _leaves()}
    assert tags == set(TYPES)


def _leaves() -> list[type[model.CommonField]]:
    return [kind for kind in model.CommonField.__subclasses__() if "type" in kind.__annotations__]


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        ("{type: ▸strin, max: 5}", "E-TYPE", "Did you mean string?"),
        ("{type: ▸5}", "E-TYPE", "is not a type"),
        ("{type: string, max: 5, ▸maxx: 5}", "E-UNKNOWN-KEY", "Did you mean max?"),
        ("{type: string, max: ▸5.5}", "E-TYPE", "whole number"),
        ("{type: string, max: ▸true}", "E-TYPE", "whole number"),
        ("{type: string, max: ▸'5'}", "E-TYPE", "whole number"),
        ("{type: string, max: ▸0}", "E-RANGE", "less than 1"),
        ("{type: string, max: ▸10001}", "E-RANGE", "more than 10000"),
        ("{type: text, max: ▸1000001}", "E-RANGE", "more than 1000000"),
        ("{type: string, max: 5, min: ▸6}", "E-RANGE", "greater than 5"),
        ("{type: string, max: 5, default: ▸abcdef}", "E-RANGE", "0 to 5"),
        ("{type: string, max: 5, default: ▸5}", "E-TYPE", "quotes"),
        ('{type: string, max: 5, default: ▸"a\\nb"}', "E-TEXT", "line"),
        ("{type: string, max: 5, pattern: '^a$', default: ▸b}", "E-VALUE", "pattern"),
        ("{type: string, max: 5, pattern: ▸'(a'}", "E-PATTERN", "whole value"),
        ("{type: integer, min: 1, max: ▸9007199254740992}", "E-RANGE", "more than"),
        ("{type: integer, min: ▸2, max: 1}", "E-RANGE", "greater"),
        ("{type: integer, min: 1, max: 2, default: ▸3}", "E-RANGE", "between 1 and 2"),
        ("{type: decimal, digits: ▸31, places: 2}", "E-RANGE", "more than 30"),
        ("{type: decimal, digits: 2, places: ▸3}", "E-RANGE", "only 2 digits"),
        ("{type: decimal, digits: 3, places: 2, max: ▸10}", "E-RANGE", "more than 3 digits"),
        ("{type: decimal, digits: 3, places: 2, min: ▸0.001}", "E-RANGE", "2 places"),
        ("{type: decimal, digits: 3, places: 2, min: ▸x}", "E-TYPE", "number"),
        ("{type: decimal, digits: 3, places: 2, default: ▸0.001}", "E-RANGE", "2 places"),
        ("{type: decimal, digits: 3, places: 2, default: ▸x}", "E-VALUE", "decimal"),
        ("{type: money, currency: ▸eur}", "E-VALUE", "EUR"),
        ("{type: money, max: ▸1000000000000001}", "E-RANGE", "more than"),
        ("{type: money, max: 5, default: ▸6}", "E-RANGE", "between"),
        ("{type: boolean, default: ▸'false'}", "E-TYPE", "true or false"),
        ("{type: date, default: ▸2030-02-30}", "E-VALUE", "2030-01-31"),
        ("{type: date, default: ▸20300131}", "E-TYPE", "quotes"),
        ("{type: datetime, default: ▸2030-01-31T12:00:00+01:00}", "E-VALUE", "UTC"),
        ("{type: duration, min: ▸5 m}", "E-DURATION", "5m"),
        ("{type: duration, min: ▸60}", "E-DURATION", "5m"),
        ("{type: duration, max: ▸3651d}", "E-RANGE", "more than"),
        ("{type: duration, max: 1h, default: ▸2h}", "E-RANGE", "between"),
        ("{type: uuid, default: ▸01890A5D-AC96-774B-BCCE-B302099A8057}", "E-VALUE", "lower case"),
        ("{type: email, default: ▸nobody}", "E-VALUE", "a@example.com"),
        ("{type: url, default: ▸http://example.com/}", "E-URL", "https"),
        ("{type: enum, values: ▸[]}", "E-RANGE", "empty"),
        ("{type: enum, values: [a, ▸a]}", "E-REPEATED", "twice"),
        ("{type: enum, values: [▸' a']}", "E-VALUE", "letters"),
        ("{type: enum, values: [a, b], default: ▸c}", "E-VALUE", "Known: a and b"),
        ("{type: reference, to: order, ▸default: x}", "E-DEFAULT", "cannot have a default"),
        ("{type: reference, to: ▸ordre}", "E-UNKNOWN-RESOURCE", "Did you mean order?"),
        ("{type: list, of: {type: ▸reference, to: order}, max_items: 3}", "E-TYPE", "type"),
        (
            "{type: list, of: {type: string, max: 9, ▸sort: true}, max_items: 3}",
            "E-NESTED",
            "cannot have sort",
        ),
        (
            "{type: string, min: 120, max: 200, pattern: ▸'^[a-z]{1,119}$'}",
            "E-PATTERN",
            "No text of 120 to 200 characters",
        ),
        ("{type: list, of: {type: boolean}, max_items: ▸1001}", "E-RANGE", "more than 1000"),
        ("{type: list, of: {type: boolean}, max_items: 1, min_items: ▸2}", "E-RANGE", "greater"),
        (
            "{type: list, of: {type: date}, max_items: 3, default: ▸[2030-01-31]}",
            "E-RANGE",
            "empty",
        ),
        (
            "{type: list, of: {type: date}, max_items: 3, min_items: 1, default: ▸[]}",
            "E-DEFAULT",
            "1",
        ),
        ("{type: object, fields: ▸{}}", "E-RANGE", "empty"),
        ("{type: object, fields: {a: {type: ▸reference, to: order}}}", "E-NESTED", "reference"),
        (
            "{type: object, fields: {a: {type: boolean, ▸filter: eq}}}",
            "E-NESTED",
            "cannot have filter",
        ),
        (
            "{type: object, fields: {a: {type: boolean, ▸computed: true}}}",
            "E-NESTED",
            "cannot have computed",
        ),
        (
            "{type: object, fields: {a: {type: boolean, ▸default: true}}}",
            "E-NESTED",
            "cannot have default",
        ),
        ("{type: boolean, class: ▸private}", "E-VALUE", "Known:"),
        ("{type: boolean, ▸encrypt: true}", "E-UNBUILT", "not built yet"),
        ("{type: boolean, computed: true, ▸default: true}", "E-COMPUTED", "cannot have default"),
        (
            "{type: boolean, computed: true, ▸immutable: true}",
            "E-COMPUTED",
            "cannot have immutable",
        ),
        ("{type: boolean, computed: true, ▸set_by: finish}", "E-COMPUTED", "cannot have set_by"),
        ("{type: boolean, ▸set_by: finish}", "E-SET-BY", "optional: true"),
        ("{type: date, optional: true, set_by: finish, ▸immutable: true}", "E-SET-BY", "immutable"),
        ("{type: date, optional: true, set_by: ▸finis}", "E-UNKNOWN-ACTION", "mean finish?"),
        ("{type: boolean, filter: [▸all]}", "E-WILDCARD", "no wildcards"),
        ("{type: boolean, filter: ['▸*']}", "E-WILDCARD", "no wildcards"),
        ("{type: boolean, filter: [▸prefix]}", "E-FILTER", "Its operators are eq."),
        ("{type: text, max: 5, filter: ▸eq}", "E-FILTER", "Remove"),
        ("{type: string, max: 5, filter: [eq, ▸in]}", "E-FILTER", "eq and prefix"),
        ("{type: list, of: {type: boolean}, max_items: 1, filter: ▸eq}", "E-FILTER", "type list"),
        ("{type: string, max: 5, class: secret, ▸filter: eq}", "E-SECRET", "reveal its value"),
        ("{type: string, max: 5, class: secret, ▸sort: true}", "E-SECRET", "reveal its value"),
        ("{type: boolean, ▸sort: true}", "E-SORT", "type boolean"),
        ("{type: uuid, ▸sort: true}", "E-SORT", "type uuid"),
        ("{type: date, optional: true, ▸sort: true}", "E-SORT", "optional"),
        ("{type: date, computed: true, ▸sort: true}", "E-SORT", "computed"),
        (
            "{type: date, filter: lt, ▸in_url_because: Nobody is born then.}",
            "E-IN-URL",
            "class internal",
        ),
        (
            "{type: date, class: pii, ▸in_url_because: Nobody is born then.}",
            "E-IN-URL",
            "no list is filtered or sorted by",
        ),
        (
            "{type: date, class: pii, filter: lt, in_url_because: ▸why not}",
            "E-RANGE",
            "shorter than 10",
        ),
        ("{type: text, max: 5, ▸in_url_because: Nobody is born then.}", "E-IN-URL", "Remove"),
        (
            "{type: boolean, ▸backfill: false, backfill_hook: true}",
            "E-BACKFILL",
            "both backfill and backfill_hook",
        ),
        (
            "{type: integer, min: 0, max: 9, ▸backfill: 0, backfill_hook: true}",
            "E-BACKFILL",
            "both backfill and backfill_hook",
        ),
        (
            "{type: boolean, backfill_hook: true, ▸backfill_from: other}",
            "E-BACKFILL",
            "both backfill_from and backfill_hook",
        ),
        ("{type: boolean, backfill_hook: ▸1}", "E-TYPE", "true or false"),
        ("{type: boolean, optional: true, ▸backfill_hook: true}", "E-BACKFILL", "is optional"),
        ("{type: boolean, computed: true, ▸backfill_hook: true}", "E-BACKFILL", "is optional"),
        ("{type: boolean, default: true, ▸backfill_hook: true}", "E-BACKFILL", "has a default"),
        ("{type: reference, to: order, ▸backfill_hook: true}", "E-BACKFILL", "backfill_from"),
        (
            "{type: object, fields: {a: {type: boolean, ▸backfill_hook: true}}}",
            "E-NESTED",
            "cannot have backfill_hook",
        ),
    ],
)
def test_what_is_wrong_with_a_field(text: str, code: str, says: str) -> None:
    # A mark inside quotes stands right before the text; the value begins at its quote.
    text = text.replace("'▸", "▸'")
    check_refused(field(text), code, says)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{}", "lacks the key type"),
        ("{type: string}", "lacks the key max"),
        ("{type: integer, min: 1}", "lacks the key max"),
        ("{type: decimal, digits: 5}", "lacks the key places"),
        ("{type: enum}", "lacks the key values"),
        ("{type: reference}", "lacks the key to"),
        ("{type: list, max_items: 5}", "lacks the key of"),
        ("{type: list, of: {type: boolean}}", "lacks the key max_items"),
        ("{type: object}", "lacks the key fields"),
    ],
)
def test_every_bound_is_required(text: str, says: str) -> None:
    error = refusal(field(text))
    assert [problem.code for problem in error.problems] == ["E-MISSING-KEY"]
    assert says in error.problems[0].message
    assert error.problems[0].hint


def test_objects_are_nested_three_deep_at_most() -> None:
    def nested(depth: int) -> str:
        inner = "{type: boolean}"
        for _ in range(depth):
            inner = f"{{type: object, fields: {{a: {inner}}}}}"
        return field(inner)

    assert loads(nested(3))
    assert refusal(nested(4)).problems[0].code == "E-DEPTH"


def test_a_filter_operator_belongs_to_the_types_that_can_use_it_leakproof() -> None:
    operators = {kind.__name__: set(kind.FILTERS) for kind in _leaves()}
    range_ = {"gte", "lte", "gt", "lt"}
    assert operators == {
        "StringField": {"eq", "prefix"},
        "TextField": set(),
        "IntegerField": {"eq", "in"} | range_,
        "DecimalField": {"eq"} | range_,
        "MoneyField": {"eq"} | range_,
        "BooleanField": {"eq"},
        "DateField": {"eq"} | range_,
        "DatetimeField": {"eq"} | range_,
        "DurationField": {"eq"} | range_,
        "UuidField": {"eq", "in"},
        "EmailField": {"eq", "prefix"},
        "UrlField": {"eq", "prefix"},
        "EnumField": {"eq", "in"},
        "ReferenceField": {"eq", "in"},
        "ListField": set(),
        "ObjectField": set(),
    }


def test_the_models_are_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        read("{type: boolean}").optional = True
