"""Small specs to resolve: the sections that matter, with the others filled in."""

import re
from pathlib import Path

from scaffold.design.model import Design
from scaffold.design.resolve import resolve
from scaffold.spec.load import loads

SPECS = Path(__file__).parents[2] / "specs"

SECTIONS = {
    "scaffold": "2",
    "service": "{name: shop, title: Shop}",
    "tenancy": "{tenant: company, attributes: {region: {enum: [eu, us]}}}",
    "identity": """
  issuers: [{issuer: https://login.example.com/, audience: shop, algorithms: [ES256]}]
  attributes: {regions: {list: string}}""",
    "roles": "{clerk: {can: [{do: [list, read, create], on: order}]}}",
    "resources": """
  order:
    owner: owner_id
    fields:
      title: {type: string, max: 100, filter: [eq, prefix], sort: true}
      region: {type: enum, values: [eu, us], immutable: true}
      status: {type: enum, values: [open, done, gone], default: open, set_by: [finish, drop]}
      total: {type: money, computed: true}
      key: {type: string, max: 9, class: secret, optional: true}
      source: {type: reference, to: order, optional: true}
    actions:
      finish: {on: item, step_up: 5m, idempotent: required, input: {words: {type: text, max: 99}}}
      drop: {on: item}
      sweep: {on: collection}
  order_line:
    parent: order
    fields:
      amount: {type: integer, min: 1, max: 9}""",
}


def whole(sections: str = "") -> str:
    """The text of a spec with these sections, and sound ones for those that are left out."""
    given = set(re.findall(r"^([a-z]+):", sections, re.MULTILINE))
    missing = [f"{key}: {text}" for key, text in SECTIONS.items() if key not in given]
    return "\n".join([sections.strip("\n"), *missing, ""])


def design(sections: str = "") -> Design:
    """The design of a spec with these sections."""
    return resolve(loads(whole(sections)))


def granted(*grants: str) -> Design:
    """The design of a spec whose only role, `clerk`, has these grants."""
    return design(f"roles: {{clerk: {{can: [{', '.join(grants)}]}}}}")
