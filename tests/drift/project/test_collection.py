"""What steers the contract tests is one fact for as long as its lines are the same."""

from .states import surface

HOOK = """\
def pytest_runtest_call(item):
    item.obj = [
        print,
    ]
"""
PLACE = "tests/conftest.py"


def steered(text: str) -> set[str]:
    """What is said of a conftest."""
    return {
        each.value for (rule, _), each in surface({PLACE: text}, "app").items() if rule == "SCF653"
    }


def test_a_hook_is_the_same_wherever_it_stands() -> None:
    known = steered(HOOK)
    assert len(known) == 1
    assert steered(f"import os\n\n\n{HOOK}\nnumber = len(os.sep)\n") == known
    assert (
        steered("if True:\n" + HOOK.replace("def", "    def").replace("\n    ", "\n        "))
        == known
    )
    assert steered(HOOK.replace("        print,", "        repr,")) != known
    assert steered(HOOK.replace("    ]", "    ][:0]")) != known
