"""`make demo`: from the spec of an invoicing service to its answers and its tests, then ends."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
PROJECT = REPOSITORY / "build" / "demo"
SPEC = REPOSITORY / "specs" / "invoicing.yaml"
HOOKS = REPOSITORY / "examples" / "invoicing" / "hooks"
START_SECONDS = 60
ROLE, TENANT, PATH = "accountant", "acme", "/customers?limit=1"


def main() -> None:
    """Show it."""
    step(f"scaffold new invoicing --spec {SPEC.relative_to(REPOSITORY)} --into build/demo")
    shutil.rmtree(PROJECT, ignore_errors=True)
    run("-m", "scaffold", "new", "invoicing", "--spec", str(SPEC), "--into", str(PROJECT))
    step("cp examples/invoicing/hooks/*.py build/demo/hooks/, where you write what actions do")
    for each in sorted(HOOKS.glob("*.py")):
        shutil.copy(each, PROJECT / "hooks")
        print(each.name)
    step("The service, on this machine, with a database and two tenants of its own")
    port = free_port()
    with serving(port):
        token = output("-m", "invoicing.development.token", "--role", ROLE, "--tenant", TENANT)
        step(f"make token ROLE={ROLE} TENANT={TENANT}; then with it, and without it:")
        url = f"http://localhost:{port}{PATH}"
        print(f'curl -H "Authorization: Bearer $TOKEN" {url}')
        print(answer(url, token.strip()))
        print(f"curl {url}")
        print(answer(url))
    step("The tests that were generated with it, for every operation")
    run("-m", "pytest", "-n", "auto", "--maxprocesses", "4")
    step("Next")
    print("cd build/demo && make dev    serve it, then open http://localhost:8000/docs")
    print("edit its scaffold.yaml       then: scaffold generate build/demo")
    print("scaffold new NAME            a project of your own")


def step(text: str) -> None:
    """Say what comes."""
    print(f"\n== {text}", flush=True)


def run(*arguments: str) -> None:
    """Runs Python in the project, or in the repository as long as there is none."""
    where = PROJECT if PROJECT.exists() else REPOSITORY
    done = subprocess.run([sys.executable, *arguments], cwd=where, check=False)  # noqa: S603
    if done.returncode:
        sys.exit(done.returncode)


def output(*arguments: str) -> str:
    """What Python prints in the project."""
    command = [sys.executable, *arguments]
    return subprocess.run(  # noqa: S603
        command, cwd=PROJECT, check=True, stdout=subprocess.PIPE, text=True
    ).stdout


@contextmanager
def serving(port: int) -> Iterator[None]:
    """The development server, ready to answer; stopped at the end."""
    command = [sys.executable, "-m", "invoicing.development.serve", "--port", str(port)]
    environment = {**os.environ, "DEVELOPMENT_POSTGRES_URL": ""}
    with subprocess.Popen(command, cwd=PROJECT, env=environment) as server:  # noqa: S603
        try:
            await_ready(server, port)
            yield
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(30)


def await_ready(server: subprocess.Popen[bytes], port: int) -> None:
    """Waits until the server answers."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            urllib.request.urlopen(f"http://localhost:{port}/readyz", timeout=2).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    sys.exit("The server did not start.")


def answer(url: str, token: str = "") -> str:
    """The status and the JSON that the service answers with."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    request = urllib.request.Request(url, headers=headers)  # noqa: S310
    try:
        response = urllib.request.urlopen(request, timeout=10)  # noqa: S310
    except urllib.error.HTTPError as error:
        response = error
    with response:
        return f"{response.status} {json.dumps(json.load(response), indent=2)}"


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    main()
