"""Putting a hook of the documents where the project has its starter."""

import ast
from pathlib import Path

from .markdown import Block


def is_hook(block: Block) -> bool:
    """Does the block say that it belongs into a module of hooks?"""
    return block.language == "python" and block.text.startswith("# hooks/")


def is_test(block: Block) -> bool:
    """Does the block say that it is a module of tests?"""
    return block.language == "python" and block.text.startswith("# tests/")


def place(block: Block, project: Path) -> Path:
    """Where in a project the first line says that a block belongs."""
    return project / block.text.partition("\n")[0].removeprefix("# ")


def write(block: Block, project: Path) -> None:
    """Replace the functions that the block defines, and the imports of the same modules."""
    module_file = place(block, project)
    given, present = ast.parse(block.text), ast.parse(module_file.read_text(encoding="utf-8"))
    written = {_key(each): each for each in given.body}
    kept = [each for each in present.body if _key(each) not in written]
    docstring, rest = kept[:1], kept[1:]
    imports = [each for each in (*given.body, *rest) if isinstance(each, ast.ImportFrom)]
    others = [each for each in (*given.body, *rest) if not isinstance(each, ast.ImportFrom)]
    module = ast.Module([*docstring, *_united(imports), *others], type_ignores=[])
    module_file.write_text(f"{ast.unparse(module)}\n", encoding="utf-8")


def _key(node: ast.stmt) -> str:
    """What a statement defines, if a block can replace it."""
    return f"function {node.name}" if isinstance(node, ast.AsyncFunctionDef) else ast.dump(node)


def _united(imports: list[ast.ImportFrom]) -> list[ast.ImportFrom]:
    """One import a module."""
    names: dict[str, dict[str, ast.alias]] = {}
    for each in imports:
        names.setdefault(each.module or "", {}).update({name.name: name for name in each.names})
    return [ast.ImportFrom(module, list(found.values()), 0) for module, found in names.items()]
