"""Generated clients compile, and what they send is what was asked for."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pytest

from scaffold.contract import contract
from scaffold.design.resolve import resolve
from scaffold.spec.load import load
from tests.emitted import PACKAGE, SPECS

HERE: Final = Path(__file__).parent
TOOLS: Final = Path(os.environ.get("CLIENTS", HERE.parents[1] / ".venv" / "clients"))
"""Where `make clients` puts what generates clients."""

PYTHON: Final = TOOLS / "bin" / "python"
NODE: Final = TOOLS / "node"
MYPY: Final = """\
# The module client is the same in every client: httpx's types are narrower than it says.
[mypy]
check_untyped_defs = true
[mypy-invoicing_client.client]
ignore_errors = true
"""
TSCONFIG: Final = {
    "compilerOptions": {
        "strict": True,
        "target": "es2022",
        "module": "nodenext",
        "types": [],
        "skipLibCheck": True,
        "outDir": "out",
    },
    "include": ["client.ts", "node.d.ts"],
}
NODE_TYPES: Final = """
declare module "node:assert/strict" {
  function assert(value: unknown): asserts value;
  namespace assert { function deepEqual(one: unknown, other: unknown): void }
  export default assert;
}
declare const process: { env: Record<string, string | undefined> };
"""
with_node = pytest.mark.skipif(
    not (NODE / "node_modules").is_dir(),
    reason="There is no npm here, so that `make clients` could not install the tools.",
)


def run(command: Sequence[str | Path], **options: Any) -> str:
    """Runs a tool, whose output is the failure."""
    done = subprocess.run(  # noqa: S603 - tools that make clients has installed
        [str(each) for each in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        **options,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def service(emitted_project: Path, postgres_server: str) -> Iterator[Mapping[str, str]]:
    """The address of a running service, and a token of an accountant."""
    with subprocess.Popen(  # noqa: S603 - this Python
        [sys.executable, "-c", (HERE / "serve.py").read_text(encoding="utf-8")],
        cwd=emitted_project,
        env={**os.environ, "DEVELOPMENT_POSTGRES_URL": postgres_server},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as serving:
        assert serving.stdout is not None
        found = json.loads(serving.stdout.readline())
        yield {"URL": found["url"], "TOKEN": found["token"]}
        serving.communicate()


def test_a_python_client(emitted_project: Path, service: Mapping[str, str], tmp_path: Path) -> None:
    document = emitted_project / PACKAGE / "openapi.json"
    path = f"{TOOLS / 'bin'}{os.pathsep}{os.environ['PATH']}"
    generate = ("-m", "openapi_python_client", "generate", "--meta", "none", "--fail-on-warning")
    where = ("--path", document, "--output-path", tmp_path / "invoicing_client")
    run([PYTHON, *generate, *where], cwd=tmp_path, env={**os.environ, "PATH": path})
    shutil.copy(HERE / "client.py.txt", tmp_path / "client.py")
    (tmp_path / "mypy.ini").write_text(MYPY)
    run([PYTHON, "-m", "mypy", "."], cwd=tmp_path)
    run([PYTHON, "client.py"], cwd=tmp_path, env={**os.environ, **service})


@with_node
def test_a_typescript_client(
    emitted_project: Path, service: Mapping[str, str], tmp_path: Path
) -> None:
    (tmp_path / "node_modules").symlink_to(NODE / "node_modules")
    shutil.copy(HERE / "client.ts", tmp_path)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "tsconfig.json").write_text(json.dumps(TSCONFIG))
    (tmp_path / "node.d.ts").write_text(NODE_TYPES)
    document = emitted_project / PACKAGE / "openapi.json"
    tools = tmp_path / "node_modules" / ".bin"
    run([tools / "openapi-typescript", document, "--output", "contract.ts"], cwd=tmp_path)
    run([tools / "tsc"], cwd=tmp_path)
    run(["node", "out/client.js"], cwd=tmp_path, env={**os.environ, **service})


@with_node
@pytest.mark.parametrize("spec", sorted(SPECS.glob("*.yaml")), ids=lambda path: path.stem)
def test_linters_find_no_error(spec: Path, tmp_path: Path) -> None:
    """Redocly's rules, and Spectral's with those of OWASP; what is waived is in spectral.yaml."""
    (tmp_path / "node_modules").symlink_to(NODE / "node_modules")
    shutil.copy(HERE / "spectral.yaml", tmp_path / ".spectral.yaml")
    (tmp_path / "openapi.json").write_text(contract(resolve(load(spec))), encoding="utf-8")
    tools = tmp_path / "node_modules" / ".bin"
    quiet = {**os.environ, "REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}
    run([tools / "redocly", "lint", "openapi.json"], cwd=tmp_path, env=quiet)
    run([tools / "spectral", "lint", "--fail-severity=error", "openapi.json"], cwd=tmp_path)
