"""Modules and SQL that a .gitignore can leave out: what its patterns could match, and what is
imported."""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import sha256
from typing import Final

from scaffold.drift.project.patterns import Token, segment, tokens
from scaffold.drift.trees import Tree

SUFFIXES: Final = (".py", ".sql")
MAX_SEGMENTS: Final = 12
_IMPORT: Final = re.compile(
    r"^[ \t]*(?:from[ \t]+(\.*[\w.]*)[ \t]+import[ \t]+\(?([\w, \t]*)|import[ \t]+([\w., \t]+))",
    re.MULTILINE,
)


def roots(package: str) -> tuple[tuple[str, ...], ...]:
    """The directories whose modules and SQL a service or its tests load."""
    return (
        ("hooks",),
        ("tests",),
        ("tests", "contract"),
        (package,),
        (package, "gate"),
        (package, "store", "migrations"),
    )


def examples(pattern: str, directory: str, package: str) -> Iterator[str]:
    """Paths of modules and of SQL below the roots that a pattern of a directory's file matches.

    A bare name, such as `reports/`, is taken for what it names at the top, and has none.
    """
    filler = "x" + sha256(pattern.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    bare = pattern.strip("/")
    segments = [each for each in bare.split("/") if each]
    if not segments or len(segments) > MAX_SEGMENTS:
        return
    anchored = "/" in pattern.rstrip("/")
    above = tuple(directory.split("/")) if directory else ()
    for root in roots(package):
        if above[: len(root)] == root:
            left: tuple[str, ...] = ()
        elif root[: len(above)] == above:
            left = root[len(above) :]
        else:
            continue
        if not anchored:
            found = [(*left, each) for each in _files(segments[0], filler)]
        else:
            found = [*_paths(segments, left, filler)]
        for each in found:
            yield "/".join((*above, *each))


def _paths(segments: list[str], root: tuple[str, ...], filler: str) -> Iterator[tuple[str, ...]]:
    """Paths below a root that the segments of a pattern match."""
    first, rest = segments[0], segments[1:]
    if not root:
        yield from _below(segments, filler)
    elif first == "**":
        if rest:
            yield from _paths(rest, root, filler)
        for each in _paths(segments, root[1:], filler):
            yield (root[0], *each)
    elif segment(first, root[0]):
        if rest:
            for each in _paths(rest, root[1:], filler):
                yield (root[0], *each)
        else:
            yield (*root, f"{filler}.py")


def _below(segments: list[str], filler: str) -> Iterator[tuple[str, ...]]:
    first, rest = segments[0], segments[1:]
    names = [*_names(first, filler)]
    if rest:
        for each in _below(rest, filler):
            yield from [each] if first == "**" else ((name, *each) for name in names)
        return
    yield from ((each,) for each in _files(first, filler))
    yield from ((each, f"{filler}.py") for each in names)


def _files(pattern: str, filler: str) -> Iterator[str]:
    """Names of modules and of SQL that a segment matches."""
    for suffix in SUFFIXES:
        stem = _ending(tokens(pattern), suffix, filler)
        if stem and not stem.startswith("."):
            yield stem + suffix


def _names(pattern: str, filler: str) -> Iterator[str]:
    """A name of a package that a segment matches."""
    found = _written(tokens(pattern), filler)
    if found.isidentifier():
        yield found


def _ending(left: list[Token], suffix: str, filler: str) -> str | None:
    """What stands in front of a suffix in a name that matches; None where none does."""
    if not suffix:
        return _written(left, filler) or None
    if not left:
        return None
    kind, negated, members = left[-1]
    if kind == "*":
        return _written(left, filler) or None
    if kind == "?" or (suffix[-1] in members) is not negated:
        return _ending(left[:-1], suffix[:-1], filler)
    return None


def _written(found: list[Token], filler: str) -> str:
    """A name that matches."""
    letters = []
    for kind, negated, members in found:
        if kind == "*":
            letters.append(filler)
        elif kind == "?":
            letters.append("x")
        elif negated:
            letters.append(
                next(each for each in "xyzabcdefghij_0123456789~" if each not in members)
            )
        else:
            letters.append(min(members))
    return "".join(letters)


def imported(tree: Tree, package: str) -> Iterator[tuple[str, str, int]]:
    """Paths of modules of the developer that other ones import, with who does and in which line."""
    tops = {path.partition("/")[0] for path in tree.entries}
    tops |= {each.removesuffix(".py") for each in tops}
    for path in tree.under("", suffix=".py"):
        if path.startswith((f"{package}/", "tests/contract/")):
            continue
        text = tree.text(path) or ""
        for found in _IMPORT.finditer(text):
            line = text.count("\n", 0, found.start()) + 1
            for name in _modules(found, path):
                if name.partition("/")[0] in tops and not name.startswith(f"{package}/"):
                    yield name, path, line


def _modules(found: re.Match[str], path: str) -> Iterator[str]:
    """The paths, without a suffix, of what an import names."""
    base, names, plain = found.groups()
    if plain:
        for each in plain.split(","):
            words = each.split()
            if words:
                yield words[0].replace(".", "/")
        return
    dots = len(base) - len(base.lstrip("."))
    above = path.split("/")[:-dots] if dots else []
    start = "/".join([*above, *(each for each in base.lstrip(".").split(".") if each)])
    if start:
        yield start
    for each in names.split(","):
        words = each.split()
        if words:
            yield f"{start}/{words[0]}" if start else words[0]
