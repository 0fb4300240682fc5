"""What each difference between a project and what its spec yields does."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Final

from scaffold.drift.change import Change
from scaffold.drift.database.tokens import Unreadable
from scaffold.drift.facts import Fact, Place
from scaffold.drift.rule import Rule
from scaffold.drift.tree import rules
from scaffold.drift.tree.data import differing_json, differing_sql
from scaffold.drift.tree.python import Unparsed, differing
from scaffold.drift.trees import Directory, TreeError
from scaffold.drift.verdict import Verdict
from scaffold.emission import Emission
from scaffold.repository import git
from scaffold.tree.check import Finding, check
from scaffold.tree.digest import digest
from scaffold.tree.lay import IRREGULAR, digest_of
from scaffold.tree.paths import CONTRACT_TESTS

RULES: Final[tuple[Rule, ...]] = rules.RULES
GUARDS: Final = ("gate/", "store/")
GUARD_FILES: Final = frozenset(
    {"__init__.py", "app.py", "operations.py", "providers.py", "settings.py", "server.py"}
)
GENERATED: Final = "as generated"
SMALL: Final = 200
"""Bytes of a file of which a copy says nothing."""
_DEFINED: Final = re.compile(
    r"^(?:async def|def|class) (\w+)|^(\w+)(?:: [^=\n]+)? = ", re.MULTILINE
)
_UNCHECKED: Final = 1
"""Flags of a compiled module: by the digest of its source, and that is not looked at."""


def integrity(project: Path, emission: Emission) -> Iterator[Change]:
    """What differs between a project and what its spec yields, and what each difference does.

    A change whose verdict is `equal` is stale: the file is not what the spec yields, and does what
    that does; or it is as another spec or another scaffold has written it.
    """
    yield from judged(project, emission, check(project, emission))


def judged(project: Path, emission: Emission, found: Sequence[Finding]) -> Iterator[Change]:
    """The same of differences that are known already."""
    for each in found:
        yield from _judged(project, emission, each)
    yield from _compiled(project, emission)
    yield from _copies(project, emission, {each.path for each in found if each.kind == "missing"})


def _judged(project: Path, emission: Emission, finding: Finding) -> Iterator[Change]:
    path = finding.path
    match finding.kind:
        case "changed":
            yield from _edited(project, emission, path)
        case "missing":
            yield _change(rules.missing, path, "is not there", "incomparable")
        case "extra":
            yield _extra(emission, path)
        case "history":
            yield _change(rules.history, path, finding.message, "incomparable")
        case "lock":
            yield _change(
                rules.lock, f"{path}: {finding.message}", finding.message, "unknown", path
            )
        case "stale" | "newer" | "migration" | "interrupted":
            yield _change(rules.stale, path, finding.message, "equal")
        case "database":
            pass  # the layer of the live database tells it


def _change(
    rule: Rule, key: str, value: str, verdict: Verdict, path: str = "", line: int = 1
) -> Change:
    place = Place(path or key, line)
    before = Fact(rule, key, GENERATED, Place(path or key))
    return Change(rule, key, before, Fact(rule, key, value, place), verdict)


def _extra(emission: Emission, path: str) -> Change:
    name = PurePosixPath(path)
    folder = name.parent.as_posix()
    stem = name.name.split(".")[0]
    known = emission.lock.files
    module = f"{folder}/{stem}.py"
    loaded = module in known or f"{folder}/{stem}/__init__.py" in known
    if name.suffix in (".so", ".pyd") and loaded:
        return _change(rules.instead, path, f"is loaded instead of {module}", "widened")
    if name.suffix in (".pyc", ".pyo"):
        return _change(rules.instead, path, "is compiled, and loaded where no source is", "widened")
    if f"{folder}.py" in known:
        return _change(rules.instead, path, f"is loaded instead of {folder}.py", "widened")
    if "/store/" in path and name.suffix.lower() == ".sql":
        said = "was added by hand: no snapshot knows what it makes"
        return _change(rules.history, path, said, "widened")
    if path.startswith(f"{CONTRACT_TESTS}/"):
        said = "lies among the generated tests, and may change how they run"
        return _change(rules.extra, path, said, "widened")
    return _change(rules.extra, path, "is not generated, and lies among generated files", "widened")


def _edited(project: Path, emission: Emission, path: str) -> Iterator[Change]:
    """What an edit of a generated file does."""
    if digest_of(project, path) == IRREGULAR:
        said = "is no regular file, or is behind a link"
        yield _change(rules.irregular, path, said, "unknown")
        return
    wanted = emission.files.get(path)
    lying = Directory(project).read(path)
    if wanted is None or lying is None:
        yield _change(rules.unjudged, path, "cannot be read", "unknown")
        return
    try:
        changes = [*_differences(emission.design.name, path, wanted, lying)]
    except (Unparsed, Unreadable, UnicodeDecodeError, ValueError, RecursionError) as error:
        said = " ".join(str(error).split())[:120]
        yield _change(rules.unjudged, path, f"{said} ({digest(lying)[7:19]})", "unknown")
        return
    if changes:
        yield from changes
    else:
        said = "differs in comments, layout or docstrings alone"
        yield _change(rules.text, path, said, "equal")


def _differences(package: str, path: str, wanted: bytes, lying: bytes) -> Iterator[Change]:
    inside = path.removeprefix(f"{package}/")
    if path.endswith(".py"):
        rule = _of_python(path, inside)
        for name, before, after in differing(wanted, lying):
            key = f"{inside}: {name}"
            if after is None:
                yield _change(rule, key, "is gone", "incomparable", path)
            else:
                done = "was edited" if before else "was added"
                value = f"{done} ({after.digest})"
                yield _change(rule, key, value, "incomparable", path, after.line)
    elif path.endswith(".sql"):
        for name, line in differing_sql(wanted.decode(), lying.decode()):
            value = f"was edited ({digest(lying)[7:19]})"
            yield _change(rules.sql, f"{inside}: {name}", value, "incomparable", path, line)
    elif path.endswith(".json"):
        for pointer in differing_json(wanted, lying):
            value = f"was edited ({digest(lying)[7:19]})"
            yield _change(rules.data, f"{inside}: {pointer}", value, "incomparable", path)
    else:
        value = f"was edited ({digest(lying)[7:19]})"
        rule = rules.development if inside.startswith("development/") else rules.data
        yield _change(rule, inside, value, "incomparable", path)


def _of_python(path: str, inside: str) -> Rule:
    """The rule about edits of a generated module, by where it stands."""
    if path.startswith(f"{CONTRACT_TESTS}/"):
        return rules.test
    if inside.startswith("development/"):
        return rules.development
    if inside.startswith(GUARDS) or inside in GUARD_FILES:
        return rules.guard
    return rules.code


def _compiled(project: Path, emission: Emission) -> Iterator[Change]:
    """Compiled modules that are run without a look at their source."""
    found = set()
    for root in emission.roots.directories:
        for directory, _, names in os.walk(project / root):
            if not directory.endswith(f"{os.sep}__pycache__"):
                continue
            below = Path(directory).relative_to(project).as_posix()
            found |= {
                f"{below}/{name}"
                for name in names
                if name.endswith(".pyc") and _is_unchecked(Path(directory, name))
            }
    for path in sorted(found):
        yield _change(rules.byte_code, path, "is run without a look at the source", "widened")
    listed = git(project, "ls-files", "-z", "--", "*.pyc", "*.pyo") or b""
    for each in listed.split(b"\0"):
        path = each.decode("utf-8", "backslashreplace")
        if path and path not in found:
            said = "is a compiled module under version control"
            yield _change(rules.byte_code, path, said, "widened")


def _is_unchecked(place: Path) -> bool:
    try:
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        with open(os.open(place, flags), "rb") as file:
            head = file.read(8)
    except OSError:
        return True
    return len(head) == 8 and int.from_bytes(head[4:], "little") & 3 == _UNCHECKED


def _copies(project: Path, emission: Emission, missing: set[str]) -> Iterator[Change]:
    """Generated modules that lie somewhere else, too, or instead."""
    try:
        tree = Directory(project)
        outside = [path for path in tree.under("", suffix=".py") if not emission.roots.hold(path)]
    except TreeError:
        return
    texts = {path: tree.read(path) or b"" for path in outside}
    modules = {path: each for path, each in emission.files.items() if path.endswith(".py")}
    known = {digest(each): path for path, each in modules.items() if len(each) >= SMALL}
    gone = {path: _defined(modules[path]) for path in sorted(missing & modules.keys())}
    for path, content in texts.items():
        source = known.get(digest(content.replace(b"\r\n", b"\n")))
        if source is None and gone:
            names = _defined(content)
            source = next((each for each, had in gone.items() if _most(had, names)), None)
        if source is not None:
            done = "was moved here" if source in missing else "was copied here"
            used = _importers(texts, path)
            value = f"{source} {done}{f', and {used} imports it' if used else ''}"
            yield _change(rules.moved, path, value, "widened")


def _defined(content: bytes) -> frozenset[str]:
    """The names that a module defines at its top, by a look at its text."""
    text = content.decode("utf-8", "replace")
    return frozenset(one or other for one, other in _DEFINED.findall(text))


def _most(had: frozenset[str], names: frozenset[str]) -> bool:
    return len(had) > 1 and len(had & names) * 2 > len(had)


def _importers(texts: dict[str, bytes], path: str) -> str:
    stem = PurePosixPath(path).stem
    wanted = re.compile(rf"^\s*(?:from|import) .*\b{re.escape(stem)}\b".encode(), re.MULTILINE)
    return next((each for each, text in texts.items() if each != path and wanted.search(text)), "")
