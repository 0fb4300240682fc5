"""Patterns of git: .gitignore, .gitattributes, CODEOWNERS, and those of .dockerignore."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

MAX_PATTERN: Final = 255


def matches(pattern: str, path: str, *, below: bool = True) -> bool:
    """Does a pattern, relative to the directory of its file, match a path?

    With `below`, a pattern that matches a directory on the way matches too.
    """
    if len(pattern) > MAX_PATTERN or not pattern:
        return False
    directory = pattern.endswith("/")
    bare = pattern.rstrip("/")
    if not bare:
        return pattern == "/"
    anchored = "/" in bare
    bare = bare.lstrip("/")
    parts = path.split("/")
    for end in range(1, len(parts) + 1):
        if end < len(parts) and not below:
            continue
        if end == len(parts) and directory:
            continue
        if anchored:
            if _segments(tuple(bare.split("/")), tuple(parts[:end])):
                return True
        elif segment(bare, parts[end - 1]):
            return True
    return False


@lru_cache(maxsize=4096)
def _segments(patterns: tuple[str, ...], parts: tuple[str, ...]) -> bool:
    """Do segments match, where `**` is any number of them?"""
    if not patterns:
        return not parts
    if patterns[0] == "**":
        return any(_segments(patterns[1:], parts[each:]) for each in range(len(parts) + 1))
    return bool(parts) and segment(patterns[0], parts[0]) and _segments(patterns[1:], parts[1:])


@lru_cache(maxsize=4096)
def segment(pattern: str, name: str) -> bool:
    """Does a pattern without `/` match a name? It takes time as the product of their lengths."""
    states = {0}
    wanted = tokens(pattern)
    closed = _closure(states, wanted)
    for each in name:
        following = set()
        for at in closed:
            if at == len(wanted):
                continue
            kind, negated, members = wanted[at]
            if kind == "*":
                following.add(at)
            elif kind == "?" or (each in members) is not negated:
                following.add(at + 1)
        closed = _closure(following, wanted)
        if not closed:
            return False
    return len(wanted) in closed


Token = tuple[str, bool, frozenset[str]]
"""`*`, `?` or `c`, which is one character: of some, or of none of them."""


def _closure(states: set[int], wanted: list[Token]) -> set[int]:
    """The states with those behind a `*` that matches nothing."""
    found = set(states)
    left = list(states)
    while left:
        at = left.pop()
        if at < len(wanted) and wanted[at][0] == "*" and at + 1 not in found:
            found.add(at + 1)
            left.append(at + 1)
    return found


def tokens(pattern: str) -> list[Token]:
    """The parts of a pattern without `/`."""
    found: list[Token] = []
    at = 0
    while at < len(pattern):
        each = pattern[at]
        if each == "*":
            found.append(("*", False, frozenset()))
        elif each == "?":
            found.append(("?", False, frozenset()))
        elif each == "\\" and at + 1 < len(pattern):
            at += 1
            found.append(("c", False, frozenset(pattern[at])))
        elif each == "[" and (end := pattern.find("]", at + 2)) > 0:
            inside = pattern[at + 1 : end]
            negated = inside[:1] in ("!", "^")
            found.append(("c", negated, _members(inside[1:] if negated else inside)))
            at = end
        else:
            found.append(("c", False, frozenset(each)))
        at += 1
    return found


def _members(inside: str) -> frozenset[str]:
    found: set[str] = set()
    at = 0
    while at < len(inside):
        if inside[at + 1 : at + 2] == "-" and at + 2 < len(inside):
            first, last = ord(inside[at]), ord(inside[at + 2])
            found |= {chr(each) for each in range(first, min(last, first + 255) + 1)}
            at += 3
        else:
            found.add(inside[at])
            at += 1
    return frozenset(found)


def ignored(lines: list[str], path: str, *, docker: bool = False) -> bool:
    """Does a list of patterns leave a path out? The last one that matches counts, and nothing below
    a directory that is left out comes back, except with docker."""
    if docker:
        return _last(lines, path, docker=True)
    parts = path.split("/")
    return any(
        _last(lines, "/".join(parts[:end]), docker=False, directory=end < len(parts))
        for end in range(1, len(parts) + 1)
    )


def _last(lines: list[str], path: str, *, docker: bool, directory: bool = False) -> bool:
    out = False
    for each in lines:
        negated = each.startswith("!")
        pattern = each[1:] if negated else each
        if docker:
            hit = matches("/" + pattern.strip("/"), path)
        elif directory and pattern.endswith("/"):
            hit = matches(pattern.rstrip("/"), path, below=False)
        else:
            hit = matches(pattern, path, below=False)
        if hit:
            out = not negated
    return out


def listed(text: str) -> list[str]:
    """The patterns of a file."""
    lines = (each.rstrip() for each in text.split("\n")[:3000])
    return [each for each in lines if each and not each.startswith("#") and len(each) <= 255]
