"""The indexes of lists: below a parent, each order is read as it lies in an index."""

import shutil
from pathlib import Path

from tests.emitted import ask

PLANS = Path(__file__).parent / "plans.py"


def test_every_order_of_a_child_has_an_index_of_its_own(
    emitted_project: Path, tmp_path: Path, postgres_server: str
) -> None:
    project = tmp_path / "project"
    shutil.copytree(emitted_project, project)
    shutil.copy(PLANS, project / "tests" / "contract" / "test_plans.py")
    outcome = ask(project, ["test_plans.py"])
    assert outcome.passed, outcome.output
