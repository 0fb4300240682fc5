"""Reports that the tests of all formats share: an ordinary one, and one of a hostile project."""

from dataclasses import replace
from datetime import date

from scaffold.design.model import Design
from scaffold.design.resolve import resolve
from scaffold.drift.approvals import approval
from scaffold.drift.report import Looked, Report, Stale
from scaffold.spec.load import loads
from tests.drift.made import FIXED, change, rule
from tests.emitted import SPECS

SPEC = (SPECS / "invoicing.yaml").read_text(encoding="utf-8")
CHANGES = (
    (
        "- {do: delete, on: invoice, when: {owner_id: $user.id, status: draft}}",
        "- {do: delete, on: invoice, when: {status: draft}}",
    ),
    ("- {do: remind, on: invoice}", "- {do: remind, on: invoice, when: {$tenant.region: eu}}"),
    ("- {do: [list, read], on: payment}", "- {do: list, on: payment}"),
    ("- {do: [deactivate, sign_out], on: member}", "- {do: [list, sign_out], on: member}"),
    ("- {do: [list, read], on: invoice_line}", "- {do: [list, read, update], on: invoice_line}"),
)


def designs() -> tuple[Design, Design]:
    """The reference spec, and the same with a few other grants."""
    after = SPEC
    for old, new in CHANGES:
        assert old in after, old
        after = after.replace(old, new, 1)
    return resolve(loads(SPEC)), resolve(loads(after))


HOOK = rule(
    "SCF301",
    severity="critical",
    layer="code",
    why="A connection of its own is bound to no tenant: it reads the rows of all of them.",
)
WORKFLOW = rule("SCF601", severity="medium", layer="project", why="Nobody is told any more.")
GRANTED = change(
    key="access invoice:delete member",
    old="if owner_id is $user.id and status is draft",
    now="if status is draft",
    witness="a member deletes the draft of a colleague: DELETE /invoices/{invoice_id}",
    line=42,
)
ALLOWED = change(key="access invoice_line:update billing_worker", line=77)
ORDINARY = Report(
    base="origin/main",
    head=".",
    layers=(
        Looked("spec"),
        Looked("tree"),
        Looked("code"),
        Looked("project"),
        Looked("application", "it is not imported with --static"),
        Looked("database", "no --database-url was given"),
    ),
    changes=(
        GRANTED,
        change(
            HOOK, "connects hooks/invoice.py settle", now="asyncpg.connect", path="hooks/invoice.py"
        ),
        change(
            WORKFLOW,
            "runs .github/workflows/ci.yml",
            old="scaffold check --base origin/main",
            now=None,
            path=".github/workflows/ci.yml",
            line=31,
        ),
        change(
            FIXED, "access sign_up without a permission", verdict="unknown", clients="compatible"
        ),
        replace(
            ALLOWED,
            approval=approval(
                ALLOWED.fingerprint,
                [ALLOWED],
                reason="The worker corrects totals (SEC-41).",
                owner="@example/security",
                expires=date(2026, 12, 24),
                today=date(2026, 11, 30),
            ),
        ),
        change(key="access contract:list clerk", new=True, line=90),
        change(key="access payment:read accountant", old="always", now=None, verdict="narrowed"),
        change(
            key="access invoice:remind accountant",
            old="always",
            now="if $tenant.region is eu",
            verdict="narrowed",
            clients="breaking",
        ),
    ),
    paths=("scaffold.yaml", "hooks/invoice.py", ".scaffold/approvals.yaml"),
    prefix="services/billing app/",
)

HOSTILE = (
    "</code></td></tr></table><script>alert(1)</script><img src=x onerror=alert(1)> "
    "| a | b | `x` **b** [l](https://evil.example) @octocat #1 GH-1 owner/repo#2 "
    "]]> &amp; {0} ${{ secrets.X }} %0A::add-mask::x ##[stop-commands]x --> <!-- "
    "www.evil.example a@evil.example ~~s~~ _u_ \x1b[31mred\x1b[0m \r\n::error::forged\n"
    "\u202eRTL\u2066 \x00\x07 \u2028 \ufeff \ufffe \U000e0041 \udc80 \ud800 'q' \"q\""
)
PATH = "hooks/\x1b[31m,title=x::%0A\n\u202e\udc80 <b>:é.py"
EVIL = Report(
    base=HOSTILE,
    head=HOSTILE,
    layers=(Looked("code"), Looked("database", HOSTILE)),
    changes=(
        change(HOOK, HOSTILE, old=HOSTILE, now=f"{HOSTILE}x", witness=HOSTILE, path=PATH, line=3),
        change(HOOK, f"{HOSTILE} new", now=HOSTILE, path=PATH, new=True),
        change(HOOK, f"{HOSTILE} less", old=HOSTILE, now=None, path=PATH, verdict="narrowed"),
    ),
    failures=(HOSTILE,),
    stale=(Stale(PATH, HOSTILE),),
    paths=("scaffold.yaml", PATH),
)
CLEAN = Report(base="origin/main", head=".", layers=(Looked("spec"),))
