"""What reaches a request beside the table of operations: asgi.py, and applications of one's own."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from scaffold.drift.code.rule import ASGI, Reading, hazard, in_file, in_hook, matches, tail
from scaffold.drift.code.source import Function, Module, Scope
from scaffold.drift.code.values import code_digest, constant, digest
from scaffold.drift.facts import Fact
from scaffold.drift.rule import Rule

WRAPPER: Final = hazard(
    "SCF315",
    "application-wrapped",
    "critical",
    "AZ-1",
    what="What stands around the service in asgi.py: middleware, or an application that has "
    "the service inside, each by its name, its arguments and a digest of its code where "
    "it is yours.",
    why="A wrapper sees every request first, and may answer it itself, change it, or let it "
    "through without the gate.",
    remedy="Leave `app = configured()`. If the wrapper is wanted, have exactly this one approved.",
    example=in_file(
        "asgi.py",
        ASGI,
        "from invoicing.app import configured\nfrom tracing import Tracing\n\n"
        "app = Tracing(configured())\n",
        f'"""The application."""\n\n{ASGI}\n__all__ = ["app"]\n',
    ),
)
STATEMENT: Final = hazard(
    "SCF316",
    "application-prepared",
    "high",
    "AZ-1",
    what="Anything else that asgi.py does or imports than to make the service, and to set up logs.",
    why="It runs before the first request, in the process that serves them: it can change the "
    "environment, the table of operations, or what the server finds as `app`.",
    remedy="Leave it out, or have it approved as it is.",
    example=in_file(
        "asgi.py",
        ASGI,
        f'import os\n\nos.environ["ALLOWED_HOSTS"] = "*"\n{ASGI}',
        f"import logging\n\nlogging.basicConfig()\n{ASGI}",
    ),
)
ROUTES: Final = hazard(
    "SCF317",
    "routes-beside-the-table",
    "critical",
    "AZ-1",
    "API-3",
    what="Applications, routes, mounts, middleware and servers in the developer's code.",
    why="What is not in the table of operations has no permission, no tenant, no limit, and "
    "no place in the contract.",
    remedy="Declare an action in scaffold.yaml, and write its hook.",
    example=in_file(
        "hooks/extra.py",
        None,
        "from starlette.routing import Route\n\n\nasync def peek(_):\n    return None\n\n\n"
        'routes = [Route("/peek", peek)]\n',
        'ROUTES = ["/peek"]\n\n\ndef route(path):\n    return ROUTES.index(path)\n',
    ),
)
HIDDEN: Final = hazard(
    "SCF318",
    "hidden-from-contract",
    "high",
    "API-3",
    what="include_in_schema=False, and documents that are switched off for some routes.",
    why="What the contract does not have is not tested against it.",
    remedy="Declare it in scaffold.yaml.",
    example=in_hook(
        'settings = dict(path="/x", include_in_schema=False)',
        'settings = dict(path="/x", include_in_schema=True)',
    ),
)
EDGE: Final = hazard(
    "SCF319",
    "edge-opened",
    "high",
    "OPS-3",
    what="CORS middleware, any host or proxy trusted, debug answers.",
    why="Any page of the web may then read with a person's session, limits count an address "
    "that the caller writes, and errors tell what the code is.",
    remedy="Use ALLOWED_HOSTS and TRUSTED_PROXIES of the service's settings.",
    example=in_hook(
        'options = {"app": "asgi:app"}\nuse = dict(options, forwarded_allow_ips="*")',
        'options = {"app": "asgi:app"}\nuse = dict(options, forwarded_allow_ips="10.0.0.1")',
    ),
)
RULES: Final[tuple[Rule, ...]] = (WRAPPER, STATEMENT, ROUTES, HIDDEN, EDGE)

FRAMEWORKS: Final = (
    *("starlette.applications.", "starlette.routing.", "starlette.staticfiles."),
    *("starlette.middleware.", "starlette.endpoints.", "starlette.websockets."),
    *("fastapi.", "flask.", "quart.", "sanic.", "falcon.", "bottle.", "litestar.", "blacksheep."),
    *("aiohttp.web.", "tornado.web.", "tornado.httpserver.", "django.", "cherrypy.", "robyn."),
    *("http.server.", "wsgiref.", "socketserver.", "xmlrpc.server.", "asyncio.start_server"),
    *("asyncio.start_unix_server", "grpc.server", "grpc.aio.server", "websockets.serve"),
    *("websockets.server.", "uvicorn.run", "uvicorn.Server", "hypercorn.", "gunicorn.", "granian."),
    *("a2wsgi.", "asgiref.wsgi.", "strawberry.asgi.", "ariadne.asgi.", "socketio.", "connexion."),
)
_ADDS: Final = frozenset(
    {"add_route", "add_websocket_route", "add_api_route", "add_api_websocket_route", "mount"}
    | {"add_middleware", "include_router", "add_event_handler", "add_exception_handler"}
    | {"add_url_rule", "register_blueprint", "exception_handler", "api_route", "websocket_route"}
    | {"websocket", "create_server", "create_unix_server", "add_get", "add_post", "add_static"}
)
_VERBS: Final = frozenset(
    {"get", "post", "put", "patch", "delete", "head", "options", "route", "trace", "middleware"}
)
_SERVERS: Final = frozenset({"listen", "bind"})
_CORS: Final = (
    *("starlette.middleware.cors.", "fastapi.middleware.cors.", "flask_cors.", "aiohttp_cors."),
    *("uvicorn.middleware.proxy_headers.", "werkzeug.middleware.proxy_fix."),
)
_OPEN: Final = frozenset(
    {
        "allow_origins",
        "allowed_hosts",
        "trusted_proxies",
        "forwarded_allow_ips",
        "trusted_hosts",
        "allow_origin_regex",
    }
)


def find(reading: Reading) -> Iterator[Fact]:
    """The facts of a module."""
    if reading.test:
        return
    if reading.module.path == "asgi.py":
        yield from _asgi(reading)
    yield from _routes(reading)
    yield from _classes(reading)
    yield from _keywords(reading)


def _asgi(reading: Reading) -> Iterator[Fact]:
    module = reading.module
    scope = module.scope
    configured = f"{module.package}.app.configured"
    made = False
    used: set[str] = set()
    for node in module.tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and _is_app(node):
            made = True
            yield from _wrappers(reading, node.value, scope, configured, used)
    if not made:
        says = "has no `app = configured()`: what is served is something else"
        yield reading.fact(WRAPPER, module.tree, scope, "no application", says)
    for node in module.tree.body:
        if not isinstance(node, ast.Assign | ast.AnnAssign) or not _is_app(node):
            yield from _statement(reading, node, scope, used)


def _is_app(node: ast.Assign | ast.AnnAssign) -> bool:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return any(isinstance(each, ast.Name) and each.id == "app" for each in targets)


def _wrappers(
    reading: Reading, node: ast.expr | None, scope: Scope, configured: str, used: set[str]
) -> Iterator[Fact]:
    """What stands around `configured()`, from the outside."""
    left = 20
    while node is not None and left > 0:
        left -= 1
        if isinstance(node, ast.Name) and (where := scope.where(node.id)) is scope:
            used.add(node.id)
            values = [each for each, _ in where.assigned.get(node.id, ())]
            others = [each for each in values if not isinstance(each, ast.Name)]
            # `app` again and again: each assignment is one of the module, and is walked by itself.
            node = others[-1] if others and node.id != "app" else None
            continue
        origin = reading.module.origin(node.func, scope) if isinstance(node, ast.Call) else None
        if isinstance(node, ast.Call) and origin == configured:
            if node.args or node.keywords:
                says = f"makes the service as {reading.shown(node, scope)}"
                yield reading.fact(WRAPPER, node, scope, reading.shown(node, scope), says)
            return
        if not isinstance(node, ast.Call):
            what = reading.shown(node, scope)
            yield reading.fact(WRAPPER, node, scope, what, f"serves {what}")
            return
        values = [*node.args, *(each.value for each in node.keywords)]
        inner = next((each for each in values if _leads(reading, each, scope, configured)), None)
        what = _call(reading, node, scope, inner)
        yield reading.fact(WRAPPER, node, scope, what, f"wraps the service in {what}")
        node = inner


def _leads(reading: Reading, node: ast.expr, scope: Scope, configured: str) -> bool:
    for each in ast.walk(node):
        if isinstance(each, ast.Name) and each.id in ("app", "service", "application", "inner"):
            return True
        if isinstance(each, ast.Call):
            origin = reading.module.origin(each.func, scope)
            if origin == configured:
                return True
        if isinstance(each, ast.Name) and (where := scope.where(each.id)):
            for value, _ in where.assigned.get(each.id, ()):
                made = isinstance(value, ast.Call) and value is not node and value.func
                if made and reading.module.origin(made, scope) == configured:
                    return True
    return False


def _call(reading: Reading, node: ast.Call, scope: Scope, inner: ast.expr | None) -> str:
    """A wrapper without what it wraps."""
    given = [reading.shown(each, scope) for each in node.args if each is not inner]
    given += sorted(
        f"{each.arg or '**'}={reading.shown(each.value, scope)}"
        for each in node.keywords
        if each.value is not inner
    )
    name = reading.shown(node.func, scope)
    dotted = reading.module.origin(node.func, scope)
    if dotted and reading.module.project:
        reading.module.project.wrapped.add(dotted)
    return f"{name}({', '.join(given)}){own_code(reading.module, node.func, scope)}"


def own_code(module: Module, node: ast.AST, scope: Scope) -> str:
    """A digest of the developer's own code that a name is of, in words; else nothing."""
    found: Scope | None = None
    dotted = module.origin(node, scope)
    if dotted and module.project:
        there = module.project.found(dotted)
        found = there[1] if there else None
    if found is None and isinstance(node, ast.Name) and (where := scope.where(node.id)):
        found = where.children.get(node.id)
    return f" with the code #{code_digest(found)}" if found is not None else ""


def _statement(reading: Reading, node: ast.stmt, scope: Scope, used: set[str]) -> Iterator[Fact]:
    module = reading.module
    if isinstance(node, ast.Import | ast.ImportFrom):
        yield from _import(reading, node, scope)
        return
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return
    if isinstance(node, ast.Assign) and all(
        isinstance(each, ast.Name) and (each.id == "__all__" or each.id in used)
        for each in node.targets
    ):
        return
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        if matches(module.origin(node.value.func, scope), "logging."):
            return
        what = reading.shown(node.value, scope)
        yield reading.fact(STATEMENT, node, scope, what, f"does more than make the service: {what}")
        return
    if isinstance(node, ast.If) and any(id(each) in module.typing_only for each in node.body):
        return
    if isinstance(node, Function | ast.ClassDef):
        inside = scope.children[node.name]
        if module.project and f"{module.dotted}.{node.name}" in module.project.wrapped:
            return  # told with the wrapper
        what = f"{node.name} with the code #{code_digest(inside)}"
        yield reading.fact(STATEMENT, node, scope, node.name, f"has code of its own: {what}")
        return
    if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        names = ", ".join(reading.shown(each, scope) for each in targets)
        if isinstance(node.value, ast.Constant) and all(isinstance(t, ast.Name) for t in targets):
            return
        what = f"{names} = {reading.shown(node.value, scope)}"
        yield reading.fact(STATEMENT, node, scope, what, f"does more than make the service: {what}")
        return
    what = f"{type(node).__name__.lower()} #{digest(ast.dump(node))}"
    yield reading.fact(STATEMENT, node, scope, what, f"does more than make the service: {what}")


def _import(reading: Reading, node: ast.Import | ast.ImportFrom, scope: Scope) -> Iterator[Fact]:
    """Imports of one's own modules, which run code: not of what is used as a wrapper."""
    module = reading.module
    names = [(each.asname or each.name.partition(".")[0], each.name) for each in node.names]
    base = "" if isinstance(node, ast.Import) else f"{node.module or ''}."
    for bound, name in names:
        dotted = f"{base}{name}"
        if module.project is None:
            continue
        words = dotted.split(".")
        own = any(".".join(words[:n]) in module.project.modules for n in range(1, len(words) + 1))
        if not own or own_code(module, ast.Name(bound, ast.Load()), scope):
            continue
        yield reading.fact(
            STATEMENT, node, scope, f"import {dotted}", f"imports {dotted}, whose code runs first"
        )


def _routes(reading: Reading) -> Iterator[Fact]:
    seen: set[tuple[str, str]] = set()
    for each in reading.mentions:
        if not matches(each.origin, *FRAMEWORKS) or _is_type(each.origin):
            continue
        if reading.module.path == "asgi.py" and matches(
            each.origin, *_CORS, "starlette.middleware."
        ):
            continue
        if each.call is None and not isinstance(each.node, ast.Attribute | ast.Name):
            continue
        what = reading.called(each)
        if (each.scope.name, each.origin) in seen and each.call is None:
            continue
        seen.add((each.scope.name, each.origin))
        yield _route(reading, each.node, each.scope, what)
    for call, scope in reading.module.of(ast.Call):
        name = tail(call.func)
        if not isinstance(call.func, ast.Attribute):
            continue
        path = constant(reading.module, call.args[0], scope) if call.args else None
        verb = (
            name in _VERBS and path is not None and path.startswith("/") and _decorates(call, scope)
        )
        if verb or (name in _ADDS and (path is None or path.startswith("/") or name[:4] == "add_")):
            yield _route(reading, call, scope, f"{name}({path or '...'!s})")
        elif name in _SERVERS and reading.served and _is_socket(reading, call.func.value, scope):
            yield _route(reading, call, scope, f"socket.{name}")


def _is_type(origin: str) -> bool:
    """Is it a name that annotations have?"""
    return origin.rpartition(".")[2] in (
        "Request",
        "Response",
        "WebSocket",
        "Scope",
        "HTTPException",
    )


def _decorates(call: ast.Call, scope: Scope) -> bool:
    for child in scope.children.values():
        if call in getattr(child.node, "decorator_list", ()):
            return True
    return False


def _is_socket(reading: Reading, node: ast.AST, scope: Scope) -> bool:
    if isinstance(node, ast.Name) and (where := scope.where(node.id)):
        return any(
            isinstance(value, ast.Call)
            and (reading.module.origin(value.func, where) or "").startswith("socket.")
            for value, _ in where.assigned.get(node.id, ())
        )
    return isinstance(node, ast.Call) and matches(
        reading.module.origin(node.func, scope), "socket."
    )


def _route(reading: Reading, node: ast.AST, scope: Scope, what: str) -> Fact:
    return reading.fact(ROUTES, node, scope, what, f"answers requests beside the table: {what}")


def _is_application(scope: Scope) -> bool:
    """Is it called as an ASGI application is?"""
    names = list(scope.parameters)
    if scope.is_function:
        return names[-3:] == ["scope", "receive", "send"]
    call = scope.children.get("__call__")
    return call is not None and len(call.parameters) == 4 and _asynchronous(call)


def _asynchronous(scope: Scope) -> bool:
    return isinstance(scope.node, ast.AsyncFunctionDef)


def _classes(reading: Reading) -> Iterator[Fact]:
    module = reading.module
    told = module.project.wrapped if module.project else set()
    if module.path == "asgi.py":
        return
    for node, scope in module.of(ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef):
        if f"{module.dotted}.{scope.name}" in told:
            continue
        # The methods of a class are told with it.
        inside = scope.parent is not None and isinstance(scope.parent.node, ast.ClassDef)
        if _is_application(scope) and not (inside and _is_application(scope.parent or scope)):
            what = f"application with the code #{code_digest(scope)}"
            says = f"is an application that sees requests, with the code #{code_digest(scope)}"
            yield reading.fact(ROUTES, node, scope, what, says)


def _keywords(reading: Reading) -> Iterator[Fact]:
    module = reading.module
    for keyword, scope in module.of(ast.keyword):
        name, value = keyword.arg, keyword.value
        true = isinstance(value, ast.Constant) and value.value is True
        if name == "include_in_schema" and not (isinstance(value, ast.Constant) and value.value):
            says = "hides a route from the contract: include_in_schema"
            yield reading.fact(HIDDEN, value, scope, "include_in_schema", says)
        elif name in ("openapi_url", "docs_url") and (
            isinstance(value, ast.Constant) and value.value is None
        ):
            yield reading.fact(HIDDEN, value, scope, name, f"hides the contract: {name}")
        elif name in _OPEN and _any(reading, value, scope):
            yield _edge(reading, value, scope, f"{name}='*'")
        elif true and (
            name in ("proxy_headers", "allow_credentials") or (name == "debug" and reading.served)
        ):
            yield _edge(reading, value, scope, f"{name}=True")
    for key, value, scope in _items(reading):
        if key == "include_in_schema" and isinstance(value, ast.Constant) and not value.value:
            says = "hides a route from the contract: include_in_schema"
            yield reading.fact(HIDDEN, value, scope, key, says)
        elif key.lower() in _OPEN and _any(reading, value, scope):
            yield _edge(reading, value, scope, f"{key}='*'")
    for each in reading.mentions:
        if matches(each.origin, *_CORS) and isinstance(each.node, ast.Name | ast.Attribute):
            what = reading.called(each) if each.call else each.origin
            yield _edge(reading, each.node, each.scope, what)


def _items(reading: Reading) -> Iterator[tuple[str, ast.expr, Scope]]:
    for node, scope in reading.module.of(ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                yield key.value, value, scope


def _any(reading: Reading, node: ast.expr, scope: Scope) -> bool:
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        return any(_any(reading, each, scope) for each in node.elts)
    text = constant(reading.module, node, scope)
    return text is not None and text.strip() in (
        "*",
        ".*",
        "https?://.*",
        "0.0.0.0/0",
        "null",
        "::/0",
    )


def _edge(reading: Reading, node: ast.AST, scope: Scope, what: str) -> Fact:
    return reading.fact(EDGE, node, scope, what, f"opens the edge of the service: {what}")
