"""The facts of the application as it runs: in what it is not what the spec yields."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from scaffold.drift.application import rules
from scaffold.drift.application.child import DEVELOPER
from scaffold.drift.application.run import BAD, PATHS, ApplicationError, Found, both
from scaffold.drift.database.build import digest
from scaffold.drift.facts import Fact, Place
from scaffold.drift.rule import Rule
from scaffold.emission import Emission

__all__ = ["RULES", "ApplicationError", "read"]

RULES: Final[tuple[Rule, ...]] = rules.RULES
SERVED: Final = "asgi.py"
SHOWN: Final = 70
FEW: Final = 3
"""Requests with one answer that are told by themselves."""


def read(project: Path, python: Path, emission: Emission) -> Iterator[Fact]:
    """In what the application of a project, run by its Python, is not what its spec yields.

    Each fact is a difference: an application as it is to be has none.

    Raises:
        ApplicationError: it could not be looked at: it does not import, ends, or takes too long.
    """
    wanted, found = both(project, python, emission)
    package = emission.design.name
    if not wanted.exact or not wanted.answers or "startup.complete" not in wanted.answers[0]:
        raise ApplicationError(
            "What the spec yields did not start, so that nothing can be compared with it "
            f"({wanted.answers[:1]}). Install what requirements.txt pins into the environment."
        )
    yield from _served(package, wanted, found)
    yield from _members(package, wanted, found)
    yield from _libraries(wanted, found)
    yield from _origins(package, wanted, found)
    yield from _machinery(wanted, found)
    yield from _answers(wanted, found)
    known = {tuple(each[:2]) for each in wanted.tried}
    for event, path, line in sorted({tuple(each) for each in found.tried}, key=repr):
        if (event, path) in known:
            continue
        said = "is tried while the module is imported"
        yield Fact(rules.tried, f"{path}: {event}", said, Place(str(path), int(line)))


def _served(package: str, wanted: Found, found: Found) -> Iterator[Fact]:
    """What stands around the service, beside it, and in its table."""
    place = Place(SERVED)
    if not found.exact:
        chain = " around ".join(found.chain) or "nothing"
        yield Fact(rules.wrapper, SERVED, f"serves {chain:.200}", place)
    elif found.instance != wanted.instance:
        value = f"was changed once it was made ({digest(found.instance)})"
        yield Fact(rules.wrapper, f"{SERVED}: the service itself", value, place)
    if found.exact:
        known = {tuple(each) for each in wanted.routes}
        for path, methods, endpoint in found.routes:
            if (path, methods, endpoint) not in known:
                value = f"{methods} is answered by {endpoint:.80}"
                yield Fact(rules.route, path, value, place)
    operations = Place(f"{package}/operations.py")
    for key in sorted(wanted.table.keys() | found.table.keys()):
        one, other = wanted.table.get(key), found.table.get(key)
        if one == other:
            continue
        if other is None:
            yield Fact(rules.row, key, "is no row of the table any more", operations)
        elif one is None:
            yield Fact(rules.row, key, f"is a row more ({digest(other)})", operations)
        else:
            yield Fact(rules.row, key, f"is another row ({digest(other)})", operations)


def _members(package: str, wanted: Found, found: Found) -> Iterator[Fact]:
    """Functions, classes and constants of the service."""
    known = {name: value for name, value, _ in wanted.members}
    now = {name: (value, line) for name, value, line in found.members}
    for name in sorted(known.keys() | now.keys()):
        one = known.get(name)
        value, line = now.get(name, ("", 1))
        if one == value or (one == DEVELOPER and "._not_written " in f"{value} "):
            continue
        if name.startswith(f"{package}.development"):
            continue  # what serves on a developer's machine is loaded by hooks alone, if at all
        if name not in now:
            said = "is gone"
        elif one is None:
            said = f"was added: {value}"
        elif value == DEVELOPER:
            said = "was replaced by code of the developer"
        else:
            said = f"is another one: {value}"
        said = said if len(said) < SHOWN else f"{said[:SHOWN]}... ({digest(said)})"
        yield Fact(rules.member, name, said, Place(_file(package, name, found), line))
    for name in sorted({*found.late} - {*wanted.late}):
        said = "is another one once a request was answered"
        yield Fact(rules.member, f"{name} (later)", said, Place(_file(package, name, found)))
    for name in sorted(wanted.failed.keys() ^ found.failed.keys()):
        said = found.failed.get(name, "is imported, and was not before")
        yield Fact(rules.member, f"{name} (import)", said, Place(_path(name)))


def _file(package: str, name: str, found: Found) -> str:
    """The file of a thing of the service."""
    modules = {each for each, _, _ in found.origins}
    parts = name.split(".")
    for size in range(len(parts), 0, -1):
        module = ".".join(parts[:size])
        if module in modules:
            return _path(module, f"{module}.__init__" in modules or module == package)
    return _path(package, True)


def _path(module: str, is_package: bool = False) -> str:
    path = module.replace(".", "/")
    return f"{path}/__init__.py" if is_package else f"{path}.py"


def _libraries(wanted: Found, found: Found) -> Iterator[Fact]:
    """Functions and classes of Python and of the dependencies."""
    known: dict[str, str] = {}
    for name, value, _, _ in wanted.others:
        known.setdefault(name, value)
    modules = {name for name, _, _ in wanted.origins}
    told: Counter[str] = Counter()
    for name, value, path, line in found.others:
        replaced = name in known and known[name] != value and _of(name, modules)
        if not path and not replaced:
            continue
        if path and name not in known and not _of(name, modules):
            continue  # a registry of a module that only the developer uses
        told[name] += 1
        if told[name] > 1:
            continue
        said = f"is replaced by {value}" if name in known else f"was added: {value}"
        yield Fact(rules.library, name, said[:160], Place(path or SERVED, line or 1))
    if wanted.builtin != found.builtin:
        said = f"is replaced by {found.builtin:.100}"
        yield Fact(rules.library, "builtins.__import__", said, Place(SERVED))


def _of(name: str, modules: set[str]) -> bool:
    """Is it of a module that the service itself loads?"""
    parts = name.split(".")
    return parts[0] in ("builtins", "sys", "time", "posix", "_thread") or any(
        ".".join(parts[:size]) in modules for size in range(len(parts) - 1, 0, -1)
    )


def _origins(package: str, wanted: Found, found: Found) -> Iterator[Fact]:
    known = {name: place for name, place, _ in wanted.origins}
    for name, place, shadows in found.origins:
        own = name == package or name.startswith(f"{package}.")
        path = place.removeprefix("project: ")
        if own:
            if known.get(name) != place and ".development" not in name:
                yield Fact(rules.origin, name, f"is loaded from {path:.120}", Place(path))
        elif place.startswith("project: ") and (
            shadows or not known.get(name, place).startswith("project: ")
        ):
            said = "is loaded in place of the one that is installed"
            yield Fact(rules.shadow, name.partition(".")[0], said, Place(path))
    loaded = {name for name, _, _ in found.origins}
    for name in sorted({each for each, _, _ in wanted.origins} - loaded):
        if name == package or name.startswith(f"{package}."):
            yield Fact(rules.origin, name, "is not loaded any more", Place(_path(name)))


def _machinery(wanted: Found, found: Found) -> Iterator[Fact]:
    for what, now in sorted(found.machinery.items()):
        before = Counter(wanted.machinery.get(what, ()))
        for each in sorted((Counter(now) - before).keys()):
            yield Fact(rules.machinery, f"{what}: {each}", "was added", Place(SERVED))
        for each in sorted((before - Counter(now)).keys()):
            yield Fact(rules.machinery, f"{what}: {each}", "is gone", Place(SERVED))


def _answers(wanted: Found, found: Found) -> Iterator[Fact]:
    """What is answered to whoever has shown no credentials."""
    place = Place(SERVED)
    if found.answers[:1] != wanted.answers[:1]:
        said = " ".join(found.answers[:1]) or "nothing"
        yield Fact(rules.answer, "start", f"answers {said}", place)
    told: dict[str, list[str]] = {}
    for (method, path, token), one, other in zip(
        found.requests, wanted.answers[1:], found.answers[1:], strict=False
    ):
        if one != other and _is_heard(one, other):
            who = "with a token that nobody signed" if token else "without a token"
            said = f"is answered with {other} {who}, and not with {one}"
            told.setdefault(said, []).append(f"{method} {path}{' (unsigned)' if token else ''}")
    for said, keys in told.items():
        for key in keys if len(keys) <= FEW else [f"{len(keys)} requests, such as {keys[0]}"]:
            yield Fact(rules.answer, key, said, place)
    late = found.answers[1 + len(found.requests) :]
    for path, answer in zip(found.extra, late, strict=False):
        if answer.isdigit() and int(answer) < 400 and path not in PATHS:
            said = f"is answered with {answer} without a token"
            yield Fact(rules.answer, f"GET {path}", said, place)
    for number, (one, other) in enumerate(zip(wanted.attempts, found.attempts, strict=False)):
        if one != other:
            said = ", ".join(f"{k.upper()}={v}" for k, v in BAD[number].items())
            yield Fact(rules.setting, said, f"is {other}, and was {one}", place)


def _is_heard(before: str, after: str) -> bool:
    """Does an answer say that somebody was heard who was not before?"""
    if after.isdigit() and int(after) < 400:
        return True
    return before in ("401", "403") and after not in ("400", "401", "403", "404", "405", "429")
