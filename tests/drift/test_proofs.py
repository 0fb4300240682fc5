"""Witnesses that run: they pass where something is allowed now, and fail where it was not."""

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from scaffold.design.reading import read
from scaffold.drift.spec.compare import comparison
from scaffold.drift.spec.proof import HOME, proofs
from tests.emitted import PACKAGE, SPEC, made

WIDER = (
    # A condition gone, a grant of all rows, another operation, more fields read and written.
    ("void], on: invoice, when: {status: sent}}", "void], on: invoice}"),
    ("delete], on: invoice_line, when: {locked: false}}", "delete], on: invoice_line}"),
    ("due_on], when: {owner_id: $user.id, status: draft}}", "due_on], when: {status: draft}}"),
    ("payment, except: [payer_account, provider_reference]", "payment, except: [payer_account]"),
    ("payment_terms], when: {region: {in: $user.regions}}}", "payment_terms]}"),
    ("{do: refund, on: payment, when: {status: received}}", "{do: [refund, delete], on: payment}"),
    ("{do: update, on: organization, only: name}", "{do: update, on: organization}"),
)
"""Texts of the spec, each with a wider one."""


@pytest.fixture(scope="module")
def content() -> tuple[bytes, bytes]:
    before = after = SPEC.read_text("utf-8")
    for old, new in WIDER:
        assert old in after, old
        after = after.replace(old, new)
    return before.encode(), after.encode()


def test_witnesses_pass_on_the_head_and_fail_on_the_base(
    content: tuple[bytes, bytes], tmp_path: Path, postgres_server: str
) -> None:
    compared = comparison(*(read(each, "spec") for each in content))
    changes = [each for each in compared.changes() if each.blocks]
    found = proofs(compared.before, compared.after, changes)
    assert len(found) > len(WIDER)
    ended = {}
    for name, spec in zip(("base", "head"), content, strict=True):
        project = made(PACKAGE, tmp_path / name, spec)
        for path, text in found.items():
            place = project / path
            place.parent.mkdir(exist_ok=True)
            place.write_text(text, "utf-8")
        ended[name] = run(project)
    tests = sum(text.count("\ndef test_") for text in found.values())
    assert ended == {"head": (tests, 0, 0), "base": (tests, tests, 0)}


def run(project: Path) -> tuple[int, ...]:
    """How many tests ran, failed, and could not be tried."""
    report = project / "report.xml"
    asked = [sys.executable, "-m", "pytest", "-q", "--tb=no", f"--junitxml={report}", HOME]
    subprocess.run(  # noqa: S603 - this Python
        [*asked, "-n", "0"], cwd=project, capture_output=True, check=False
    )
    suite = ElementTree.parse(report).getroot()[0]  # noqa: S314 - pytest wrote it
    return tuple(int(suite.attrib[each]) for each in ("tests", "failures", "errors"))
