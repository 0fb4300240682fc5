"""Dockerfiles: whose image it is built on, as whom and what it runs."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from posixpath import normpath
from typing import Final

from scaffold.drift.facts import Fact, Place
from scaffold.drift.project import values
from scaffold.drift.project.context import Project
from scaffold.drift.project.requirements import installation
from scaffold.drift.project.shell import Shell
from scaffold.drift.project.told import REASONS, rule, shown
from scaffold.drift.project.workflows import piped
from scaffold.drift.verdict import Both, By, Chain, Names, Verdict, combined

_DOCKERFILE = (
    "FROM python:3.13-slim\nUSER 10001:10001\n"
    'CMD ["uvicorn", "asgi:app", "--http", "app.server:Connection", "--no-proxy-headers"]\n'
)
USER = rule(
    "638",
    "image-user",
    "high",
    "OPS-1",
    what="The image runs as root.",
    why="Whoever gets code to run in the service owns the container, and is closer to the machine.",
    remedy="End the last stage with USER and a number.",
    files={"Dockerfile": _DOCKERFILE},
    change={"Dockerfile": _DOCKERFILE.replace("USER 10001:10001", "USER root")},
    dual={"Dockerfile": _DOCKERFILE.replace("USER 10001:10001", "USER root\nRUN id\nUSER 4711")},
)
BASE = rule(
    "639",
    "image-base",
    "high",
    "OPS-2",
    what="The image is built on another one than before, or no longer by its digest.",
    why="Whoever publishes the image publishes the service.",
    remedy="Keep the image, and its digest where there is one.",
    files={"Dockerfile": _DOCKERFILE},
    change={"Dockerfile": _DOCKERFILE.replace("python:", "example.com/somebody/python:")},
    dual={"Dockerfile": _DOCKERFILE.replace("3.13-slim", f"3.14-slim@sha256:{'a' * 64}")},
    order=Both(By(lambda before, after: _base_verdict(before, after))),
)
SERVER = rule(
    "640",
    "server-command",
    "high",
    "API-1",
    "API-2",
    what="The server is started otherwise: without the connection class of the service, with "
    "headers of proxies that it takes from anybody, or another application.",
    why="Requests that the class refuses get in, or the address that limits count by is the "
    "caller's to choose.",
    remedy="Start uvicorn as the Dockerfile of a new project does.",
    files={"Dockerfile": _DOCKERFILE},
    change={"Dockerfile": _DOCKERFILE.replace("--no-proxy-headers", "--forwarded-allow-ips=*")},
    dual={
        "Dockerfile": _DOCKERFILE.replace('"uvicorn", ', '"uvicorn", "--port", "8080", ').replace(
            '"--http", "app.server:Connection"', '"--http=app.server:Connection"'
        )
    },
    order=REASONS,
)
_COPIED = _DOCKERFILE.replace("USER", "COPY hooks ./hooks\nUSER")
CARRIED = rule(
    "652",
    "image-carries-what-starts-by-itself",
    "critical",
    "API-1",
    "OPS-2",
    what="The image gets a file that Python runs or follows when it starts, without an import: a "
    ".pth file, sitecustomize or usercustomize.",
    why="One move in the image, or a directory that is added to the path of modules, and it runs "
    "before the service, with its rights.",
    remedy="Take the file away; what has to happen at the start belongs to asgi.py.",
    files={"Dockerfile": _COPIED, "hooks/__init__.py": ""},
    change={"hooks/letters.pth": "import os\n"},
    dual={"docs/letters.pth": "import os\n"},
)
RULES = (USER, BASE, SERVER, CARRIED)

_STARTS = re.compile(
    r"(?:.*/)?(?:[^/]+\.pth|(?:site|user)customize(?:\.[^/]+|/__init__\.[^/]+))", re.IGNORECASE
)
"""The names of files that Python's `site` looks for."""

_NAME = re.compile(
    r"(?:.*/)?(?:Dockerfile|Containerfile)(?:\.[^/]+)?|(?:.*/)?[^/]+\.(?:Dockerfile|dockerfile)"
)
_ELSEWHERE: Final = ("identity/", "tests/", ".devcontainer/", "examples/", "docs/", "benchmarks/")
_DEVELOPMENT = re.compile(r".*\b(dev|development|test|tests|local|ci)\b.*", re.IGNORECASE)
_INSTRUCTION = re.compile(r"\s*([A-Za-z]+)\s+(.*)", re.DOTALL)
_MAX_BYTES: Final = 256 * 1024
_HERE = re.compile(r"<<-?[\"']?([A-Za-z_][A-Za-z0-9_]*)[\"']?")


@dataclass(slots=True)
class _Stage:
    image: str
    name: str
    line: int
    user: tuple[str, int] | None = None
    entry: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    place: int = 1


def facts(project: Project) -> Iterator[Fact]:
    """What is true of the Dockerfiles that are deployed."""
    for path in project.top:
        if not _NAME.fullmatch(path) or path.startswith(_ELSEWHERE):
            continue
        if _DEVELOPMENT.fullmatch(path.rpartition("/")[2]):
            continue
        text = project.text(path)
        if text is None or len(text) > _MAX_BYTES:
            project.resolver.unreadable[path] = "it is no text, or larger than 256 KiB"
            continue
        yield from _dockerfile(project, path, text)


def instructions(text: str) -> Iterator[tuple[int, str, str]]:
    """The instructions of a Dockerfile, with their lines."""
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        start, held = at + 1, ""
        if not lines[at].strip() or lines[at].lstrip().startswith("#"):
            at += 1
            continue
        while at < len(lines):
            line = lines[at].rstrip()
            at += 1
            if held and line.lstrip().startswith("#"):
                continue
            if line.endswith("\\"):
                held += f"{line}\n"
                continue
            held += line
            break
        found = _INSTRUCTION.fullmatch(held)
        if found is None:
            continue
        name, said = found[1].upper(), found[2]
        if name in ("RUN", "COPY", "ADD") and (here := _HERE.search(said)):
            body = []
            while at < len(lines) and lines[at].strip() != here[1]:
                body.append(lines[at])
                at += 1
            at += 1
            before = said[: here.start()].strip()
            said = "\n".join(body) if name == "RUN" and not before else said
        yield start, name, said


def _dockerfile(project: Project, path: str, text: str) -> Iterator[Fact]:
    stages: list[_Stage] = []
    seen: set[str] = set()
    for line, name, said in instructions(text):
        place = Place(path, line)
        if name == "FROM":
            words = [each for each in said.split() if not each.startswith("--")]
            alias = words[2] if len(words) > 2 and words[1].lower() == "as" else ""
            stages.append(_Stage(words[0] if words else "", alias, line))
        elif name in ("ENV", "ARG"):
            for key, value in _assignments(said):
                yield from values.facts(f"{path}:", key, value, place)
        elif name == "RUN":
            yield from _run(project, path, line, said, seen)
        elif name == "ADD" and "://" in said and "--checksum" not in said:
            host = re.search(r"[a-z]+://([^/\s]+)", said)
            key = f"{path}: {host[1] if host else 'a URL'}"
            yield from _download(key, place)
        elif stages:
            if name in ("COPY", "ADD"):
                yield from _copied(project, path, said, place)
            _keep(stages[-1], name, said, line)
    if not stages:
        return
    yield from _bases(path, stages)
    yield from _last(project, path, stages)


def _copied(project: Project, path: str, said: str, place: Place) -> Iterator[Fact]:
    """What starts by itself among the files that an instruction copies from the project."""
    options = re.match(r"(?:\s*--[a-z-]+(?:=\S+)?)*", said)
    assert options is not None
    if "--from" in options[0]:
        return
    rest = said[options.end() :]
    sources = (_json(rest) or rest.replace("\\\n", " ").split())[:-1]
    for each in sources:
        source = normpath(each.lstrip("/") or ".")
        for file in project.tree.entries:
            if not _STARTS.fullmatch(file):
                continue
            inside = source == "." or file.startswith(f"{source}/")
            if inside or fnmatchcase(file, source) or fnmatchcase(file, f"{source}/*"):
                yield Fact(CARRIED, f"{path}: {file}", "is copied into the image", place)


def _download(key: str, place: Place) -> Iterator[Fact]:
    from scaffold.drift.project.workflows import PIPED

    yield Fact(PIPED, key, "a download is part of the image", place, "runs")


def _run(project: Project, path: str, line: int, said: str, seen: set[str]) -> Iterator[Fact]:
    script = re.sub(r"^(?:\s*--[a-z]+=\S+)+", "", said)
    words = _json(script)
    if words:
        script = shlex.join(words)
    for run in project.resolver.script(script, path, line, Shell(False, False)):
        yield from piped(run, seen)
        yield from installation(run, seen)


def _keep(stage: _Stage, name: str, said: str, line: int) -> None:
    if name == "USER":
        stage.user = (said.strip(), line)
    elif name == "ENTRYPOINT":
        stage.entry, stage.place = _command(said), line
    elif name == "CMD":
        stage.command, stage.place = _command(said), line


def _json(said: str) -> list[str]:
    try:
        found = json.loads(said) if said.lstrip().startswith("[") else []
    except (ValueError, RecursionError):
        return []
    return [str(each) for each in found] if isinstance(found, list) else []


def _command(said: str) -> list[str]:
    if said.lstrip().startswith("["):
        return _json(said.replace("\\\n", ""))
    try:
        return shlex.split(said.replace("\\\n", " "))
    except ValueError:
        return said.split()


def _assignments(said: str) -> Iterator[tuple[str, str]]:
    try:
        words = shlex.split(said.replace("\\\n", " "))
    except ValueError:
        words = said.split()
    if words and "=" not in words[0]:
        yield words[0], " ".join(words[1:])
        return
    for each in words:
        name, _, value = each.partition("=")
        yield name, value


def _bases(path: str, stages: Sequence[_Stage]) -> Iterator[Fact]:
    named = {each.name.lower() for each in stages if each.name}
    images, tagged = {}, False
    for each in stages:
        if each.image.lower() in named or each.image == "scratch":
            continue
        bare, _, digest = each.image.partition("@")
        name = bare.rpartition(":")[0] if ":" in bare.rpartition("/")[2] else bare
        images[name] = each.line
        tagged = tagged or not digest
    if images:
        line = min(images.values())
        held = "by tags" if tagged else "by digests"
        value = f"{', '.join(sorted(images))} {held}"
        yield Fact(BASE, path, value, Place(path, line), (frozenset(images), held))


_HELD: Final = Chain(("by digests", "by tags"))


def _base_verdict(before: tuple[frozenset[str], str], after: tuple[frozenset[str], str]) -> Verdict:
    """Other images, and whether digests hold them."""
    return combined((Names().verdict(before[0], after[0]), _HELD.verdict(before[1], after[1])))


def _last(project: Project, path: str, stages: list[_Stage]) -> Iterator[Fact]:
    last = stages[-1]
    chain, seen = [last], {last.name}
    while (above := next((s for s in stages if s.name and s.name == chain[-1].image), None)) and (
        above.name not in seen
    ):
        seen.add(above.name)
        chain.append(above)
    user = next((each.user for each in chain if each.user), None)
    if user is None or re.split(r"[:\s]", user[0])[0] in ("root", "0"):
        line = user[1] if user else last.line
        yield Fact(
            USER, path, "root" if user else "nobody else is named", Place(path, line), "root"
        )
    entry = next((each.entry for each in chain if each.entry), [])
    command = next((each.command for each in chain if each.command), [])
    words = [*entry, *command]
    if words:
        reasons = {*server(words, project.package, path == "Dockerfile")}
        if reasons:
            place = Place(path, last.place)
            yield Fact(SERVER, path, shown(reasons), place, frozenset(reasons))


def server(words: Sequence[str], package: str, strict: bool) -> Iterator[str]:
    """What is weak of the command of a server; with `strict`, that it is none at all."""
    said = list(words)
    if said[:1] and said[0].rpartition("/")[2] in ("sh", "bash") and "-c" in said:
        text = said[said.index("-c") + 1] if said[-1] != "-c" else ""
        said = text.split()
    while said and (said[0] in ("exec", "env", "tini", "dumb-init", "--") or "=" in said[0]):
        said = said[1:]
    name = said[0].rpartition("/")[2] if said else ""
    if name.startswith("python") and said[1:3] == ["-m", "uvicorn"]:
        said, name = said[2:], "uvicorn"
    if name != "uvicorn":
        module = said[2] if said[1:2] == ["-m"] and len(said) > 2 else ""
        own = name.startswith("python") and module.startswith(f"{package}.")
        other = name in ("gunicorn", "hypercorn", "granian", "daphne", "fastapi", "starlette")
        if other or (strict and not own):
            yield f"runs {' '.join(said)[:60]}"
        return
    options = {}
    places = []
    rest = iter(said[1:])
    for each in rest:
        key, equals, value = each.partition("=")
        if key in _VALUED and not equals:
            value = next(rest, "")
        if each.startswith("-"):
            options[key] = value
        else:
            places.append(each)
    if places and places != ["asgi:app"]:
        yield f"serves {' '.join(places)}"
    if not options.get("--http", "").endswith(".server:Connection"):
        yield "without the connection class of the service"
    if "--forwarded-allow-ips" in options:
        yield f"proxies are {options['--forwarded-allow-ips']}"
    if "--no-proxy-headers" not in options:
        yield "headers of proxies are read"
    for each in (
        "--reload",
        "--factory",
        "--app-dir",
        "--env-file",
        "--h11-max-incomplete-event-size",
    ):
        if each in options:
            yield f"{each} {options[each]}".strip()


_VALUED: Final = frozenset(
    {"--host", "--port", "--uds", "--fd", "--workers", "--loop", "--http", "--ws", "--interface"}
    | {
        "--env-file",
        "--log-config",
        "--log-level",
        "--root-path",
        "--limit-concurrency",
        "--header",
    }
    | {"--backlog", "--limit-max-requests", "--timeout-keep-alive", "--timeout-graceful-shutdown"}
    | {"--ssl-keyfile", "--ssl-certfile", "--app-dir", "--forwarded-allow-ips", "--lifespan"}
    | {"--ws-max-size", "--h11-max-incomplete-event-size", "--ssl-ca-certs", "--ssl-cert-reqs"}
    | {
        "--timeout-worker-healthcheck",
        "--limit-max-requests-jitter",
        "--ssl-version",
        "--ssl-ciphers",
    }
)
