"""A pull request that hides six changes for the worse, and how it comes to pass."""

import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from tests.cli.support import scaffold
from tests.drift.mutation import configured, custom, database
from tests.drift.mutation.services import copied, lay, service
from tests.repositories import commit, git

NAME: Final = "invoicing"


def told(project: Path, how: tuple[str, ...] = ("--static",)) -> list[dict[str, Any]]:
    """What blocks; the application is imported unless the check is static."""
    arguments = ("check", project, *how, "--base", "main", "--format", "json")
    found = scaffold(*arguments)
    report = json.loads(found.stdout)
    blocking = [each for each in report["changes"] if each["blocks"]]
    assert found.exit_code == (1 if blocking else 0), found.stdout
    return blocking


def widened(text: str) -> str:
    """The spec with the roles in another order, comments, and one verb more among them."""
    start, end = text.index("roles:\n"), text.index("\nresources:\n")
    lines = text[start:end].splitlines()[1:]
    blocks: list[list[str]] = []
    for line in lines:
        if line.startswith("  ") and not line.startswith("   ") and line.strip()[:1] != "#":
            blocks.append([])
        if blocks:
            blocks[-1].append(line)
    place = next(
        (number, at)
        for number, block in enumerate(blocks)
        for at, line in enumerate(block)
        if "do: [list, read], on: [invoice, invoice_line]" in line
    )
    line = blocks[place[0]][place[1]]
    blocks[place[0]][place[1]] = line.replace("[list, read]", "[read, delete, list]")
    order = [line for block in reversed(blocks) for line in block]
    return text[:start] + "roles:  # by what they reach\n" + "\n".join(order) + text[end:]


def test_each_of_six_is_told_and_passes_once_it_is_reverted_or_approved() -> None:
    of = service(NAME)
    with copied(of) as project:
        git(project, "switch", "-qc", "change")
        spec = of.text("scaffold.yaml")
        lay(project, {"scaffold.yaml": widened(spec)})
        assert scaffold("generate", project).exit_code == 0
        commit(project, "Put the roles in the order of what they reach")
        test = "tests/contract/test_isolation.py"
        text = (project / test).read_text("utf-8")
        changes = {
            "asgi": custom._asgi(of, custom.WRAPPER),
            "migration": {
                of.path(database.INITIAL): of.text(database.INITIAL)
                + f"create policy more on {database.table(of)} using (true);\n"
            },
            "test": {test: text.replace("    assert ", "    assert True or ", 1)},
            "workflow": configured._job(of, "continue-on-error: true"),
            "hook": next(each for each in custom.MUTANTS if each.id == "C12").change(of),
        }
        for name, files in changes.items():
            lay(project, files)
            commit(project, name)

        wanted = {
            "spec": {"SCF101"},
            "asgi": {"SCF315", "SCF316"},
            "migration": {"SCF010", "SCF502", "SCF503"},
            "test": {"SCF003"},
            "workflow": {"SCF603", "SCF606", "SCF611", "SCF612"},
            "hook": {"SCF301", "SCF304", "SCF348"},
        }
        found = told(project)
        rules = {each["rule"] for each in found}
        assert rules <= set().union(*wanted.values()), rules
        assert all(rules & each for each in wanted.values())
        imported = told(project, ("--python", sys.executable))
        beside = {each["rule"] for each in imported} - rules
        assert beside == {"SCF201", "SCF208"}
        assert {each["fingerprint"] for each in found} <= {e["fingerprint"] for e in imported}
        assert all(each["witness"] for each in found if each["rule"] == "SCF101")
        scaffold("check", project, "--static", "--base", "main", "--emit-witness")
        witnesses = [*(project / "tests" / "witness").glob("test_*.py")]
        assert witnesses
        for witness in witnesses:
            assert "is_allowed" in witness.read_text("utf-8")
            witness.unlink()

        for name in ("asgi", "migration", "test", "workflow", "hook"):
            done = git(
                project,
                "revert",
                "--no-edit",
                git(project, "log", "-1", "--format=%H", f"--grep=^{name}$").stdout.strip(),
            )
            assert done.returncode == 0, done.stderr
            rules = {each["rule"] for each in told(project)}
            assert rules.isdisjoint(wanted[name]), (name, rules)
        left = told(project)
        assert {each["rule"] for each in left} == {"SCF101"}

        day = str((datetime.now(UTC) + timedelta(days=30)).date())
        git(project, "switch", "-qc", "approvals", "change")
        for each in left:
            arguments = ("approve", each["fingerprint"], project, "--base", "main")
            by = ("--reason", "Asked for (SEC-7).", "--owner", "@acme/security", "--expires", day)
            assert scaffold(*arguments, *by).exit_code == 0
        approvals = (project / ".scaffold" / "approvals.yaml").read_text("utf-8")
        (project / ".scaffold" / "approvals.yaml").unlink()
        git(project, "switch", "-q", "main")
        lay(project, {".scaffold/approvals.yaml": approvals})
        commit(project, "approve")
        git(project, "switch", "-q", "change")
        assert git(project, "rebase", "-q", "main").returncode == 0
        assert told(project) == []
