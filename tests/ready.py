"""Runs pytest, and modules, in forks of a process that has loaded what emitted services import.

Most of the time of a short run is spent on imports. This is a script: started by path, it loads
nothing of this repository, whose `tests` are not those of a project. Each line of its input is a
request in JSON, and each line of its output the answer.
"""

import gc
import importlib
import json
import os
import runpy
import signal
import sys
import tempfile
import traceback
from contextlib import ExitStack
from typing import IO, Any

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
    module: str = "",
    keeps_code: bool = False,
) -> None:
    """What a fresh `python -m` of a module, or of pytest, in a directory would do.

    The process ends with it. What is compiled is kept with `keeps_code`, for the next run in the
    same directory.
    """
    signal.alarm(seconds)
    sys.dont_write_bytecode = not keeps_code
    os.chdir(directory)
    os.environ.clear()
    os.environ.update(environment)
    sys.path[0] = directory
    status = _module(module, arguments) if module else pytest.main(arguments)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def _module(name: str, arguments: list[str]) -> int:
    """Runs a module as a program; returns its exit code, a number in all that is run here."""
    sys.argv = [name, *arguments]
    try:
        runpy.run_module(name, run_name="__main__", alter_sys=True)
    except SystemExit as end:
        return int(end.code or 0)
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Runs what is asked for; `status` is negative for a run that a signal ended.

    What pytest prints is one text, and what a module prints is two.
    """
    with ExitStack() as stack:
        output = stack.enter_context(tempfile.TemporaryFile())
        errors = output
        if "module" in request:
            errors = stack.enter_context(tempfile.TemporaryFile())
        else:
            # A place of its own, or pytest looks for those of other runs that are old enough to go.
            scratch = stack.enter_context(tempfile.TemporaryDirectory())
            request["arguments"].append(f"--basetemp={scratch}/pytest")
        child = os.fork()
        if child == 0:
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.dup2(output.fileno(), 1)
            os.dup2(errors.fileno(), 2)
            run(**request)
        _, status = os.waitpid(child, 0)
        told = {"status": os.waitstatus_to_exitcode(status), "output": _text(output)}
        return told if errors is output else told | {"errors": _text(errors)}


def _text(file: IO[bytes]) -> str:
    """All that was written to a file."""
    file.seek(0)
    return file.read().decode("utf-8", "replace")


if __name__ == "__main__":
    for plugin in default_plugins:
        importlib.import_module(f"_pytest.{plugin}")
    gc.freeze()  # what is loaded stays: no collection in a fork looks at it
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)
