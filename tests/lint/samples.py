"""Small specs to advise about: the sections that matter, with the others filled in."""

import re

from scaffold.design.resolve import resolve
from scaffold.lint.rule import Advice
from scaffold.lint.rules import advise
from scaffold.spec.load import loads_with_positions

SECTIONS = {
    "scaffold": "2",
    "service": "{name: shop, title: Shop}",
    "tenancy": "{tenant: company}",
    "identity": (
        "{issuers: [{issuer: https://login.example.com/, audience: shop, algorithms: [ES256]}]}"
    ),
    "roles": "{clerk: {can: [{do: [list, read, create], on: note}]}}",
    "resources": "{note: {owner: owner_id, fields: {body: {type: text, max: 500}}}}",
}


def whole(sections: str) -> str:
    """The text of a spec with these sections, and sound ones for those that are left out."""
    given = set(re.findall(r"^([a-z]+):", sections, re.MULTILINE))
    missing = [f"{key}: {text}" for key, text in SECTIONS.items() if key not in given]
    return "\n".join([sections.strip("\n"), *missing, ""])


def advice(sections: str) -> list[Advice]:
    """What is advised about a spec with these sections."""
    spec, positions = loads_with_positions(whole(sections))
    return advise(resolve(spec), spec, positions)


def ids(sections: str) -> set[str]:
    """The rules that find something in a spec with these sections."""
    return {each.id for each in advice(sections)}
