"""The field types: one module a type, and nothing outside the package asks for its name."""

import ast
import importlib
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from scaffold.spec.field_base import CommonField
from scaffold.types.fields import TYPES
from scaffold.types.kind import Kind

ROOT = Path(__file__).parents[2]
LANGUAGES = {"scaffold.database.layout", "scaffold.database.sql", "scaffold.plan.quoting"}
"""How SQL and Python are written: these modules import nothing of the stages."""

COLOR = '''
"""color: a colour of the web."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from scaffold.spec.base import about
from scaffold.spec.field_base import CommonField

from .textual import Rule, Textual

_COLOR = "^#[0-9a-f]{6}$"


@dataclass(frozen=True, slots=True)
class ColorKind(Textual):
    name: ClassVar[str] = "color"
    RULE: ClassVar[Rule] = Rule("Color", _COLOR, form=_COLOR)

    low: int = 7
    high: int = 7


class ColorField(CommonField):
    KIND = ColorKind
    FILTERS = ("eq",)

    type: Annotated[Literal["color"], about("A colour.", "color")]
'''
SPEC = """
scaffold: 2
service: {name: shop, title: Shop}
tenancy: {tenant: company}
identity: {issuers: [{issuer: https://login.example.com/, audience: shop, algorithms: [ES256]}]}
roles: {clerk: {can: [{do: [list, read, create, update], on: label}]}}
resources:
  label:
    fields:
      paint: {type: color, filter: eq}
      palette: {type: list, of: {type: color}, max_items: 9}
"""
PROGRAM = """
import json, sys
from scaffold.database.tables import tables
from scaffold.design.resolve import resolve
from scaffold.design.surface import surface
from scaffold.history.plan import initial
from scaffold.plan.files import plan
from scaffold.spec.load import loads
from scaffold.spec.schema import json_schema
design = resolve(loads(sys.stdin.read()))
files = plan(design) | {"tables": initial(design.name, tables(design))}
print(json.dumps([files, surface(design), json_schema()]))
"""


def name(kind: type[CommonField]) -> str:
    """The name of a type."""
    found: str = get_args(kind.model_fields["type"].annotation)[0]
    return found


@pytest.mark.parametrize("field", TYPES, ids=name)
def test_a_type_is_one_module(field: type[CommonField]) -> None:
    module = importlib.import_module(f"scaffold.types.{name(field)}")
    assert (field.__module__, field.KIND.__module__) == (module.__name__, module.__name__)
    assert field.KIND.name == name(field)
    assert issubclass(field.KIND, Kind)


def comparisons(tree: ast.AST) -> Iterator[ast.AST]:
    """What asks which type a field has: comparisons of its name, and of its class."""
    for node in ast.walk(tree):
        match node:
            case ast.Compare(left=ast.Attribute(attr="type" | "base")):
                yield node
            case ast.Compare(left=ast.Attribute(value=ast.Attribute(attr="kind"), attr="name")):
                yield node
            case ast.Match(subject=ast.Attribute(attr="type" | "base")):
                yield node
            case ast.Call(func=ast.Name(id="isinstance"), args=[_, found]):
                names = {each.id for each in ast.walk(found) if isinstance(each, ast.Name)}
                if any(each.endswith(("Field", "Kind")) for each in names):
                    yield node


def test_nothing_else_asks_which_type_a_field_has() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"
        for path in (ROOT / "scaffold").rglob("*.py")
        if "types" not in path.parts
        for node in comparisons(ast.parse(path.read_text("utf-8")))
    ]
    assert found == []


def test_the_language_loads_nothing_of_the_stages() -> None:
    program = "import sys, scaffold.spec.load; print(*sys.modules)"
    done = subprocess.run(  # noqa: S603 - the program is the one above
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    stages = ("design", "database", "contract", "plan", "lint", "tree", "project", "explain")
    rooms = tuple(f"scaffold.{each}." for each in stages)
    assert {each for each in done.stdout.split() if each.startswith(rooms)} == LANGUAGES


@pytest.mark.parametrize("module", ["kind", "fields", "string", "object"])
def test_any_module_can_be_the_first(module: str) -> None:
    program = f"import scaffold.types.{module}"
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)  # noqa: S603


def test_a_new_type_is_a_file_and_a_line(tmp_path: Path) -> None:
    for room in ("scaffold", "templates"):
        shutil.copytree(ROOT / room, tmp_path / room)
    types = tmp_path / "scaffold" / "types"
    (types / "color.py").write_text(COLOR, "utf-8")
    listed = (types / "fields.py").read_text("utf-8")
    for old, new in (
        ("from .boolean import", "from .color import ColorField\nfrom .boolean import"),
        ("    | TextField\n", "    | TextField\n    | ColorField\n"),
    ):
        assert listed.count(old) == 1
        listed = listed.replace(old, new)
    (types / "fields.py").write_text(listed, "utf-8")
    done = subprocess.run(  # noqa: S603 - the program is the one above
        [sys.executable, "-c", PROGRAM],
        input=SPEC,
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path), "PATH": str(Path(sys.executable).parent)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    files, surface, schema = json.loads(done.stdout)
    assert "ColorField" in schema["$defs"]
    assert surface["fields"]["label.paint"].endswith("color(7..7)")
    assert (
        'Color = Annotated[str, StringConstraints(pattern=r"^#[0-9a-f]{6}$")]'
        in files["shop/types.py"]
    )
    assert (
        "paint: Annotated[Color, Field(min_length=7, max_length=7)]"
        in files["shop/resources/label/models.py"]
    )
    sql = files["tables"]
    assert "paint ~ E'^#[0-9a-f]{6}\\x24'" in sql
    create = json.loads(files["shop/openapi.json"])["components"]["schemas"]["LabelCreate"]
    assert create["properties"]["paint"]["pattern"] == "^#[0-9a-f]{6}$"
    assert create["properties"]["palette"]["items"]["pattern"] == "^#[0-9a-f]{6}$"
