"""What was formatted once is not formatted again, and the bytes are those of a run without a cache.

The random edits are of a spec with data of every kind; each is generated over what the one before
has left, as a developer does.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path

import pytest

from scaffold.cache import formatted
from scaffold.cache.store import store
from scaffold.design.resolve import resolve
from scaffold.emission import emit, emit_project
from scaffold.plan import format as module
from scaffold.plan.files import unformatted
from scaffold.plan.format import format_python
from scaffold.spec.load import loads
from scaffold.spec.problems import SpecError
from scaffold.tree.lay import compare, lay
from scaffold.tree.paths import LOCK
from tests.cli.support import PACKAGE, SPECS, edit, scaffold

ORDER = f"{PACKAGE}/resources/order"
CHANGES = (
    ("max: 80}\n      status", "max: 90}\n      status"),
    ("Ships the order.", "Sends it."),
    ("[open, shipped]", "[open, shipped, gone]"),
    ("[ship, tally], on: order", "[ship], on: order"),
    ("{do: [list, read, create, update]", "{do: [list, read, create]"),
    ("      name: {type: string, min: 1, max: 80}", "      label: {type: text, max: 90}"),
    ("tally: {on: collection}", "count: {on: collection}"),
    ("product", "starlette"),
    ("on: [order, product]", "on: [order]"),
)
"""Words of the spec, each with others in its place; some leave no spec."""

Asked = list[frozenset[str]]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """The files that the formatter was run for, each time it ran."""
    found: Asked = []

    def noted(
        files: Mapping[str, str], package: str, some: Collection[str] | None = None
    ) -> dict[str, str]:
        found.append(frozenset(files if some is None else some))
        return format_python(files, package, some)

    monkeypatch.setattr(formatted, "format_python", noted)
    return found


def generate(project: Path) -> None:
    """Generates in this process, by the cache of the project, whatever the migration loses."""
    form = formatted.formatter(project, store(project))
    emission = emit_project(project, replace_initial=True, form=form)
    lay(project, emission, compare(project, emission))


def python_of(project: Path) -> dict[str, str]:
    """The Python of the spec as templates print it."""
    design = resolve(loads((project / "scaffold.yaml").read_text()))
    return {path: text for path, text in unformatted(design).items() if path.endswith(".py")}


def lies(project: Path) -> dict[str, bytes]:
    """The generated files of a project, and its lock."""
    listed = json.loads((project / LOCK).read_text())["files"]
    return {path: (project / path).read_bytes() for path in (*listed, LOCK)}


def yields(project: Path) -> dict[str, bytes]:
    """What a run without a cache makes of the same spec."""
    emission = emit((project / "scaffold.yaml").read_bytes(), "spec")
    return dict(emission.files)


def test_of_one_changed_resource_only_its_files_are_formatted(
    project: Path, cache: Path, asked: Asked
) -> None:
    generate(project)
    before = python_of(project)
    assert asked == [frozenset(before)]
    edit(project / "scaffold.yaml", "max: 80}\n      status", "max: 90}\n      status")
    generate(project)
    release = f"{PACKAGE}/store/statements.py"  # it names the schema of the release
    assert asked[1:] == [{f"{ORDER}/models.py", release}]
    assert {path for path, text in python_of(project).items() if before[path] != text} == asked[1]
    generate(project)
    assert len(asked) == 2, "what is known was formatted again"
    assert cache.is_dir()


def test_a_run_of_the_command_formats_nothing_twice(
    project: Path, cache: Path, asked: Asked
) -> None:
    assert scaffold("check", project).exit_code == 0
    edit(project / "scaffold.yaml", "Ships the order.", "Sends the order.")
    assert scaffold("generate", project).exit_code == 0
    assert len(asked) == 2
    assert asked[1] == {f"{ORDER}/handlers.py", f"{ORDER}/hooks.py"}
    assert list(cache.glob("*.formatted"))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.usefixtures("cache")
def test_whatever_changes_the_bytes_are_those_of_a_run_without_a_cache(
    project: Path, seed: int, asked: Asked
) -> None:
    drawn = random.Random(seed)  # noqa: S311 - which edits, and nothing secret
    place = project / "scaffold.yaml"
    told = 0
    for _ in range(8):
        before = place.read_text()
        old, new = drawn.choice([each for each in CHANGES if each[0] in before] or CHANGES)
        place.write_text(before.replace(old, new))
        try:
            generate(project)
        except SpecError:
            place.write_text(before)
            continue
        found, wanted = lies(project), yields(project)
        assert {path: found[path] for path in wanted} == wanted
        told += 1
    assert told > 3
    assert any(len(each) < len(asked[0]) for each in asked[1:])


def some_of(files: Mapping[str, str], seed: int) -> list[str]:
    """Some files."""
    return random.Random(seed).sample(sorted(files), len(files) // 9)  # noqa: S311


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", ["invoicing", "recruiting"])
def test_a_file_alone_is_formatted_as_it_is_among_the_others(name: str, seed: int) -> None:
    design = resolve(loads((SPECS / f"{name}.yaml").read_text()))
    files = {path: text for path, text in unformatted(design).items() if path.endswith(".py")}
    some = some_of(files, seed)
    whole = format_python(files, design.name)
    assert format_python(files, design.name, some) == {path: whole[path] for path in some}


def test_files_are_laid_in_memory_where_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MEMORY", tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    assert module._memory(10) is None, "TMPDIR says where"
    monkeypatch.delenv("TMPDIR")
    assert module._memory(10) == tmp_path
    assert module._memory(2**60) is None
    monkeypatch.setattr(module, "MEMORY", tmp_path / "none")
    assert module._memory(10) is None


def test_a_resource_called_like_a_library_is_none_in_a_part_either() -> None:
    """The formatter tells its package from libraries by the packages around a file."""
    files = {
        "shop/__init__.py": "",
        "shop/resources/__init__.py": "",
        "shop/resources/jinja2/__init__.py": "",
        "shop/resources/jinja2/a.py": "import jinja2\nimport shop\nx = (jinja2, shop)\n",
    }
    some = ["shop/resources/jinja2/a.py"]
    assert format_python(files, "shop", some)[some[0]] == format_python(files, "shop")[some[0]]


@pytest.fixture
def known(project: Path, cache: Path) -> Iterator[Path]:
    """A project whose files are known, and a spec that has changed since."""
    generate(project)
    assert list(cache.glob("*.formatted"))
    edit(project / "scaffold.yaml", "Ships the order.", "Sends the order.")
    yield project
    found, wanted = lies(project), yields(project)
    assert {path: found[path] for path in wanted} == wanted


GUARD = f"{PACKAGE}/gate/identity.py"


def test_an_edited_file_is_no_text_that_is_taken(known: Path, asked: Asked) -> None:
    with (known / GUARD).open("a") as file:
        file.write("CLOCK_SKEW = 10**9\n")
    generate(known)
    assert GUARD in asked[0]


def test_a_link_is_no_text_that_is_taken(known: Path, tmp_path: Path, asked: Asked) -> None:
    (known / GUARD).rename(tmp_path / "elsewhere.py")
    (known / GUARD).symlink_to(tmp_path / "elsewhere.py")
    generate(known)
    assert GUARD in asked[0]


@pytest.mark.parametrize(
    "poisoned",
    [
        lambda entry: dict.fromkeys(entry, "sha256:"),
        lambda entry: dict.fromkeys(entry, 7),
        lambda entry: dict.fromkeys(entry),
        lambda entry: dict(zip(entry, reversed(entry.values()), strict=True)),
    ],
)
def test_an_entry_that_says_nonsense_makes_no_difference(
    known: Path, poisoned: Callable[[dict[str, object]], dict[str, object]]
) -> None:
    kept = store(known)
    kept.write(formatted.NAME, poisoned(kept.read(formatted.NAME)))
    generate(known)


@pytest.mark.parametrize("environment", [{"CI": "1"}, {"SCAFFOLD_CACHE": "off"}])
def test_where_nothing_is_believed_everything_is_formatted(
    known: Path, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert formatted.formatter(known, store(known)) is module.format_python
    generate(known)


@pytest.mark.usefixtures("cache")
def test_what_a_text_depends_on_is_in_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = {
        formatted._key("a.py", "x", "shop"),
        formatted._key("b.py", "x", "shop"),
        formatted._key("a.py", "y", "shop"),
        formatted._key("a.py", "x", "store"),
    }
    monkeypatch.setattr(formatted, "code", lambda: "another generator")
    assert len(keys | {formatted._key("a.py", "x", "shop")}) == 5


def test_no_more_is_kept_than_the_files_of_the_last_run(known: Path) -> None:
    generate(known)
    edit(known / "scaffold.yaml", "  product:\n", "  good:\n")
    text = (known / "scaffold.yaml").read_text()
    (known / "scaffold.yaml").write_text(re.sub(r"\[order, product\]", "[order, good]", text))
    generate(known)
    assert len(store(known).read(formatted.NAME)) == len(python_of(known))
