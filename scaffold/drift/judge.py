"""From two states of a project to a report: what changed, what is approved, what was not looked
at."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from scaffold.drift.change import Change, changes
from scaffold.drift.facts import Fact, Layer, Surface, surface_of
from scaffold.drift.read import facts, of_generated, static
from scaffold.drift.report import Looked, Report, Stale
from scaffold.drift.trees import Commit, Directory, Files, Tree, TreeError
from scaffold.repository import Repository, RepositoryError, git
from scaffold.tree.digest import digest
from scaffold.tree.paths import SPEC

if TYPE_CHECKING:
    from scaffold.design.model import Design
    from scaffold.design.reading import Reading
    from scaffold.drift.spec.compare import Comparison
    from scaffold.emission import Emission
    from scaffold.tree.check import Finding

WRITTEN: Final[tuple[Layer, ...]] = ("spec", "code", "project")
"""The layers of what the developer writes, which are compared with a base."""
YIELDED: Final[tuple[Layer, ...]] = ("tree", "contract", "database")
"""Those of what follows from the spec, which are compared with what it yields."""
BY_CHECK: Final = "scaffold check compares it with what the spec yields"
NOTHING: Final = "nothing"
"""What the base is called where there is none."""
UNREADABLE: Final = (
    "The project has a .git, and git cannot read it, so that nobody can tell what changed. See "
    "what git status says."
)
NAME_A_BASE: Final = (
    "In CI, say what the project is compared with: --base origin/main. The history of it has to "
    "be there: fetch it, in GitHub Actions with fetch-depth: 0. Without a base, nobody could tell "
    "what changed."
)


@dataclass(frozen=True, slots=True)
class Judged:
    """A report, the two specs if there are two, the design of the head if it is known, and each
    difference between the tree and what its spec yields."""

    report: Report
    compared: Comparison | None
    design: Design | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def is_stale(self) -> bool:
        """Is the tree only of another state of its spec?"""
        return {each.kind for each in self.findings} <= {"stale", "migration"}

    def exit_code(self, *, detailed: bool) -> int:
        """That of the report; what is not as the spec yields it is at least a finding."""
        code = self.report.exit_code(detailed=detailed)
        if code in (0, 4) and self.findings:
            return 3 if detailed and self.is_stale else 1
        return 1 if code == 3 and not self.is_stale else code


def judge(base: Tree, head: Tree, project: Path, today: date) -> Judged:
    """What became of a project between two states.

    Raises:
        TreeError: a state cannot be read, or has no spec.
        SpecError: a spec is refused.
    """
    from scaffold.drift.approvals import approved
    from scaffold.drift.diff import diff, is_spec

    found = diff(base, head)
    above = beneath(base, head, found.compared, found.surface, found.after)
    surface = {**found.surface, **bounds(base)}
    alone = is_spec(base) or is_spec(head)
    layers: tuple[Layer, ...] = ("spec",) if alone else WRITTEN
    left: tuple[Layer, ...] = () if alone else (*YIELDED, "application")
    report = Report(
        base=base.name,
        head=head.name,
        layers=[*map(Looked, layers), *(Looked(each, BY_CHECK) for each in left)],
        changes=approved([*found.changes, *above], base, head, surface, layers, today),
        paths=[*head.entries],
        prefix=prefix(project),
    )
    return Judged(report, found.compared)


def beneath(
    base: Tree, head: Tree, compared: Comparison, old: Surface, new: Surface
) -> list[Change]:
    """What is above the ceiling of the base; `old` and `new` have the facts beside the specs.

    Raises:
        TreeError: the ceiling of either is not right.
    """
    from scaffold.drift import ceiling

    if not ceiling.is_there(base, head):
        return []
    facts_ = [
        {key: (each, each.rule.order) for key, each in surface.items()} for surface in (old, new)
    ]
    for found, state in zip(facts_, (compared.before, compared.after), strict=True):
        found.update((key, (told.fact, told.claim.order)) for key, told in state.told.items())
    return [*ceiling.changes(base, head, *facts_)]


def bounds(base: Tree) -> Surface:
    """The ceiling of the base as facts.

    Raises:
        TreeError: it is not right.
    """
    from scaffold.drift import ceiling

    return ceiling.surface(base) if ceiling.is_there(base) else {}


def prefix(project: Path) -> str:
    """Where a project lies in its repository, such as `services/shop/`; else nothing."""
    said = git(project, "rev-parse", "--show-prefix")
    return said.decode("utf-8", "replace").strip() if said else ""


@dataclass
class Check:
    """A project as it lies there: beside what its spec yields, and beside its base.

    `revision` is the base; without one it is the last commit, or nothing where there is no
    repository. `emission` is what the spec yields, or None where the tree is known to be that.
    """

    project: Path
    package: str
    today: date
    emission: Emission | None = None
    revision: str | None = None
    in_ci: bool = False
    more: list[Change] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    looked: list[Looked] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    @cached_property
    def head(self) -> Directory:
        """The project."""
        return Directory(self.project)

    @cached_property
    def before(self) -> Tree | None:
        """The base, if there is one.

        Raises:
            RepositoryError: the revision is none.
            TreeError: a base has to be given, and is not.
        """
        if self.revision is not None:
            return Commit(Repository.of(self.project), self.revision)
        if self.in_ci:
            raise TreeError(NAME_A_BASE)
        try:
            repository = Repository.of(self.project)
        except RepositoryError:
            if os.path.lexists(self.project / ".git"):
                raise TreeError(UNREADABLE) from None
            return None
        try:
            return Commit(repository, "HEAD")
        except RepositoryError:
            return None  # one without a commit so far

    def look(
        self, *, url: str | None = None, python: Path | None = None, static: bool = True
    ) -> None:
        """Looks at what follows from the spec: the tree, the database of a URL, and, unless
        `static`, the application, by a Python that has what the service needs.

        Raises:
            RepositoryError: the revision of the base is none.
            HistoryError: the history of the tree or of the base is damaged.
            LiveError: the database cannot be read.
        """
        if self.emission is None:
            self.looked += map(Looked, YIELDED)
        else:
            _compare_tree(self)
            if url is not None and not any(each.kind == "newer" for each in self.findings):
                _compare_database(self, url)
        _compare_application(self, python, static=static)

    def report(self) -> Judged:
        """What came of it, after a look at the rest.

        Raises:
            TreeError: a state cannot be read.
            SpecError: a spec is refused.
        """
        from scaffold.drift.approvals import approved
        from scaffold.drift.ceiling import is_there
        from scaffold.drift.database.beside import beside
        from scaffold.drift.rules.approvals import PATH

        before, compared = self.before, None
        content = self.head.read(SPEC) or b""
        old = before.read(SPEC) if before else None
        found: list[Change] = [*self.more, *beside(self.head, before, self.package)]
        surface: dict[tuple[str, str], Fact] = {}
        if before is not None and old is not None:
            bound = is_there(before, self.head)
            if old != content or bound or before.read(PATH) or self.head.read(PATH):
                from scaffold.design.reading import read
                from scaffold.drift.spec.compare import comparison

                compared = comparison(read(old, f"{SPEC} of {before.name}"), self._read(content))
                found += compared.changes()
                surface = {key: told.fact for key, told in compared.before.told.items()}
            base = static(before, compared.before.design.name if compared else self.package)
            surface = {**surface, **base}
            after = static(self.head, self.package)
            found += changes(base, after)
            if compared is not None:
                found += beneath(before, self.head, compared, base, after)
                surface.update(bounds(before))
        else:
            hazards = changes(surface_of(()), static(self.head, self.package))
            found += (each for each in hazards if each.verdict != "narrowed")
        design = self.emission.design if self.emission else None
        if design is None and compared is not None:
            design = compared.after.design
        if design is not None and any(each.rule.layer == "database" for each in found):
            from scaffold.drift.database.witness import told

            found = [*told(found, design)]
        layers = [*(Looked(each) for each in WRITTEN if old is not None or each != "spec")]
        layers += self.looked
        # Other layers have no facts of the base, by which an approval could be of no use.
        names = [each.layer for each in layers if each.layer in WRITTEN]
        base_tree: Tree = before if before is not None and old is not None else Files({}, NOTHING)
        stale = [Stale(e.path, e.message) for e in self.findings if e.kind in _STALE]
        report = Report(
            base=base_tree.name,
            head="the project as it lies there",
            layers=layers,
            changes=approved(found, base_tree, self.head, surface, names, self.today),
            failures=self.failures,
            stale=stale,
            paths=[*self.head.entries],
            prefix=prefix(self.project),
        )
        return Judged(report, compared, design, tuple(self.findings))

    def _read(self, content: bytes) -> Reading:
        """The spec of the project; what it yields was worked out from the same one, if it was."""
        from scaffold.design.reading import read

        if self.emission is not None and self.emission.lock.spec == digest(content):
            return self.emission.reading
        return read(content, SPEC)


_STALE: Final = ("stale", "migration", "newer", "interrupted")


def _compare_application(check: Check, python: Path | None, *, static: bool) -> None:
    """Adds in what the application as it runs is not what the spec yields.

    `python` is the one of the project that has what the service needs; without one it is that of
    its .venv. What cannot be looked at is said; in CI it is a failure, unless `static`.
    """
    why_not = _unimported(check, python, static=static)
    if not why_not:
        from scaffold.drift.application.compare import changed
        from scaffold.drift.application.run import ApplicationError
        from scaffold.emission import emit_project

        emission = check.emission or emit_project(check.project)
        try:
            place = python or check.project / VENV
            check.more += changed(check.project, place, emission, check.before)
        except ApplicationError as error:
            check.failures.append(str(error))
            why_not = "it could not be imported"
    elif check.in_ci and not static:
        check.failures.append(f"The application was not looked at: {why_not}.")
    check.looked.append(Looked("application", why_not))


def _unimported(check: Check, python: Path | None, *, static: bool) -> str:
    """Why the application is not imported, or nothing."""
    if static:
        return "--static runs nothing of the project"
    if python is None and not (check.project / VENV).exists():
        return "there is no .venv: run make setup, give --python, or say --static"
    if any(each.kind in _STALE for each in check.findings):
        return "the generated files are of another state of the spec"
    return ""


VENV: Final = ".venv/bin/python"
"""The Python of a project, where `make setup` puts it."""


def _compare_tree(check: Check) -> None:
    """Adds what differs between the tree and what its spec yields, and what that does.

    Raises:
        RepositoryError: the revision of the base is none.
        HistoryError: the history of either is damaged.
    """
    from scaffold.drift.tree.integrity import judged
    from scaffold.tree.check import check as found_by
    from scaffold.tree.check import check_history

    assert check.emission is not None
    check.findings += found_by(check.project, check.emission)
    found = judged(check.project, check.emission, check.findings)
    check.more += (each for each in found if each.verdict != "equal")
    if check.revision is not None:
        check.findings += check_history(check.project, check.package, check.revision)
    check.more += _generated(check)
    check.looked += map(Looked, YIELDED)


def _compare_database(check: Check, url: str) -> None:
    """Adds in what a live database is not what the migrations make."""
    from scaffold.drift.live import changed
    from scaffold.live.check import check_database

    assert check.emission is not None
    found = check_database(check.project, check.emission, url)
    check.findings += found
    check.more += changed(found)


def _generated(check: Check) -> Iterator[Change]:
    """What edits of the contract and of SQL do, beside what the spec yields."""
    emission = check.emission
    assert emission is not None
    edited = [e.path for e in check.findings if e.kind not in _STALE]
    if not any(path.endswith((".sql", ".json")) for path in edited):
        return
    wanted = dict(emission.files)
    for path, known in emission.kept.items():
        trees = [check.head, *([check.before] if check.before else [])]
        for content in (each.read(path) for each in trees):
            if content is not None and digest(content) == known:
                wanted[path] = content
    expected = Files(wanted, "what the spec yields")
    for read in of_generated():
        before, after = (
            surface_of(facts(read, each, check.package)) for each in (expected, check.head)
        )
        yield from changes(before, after)
