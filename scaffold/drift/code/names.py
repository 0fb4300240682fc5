"""What lies in the tree under names that matter, or is no text: modules that shadow others, files
that Python runs at its start, byte code, links."""

from __future__ import annotations

import io
import re
import sys
import unicodedata
import zipfile
from collections.abc import Iterator
from typing import Final

from scaffold.drift.code.rule import HOOKS, hazard, hook, in_file
from scaffold.drift.facts import Fact, Place
from scaffold.drift.rule import Example, Rule
from scaffold.drift.trees import Tree

SHADOWS: Final = hazard(
    "SCF342",
    "module-shadows",
    "critical",
    "GEN-3",
    "OPS-2",
    what="A module or a package of the project with the name of a dependency, of the standard "
    "library, or of the service's own.",
    why="The project comes first where Python looks: this one runs in place of the other.",
    remedy="Give it another name.",
    example=in_file("asyncpg.py", None, "connect = None\n", ""),
)
STARTS: Final = hazard(
    "SCF343",
    "runs-at-start",
    "critical",
    "GEN-3",
    what="sitecustomize.py, usercustomize.py, .pth and ._pth files, egg links.",
    why="Python runs them at its start, before any module of the service, in every process.",
    remedy="Remove it. What a process needs is imported where it is used.",
    example=in_file("sitecustomize.py", None, "import os\n", ""),
)
BINARY: Final = hazard(
    "SCF344",
    "byte-code",
    "critical",
    "GEN-3",
    what="Byte code, native modules and archives with Python in them, anywhere in the tree and "
    "also beside generated modules.",
    why="Python runs the byte code in place of the text beside it, and nobody can read it.",
    remedy="Remove it, and have .gitignore name __pycache__/ and *.pyc.",
    example=Example(
        {},
        {"invoicing/gate/__pycache__/actions.cpython-311.pyc": "\x00"},
        {"docs/actions.txt": "the byte code of actions.py\n"},
    ),
)
LINK: Final = hazard(
    "SCF345",
    "leads-elsewhere",
    "high",
    "GEN-3",
    what="Symbolic links, submodules, and what is neither file nor directory.",
    why="What is reviewed is not what is read: the other end changes by itself, or lies outside.",
    remedy="Put a copy of the file in its place.",
    example=in_file(
        ".gitmodules",
        None,
        '[submodule "vendor"]\n\tpath = vendor\n\turl = https://git.example.com/vendor\n',
        "",
    ),
)
CONFUSED: Final = hazard(
    "SCF346",
    "names-confused",
    "high",
    "TEST-4",
    what="Paths that differ only in case or Unicode form, and characters in paths or code that "
    "are invisible or change how it reads.",
    why="One file takes the other's place on some machines, and code reads as what it is not.",
    remedy="Rename it, and write the characters as escapes.",
    example=Example(
        {HOOKS: hook()}, {"Hooks/invoice.py": hook()}, {"hooks/invoice_2.py": "X = 1\n"}
    ),
)
UNJUDGED: Final = hazard(
    "SCF347",
    "cannot-be-judged",
    "high",
    "GEN-3",
    what="Code of yours that cannot be read: no Python, not UTF-8, too large, or nested too "
    "deeply.",
    why="What cannot be read may do anything.",
    remedy="Write it as plain Python, in files of at most 1 MiB.",
    example=in_file(HOOKS, hook(), "async def settle(:\n", hook("total = invoice.total")),
)
RULES: Final[tuple[Rule, ...]] = (SHADOWS, STARTS, BINARY, LINK, CONFUSED, UNJUDGED)

_IMPORTED: Final[dict[str, tuple[str, ...]]] = {
    "python-dotenv": ("dotenv",),
    "pyyaml": ("yaml", "_yaml"),
    "markdown-it-py": ("markdown_it",),
    "pyjwt": ("jwt",),
    "python-jose": ("jose",),
    "pytest": ("pytest", "_pytest"),
    "cffi": ("cffi", "_cffi_backend"),
    "pytest-xdist": ("xdist",),
    "beautifulsoup4": ("bs4",),
    "pillow": ("PIL",),
    "python-dateutil": ("dateutil",),
    "psycopg2-binary": ("psycopg2",),
    "pydantic-core": ("pydantic_core", "_pydantic_core"),
    "protobuf": ("google",),
    "attrs": ("attr", "attrs"),
    "setuptools": ("setuptools", "pkg_resources", "_distutils_hack"),
}
"""What distributions are imported by, where it is not their name."""
_KNOWN: Final = (
    *("asyncpg", "httptools", "httpx2", "httpcore2", "joserfc", "prometheus_client", "pydantic"),
    *("pydantic_core", "pydantic_settings", "redis", "starlette", "structlog", "typer", "uvicorn"),
    *("uvloop", "pytest", "_pytest", "anyio", "cryptography", "h11", "click", "dotenv", "scaffold"),
    *("xdist", "hypothesis", "schemathesis", "mypy", "ruff", "black", "pip", "setuptools"),
)
"""What the service and its tests import, whatever the requirements say."""
_REQUIREMENT: Final = re.compile(
    r"^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?\s*(?:[=<>!~@;]|$)", re.MULTILINE
)
_STARTS: Final = re.compile(
    r"(?:^|/)(?:sitecustomize|usercustomize)(?:\.py[cw]?|\.[\w-]*\.?(?:so|pyd)|/.*)$"
    r"|\.pth$|\._pth$|\.egg-link$|(?:^|/)pyvenv\.cfg$",
    re.IGNORECASE,
)
_BINARY: Final = re.compile(
    r"\.(?:py[co]|so(?:\.\d+)*|pyd|dll|dylib|egg|pyz|pyzw|node|jar)$", re.IGNORECASE
)
_ARCHIVE: Final = re.compile(r"\.(?:zip|whl)$", re.IGNORECASE)
_SHADOW: Final = re.compile(
    r"^([^/]+?)(?:\.py|\.pyi?c|\.[\w-]*\.?(?:so|pyd)|/__init__\.(?:py|pyc|so))$"
)
_INVISIBLE: Final = re.compile(
    "[\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad\u180e\U000e0000-\U000e007f]"
)
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f]")
_PATH: Final = re.compile(r"^\s*(path|url)\s*=\s*(\S+)", re.MULTILINE)
MAX_ARCHIVE: Final = 2_000
"""Members of an archive that are looked at."""


def find(tree: Tree, package: str) -> Iterator[Fact]:
    """The facts of the names of a tree."""
    yield from _sorts(tree)
    yield from _confused(tree)
    yield from _shadows(tree, package)
    for path, entry in tree.entries.items():
        if not entry.regular:
            continue
        if _STARTS.search(path) and _has_content(tree, path):
            yield Fact(STARTS, path, "is run by Python at its start", Place(path))
        elif _BINARY.search(path):
            says = "is byte code or native code, which nobody can read"
            yield Fact(BINARY, path, says, Place(path))
        elif _ARCHIVE.search(path):
            yield from _archive(tree, path)


def _has_content(tree: Tree, path: str) -> bool:
    entry = tree.entries[path]
    return entry.size != 0


def _sorts(tree: Tree) -> Iterator[Fact]:
    for path, entry in tree.entries.items():
        if entry.regular or entry.sort == "directory":
            continue
        if entry.sort == "link" and path.endswith(".md"):
            continue  # texts that nothing runs, such as one page for several tools
        words = {"link": "is a symbolic link", "submodule": "is a submodule"}
        says = words.get(entry.sort, "is neither a file nor a directory")
        yield Fact(LINK, path, says, Place(path))
    modules = tree.text(".gitmodules")
    if modules:
        found = sorted({match[2] for match in _PATH.finditer(modules)})
        for each in found:
            says = f"declares a submodule: {each[:100]}"
            yield Fact(LINK, f".gitmodules: {each[:200]}", says, Place(".gitmodules"))


def _confused(tree: Tree) -> Iterator[Fact]:
    seen: dict[str, str] = {}
    for path in tree.entries:
        # A directory as well may be there twice.
        words = path.split("/")
        for count in range(1, len(words) + 1):
            part = "/".join(words[:count])
            same = part if part.isascii() else unicodedata.normalize("NFKC", part)
            key = same.casefold()
            other = seen.setdefault(key, part)
            if other != part:
                first, second = sorted((other, part))
                says = f"differs from {first!a} only in case or Unicode form"
                yield Fact(CONFUSED, f"{second!a} beside {first!a}", says, Place(second))
        if path.isascii() and path.isprintable():
            continue
        if (
            _INVISIBLE.search(path)
            or _CONTROL.search(path)
            or any("\ud800" <= c <= "\udfff" for c in path)
        ):
            says = "has characters in its name that are invisible or no text"
            yield Fact(CONFUSED, f"{path!a}", says, Place(path))
        elif path.endswith(".py"):
            says = "is a module whose name is not plain ASCII"
            yield Fact(CONFUSED, f"{path!a}", says, Place(path))


def in_code(path: str, text: str) -> Iterator[Fact]:
    """Characters of code that are invisible or change the direction of the text."""
    if text.isascii():
        return
    found = sorted(
        {f"U+{ord(each):04X}" for each in _INVISIBLE.findall(text.removeprefix("\ufeff"))}
    )
    if found:
        match = _INVISIBLE.search(text.removeprefix("\ufeff"))
        line = text.count("\n", 0, match.start()) + 1 if match else 1
        says = f"has characters that are invisible or turn the text: {', '.join(found)}"
        yield Fact(CONFUSED, f"{path}: {', '.join(found)}", says, Place(path, line))


def _shadows(tree: Tree, package: str) -> Iterator[Fact]:
    names = {*_KNOWN, *sys.stdlib_module_names, "hooks", "asgi", "tests", package}
    for path in ("requirements.txt", "requirements-dev.txt"):
        for match in _REQUIREMENT.finditer(tree.text(path) or ""):
            name = match[1].lower().replace("_", "-").replace(".", "-")
            names.update(_IMPORTED.get(name, (name.replace("-", "_"),)))
    own = {"asgi.py", "hooks/__init__.py", "tests/__init__.py", f"{package}/__init__.py"}
    for path, entry in tree.entries.items():
        if not entry.regular or path.count("/") > 1 or path in own:
            continue
        named = _SHADOW.match(path)
        if named is None or named[1].partition(".")[0] not in names:
            continue
        if _STARTS.search(path) or not (_has_content(tree, path) or _has_more(tree, path)):
            continue
        says = f"takes the place of the module {named[1]}"
        yield Fact(SHADOWS, path, says, Place(path))


def _has_more(tree: Tree, path: str) -> bool:
    """Has the package of an empty __init__.py other files?"""
    inside, _, name = path.rpartition("/")
    beside = (each for each in tree.entries if inside and each.startswith(f"{inside}/"))
    return name.startswith("__init__.") and any(each != path for each in beside)


def _archive(tree: Tree, path: str) -> Iterator[Fact]:
    content = tree.read(path)
    says = "is an archive with Python in it"
    if content is None:
        yield Fact(BINARY, path, "is an archive that is too large to be looked into", Place(path))
        return
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()[:MAX_ARCHIVE]
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, EOFError):
        if path.endswith(".whl"):
            yield Fact(BINARY, path, says, Place(path))
        return
    if any(each.endswith((".py", ".pyc", ".so", ".pyd")) for each in names):
        yield Fact(BINARY, path, says, Place(path))
