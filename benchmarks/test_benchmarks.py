"""The benchmarks run, and what they print has a figure for everything that is compared.

Each runs in a process of its own: it moves itself to other cores and imports what it emits.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from benchmarks import ROOT
from benchmarks.changes import CHANGES, SPEC, edited
from benchmarks.load import OPERATIONS
from benchmarks.paid import CHECKED
from benchmarks.processes import cpu_seconds, parent
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
        assert all(found["whole_cost_times"][peer]["median"] > 0 for peer in PEERS)
        for name in NAMES:
            assert f"| {operation}, {name} |" in done.stdout
            # Each request is a statement at least, whose backend is seen to work for it.
            assert all(figure > 5 for figure in found["costs"][name]["database"])


def test_the_cpu_of_a_process_is_what_it_used() -> None:
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as process:
        time.sleep(0.5)
        used = cpu_seconds(process.pid)
        assert parent(process.pid) == os.getpid()
        process.kill()
    assert 0 < used < 1
    assert cpu_seconds(process.pid) == 0


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
        "the same, 10 resources",
        "check, invoicing",
    ]
    within = all(line["cost"]["cpu_seconds"] < line["limit"] for line in found)
    assert done.returncode == (0 if within else 1), done.stderr


def test_requests_are_measured_while_the_table_changes(tmp_path: Path) -> None:
    file = tmp_path / "result.json"
    done = run("migrations", "--json", str(file))
    assert done.returncode in (0, 1), done.stderr
    found = json.loads(file.read_text(encoding="utf-8"))
    titles = list(dict.fromkeys(each["change"] for each in found))
    assert len(titles) > 3, done.stderr
    for title in titles:
        assert f"| {title} |" in done.stdout
    for each in found:
        assert not each["failures"]
        assert each["requests"] > 10 and 0 < each["p99"] <= each["longest"]


def test_what_is_paid_for_is_compared(tmp_path: Path) -> None:
    file = tmp_path / "result.json"
    done = run("paid", "--json", str(file))
    assert done.returncode == 0, done.stderr
    found = json.loads(file.read_text(encoding="utf-8"))["samples"]
    sides = {(each["operation"], each["server"]) for each in found}
    assert len(sides) == len(found) == 2 + 2 * len(CHECKED)
    for each in found:
        assert each["requests"] > 10 and each["server_seconds"] > 0
        assert each["database_seconds"] / each["requests"] > 5e-6
    assert "| times webhook_bare |" in done.stdout
    for operation in CHECKED:
        assert f"| {operation}, with plans |" in done.stdout


def test_each_change_is_one_of_a_spec_that_can_be_read() -> None:
    spec, specs = SPEC, set[str]()
    for change in CHANGES:
        spec = edited(spec, change)
        assert change.seen.table in {each.name for each in resolve(loads(spec)).entities}
        specs.add(spec)
    assert len(specs) == len(CHANGES)


def test_a_synthetic_spec_has_as_many_resources_as_were_asked_for() -> None:
    assert len(resolve(loads(spec(3))).entities) == 3
