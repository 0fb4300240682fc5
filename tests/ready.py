"""Runs pytest in forks of a process that has loaded what emitted services import.

Most of the time of a short run is spent on imports. This is a script: started by path, it loads
nothing of this repository, whose `tests` are not those of a project. Each line of its input is a
request in JSON, and each line of its output the answer.
"""

import gc
import importlib
import json
import os
import signal
import sys
import tempfile
from typing import Any

import asyncpg  # noqa: F401
import cryptography.hazmat.primitives.asymmetric.ec  # noqa: F401
import httpcore2  # noqa: F401
import httpx2  # noqa: F401
import joserfc.jwt  # noqa: F401
import prometheus_client.asgi  # noqa: F401
import pydantic_settings  # noqa: F401
import pytest
import starlette.applications  # noqa: F401
import structlog  # noqa: F401
import uvicorn  # noqa: F401
from _pytest.config import default_plugins


def run(
    directory: str,
    arguments: list[str],
    environment: dict[str, str],
    seconds: int,
    keeps_code: bool,
) -> None:
    """What a fresh `python -m pytest` in a directory would do; the process ends with it.

    What is compiled is kept with `keeps_code`, for the next run in the same directory.
    """
    signal.alarm(seconds)
    sys.dont_write_bytecode = not keeps_code
    os.chdir(directory)
    os.environ.clear()
    os.environ.update(environment)
    sys.path[0] = directory
    status = pytest.main(arguments)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Runs the tests of a request; `status` is negative for a run that a signal ended."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryDirectory() as scratch:
        # A place of its own, or pytest looks for those of other runs that are old enough to go.
        request["arguments"].append(f"--basetemp={scratch}/pytest")
        child = os.fork()
        if child == 0:
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
            run(**request)
        _, status = os.waitpid(child, 0)
        output.seek(0)
        text = output.read().decode("utf-8", "replace")
    return {"status": os.waitstatus_to_exitcode(status), "output": text}


if __name__ == "__main__":
    for plugin in default_plugins:
        importlib.import_module(f"_pytest.{plugin}")
    gc.freeze()  # what is loaded stays: no collection in a fork looks at it
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)
