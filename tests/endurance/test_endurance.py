"""Short runs find nothing in the service as it is emitted, and find a guard that is gone.

The services run in processes of their own, and PostgreSQL is killed: each run starts its own.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from scaffold.features.mutant import Mutant
from tests.emitted import PACKAGE, SPEC
from tests.mutants.test_mutants import COMPARED

from .kills import HOOKS
from .service import REPOSITORY, project

KILLS: Final = ("kills", "--kills", "4")
PURCHASES: Final = ("purchases", "--kills", "8")
ORDERS: Final = ("orders", "--orders", "1500")
REQUESTS: Final = ("tenants", "--requests", "1500")
FEW: Final = ("tenants", "--requests", "800")
SECONDS: Final = 300

CUSTOMER: Final = "store/functions/customer.sql"
SHARED: Final = "store/functions/000_shared.sql"
POLICIES: Final = "store/guards/policies.sql"
BOUND: Final = "(tenant_id = current_setting('app.tenant_id', true)::uuid)"


def open_policy(table: str) -> Mutant:
    """Row-level security shows the rows of every tenant."""
    head = f"create policy tenant_isolation on {table} as restrictive for all to {PACKAGE}_app\n"
    return Mutant(
        id=f"every-{table}-is-shown",
        control="AZ-3",
        file=POLICIES,
        old=f"{head}  using {BOUND}",
        new=f"{head}  using (true)",
    )


def mutant(id_: str, file: str, old: str, new: str, within: str = "") -> Mutant:
    """A guard that is gone."""
    return Mutant(id=id_, control="AZ-3", file=file, old=old, new=new, within=within)


class Broken(NamedTuple):
    """Guards that are gone, the run that finds it, and what it says."""

    mutants: tuple[Mutant, ...]
    command: tuple[str, ...]
    said: tuple[str, ...]


BROKEN: Final = {
    "an acknowledged commit may be lost": Broken(
        (
            mutant(
                "commits-are-not-waited-for",
                "store/roles.sql",
                f"{PACKAGE}_app set timezone = 'UTC';",
                f"{PACKAGE}_app set timezone = 'UTC';\n"
                f"alter role {PACKAGE}_app set synchronous_commit = off;",
            ),
        ),
        KILLS,
        ("is lost",),
    ),
    "an answer is not kept for its key, and a use is not counted": Broken(
        (
            mutant(
                "answer-is-forgotten",
                "store/functions/payment.sql",
                "perform remember_(v_caller, 'create_payment',",
                "perform remember_(v_caller, 'create_nothing',",
            ),
            mutant(
                "a-use-is-forgotten",
                "store/functions/invoice.sql",
                "take_(p_tenant, 'invoice', 1,",
                "take_(p_tenant, 'invoice', (random() < 0.7)::int,",
            ),
            COMPARED,
        ),
        KILLS,
        (
            "a row that no client made",
            "invoice counts",
        ),
    ),
    "a request to the provider has another key in each attempt": Broken(
        (
            mutant(
                "another-key",
                "work/billing.py",
                "key = f\"{message['tenant_id']}:{message['id']}\"",
                "key = f\"{message['tenant_id']}:{message['attempts']}\"",
            ),
            mutant(
                "another-key-of-a-report",
                "work/usage.py",
                "key = f\"{message['tenant_id']}:{message['id']}\"",
                "key = f\"{message['tenant_id']}:{message['attempts']}\"",
            ),
            mutant(
                "a-worker-that-says-nothing",
                "work/queue.py",
                "            self._finish,\n",
                '            self._finish + (" and false" if message["attempts"] < 3 else ""),\n',
            ),
        ),
        ("purchases", "--kills", "2"),
        ("pages", "reports"),
    ),
    "events count in the order in which they come": Broken(
        (
            mutant(
                "as-they-come",
                "store/guards/rules.sql",
                "order by t.occurred_at, t.rank, t.event_id loop",
                "order by t.ctid loop",
            ),
        ),
        ORDERS,
        ("it ends as",),
    ),
    "a customer is read without the tenant": Broken(
        (
            mutant("read-any", CUSTOMER, "r.tenant_id = p_tenant and r.id = p_id", "r.id = p_id"),
            open_policy("customer"),
            COMPARED,
        ),
        FEW,
        ("read_customer",),
    ),
    "a key is looked up without the member": Broken(
        (
            mutant(
                "key-of-anybody",
                SHARED,
                "where k.tenant_id = p_caller.tenant and k.member_id = p_caller.member",
                "where true",
                "claim_",
            ),
            open_policy("idempotency_key"),
            COMPARED,
        ),
        FEW,
        ("knows a key that only others have used",),
    ),
}


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project of the invoicing spec, with hooks that do something. Copy it before a change."""
    made = project(SPEC, tmp_path_factory.mktemp("endurance") / PACKAGE)
    shutil.copytree(HOOKS, made / "hooks", dirs_exist_ok=True)
    return made


def run(tried: Path, command: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    """Runs a command of this package on a project."""
    module, *arguments = command
    return subprocess.run(  # noqa: S603 - this repository's own modules
        [sys.executable, "-m", f"tests.endurance.{module}", *arguments, "--project", str(tried)],
        cwd=REPOSITORY,
        env=os.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=SECONDS,
    )


@pytest.mark.parametrize("command", [KILLS, PURCHASES, ORDERS, REQUESTS], ids=lambda each: each[0])
def test_a_short_run_finds_nothing(command: tuple[str, ...], whole: Path) -> None:
    done = run(whole, command)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", BROKEN)
def test_a_short_run_finds_what_is_broken(name: str, whole: Path, tmp_path: Path) -> None:
    case = BROKEN[name]
    broken = Path(shutil.copytree(whole, tmp_path / "broken"))
    for each in case.mutants:
        each.apply(broken / PACKAGE)
    done = run(broken, case.command)
    assert done.returncode == 1 and all(each in done.stdout for each in case.said), done.stdout
