"""Two branches change the spec and generate: one command makes one project of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.repositories import begin, commit, git

from .support import PACKAGE, edit, scaffold, tree

MIGRATIONS = f"{PACKAGE}/store/migrations"
NAME = "      name: {type: string, min: 1, max: 80}\n"
TITLE = "      title:  {type: string, min: 1, max: 80}\n"
PRICE = "      price: {type: money, optional: true}\n"
Change = Callable[[Path], None]


def change(old: str, new: str) -> Change:
    return lambda project: edit(project / "scaffold.yaml", old, new)


def branch(project: Path, name: str, *changes: Change) -> None:
    """A branch with changes of the spec, generated and committed."""
    git(project, "switch", "-q", "main")
    git(project, "switch", "-qc", name)
    for each in changes:
        each(project)
    result = scaffold("generate", project, "--allow-destructive")
    assert result.exit_code == 0, result.output
    commit(project, name)


@pytest.fixture
def repository(project: Path) -> Path:
    """A project in a repository, whose branch `main` has it as it was made."""
    return begin(project)


def names(project: Path) -> list[str]:
    return sorted(each.name for each in (project / MIGRATIONS).glob("*.sql"))


def is_sound(project: Path) -> None:
    assert "\nsound: " in f"\n{scaffold('check', project).stdout}"
    assert git(project, "ls-files", "--unmerged").stdout == ""
    status = git(project, "status", "--porcelain").stdout
    assert not [line for line in status.splitlines() if line[1] != " "], status


@pytest.mark.parametrize("way", ["command", "driver", "driver with a cache"])
def test_branches_that_change_different_things_are_one(
    repository: Path, way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "cache"
    if "cache" in way:
        cache.mkdir(mode=0o700)
        monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
        monkeypatch.setenv("SCAFFOLD_CACHE", "on")
        monkeypatch.delenv("CI", raising=False)
    branch(repository, "prices", change(NAME, NAME + PRICE))
    branch(
        repository,
        "titles",
        change(TITLE, TITLE.replace("80", "90")),
        change("tally: {on: collection}", "count: {on: collection}"),
        change("[ship, tally]", "[ship, count]"),
    )
    if "driver" in way:
        assert scaffold("merge", repository, "--install").exit_code == 0
        merged = git(repository, "merge", "-q", "--no-edit", "prices")
        assert merged.returncode == 0, merged.stdout + merged.stderr
    else:
        assert git(repository, "merge", "-q", "prices").returncode == 1
        result = scaffold("merge", repository)
        assert result.exit_code == 0, result.output
        assert "Everything is resolved" in result.stdout
        assert git(repository, "commit", "--no-edit", "-q").returncode == 0
    is_sound(repository)
    assert bool([*cache.rglob("*.merge")]) is ("cache" in way)
    assert names(repository) == [
        "0001_initial.sql",
        "0002_order_title_has_other_bounds.sql",
        "0002_product_gets_price.sql",
    ]
    assert "Nothing to do" in scaffold("generate", repository).stdout

    # What comes next comes after both.
    edit(
        repository / "scaffold.yaml",
        PRICE,
        f"{PRICE}      stock: {{type: integer, min: 0, max: 9, optional: true}}\n",
    )
    assert scaffold("generate", repository).exit_code == 0
    text = (repository / MIGRATIONS / "0003_product_gets_stock.sql").read_text("utf-8")
    assert [line for line in text.splitlines() if line.startswith("-- after")] == [
        "-- after: 0002_order_title_has_other_bounds.sql",
        "-- after: 0002_product_gets_price.sql",
    ]


def test_a_merge_is_the_same_from_either_side(repository: Path) -> None:
    branch(repository, "prices", change(NAME, NAME + PRICE))
    branch(repository, "titles", change(TITLE, TITLE.replace("80", "90")))
    found = []
    for into, other in (("prices", "titles"), ("titles", "prices")):
        git(repository, "switch", "-q", into)
        git(repository, "merge", "-q", other)
        assert scaffold("merge", repository).exit_code == 0
        commit(repository, "merge")
        is_sound(repository)
        found.append(
            {path: each for path, each in tree(repository).items() if not path.startswith(".git/")}
        )
        git(repository, "reset", "-q", "--hard", "HEAD^")
    assert found[0] == found[1]


@pytest.mark.parametrize("keep", ["ours", "theirs"])
def test_branches_that_change_the_same_have_to_be_decided(repository: Path, keep: str) -> None:
    branch(repository, "shorter", change(NAME, NAME.replace("80", "70") + PRICE))
    branch(repository, "longer", change(NAME, NAME.replace("80", "90")))
    git(repository, "merge", "-q", "shorter")
    before = tree(repository)
    assert "scaffold.yaml has conflicts" in scaffold("merge", repository).stderr
    assert tree(repository) == before
    spec = git(repository, "show", "shorter:scaffold.yaml").stdout
    (repository / "scaffold.yaml").write_text(spec.replace("max: 70", "max: 85"), "utf-8")
    before = tree(repository)
    refused = scaffold("merge", repository)
    assert refused.exit_code == 2
    assert "change the same: product.name" in refused.stderr
    assert tree(repository) == before

    result = scaffold("merge", repository, "--keep", keep, "--allow-destructive")
    assert result.exit_code == 0, result.output
    assert "Resolve yourself: scaffold.yaml" in result.stdout
    commit(repository, "merge")
    is_sound(repository)
    found = names(repository)
    if keep == "ours":
        assert found[1:] == [
            "0002_product_name_has_other_bounds.sql",
            "0003_product_gets_price_and_1_more.contract.sql",
            "0003_product_gets_price_and_1_more.sql",
        ]
    else:
        assert [each for each in found if each.startswith("0003")] == [
            "0003_product_name_has_other_bounds.sql"
        ]
        assert len([each for each in found if each.startswith("0002")]) == 2


def test_a_reference_to_what_the_other_branch_renamed_is_seen(repository: Path) -> None:
    branch(
        repository,
        "renamed",
        change("  product:\n    fields:", "  article:\n    renamed_from: product\n    fields:"),
        change("[order, product]", "[order, article]"),
    )
    branch(
        repository,
        "referring",
        change(TITLE, f"{TITLE}      of: {{type: reference, to: product, optional: true}}\n"),
    )
    git(repository, "merge", "-q", "renamed")
    edit(repository / "scaffold.yaml", "to: product", "to: article")
    refused = scaffold("merge", repository)
    assert refused.exit_code == 2
    assert "order of one branch refers to what product was" in refused.stderr
    assert scaffold("merge", repository, "--keep", "theirs").exit_code == 0
    commit(repository, "merge")
    is_sound(repository)


def test_what_one_branch_removes_and_the_other_generates_anew_goes(repository: Path) -> None:
    def remove(project: Path) -> None:
        text = (project / "scaffold.yaml").read_text("utf-8")
        text = text[: text.index("  product:\n")].replace("[order, product]", "order")
        (project / "scaffold.yaml").write_text(text, "utf-8")

    branch(repository, "less", remove)
    branch(
        repository,
        "titles",
        change(TITLE, TITLE.replace("80", "90")),
        change('title: "Shop:', 'title: "Other:'),
    )
    git(repository, "merge", "-q", "less")
    assert scaffold("merge", repository).exit_code == 0
    commit(repository, "merge")
    is_sound(repository)
    assert not (repository / PACKAGE / "resources" / "product").exists()


def test_the_driver_leaves_what_it_cannot_decide(repository: Path) -> None:
    branch(repository, "shorter", change(NAME, NAME.replace("80", "70")))
    branch(repository, "longer", change(NAME, NAME.replace("80", "90")))
    scaffold("merge", repository, "--install")
    assert git(repository, "merge", "-q", "shorter").returncode == 1
    assert "<<<<<<<" not in (repository / "scaffold.lock").read_text("utf-8")
    git(repository, "checkout", "--theirs", "scaffold.yaml")
    assert scaffold("merge", repository, "--keep", "theirs").exit_code == 0
    commit(repository, "merge")
    is_sound(repository)


def test_a_driver_that_git_does_not_take_is_told(repository: Path) -> None:
    (repository / ".git" / "config.lock").touch()
    refused = scaffold("merge", repository, "--install")
    assert refused.exit_code == 2
    assert "Git could not write merge.scaffold.name" in refused.stderr


def test_a_rebase_is_resolved_alike(repository: Path) -> None:
    branch(repository, "prices", change(NAME, NAME + PRICE))
    branch(repository, "titles", change(TITLE, TITLE.replace("80", "90")))
    assert git(repository, "rebase", "-q", "prices").returncode == 1
    assert scaffold("merge", repository).exit_code == 0
    done = git(repository, "-c", "core.editor=true", "rebase", "--continue")
    assert done.returncode == 0, done.stderr
    is_sound(repository)


def test_without_a_merge_it_generates_and_without_git_it_refuses(
    repository: Path, made: Path
) -> None:
    edit(repository / "scaffold.yaml", NAME, NAME + PRICE)
    assert scaffold("merge", repository).exit_code == 0
    assert "\nsound: " in f"\n{scaffold('check', repository).stdout}"
    staged = git(repository, "diff", "--cached", "--name-only").stdout.split()
    assert "scaffold.lock" in staged
    assert "scaffold.yaml" not in staged
    refused = scaffold("merge", made)
    assert refused.exit_code == 2
    assert "is not in a git repository" in refused.stderr
