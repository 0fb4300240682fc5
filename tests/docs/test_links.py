"""Links lead somewhere, and every path that is named is there."""

import re
from pathlib import Path

import pytest

from tests.emitted import PACKAGE

from .markdown import DOCUMENTS, README, REPOSITORY, read

each_document = pytest.mark.parametrize("path", DOCUMENTS, ids=lambda each: each.stem)

MAX_LINES = 220
PATH = re.compile(
    r"(?:scaffold|templates|tests|specs|docs|benchmarks|examples|hooks|\.scaffold|<package>)/[\w./-]*"
)
"""A path of the repository, or of a project."""


@each_document
def test_links_lead_somewhere(path: Path) -> None:
    for link in read(path).links:
        if link.startswith("https://"):
            continue
        target, _, anchor = link.partition("#")
        place = (path.parent / target).resolve() if target else path
        assert place.is_relative_to(REPOSITORY) and place.exists(), link
        if anchor:
            assert anchor in read(place).anchors, link


@each_document
def test_paths_are_there(path: Path, emitted_project: Path) -> None:
    for code in read(path).code:
        if not PATH.fullmatch(code):
            continue
        emitted = emitted_project / code.replace("<package>", PACKAGE)
        assert (REPOSITORY / code).exists() or emitted.exists(), f"{path.name}: {code}"


@each_document
def test_a_document_is_short(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_LINES


def test_every_document_is_reached_from_the_readme() -> None:
    found = {README}
    waiting = [README]
    while waiting:
        path = waiting.pop()
        for link in read(path).links:
            target = (path.parent / link.partition("#")[0]).resolve()
            if target in DOCUMENTS and target not in found:
                found.add(target)
                waiting.append(target)
    assert found == set(DOCUMENTS)


def test_the_targets_of_the_readme_are_there() -> None:
    made = re.findall(r"^(\w+):.*##", (REPOSITORY / "Makefile").read_text("utf-8"), re.MULTILINE)
    (block,) = (each for each in read(README).blocks if each.language == "sh")
    named = re.findall(r"^make (\w+)", block.text, re.MULTILINE)
    assert named and set(named) <= set(made)
