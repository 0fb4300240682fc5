"""What the application is made of once it is imported: each way past the gate is found."""

import py_compile
import shutil
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

from scaffold.drift.application.compare import changed
from scaffold.drift.application.read import RULES, read
from scaffold.drift.application.rules import ASGI, HOOK
from scaffold.drift.application.run import ApplicationError
from scaffold.drift.facts import Fact
from scaffold.drift.rule import Rule
from scaffold.drift.trees import Directory, Files
from scaffold.emission import Emission, emit_project
from tests.emitted import made

SPEC = b"""\
scaffold: 2
service: {name: shop, title: Shop, description: Notes.}
tenancy: {tenant: organization}
identity:
  issuers: [{issuer: "https://login.example.com/", audience: shop, algorithms: [ES256]}]
roles:
  writer: {can: [{do: [list, read, create, update, delete, done], on: note}]}
resources:
  note:
    fields: {title: {type: string, max: 20}}
    actions: {done: {on: item}}
"""
PYTHON = Path(sys.executable)
DUALS: dict[tuple[tuple[str, str | None], ...], list[Fact]] = {}


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sound project."""
    return made("shop", tmp_path_factory.mktemp("application") / "shop", SPEC)


@cache
def emission(project: Path) -> Emission:
    """What its spec yields."""
    return emit_project(project)


def facts(shop: Path, place: Path, change: Mapping[str, str | None]) -> list[Fact]:
    """What is found in a copy of the project with a change."""
    project = Path(shutil.copytree(shop, place / "shop"))
    for path, text in change.items():
        target = project / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if text is None:
            target.unlink()
        else:
            target.write_text(text, encoding="utf-8")
    return [*read(project, PYTHON, emission(shop))]


@pytest.mark.parametrize("rule", RULES, ids=lambda each: each.id)
def test_the_example_is_found_and_its_dual_is_not(rule: Rule, shop: Path, tmp_path: Path) -> None:
    assert rule.example is not None
    found = facts(shop, tmp_path / "a", rule.example.change)
    assert rule.id in {each.rule.id for each in found}
    dual = tuple(sorted(rule.example.dual.items()))
    if dual not in DUALS:  # most rules have the same one
        DUALS[dual] = facts(shop, tmp_path / "b", rule.example.dual)
    assert DUALS[dual] == []


def test_a_sound_application_has_no_fact(shop: Path, tmp_path: Path) -> None:
    assert facts(shop, tmp_path, {}) == []


CLASS = """

class Around:
    def __init__(self, inner):
        self.inner = inner

    async def __call__(self, scope, receive, send):
        await self.inner(scope, receive, send)


app = Around(app)
"""
LATER = """

import asyncio

from shop.gate import identity

old = asyncio.timeout


def patched(*given):
    identity.Verifier.principal = lambda *_: None
    for name in vars(identity.Verifier).copy():
        if not name.startswith("__"):
            setattr(identity.Verifier, name, lambda *_: None)
    return old(*given)


asyncio.timeout = patched
"""
PATCHES = (
    ("SCF204", "hooks/note.py", HOOK + LATER),
    ("SCF207", "sitecustomize.py", "import hooks\n"),
    ("SCF201", "asgi.py", ASGI + CLASS),
    ("SCF201", "asgi.py", ASGI + "\nimport functools\n\napp = functools.partial(app)\n"),
    ("SCF201", "asgi.py", ASGI + "\napp.__class__ = type('Service', (type(app),), {})\n"),
    ("SCF204", "asgi.py", ASGI + "\ntype(app).__call__ = lambda self, *a: self._router(*a)\n"),
    ("SCF201", "asgi.py", ASGI + "\napp._beside = frozenset({'/notes', *app._beside})\n"),
    (
        "SCF204",
        "hooks/note.py",
        HOOK + "\nfrom shop.gate import limits\n\nlimits.MemoryLimits = object\n",
    ),
    (
        "SCF204",
        "hooks/note.py",
        HOOK + "\nimport shop.gate.dispatch as d\n\nd.BODY_SECONDS = 1e9\n",
    ),
    (
        "SCF204",
        "hooks/note.py",
        HOOK
        + "\nimport shop.gate.identity as i\n\n"
        + "for n, f in vars(i.Verifier).copy().items():\n"
        + "    if hasattr(f, '__code__') and n != '__init__':\n"
        + "        f.__code__ = (lambda self, *a, **k: None).__code__\n"
        + "        break\n",
    ),
    (
        "SCF204",
        "hooks/note.py",
        HOOK + "\nfrom shop.resources.note.models import NoteCreate\n\n"
        "NoteCreate.__annotations__['tenant_id'] = str\n",
    ),
    (
        "SCF205",
        "hooks/note.py",
        HOOK + "\nimport asyncpg.connection as c\n\nc.Connection.execute = c.Connection.fetch\n",
    ),
    (
        "SCF205",
        "hooks/note.py",
        HOOK + "\nimport builtins\n\nbuiltins.ascii = repr\n",
    ),
    (
        "SCF205",
        "hooks/note.py",
        HOOK
        + "\nfrom starlette.routing import Router\n\nold = Router.__call__\n\n\n"
        + "async def new(self, scope, receive, send):\n    await old(self, scope, receive, send)\n"
        + "\n\nRouter.__call__ = new\n",
    ),
    (
        "SCF207",
        "hooks/note.py",
        HOOK + "\nimport sys\n\nsys.meta_path.insert(0, sys.meta_path[0])\n",
    ),
    ("SCF207", "hooks/note.py", HOOK + "\nimport sys\n\nsys.setprofile(lambda *a: None)\n"),
    (
        "SCF211",
        "hooks/note.py",
        HOOK + "\nimport os\n\ntry:\n    os.system('a')\nexcept OSError:\n    pass\n",
    ),
    ("SCF211", "hooks/note.py", HOOK + "\ntry:\n    open('x', 'w')\nexcept OSError:\n    pass\n"),
)


@pytest.mark.parametrize("number", range(len(PATCHES)))
def test_a_patch_is_found(number: int, shop: Path, tmp_path: Path) -> None:
    rule, path, text = PATCHES[number]
    found = facts(shop, tmp_path, {path: text})
    assert rule in {each.rule.id for each in found}, found


def test_byte_code_of_another_text_is_found(shop: Path, tmp_path: Path) -> None:
    """An unchecked compiled module runs in place of the source beside it."""
    project = Path(shutil.copytree(shop, tmp_path / "shop"))
    source = project / "shop/gate/dispatch.py"
    other = tmp_path / "dispatch.py"
    text = source.read_text("utf-8").replace("raise not_found()", "return methods, segment")
    other.write_text(text, "utf-8")
    target = str(source.parent / f"__pycache__/dispatch.{sys.implementation.cache_tag}.pyc")
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    py_compile.compile(str(other), target, str(source), doraise=True, invalidation_mode=mode)
    found = [*read(project, PYTHON, emission(shop))]
    assert "shop.gate.dispatch.Dispatcher._find" in {each.key for each in found}


def test_comments_docstrings_and_layout_are_no_difference(shop: Path, tmp_path: Path) -> None:
    path = "shop/gate/dispatch.py"
    text = (shop / path).read_text("utf-8")
    changed = text.replace('"""Answers one HTTP request.', '# more\n        """Answers a request.')
    assert changed != text
    assert facts(shop, tmp_path, {path: changed}) == []


def test_where_a_patch_stands_is_told(shop: Path, tmp_path: Path) -> None:
    text = (
        HOOK
        + "\nimport hmac\n\n\ndef same(a, b):\n    return True\n\n\nhmac.compare_digest = same\n"
    )
    (fact,) = facts(shop, tmp_path, {"hooks/note.py": text})
    assert (fact.key, fact.place.path, fact.place.line) == (
        "hmac.compare_digest",
        "hooks/note.py",
        12,
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import nowhere\n", "cannot be imported: ModuleNotFoundError: No module named 'nowhere'"),
        ("def (:\n", "cannot be imported: SyntaxError"),
        ("import os\n\nos._exit(0)\n", "ended without telling"),
        ("import sys\n\nsys.exit(0)\n", "cannot be imported: SystemExit"),
        ("import os, signal\n\nsignal.raise_signal(signal.SIGKILL)\n", "ended without telling"),
        ("print('{}')\n" + "import os\n\nos.write(1, b'{}')\nos._exit(0)\n", "ended without"),
    ],
    ids=range(6),
)
def test_an_application_that_cannot_be_judged_is_an_error(
    text: str, said: str, shop: Path, tmp_path: Path
) -> None:
    with pytest.raises(ApplicationError, match=said):
        facts(shop, tmp_path, {"asgi.py": text})


def test_an_import_that_takes_too_long_is_an_error(
    shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts(shop, tmp_path / "first", {})
    monkeypatch.setattr("scaffold.drift.application.run.SECONDS", 2.0)
    with pytest.raises(ApplicationError, match="did not import within"):
        facts(shop, tmp_path / "then", {"asgi.py": "import time\n\ntime.sleep(60)\n"})


def test_a_python_that_is_not_there_is_an_error(shop: Path, tmp_path: Path) -> None:
    with pytest.raises(ApplicationError, match="cannot be run"):
        [*read(shop, tmp_path / "python", emission(shop))]


def tree_of(shop: Path, change: Mapping[str, str]) -> Files:
    """The files of the project in memory, with a change."""
    found = Directory(shop)
    files = {path: found.read(path) or b"" for path in found.under("")}
    return Files({**files, **{path: text.encode() for path, text in change.items()}}, "the base")


def test_a_wrapper_that_was_there_is_no_change(shop: Path, tmp_path: Path) -> None:
    project = Path(shutil.copytree(shop, tmp_path / "shop"))
    (project / "asgi.py").write_text(ASGI + CLASS, "utf-8")
    whole = emission(shop)
    assert [*changed(project, PYTHON, whole, tree_of(shop, {"asgi.py": ASGI + CLASS}))] == []
    other = ASGI + CLASS.replace("await self.inner", "print(scope)\n        await self.inner")
    for base in (tree_of(shop, {}), tree_of(shop, {"asgi.py": other}), None):
        (change,) = changed(project, PYTHON, whole, base)
        assert change.rule.id == "SCF201"


def test_a_base_excuses_no_edit_of_what_is_generated(shop: Path, tmp_path: Path) -> None:
    path = "shop/gate/dispatch.py"
    text = (shop / path).read_text("utf-8").replace("raise not_found()", "return methods, segment")
    project = Path(shutil.copytree(shop, tmp_path / "shop"))
    (project / path).write_text(text, "utf-8")
    found = [*changed(project, PYTHON, emission(shop), tree_of(shop, {path: text}))]
    assert {each.rule.id for each in found} >= {"SCF204"}
