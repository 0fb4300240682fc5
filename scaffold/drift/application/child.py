"""Imports a service and tells what it is made of. Run by the Python of the project, by itself.

It is no module of scaffold where it runs: nothing but the standard library is there. What it is
asked comes as JSON on the standard input, and what it found goes to the descriptor that it had as
its standard output, once, at the end. Before the first line of the project runs, the network, other
processes and writing files are refused, and time, memory and files are bounded.
"""

from __future__ import annotations

import asyncio
import builtins
import contextlib
import dataclasses
import enum
import functools
import hashlib
import importlib
import importlib.machinery
import importlib.util
import json
import os
import re
import resource
import sys
import types
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dis import EXTENDED_ARG, hasconst
from pathlib import PurePath
from typing import Any, Final

REFUSED: Final = (
    "socket.connect",
    "socket.bind",
    "socket.sendto",
    "socket.sendmsg",
    "socket.getaddrinfo",
    "socket.gethostbyname",
    "subprocess.Popen",
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.spawn",
    "os.fork",
    "os.forkpty",
    "os.remove",
    "os.rename",
    "os.rmdir",
    "os.mkdir",
    "os.chmod",
    "os.chown",
    "os.link",
    "os.symlink",
    "os.truncate",
    "os.kill",
    "shutil.rmtree",
)
CPU_SECONDS: Final = 60
MEMORY: Final = 4 * 1024**3
FILES: Final = 256
DEPTH: Final = 6
EXTENDED: Final = EXTENDED_ARG
CONSTANTS: Final = frozenset(hasconst)
ADDRESS: Final = re.compile(r" at 0x[0-9a-f]+|0x[0-9a-f]{6,}")
SECRET: Final = re.compile(r"__pydantic_(core_schema|validator|serializer|setattr_handlers)__")
SKIPPED: Final = frozenset(
    {"__doc__", "__dict__", "__weakref__", "__module__", "__firstlineno__", "_abc_impl"}
    | {"__static_attributes__", "__annotate__", "__annotate_func__", "__annotations_cache__"}
    | {"__builtins__", "__loader__", "__spec__", "__cached__", "__file__", "__path__"}
    | {"__pydantic_complete__", "__pydantic_parent_namespace__", "__conditional_annotations__"}
)
SITE: Final = ("sitecustomize", "usercustomize")
DEVELOPER: Final = "of the developer"
WRITES: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND

Json = dict[str, Any]


class Guard:
    """Refuses what an import of a service has no business with, and remembers who tried."""

    def __init__(self, root: str) -> None:
        self.tried: list[list[str | int]] = []
        self._root = root
        self.on = True

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        """An audit hook."""
        if not self.on:
            return
        if event == "open":
            flags = arguments[2] if len(arguments) > 2 else 0
            if not (isinstance(flags, int) and flags & WRITES) or arguments[0] == os.devnull:
                return
        elif event not in REFUSED:
            return
        found = self._who()
        if found is not None:
            self.tried.append([event, *found])
        raise PermissionError(f"scaffold check refuses {event} while it imports the service")

    def _who(self) -> tuple[str, int] | None:
        """The innermost line of the project that is running."""
        frame: types.FrameType | None = sys._getframe(2)
        while frame is not None:
            name = frame.f_code.co_filename
            if name.startswith(self._root):
                return name[len(self._root) :], frame.f_lineno
            frame = frame.f_back
        return None


class Stubs:
    """In place of the hooks of the developer: modules in which every name is a function."""

    def find_spec(
        self, name: str, path: object = None, target: object = None
    ) -> importlib.machinery.ModuleSpec | None:
        """A module of hooks."""
        del path, target
        if name != "hooks" and not name.startswith("hooks."):
            return None
        return importlib.machinery.ModuleSpec(name, self, is_package=name == "hooks")  # type: ignore[arg-type]

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        """A module without a file."""
        return types.ModuleType(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        """Every name of it is one function."""

        async def stub(*_: object) -> dict[str, object]:
            return {}

        stub.__module__ = module.__name__
        setattr(module, "__getattr__", lambda name: stub)  # noqa: B010 - no such attribute yet


class Describe:
    """Says what a value is, in a text that is the same wherever and whenever the value is."""

    def __init__(self, root: str, package: str) -> None:
        self.root = root
        self.package = package
        self._digests: dict[types.CodeType, str] = {}
        self._files: dict[str, bool] = {}

    def own(self, module: str | None) -> bool:
        """Is a module one of the service?"""
        return module is not None and (
            module == self.package or module.startswith(f"{self.package}.")
        )

    def of_developer(self, value: Any) -> bool:
        """Was a function made by code of the developer?"""
        code = getattr(value, "__code__", None)
        module = getattr(value, "__module__", None)
        if isinstance(module, str) and (module == "hooks" or module.startswith("hooks.")):
            return True
        return isinstance(code, types.CodeType) and self.developer_file(code.co_filename)

    def developer_file(self, name: str) -> bool:
        """Is a file one of the project, and not generated?"""
        known = self._files.get(name)
        if known is None:
            place = os.path.abspath(name) if not name.startswith("<") else name
            inside = place.startswith(self.root) and "site-packages" not in place
            known = inside and not place.startswith(f"{self.root}{self.package}{os.sep}")
            self._files[name] = known
        return known

    def code(self, code: types.CodeType) -> str:
        """The digest of a code object, whatever its comments, docstrings and lines."""
        known = self._digests.get(code)
        if known is None:
            known = self._digests[code] = self._code(code)
        return known

    def _code(self, code: types.CodeType) -> str:
        digest = hashlib.sha256()
        raw = code.co_code
        argument = 0
        for at in range(0, len(raw), 2):
            op, low = raw[at], raw[at + 1]
            argument = argument << 8 | low
            if op in CONSTANTS and argument < len(code.co_consts):
                digest.update(bytes((op,)))
                digest.update(self._constant(code.co_consts[argument]).encode())
                argument = 0
            else:
                digest.update(bytes((op, low)))
                if op != EXTENDED:
                    argument = 0
        about = (
            *(code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars),
            *(code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount),
            *(code.co_flags & ~0x4000000, code.co_qualname, code.co_exceptiontable),
        )
        digest.update(repr(about).encode())
        return digest.hexdigest()[:16]

    def _constant(self, value: object) -> str:
        if isinstance(value, types.CodeType):
            return f"<{self.code(value)}>"
        if isinstance(value, frozenset):
            return f"frozenset({sorted(map(repr, value))})"
        return f"{type(value).__name__}:{value!r}"

    def value(self, value: Any, depth: int = DEPTH) -> str:
        """What a value is."""
        kind = type(value)
        if value is None or kind in (bool, int, float, complex):
            return repr(value)
        if kind in (str, bytes):
            text = value.replace(self.root, "<project>/") if kind is str else value
            return repr(text) if len(text) < 60 else f"{kind.__name__} {_hash(repr(text))}"
        if isinstance(value, types.FunctionType):
            return self.function(value, depth)
        if isinstance(value, types.BuiltinFunctionType | types.MethodWrapperType):
            return f"builtin {value.__module__}.{value.__qualname__}"
        if isinstance(value, types.MethodType):
            owner = self.value(value.__self__, depth - 3)
            return f"method {self.value(value.__func__, depth)} of {owner}"
        if isinstance(value, types.ModuleType):
            return f"module {value.__name__}"
        if isinstance(value, type):
            if self.of_developer_class(value):
                return f"class {DEVELOPER}"
            return f"class {value.__module__}.{value.__qualname__}"
        if isinstance(value, staticmethod | classmethod):
            return f"{kind.__name__} {self.value(value.__func__, depth)}"
        if isinstance(value, property):
            parts = (value.fget, value.fset, value.fdel)
            return f"property {[self.value(each, depth) for each in parts]}"
        if isinstance(value, enum.Enum):
            return f"{kind.__qualname__}.{value.name}"
        if depth <= 0:
            return f"{kind.__module__}.{kind.__qualname__}"
        return self._inside(value, kind, depth - 1)

    def _inside(self, value: Any, kind: type, depth: int) -> str:
        name = f"{kind.__module__}.{kind.__qualname__}"
        if isinstance(value, tuple | list):
            return f"{name}[{', '.join(self.value(each, depth) for each in value)}]"
        if isinstance(value, set | frozenset):
            return f"{name}[{', '.join(sorted(self.value(each, depth) for each in value))}]"
        if isinstance(value, dict | types.MappingProxyType):
            pairs = (f"{self.value(k, depth)}: {self.value(v, depth)}" for k, v in value.items())
            return f"{name}{{{', '.join(sorted(pairs))}}}"
        if isinstance(value, functools.partial):
            return f"partial {self.value([value.func, value.args, value.keywords], depth)}"
        if isinstance(value, re.Pattern):
            return f"pattern {value.pattern!r} {value.flags}"
        if isinstance(value, PurePath):
            return f"path {str(value).replace(self.root, '<project>/')}"
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            fields = {
                each.name: getattr(value, each.name, None) for each in dataclasses.fields(value)
            }
            return f"{name}({self._pairs(fields, depth)})"
        if self.own(kind.__module__):
            held = dict(getattr(value, "__dict__", {}))
            for base in kind.__mro__:
                slots = base.__dict__.get("__slots__", ())
                for slot in (slots,) if isinstance(slots, str) else slots:
                    if hasattr(value, slot):
                        held[slot] = getattr(value, slot)
            return f"{name}({self._pairs(held, depth)})"
        if kind.__module__.partition(".")[0] in ("typing", "types", "datetime", "decimal", "uuid"):
            return self._plain(value)
        if kind.__name__ == "TypeAdapter":
            return f"adapter {self._plain(value._type)} {self._plain(value._config)}"
        if kind.__name__ in ("FieldInfo", "DecoratorInfos", "ConfigDict"):
            return self._plain(value)
        return name

    def _pairs(self, held: Mapping[str, Any], depth: int) -> str:
        return ", ".join(f"{k}={self.value(v, depth)}" for k, v in sorted(held.items()))

    def _plain(self, value: object) -> str:
        try:
            text = ADDRESS.sub("", repr(value)).replace(self.root, "<project>/")
        except Exception as error:
            text = type(error).__name__
        return text if len(text) < 80 else f"{text[:40]}... {_hash(text)}"

    def of_developer_class(self, value: type) -> bool:
        """Was a class made by code of the developer?"""
        module = sys.modules.get(value.__module__)
        name = getattr(module, "__file__", None)
        return isinstance(name, str) and self.developer_file(name)

    def function(self, value: types.FunctionType, depth: int) -> str:
        """What a function is: its code, its defaults and what it encloses."""
        if self.of_developer(value):
            return DEVELOPER
        name = f"function {value.__module__}.{value.__qualname__}"
        if not self.own(value.__module__):
            return f"{name} {os.path.basename(value.__code__.co_filename)}"
        more = [value.__defaults__, value.__kwdefaults__]
        cells = []
        for cell in value.__closure__ or ():
            try:
                cells.append(cell.cell_contents)
            except ValueError:
                cells.append(None)
        inside = ""
        if any(more) or cells:
            inside = self.value([*more, *cells], min(depth - 1, 2))
        return f"{name} {self.code(value.__code__)} {inside}".rstrip()


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:16]


class Snapshot:
    """What the modules of a process hold."""

    def __init__(self, describe: Describe) -> None:
        self._say = describe

    def service(self) -> Iterator[tuple[str, str, int]]:
        """Every function, class and constant of the service: name, what it is, and its line."""
        for name, module in sorted(sys.modules.items()):
            if self._say.own(name) and isinstance(module, types.ModuleType):
                yield from self._members(name, vars(module), name)
            elif self._say.own(name):
                yield name, f"no module but a {type(module).__name__}", 1

    def _members(
        self, at: str, held: Mapping[str, Any], module: str
    ) -> Iterator[tuple[str, str, int]]:
        for name, value in sorted(held.items()):
            if name in SKIPPED or not isinstance(name, str):
                continue
            if isinstance(value, types.ModuleType) and self._say.own(value.__name__):
                continue
            key = f"{at}.{name}"
            if SECRET.fullmatch(name):
                yield key, f"{type(value).__module__}.{type(value).__name__}", 1
            elif isinstance(value, type) and value.__module__ == module and at.count(".") < 12:
                bases = ", ".join(self._say.value(each) for each in value.__mro__[1:])
                yield key, f"class of ({bases})", 1
                yield from self._members(key, vars(value), module)
            else:
                yield key, self._say.value(value), _line(value)

    def others(self) -> Iterator[tuple[str, str, str, int]]:
        """Functions of all other modules: name, what it is, and where the developer made it."""
        for name, module in sorted(sys.modules.items()):
            file = getattr(module, "__file__", None)
            if self._say.own(name) or name in ("__main__", "hooks") or name.startswith("hooks."):
                continue
            if isinstance(file, str) and self._say.developer_file(file):
                continue
            if not isinstance(module, types.ModuleType):
                continue
            for attribute, value in sorted(vars(module).items(), key=lambda each: str(each[0])):
                key = f"{name}.{attribute}"
                if isinstance(value, type):
                    if value.__module__ == name:
                        yield key, f"class {value.__qualname__}", *self._made(value)
                        for inner, member in [*vars(value).items()]:
                            yield from self._other(f"{key}.{inner}", member)
                    else:
                        said = f"class {value.__module__}.{value.__qualname__}"
                        yield key, said, *self._made(value)
                else:
                    yield from self._other(key, value)

    def _other(self, key: str, value: Any) -> Iterator[tuple[str, str, str, int]]:
        inner = value
        if isinstance(value, staticmethod | classmethod):
            inner = value.__func__
        elif isinstance(value, property):
            inner = value.fget
        elif isinstance(value, functools.partial):
            inner = value.func
        if isinstance(inner, types.FunctionType):
            where = os.path.basename(inner.__code__.co_filename)
            line = inner.__code__.co_firstlineno
            yield key, f"{inner.__qualname__} {where}:{line}", *self._made(inner)
        elif isinstance(inner, types.BuiltinFunctionType):
            yield key, f"builtin {inner.__module__}.{inner.__qualname__}", "", 0
        elif callable(inner) and self._say.of_developer_class(type(inner)):
            yield key, DEVELOPER, *self._made(type(inner))
        elif type(inner) is bool and not key.startswith("sys."):
            yield key, repr(inner), "", 0

    def _made(self, value: Any) -> tuple[str, int]:
        """The file and the line of what the developer made; nothing for all else."""
        code = getattr(value, "__code__", None)
        if isinstance(code, types.CodeType) and self._say.of_developer(value):
            return code.co_filename.removeprefix(self._say.root), code.co_firstlineno
        if isinstance(value, type) and self._say.of_developer_class(value):
            file = str(getattr(sys.modules.get(value.__module__), "__file__", ""))
            return file.removeprefix(self._say.root), 1
        return "", 0


def _line(value: Any) -> int:
    inner = getattr(value, "__func__", getattr(value, "fget", value))
    code = getattr(inner, "__code__", None)
    return code.co_firstlineno if isinstance(code, types.CodeType) else 1


class Nothing:
    """A database that answers nothing."""

    @classmethod
    async def connect(cls, *_: object, **__: object) -> Nothing:
        """Connected to nothing."""
        return cls()

    async def close(self) -> None:
        """Nothing to close."""

    def __getattr__(self, name: str) -> Callable[..., Awaitable[object]]:
        async def refused(*_: object, **__: object) -> object:
            raise ConnectionError(name)

        return refused


async def _send(
    app: Any, number: int, method: str, path: str, headers: list[tuple[bytes, bytes]]
) -> str:
    """The status of an answer, or what was raised instead. Each request has its own address."""
    sent: list[Mapping[str, Any]] = []
    given = iter([{"type": "http.request", "body": b"", "more_body": False}])

    async def receive() -> Mapping[str, Any]:
        return next(given, {"type": "http.disconnect"})

    async def send(message: Mapping[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "https",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": headers,
        "client": (f"198.18.{number // 250}.{number % 250 + 1}", 4321),
        "server": ("service.example.com", 443),
        "state": {},
        "extensions": {},
    }
    try:
        async with asyncio.timeout(2):
            await app(scope, receive, send)
    except Exception as error:
        return f"raises {type(error).__name__}"
    for each in sent:
        if each.get("type") == "http.response.start":
            return str(each["status"])
    return "no answer"


async def _probe(app: Any, asked: list[list[Any]], host: str) -> list[str]:
    """The answers to some requests, while the application is started."""
    started = asyncio.Event()
    ended = asyncio.Event()
    said: list[str] = []

    async def receive() -> Mapping[str, Any]:
        if not started.is_set():
            started.set()
            return {"type": "lifespan.startup"}
        await ended.wait()
        return {"type": "lifespan.shutdown"}

    async def send(message: Mapping[str, Any]) -> None:
        said.append(str(message.get("type")))

    scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}
    life = asyncio.ensure_future(app(scope, receive, send))
    for _ in range(200):
        await asyncio.sleep(0)
        if said or life.done():
            break
    answers = [" ".join(said) or "lifespan ended"]
    for number, (method, path, token) in enumerate(asked):
        headers = [(b"host", host.encode())]
        if token:
            headers.append((b"authorization", f"Bearer {token}".encode()))
        answers.append(await _send(app, number, method, path, headers))
    ended.set()
    done, _ = await asyncio.wait([life], timeout=2)
    del done
    life.cancel()
    return answers


def _chain(app: Any, service: type | None, describe: Describe) -> list[str]:
    """What an application is made of, from the outside to the service, with digests of the code
    that the developer wrote."""
    found: list[str] = []
    seen: set[int] = set()
    while app is not None and id(app) not in seen and len(found) < 20:
        seen.add(id(app))
        kind = type(app)
        name = getattr(app, "__qualname__", None) if callable(app) else None
        digest = "" if kind is service else _fabric(app, describe)
        found.append(str(name or f"{kind.__module__}.{kind.__qualname__}") + digest)
        if service is not None and kind is service:
            break
        app = _inner(app, service)
    return found


def _fabric(app: Any, describe: Describe) -> str:
    """A digest of the code of the developer that something is made of; empty where it is none."""
    held = [app, *(each for base in type(app).__mro__ for each in vars(base).values())]
    codes = [
        describe.code(code)
        for each in held
        if isinstance(code := getattr(each, "__code__", None), types.CodeType)
        and describe.developer_file(code.co_filename)
    ]
    return f" ({_hash(' '.join(codes))})" if codes else ""


def _inner(app: Any, service: type | None) -> Any:
    names = ("app", "_app", "inner", "_inner", "wrapped", "application", "asgi", "__wrapped__")
    held = [getattr(app, each, None) for each in (*names, "func", "__func__")]
    held += [*getattr(app, "__dict__", {}).values()] if not isinstance(app, type) else []
    for cell in getattr(app, "__closure__", None) or ():
        try:
            held.append(cell.cell_contents)
        except ValueError:
            continue
    exact = [each for each in held if service is not None and type(each) is service]
    return next(iter(exact or [each for each in held if callable(each)]), None)


def _texts(describe: Describe) -> list[str]:
    """Texts in the code of the developer that look like paths."""
    found: set[str] = set()
    left: list[types.CodeType] = []
    for name, module in [*sys.modules.items()]:
        file = getattr(module, "__file__", None)
        if name == "__main__" or not isinstance(file, str) or not describe.developer_file(file):
            continue
        for value in [*vars(module).values()]:
            _gather(value, found, left, 0)
    seen: set[types.CodeType] = set()
    while left and len(seen) < 5000:
        code = left.pop()
        if code in seen:
            continue
        seen.add(code)
        for each in code.co_consts:
            _gather(each, found, left, 0)
    return sorted(each for each in found if len(each) < 100)[:200]


def _gather(value: Any, found: set[str], left: list[types.CodeType], depth: int) -> None:
    if isinstance(value, str) and value.startswith("/") and value.isprintable():
        found.add(value.split("?")[0])
    elif isinstance(value, types.CodeType):
        left.append(value)
    elif isinstance(value, types.FunctionType):
        left.append(value.__code__)
    elif isinstance(value, tuple | list | set | frozenset | dict) and depth < 3:
        for each in [*value][:500]:
            _gather(each, found, left, depth + 1)
    elif isinstance(value, type) and depth < 3:
        for each in [*vars(value).values()]:
            _gather(each, found, left, depth + 1)


def _origins(root: str, describe: Describe) -> Iterator[tuple[str, str, bool]]:
    """Where each module comes from, and whether Python has another one of that name elsewhere."""
    elsewhere = [each for each in sys.path if os.path.abspath(each or ".") + os.sep != root]
    asked: dict[str, bool] = {}
    for name, module in sorted(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if name == "__main__" or not isinstance(file, str):
            if describe.own(name):
                yield name, "no file", False
            continue
        inside = os.path.abspath(file).startswith(root) and "site-packages" not in file
        top = name.partition(".")[0]
        if inside and top not in asked:
            asked[top] = top in sys.stdlib_module_names or (
                importlib.machinery.PathFinder.find_spec(top, elsewhere) is not None
            )
        place = os.path.abspath(file).removeprefix(root) if inside else os.path.basename(file)
        yield name, f"{'project: ' if inside else ''}{place}", inside and asked[top]


def _machinery(root: str, stubs: object) -> Json:
    """What decides how modules are found."""

    def named(each: Any) -> str:
        held = each if hasattr(each, "__qualname__") else type(each)
        return f"{held.__module__}.{held.__qualname__}"

    return {
        "meta_path": [named(each) for each in sys.meta_path if each is not stubs],
        "path_hooks": [named(each) for each in sys.path_hooks],
        "path": [
            os.path.abspath(each or ".").replace(root.rstrip(os.sep), "<project>")
            for each in sys.path
        ],
        "site": sorted(
            f"{name} ({getattr(sys.modules[name], '__file__', None)})"
            for name in SITE
            if name in sys.modules
        )
        + [
            f"{name} (in the project)"
            for name in SITE
            if importlib.machinery.PathFinder.find_spec(name, [root]) is not None
        ],
        "traced": [str(bool(sys.gettrace())), str(bool(sys.getprofile()))],
    }


def _attempts(package: str, bad: list[Json]) -> list[str]:
    """What becomes of settings that are to be refused."""
    found = []
    for each in bad:
        try:
            settings = sys.modules[f"{package}.settings"].Settings
            known = {name: value for name, value in each.items() if name in settings.model_fields}
            if not known:
                found.append("not asked")
                continue
            sys.modules[f"{package}.app"].create_app(settings(**known))
            found.append("accepted")
        except Exception as error:
            found.append(f"refused: {type(error).__name__}")
    return found


def run(asked: Json) -> Json:
    """Imports the service and says what it is made of."""
    root = os.path.join(os.path.realpath(asked["root"]), "")
    package = asked["package"]
    guard = Guard(root)
    sys.addaudithook(guard)
    sys.path[0] = root.rstrip(os.sep)
    describe = Describe(root, package)
    stubs = Stubs()
    if asked["reference"]:
        sys.meta_path.insert(0, stubs)
    app = getattr(importlib.import_module("asgi"), "app", None)
    failed: dict[str, str] = {}
    for name in asked["modules"]:
        try:
            importlib.import_module(name)
        except Exception as error:
            failed[name] = type(error).__name__
    service = getattr(sys.modules.get(f"{package}.app"), "Service", None)
    snapshot = Snapshot(describe)
    found: Json = {
        "chain": _chain(app, service, describe),
        "exact": service is not None and type(app) is service,
        "instance": describe.value(app, 5) if service is not None and type(app) is service else "",
        "members": [*snapshot.service()],
        "others": [*snapshot.others()],
        "origins": [*_origins(root, describe)],
        "machinery": _machinery(root, stubs),
        "failed": failed,
        "routes": _routes(app, describe),
        "table": _table(package, describe),
        "builtin": describe.value(builtins.__import__),
    }
    extra = [] if asked["reference"] else _texts(describe)
    found["attempts"] = _attempts(package, asked["bad"])
    module = sys.modules.get(f"{package}.app")
    if module is not None:
        module.Database = Nothing  # type: ignore[attr-defined]
        module.check_database = Nothing.connect  # type: ignore[attr-defined]
    requests = [*asked["requests"], *(["GET", each, ""] for each in extra)]
    os.environ["PYTHONASYNCIODEBUG"] = ""
    found["answers"] = asyncio.run(_probe(app, requests, asked["host"]))
    found["extra"] = extra
    found["late"] = _late(found["members"], snapshot)
    found["tried"] = guard.tried
    return found


def _late(members: list[tuple[str, str, int]], snapshot: Snapshot) -> list[str]:
    """Functions of the service that are other ones once requests were answered."""
    before = {name: value for name, value, _ in members}
    return [
        name
        for name, value, _ in snapshot.service()
        if name in before
        and before[name] != value
        and (before[name].startswith("function ") or value.startswith(("function ", DEVELOPER)))
        and not name.endswith((".app.Database", ".app.check_database"))
    ]


def _routes(app: Any, describe: Describe) -> list[list[str]]:
    """What is answered beside the table."""
    router = getattr(app, "_router", None)
    found = []
    for each in getattr(router, "routes", ()):
        about = (getattr(each, "path", type(each).__name__), getattr(each, "methods", None))
        endpoint = getattr(each, "endpoint", getattr(each, "app", None))
        found.append([str(about[0]), repr(sorted(about[1] or ())), describe.value(endpoint, 2)])
    return sorted(found)


def _table(package: str, describe: Describe) -> dict[str, str]:
    """The rows of the table of operations."""
    module = sys.modules.get(f"{package}.operations")
    rows = getattr(module, "OPERATIONS", ())
    found: dict[str, str] = {}
    for each in rows:
        key = f"{getattr(each, 'method', '?')} {getattr(each, 'path', '?')}"
        while key in found:
            key += " (again)"
        found[key] = describe.value(each, 4)
    return found


def main() -> None:
    """Reads what is asked, and answers on the descriptor of the standard output."""
    asked = json.loads(sys.stdin.buffer.read())
    answer = os.dup(1)
    os.set_inheritable(answer, False)
    null = os.open(os.devnull, os.O_RDWR)
    for each in (0, 1):
        os.dup2(null, each)
    for what, most in (
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        with contextlib.suppress(ValueError, OSError):  # not every system bounds everything
            resource.setrlimit(what, (most, most))
    dumps, write, leave, nonce = json.dumps, os.write, os._exit, asked["nonce"]
    try:
        found: Json = {"nonce": nonce, "found": run(asked)}
    except BaseException as error:
        said = " ".join(str(error).split())[:300]
        found = {
            "nonce": nonce,
            "error": f"{type(error).__name__}: {said}",
            "where": _where(error),
        }
    content = dumps(found).encode()
    while content:
        content = content[write(answer, content) :]
    leave(0)


def _where(error: BaseException) -> str:
    """The innermost line of the project in a traceback."""
    found = ""
    trace = error.__traceback__
    here = os.getcwd()
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if name.startswith(here):
            found = f"{name[len(here) + 1 :]}:{trace.tb_lineno}"
        trace = trace.tb_next
    return found


if __name__ == "__main__":
    main()
