"""A release that serves, run as a process of its own in its project.

The first line of standard input names its database; each further one is a list of requests, and is
answered by a line with what the service said to each.
"""

import importlib
import itertools
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from invoicing.development.database import Database
from invoicing.development.issuer import DevelopmentIssuer

from tests.contract import harness


async def _nothing(*_: object) -> dict[str, object]:
    """A hook that changes nothing: these tests are about who may call it."""
    return {}


def _answer(service: harness.Service, operation: str, role: str, facts: dict[str, Any]) -> str:
    """What a caller is told; of a list, whether their row is in it."""
    request = harness.prepare(service, operation, role, facts)
    about = harness.ACCESS[operation]
    listed = ""
    if about["verb"] == "list":
        listed = request.world.row(about["resource"], **facts["row"])
    response = request.send()
    if response.status_code >= 400:
        return f"{response.status_code} {response.json()['code']}"
    return f"{response.status_code} {'seen' if listed in response.text else 'hidden'}"


def main() -> None:
    # Two releases make tenants in one database.
    harness.SLUGS = (f"tenant-{os.getpid()}-{number}" for number in itertools.count())
    for about in harness.ACCESS.values():
        if about["verb"] == "action":
            hooks = importlib.import_module(f"invoicing.resources.{about['resource']}.hooks")
            setattr(hooks, about["action"], _nothing)
    # The service writes its log to standard output.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    given = json.loads(sys.stdin.readline())
    database = Database(**{name: given[name] for name in Database._fields})
    with tempfile.TemporaryDirectory() as keys:
        service = harness.Service(database, DevelopmentIssuer(Path(keys) / "keys"))
        for line in sys.stdin:
            said = [_answer(service, *each) for each in json.loads(line)]
            print(json.dumps(said), file=answers, flush=True)
        service.close()


main()
