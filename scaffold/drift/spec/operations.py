"""Rules about operations: what may be asked, sent, and done in one request."""

from __future__ import annotations

from scaffold.drift.spec.rule import Claim, SpecRule, example
from scaffold.drift.spec.witness_requests import body_max, filters, page_default, page_max, sorts
from scaffold.drift.verdict import ByWords, Chain, Free, Names, Number, Verdict, combined, from_both
from scaffold.drift.witness import Runs, Says, Untried

_NOTES = "resources: {note: {owner: owner_id, %sfields: {body: {type: string, max: 50%s}}}}"
_BY_POST = "by POST alone"
"""What a fact says of a filter or an order that no URL can have."""


def _filters(before: str, after: str) -> Verdict:
    old, new = ({*each.split(", ")} for each in (before, after))
    in_url = [_BY_POST not in each for each in (old, new)]
    operators = from_both(new - {_BY_POST} <= old, old - {_BY_POST} <= new)
    return combined([operators, from_both(in_url[1] <= in_url[0], in_url[0] <= in_url[1])])


ROUTE = SpecRule(
    id="SCF131",
    name="route-moved",
    severity="low",
    controls=("API-3",),
    layer="spec",
    what="The method and the path of an operation.",
    why="Nobody gains anything; programs that call the old path are refused.",
    remedy="Tell whoever keeps the programs.",
    example=None,
    claims=(
        Claim("operations", "{op}", Free(), shows=Untried("A path permits nothing.")),
        Claim("operations", "{op} by POST", Free(), shows=Untried("A path permits nothing.")),
    ),
)
PRECONDITION = SpecRule(
    id="SCF132",
    name="precondition-dropped",
    severity="medium",
    controls=("API-4",),
    layer="spec",
    what="Writes that need If-Match (RFC 9110, 13.1.1).",
    why="Two people who change a row at once overwrite each other without noticing.",
    remedy="Keep If-Match required.",
    example=None,
    claims=(
        Claim(
            "operations",
            "{op} if_match",
            Chain(("required",), absent="everything"),
            shows=Untried("No spec of this version can leave it out."),
        ),
    ),
)
SIZE = SpecRule(
    id="SCF133",
    name="cap-raised",
    severity="medium",
    controls=("API-1", "API-2"),
    layer="spec",
    what="How much one request may send or ask for: bytes of a body, rows of a page or an export.",
    why="One request costs more of the service, and takes more out of it.",
    remedy="Keep the cap, or have the higher one approved.",
    example=example(
        _NOTES % ("page: {default: 20, max: 100}, ", ""),
        change=("max: 100", "max: 500"),
        dual=("max: 100", "max: 50"),
    ),
    claims=(
        Claim(
            "operations",
            "{op} body_max",
            Number(),
            shows=Runs(body_max, "{op} takes bodies of {now} bytes now"),
        ),
        Claim(
            "operations",
            "{op} by POST body_max",
            Number(absent=None),
            shows=Untried("It is that of the search, which no spec can say."),
        ),
        Claim(
            "operations",
            "{op} page_default",
            Number(),
            shows=Runs(page_default, "{op} answers with {now} rows now"),
        ),
        Claim(
            "operations",
            "{op} page_max",
            Number(),
            shows=Runs(page_max, "{op} answers with {now} rows now"),
        ),
        Claim(
            "operations",
            "{op} rows_max",
            Number(),
            shows=Says("{op} answers with {now} rows now", "It would take as many rows."),
        ),
    ),
)
FILTER = SpecRule(
    id="SCF134",
    name="filter-widened",
    severity="high",
    controls=("API-1",),
    layer="spec",
    what="The fields by which lists are filtered and sorted, and the operators.",
    why="By filters and orders, a caller learns of values; each further one costs the database.",
    remedy="Take the filter away, or have it approved. A filter by eq tells the least.",
    example=example(
        _NOTES % ("", ", filter: [eq]"),
        change=("filter: [eq]", "filter: [eq, prefix]"),
        dual=(", filter: [eq]", ""),
    ),
    claims=(
        Claim(
            "operations",
            "{op} filter {column}",
            ByWords(_filters),
            shows=Runs(filters, "{op} is filtered by {column} with {now} now"),
        ),
        Claim(
            "operations",
            "{op} sort {column}",
            ByWords(_filters),
            shows=Runs(sorts, "{op} is sorted by {column} now"),
        ),
    ),
)
EFFECT = SpecRule(
    id="SCF135",
    name="action-does-more",
    severity="high",
    controls=("AZ-1", "AZ-4"),
    layer="spec",
    what="The fields that an action sets, the rows of other resources that it reads or writes, "
    "and the secrets that its answer tells.",
    why="Whoever may do the action changes more by it.",
    remedy="Let the action do what it did, or have more approved.",
    example=example(
        """
roles: {clerk: {can: [{do: [list, read, create, close, open], on: note}]}}
resources:
  note:
    fields:
      body: {type: text, max: 500}
      closed: {type: boolean, default: false, set_by: [close]}
      opened: {type: boolean, default: false, set_by: [open]}
    actions: {close: {on: item}, open: {on: item}}
""",
        change=(
            "set_by: [open]",
            "set_by: [open, close]",
        ),
        dual=("max: 500", "max: 400"),
    ),
    claims=(
        Claim(
            "operations",
            "{op} sets",
            Names(),
            shows=Says(
                "{op} sets {now} now",
                "What an action sets is up to its hook, which is the code of the developer.",
            ),
        ),
        Claim(
            "operations",
            "{op} touches {name}",
            Names(absent="nothing"),
            shows=Says(
                "{op} reaches {name}: {now} now",
                "What an action reaches is up to its hook, which is the code of the developer.",
            ),
        ),
        Claim(
            "operations",
            "{op} tells",
            Free(absent="nothing"),
            shows=Says(
                "{op} tells {now} now",
                "What it tells is of the operation as it was granted, whose test tries it.",
            ),
        ),
    ),
)
RULES = (ROUTE, PRECONDITION, SIZE, FILTER, EFFECT)
