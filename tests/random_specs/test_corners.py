"""Corners of the language that were red once, in one project that is green."""

import subprocess
import sys
from pathlib import Path

import pytest

from scaffold.project.create import create

from .holding import IGNORED, faults

SPEC = """
scaffold: 2
service: {name: corners, title: Corners}
tenancy: {tenant: group, attributes: {region: {enum: [eu, us]}}}
identity:
  attributes:
    level: {type: integer, min: 0, max: 9}
    until: {type: date}
    tags:  {list: string}
  issuers: [{issuer: https://login.example.com/, audience: corners, algorithms: [ES256]}]
roles:
  reader:
    can:
      - {do: [list, read, create, update, delete, print], on: book}
      - {do: [list, create, read], on: tuple, when: {$service.environment: {in: [development]}}}
      - {do: [list, read, create, update, pay], on: text}
  other: {can: [{do: list, on: book, only: class}]}
  keeper: {last: true, can: [{do: [read, create], on: text}]}
  partial:
    can:
      - {do: list, on: book, only: [type, tags], when: {low: 5}}
      - {do: list, on: book, when: {$tenant.region: eu}}
  bounded:
    can:
      - do: [list, read]
        on: book
        when: {tags: {contains: $tenant.region}, list: {contains: $user.level}}
      - {do: delete, on: book, when: {def: null, other: {lte: $user.until}, part: {gt: 0.5}}}
      - do: print
        on: book
        when: {type: {not: {in: $user.tags}}, note: {not: null}, low: {gt: $user.level}}
      - do: update
        on: book
        when: {note: {not: $tenant.region}, low: {gte: 6, not: {in: [7, 8]}}}
  regional: {can: [{do: [list, read], on: book, when: {body: $tenant.region, low: $user.level}}]}
  checker: {can: [{do: [list, export], on: audit_event, except: resource}]}
  robot:
    kind: service
    can: [{do: [list, create, update, delete, pay], on: text}, {do: [create, update], on: book}]
webhooks:
  bank:
    scheme: standard
    secrets: BANK_SECRET
    account: account
    order: [data, at]
    runs_as: robot
    events:
      text.create:
        do: create
        on: text
        hook: true
        input:
          class: {type: list, of: {type: date}, max_items: 3}
          from:  {type: decimal, digits: 5, places: 2, optional: true}
          fee:   {type: money, min: 1}
          long:  {type: duration, min: 1s, max: 1h}
          ever:  {type: datetime}
          kind:  {type: enum, values: [a, b], default: b}
          which: {type: uuid}
        body: {class: [data, class], from: from, fee: fee, long: [long], ever: ever, kind: kind,
               which: [data, which]}
      text.update: {do: update, on: text, hook: true, input: {a: {type: boolean}}, body: {a: a}}
      text.delete: {do: delete, on: text, hook: true, input: {a: {type: boolean}}, body: {a: a}}
      text.pay:    {do: pay, on: text, hook: true, input: {a: {type: boolean}}, body: {a: a}}
      Book.Made:   {do: create, on: book, hook: true, input: {a: {type: url}}, body: {a: a}}
      book.other:  {do: update, on: book, hook: true, input: {a: {type: email}}, body: {a: a}}
resources:
  tuple: {fields: {name: {type: string, max: 9}}, page: {max: 1}}
  text:
    unique: [[long], [code], [price], [day], [link], [short]]
    fields:
      long:  {type: string, min: 120, max: 200, pattern: '^[a-z]+$', filter: eq, sort: true}
      code:  {type: string, max: 10, pattern: '^[A-Z]{2}-[0-9]{2}$'}
      other: {type: string, max: 10, pattern: '^[^ -~]{2,}$'}
      price:
        {type: decimal, digits: 6, places: 2, min: 1000, max: 1010, class: payment, filter: gte,
         sort: true}
      below: {type: decimal, digits: 6, places: 2, max: '-3.25'}
      day:   {type: date}
      link:  {type: url, max: 10}
      links: {type: list, of: {type: url, max: 10}, max_items: 3, min_items: 2, unique_items: true}
      short: {type: string, max: 2}
      about: {type: text, min: 100, max: 1000}
    actions:
      pay:
        on: collection
        input: {price: {type: decimal, digits: 3, places: 0, min: 10}}
        touches: [{do: [create, update], on: book}]
  book:
    fields:
      tags:  {type: list, of: {type: string, max: 30}, max_items: 20, default: []}
      links: {type: list, of: {type: url}, max_items: 5}
      type:  {type: string, max: 10, filter: [eq, prefix], sort: true}
      class: {type: integer, min: 0, max: 9, class: pii, filter: [eq, gte, in], sort: true}
      from:
        {type: boolean, class: phi, filter: eq, default: false, in_url_because: A kiosk GETs.}
      list:  {type: list, of: {type: integer, min: 0, max: 9}, max_items: 3, default: []}
      date:  {type: date, filter: lte}
      made:  {type: datetime, default: '2030-01-31T12:00:00Z'}
      asked: {type: uuid, default: 01890a5d-ac96-774b-bcce-b302099a8057}
      note:  {type: string, max: 9, optional: true, default: none}
      def:   {type: datetime, optional: true, set_by: print}
      other: {type: date, optional: true, set_by: print}
      moment: {type: datetime}
      body:  {type: string, max: 9, pattern: '^(us|asia)?$', default: ''}
      part:  {type: decimal, digits: 3, places: 3}
      low:   {type: integer, min: 5, max: 20}
      shelf:
        type: object
        fields:
          place:
            type: object
            fields: {room: {type: string, max: 20}, floor: {type: integer, min: 0, max: 9}}
          in: {type: string, max: 9, optional: true}
    actions:
      print:
        on: item
        input:
          return: {type: boolean}
          until:  {type: date, default: '2030-01-31'}
          class:  {type: list, of: {type: date}, max_items: 3, default: []}
"""

LEAST = """
scaffold: 2
service: {name: corners, title: Corners}
tenancy: {tenant: group}
identity:
  issuers: [{issuer: https://login.example.com/, audience: corners, algorithms: [ES256]}]
roles: {reader: {can: [{do: read, on: thing}]}}
resources: {thing: {fields: {done: {type: boolean}}}}
"""
"""A spec whose service uses next to nothing."""

CHANGING = """
scaffold: 2
service: {name: corners, title: Corners}
tenancy: {tenant: group}
identity:
  issuers:
    - {issuer: https://login.example.com/, audience: c, algorithms: [ES256], tenants: mapped}
roles:
  robot: {kind: service, can: [{do: sweep, on: thing}, {do: update, on: group, only: name}]}
resources: {thing: {fields: {done: {type: boolean}}, actions: {sweep: {on: collection}}}}
"""
"""A spec in which nobody lists or reads anything, and nobody is a person."""
ANYTHING = (
    "test_admin.py::test_what_is_taken_away_is_gone",
    "test_leases.py::test_a_client_that_leaves_takes_no_connection_along",
    "test_leases.py::test_a_noisy_tenant_leaves_room_for_others",
    "test_limits.py::test_a_limit_holds_and_says_when_to_come_back",
    "test_organizations.py::test_an_organization_is_let_in_as_soon_as_it_is_mapped",
    "test_revocation.py",
    "test_shape.py::test_an_error_says_nothing_of_what_is_inside",
    "test_shape.py::test_every_answer_has_the_security_headers",
    "test_startup.py::test_the_contract_and_the_table_agree",
)
"""Emitted tests that take an operation which changes nothing, where there is one."""


def test_nothing_is_imported_in_vain(tmp_path: Path) -> None:
    create("corners", tmp_path / "corners", LEAST.encode(), "scaffold.yaml")
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", "."]
    done = subprocess.run(command, cwd=tmp_path / "corners", check=False)  # noqa: S603
    assert done.returncode == 0


@pytest.mark.usefixtures("postgres_server")
def test_the_corners_are_green(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCHEMATHESIS_EXAMPLES", "3")  # `make demo` tries more
    assert list(faults(SPEC, tmp_path / "corners", "corners", *IGNORED)) == []


@pytest.mark.usefixtures("postgres_server")
def test_a_service_that_only_changes_is_green(tmp_path: Path) -> None:
    tests = [f"tests/contract/{each}" for each in ANYTHING]
    assert list(faults(CHANGING, tmp_path / "corners", "corners", *tests)) == []
