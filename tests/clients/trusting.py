"""Serves an emitted project that trusts a provider, until its standard input ends.

It is run in the project. The arguments are the issuer, the organization, and the subjects that are
members: that of a service, and that of a person.
"""

import asyncio
import os
import sys
import tempfile
from pathlib import Path

from shop.development import world
from shop.development.database import drop, prepare
from shop.development.issuer import DevelopmentIssuer

from tests.contract.harness import Service

issuer, organization, bot, person = sys.argv[1:]
name = f"provider_{os.getpid()}"
admin = os.environ["DEVELOPMENT_POSTGRES_URL"]
with tempfile.TemporaryDirectory() as keys:
    service = Service(
        asyncio.run(prepare(admin, name)), DevelopmentIssuer(Path(keys)), development_jwks=""
    )
    try:
        execute = service.admin.execute
        tenant = service.run(world.add_tenant(service.admin, "acme"))
        for subject, role in ((bot, "bot"), (person, "clerk")):
            service.run(world.add_member(service.admin, tenant, subject, role))
        service.run(execute("update shop.member set issuer = $1", issuer))
        mapping = "insert into shop.tenant_organization values ($1, $2, $3)"
        service.run(execute(mapping, issuer, organization, tenant))
        print(service.url, flush=True)
        sys.stdin.read()
    finally:
        service.close()
        asyncio.run(drop(admin, name))
