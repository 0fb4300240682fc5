"""Specs of any size, for the generator: every kind of field, and a chain of references."""

from collections.abc import Iterator
from typing import Final

HEAD: Final = """\
scaffold: 2

service: {name: synthetic, title: Synthetic, description: As many resources as were asked for.}

tenancy: {tenant: organization}

identity:
  issuers:
    - {issuer: https://login.example.com/, audience: synthetic, algorithms: [ES256]}
"""


def spec(resources: int) -> str:
    """A spec with so many resources, five operations and one action each, and three roles."""
    names = [f"thing_{number:04}" for number in range(1, resources + 1)]
    return "".join((HEAD, *_roles(names), "\nresources:\n", *_resources(names)))


def _roles(names: list[str]) -> Iterator[str]:
    every = f"[{', '.join(names)}]"
    yield f"""
roles:
  reader:
    description: Reads everything but the remarks.
    can:
      - {{do: [list, read], on: {every}, except: [remark]}}
  editor:
    description: Writes, and changes what is still open.
    extends: reader
    can:
      - {{do: create, on: {every}}}
      - {{do: [update, delete], on: {every}, when: {{owner_id: $user.id, status: open}}}}
  manager:
    description: Closes what is open.
    can:
      - {{do: [list, read], on: {every}}}
      - {{do: close, on: {every}, when: {{status: open}}}}
"""


def _resources(names: list[str]) -> Iterator[str]:
    for number, name in enumerate(names):
        yield f"""\
  {name}:
    owner: owner_id
    fields:
      name: {{type: string, min: 1, max: 120, filter: [eq, prefix], sort: true}}
      email: {{type: email, class: pii, filter: [eq]}}
      amount: {{type: money, min: 0, filter: [gte, lte]}}
      due_on: {{type: date, filter: [gte, lte], sort: true}}
      remark: {{type: text, max: 2000, class: confidential, optional: true}}
      status:
        type: enum
        values: [open, closed]
        default: open
        set_by: [close]
        filter: [eq, in]
"""
        if number:
            yield f"      before: {{type: reference, to: {names[number - 1]}, filter: [eq]}}\n"
        yield """\
    unique: [[name]]
    actions:
      close: {on: item, idempotent: required, input: {reason: {type: string, min: 1, max: 300}}}
"""
