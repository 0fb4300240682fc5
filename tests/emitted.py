"""An emitted project to try things on, the PostgreSQL that it brings, and its own tests."""

import importlib
import importlib.util
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from scaffold.project.create import create

SPECS: Final = Path(__file__).parent.parent / "specs"
SPEC: Final = SPECS / "invoicing.yaml"
PACKAGE: Final = "invoicing"
SECONDS: Final = 180
"""For the tests of one project."""


STUB: Final = re.compile(
    r"(-> (\w+)(?:\[.+\])?(?: (\| None))?:\n"
    r"(?:(?!async def).*\n)*?)    raise NotImplementedError\n",
    re.MULTILINE,
)


def made(name: str, target: Path, content: bytes, source: str = "scaffold.yaml") -> Path:
    """A new project, as `scaffold new` makes it, with hooks that do nothing."""
    create(name, target, content, source)
    write_hooks(target)
    return target


def write_hooks(project: Path) -> None:
    """Replaces each stub of a hook by a function that does nothing."""
    for module in (project / "hooks").glob("*.py"):
        module.write_text(STUB.sub(_written, module.read_text("utf-8")), "utf-8")


def _written(stub: re.Match[str]) -> str:
    answers = {"None": "", "Sequence": "    return []\n", "bool": "    return False\n"}
    nothing = "    return None\n" if stub[3] else "    return {}\n"
    return stub[1] + answers.get(stub[2], nothing)


def project(name: str, target: Path) -> Path:
    """A new project of a reference spec, with hooks that do nothing."""
    spec = SPECS / f"{name}.yaml"
    return made(name, target, spec.read_bytes(), spec.name)


def invoicing(target: Path) -> Path:
    """A new project of the invoicing spec."""
    return project(PACKAGE, target)


@contextmanager
def postgres(project: Path) -> Iterator[str]:
    """The administrator's URL of a PostgreSQL that runs while the block does.

    It is started by the development tools of the project, which are loaded under another name:
    a test may have its own idea of what the package of the service is.
    """
    name, directory = "emitted_development", project / PACKAGE / "development"
    found = importlib.util.spec_from_file_location(name, directory / "__init__.py")
    assert found is not None and found.loader is not None
    for each in [each for each in sys.modules if each.startswith(f"{name}.")]:
        del sys.modules[each]  # those of another project
    package = importlib.util.module_from_spec(found)
    sys.modules[name] = package
    found.loader.exec_module(package)
    with importlib.import_module(f"{name}.postgres").server() as url:
        yield url


@dataclass(frozen=True, slots=True)
class Outcome:
    """What pytest said of some emitted tests."""

    status: int
    output: str

    @property
    def passed(self) -> bool:
        """Did every test run and pass?"""
        return self.status == 0

    @property
    def refused_to_start(self) -> bool:
        """Did the service itself notice, before any test could?"""
        said = ("Run the migrations.", "Connect as ", "UnsafeConfiguration")
        refused = any(each in self.output for each in said)
        return self.status == 1 and not self.failed and refused

    @property
    def failed(self) -> frozenset[str]:
        """The tests that failed; those that could not be tried are none of them."""
        return frozenset(re.findall(r"^FAILED tests/contract/(\S+)", self.output, re.MULTILINE))


class _Runner:
    """A process that is ready to run pytest, and modules (`ready.py`)."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - this Python
            [sys.executable, str(Path(__file__).with_name("ready.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, **request: object) -> dict[str, Any]:
        """What came of it; `request` are the arguments of `ready.run`."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the process that runs emitted tests has ended"
        found: dict[str, Any] = json.loads(line)
        return found


@cache
def _runner() -> _Runner:
    return _Runner()


def told(what: str, done: "subprocess.CompletedProcess[str]") -> bool:
    """Prints how the tests of a project ended, all of it where some failed; says if some did."""
    print(f"{what}  {done.stdout.strip().rpartition(chr(10))[2]}", flush=True)
    if done.returncode:
        print(done.stdout, flush=True)
    return bool(done.returncode)


def compiled(project: Path) -> Path:
    """The project, with its modules compiled: runs that keep code compile what differs then.

    The code of a module is found by the digest of its text, not by its time: a module that is
    edited at once, to the same length, is compiled again.
    """
    # Also what is compiled by its time already: two mutants of one length may come in one second.
    options = ("-q", "-f", "--invalidation-mode", "checked-hash", ".")
    subprocess.run(  # noqa: S603 - this Python
        [sys.executable, "-m", "compileall", *options], cwd=project.resolve(), check=True
    )
    return project


def ask(project: Path, tests: Iterable[str], *options: str, keeps_code: bool = False) -> Outcome:
    """Runs emitted tests of a project until one fails, on the server of the environment.

    With `keeps_code` the project is one that was `compiled`, and is asked again and again.
    """
    found = _runner().run(
        directory=str(project.resolve()),
        arguments=[
            *("-q", "-x", "-rfE", "--tb=short", "-p", "no:cacheprovider"),
            *("-p", "no:unraisableexception"),  # which collects garbage three times
            *options,
            *(f"tests/contract/{each}" for each in tests),
        ],
        environment={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": ""},
        seconds=SECONDS,
        keeps_code=keeps_code,
    )
    return Outcome(**found)


def run_module(
    project: Path, module: str, *arguments: str, environment: Mapping[str, str], seconds: int
) -> "subprocess.CompletedProcess[str]":
    """Runs a module of a project as `python -m` does, one after the other."""
    found = _runner().run(
        directory=str(project.resolve()),
        arguments=arguments,
        environment=dict(environment),
        seconds=seconds,
        module=module,
    )
    return subprocess.CompletedProcess(
        [module, *arguments], found["status"], found["output"], found["errors"]
    )
