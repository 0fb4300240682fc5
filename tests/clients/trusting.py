"""Serves an emitted project that trusts a provider, until its standard input ends.

It is run in the project. The arguments are the issuer, its organization or nothing, and the members
in JSON: their roles by their subjects. Every name has an address of this machine.
"""

import asyncio
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import anyio
from shop.development import world
from shop.development.database import drop, prepare
from shop.development.issuer import DevelopmentIssuer

from tests.contract.harness import Service

connect = anyio.connect_tcp


async def connected(remote_host: str, *rest: Any, **options: Any) -> Any:
    """A connection to this machine, whatever name its other end has."""
    return await connect("127.0.0.1", *rest, **options)


anyio.connect_tcp = connected
issuer, organization, members = sys.argv[1:]
name = f"provider_{os.getpid()}"
admin = os.environ["DEVELOPMENT_POSTGRES_URL"]
with tempfile.TemporaryDirectory() as keys:
    service = Service(
        asyncio.run(prepare(admin, name)), DevelopmentIssuer(Path(keys)), development_jwks=""
    )
    try:
        execute = service.admin.execute
        tenant = service.run(world.add_tenant(service.admin, "acme"))
        for subject, role in json.loads(members).items():
            service.run(world.add_member(service.admin, tenant, subject, role))
        service.run(execute("update shop.member set issuer = $1", issuer))
        if organization:
            mapping = "insert into shop.tenant_organization values ($1, $2, $3)"
            service.run(execute(mapping, issuer, organization, tenant))
        print(json.dumps({"url": service.url, "tenant": str(tenant)}), flush=True)
        sys.stdin.read()
    finally:
        service.close()
        asyncio.run(drop(admin, name))
