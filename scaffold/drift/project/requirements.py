"""Requirements: from where packages come, and how exactly they are pinned.

What a new version of a package does is not judged: a raised pin with digests is no finding.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from scaffold.drift.facts import Fact, Place
from scaffold.drift.project.context import Project
from scaffold.drift.project.gate import installed
from scaffold.drift.project.runs import Run
from scaffold.drift.project.told import GUARD, rule
from scaffold.drift.project.tools import PYPROJECT, toml
from scaffold.drift.verdict import Both, By, Chain, Names, Verdict
from scaffold.tree.paths import LOCK

GENERATOR: Final = "requirements-scaffold.txt"
_LOCK = "requirements.txt"
_HASH = f"--hash=sha256:{'0' * 64}"
_PINNED = f"joserfc==1.8.1 {_HASH}\n"

INDEX = rule(
    "625",
    "package-index",
    "high",
    "OPS-2",
    what="Packages come from another index, from a place beside it, or over a connection that is "
    "not verified: options in requirements, pip.conf, .npmrc, PIP_* and UV_* in CI and images.",
    why="Another index may answer with a package of the same name.",
    remedy="Leave the index to the machines, or have it approved once.",
    files={_LOCK: _PINNED},
    change={_LOCK: f"--extra-index-url https://packages.example.com/simple\n{_PINNED}"},
    dual={_LOCK: f"# From the index.\n--require-hashes\n{_PINNED}"},
)
LOOSE = rule(
    "626",
    "requirement-loose",
    "high",
    "OPS-2",
    what="A package of a file of requirements is not pinned to one version with its digests: the "
    "digests are gone, it is a range or nothing, or comes from a URL, a repository or a directory.",
    why="What is installed is decided when it is installed, by whoever publishes.",
    remedy="Make the file with pip-compile --generate-hashes.",
    files={_LOCK: _PINNED},
    change={_LOCK: "joserfc==1.8.1\n"},
    dual={_LOCK: f"joserfc==1.8.2 \\\n    --hash=sha256:{'1' * 64} \\\n    {_HASH}\n"},
    order=Chain(
        ("pinned with digests", "pinned without digests", "a range", "not pinned", "from elsewhere")
    ),
)
DOWNGRADED = rule(
    "627",
    "dependency-downgraded",
    "high",
    "OPS-2",
    what="A pinned package is an earlier version than before, or the same one with other files.",
    why="What a later version mended is open again; other files of one version are another "
    "program.",
    remedy="Take the version back, or say why in the approval.",
    files={_LOCK: _PINNED},
    change={_LOCK: _PINNED.replace("1.8.1", "1.7.9")},
    dual={_LOCK: _PINNED.replace("1.8.1", "1.10.0").replace("0" * 64, "2" * 64)},
    order=Both(By(lambda before, after: _version_verdict(before, after))),
)
REMOVED = rule(
    "628",
    "security-package-removed",
    "high",
    "OPS-2",
    "ID-6",
    what="A package that guards rest on is no longer among the requirements: the one that verifies "
    "tokens, the driver of the database, the one that reads requests.",
    why="Another one takes its place, perhaps one that is in the tree.",
    remedy="Keep the packages that scaffold pins.",
    files={_LOCK: _PINNED},
    change={_LOCK: f"python-jose==3.3.0 {_HASH}\n"},
    dual={_LOCK: f"idna==3.10 {_HASH}\n{_PINNED}"},
    order=GUARD,
)
ADDED = rule(
    "629",
    "dependency-added",
    "low",
    "OPS-2",
    what="The project depends on another package than before. It blocks nothing.",
    why="Its code runs with all rights of the service.",
    remedy="See who publishes it, and what it brings along.",
    files={PYPROJECT: '[project]\ndependencies = ["joserfc>=1.8"]\n'},
    change={PYPROJECT: '[project]\ndependencies = ["joserfc>=1.8", "stripe>=12"]\n'},
    dual={PYPROJECT: '[project]\ndependencies = [\n    "joserfc>=1.8,<2",\n]\n'},
    order=Both(Names()),
    note=True,
)
RANGE = rule(
    "630",
    "dependency-range",
    "medium",
    "OPS-2",
    what="pyproject.toml takes an earlier version of a package than before, any version, or one "
    "from a URL.",
    why="The next lock may go back to a version with a hole.",
    remedy="Keep the lower bound.",
    files={PYPROJECT: '[project]\ndependencies = ["joserfc>=1.8,<2"]\n'},
    change={PYPROJECT: '[project]\ndependencies = ["joserfc<2"]\n'},
    dual={PYPROJECT: '[project]\ndependencies = ["joserfc >= 1.9, < 3"]\n'},
    order=Both(By(lambda before, after: _range_verdict(before, after))),
)
PIN = rule(
    "631",
    "generator-pin",
    "critical",
    "GEN-3",
    "OPS-2",
    what="The generator is no longer pinned, or is an earlier version, from another place, or "
    "without its digest. Of two commits nobody can tell which is the later one.",
    why="It decides what is sound: an older one emits weaker code, another one anything.",
    remedy="Raise the version with its digest; have another source or commit approved.",
    files={GENERATOR: f"--require-hashes\nscaffold==0.2.0 {_HASH}\n"},
    change={GENERATOR: f"--require-hashes\nscaffold==0.1.0 {_HASH}\n"},
    dual={GENERATOR: f"# Of October.\n--require-hashes\nscaffold==0.3.0 {_HASH}\n"},
    order=By(lambda before, after: _pin_verdict(before, after), absent="everything"),
)
INSTALL = rule(
    "632",
    "install-undigested",
    "medium",
    "OPS-2",
    what="CI, the Makefile or the image installs packages that no digest holds: by name, from a "
    "URL, or from requirements without --require-hashes.",
    why="What runs in CI and in production is decided when it is installed.",
    remedy="Put it into a file of requirements with digests.",
    files={"Makefile": "setup:\n\tpip install --require-hashes -r requirements-dev.txt\n"},
    change={"Makefile": "setup:\n\tpip install -r requirements-dev.txt pytest-extra\n"},
    dual={"Makefile": "setup:\n\t@pip install -r requirements-dev.txt --require-hashes --quiet\n"},
)
WRITER = rule(
    "650",
    "pin-before-lock",
    "critical",
    "GEN-3",
    "OPS-2",
    what="The generator that is pinned is an earlier version than the one that wrote "
    "scaffold.lock, or neither a version nor a commit.",
    why="What CI installs is not what made the guards: it may emit weaker ones.",
    remedy="Pin the version that the lock names, or a later one, with its digest.",
    files={GENERATOR: f"scaffold==0.2.0 {_HASH}\n", LOCK: '{"generator": "0.2.0"}'},
    change={LOCK: '{"generator": "0.3.0"}\n'},
    dual={LOCK: '{"generator": "0.1.0"}\n'},
)
RULES = (INDEX, LOOSE, DOWNGRADED, REMOVED, ADDED, RANGE, PIN, INSTALL, WRITER)

SECURITY: Final = (
    *("asyncpg", "cryptography", "h11", "httptools", "httpx2", "joserfc", "pydantic"),
    *("pydantic-core", "pydantic-settings", "redis", "starlette", "structlog", "uvicorn"),
)
"""Packages that guards of every service rest on."""

_FILES = re.compile(r"(?:requirements|constraints)[^/]*\.txt|requirements/[^/]+\.txt")
_NAME = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)\s*(\[[^\]]*\])?\s*(.*)", re.DOTALL)
_EXACT = re.compile(r"={2,3}\s*([A-Za-z0-9.!+_-]+)")
_INDEX: Final = {
    "-i": "--index-url",
    "--index-url": "--index-url",
    "--pypi-url": "--index-url",
    "--extra-index-url": "--extra-index-url",
    "-f": "--find-links",
    "--find-links": "--find-links",
    "--trusted-host": "--trusted-host",
}
_BARE: Final = frozenset({"--pre", "--no-verify", "--process-dependency-links"})
_VARIABLES = re.compile(
    r"(?:PIP|UV|PIPENV|POETRY|PDM)_(?:(?:EXTRA_|DEFAULT_)?INDEX(?:_URL)?|FIND_LINKS|TRUSTED_HOST|"
    r"INSECURE_HOST|PRE|CONFIG_FILE|PRERELEASE|PYPI_MIRROR|INDEX_STRATEGY|REQUIRE_HASHES|"
    r"NO_VERIFY_HASHES|PYPI_URL)|NPM_CONFIG_REGISTRY|npm_config_registry|GOPROXY|GONOSUMCHECK|GONOSUMDB"
)
_CONFIGURATIONS: Final = ("pip.conf", "pip.ini", ".pip/pip.conf", ".config/pip/pip.conf")
_MAX_FILE: Final = 4 * 1024 * 1024
_MAX_FILES: Final = 40
_MAX_LISTED: Final = 5000


@dataclass(slots=True)
class _Requirement:
    name: str
    rest: str
    line: int
    hashes: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Listed:
    """A file of requirements."""

    path: str
    requirements: list[_Requirement] = field(default_factory=list)
    options: list[tuple[str, str, int]] = field(default_factory=list)


def facts(project: Project) -> Iterator[Fact]:
    """What is true of the requirements."""
    read: list[_Listed] = []
    for path in [each for each in project.top if _FILES.fullmatch(each)][:_MAX_FILES]:
        text = project.text(path)
        if text is None or len(text) > _MAX_FILE:
            project.resolver.unreadable[path] = "it is no text, or larger than 4 MiB"
            continue
        parsed = _parse(path, text)
        if len(parsed.requirements) + len(parsed.options) > _MAX_LISTED:
            project.resolver.unreadable[path] = f"it lists more than {_MAX_LISTED} packages"
            continue
        read.append(parsed)
    for each in read:
        yield from _options(each)
        yield from _generator(each) if each.path == GENERATOR else _pinned(each)
        if each.path == GENERATOR:
            yield from _writer(each, project.text(LOCK) or "")
    yield from _removed(read)
    yield from _declared(project)
    yield from _configured(project)
    yield from _installations(project)


def _parse(path: str, text: str) -> _Listed:
    found = _Listed(path)
    held: list[str] = []
    start = 0
    for number, line in enumerate(text.split("\n"), 1):
        said = line.strip()
        if said.startswith("#"):
            continue
        start = start or number
        if said.endswith("\\"):
            held.append(said[:-1])
            continue
        held.append(said)
        _line(found, " ".join(held), start)
        held, start = [], 0
    if held:
        _line(found, " ".join(held), start)
    return found


def _line(found: _Listed, said: str, line: int) -> None:
    said = said.split(" #", 1)[0].strip()
    if not said:
        return
    if said.startswith("-"):
        words = said.split()
        name, equals, value = words[0].partition("=")
        found.options.append((name, value if equals else " ".join(words[1:]), line))
        if name in ("-e", "--editable"):
            target = value if equals else " ".join(words[1:])
            found.requirements.append(_Requirement(_egg(target), f"@ {target}", line))
        return
    parts = said.split("--hash")
    hashes = [each.strip(" =") for each in parts[1:]]
    bare = parts[0].split(";", 1)[0].strip()
    elsewhere = bare.startswith((".", "/", "~", "git+", "http:", "https:", "file:"))
    match = None if elsewhere else _NAME.fullmatch(bare)
    if match is None:
        found.requirements.append(_Requirement(_egg(bare), f"@ {bare}", line, hashes))
    else:
        found.requirements.append(_Requirement(_normal(match[1]), match[3].strip(), line, hashes))


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _egg(target: str) -> str:
    """The name of a requirement that is a place."""
    _, mark, name = target.partition("#egg=")
    return _normal(name) if mark else _redacted(target)


def _redacted(url: str) -> str:
    """A URL without what may be a password."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return "a URL"
    if not parts.scheme or not host:
        return url[:120]
    return f"{parts.scheme}://{host}{parts.path}"[:120]


def _options(listed: _Listed) -> Iterator[Fact]:
    for name, value, line in listed.options:
        yield from _index(listed.path, name, value, Place(listed.path, line))
        if name in ("-r", "--requirement", "-c", "--constraint") and "://" in value:
            key = f"{listed.path}: {_redacted(value)}"
            yield Fact(INDEX, key, "requirements of a URL", Place(listed.path, line))


def _index(where: str, name: str, value: str, place: Place) -> Iterator[Fact]:
    """That an option says where packages come from."""
    if name in _BARE:
        yield Fact(INDEX, f"{where}: {name}", name, place)
    if name not in _INDEX:
        return
    option, source = _INDEX[name], _redacted(value.strip("\"'"))
    local = option == "--find-links" and "://" not in source and not source.startswith(("/", "~"))
    if local and where.startswith("requirements-scaffold"):
        return  # what a generator that no index has is installed from
    yield Fact(INDEX, f"{where}: {option} {source}", source, place)


def _pinned(listed: _Listed) -> Iterator[Fact]:
    for each in listed.requirements:
        place = Place(listed.path, each.line)
        key = f"{listed.path}: {each.name}"
        version = _exact(each.rest)
        if version is None:
            level = "a range" if each.rest else "not pinned"
            if each.rest.startswith("@"):
                level = "from elsewhere"
            value = f"{level}: {_redacted(each.rest.removeprefix('@').strip())}".rstrip(": ")
            yield Fact(LOOSE, key, value, place, level)
            continue
        if not each.hashes:
            yield Fact(LOOSE, key, "pinned without digests", place, "pinned without digests")
        yield Fact(DOWNGRADED, key, version, place, (version, frozenset(each.hashes)))


def _exact(rest: str) -> str | None:
    found = _EXACT.fullmatch(rest)
    return found[1] if found else None


def _generator(listed: _Listed) -> Iterator[Fact]:
    found = [each for each in listed.requirements if not each.name.startswith("-")]
    if not found:
        return
    first = found[0]
    version = _exact(first.rest)
    source = "the index" if version else _redacted(first.rest.removeprefix("@").strip())
    commit = ""
    if not version:
        before, _, commit = source.rpartition("@")
        source, commit = (before, commit) if before and "/" not in commit else (source, "")
    links = sorted(value for name, value, _ in listed.options if name in _INDEX)
    where = ", ".join((source, *links))
    digests = frozenset(first.hashes)
    held = (
        "with its digest"
        if digests or re.fullmatch(r"[0-9a-f]{40,64}", commit)
        else "without a digest"
    )
    value = f"{version or commit or first.name} from {where}, {held}"
    point = (where, version or "", commit, digests, held)
    yield Fact(PIN, "scaffold", value, Place(listed.path, first.line), point)
    for each in found[1:]:
        place = Place(listed.path, each.line)
        yield Fact(LOOSE, f"{listed.path}: {each.name}", "from elsewhere", place, "from elsewhere")


def _writer(listed: _Listed, lock: str) -> Iterator[Fact]:
    """Whether the pin is of what wrote the lock. A lock that says otherwise is found elsewhere."""
    named = re.search(r'"generator"\s*:\s*"([^"\\]{1,60})"', lock)
    wrote = _ordered(named[1]) if named else None
    pins = [each for each in listed.requirements if not each.name.startswith("-")]
    if not named or wrote is None or not pins:
        return
    version = _exact(pins[0].rest)
    pinned = _ordered(version) if version else None
    if pinned >= wrote if pinned else not version and _is_held(pins[0].rest):
        return
    said = f"{version} is earlier than" if version else "is no version, and may be earlier than"
    value = f"{said} {named[1]}, which wrote the lock"
    yield Fact(WRITER, "scaffold", value, Place(listed.path, pins[0].line))


def _is_held(target: str) -> bool:
    """Is it a commit, or a directory of this repository?"""
    return "://" not in target or bool(re.search(r"@[0-9a-f]{40,64}(?:[#&]\S*)?$", target))


def _removed(read: Sequence[_Listed]) -> Iterator[Fact]:
    for listed in read:
        if listed.path != _LOCK:
            continue
        lines = {each.name: each.line for each in listed.requirements}
        for name in SECURITY:
            if name in lines:
                yield Fact(REMOVED, name, "is required", Place(_LOCK, lines[name]))


def _declared(project: Project) -> Iterator[Fact]:
    """The dependencies that pyproject.toml names."""
    content = toml(project, PYPROJECT)
    table = content.get("project")
    if not isinstance(table, dict):
        return
    named = table.get("dependencies")
    names = []
    for each in named if isinstance(named, list) else ():
        found = _NAME.fullmatch(str(each).split(";", 1)[0].strip())
        if found is None:
            continue
        name, rest = _normal(found[1]), found[3].replace(" ", "")
        names.append(name)
        place = Place(PYPROJECT, _line_of(project, str(each)))
        yield Fact(RANGE, name, rest or "any version", place)
    if names:
        place = Place(PYPROJECT, _line_of(project, "dependencies"))
        yield Fact(ADDED, "dependencies", ", ".join(sorted(names)), place)


def _line_of(project: Project, text: str) -> int:
    for number, line in enumerate((project.text(PYPROJECT) or "").split("\n"), 1):
        if text in line:
            return number
    return 1


def _configured(project: Project) -> Iterator[Fact]:
    """Indexes that configuration files and variables name."""
    for path in project.top:
        name = path.rpartition("/")[2]
        if path in _CONFIGURATIONS or name == ".npmrc":
            separator = "="
        elif name in (".yarnrc", ".yarnrc.yml", "uv.toml", "poetry.toml", ".pypirc"):
            separator = ":" if name.startswith(".yarnrc") else "="
        else:
            continue
        for number, line in enumerate((project.text(path) or "").split("\n")[:2000], 1):
            key, mark, value = line.partition(separator)
            key = key.strip().strip("\"'")
            if mark and re.search(r"index|registry|trusted|find-links|npmRegistryServer|url", key):
                source = _redacted(value.strip().strip("\"'[]"))
                place = Place(path, number)
                yield Fact(INDEX, f"{path}: {key} {source}", source, place)
    tool = toml(project, PYPROJECT).get("tool")
    for name, keys in (
        ("uv", ("index", "index-url", "extra-index-url", "find-links", "pip")),
        ("poetry", ("source",)),
        ("pdm", ("source",)),
    ):
        table = tool.get(name) if isinstance(tool, dict) else None
        for key in keys:
            if isinstance(table, dict) and key in table:
                place = Place(PYPROJECT, _line_of(project, f"tool.{name}"))
                yield Fact(INDEX, f"{PYPROJECT}: {name} {key}", str(table[key])[:120], place)
    seen: set[str] = set()
    for sequence in project.sequences:
        for run in sequence.runs:
            for name in sorted(run.variables):
                if _VARIABLES.fullmatch(name) and name not in seen:
                    seen.add(name)
                    source = _redacted(run.variables[name])
                    yield Fact(INDEX, f"{sequence.path}: {name} {source}", source, run.place)
    makefile = project.resolver.makefile
    if makefile is not None:
        for name in sorted(makefile.variables):
            if _VARIABLES.fullmatch(name):
                source = _redacted(makefile.variables[name])
                place = Place(*makefile.places[name])
                yield Fact(INDEX, f"{place.path}: {name} {source}", source, place)


def variable(where: str, name: str, value: str, place: Place) -> Iterator[Fact]:
    """That a variable of an image says where packages come from."""
    if _VARIABLES.fullmatch(name):
        source = _redacted(value)
        yield Fact(INDEX, f"{where}: {name} {source}", source, place)


def _installations(project: Project) -> Iterator[Fact]:
    seen: set[str] = set()
    for sequence in project.sequences:
        for run in sequence.runs:
            yield from installation(run, seen)
    makefile = project.resolver.makefile
    for target in sorted(makefile.targets) if makefile else ():
        for run in project.make(target):
            yield from installation(run, seen)


def installation(run: Run, seen: set[str]) -> Iterator[Fact]:
    """What an installation takes that no digest holds, and from where."""
    if run.kind != "install":
        return
    files, names, options = installed(run)
    path = run.place.path
    for each in options:
        name, _, value = each.partition(" ")
        bare, equals, inline = name.partition("=")
        for fact in _index(path, bare, inline if equals else value, run.place):
            if fact.key not in seen:
                seen.add(fact.key)
                yield fact
    weak = list(names)
    hashed = "--require-hashes" in options
    for each in files:
        # The file of the generator may name a commit or a directory, which have no digest.
        if not hashed and not each.endswith(GENERATOR):
            weak.append(each.rpartition("/")[2])
    if hashed:
        weak = [each for each in weak if each not in names]
    weak += _editable(options)
    for each in weak:
        key = f"{path}: {_redacted(each)}"
        if key not in seen:
            seen.add(key)
            yield Fact(INSTALL, key, f"`{run.shown}`", run.place, "undigested")


def _editable(options: Sequence[str]) -> Iterator[str]:
    for each in options:
        name, _, value = each.partition(" ")
        if name in ("-e", "--editable") and value:
            yield value


# Orders

_RELEASE = re.compile(r"(?:([0-9]+)!)?v?([0-9]+(?:\.[0-9]+)*)(.*)", re.IGNORECASE | re.DOTALL)
_LATER = re.compile(r"[-.]?(?:post|r(?!c)|\+).*", re.IGNORECASE | re.DOTALL)


def _ordered(version: str) -> tuple[int, tuple[int, ...], int, str] | None:
    """A version as it compares; pre-releases come before the release."""
    found = _RELEASE.fullmatch(version.strip())
    if found is None or len(version) > 60:
        return None
    numbers = [int(each) for each in found[2].split(".")]
    while len(numbers) > 1 and numbers[-1] == 0:
        numbers.pop()
    behind = found[3]
    stage = 0 if not behind else 1 if _LATER.fullmatch(behind) else -1
    return int(found[1] or 0), tuple(numbers), stage, behind


def _version_verdict(
    before: tuple[str, frozenset[str]], after: tuple[str, frozenset[str]]
) -> Verdict:
    if before[0] == after[0]:
        shared = before[1] & after[1]
        return "equal" if shared or not before[1] or not after[1] else "incomparable"
    old, new = _ordered(before[0]), _ordered(after[0])
    if old is None or new is None:
        return "incomparable"
    return "widened" if new < old else "equal"


_LOWER = re.compile(r"(>=|==|~=|>|===)([0-9][A-Za-z0-9.!+_-]*)")


def _range_verdict(before: str, after: str) -> Verdict:
    if after.startswith("@"):
        return "incomparable"
    old, new = _LOWER.search(before), _LOWER.search(after)
    if old is None:
        return "equal"
    if new is None:
        return "widened"
    one, other = _ordered(old[2]), _ordered(new[2])
    if one is None or other is None:
        return "incomparable"
    return "widened" if other < one else "equal"


def _pin_verdict(before: tuple[str, ...], after: tuple[str, ...]) -> Verdict:
    if before[0] != after[0]:
        return "incomparable"
    if after[4] != before[4]:
        return "widened" if after[4] == "without a digest" else "narrowed"
    if before[1] and after[1] and before[1] != after[1]:
        old, new = _ordered(before[1]), _ordered(after[1])
        if old is None or new is None:
            return "incomparable"
        return "widened" if new < old else "narrowed"
    if before[2] != after[2]:
        return "unknown"
    return "equal" if {*before[3]} <= {*after[3]} and before[3] == after[3] else "incomparable"
