"""Runs the child twice: on the project, and on what its spec yields."""

from __future__ import annotations

import ast
import contextlib
import json
import os
import secrets
import selectors
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from scaffold.emission import Emission
from scaffold.tree.digest import digest

CHILD: Final = Path(__file__).with_name("child.py")
SECONDS: Final = 60.0
"""For an import of the service, and for what it is asked."""
MAX_ANSWER: Final = 64 * 1024 * 1024
MAX_SAID: Final = 4096
HOST: Final = "service.example.com"
FAKE: Final = "whsec_" + "ZmFr" * 16
"""A secret that every scheme takes for one."""
ASGI: Final = "from {package}.app import configured\n\napp = configured()\n"
UNSIGNED: Final = (
    "eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0."
    "eyJpc3MiOiJodHRwczovL2xvZ2luLmV4YW1wbGUuY29tLyIsInN1YiI6IngiLCJleHAiOjQxMDI0NDQ4MDB9."
)
"""A token without a signature."""
PATHS: Final = (
    *("/", "/healthz", "/readyz", "/metrics", "/docs", "/openapi.json", "/admin", "/debug"),
    *("/internal", "/static/x", "/..%2f", "//", "/healthz/", "/nothing/to/see"),
)
METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
BAD: Final[tuple[Mapping[str, Any], ...]] = (
    {"allowed_hosts": "*"},
    {"allowed_hosts": ""},
    {"trusted_proxies": "0.0.0.0/0"},
    {"trusted_proxies": "nonsense"},
    {"database_url": "postgresql://app@database.example.com/x"},
    {"pseudonym_key": "short"},
    {"development_jwks": "/keys.json"},
    {"environment": "nonsense"},
    {"database_pool": 0},
    {"webhook_keys": "short"},
)
"""Settings that a service refuses."""


class ApplicationError(RuntimeError):
    """The application could not be looked at; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a child found out."""

    chain: list[str]
    exact: bool
    instance: str
    members: list[tuple[str, str, int]]
    others: list[tuple[str, str, str, int]]
    origins: list[tuple[str, str, bool]]
    machinery: Mapping[str, list[str]]
    failed: Mapping[str, str]
    routes: list[list[str]]
    table: Mapping[str, str]
    builtin: str
    attempts: list[str]
    answers: list[str]
    extra: list[str]
    tried: list[list[Any]]
    late: list[str]
    requests: list[list[str]] = field(default_factory=list)


def both(project: Path, python: Path, emission: Emission) -> tuple[Found, Found]:
    """What the spec yields as it runs, and the project as it runs.

    Raises:
        ApplicationError: one of them could not be looked at.
    """
    package = emission.design.name
    requests = [*_requests(emission)]
    key = (os.fspath(python), digest(repr(sorted(emission.lock.files.items())).encode()))
    with tempfile.TemporaryDirectory(prefix="scaffold-") as directory:
        reference = Path(directory)
        children = [_Child(python, project, _asked(emission, project, requests, reference=False))]
        try:
            if key not in _REFERENCES:
                _lay(reference, emission)
                asked = _asked(emission, reference, requests, reference=True)
                children.append(_Child(python, reference, asked))
            said = _gathered(children, time.monotonic() + SECONDS)
        finally:
            for each in children:
                each.kill()
    if key not in _REFERENCES:
        what = f"what the spec yields ({package})"
        _REFERENCES.clear()
        _REFERENCES[key] = _read(said[1], children[1].nonce, what, requests)
    return _REFERENCES[key], _read(said[0], children[0].nonce, "the application", requests)


def _lay(place: Path, emission: Emission) -> None:
    inside = f"{emission.design.name}/"
    for path, content in emission.files.items():
        if path.startswith(inside):
            target = place / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
    (place / "asgi.py").write_text(ASGI.format(package=emission.design.name), encoding="utf-8")


def _requests(emission: Emission) -> Iterator[list[str]]:
    """Each operation without a token and with one that nobody signed, and some other paths."""
    contract = json.loads(emission.files[f"{emission.design.name}/openapi.json"])
    paths = contract.get("paths", {})
    for path, item in sorted(paths.items()):
        filled = path
        while "{" in filled:
            start, end = filled.index("{"), filled.index("}")
            filled = f"{filled[:start]}00000000-0000-4000-8000-000000000000{filled[end + 1 :]}"
        for method in sorted(item):
            if method.upper() in METHODS:
                yield [method.upper(), filled, ""]
                yield [method.upper(), filled, UNSIGNED]
    for path in PATHS:
        yield ["GET", path, ""]
    for method in METHODS:
        yield [method, "/nothing", ""]


def _asked(
    emission: Emission, place: Path, requests: list[list[str]], *, reference: bool
) -> Mapping[str, Any]:
    package = emission.design.name
    modules = [
        path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        for path in sorted(emission.files)
        if path.startswith(f"{package}/")
        and path.endswith(".py")
        and not path.startswith(f"{package}/development/")
        and not path.endswith("__main__.py")
    ]
    return {
        "root": str(place.resolve()),
        "package": package,
        "reference": reference,
        "modules": modules,
        "requests": requests,
        "bad": BAD,
        "host": HOST,
        "environment": _environment(emission),
    }


def _environment(emission: Emission) -> Mapping[str, str]:
    """Harmless settings, with fake secrets, as a server in production has them."""
    found = {
        "ENVIRONMENT": "production",
        "DATABASE_URL": f"postgresql://{emission.design.name}_app@127.0.0.1/{emission.design.name}",
        "ALLOWED_HOSTS": HOST,
        "PATH": "/usr/bin:/bin",
        "HOME": "/nonexistent",
        "LC_ALL": "C.UTF-8",
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUTF8": "1",
    }
    source = emission.files[f"{emission.design.name}/settings.py"]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            name = node.target.id
            if "SecretStr" in ast.unparse(node.annotation) and name.endswith(
                ("key", "keys", "secret", "previous")
            ):
                found[name.upper()] = FAKE
    return found


class _Child:
    """A process that imports the service in a directory."""

    def __init__(self, python: Path, place: Path, asked: Mapping[str, Any]) -> None:
        self.nonce = secrets.token_hex(16)
        content = json.dumps({**asked, "nonce": self.nonce}).encode()
        with tempfile.TemporaryFile() as given:
            given.write(content)
            given.seek(0)
            try:
                self.process = subprocess.Popen(  # noqa: S603 - the Python of the project
                    [os.fspath(python), "-s", "-B", os.fspath(CHILD)],
                    stdin=given,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    cwd=place,
                    env=dict(asked["environment"]),
                    start_new_session=True,
                    close_fds=True,
                )
            except OSError as error:
                raise ApplicationError(
                    f"{python} cannot be run: {error.strerror}. Make the environment of the "
                    "project with make setup, or name its Python."
                ) from None
        assert self.process.stdout is not None and self.process.stderr is not None
        self.out = self.process.stdout
        self.err = self.process.stderr

    def kill(self) -> None:
        """Ends it, and whatever it has begun."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.out.close()
        self.err.close()


_REFERENCES: Final[dict[tuple[str, str], Found]] = {}
"""What a spec yields as it runs, by the Python and the digest of the files; the last one alone."""


def _gathered(children: Sequence[_Child], ends: float) -> list[tuple[bytes, bytes]]:
    """What they wrote, until they end.

    Raises:
        ApplicationError: one takes too long, or says too much.
    """
    said = [(bytearray(), bytearray()) for _ in children]
    with selectors.DefaultSelector() as ready:
        for number, child in enumerate(children):
            ready.register(child.out, selectors.EVENT_READ, (number, 0))
            ready.register(child.err, selectors.EVENT_READ, (number, 1))
        while ready.get_map():
            left = ends - time.monotonic()
            if left <= 0:
                raise ApplicationError(
                    f"The application did not import within {SECONDS:.0f} seconds. See what its "
                    "modules do when they are imported."
                )
            for key, _ in ready.select(left):
                number, which = key.data
                content = os.read(key.fd, 65536)
                if not content:
                    ready.unregister(key.fileobj)
                    continue
                held = said[number][which]
                if which == 0 or len(held) < MAX_SAID:
                    held += content
                if len(held) > MAX_ANSWER:
                    raise ApplicationError("The application said too much while it was imported.")
    return [(bytes(out), bytes(err)) for out, err in said]


def _read(said: tuple[bytes, bytes], nonce: str, what: str, requests: list[list[str]]) -> Found:
    out, err = said
    last = " ".join(err.decode("utf-8", "replace").split())[-300:]
    try:
        answer = json.loads(out)
        assert answer["nonce"] == nonce
    except (ValueError, KeyError, TypeError, AssertionError, RecursionError):
        raise ApplicationError(
            f"{what[0].upper()}{what[1:]} ended without telling what it is made of. {last}".strip()
        ) from None
    if "error" in answer:
        where = f" at {answer['where']}" if answer.get("where") else ""
        error = str(answer["error"])
        refused = f" {last}" if error.startswith("SystemExit") else ""
        raise ApplicationError(
            f"{what[0].upper()}{what[1:]} cannot be imported: {error:.300}{where}.{refused} "
            "Install what requirements.txt pins into its environment, or mend the import."
        )
    try:
        found = answer["found"]
        tuples = {
            each: [tuple(one) for one in found[each]] for each in ("members", "others", "origins")
        }
        return Found(**{**found, **tuples, "requests": requests})
    except (KeyError, TypeError) as error:
        raise ApplicationError(f"{what} told nothing that can be read: {error}.") from None
