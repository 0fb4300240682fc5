"""What the commands of CI come down to: the check, the tests, installations, code of the change.

A command is followed into targets of the Makefile, shell scripts of the tree, and pre-commit. Not
followed are programs that read a list of their own: tox, nox, just, task, npm.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from posixpath import normpath
from typing import Final, Literal

from scaffold.drift.facts import Place
from scaffold.drift.project import documents, makefile
from scaffold.drift.project.documents import Table, Unreadable
from scaffold.drift.project.shell import Command, Shell, commands, expanded, shell_of
from scaffold.drift.trees import Tree

Kind = Literal["check", "tests", "types", "lint", "install", "code", "other", "unreadable"]

MAX_DEPTH: Final = 6
GITHUB: Final = Shell()
"""The shell of a step in which none is named: `bash -e`."""
MAX_RUNS: Final = 4000
PRE_COMMIT: Final = ".pre-commit-config.yaml"

_WRAPPERS: Final = frozenset(
    {"sudo", "env", "time", "nice", "nohup", "command", "exec", "stdbuf", "ionice", "xvfb-run"}
)
_RUNNERS: Final = frozenset({"uv", "poetry", "pdm", "hatch", "pipenv", "rye"})
_CODE: Final = frozenset(
    {"tox", "nox", "uv", "poetry", "pdm", "hatch", "pipenv", "npm", "npx", "yarn", "pnpm", "node"}
    | {"go", "cargo", "gradle", "mvn", "docker", "docker-compose", "podman", "just", "task"}
    | {"uvicorn", "alembic", "schemathesis", "ruby", "perl", "deno", "bun", "bazel", "ansible"}
)
_PYTHON = re.compile(r"(?:\$\(?\{?PYTHON\}?\)?|python|pypy)[0-9.]*")
_SHELLS: Final = frozenset({"sh", "bash", "dash", "zsh", "ksh", "source", "."})
_HARMLESS_MODULES: Final = frozenset({"venv", "pip", "ensurepip", "scaffold", "virtualenv"})
_ASSIGNED = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Run:
    """A command that CI comes down to; see `Command` for what makes it weak.

    `arguments` are what is behind the program and its subcommand. `notes` are other reasons why it
    is not what it seems.
    """

    kind: Kind
    words: tuple[str, ...]
    arguments: tuple[str, ...]
    place: Place
    conditions: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    targets: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    directory: str = ""

    @property
    def shown(self) -> str:
        """The command, shortened."""
        text = " ".join(self.words)
        return text if len(text) <= 60 else f"{text[:57]}..."


class Resolver:
    """Follows commands through the files of a tree."""

    def __init__(self, tree: Tree, package: str) -> None:
        self.tree = tree
        self.package = package
        self.count = 0
        self.unreadable: dict[str, str] = {}
        """Files that could not be read, with the reason."""

    @cached_property
    def makefile(self) -> makefile.Makefile | None:
        """The Makefile, if there is one that can be read."""
        try:
            return makefile.read(self.tree)
        except Unreadable as error:
            self.unreadable[makefile.find(self.tree) or "Makefile"] = str(error)
            return None

    @cached_property
    def hooks(self) -> list[Table]:
        """The hooks of pre-commit."""
        text = self.tree.text(PRE_COMMIT)
        if text is None:
            return []
        try:
            content = documents.read(text)
        except Unreadable as error:
            self.unreadable[PRE_COMMIT] = str(error)
            return []
        found = content[0] if content and isinstance(content[0], Table) else Table()
        return [hook for each in found.tables("repos") for hook in each.tables("hooks")]

    def script(
        self,
        text: str,
        path: str,
        line: int = 1,
        shell: Shell = GITHUB,
        variables: Mapping[str, str] | None = None,
        depth: int = 0,
    ) -> list[Run]:
        """What a script of a file comes down to."""
        try:
            return self.all(commands(text, line, shell, variables), path, depth)
        except Unreadable as error:
            return [Run("unreadable", (), (), Place(path, line), notes=(str(error), text[:20000]))]

    def all(self, found: Iterable[Command], path: str, depth: int = 0) -> list[Run]:
        """What commands come down to."""
        runs: list[Run] = []
        for each in found:
            self.count += 1
            if self.count > MAX_RUNS:
                raise Unreadable("CI runs too many commands")
            runs += self.one(each, path, depth)
        return runs

    def one(self, command: Command, path: str, depth: int) -> list[Run]:
        words, assigned = unwrapped(command.words)
        variables = {**command.variables, **assigned}
        words = tuple(expanded(each, variables) for each in words)
        base = Run(
            "other",
            words,
            words[1:],
            Place(path, command.line),
            command.conditions,
            command.ignored,
            (),
            variables,
            command.targets,
            command.after,
            command.directory,
        )
        if not words:
            return []
        if depth < MAX_DEPTH:
            inner = self.followed(base, depth)
            if inner is not None:
                return inner
        return [self.judged(base)]

    # Following

    def followed(self, run: Run, depth: int) -> list[Run] | None:
        name = _name(run.words[0])
        if name in ("make", "gmake", "$(MAKE)", "${MAKE}", "$MAKE"):
            return self._make(run, depth)
        if name == "pre-commit" and run.words[1:2] == ("run",):
            every = {"--all-files", "-a"} & {*run.words}
            return self._pre_commit(run, depth, [] if every else ["only changed files"])
        script = self._script_of(run)
        return script if script is None else self._scripted(run, *script, depth)

    def _script_of(self, run: Run) -> tuple[str, tuple[str, ...]] | None:
        """The shell script of the tree that a command starts, and the words that say how."""
        words = run.words
        if _name(words[0]) in _SHELLS:
            for number, each in enumerate(words[1:], 1):
                if not each.startswith("-") and words[number - 1] not in ("-o", "+o"):
                    return (each, words[:number]) if self._lies(each, run) else None
            return None
        return (words[0], ()) if "/" in words[0] and self._lies(words[0], run) else None

    def _lies(self, path: str, run: Run) -> bool:
        return self._path(path, run) in self.tree.entries

    def _path(self, path: str, run: Run) -> str:
        return normpath(f"{run.directory}/{path}" if run.directory else path)

    def _scripted(
        self, run: Run, written: str, words: tuple[str, ...], depth: int
    ) -> list[Run] | None:
        path = self._path(written, run)
        text = self.tree.text(path)
        first = (text or "").split("\n", 1)[0]
        shebang = first[2:].split() if first.startswith("#!") else []
        is_shell = bool(words) or any(_name(each) in _SHELLS for each in shebang)
        if text is None or not is_shell:
            return None
        shell = shell_of((*words, *shebang[1:]))
        if words and _name(words[0]) in ("source", "."):
            shell = Shell(errexit=not run.ignored)
        return self._inside(run, self.script(text, path, 1, shell, run.variables, depth + 1))

    def _inside(self, outer: Run, inner: Iterable[Run]) -> list[Run]:
        """Commands of something that `outer` starts: they are as weak as it is."""
        return [
            replace(
                each,
                conditions=(*outer.conditions, *each.conditions),
                ignored=(*outer.ignored, *each.ignored),
                variables={**outer.variables, **each.variables},
                directory=each.directory or outer.directory,
            )
            for each in inner
        ]

    def _make(self, run: Run, depth: int) -> list[Run] | None:
        found = self.makefile
        if found is None:
            return None
        given: dict[str, str] = {}
        targets, lost = [], []
        words = iter(run.words[1:])
        for each in words:
            if assignment := _ASSIGNED.fullmatch(each):
                given[assignment[1]] = assignment[2]
            elif each in ("-C", "-f", "--directory", "--file", "--makefile"):
                value = next(words, "")
                if value not in (".", found.path):
                    return None
            elif each in ("-j", "-l", "-o", "-W", "--jobs"):
                continue
            elif each.startswith("--"):
                lost += _MAKE_OPTIONS.get(each, [])
            elif each.startswith("-"):
                lost += [why for flag in each[1:] for why in _MAKE_OPTIONS.get(f"-{flag}", [])]
            else:
                targets.append(each)
        outer = replace(run, ignored=(*run.ignored, *lost))
        inner: list[Run] = []
        for each in targets or [found.goal]:
            try:
                listed = found.commands(each, self.tree, given, run.variables)
            except Unreadable as error:
                target = found.targets[each]
                said = "\n".join(text for _, text in target.recipe)
                place = Place(target.path, target.line)
                inner.append(Run("unreadable", (), (), place, notes=(str(error), said)))
                continue
            for path, command in listed:
                inner += self.all([command], path, depth + 1)
        return self._inside(outer, inner)

    def _pre_commit(self, run: Run, depth: int, notes: Sequence[str]) -> list[Run]:
        inner = []
        for hook in self.hooks:
            told = tuple(self.hook_conditions(hook)) + tuple(notes)
            line = hook.line_of("entry")
            for each in self.script(hook.text("entry"), PRE_COMMIT, line, depth=depth + 1):
                inner.append(replace(each, conditions=(*told, *each.conditions)))
        return self._inside(run, inner)

    @staticmethod
    def hook_conditions(hook: Table) -> Iterator[str]:
        """When a hook does not run on a commit."""
        if hook.text("always_run") != "true":
            for key in ("files", "exclude", "types", "types_or", "exclude_types"):
                if key in hook:
                    yield f"{key} of the hook"
        stages = documents.listed(hook.get("stages"))
        if stages and not {"pre-commit", "commit", "pre-push", "push"} & {*stages}:
            yield f"only in the stages {', '.join(sorted(stages))}"

    # Judging

    def judged(self, run: Run) -> Run:
        """A command that is followed no further, by what it is."""
        name = _name(run.words[0])
        arguments = run.words[1:]
        if _PYTHON.fullmatch(name):
            return self._python(run)
        if name in ("uvx", "pipx"):
            rest = [each for each in arguments if each not in ("run",) and each[:1] != "-"]
            name, arguments = (_name(rest[0]) if rest else name), tuple(rest[1:])
        if name.startswith("$") and "SCAFFOLD" in name.upper():
            name = "scaffold"
        return self._named(run, name, arguments)

    def _named(self, run: Run, name: str, arguments: tuple[str, ...]) -> Run:
        if name == "scaffold" and arguments[:1] == ("check",):
            notes: tuple[str, ...] = ()
            if "/" in run.words[0] and self._lies(run.words[0], run):
                notes = (f"{run.words[0]} is a file of the repository",)
            return replace(run, kind="check", arguments=arguments[1:], notes=notes)
        if name in ("pytest", "py.test"):
            return replace(run, kind="tests", arguments=arguments)
        if name in ("mypy", "dmypy"):
            return replace(run, kind="types", arguments=arguments)
        if name == "ruff" and arguments[:1] == ("check",):
            return replace(run, kind="lint", arguments=arguments[1:])
        if re.fullmatch(r"pip[0-9.]*", name) and "install" in arguments:
            behind = arguments[arguments.index("install") + 1 :]
            return replace(run, kind="install", arguments=behind)
        if name == "uv" and arguments[:2] == ("pip", "install"):
            return replace(run, kind="install", arguments=arguments[2:])
        if name in _CODE or ("/" in run.words[0] and self._lies(run.words[0], run)):
            return replace(run, kind="code")
        return run

    def _python(self, run: Run) -> Run:
        words = run.words
        for number, each in enumerate(words[1:], 1):
            if each == "-m" or (each.startswith("-m") and len(each) > 2):
                module = words[number + 1] if each == "-m" and number + 1 < len(words) else each[2:]
                behind = words[number + 2 :] if each == "-m" else words[number + 1 :]
                found = self._named(run, module, behind)
                if found.kind != "other":
                    if module in ("scaffold", "pytest", "pip") and self._shadowed(module):
                        return replace(found, notes=(*found.notes, f"the tree has a {module}"))
                    return found
                return run if module in _HARMLESS_MODULES else replace(run, kind="code")
            if each == "-c":
                harmless = "import sys; sys.exit" in " ".join(words)
                return run if harmless else replace(run, kind="code")
            if not each.startswith("-"):
                return replace(run, kind="code")
        return run

    def _shadowed(self, module: str) -> bool:
        """Does the tree have a module of this name, which `python -m` finds first?"""
        entries = self.tree.entries
        return any(f"{module}{each}" in entries for each in ("/__init__.py", "/__main__.py", ".py"))


_MAKE_OPTIONS: Final[Mapping[str, list[str]]] = {
    "-i": ["make -i ignores failures"],
    "--ignore-errors": ["make -i ignores failures"],
    "-n": ["make -n runs nothing"],
    "--dry-run": ["make -n runs nothing"],
    "--just-print": ["make -n runs nothing"],
    "--recon": ["make -n runs nothing"],
    "-t": ["make -t runs nothing"],
    "--touch": ["make -t runs nothing"],
    "-q": ["make -q runs nothing"],
    "--question": ["make -q runs nothing"],
}


def _name(word: str) -> str:
    """The name of a program without its directory."""
    return word.rpartition("/")[2]


def unwrapped(words: Sequence[str]) -> tuple[tuple[str, ...], dict[str, str]]:
    """A command without `sudo`, `env A=b`, `timeout 60` and the like, and what they set."""
    left = list(words)
    assigned: dict[str, str] = {}
    for _ in range(6):
        if not left:
            break
        name = _name(left[0])
        if name in _RUNNERS and left[1:2] == ["run"]:
            left = left[2:]
        elif name == "timeout":
            left = left[1:]
            while left and left[0].startswith("-"):
                left = left[2:] if left[0] in ("-k", "-s") else left[1:]
            left = left[1:]
            continue
        elif name in _WRAPPERS:
            left = left[1:]
        else:
            break
        while left and (left[0].startswith("-") or _ASSIGNED.fullmatch(left[0])):
            if found := _ASSIGNED.fullmatch(left[0]):
                assigned[found[1]] = found[2]
            left = left[1:]
    return tuple(left), assigned
