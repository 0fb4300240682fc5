"""Corners of the language that were red once, in one project that is green."""

from pathlib import Path

import pytest

from .holding import faults

SPEC = """
scaffold: 1
service: {name: corners, title: Corners}
tenancy: {tenant: organization}
identity:
  issuers: [{url: https://login.example.com/, audience: corners, algorithms: [ES256]}]
roles:
  reader:
    can:
      - {do: [list, read, create, update, delete, print], on: book}
      - {do: [list, create], on: tuple}
  other: {can: [{do: list, on: book, only: class}]}
resources:
  tuple: {fields: {name: {type: string, max: 9}}}
  book:
    fields:
      tags:  {type: list, of: {type: string, max: 30}, max_items: 20, default: []}
      links: {type: list, of: {type: url}, max_items: 5}
      type:  {type: string, max: 10, filter: [eq, prefix], sort: true}
      class: {type: integer, min: 0, max: 9, filter: [eq, gte, in], sort: true}
      from:  {type: boolean, filter: eq, default: false}
      list:  {type: list, of: {type: integer, min: 0, max: 9}, max_items: 3, default: []}
      date:  {type: date, filter: lte}
      def:   {type: datetime, optional: true, set_by: print}
      other: {type: date, optional: true, set_by: print}
      moment: {type: datetime}
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
          class:  {type: list, of: {type: date}, max_items: 3, default: []}
"""


@pytest.mark.usefixtures("postgres_server")
def test_the_corners_are_green(tmp_path: Path) -> None:
    assert list(faults(SPEC, tmp_path / "corners", "corners")) == []
