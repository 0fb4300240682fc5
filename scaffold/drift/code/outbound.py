"""Calls of other machines: where they lead, and whether the other side is verified."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Final

from scaffold.drift.code.rule import Reading, argument, hazard, in_hook, matches, tail
from scaffold.drift.code.source import Scope
from scaffold.drift.code.values import HOLE, constant, fold
from scaffold.drift.facts import Fact
from scaffold.drift.rule import Rule

CHOSEN: Final = hazard(
    "SCF320",
    "outbound-by-caller",
    "high",
    "API-1",
    "OPS-3",
    what="A call of another machine whose host comes from the input of a hook, or from a row.",
    why="Callers then reach what only this network reaches: metadata of the cloud, the "
    "database, other services (server-side request forgery, CWE-918).",
    remedy="Keep the host constant; where a customer says it, declare a webhook endpoint, whose "
    "addresses are checked.",
    example=in_hook(
        "async with httpx2.AsyncClient() as client:\n    await client.post(data.callback, json={})",
        "async with httpx2.AsyncClient() as client:\n"
        '    await client.post(f"https://api.example.com/invoices/{data.number}", json={})',
        "import httpx2",
    ),
)
REDIRECTS: Final = hazard(
    "SCF321",
    "redirects-followed",
    "high",
    "API-1",
    "OPS-3",
    what="A client that follows redirects.",
    why="The other side then chooses where the call goes, with what it carries.",
    remedy="Leave redirects off, and call the address that you mean.",
    example=in_hook(
        "client = httpx2.AsyncClient(follow_redirects=True)\nawait client.aclose()",
        "client = httpx2.AsyncClient(follow_redirects=False)\nawait client.aclose()",
        "import httpx2",
    ),
)
UNVERIFIED: Final = hazard(
    "SCF322",
    "verification-off",
    "critical",
    "DATA-1",
    what="TLS without a check of the certificate or of the host.",
    why="Whoever stands between reads and changes what is sent, and answers in place of the "
    "other side.",
    remedy="Verify; where the authority is your own, give its certificate to the client.",
    example=in_hook(
        "client = httpx2.AsyncClient(verify=False)\nawait client.aclose()",
        'client = httpx2.AsyncClient(verify=ssl.create_default_context(cafile="ca.pem"))\n'
        "await client.aclose()",
        "import ssl\n\nimport httpx2",
    ),
)
TOKENS: Final = hazard(
    "SCF323",
    "token-unverified",
    "critical",
    "ID-6",
    what="A token that is read without its signature, its issuer or its time being checked.",
    why="Anybody can write such a token.",
    remedy="The gate verifies the caller's token: use action. Verify others against pinned keys.",
    example=in_hook(
        'claims = jwt.decode(data.token, options={"verify_signature": False})',
        'claims = jwt.decode(data.token, key, algorithms=["RS256"], audience="api")',
        "import jwt\n\nfrom hooks.keys import key",
    ),
)
RULES: Final[tuple[Rule, ...]] = (CHOSEN, REDIRECTS, UNVERIFIED, TOKENS)

CLIENTS: Final = (
    *("httpx.", "httpx2.", "requests.", "aiohttp.", "urllib3.", "niquests.", "urllib.request."),
    *("http.client.", "pycurl.", "treq.", "curl_cffi.", "websockets.", "websocket.", "zeep."),
)
_PLACES: Final[tuple[tuple[str, int, tuple[str, ...]], ...]] = (
    ("asyncio.open_connection", 0, ("host",)),
    ("socket.create_connection", 0, ("address",)),
    ("socket.getaddrinfo", 0, ("host",)),
    ("smtplib.SMTP", 0, ("host",)),
    ("smtplib.SMTP_SSL", 0, ("host",)),
    ("aiosmtplib.send", -1, ("hostname",)),
    ("ftplib.FTP", 0, ("host",)),
    ("paramiko.Transport", 0, ()),
    ("asyncssh.connect", 0, ("host",)),
    ("ldap3.Server", 0, ("host",)),
    ("boto3.client", -1, ("endpoint_url",)),
    ("redis.from_url", 0, ("url",)),
    ("redis.asyncio.from_url", 0, ("url",)),
    ("webbrowser.open", 0, ("url",)),
)
_SENDS: Final = frozenset(
    {"get", "post", "put", "patch", "delete", "head", "options", "request", "stream", "send"}
    | {"build_request", "urlopen", "ws_connect", "Request", "urlretrieve", "open", "fetch"}
    | {"connect", "HTTPConnection", "HTTPSConnection", "AsyncClient", "Client", "ClientSession"}
)
_CLIENT_NAMES: Final = re.compile(r"(client|session|http|api|requests)$", re.IGNORECASE)
_SAFE_HOST: Final = re.compile(rf"^[a-z][a-z0-9+.-]*://[^/?#{HOLE}]+/", re.IGNORECASE)
_OFF: Final[dict[str, tuple[object, ...]]] = {
    "verify": (False,),
    "verify_ssl": (False,),
    "ssl": (False,),
    "ssl_verify": (False,),
    "check_hostname": (False,),
    "verify_hostname": (False,),
    "tls_verify": (False,),
    "validate_certs": (False,),
    "tls_insecure": (True,),
    "insecure": (True,),
    "tlsAllowInvalidCertificates": (True,),
    "disable_ssl_certificate_validation": (True,),
    "cert_reqs": ("CERT_NONE", "none", 0, None),
    "ssl_cert_reqs": ("CERT_NONE", "none", 0, None),
    "assert_hostname": (False,),
}
_OFF_NAMES: Final = (
    *("ssl._create_unverified_context", "ssl.CERT_NONE", "ssl._create_stdlib_context"),
    *("urllib3.disable_warnings", "ssl.VerifyMode.CERT_NONE", "requests.packages.urllib3.disable_"),
    *(
        "paramiko.AutoAddPolicy",
        "paramiko.WarningPolicy",
        "requests.packages.urllib3.disable_warnings",
    ),
)
_OFF_VARIABLES: Final = frozenset(
    {"PYTHONHTTPSVERIFY", "NODE_TLS_REJECT_UNAUTHORIZED", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE"}
)
_TOKENS: Final = (
    *(
        "jose.jwt.get_unverified_claims",
        "jose.jws.get_unverified_claims",
        "jwt.api_jwt.decode_complete",
    ),
    *(
        "jose.jwt.get_unverified_headers",
        "jwt.get_unverified_claims",
        "joserfc.jws.extract_compact",
    ),
    *("authlib.jose.errors.", "itsdangerous.URLSafeSerializer.loads_unsafe"),
)
_CHECKS: Final = frozenset(
    {"verify_signature", "verify_exp", "verify_aud", "verify_iss", "verify_nbf", "verify_iat"}
    | {"verify_at_hash", "require_exp", "require"}
)


def find(reading: Reading) -> Iterator[Fact]:
    """The facts of a module."""
    if reading.test:
        return
    for call, scope in reading.module.of(ast.Call):
        yield from _chosen(reading, call, scope)
        yield from _tokens(reading, call, scope)
    yield from _off(reading)


def is_client(reading: Reading, node: ast.AST, scope: Scope, left: int = 5) -> bool:
    """Is an expression an HTTP client, or a module of one?"""
    if left <= 0:
        return False
    origin = reading.module.origin(node, scope)
    if origin is not None:
        return matches(f"{origin}.", *CLIENTS) or matches(origin, *CLIENTS)
    if isinstance(node, ast.Call):
        return is_client(reading, node.func, scope, left - 1)
    if isinstance(node, ast.Await):
        return is_client(reading, node.value, scope, left - 1)
    if isinstance(node, ast.Name):
        where = scope.where(node.id)
        if where is None:
            return False
        values = where.assigned.get(node.id, [])
        if any(is_client(reading, value, where, left - 1) for value, _ in values):
            return True
        return bool(_CLIENT_NAMES.search(node.id)) and not values
    if isinstance(node, ast.Attribute):
        return bool(_CLIENT_NAMES.search(node.attr)) or is_client(
            reading, node.value, scope, left - 1
        )
    return False


def _chosen(reading: Reading, call: ast.Call, scope: Scope) -> Iterator[Fact]:
    origin = reading.module.origin(call.func, scope)
    for name, position, names in _PLACES:
        if origin == name:
            place = argument(call, position, *names)
            if place is not None and reading.flow.from_callers(place, scope):
                yield _call(reading, call, scope, name)
            return
    name = tail(call.func)
    if name not in _SENDS or not is_client(reading, call.func, scope):
        return
    places = [argument(call, 0), argument(call, -1, "url", "base_url", "uri", "host")]
    if name in ("request", "stream", "build_request", "Request"):
        places.append(argument(call, 1))
    for place in places:
        if place is None or not reading.flow.from_callers(place, scope):
            continue
        if not _SAFE_HOST.match(fold(reading.module, place, scope).text):
            yield _call(reading, call, scope, origin or name)
            return


def _call(reading: Reading, call: ast.Call, scope: Scope, what: str) -> Fact:
    says = f"calls a machine that callers choose: {what}"
    return reading.fact(CHOSEN, call, scope, f"{what} where callers choose", says)


def _off(reading: Reading) -> Iterator[Fact]:
    module = reading.module
    for keyword, scope in module.of(ast.keyword):
        if keyword.arg in ("follow_redirects", "allow_redirects"):
            if not (isinstance(keyword.value, ast.Constant) and not keyword.value.value):
                says = f"follows redirects: {keyword.arg}"
                yield reading.fact(REDIRECTS, keyword.value, scope, keyword.arg, says)
        elif keyword.arg and _is_off(keyword.arg, keyword.value):
            yield _unverified(reading, keyword.value, scope, f"{keyword.arg} is off")
    for item, scope in module.of(ast.Dict):
        for key, value in zip(item.keys, item.values, strict=True):
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                if _is_off(key.value, value):
                    yield _unverified(reading, value, scope, f"{key.value} is off")
                if key.value in ("follow_redirects", "allow_redirects") and (
                    isinstance(value, ast.Constant) and value.value is True
                ):
                    says = f"follows redirects: {key.value}"
                    yield reading.fact(REDIRECTS, value, scope, key.value, says)
    for assigned, scope in module.of(ast.Assign):
        for target in assigned.targets:
            name = tail(target)
            if isinstance(target, ast.Subscript):
                name = constant(module, target.slice, scope) or ""
            if name == "follow_redirects" and getattr(assigned.value, "value", None) is True:
                yield reading.fact(REDIRECTS, target, scope, name, f"follows redirects: {name}")
            elif name in _OFF_VARIABLES and isinstance(target, ast.Subscript):
                yield _unverified(reading, target, scope, f"{name} is set")
            elif isinstance(target, ast.Attribute) and _is_off(name, assigned.value):
                yield _unverified(reading, target, scope, f"{name} is off")
    for each in reading.mentions:
        if matches(each.origin, *_OFF_NAMES):
            yield _unverified(reading, each.node, each.scope, each.origin)


def _is_off(name: str, value: ast.expr) -> bool:
    values = _OFF.get(name)
    return (
        values is not None
        and isinstance(value, ast.Constant)
        and any(value.value is each or value.value == each for each in values)
        and not (name in ("cert_reqs", "ssl_cert_reqs") and value.value is False)
    )


def _unverified(reading: Reading, node: ast.AST, scope: Scope, what: str) -> Fact:
    return reading.fact(UNVERIFIED, node, scope, what, f"does not verify the other side: {what}")


def _tokens(reading: Reading, call: ast.Call, scope: Scope) -> Iterator[Fact]:
    module = reading.module
    origin = module.origin(call.func, scope) or ""
    if matches(origin, *_TOKENS):
        yield reading.fact(TOKENS, call, scope, origin, f"reads a token unverified: {origin}")
        return
    if tail(call.func) not in ("decode", "decode_complete") or not (
        matches(origin, "jwt.", "jose.", "authlib.", "joserfc.", "python_jwt.")
        or len(call.keywords) > 0
    ):
        return
    for keyword in call.keywords:
        value = keyword.value
        if isinstance(value, ast.Name) and (where := scope.where(value.id)):
            values = where.assigned.get(value.id, [])
            value = values[0][0] if len(values) == 1 else value
        off: list[str] = []
        if keyword.arg in ("verify", *_CHECKS) and getattr(value, "value", None) is False:
            off = [keyword.arg or ""]
        elif keyword.arg == "options" and isinstance(value, ast.Dict):
            off = [
                key.value
                for key, one in zip(value.keys, value.values, strict=True)
                if isinstance(key, ast.Constant)
                and key.value in _CHECKS
                and isinstance(one, ast.Constant)
                and one.value is False
            ]
        elif keyword.arg == "options" and isinstance(value, ast.Call):
            off = [
                each.arg or ""
                for each in value.keywords
                if each.arg in _CHECKS and getattr(each.value, "value", None) is False
            ]
        elif keyword.arg == "algorithms" and isinstance(value, ast.List | ast.Tuple):
            off = [
                "algorithms with none"
                for each in value.elts
                if str(getattr(each, "value", "")).lower() == "none"
            ]
        for name in off:
            says = f"reads a token without a check: {name}"
            yield reading.fact(TOKENS, call, scope, f"{origin or 'decode'} without {name}", says)
