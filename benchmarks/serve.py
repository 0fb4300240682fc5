"""Serves one of the services on a socket that it inherits: `python -m benchmarks.serve`.

All of them run in one process of uvicorn, with uvloop and httptools and without an access log.
"""

import argparse
import importlib
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any, Final

import uvicorn

from benchmarks import sampling
from benchmarks.peers import HOST

KEEP_ALIVE: Final = 3600
"""Seconds: a server that waits for its turn keeps its connections."""


def emitted(package: str) -> Any:
    """The emitted service, with every guard it has."""
    app = importlib.import_module(f"{package}.app")
    settings = importlib.import_module(f"{package}.settings")
    return app.create_app(
        settings.Settings(
            environment="development",
            development_jwks=os.environ["KEY_SET"],
            allowed_hosts=HOST,
        )
    )


def main() -> None:
    """Serves until it is told to stop."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--app", required=True, help="a module with `app`, or the package")
    parser.add_argument("--emitted", action="store_true", help="it is the emitted package")
    parser.add_argument("--socket", type=int, required=True, help="a listening socket")
    parser.add_argument("--core", type=int, help="the only core to run on")
    parser.add_argument("--profile", type=Path, help="where samples go, taken from SIGUSR1 on")
    options = parser.parse_args()
    if options.core is not None:
        os.sched_setaffinity(0, {options.core})
    listening = socket.socket(fileno=options.socket)
    app = emitted(options.app) if options.emitted else importlib.import_module(options.app).app
    connection = f"{options.app}.server:Connection"
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http=connection if options.emitted else "httptools",
        access_log=False,
        server_header=False,
        log_level="warning",
        timeout_keep_alive=KEEP_ALIVE,
    )
    server = uvicorn.Server(config)
    # uvicorn raises the signal that stopped it once more; by default that is the end.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    with sampling.sampled(options.profile):
        server.run(sockets=[listening])


if __name__ == "__main__":
    main()
