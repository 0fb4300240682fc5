"""What the targets of a Makefile run.

It knows rules with their prerequisites, recipes with `@`, `-` and `+`, variables of every flavour,
`include`, `.PHONY`, `.IGNORE` and `.ONESHELL`. It does not see: pattern rules, functions (they stay
as they are written), `$(eval)`, and which branch of `ifeq` is taken: a rule inside one is only
there on a condition.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from scaffold.drift.project.documents import Unreadable
from scaffold.drift.project.shell import Command, Shell, commands, shell_of
from scaffold.drift.trees import Tree

NAMES: Final = ("GNUmakefile", "makefile", "Makefile")
"""Where GNU make looks, in its order."""
MAX_BYTES: Final = 256 * 1024
MAX_INCLUDED: Final = 10

_VARIABLE = re.compile(
    r"(?:(?:export|override|private|unexport)\s+)*([A-Za-z0-9_.-]+)\s*"
    r"(:::=|::=|:=|\?=|\+=|!=|=)\s*(.*)",
    re.DOTALL,
)
_RULE = re.compile(r"([^:=#]+?)\s*(::?)(?!=)\s*(.*)", re.DOTALL)
_USE = re.compile(r"\$(\$|\(([A-Za-z0-9_.-]+)\)|\{([A-Za-z0-9_.-]+)\}|[@<*^?A-Za-z])")
_CONDITIONAL = re.compile(r"(ifeq|ifneq|ifdef|ifndef|else|endif)\b")
_MAX_EXPANDED: Final = 8192


@dataclass(slots=True)
class Target:
    """A rule: what comes first, and the lines of its recipe."""

    name: str
    line: int
    path: str
    prerequisites: list[str] = field(default_factory=list)
    recipe: list[tuple[int, str]] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)
    conditional: bool = False


@dataclass(slots=True)
class Makefile:
    """The Makefile of a project with what it includes."""

    path: str
    targets: dict[str, Target] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    defaults: set[str] = field(default_factory=set)
    """Variables that the environment replaces: those set by `?=`."""
    exported: set[str] = field(default_factory=set)
    places: dict[str, tuple[str, int]] = field(default_factory=dict)
    phony: set[str] = field(default_factory=set)
    ignoring: set[str] = field(default_factory=set)
    """Targets whose failures do not count; "" is all of them."""
    oneshell: bool = False
    first: str = ""

    @property
    def goal(self) -> str:
        """What `make` alone makes."""
        return self.variables.get(".DEFAULT_GOAL", "").strip() or self.first

    def commands(
        self, target: str, tree: Tree, given: Mapping[str, str], environment: Mapping[str, str]
    ) -> list[tuple[str, Command]]:
        """What a target and its prerequisites run, in order, with the file that says it.

        `given` are variables of the command line, `environment` those around it.

        Raises:
            Unreadable: a recipe is no script.
        """
        told = {name: each for name, each in environment.items() if name in self.defaults}
        return list(self._commands(target, tree, {**self.variables, **told, **given}, set()))

    def _commands(
        self, name: str, tree: Tree, variables: Mapping[str, str], seen: set[str]
    ) -> Iterator[tuple[str, Command]]:
        target = self.targets.get(name)
        if target is None or name in seen or len(seen) > 100:
            return
        seen.add(name)
        variables = {**variables, **target.variables}
        for each in target.prerequisites:
            yield from self._commands(expand(each, variables), tree, variables, seen)
        conditions: tuple[str, ...] = ()
        if target.conditional:
            conditions = (f"the rule {name} is inside a condition",)
        if name not in self.phony and name in tree.entries:
            conditions = (*conditions, f"there is a file called {name}, and {name} is not phony")
        ignored = ("make ignores failures",) if self.ignoring & {"", name} else ()
        exported = {each: expand(variables[each], variables) for each in self.exported}
        for line, text, marks in self._scripts(target):
            script = expand(text, {**variables, "@": name})
            lost = (*ignored, "- in front of it") if "-" in marks else ignored
            for command in commands(script, line, self._shell(), exported):
                told = (*conditions, *command.conditions)
                yield (
                    target.path,
                    replace(command, conditions=told, ignored=(*lost, *command.ignored)),
                )

    def _scripts(self, target: Target) -> Iterator[tuple[int, str, str]]:
        lines = []
        for line, text in target.recipe:
            bare = text.lstrip(" \t@+-")
            lines.append((line, bare, text[: len(text) - len(bare)]))
        if self.oneshell and lines:
            yield lines[0][0], "\n".join(each for _, each, _ in lines), lines[0][2]
            return
        yield from lines

    def _shell(self) -> Shell:
        return shell_of(self.variables.get(".SHELLFLAGS", "").split())


def expand(text: str, variables: Mapping[str, str], depth: int = 0) -> str:
    """A text with its variables; functions stay as they are written."""
    if "$" not in text or depth > 8:
        return text

    def value(found: re.Match[str]) -> str:
        if found[1] == "$":
            return "$"
        name = found[2] or found[3] or found[1]
        if name not in variables:
            return found[0]
        return expand(variables[name], variables, depth + 1)[:_MAX_EXPANDED]

    return _USE.sub(value, text)[:_MAX_EXPANDED]


def find(tree: Tree) -> str | None:
    """The Makefile that `make` reads."""
    return next((each for each in NAMES if each in tree.entries), None)


def read(tree: Tree) -> Makefile | None:
    """The Makefile of a project.

    Raises:
        Unreadable: it is no text, or too large.
    """
    path = find(tree)
    if path is None:
        return None
    found = Makefile(path)
    _Reader(tree, found).file(path)
    return found


class _Reader:
    def __init__(self, tree: Tree, makefile: Makefile) -> None:
        self.tree = tree
        self.makefile = makefile
        self.included = 0

    def file(self, path: str) -> None:
        text = self.tree.text(path)
        if text is None or len(text) > MAX_BYTES:
            raise Unreadable("it is no text, or larger than 256 KiB")
        self.included += 1
        if self.included > MAX_INCLUDED:
            raise Unreadable("it includes too many files")
        current: list[Target] = []
        depth, define = 0, ""
        for line, content in _lines(text):
            if define:
                define = "" if content.strip() == "endef" else define
                continue
            if content.startswith("\t") and current:
                for each in current:
                    each.recipe.append((line, content[1:]))
                continue
            said = content.split("#")[0].strip() if "#" in content else content.strip()
            if not said:
                continue
            if found := _CONDITIONAL.match(said):
                depth += {"endif": -1, "else": 0}.get(found[1], 1)
            elif said.startswith("define "):
                define = said
            elif said.split()[0] in ("include", "-include", "sinclude"):
                for other in expand(said, self.makefile.variables).split()[1:]:
                    if other in self.tree.entries:
                        self.file(other)
            elif found := _VARIABLE.fullmatch(said):
                self.variable(found, path, line)
                current = []
            elif said.startswith("export "):
                self.makefile.exported |= {*said.split()[1:]} & self.makefile.variables.keys()
            elif found := _RULE.fullmatch(said):
                current = self.rule(found, path, line, depth > 0)

    def variable(self, found: re.Match[str], path: str, line: int) -> None:
        name, operator, value = found[1], found[2], found[3]
        known = self.makefile.variables
        if operator == "?=":
            self.makefile.defaults.add(name)
            known.setdefault(name, value)
        else:
            self.makefile.defaults.discard(name)
            if operator == "+=" and name in known:
                value = f"{known[name]} {value}"
            elif name in value and operator in (":=", "::=", ":::="):
                value = expand(value, known)
            known[name] = value
        self.makefile.places[name] = (path, line)
        if found[0].startswith("export"):
            self.makefile.exported.add(name)

    def rule(self, found: re.Match[str], path: str, line: int, conditional: bool) -> list[Target]:
        names = expand(found[1], self.makefile.variables).split()
        rest, _, inline = found[3].partition(";")
        if set_here := _VARIABLE.fullmatch(found[3]):
            for name in names:
                known = self.makefile.targets.setdefault(name, Target(name, line, path))
                known.variables[set_here[1]] = set_here[3]
            return []
        prerequisites = expand(rest, self.makefile.variables).split()
        if names == [".PHONY"]:
            self.makefile.phony |= {*prerequisites}
            return []
        if names == [".IGNORE"]:
            self.makefile.ignoring |= {*prerequisites} or {""}
            return []
        if names == [".ONESHELL"]:
            self.makefile.oneshell = True
            return []
        targets = []
        for each in names:
            target = self.makefile.targets.get(each)
            if target is None:
                target = Target(each, line, path, conditional=conditional)
                self.makefile.targets[each] = target
                if not self.makefile.first and not each.startswith("."):
                    self.makefile.first = each
            target.prerequisites += [one for one in prerequisites if one != "|"]
            # A later recipe takes the place of a former one; a rule without one adds to it.
            taken = replace(target, recipe=[], path=path)
            if inline:
                taken.recipe.append((line, inline.strip()))
            if target.recipe and not taken.recipe:
                taken.recipe = _Replacing(target.recipe)
            self.makefile.targets[each] = taken
            targets.append(taken)
        return targets


class _Replacing(list[tuple[int, str]]):
    """The lines of a former recipe, which the first new one takes the place of."""

    def __init__(self, former: list[tuple[int, str]]) -> None:
        super().__init__(former)
        self.fresh = False

    def append(self, each: tuple[int, str]) -> None:
        """Adds a line; the first one takes all the others away."""
        if not self.fresh:
            self.clear()
            self.fresh = True
        super().append(each)


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Logical lines with their numbers; in a recipe the shell joins them itself."""
    held, start = "", 0
    for number, each in enumerate(text.split("\n"), 1):
        each = each.removesuffix("\r")
        recipe = (held or each).startswith("\t")
        if each.endswith("\\") and not each.endswith("\\\\"):
            start = start or number
            held += f"{each}\n" if recipe else f"{each[:-1].strip() if held else each[:-1]} "
            continue
        last = each if recipe or not held else each.strip()
        yield start or number, held + last
        held, start = "", 0
    if held:
        yield start, held
