"""The benchmarks run, and what they print has a figure for everything that is compared.

Each runs in a process of its own: it moves itself to other cores and imports what it emits.
"""

import json
import subprocess
import sys
from pathlib import Path

from benchmarks import ROOT
from benchmarks.load import OPERATIONS
from benchmarks.servers import NAMES, PEERS
from benchmarks.synthetic import spec
from scaffold.design.resolve import resolve
from scaffold.spec.load import loads


def run(module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs a benchmark to its end."""
    command = [sys.executable, "-m", f"benchmarks.{module}", "--quick", *arguments]
    return subprocess.run(  # noqa: S603 - this repository's own modules
        command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300
    )


def test_the_services_are_compared(tmp_path: Path) -> None:
    file = tmp_path / "result.json"
    done = run("service", "--json", str(file))
    assert done.returncode == 0, done.stderr
    document = json.loads(file.read_text(encoding="utf-8"))
    assert list(document["operations"]) == list(OPERATIONS)
    for operation, found in document["operations"].items():
        assert f"| {operation} |" in done.stdout
        assert all(rate > 0 for name in NAMES for rate in found["rates"][name])
        assert all(found["times"][peer]["median"] > 0 for peer in PEERS)


def test_the_emitted_service_is_profiled() -> None:
    done = run("service", "--profile")
    assert done.returncode == 0, done.stderr
    assert all(f"\n{operation}\n" in done.stdout for operation in OPERATIONS)
    assert "gate/dispatch.py:Dispatcher" in done.stdout


def test_the_generator_is_measured(tmp_path: Path) -> None:
    file = tmp_path / "result.json"
    done = run("generator", "--json", str(file))
    found = json.loads(file.read_text(encoding="utf-8"))
    assert [line["what"] for line in found] == [
        "--help",
        "generate, 10 resources",
        "check, invoicing",
    ]
    within = all(line["cost"]["cpu_seconds"] < line["limit"] for line in found)
    assert done.returncode == (0 if within else 1), done.stderr


def test_a_synthetic_spec_has_as_many_resources_as_were_asked_for() -> None:
    assert len(resolve(loads(spec(3))).entities) == 3
