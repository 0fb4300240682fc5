"""Serves an emitted invoicing project until its standard input ends; run in the project."""

import asyncio
import json
import os
import sys
import tempfile
from pathlib import Path

from invoicing.development.database import drop, prepare
from invoicing.development.issuer import DevelopmentIssuer

from tests.contract.harness import Service, world_of

name = f"clients_{os.getpid()}"
admin = os.environ["DEVELOPMENT_POSTGRES_URL"]
with tempfile.TemporaryDirectory() as keys:
    service = Service(asyncio.run(prepare(admin, name)), DevelopmentIssuer(Path(keys) / "issuer"))
    try:
        here = world_of(service, "accountant", {"row": {}, "user": {}, "tenant": {}})
        print(json.dumps({"url": service.url, "token": here.token}), flush=True)
        sys.stdin.read()
    finally:
        service.close()
        asyncio.run(drop(admin, name))
