"""The documents: their fenced blocks, tables, links and headings."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

REPOSITORY: Final = Path(__file__).resolve().parents[2]
README: Final = REPOSITORY / "README.md"
DOCUMENTS: Final = (README, *sorted((REPOSITORY / "docs").glob("*.md")))

_FENCE = re.compile(r"^```(\S*)[ ]*(.*)$")
_HEADING = re.compile(r"^#{1,6} (.+)$")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_CODE = re.compile(r"`([^`]+)`")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: its language, the words after it, and where its text begins."""

    document: Path
    line: int
    language: str
    words: str
    text: str

    def __str__(self) -> str:
        return f"{self.document.name}:{self.line}"


@dataclass(frozen=True, slots=True)
class Document:
    """A document without its blocks, and the blocks."""

    path: Path
    prose: str
    blocks: tuple[Block, ...]

    @property
    def links(self) -> list[str]:
        """The targets of its links."""
        return _LINK.findall(self.prose)

    @property
    def code(self) -> list[str]:
        """What stands between backticks."""
        return _CODE.findall(self.prose)

    @property
    def anchors(self) -> set[str]:
        """The fragments that lead to its headings."""
        found = [_HEADING.match(line) for line in self.prose.splitlines()]
        return {_anchor(each[1]) for each in found if each}

    def section(self, heading: str) -> str:
        """What stands below a heading, up to the next one of any level."""
        lines = iter(self.prose.splitlines())
        for line in lines:
            if (found := _HEADING.match(line)) and found[1] == heading:
                break
        else:
            raise AssertionError(f"{self.path.name} has no section {heading!r}")
        kept = []
        for line in lines:
            if _HEADING.match(line):
                break
            kept.append(line)
        return "\n".join(kept)

    def tables(self, heading: str) -> list[list[list[str]]]:
        """The rows of each table below a heading, without its head."""
        found: list[list[list[str]]] = [[]]
        for line in self.section(heading).splitlines():
            if line.startswith("|"):
                found[-1].append([cell.strip() for cell in line.strip().strip("|").split("|")])
            elif found[-1]:
                found.append([])
        return [rows[2:] for rows in found if rows]

    def table(self, heading: str) -> list[list[str]]:
        """The rows of the first table below a heading."""
        return self.tables(heading)[0]


def read(path: Path) -> Document:
    """A document in its parts."""
    prose: list[str] = []
    blocks: list[Block] = []
    lines = enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
    for number, line in lines:
        fence = _FENCE.match(line)
        if fence is None:
            prose.append(line)
            continue
        text = "".join(f"{each}\n" for each in _until_closed(lines))
        blocks.append(Block(path, number + 1, fence[1], fence[2], text))
    return Document(path, "\n".join(prose), tuple(blocks))


def code_of(cell: str) -> list[str]:
    """What stands between backticks in a cell of a table."""
    return _CODE.findall(cell)


def _until_closed(lines: Iterator[tuple[int, str]]) -> Iterator[str]:
    for _, line in lines:
        if line == "```":
            return
        yield line
    raise AssertionError("a block is never closed")


def _anchor(heading: str) -> str:
    """The fragment of a heading, as GitHub makes it."""
    kept = re.sub(r"[^\w\- ]", "", heading.lower())
    return kept.replace(" ", "-")
