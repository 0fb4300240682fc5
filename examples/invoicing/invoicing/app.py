"""The ASGI application: what is wired to what, and when it refuses to start."""

import asyncio
import ipaddress
import json
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry
from prometheus_client.multiprocess import MultiProcessCollector
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, Router
from starlette.types import Lifespan, Message, Receive, Scope, Send

from invoicing.gate.admission import Limited, limiter
from invoicing.gate.answers import SECURITY_HEADERS
from invoicing.gate.api_keys import Keys
from invoicing.gate.client import Proxies
from invoicing.gate.derived import keys_of
from invoicing.gate.dispatch import Admission, Dispatcher
from invoicing.gate.identity import Issuer, Verifier
from invoicing.gate.keys import RemoteKeys, StaticKeys
from invoicing.operations import OPERATIONS
from invoicing.providers import signatures
from invoicing.settings import DEVELOPMENT_ISSUER, PARTNER_ISSUER, Settings, supervised
from invoicing.store.database import Database
from invoicing.store.leases import FAILURES
from invoicing.store.startup import UnsafeConfiguration, check_database, refuse_start
from invoicing.store.transport import protected
from invoicing.telemetry import logs
from invoicing.telemetry.decisions import Decisions, numbers

READY_SECONDS: Final = 3.0
"""What the database and the limits have, together, to answer for `/readyz`."""

CONTRACT: Final = Path(__file__).parent / "openapi.json"


def issuers(settings: Settings) -> dict[str, Issuer]:
    """The pinned issuers; in development, those whose keys are on this machine instead."""
    if settings.development_jwks:
        if not settings.development:
            raise UnsafeConfiguration(
                "DEVELOPMENT_JWKS is set outside of development: unset it."
            )
        keys = json.loads(Path(settings.development_jwks).read_text(encoding="utf-8"))
        return {
            each: Issuer(each, "invoicing", ("ES256",), StaticKeys(keys))
            for each in (DEVELOPMENT_ISSUER, PARTNER_ISSUER)
        }
    found = [
        Issuer(
            url="https://login.example.com/",
            audience="invoicing",
            algorithms=("ES256", "RS256"),
            keys=RemoteKeys("https://login.example.com/.well-known/jwks.json"),
            lifetime=86400,
            factors=frozenset(("mfa",)),
            strong=frozenset(("phr", "phrh")),
        ),
    ]
    return {each.url: each for each in found}


def hosts(settings: Settings) -> frozenset[bytes]:
    """The hosts that are answered; on a developer's machine, the loopback's names too."""
    given = {each.strip().lower() for each in settings.allowed_hosts.split(",")} - {""}
    if "*" in given:
        raise UnsafeConfiguration(
            "ALLOWED_HOSTS must list host names; wildcards are not supported."
        )
    if settings.development:
        given |= {f"{name}{port}" for name in LOOPBACK for port in ("", f":{PORT}")}
    elif not given:
        raise UnsafeConfiguration(
            "ALLOWED_HOSTS is empty: list the host names of the service."
        )
    return frozenset(each.encode() for each in given)


def proxies(settings: Settings) -> Proxies:
    """The proxies in front of the service."""
    given = [each.strip() for each in settings.trusted_proxies.split(",")]
    try:
        networks = [ipaddress.ip_network(each) for each in given if each]
    except ValueError as error:
        raise UnsafeConfiguration(
            f"TRUSTED_PROXIES must list networks such as 10.0.0.0/8: {error}."
        ) from None
    if any(each.prefixlen == 0 for each in networks):
        raise UnsafeConfiguration(
            "TRUSTED_PROXIES trusts every address: list the networks of your proxies."
        )
    return Proxies(networks, settings.forwarded_header)


def pseudonym_key(settings: Settings) -> bytes:
    """The key of the pseudonyms in the log."""
    key = settings.pseudonym_key.get_secret_value().encode()
    if len(key) < MIN_KEY and not settings.development:
        raise UnsafeConfiguration(
            f"PSEUDONYM_KEY must have at least {MIN_KEY} bytes: make it with openssl rand -hex 32."
        )
    return key


MIN_KEY: Final = 32
"""Bytes. A shorter one could be guessed, and with it who a pseudonym is."""
LOOPBACK: Final = ("localhost", "127.0.0.1")
PORT: Final = 8000


def check_transport(settings: Settings) -> None:
    """Refuses to start where the network could read or change what the database is sent."""
    if not settings.development and not protected(
        settings.database_url.get_secret_value()
    ):
        raise UnsafeConfiguration(
            "DATABASE_URL leads over a network without verified TLS: add sslmode=verify-full and "
            "sslrootcert, the file of your authority; or name a Unix socket or a loopback address."
        )


def gathered(settings: Settings, own: CollectorRegistry) -> CollectorRegistry:
    """What /metrics tells: the numbers of this process, or of all workers that share a directory."""
    if settings.prometheus_multiproc_dir is None:
        if settings.metrics_token and supervised() and not settings.development:
            raise UnsafeConfiguration(
                "METRICS_TOKEN is set and several workers serve, each with numbers of its own: set "
                "PROMETHEUS_MULTIPROC_DIR to an empty directory, or serve with one worker."
            )
        return own
    if not os.access(Path(settings.prometheus_multiproc_dir, "."), os.W_OK):
        raise UnsafeConfiguration(
            "PROMETHEUS_MULTIPROC_DIR is no directory that can be written to: make one, empty at start."
        )
    found = CollectorRegistry()
    MultiProcessCollector(found, settings.prometheus_multiproc_dir)  # type: ignore[no-untyped-call]
    return found


def check_table() -> None:
    """Refuses to start when the contract and the table of operations differ."""
    contract = json.loads(CONTRACT.read_bytes())
    promised = {
        (method.upper(), path)
        for path, item in contract["paths"].items()
        for method in item
        if method in ("get", "post", "patch", "delete", "put")
    }
    served = {(each.method, each.path) for each in OPERATIONS}
    if promised != served:
        names = ", ".join(" ".join(each) for each in sorted(promised ^ served))
        raise UnsafeConfiguration(
            f"The contract and the table of operations differ: {names}. Generate them again."
        )


def development_routes() -> list[Route]:
    """The contract, and a page that shows it and can call it."""
    from invoicing.development.docs import CONTENT_SECURITY_POLICY, page

    document = CONTRACT.read_bytes()

    async def openapi(_: Request) -> Response:
        return Response(document, media_type="application/json")

    async def docs(_: Request) -> Response:
        headers = {"content-security-policy": CONTENT_SECURITY_POLICY}
        return Response(page(document), media_type="text/html", headers=headers)

    return [Route("/openapi.json", openapi), Route("/docs", docs)]


def create_app(settings: Settings) -> "Service":
    """The service for these settings. What it needs is opened when the server starts it."""
    logs.configure(settings.log_level, development=settings.development)
    check_table()
    check_transport(settings)
    decisions = Decisions(CollectorRegistry())
    counted = gathered(settings, decisions.registry)
    verifier = Verifier(
        issuers(settings), pseudonym_key(settings), environment=settings.environment
    )
    admission = Limited(
        verifier, limiter(settings), Keys(settings.environment), signatures(settings)
    )
    allowed, behind = hosts(settings), proxies(settings)
    derivation_key, *_ = keys_of(settings)
    ready: list[tuple[Database, Admission]] = []

    async def healthz(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def readyz(_: Request) -> Response:
        try:
            database, admission = ready[0]
            async with asyncio.timeout(READY_SECONDS):
                await database.fetch("select 1")
                await admission.check()
        except Exception:
            return JSONResponse({"status": "unavailable"}, status_code=503)
        return JSONResponse({"status": "ok"})

    async def metrics(request: Request) -> Response:
        return numbers(request, counted, settings.metrics_token)

    routes = [
        Route("/healthz", healthz, methods=["GET"]),
        Route("/readyz", readyz, methods=["GET"]),
        Route("/metrics", metrics, methods=["GET"]),
    ]
    if settings.development:
        routes += development_routes()

    @asynccontextmanager
    async def lifespan(app: Router) -> AsyncIterator[None]:
        try:
            database = await Database.connect(
                settings.database_url.get_secret_value(), settings.database_pool
            )
        except (*FAILURES, ValueError) as error:
            said = " ".join(str(error).split()).rstrip(".") or type(error).__name__
            raise UnsafeConfiguration(
                f"The database that DATABASE_URL names cannot be used: {said}. "
                "Check the host, the database, the role and its password."
            ) from error
        try:
            await check_database(database)
            ready.append((database, admission))
            service.dispatcher = Dispatcher(
                OPERATIONS,
                database,
                admission,
                decisions,
                allowed,
                behind,
                settings.environment,
                derivation_key,
            )
            yield
        finally:
            service.dispatcher = None
            ready.clear()
            await admission.close()
            await database.close()

    service = Service(routes, lifespan)
    return service


def configured() -> "Service":
    """The service for the settings of the environment.

    What is missing or unsafe there ends the process, with a line for each and status 3.
    """
    try:
        return create_app(Settings())  # type: ignore[call-arg] # the environment has them
    except (ValidationError, UnsafeConfiguration) as error:
        refuse_start(error)


class Service:
    """The operations, and beside them the few routes that the platform asks for."""

    def __init__(self, routes: Sequence[Route], lifespan: Lifespan[Router]) -> None:
        self.dispatcher: Dispatcher | None = None
        self._beside = frozenset(route.path for route in routes)
        self._router = Router(routes=routes, lifespan=lifespan, redirect_slashes=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """An ASGI application."""
        if (
            self.dispatcher is None
            or scope["type"] == "lifespan"
            or scope["path"] in self._beside
        ):
            await self._router(scope, receive, _finished(send))
        else:
            await self.dispatcher(scope, receive, send)


def _finished(send: Send) -> Send:
    """Sends on, with the headers that every answer has; of a start that was refused, the reason and
    not where in the code it was found."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            given = {name for name, _ in message["headers"]}
            more = [each for each in SECURITY_HEADERS if each[0] not in given]
            message = {**message, "headers": [*message["headers"], *more]}
        if message["type"] == "lifespan.startup.failed":
            reason = sys.exception()
            if isinstance(reason, UnsafeConfiguration):
                message = {**message, "message": str(reason)}
        await send(message)

    return sending
