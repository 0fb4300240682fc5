"""Small specs to break. `MARK` stands right before the place that a problem is expected at."""

from scaffold.spec.load import loads
from scaffold.spec.problems import SpecError

MARK = "▸"

SECTIONS = {
    "scaffold": "2",
    "service": "{name: shop, title: Shop}",
    "tenancy": "{tenant: company, attributes: {region: {enum: [eu, us]}}}",
    "identity": """
  issuers: [{issuer: https://login.example.com/, audience: shop, algorithms: [ES256]}]
  attributes:
    regions: {list: string}
    region: {enum: [eu, us]}
    level: {type: integer, min: 0, max: 9}
    until: {type: date}""",
    "roles": "{reader: {can: [{do: [list, read], on: order}]}}",
    "resources": """
  order:
    owner: owner_id
    fields:
      title: {type: string, max: 100}
      status: {type: enum, values: [open, done], default: open, set_by: finish}
      total: {type: money, computed: true}
      paid: {type: boolean, default: false}
      number: {type: integer, min: 1, max: 999}
      code: {type: string, max: 9, immutable: true}
      note: {type: text, max: 999}
      token: {type: string, max: 99, class: secret}
      parent_order: {type: reference, to: order, optional: true}
      tags: {type: list, of: {type: string, max: 20}, max_items: 9, optional: true}
      members: {type: list, of: {type: uuid}, max_items: 9}
      prices: {type: list, of: {type: decimal, digits: 5, places: 2}, max_items: 9}
      shape: {type: object, optional: true, fields: {width: {type: integer, min: 1, max: 9}}}
      rate: {type: decimal, digits: 5, places: 2, min: 0, max: 100}
      due: {type: date}
      seen: {type: datetime}
      took: {type: duration, max: 30d}
      reviewer: {type: reference, to: member, optional: true}
    actions:
      finish: {on: item}
      load: {on: collection}
  order_line:
    parent: order
    fields:
      amount: {type: integer, min: 1, max: 9}""",
}
"""The sections of a sound spec."""


def spec(**sections: str) -> str:
    """The text of a sound spec with some sections replaced."""
    return "".join(f"{key}: {text}\n" for key, text in {**SECTIONS, **sections}.items())


def grant(text: str, role: str = "") -> str:
    """The text of a spec whose only role has this grant; `role` adds keys to the role."""
    return spec(roles=f"{{clerk: {{{role}can: [{text}]}}}}")


def field(text: str) -> str:
    """The text of a spec with a field `extra` of this type and an action `finish`."""
    return spec(
        resources=f"{{order: {{fields: {{extra: {text}}}, actions: {{finish: {{on: item}}}}}}}}"
    )


def marked(text: str, mark: str = MARK) -> tuple[str, list[tuple[int, int]]]:
    """A sample without its marks, and the line and column of each."""
    places: list[tuple[int, int]] = []
    lines = text.split("\n")
    for index, line in enumerate(lines):
        while mark in line:
            places.append((index + 1, line.index(mark) + 1))
            line = line.replace(mark, "", 1)
        lines[index] = line
    return "\n".join(lines), places


def refusal(text: str | bytes) -> SpecError:
    """The error that a spec is refused with."""
    try:
        loads(text)
    except SpecError as error:
        return error
    raise AssertionError("the spec was accepted")


def check_refused(sample: str, code: str, says: str) -> None:
    """Checks that a sample is refused at its marks, all with `code`, and that the text says so."""
    text, places = marked(sample)
    error = refusal(text)
    found = [(problem.line, problem.column) for problem in error.problems]
    assert found == places, str(error)
    assert {problem.code for problem in error.problems} == {code}, error.problems
    assert says in str(error)
