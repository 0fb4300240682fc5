"""The hooks that the pages of the documents show have nothing to tell."""

import re
from pathlib import Path

import pytest

from scaffold.drift.code import read
from scaffold.drift.trees import Files

DOCS = Path(__file__).parents[3] / "docs"
BLOCK = re.compile(r"```python\n# (hooks/\w+\.py|asgi\.py|tests/\w+\.py)\n(.*?)```", re.DOTALL)
BLOCKS = [
    (f"{page.name}-{number}", found[1], found[2])
    for page in sorted(DOCS.glob("*.md"))
    for number, found in enumerate(BLOCK.finditer(page.read_text("utf-8")))
]


def test_there_are_some() -> None:
    assert len(BLOCKS) >= 4


@pytest.mark.parametrize(
    ("path", "text"), [each[1:] for each in BLOCKS], ids=[b[0] for b in BLOCKS]
)
def test_a_hook_of_the_documents_has_nothing_to_tell(path: str, text: str) -> None:
    package = re.search(r"from (\w+)\.gate", text)
    files = Files({path: text.encode()}, "page")
    said = [
        (each.rule.id, each.key) for each in read(files, package[1] if package else "invoicing")
    ]
    assert not said
