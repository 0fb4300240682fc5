"""Witnesses that run: they pass where something is possible now, and fail where it was not.

Everything is widened at once, so that one base and one head show all of it.
"""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import pytest

from scaffold.design import reading
from scaffold.design.model import Design
from scaffold.drift.change import Change, changes
from scaffold.drift.database.read import RULES as SQL_RULES
from scaffold.drift.database.read import read
from scaffold.drift.facts import Surface, surface_of
from scaffold.drift.proof import HOME, path, proofs, runnable
from scaffold.drift.spec.compare import Comparison, comparison
from scaffold.drift.spec.rules import rules
from scaffold.drift.trees import Directory
from scaffold.drift.witness import Runs, Trial
from tests.emitted import PACKAGE, SPEC, made

PARTNER = "    - {issuer: https://partner.example.com/, "
KEYED = "step_up: 5m\n        %sidempotent: required\n        input: {reason"
PHONE = "phone:         {type: string, max: 40, class: pii, optional: true"
LIMITS = "limits: {user: %s/min, token: %s/min, tenant: %s/min, failed_authentication: %s/min}"
BASE = (
    # What the spec of the base has besides, or has not, so that there is something to widen.
    (
        "algorithms: [ES256, RS256]}\n",
        f"algorithms: [ES256, RS256]}}\n{PARTNER}audience: invoicing, algorithms: [ES256, RS256], "
        "jwks_uri: https://partner.example.com/keys, scopes: [invoicing], token_lifetime: 1h, "
        "environments: [production]}\n",
    ),
    ("[invite, assign, reactivate]", "[assign, reactivate]"),
    (
        "- {do: [list, read], on: customer, only",
        "- {do: create, on: invoice}\n      - {do: [list, read], on: customer, only",
    ),
    (KEYED % "", KEYED % "feature: refunds\n        "),
    ("features: sending\n    limits", "features: [sending, refunds]\n    limits"),
    (LIMITS % (60, 60, 1200, 20), LIMITS % (60, 60, 150, 20)),
    ("audit: {", "api_keys: {max_lifetime: 30d}\naudit: {"),
)
WIDER = (
    # Grants: a condition gone, all rows, another operation, more fields read and written, roles.
    ("void], on: invoice, when: {status: sent}}", "void], on: invoice}"),
    ("delete], on: invoice_line, when: {locked: false}}", "delete], on: invoice_line}"),
    ("due_on], when: {owner_id: $user.id, status: draft}}", "due_on], when: {status: draft}}"),
    ("payment, except: [payer_account, provider_reference]", "payment, except: [payer_account]"),
    ("payment_terms], when: {region: {in: $user.regions}}}", "payment_terms]}"),
    ("{do: refund, on: payment, when: {status: received}}", "{do: [refund, delete], on: payment}"),
    ("{do: update, on: organization, only: name}", "{do: update, on: organization}"),
    ("[assign, reactivate]", "[invite, assign, reactivate]"),
    ("analyst, member, accountant]\n", "analyst, member, accountant, administrator]\n"),
    ("extends: member\n    mfa: phishing_resistant", "extends: member\n    mfa: any"),
    # Tokens.
    (
        "audience: invoicing, algorithms: [ES256, RS256], "
        "jwks_uri: https://partner.example.com/keys, scopes: [invoicing], token_lifetime: 1h, "
        "environments: [production]}\n",
        "audience: everybody, algorithms: [ES256, RS256, PS256], "
        "jwks_uri: https://keys.example.com/keys, token_lifetime: 20h, "
        "environments: [staging, production], rsa_2048_because: There is no other key., "
        "assurance: {any: [mfa, sms], phishing_resistant: [phr, phrh, pop]}}\n"
        "    - {issuer: https://another.example.com/, audience: invoicing, algorithms: [ES256]}\n"
        "  tenant_claim: requested_organization\n",
    ),
    # Fields and values.
    ("string, max: 200}", "string, max: 300, filter: [eq], sort: true}"),
    (PHONE, f"birthday: {{type: date, class: pii, optional: true}}\n      {PHONE}, filter: [eq]"),
    ("values: [eu, us], immutable: true, filter", "values: [eu, us], filter"),
    ("optional: true\n        set_by: [transmit]", "optional: true"),
    ("}   # same tenant", ", unseen_because: Customers are no secret.}   # same tenant"),
    ("    unique: [[email]]               # per tenant, always\n", ""),
    ("direct_debit, cash]\n", "direct_debit, cash, cheque]\n"),
    ("min: '0.01'", "min: 0"),
    ("min: 1, max: 500, sort", "min: 0, max: 500, sort"),
    ("max_items: 20", "max_items: 30"),
    ("postal_code: {type: string, max: 20}", "postal_code: {type: string, max: 30}"),
    ("max: 20, pattern: '^[A-Z0-9]{4,20}$', class", "max: 20, class"),
    ("max: 300}}}\n      transmit", "max: 400}}}\n      transmit"),
    # Requests.
    ("page: {default: 20, max: 100}", "page: {default: 22, max: 200}"),
    ("body_max: 8KiB", "body_max: 16KiB"),
    ("    idempotent: required            # a payment is never recorded twice\n", ""),
    ("void:     {on: item, step_up: 5m", "void:     {on: item, step_up: 50m"),
    ("api_keys: {max_lifetime: 30d}", "api_keys: {max_lifetime: 300d}"),
    (LIMITS % (60, 60, 150, 20), LIMITS % (90, 600, 1200, 60)),
    (
        "each: 500000, member: 2000000, tenant: 10000000",
        "each: 900000, member: 3000000, tenant: 20000000",
    ),
    # Plans, and who comes by itself.
    ("  free:\n    limits: {tenant: 120/min}", "  free:\n    limits: {tenant: 240/min}"),
    ("quotas: {invoice: 25/month", "features: sending\n    quotas: {invoice: 50/month"),
    ("        feature: refunds\n", ""),
    ("features: [sending, refunds]", "features: sending"),
    ("role: administrator\n", "role: accountant\n    max_per_subject: 5\n"),
    ("tolerance: 5m\n    secrets: [PAY", "tolerance: 10m\n    body_max: 512KiB\n    secrets: [PAY"),
    ("    mode: livemode\n", ""),
)
"""Texts of the spec, each with a wider one."""


def edited(text: str, edits: Iterable[tuple[str, str]]) -> str:
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


BOUND = "tenant_id = current_setting('app.tenant_id', true)::uuid"
"""How the floor of a table is read and checked."""
POLICIES, ROLES = "store/guards/policies.sql", "store/roles.sql"
MIGRATION = "store/migrations/0002_by_hand.sql"
FLOOR = (
    "create policy tenant_isolation on {} as restrictive for all to invoicing_app\n"
    "  using ({})\n  with check ({})"
)


def floor(table: str, using: str, check: str) -> tuple[str, str, str]:
    """The floor of a table is another one."""
    return POLICIES, FLOOR.format(table, BOUND, BOUND), FLOOR.format(table, using, check)


SQL = (
    # Of files, a text that becomes another one; of one that is not there, all of it.
    floor("customer", "true", "true"),
    floor("payment", f"{BOUND} or current_setting('app.tenant_id', true) is null", BOUND),
    floor("invoice_line", "tenant_id = current_setting('request.tenant', true)::uuid", BOUND),
    (
        ROLES,
        "alter role invoicing_app set statement_timeout = 10000",
        "alter role invoicing_app set statement_timeout = 0",
    ),
    (
        ROLES,
        "revoke create on schema",
        "alter role invoicing_worker createdb;\nrevoke create on schema",
    ),
    (
        ROLES,
        "revoke create on schema",
        "grant invoicing_worker to invoicing_app;\nrevoke create on schema",
    ),
    (
        MIGRATION,
        "",
        """\
alter table invoice disable row level security;
alter table member no force row level security;
grant delete on organization to invoicing_app;
grant insert, select on audit_event to invoicing_worker;
grant update (email) on customer to invoicing_worker;
grant truncate on payment to invoicing_app;
grant select on customer to invoicing_app
  with grant option;
create function peek() returns bigint language sql security definer as
$$ select count(*) from customer $$;
grant execute on function peek() to invoicing_app;
""",
    ),
)
OWNED = (
    # What makes a role pass by all of that.
    (
        ROLES,
        "noreplication nobypassrls noinherit;\n  end if;\n  if",
        "noreplication bypassrls noinherit;\n  end if;\n  if",
    ),
    (
        ROLES,
        "revoke create on schema",
        "grant invoicing_app to invoicing_owner;\nrevoke create on schema",
    ),
    (
        MIGRATION,
        "",
        """\
grant create on schema invoicing to invoicing_app;
alter table customer owner to invoicing_app;
""",
    ),
)


@dataclass(frozen=True, slots=True)
class Ended:
    """How the tests of a project ended: the message of each that failed, or nothing."""

    messages: Mapping[str, str]
    errors: int


@dataclass(frozen=True, slots=True)
class Tried:
    """The witnesses of one pair of states, and how they ended in each."""

    changes: list[Change]
    compared: Comparison | None
    design: Design
    base: Ended
    head: Ended

    @property
    def tests(self) -> Mapping[str, tuple[Change, Trial]]:
        """Each test by its name."""
        return {
            f"{path(change)}::test_{test.name}": (change, test)
            for change, tests in runnable(self.changes, self.compared, self.design)
            for test in tests
        }


def write(project: Path, texts: Mapping[str, str]) -> None:
    for name, text in texts.items():
        place = project / name
        place.parent.mkdir(exist_ok=True)
        place.write_text(text, "utf-8")


def with_sql(project: Path, target: Path, edits: Iterable[tuple[str, str, str]]) -> Path:
    """A copy of a project with other SQL."""
    shutil.copytree(project, target)
    for name, old, new in edits:
        place = target / PACKAGE / name
        place.write_text(edited(place.read_text("utf-8"), [(old, new)]) if old else new, "utf-8")
    return target


def sql_of(project: Path) -> Surface:
    return surface_of(read(Directory(project), PACKAGE))


def run(project: Path) -> Ended:
    report = project / "report.xml"
    asked = [sys.executable, "-m", "pytest", "-q", "--tb=short", f"--junitxml={report}", HOME]
    done = subprocess.run(  # noqa: S603 - this Python
        [*asked, "-n", "0"], cwd=project, capture_output=True, check=False, text=True
    )
    assert report.exists(), done.stdout + done.stderr
    suite = ElementTree.parse(report).getroot()[0]  # noqa: S314 - pytest wrote it
    messages = {}
    for case in suite.iter("testcase"):
        found = [each for each in case if each.tag in ("failure", "error", "skipped")]
        module = case.attrib["classname"].rpartition(".")[2]
        name = f"{HOME}/{module}.py::{case.attrib['name']}"
        messages[name] = "".join(each.attrib["message"] + (each.text or "") for each in found)
    return Ended(messages, int(suite.attrib["errors"]))


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory, postgres_server: str) -> list[Tried]:
    place = tmp_path_factory.mktemp("witness")
    before = edited(SPEC.read_text("utf-8"), BASE)
    after = edited(before, WIDER)
    compared = comparison(*(reading.read(each.encode(), "spec") for each in (before, after)))
    old, new = compared.before.design, compared.after.design
    base = made(PACKAGE, place / "base", before.encode())
    heads: list[tuple[Path, list[Change], Comparison | None, Design]] = [
        (made(PACKAGE, place / "head", after.encode()), list(compared.changes()), compared, new)
    ]
    for name, edits in (("sql", SQL), ("owned", OWNED)):
        head = with_sql(base, place / name, edits)
        heads.append((head, list(changes(sql_of(base), sql_of(head))), None, old))
    found = []
    for head, every, specs, design in heads:
        texts = proofs(every, specs, design)
        write(head, texts)
        write(base, texts)
        found.append((every, specs, design, run(head)))
    ended = run(base)
    return [
        Tried([e for e in every if e.blocks], specs, design, ended, head)
        for every, specs, design, head in found
    ]


def test_witnesses_pass_on_the_head(tried: list[Tried]) -> None:
    for each in tried:
        failed = {name: message for name, message in each.head.messages.items() if message}
        assert failed == {}
        assert each.head.errors == 0
        assert each.head.messages.keys() == each.tests.keys()


def test_witnesses_fail_on_the_base_as_they_say(tried: list[Tried]) -> None:
    for each in tried:
        assert each.base.errors == 0
        wrong = {
            name: (change.key, test.before, message[:600])
            for name, (change, test) in each.tests.items()
            if not re.search(test.before, message := each.base.messages[name])
        }
        assert wrong == {}


def test_each_kind_of_witness_is_tried(tried: list[Tried]) -> None:
    """What is said to run, runs here: no claim, and no rule of SQL, is left out."""
    ran = {change.rule.id for each in tried for change, _ in each.tests.values()}
    claims = {
        (change.rule.id, each.compared.told(change).claim.key)
        for each in tried
        if each.compared
        for change, _ in each.tests.values()
    }
    assert claims == {
        (rule.id, claim.key)
        for rule in rules().all
        for claim in rule.claims
        if isinstance(claim.shows, Runs)
    }
    assert {each.id for each in SQL_RULES if isinstance(each.shows, Runs)} <= ran
