"""Compose files, committed .env files and manifests of Kubernetes.

Not seen: `extends` and `include` of compose files, templates of Helm, and what is only set on the
machine. Files for development (override, dev, test, local, identity) are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from scaffold.drift.facts import Fact, Place
from scaffold.drift.project import documents, values
from scaffold.drift.project.context import Project
from scaffold.drift.project.documents import Rows, Table, Unreadable, line_of, listed
from scaffold.drift.project.gitfiles import is_ignored
from scaffold.drift.project.images import SERVER, server
from scaffold.drift.project.told import GUARD, REASONS, rule, shown

_FILE = "compose.yaml"
_OWN = (
    "services:\n  service:\n    build: .\n    read_only: true\n    cap_drop: [ALL]\n"
    '    security_opt: ["no-new-privileges:true"]\n    ports: ["127.0.0.1:8000:8000"]\n'
)
PRIVILEGES = rule(
    "643",
    "container-privileges",
    "high",
    "OPS-1",
    what="A container gets more of the machine: privileged, its network or processes, "
    "capabilities, its root, the socket of Docker.",
    why="Whoever gets code to run in it owns the machine.",
    remedy="Give it the one thing that it needs.",
    files={_FILE: _OWN},
    change={_FILE: f"{_OWN}    network_mode: host\n"},
    dual={_FILE: f"{_OWN}    restart: unless-stopped\n    user: '10001'\n"},
    order=REASONS,
)
HARDENING = rule(
    "644",
    "container-hardening",
    "medium",
    "OPS-1",
    what="A container of the service may do more inside: its files can be written, it keeps "
    "capabilities, or can gain privileges.",
    why="Code that gets in can stay, and go on from there.",
    remedy="Keep read_only, cap_drop: [ALL] and no-new-privileges.",
    files={_FILE: _OWN},
    change={_FILE: _OWN.replace("    read_only: true\n", "")},
    dual={_FILE: _OWN.replace("read_only: true", "tmpfs: [/tmp]\n    read_only: 'true'")},
    order=GUARD,
)
PORTS = rule(
    "645",
    "port-published",
    "high",
    "OPS-1",
    "OPS-3",
    what="A container can be reached from other machines: its port is published at all addresses.",
    why="A database has its password as the only guard, and a service no proxy in front of it.",
    remedy="Publish it at 127.0.0.1, or not at all.",
    files={_FILE: _OWN},
    change={_FILE: _OWN.replace("127.0.0.1:8000:8000", "8000:8000")},
    dual={_FILE: _OWN.replace("127.0.0.1:8000:8000", "127.0.0.1:9000:8000")},
)
DATABASE = rule(
    "648",
    "database-server",
    "high",
    "DATA-1",
    "OPS-1",
    what="The database or the store of limits lets in who it did not: without a password, over a "
    "network without TLS.",
    why="Row-level security holds the roles of the service, and nobody else's.",
    remedy="Keep passwords, and connections over sockets or verified TLS.",
    files={_FILE: "services:\n  database:\n    image: postgres:18\n"},
    change={
        _FILE: "services:\n  database:\n    image: postgres:18\n    environment:\n"
        "      POSTGRES_HOST_AUTH_METHOD: trust\n"
    },
    dual={
        _FILE: "services:\n  database:\n    image: postgres:18.1\n    environment:\n"
        "      POSTGRES_INITDB_ARGS: --auth-local=scram-sha-256\n"
    },
    order=REASONS,
)
RULES = (PRIVILEGES, HARDENING, PORTS, DATABASE)

_COMPOSE = re.compile(r"(?:[^/]+/){0,2}(?:docker-)?compose(?:[.-][^/]+)?\.ya?ml")
_DOTENV = re.compile(r"(?:[^/]+/){0,2}(?:\.env(?:\.[^/]+)?|[^/]+\.env)")
_MANIFEST = re.compile(
    r"(?:.*/)?(?:deploy|deployment|deployments|k8s|kubernetes|manifests|infra|ops)/.*\.ya?ml"
)
_ELSEWHERE: Final = ("tests/", "identity/", ".devcontainer/", "examples/", "docs/", ".github/")
_DEVELOPMENT = re.compile(
    r".*(?:^|[./_-])(?:identity|dev|development|test|tests|testing|local|override|example|sample|"
    r"template|dist|ci)(?:[./_-]|$).*",
    re.IGNORECASE,
)
_PROXIES = re.compile(r".*\b(?:nginx|caddy|traefik|haproxy|envoy|apache|httpd)\b.*")
_STORES = re.compile(r".*\b(?:postgres|postgresql|pgbouncer|valkey|redis|keydb|timescaledb)\b.*")
_MAX_WALK: Final = 20_000


def facts(project: Project) -> Iterator[Fact]:
    """What is true of what is deployed."""
    for path in project.top:
        if path.startswith(_ELSEWHERE):
            continue
        name = path.rpartition("/")[2]
        development = _DEVELOPMENT.fullmatch(name) is not None
        if _COMPOSE.fullmatch(path) and not development:
            for document in _documents(project, path):
                yield from _compose(project, path, document)
        elif _DOTENV.fullmatch(path) and not development:
            yield from _dotenv(project, path)
        elif _MANIFEST.fullmatch(path) and not _DEVELOPMENT.fullmatch(path):
            for document in _documents(project, path):
                if "kind" in document:
                    yield from _manifest(path, document)


def _documents(project: Project, path: str) -> list[Table]:
    text = project.text(path)
    try:
        if text is None:
            raise Unreadable("it is no text")
        return [each for each in documents.read(text) if isinstance(each, Table)]
    except Unreadable as error:
        project.resolver.unreadable[path] = str(error)
        return []


def _compose(project: Project, path: str, content: Table) -> Iterator[Fact]:
    for name, each in content.table("services").items():
        if not isinstance(each, Table):
            continue
        where = f"{path}: {name}"
        place = Place(path, each.line)
        for key, (value, line) in _environment(each.get("environment")).items():
            yield from values.facts(where, key, value, Place(path, line))
        build = each.get("build")
        arguments = build.get("args") if isinstance(build, Table) else None
        for key, (value, line) in _environment(arguments).items():
            yield from values.facts(where, key, value, Place(path, line))
        reasons = {*_privileges(each)}
        if reasons:
            yield Fact(PRIVILEGES, where, shown(reasons), place, frozenset(reasons))
        if "build" in each:
            yield from _hardened(where, each, place)
        yield from _ports(path, name, each)
        yield from _store(where, each, place)
        command = each.get("command")
        words = command.split() if isinstance(command, str) else listed(command)
        if words:
            weak = {*server(words, project.package, False)}
            if weak:
                at = Place(path, line_of(command))
                yield Fact(SERVER, where, shown(weak), at, frozenset(weak))


def _environment(value: Any) -> dict[str, tuple[str, int]]:
    """Variables with their values and lines, from a mapping or a list of NAME=value."""
    if isinstance(value, Table):
        return {k: (v, line_of(v)) for k, v in value.items() if isinstance(v, str)}
    found = {}
    for each in value if isinstance(value, Rows) else ():
        if isinstance(each, str) and "=" in each:
            name, _, said = each.partition("=")
            found[name] = (said, line_of(each))
    return found


def _privileges(service: Table) -> Iterator[str]:
    if service.text("privileged") == "true":
        yield "privileged"
    for key in ("network_mode", "pid", "ipc", "uts", "userns_mode", "cgroup"):
        if service.text(key) == "host":
            yield f"{key} is the host's"
    for each in listed(service.get("cap_add")):
        yield f"capability {each}"
    for each in listed(service.get("security_opt")):
        if "unconfined" in each or each.replace("=", ":") == "no-new-privileges:false":
            yield each
    for each in listed(service.get("devices")):
        yield f"device {each}"
    if re.split(":", service.text("user"))[0] in ("root", "0") and "user" in service:
        yield "runs as root"
    volumes = service.get("volumes")
    for each in volumes if isinstance(volumes, Rows) else ():
        source = each.split(":", 1)[0] if isinstance(each, str) else ""
        source = each.text("source") if isinstance(each, Table) else source
        if source in ("/", "/etc", "/proc", "/sys", "/root", "/var/run", "/home") or (
            source.endswith(("docker.sock", "containerd.sock", "podman.sock"))
        ):
            yield f"{source} of the machine"


def _hardened(where: str, service: Table, place: Place) -> Iterator[Fact]:
    if service.text("read_only") == "true":
        yield Fact(HARDENING, f"{where} read_only", "its files are read-only", place)
    if "ALL" in [each.upper() for each in listed(service.get("cap_drop"))]:
        yield Fact(HARDENING, f"{where} cap_drop", "it has no capabilities", place)
    options = [each.replace("=", ":") for each in listed(service.get("security_opt"))]
    if {"no-new-privileges", "no-new-privileges:true"} & {*options}:
        yield Fact(HARDENING, f"{where} no-new-privileges", "it gains no privileges", place)


def _ports(path: str, name: str, service: Table) -> Iterator[Fact]:
    proxy = _PROXIES.fullmatch(service.text("image")) is not None
    found = service.get("ports")
    for each in found if isinstance(found, Rows) else ():
        if isinstance(each, Table):
            host, target = each.text("host_ip"), each.text("target")
        else:
            said = str(each).partition("/")[0]
            host, _, target = said.rpartition(":")
            address, colon, _ = host.rpartition(":")
            host = address if colon else ""
        if host.strip("[]") in ("127.0.0.1", "::1", "localhost"):
            continue
        if proxy and target in ("80", "443", "8080", "8443"):
            continue
        place = Place(path, line_of(each))
        yield Fact(PORTS, f"{path}: {name} {target}", "at all addresses", place, "published")


def _store(where: str, service: Table, place: Place) -> Iterator[Fact]:
    if _STORES.fullmatch(service.text("image")) is None:
        return
    reasons: set[str] = set()
    for key, (value, _) in _environment(service.get("environment")).items():
        said = values.settled(value)
        if key == "POSTGRES_HOST_AUTH_METHOD" and said in ("trust", "password", "md5"):
            reasons.add(f"authentication is {said}")
        if key == "POSTGRES_INITDB_ARGS" and re.search(r"(-A|--auth[a-z-]*)[ =]?trust", said):
            reasons.add("authentication is trust")
        if key in ("ALLOW_EMPTY_PASSWORD",) and said.lower() in ("yes", "true", "1"):
            reasons.add("no password")
    command = service.get("command")
    words = command.split() if isinstance(command, str) else listed(command)
    text = " ".join(words)
    for pattern, reason in _SERVERS.items():
        if re.search(pattern, text):
            reasons.add(reason)
    if reasons:
        yield Fact(DATABASE, where, shown(reasons), place, frozenset(reasons))


_SERVERS: Final[Mapping[str, str]] = {
    r"listen_addresses ?= ?'?(\*|0\.0\.0\.0|::)": "it listens to the network",
    r"--protected-mode no": "without protected mode",
    r"\bfsync ?= ?off": "fsync is off",
    r"\bssl ?= ?off": "ssl is off",
    r"log_statement ?= ?'?all": "statements with their values are logged",
    r"row_security ?= ?off": "row_security is off",
}


def _dotenv(project: Project, path: str) -> Iterator[Fact]:
    if project.tree.directory is not None and is_ignored(project, path):
        return  # the developer's own, which git leaves out
    name = path.rpartition("/")[2]
    if name == ".env":
        yield Fact(values.LITERAL, path, "is in the tree", Place(path), "literal")
    for number, line in enumerate((project.text(path) or "").split("\n")[:2000], 1):
        said = line.strip().removeprefix("export ")
        key, equals, value = said.partition("=")
        if equals and not said.startswith("#"):
            place = Place(path, number)
            yield from values.facts(f"{path}:", key.strip(), value.strip().strip("\"'"), place)


def _manifest(path: str, content: Table) -> Iterator[Fact]:
    where = f"{path}: {content.text('kind')} {content.table('metadata').text('name')}"
    reasons: set[str] = set()
    left: list[Any] = [content]
    count = 0
    while left and count < _MAX_WALK:
        count += 1
        each = left.pop()
        if isinstance(each, Rows):
            left += reversed(each)
        elif isinstance(each, Table):
            left += reversed(each.values())
            name, value = each.get("name"), each.get("value")
            if isinstance(name, str) and isinstance(value, str):
                place = Place(path, line_of(name))
                yield from values.facts(where, name, value, place)
            reasons |= {key for key in _POD if each.text(key) == "true"}
            reasons |= {key for key in ("runAsNonRoot",) if each.text(key) == "false"}
            if each.text("runAsUser") == "0":
                reasons.add("runs as root")
    if reasons:
        place = Place(path, content.line)
        yield Fact(PRIVILEGES, where, shown(reasons), place, frozenset(reasons))


_POD: Final = ("privileged", "hostNetwork", "hostPID", "hostIPC", "allowPrivilegeEscalation")
