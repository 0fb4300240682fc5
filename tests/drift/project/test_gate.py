"""Ways around the gate of a fresh project, and changes of its CI that mean nothing."""

from __future__ import annotations

import pytest

from .states import CI, blocking, edited, found, fresh, replaced, surface

STATIC = ".venv-scaffold/bin/scaffold check --static"
WHOLE = '.venv-scaffold/bin/scaffold check --base "origin/$BASE"'
TEST_JOB = "    timeout-minutes: 20\n    steps:"
SETUP = "      - run: make setup\n"
TESTS = "      - run: make test\n"
CHECK = "      - run: make check\n"
GENERATOR = "        run: make generator\n"
Edit = dict[str, str | None]


def whole(behind: str) -> Edit:
    """The whole check with something behind it; the static one is gone."""
    return replaced(CI, (STATIC, "echo"), (WHOLE, f"{WHOLE}{behind}"))


def steps(text: str) -> Edit:
    """A workflow with these steps alone."""
    head = "on: pull_request\npermissions: {contents: read}\njobs:\n  a:\n    steps:\n"
    return {CI: head + text}


def own_target() -> Edit:
    """The check of `make check` is a prerequisite."""
    first = "check: drift present setup ##"
    rule = "drift: present\n\t$(SCAFFOLD) check\n.PHONY: drift\n"
    without = fresh()["Makefile"].replace("\t$(SCAFFOLD) check\n", "")
    assert "check: present setup ##" in without
    return {"Makefile": without.replace("check: present setup ##", f"{rule}{first}")}


ON = "on:\n  push: {branches: [main]}\n  pull_request:\n"
WAYS: list[tuple[str, Edit, str]] = [
    ("the workflow is gone", {CI: None}, "SCF601"),
    ("the check is gone", replaced(CI, (STATIC, "echo"), (WHOLE, "echo"), (CHECK, "")), "SCF601"),
    ("only on push", replaced(CI, ("  pull_request:\n\n", "\n")), "SCF602"),
    ("a filter of paths", replaced(CI, (ON, f"{ON}    paths: ['notes/**']\n")), "SCF602"),
    ("ignored paths", replaced(CI, (ON, f"{ON}    paths-ignore: [hooks/**]\n")), "SCF602"),
    ("ignored branches", replaced(CI, (ON, f"{ON}    branches-ignore: [main]\n")), "SCF602"),
    ("a filter of branches", replaced(CI, (ON, f"{ON}    branches: [release]\n")), "SCF602"),
    ("when closed", replaced(CI, (ON, f"{ON}    types: [closed]\n")), "SCF602"),
    ("the job has an if", replaced(CI, (TEST_JOB, f"    if: github.actor == 'x'\n{TEST_JOB}")), "SCF602"),
    ("the job never runs", replaced(CI, (TEST_JOB, f"    if: false\n{TEST_JOB}")), "SCF602"),
    ("the job needs another", replaced(CI, (TEST_JOB, f"    needs: lint\n{TEST_JOB}")), "SCF602"),
    ("the job may fail", replaced(CI, (TEST_JOB, f"    continue-on-error: true\n{TEST_JOB}")), "SCF603"),
    (
        "the job may fail, by an expression",
        replaced(CI, (TEST_JOB, f"    continue-on-error: ${{{{ 1 == 1 }}}}\n{TEST_JOB}")),
        "SCF603",
    ),
    ("another shell", replaced(CI, (TEST_JOB, f"    defaults: {{run: {{shell: 'bash {{0}} || true'}}}}\n{TEST_JOB}")), "SCF610"),
    ("|| true", whole(" || true"), "SCF606"),
    ("a pipe", whole(" | tee drift.log"), "SCF606"),
    ("alone, || true", steps("      - run: scaffold check --base origin/main || true\n"), "SCF603"),
    ("alone, ; true", steps("      - run: scaffold check --base origin/main; true\n        shell: bash {0}\n"), "SCF603"),
    ("alone, set +e", steps("      - run: |\n          set +e\n          scaffold check --base origin/main\n          echo\n"), "SCF603"),
    ("alone, a pipe", steps("      - run: scaffold check --base origin/main | tee x\n"), "SCF603"),
    ("alone, if", steps("      - run: if scaffold check --base origin/main; then echo; fi\n"), "SCF603"),
    ("alone, background", steps("      - run: scaffold check --base origin/main &\n"), "SCF603"),
    ("the step may fail", steps("      - run: scaffold check --base origin/main\n        continue-on-error: true\n"), "SCF603"),
    ("alone, static", steps("      - run: scaffold check --static --base origin/main\n"), "SCF604"),
    ("no base", steps("      - run: scaffold check\n"), "SCF604"),
    ("the change as base", steps("      - run: scaffold check --base ${{ github.sha }}\n"), "SCF604"),
    ("the head as base", steps('      - run: scaffold check --base "origin/$X"\n        env: {X: "${{ github.head_ref }}"}\n'), "SCF604"),
    ("another project", steps("      - run: scaffold check --base origin/main examples/good\n"), "SCF604"),
    ("in another directory", steps("      - run: scaffold check --base origin/main\n        working-directory: good\n"), "SCF604"),
    ("after cd", steps("      - run: cd good; scaffold check --base origin/main\n"), "SCF604"),
    ("help", steps("      - run: scaffold check --base origin/main --help\n"), "SCF604"),
    ("of another tree", steps("      - uses: actions/checkout@" + "a" * 40 + "\n        with: {ref: main, persist-credentials: false}\n      - run: scaffold check --base origin/main\n"), "SCF604"),
    ("after a checkout of it", steps("      - run: git checkout -q origin/main\n      - run: scaffold check --base origin/main\n"), "SCF604"),
    ("after rm", steps("      - run: rm -rf hooks\n      - run: scaffold check --base origin/main\n"), "SCF604"),
    ("a program of the tree", {**steps("      - run: ./bin/scaffold check --base origin/main\n"), "bin/scaffold": "true"}, "SCF604"),
    ("a module of the tree", {**steps("      - run: python -m scaffold check --base origin/main\n"), "scaffold/__main__.py": ""}, "SCF604"),
    ("a function", steps("      - run: |\n          scaffold() { true; }\n          scaffold check --base origin/main\n"), "SCF601"),
    ("echo", steps("      - run: echo scaffold check --base origin/main\n"), "SCF601"),
    ("in another language", steps("      - run: scaffold check --base origin/main\n        shell: pwsh\n"), "SCF601"),
    ("code runs before", replaced(CI, (GENERATOR, f"{GENERATOR}{SETUP}")), "SCF606"),
    ("tests run before", replaced(CI, (GENERATOR, f"{GENERATOR}      - run: python -m pytest\n")), "SCF606"),
    ("a script runs before", {**replaced(CI, (GENERATOR, f"{GENERATOR}      - run: ./prepare.py\n")), "prepare.py": "#!/usr/bin/env python\n"}, "SCF606"),
    ("the generator by name", replaced(CI, ("run: make generator", "run: pip install scaffold --target .venv-scaffold")), "SCF607"),
    ("the generator is replaced", replaced(CI, (GENERATOR, f"{GENERATOR}      - run: cp scripts/fake .venv-scaffold/bin/scaffold\n")), "SCF607"),
    ("the generator is written", replaced(CI, (GENERATOR, f"{GENERATOR}      - run: echo exit > .venv-scaffold/bin/scaffold\n")), "SCF607"),
    ("its packages have no digests", replaced("Makefile", ("--require-hashes -r requirements-scaffold-packages.txt", "-r requirements-scaffold-packages.txt")), "SCF607"),
    ("a failure does not count in make", replaced("Makefile", ("\t$(SCAFFOLD) check", "\t-$(SCAFFOLD) check")), "SCF608"),
    ("the variable is another program", replaced("Makefile", ("SCAFFOLD ?= $(SCAFFOLD_VENV)/bin/scaffold", "SCAFFOLD = true")), "SCF608"),
    ("make ignores failures", replaced("Makefile", (".DEFAULT_GOAL := help", ".DEFAULT_GOAL := help\n.IGNORE:")), "SCF608"),
    ("check is a file", {**replaced("Makefile", (" admin test check generate", " admin test generate")), "check": ""}, "SCF608"),
    ("another Makefile comes first", {"GNUmakefile": "check:\n\ttrue\n.PHONY: check\n"}, "SCF608"),
    ("a later recipe", replaced("Makefile", (".DEFAULT_GOAL := help", ".DEFAULT_GOAL := help\ninclude more.mk")) | {"more.mk": ""}, ""),
    ("the hook is gone", {".pre-commit-config.yaml": None}, "SCF608"),
    ("the hook is for some files", replaced(".pre-commit-config.yaml", ("always_run: true", "files: '[.]md$'")), "SCF608"),
    ("the hook ignores", replaced(".pre-commit-config.yaml", ("entry: .venv-scaffold/bin/scaffold check --static", "entry: sh -c 'scaffold check; true'")), "SCF608"),
    ("a variable", replaced(CI, (TEST_JOB, f"    env: {{MAKEFLAGS: -i}}\n{TEST_JOB}")), "SCF609"),
    ("a path", replaced(CI, (GENERATOR, f'{GENERATOR}      - run: echo "$PWD/bin" >> $GITHUB_PATH\n')), "SCF609"),
    ("the tests are gone", replaced(CI, (TESTS, "")), "SCF610"),
    ("the tests may fail", replaced(CI, (TESTS, "      - run: make test || true\n")), "SCF611"),
    ("make -i", replaced(CI, (TESTS, "      - run: make -i test\n")), "SCF611"),
    ("make -n", replaced(CI, (TESTS, "      - run: make -n test\n")), "SCF611"),
    ("some tests", replaced("Makefile", ("-m pytest -n auto", "-m pytest -n auto tests/test_service.py")), "SCF611"),
    ("ignored tests", replaced("Makefile", ("-m pytest", "-m pytest --ignore tests/contract")), "SCF611"),
    ("tests by mark", replaced("Makefile", ("-m pytest", "-m pytest -m 'not slow'")), "SCF611"),
    ("tests are listed", replaced("Makefile", ("-m pytest", "-m pytest --co")), "SCF611"),
    ("a plugin is off", replaced("Makefile", ("-m pytest", "-m pytest -p no:randomly")), "SCF611"),
    ("the tests are on a condition", replaced(CI, (TESTS, f"{TESTS}        if: github.ref == 'refs/heads/main'\n")), "SCF611"),
    ("options by variable", replaced(CI, (TESTS, f"{TESTS}        env: {{PYTEST_ADDOPTS: --co}}\n")), "SCF609"),
    ("mypy is gone", replaced("Makefile", ("\t$(VENV)/bin/mypy\n", "")), "SCF612"),
    ("ruff may fail", replaced("Makefile", ("\t$(VENV)/bin/ruff check .", "\t-$(VENV)/bin/ruff check .")), "SCF612"),
]  # fmt: skip

NOTHING: list[tuple[str, Edit]] = [
    ("a step is renamed", replaced(CI, ("name: Install the generator from its pin", "name: x"))),
    ("the job is renamed", replaced(CI, ("  test:\n", "  gate:\n"), ("needs: test", "needs: gate"))),
    ("the workflow is renamed", {CI: None, ".github/workflows/gate.yaml": fresh()[CI]}),
    ("a step is added", replaced(CI, (TESTS, f"{TESTS}      - run: make docs\n"))),
    ("a step is added first", replaced(CI, (GENERATOR, f"{GENERATOR}      - run: sudo apt-get update\n"))),
    ("a job is added", replaced(CI, ("  report:\n", "  docs:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo\n\n  report:\n"))),
    ("a matrix", replaced(CI, (TEST_JOB, f"    strategy: {{matrix: {{python: ['3.12', '3.13']}}}}\n{TEST_JOB}"))),
    ("another timeout", replaced(CI, ("timeout-minutes: 20", "timeout-minutes: 30"))),
    ("comments", {CI: f"# Ours.\n{fresh()[CI]}"}),
    ("line ends", {CI: fresh()[CI].replace("\n", "\r\n")}),
    ("quotes", replaced(CI, ("run: make test", "'run': \"make test\""))),
    ("pull_request_target of nothing", replaced(CI, ("pull_request:\n", "pull_request:\n  merge_group:\n"))),
    ("more types", replaced(CI, (ON, f"{ON}    types: [opened, synchronize, reopened, labeled]\n"))),
    ("every branch", replaced(CI, (ON, f"{ON}    branches: ['**']\n"))),
    ("a block of lines", replaced(CI, ("run: make check", "run: |\n          set -euo pipefail\n          make check"))),
    ("an if that holds", replaced(CI, (TEST_JOB, f"    if: github.event_name != 'schedule'\n{TEST_JOB}"))),
    ("a schedule too", replaced(CI, (ON, f"{ON}  schedule: [{{cron: '0 1 * * *'}}]\n"))),
    ("tests by pytest", replaced(CI, (TESTS, "      - run: .venv/bin/python -m pytest -x\n"))),
    ("another recipe of tests", replaced("Makefile", ("-n auto --maxprocesses 4", "-n 8 --durations=10"))),
    ("a target is added", {"Makefile": fresh()["Makefile"] + "\ndeploy: check ## Deploy\n\t./deploy.sh\n.PHONY: deploy\n"}),
    ("a target is silent", replaced("Makefile", ("\t$(SCAFFOLD) check", "\t@$(SCAFFOLD) check"))),
    ("the check is a target of its own", own_target()),
    ("a hook is added", {".pre-commit-config.yaml": fresh()[".pre-commit-config.yaml"] + "      - id: more\n        name: x\n        entry: ruff check\n        language: system\n"}),
    ("timeout in front", replaced(CI, (WHOLE, f"timeout 300 {WHOLE}"))),
    ("a file of output", replaced(CI, (WHOLE, f"{WHOLE} --format github --output x.txt"))),
    ("a script", {**replaced(CI, (f"run: {WHOLE}", "run: bash -e scripts/gate.sh")), "scripts/gate.sh": 'scaffold check --base "origin/$BASE"\n'}),
    ("a script with its own options", {**replaced(CI, (f"run: {WHOLE}", "run: ./scripts/gate.sh")), "scripts/gate.sh": '#!/usr/bin/env bash\nset -euo pipefail\nscaffold check --base "origin/$BASE"\necho fine\n'}),
    ("an action of the tree", {**replaced(CI, (f"run: {WHOLE}", "uses: ./.github/actions/gate")), ".github/actions/gate/action.yml": "runs:\n  using: composite\n  steps:\n    - run: scaffold check --base origin/main\n      shell: bash\n"}),
]  # fmt: skip


@pytest.mark.parametrize(("edit", "rule"), [each[1:] for each in WAYS], ids=[w[0] for w in WAYS])
def test_a_way_around_the_gate_is_found(edit: Edit, rule: str) -> None:
    if rule:
        assert rule in blocking(edit)
    else:
        assert blocking(edit) == set()


@pytest.mark.parametrize("edit", [each[1] for each in NOTHING], ids=[each[0] for each in NOTHING])
def test_what_means_nothing_does_not_block(edit: Edit) -> None:
    assert [
        (each.rule.id, each.key, each.old, each.now) for each in found(edit) if each.blocks
    ] == []


def test_a_workflow_that_is_called_counts() -> None:
    called = (
        fresh()[CI].replace("on:\n", "on:\n  workflow_call:\n").replace("  pull_request:\n", "")
    )
    caller = "on: pull_request\npermissions: {contents: read}\njobs:\n  gate:\n    uses: ./.github/workflows/gate.yml\n"
    edit: Edit = {CI: caller, ".github/workflows/gate.yml": called}
    assert blocking(edit) == set()
    conditional: Edit = {**edit, CI: f"{caller}    if: github.actor != 'x'\n"}
    assert "SCF602" in blocking(conditional)


def test_pre_commit_in_ci_counts() -> None:
    edit = steps("      - run: make generator\n      - run: pre-commit run --all-files\n")
    found = surface(edited(fresh(), edit))
    assert ("SCF601", "ci") not in found
    assert found["SCF604", "ci"].value == "--static alone; without --base"


def test_a_project_without_ci_is_told_of_it_without_a_base() -> None:
    found = surface({"scaffold.yaml": "scaffold: 2\n"})
    assert list(found) == [("SCF601", "ci")]
    assert found["SCF601", "ci"].place.path == "scaffold.yaml"


def test_findings_name_the_line() -> None:
    text = replaced(CI, ("run: make test", "run: make test || true"))[CI]
    assert text is not None
    found = surface(edited(fresh(), {CI: text}))["SCF611", "ci"]
    line = fresh()["Makefile"].split("\n")[found.place.line - 1]
    assert (found.value, found.place.path) == ("|| true", "Makefile")
    assert "pytest" in line


GITLAB = """workflow:
  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event"
test:
  script:
    - scaffold check --base "origin/$CI_MERGE_REQUEST_TARGET_BRANCH_NAME"
    - make test
"""
OF_GITLAB: list[tuple[str, str, str]] = [
    ("  script:", "  allow_failure: true\n  script:", "SCF603"),
    ("  script:", "  when: manual\n  script:", "SCF602"),
    ("  script:", "  rules: [{changes: [hooks/*]}]\n  script:", "SCF602"),
    ("  script:", "  only: [main]\n  script:", "SCF602"),
    ("  script:", "  except: [merge_requests]\n  script:", "SCF602"),
    ("  script:", "  rules:\n    - if: $SKIP\n      when: never\n    - when: always\n  script:", "SCF602"),
    ('NAME"\n', 'NAME" || true\n', "SCF603"),
    ("    - scaffold", "    - set +e\n    - scaffold", "SCF603"),
    ("    - scaffold", "    - exit 0\n    - scaffold", "SCF602"),
    ("    - scaffold", "    - make setup\n    - scaffold", "SCF606"),
    ("merge_request_event", "schedule", "SCF602"),
    ("$CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "$CI_COMMIT_SHA", "SCF604"),
    ("    - make test\n", "", "SCF610"),
    ("test:\n", ".test:\n", "SCF601"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "rule"), OF_GITLAB)
def test_a_way_around_a_pipeline_is_found(old: str, new: str, rule: str) -> None:
    base = {**fresh(), CI: None, ".gitlab-ci.yml": GITLAB}
    files = {path: text for path, text in base.items() if text is not None}
    assert old in GITLAB
    assert rule in blocking({".gitlab-ci.yml": GITLAB.replace(old, new)}, files)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("test:\n", "gate:\n"),
        ("  script:\n", "  image: python:3.14\n  script:\n"),
        ("test:\n  script:\n", "default:\n  before_script: [echo]\ntest:\n  script:\n"),
        ("test:\n", ".base:\n  timeout: 1h\ntest:\n  extends: .base\n"),
        ("    - make test\n", "    - make docs\n    - make test\n"),
        ("    - scaffold", "    - | # gate\n      scaffold"),
    ],
)
def test_a_pipeline_may_be_written_otherwise(old: str, new: str) -> None:
    files = {path: text for path, text in fresh().items() if path != CI}
    files[".gitlab-ci.yml"] = GITLAB
    assert old in GITLAB
    assert blocking({".gitlab-ci.yml": GITLAB.replace(old, new)}, files) == set()
