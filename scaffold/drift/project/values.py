"""Variables of a deployment: which of them switch a guard off, and which hold a secret."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import parse_qs, urlsplit

from scaffold.drift.facts import Fact, Place
from scaffold.drift.project.requirements import variable
from scaffold.drift.project.told import rule
from scaffold.drift.verdict import Exact

_COMPOSE = "compose.yaml"


def _service(environment: str) -> str:
    return f"services:\n  service:\n    image: x\n    environment:\n{environment}"


WEAK = rule(
    "641",
    "deployment-variable",
    "high",
    "OPS-1",
    "DATA-1",
    what="A variable of an image or a deployment switches a guard off: the environment of "
    "development, any host, proxies that anybody can be, a connection that is not verified, the "
    "owner of the tables as the role of the service, other code on the path.",
    why="The service runs, and believes what it must not.",
    remedy="Keep what is for development in files of their own, such as compose.override.yaml.",
    files={_COMPOSE: _service("      ALLOWED_HOSTS: api.example.com\n")},
    change={_COMPOSE: _service("      ALLOWED_HOSTS: '*'\n")},
    dual={
        _COMPOSE: _service("      - ALLOWED_HOSTS=api.example.com,www.example.com\n"),
        "compose.dev.yaml": _service("      ALLOWED_HOSTS: '*'\n"),
    },
    order=Exact(),
)
LITERAL = rule(
    "642",
    "secret-in-deployment",
    "critical",
    "ID-4",
    "DATA-4",
    what="A file of the deployment holds a secret: a password, a key or a token is written there, "
    "or .env is under version control.",
    why="Whoever reads the repository, or the image, has it.",
    remedy="Take it from the environment, a file of the machine, or a vault; then change it.",
    files={_COMPOSE: _service("      METRICS_TOKEN: ${METRICS_TOKEN:?}\n")},
    change={_COMPOSE: _service("      METRICS_TOKEN: lNc7vTq2\n")},
    dual={_COMPOSE: _service('      METRICS_TOKEN: "${METRICS_TOKEN:-}"\n      LOG_LEVEL: INFO\n')},
)
RULES = (WEAK, LITERAL)

_DEFAULT = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_]*:?-([^{}]*)\}")
_WHOLE_VARIABLE = re.compile(r"\$\{[^{}]*\}|\$[A-Za-z_][A-Za-z0-9_]*")
_ANY_VARIABLE = re.compile(r"\$\{?[A-Za-z_]")
_CODE: Final = frozenset(
    {"PYTHONPATH", "PYTHONSTARTUP", "PYTHONHOME", "PYTHONOPTIMIZE", "LD_PRELOAD", "BASH_ENV"}
    | {"LD_LIBRARY_PATH", "PYTHONINSPECT", "PYTHONBREAKPOINT", "PYTHONUSERBASE"}
)
_AUTHORITIES: Final = frozenset(
    {"SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"}
)
_TRUE: Final = frozenset({"1", "true", "yes", "on"})
_FALSE: Final = frozenset({"0", "false", "no", "off"})
_OFF = re.compile(
    r".*(INSECURE|SKIP_(TLS|SSL|CERT|AUTH|VERIFY)|DISABLE_(AUTH|TLS|SSL|VERIF|CSRF|SECURITY)|"
    r"ALLOW_(ANY|ALL)|TRUST_ALL|NO_AUTH|AUTH_DISABLED).*"
)
_VERIFY = re.compile(
    r".*(VERIFY|SECURE_COOKIES?|COOKIES?_SECURE|HTTPONLY|TLS_ENABLED|REQUIRE_TLS).*"
)
_WEAK_MODES: Final = frozenset({"disable", "allow", "prefer", "require", "verify-ca"})
_SECRET = re.compile(
    r".*(PASSWORD|PASSWD|SECRET|TOKEN|PRIVATE_KEY|API_?KEY|ACCESS_KEY|SIGNING_KEY|CREDENTIALS?).*|"
    r".*_KEYS?|KEYS?"
)
_NO_SECRET = re.compile(
    r".*(_FILE|_PATH|_TTL|_LIFETIME|_URL|_ID|_NAME|_HEADER|_COUNT|_LENGTH|_ALG)"
)
_PUBLIC = re.compile(r".*(PUBLIC|PUBLISHABLE).*")


def weakness(name: str, value: str) -> str:
    """What a variable switches off, or nothing."""
    upper, said = name.upper(), settled(value)
    low = said.strip().lower()
    if upper == "ENVIRONMENT" and low in ("development", "dev", "test", "local"):
        return f"the environment is {low}"
    if upper == "DEVELOPMENT_JWKS" and low:
        return "keys of the development issuer"
    if upper == "ALLOWED_HOSTS" and "*" in low:
        return "any host"
    if upper in ("TRUSTED_PROXIES", "FORWARDED_ALLOW_IPS") and _anybody(low):
        return "anybody is a proxy"
    if upper.startswith("UVICORN_") and upper not in ("UVICORN_PORT", "UVICORN_HOST"):
        return f"the server is told {upper.removeprefix('UVICORN_').lower()} = {low[:40]}"
    if ("CORS" in upper or upper.endswith("ORIGINS")) and ("*" in low or low == "null"):
        return "any origin"
    if upper in _CODE and low:
        return f"other code on the path: {said[:80]}"
    if upper in _AUTHORITIES and low:
        return f"other authorities: {said[:80]}"
    if upper in ("PYTHONHTTPSVERIFY", "NODE_TLS_REJECT_UNAUTHORIZED") and low in _FALSE:
        return "certificates are not verified"
    if upper == "PGSSLMODE" and low in _WEAK_MODES:
        return f"sslmode={low}"
    if upper in ("DEBUG", "FLASK_DEBUG", "PYTHONDEBUG") and low in _TRUE:
        return "debugging"
    if _OFF.fullmatch(upper) and low in _TRUE:
        return f"{name} is on"
    if _VERIFY.fullmatch(upper) and low in _FALSE:
        return f"{name} is off"
    return _weak_url(upper, said)


def settled(value: str) -> str:
    """A value with the defaults of its variables."""
    return _DEFAULT.sub(lambda found: found[1], value[:4000])


def _anybody(value: str) -> bool:
    for each in re.split(r"[,\s]+", value):
        address, slash, bits = each.partition("/")
        if address == "*" or (slash and bits.isdigit() and int(bits) < 8):
            return True
    return False


def _weak_url(name: str, value: str) -> str:
    if "://" not in value:
        return ""
    try:
        parts = urlsplit(_WHOLE_VARIABLE.sub("x", value))
        host = parts.hostname or ""
        query = parse_qs(parts.query)
        user = parts.username or ""
    except ValueError:
        return ""
    local = host in ("", "localhost", "127.0.0.1", "::1")
    if parts.scheme.startswith("postgres"):
        if name == "DATABASE_URL" and (user.endswith("_owner") or user in ("postgres", "owner")):
            return f"the service connects as {user}"
        mode = (query.get("sslmode") or query.get("ssl") or [""])[0]
        if not local and mode in _WEAK_MODES:
            return f"sslmode={mode}"
    if parts.scheme == "redis" and not local:
        return "redis without TLS"
    if parts.scheme == "http" and not local and re.search(r"ISSUER|JWKS|OIDC|IDENTITY", name):
        return "an issuer over http"
    return ""


def secret(name: str, value: str) -> bool:
    """Does a variable hold a secret that is written there?"""
    upper, said = name.upper(), settled(value).strip()
    if _with_password(said):
        return True
    if not said or _NO_SECRET.fullmatch(upper) or _PUBLIC.fullmatch(upper):
        return False
    if _SECRET.fullmatch(upper) is None or _ANY_VARIABLE.search(said):
        return False
    return not said.startswith(("/", "<", "{{")) and said.lower() not in (*_TRUE, *_FALSE)


def _with_password(value: str) -> bool:
    found = re.search(r"[a-z+]+://[^/\s:@]*:([^/\s@]+)@", value)
    return bool(found) and not found[1].startswith(("$", "<", "{")) if found else False


def facts(where: str, name: str, value: str, place: Place) -> Iterator[Fact]:
    """What is true of a variable; `where` is the file, and the service in it."""
    key = f"{where} {name}"
    if found := weakness(name, value):
        yield Fact(WEAK, key, found, place)
    if secret(name, value):
        yield Fact(LITERAL, key, "is written there", place, "literal")
    yield from variable(where, name, value, place)
