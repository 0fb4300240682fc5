"""A service with one large table, and a change of its spec for each row of docs/migrations.md.

The changes are made one after another, each on the spec that the one before has left.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

PACKAGE: Final = "shop"
SPEC: Final = """\
scaffold: 1
service: {name: shop, title: Shop}
tenancy:
  tenant: company
identity:
  issuers:
    - {url: https://login.example.com/, audience: shop, algorithms: [ES256]}
limits:
  user: {unlimited_because: The benchmark sends more.}
  token: {unlimited_because: The benchmark sends more.}
  tenant: {unlimited_because: The benchmark sends more.}
roles:
  clerk:
    can:
      - {do: [list, read, create, update], on: [category, item, remark]}
resources:
  category:
    fields:
      name: {type: string, max: 60}
  item:
    fields:
      title: {type: string, min: 1, max: 80}
      code: {type: string, max: 12}
      label: {type: string, max: 20, optional: true}
      price: {type: money, min: 0, max: 100000}
      stock: {type: integer, min: 0, max: 1000}
      status: {type: enum, values: [draft, live], default: draft, filter: [eq]}
    unique: [[code]]
  remark:
    parent: item
    fields:
      words: {type: string, max: 100}
"""

CATEGORY: Final = "a category"
"""In a body: the category of the caller's tenant."""
GIVEN: Final = {"price": 100, "stock": 10}


class Seen(NamedTuple):
    """How the callers of a release see the table: its name, and what they send.

    `text` is the field that a patch changes, and `given` is what a new row has besides.
    """

    table: str = "item"
    text: str = "title"
    given: Mapping[str, object] = GIVEN

    @property
    def path(self) -> str:
        """Where it is."""
        return f"/{self.table}s"


class Change(NamedTuple):
    """Edits of the spec, each in a place that it has once, and how the table is seen then.

    `fill` is what somebody has to do to the rows before the contract phase.
    """

    title: str
    edits: tuple[tuple[str, str], ...]
    seen: Seen
    fill: str = ""


OWNED: Final = {**GIVEN, "weight": 5, "list_price": 100, "label": "new", "home_id": CATEGORY}
RENAMED: Final = Seen("product", "name", given=OWNED)
LESS: Final = {name: value for name, value in OWNED.items() if name != "list_price"}

CHANGES: Final = (
    Change(
        "resource, tenant attribute, optional field, field with a default",
        (
            (
                "  tenant: company\n",
                "  tenant: company\n  attributes: {region: {enum: [eu, us]}}\n",
            ),
            ("item, remark]", "item, remark, shelf]"),
            (
                "  remark:\n",
                "  shelf:\n    fields:\n      name: {type: string, max: 60}\n  remark:\n",
            ),
            (
                "      stock:",
                "      note: {type: string, max: 40, optional: true}\n"
                "      unit: {type: enum, values: [piece, kilo], default: piece}\n      stock:",
            ),
        ),
        Seen(),
    ),
    Change(
        "required field with `backfill`",
        (
            (
                "      stock:",
                "      weight: {type: integer, min: 1, max: 50, backfill: 7}\n      stock:",
            ),
        ),
        Seen(given=GIVEN | {"weight": 5}),
    ),
    Change(
        "required field with `backfill_from`",
        (
            (
                "      stock:",
                "      list_price: {type: money, min: 0, max: 100000, backfill_from: price}\n"
                "      stock:",
            ),
        ),
        Seen(given=GIVEN | {"weight": 5, "list_price": 100}),
    ),
    Change(
        "field becomes required, with `backfill`",
        (("max: 20, optional: true}", "max: 20, backfill: none}"),),
        Seen(given=GIVEN | {"weight": 5, "list_price": 100, "label": "new"}),
    ),
    Change(
        "owner, required reference",
        (
            (
                "  item:\n    fields:\n",
                "  item:\n    owner: owner_id\n    fields:\n"
                "      home: {type: reference, to: category}\n",
            ),
        ),
        Seen(given=OWNED),
        fill="""
update shop.item i set owner_id = m.id, home_id = c.id
  from shop.member m join shop.category c on c.tenant_id = m.tenant_id
 where i.tenant_id = m.tenant_id and (i.owner_id is null or i.home_id is null)
""",
    ),
    Change(
        "field becomes optional", (("max: 1000}", "max: 1000, optional: true}"),), Seen(given=OWNED)
    ),
    Change(
        "`renamed_from` of a field",
        (("      title: {type", "      name: {renamed_from: title, type"),),
        Seen(text="name", given=OWNED),
    ),
    Change(
        "`renamed_from` of a resource",
        (
            ("category, item,", "category, product,"),
            ("  item:\n", "  product:\n    renamed_from: item\n"),
            ("parent: item", "parent: product"),
        ),
        RENAMED,
    ),
    Change(
        "field removed",
        (("      list_price: {type: money, min: 0, max: 100000, backfill_from: price}\n", ""),),
        RENAMED._replace(given=LESS),
    ),
    Change(
        "resource removed",
        (
            ("product, remark, shelf", "product, shelf"),
            (
                "  remark:\n    parent: product\n    fields:\n"
                "      words: {type: string, max: 100}\n",
                "",
            ),
        ),
        RENAMED._replace(given=LESS),
    ),
    Change(
        "wider bounds, more values of an enum",
        (("max: 12}", "max: 24}"), ("[draft, live]", "[draft, live, gone]")),
        RENAMED._replace(given=LESS),
    ),
    Change(
        "narrower bounds, fewer values of an enum",
        (("min: 0, max: 100000", "min: 1, max: 90000"), ("[draft, live, gone]", "[draft, live]")),
        RENAMED._replace(given=LESS),
    ),
    Change(
        "`unique` added",
        (("unique: [[code]]", "unique: [[code], [name]]"),),
        RENAMED._replace(given=LESS),
    ),
    Change(
        "`unique` removed",
        (("unique: [[code], [name]]", "unique: [[name]]"),),
        RENAMED._replace(given=LESS),
    ),
    Change(
        "default",
        (("default: draft", "default: live"),),
        RENAMED._replace(given=LESS),
    ),
    Change(
        "filter, sort: only indexes",
        (
            ("renamed_from: title, type: string,", "type: string, sort: true,"),
            ("price: {type: money,", "price: {type: money, filter: [gte, lte],"),
        ),
        RENAMED._replace(given=LESS),
    ),
)


def edited(spec: str, change: Change) -> str:
    """The spec after a change. Raises ValueError for an edit whose place is not there once."""
    for old, new in change.edits:
        if spec.count(old) != 1:
            raise ValueError(f"{change.title}: {old!r} is there {spec.count(old)} times")
        spec = spec.replace(old, new)
    return spec
