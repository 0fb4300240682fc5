"""CI, configuration and dependencies (X)."""

from __future__ import annotations

import re
from typing import Final

from scaffold import __version__
from tests.drift.mutation.mutant import Mutant
from tests.drift.mutation.services import PIN, Files, Link, NoPlace, Service

CI: Final = ".github/workflows/ci.yml"
CHECK: Final = r"\.venv-scaffold/bin/scaffold check --static --base .*"
PINS: Final = "requirements-scaffold.txt"
CEILING: Final = ".scaffold/ceiling.yaml"
OLDER: Final = PIN.replace(__version__, "0.0.9")
APPROVAL: Final = """approvals:
  - rule: SCF101
    key: "access invoice:delete member"
    from: "always"
    to: "*"
    fingerprint: "*"
    reason: "Anything."
    owner: "@everybody"
    approved: 2026-11-30
    expires: 2099-12-31
"""


def _without_check(of: Service) -> Files:
    text = of.text(CI)
    made = re.sub(
        r"      - name: [^\n]*\n(?:        if: always\(\)\n)?        run: \.venv-scaffold/bin/scaffold check.*\n(?:        env: .*\n)?",  # noqa: E501
        "",
        text,
    )
    made = made.replace("      - run: make check\n", "")
    if made == text:
        raise NoPlace(CI)
    return {CI: made}


def _each_check(of: Service, old: str, new: str) -> Files:
    return of.edit(CI, old, new, count=0)


def _job(of: Service, line: str) -> Files:
    return of.edit(CI, r"(  test:\n)", rf"\1    {line}\n")


def _renamed(of: Service) -> Files:
    text = (
        of.text(CI).replace("\n  test:\n", "\n  verify:\n").replace("needs: test", "needs: verify")
    )
    return {CI: None, ".github/workflows/verify.yml": "# On each pull request.\n" + text}


def _unhashed(of: Service) -> Files:
    text = of.text("requirements.txt")
    return {"requirements.txt": re.sub(r" \\\n    --hash=.*(?:\n    --hash=.*)*", "", text)}


def _patched(of: Service, change: int) -> Files:
    """Another version of the package that verifies tokens, with digests of its own."""
    made = {}
    for path in ("requirements.txt", "requirements-dev.txt"):
        text = of.text(path)
        found = re.search(
            r"^joserfc==(\d+)\.(\d+)\.(\d+)((?: \\\n    --hash=\S+)+)", text, re.MULTILINE
        )
        if found is None:
            raise NoPlace(path)
        major, minor, patch = (int(each) for each in found.groups()[:3])
        version = f"{major}.{minor}.{patch + 1}" if change > 0 else f"{major}.{minor - 1}.0"
        hashes = re.sub(r"sha256:\w{8}", "sha256:0123abcd", found[4])
        made[path] = text.replace(found[0], f"joserfc=={version}{hashes}")
    return made


def _index(of: Service) -> Files:
    line = "--extra-index-url https://packages.example.org/simple\n"
    return {"requirements.txt": line + of.text("requirements.txt")}


def _comments(of: Service, path: str) -> Files:
    return {path: "# Read by people.\n" + of.text(path)}


def _asgi(of: Service, imports: str, app: str) -> Files:
    text = of.text("asgi.py").replace("app = configured()\n", app)
    return {"asgi.py": text.replace('"""\n\n', f'"""\n\n{imports}\n', 1)}


MUTANTS: Final = (
    Mutant("X01", "the check gone from CI", "critical", _without_check, _renamed),
    Mutant(
        "X01a",
        "the job of the check may fail",
        "critical",
        lambda s: _job(s, "continue-on-error: true"),
        lambda s: _job(s, "name: test and check"),
    ),
    Mutant(
        "X01b",
        "the check, or true",
        "critical",
        lambda s: _each_check(s, r"(scaffold check [^\n]*)", r"\1 || true"),
        lambda s: _each_check(
            s, r"name: Who gains what by this change, .*", "name: Who gains what"
        ),
    ),
    Mutant(
        "X01c",
        "a filter of paths that skips the check",
        "critical",
        lambda s: s.edit(CI, r"  pull_request:\n", "  pull_request: {paths: [docs/**]}\n"),
        lambda s: s.edit(CI, r"  pull_request:\n", "  pull_request: {}\n"),
    ),
    Mutant(
        "X01d",
        "the check only where somebody asks for it",
        "critical",
        lambda s: _job(s, "if: contains(github.event.pull_request.labels.*.name, 'check')"),
        lambda s: s.edit(CI, r"timeout-minutes: 20", "timeout-minutes: 30"),
    ),
    Mutant(
        "X02",
        "the change compared with itself",
        "high",
        lambda s: _each_check(s, r'--base "origin/\$BASE"', "--base HEAD"),
        lambda s: _each_check(s, r'--base "origin/\$BASE"', '--base="origin/$BASE"'),
    ),
    Mutant(
        "X03",
        "an approval of everything, in the change itself",
        "high",
        lambda s: {".scaffold/approvals.yaml": APPROVAL},
        lambda s: {".scaffold/approvals.yaml": "# None so far.\napprovals: []\n"},
    ),
    Mutant(
        "X03a",
        "the ceiling removed",
        "high",
        lambda s: {CEILING: None},
        lambda s: {CEILING: s.text(CEILING).replace("1000", "500")},
    ),
    Mutant(
        "X03b",
        "the ceiling raised",
        "high",
        lambda s: {CEILING: s.text(CEILING).replace("1000", "100000")},
        lambda s: _comments(s, CEILING),
    ),
    Mutant(
        "X04",
        "the tests gone from CI",
        "high",
        lambda s: s.edit(CI, r"      - run: make test\n", ""),
        lambda s: s.edit(
            CI, r"(      - run: make test\n)", r"      - name: Tests\n        run: make test\n"
        ),
    ),
    Mutant(
        "X05",
        "an older generator",
        "critical",
        lambda s: {PINS: s.text(PINS).replace(PIN, OLDER)},
        lambda s: {PINS: s.text(PINS).replace(PIN, PIN.replace(__version__, f"{__version__}.1"))},
    ),
    Mutant(
        "X05a",
        "the generator from another repository",
        "critical",
        lambda s: {PINS: s.text(PINS).replace(PIN, "scaffold @ git+https://example.org/x@main\n")},
        lambda s: _comments(s, PINS),
    ),
    Mutant(
        "X06",
        "make check that checks nothing",
        "medium",
        lambda s: s.edit("Makefile", r"\t\$\(SCAFFOLD\) check\n", "\t@true\n"),
        lambda s: s.edit(
            "Makefile", r"\t\$\(SCAFFOLD\) check\n", "\t@echo Checking\n\t$(SCAFFOLD) check\n"
        ),
    ),
    Mutant(
        "X07",
        "any origin, with credentials",
        "high",
        lambda s: _asgi(
            s,
            "from starlette.middleware.cors import CORSMiddleware\n",
            'app = CORSMiddleware(configured(), allow_origins=["*"], allow_credentials=True)\n',
        ),
        lambda s: {"docs/cors.md": "CORSMiddleware(app, allow_origins=['*']) is not for us.\n"},
    ),
    Mutant(
        "X08",
        "a workflow with rights on pull requests of strangers",
        "critical",
        lambda s: s.edit(CI, r"  pull_request:\n", "  pull_request_target:\n  pull_request:\n"),
        lambda s: s.edit(CI, r"  pull_request:\n", "  pull_request:\n  workflow_dispatch:\n"),
    ),
    Mutant(
        "X09",
        "every proxy believed",
        "high",
        lambda s: s.edit("Dockerfile", r'"--no-proxy-headers"', '"--forwarded-allow-ips=*"'),
        lambda s: s.edit(
            "Dockerfile",
            r'"--timeout-graceful-shutdown", "20"',
            '"--timeout-graceful-shutdown", "30"',
        ),
    ),
    Mutant(
        "X10",
        "an action by its tag",
        "high",
        lambda s: s.edit(CI, r"actions/checkout@\w+ # v[\d.]+", "actions/checkout@v4"),
        lambda s: s.edit(CI, r"(actions/checkout@\w+) # v[\d.]+", r"\1 # pinned"),
    ),
    Mutant(
        "X11",
        "a secret in the deployment",
        "critical",
        lambda s: s.edit(
            "compose.yaml", r"PSEUDONYM_KEY: .*", "PSEUDONYM_KEY: 9f86d081884c7d659a2feaa0c55ad015"
        ),
        lambda s: s.edit(
            "compose.yaml", r"PSEUDONYM_KEY: .*", "PSEUDONYM_KEY: ${PSEUDONYM_KEY:?set it in .env}"
        ),
    ),
    Mutant(
        "X12",
        "CI may write the repository",
        "high",
        lambda s: s.edit(CI, r"\n  contents: read\n", "\n  contents: write\n"),
        lambda s: s.edit(
            CI, r"permissions:\n  contents: read\n", "permissions: {contents: read}\n"
        ),
    ),
    Mutant("X13", "the digests of dependencies gone", "high", _unhashed, lambda s: _patched(s, 1)),
    Mutant(
        "X13a",
        "an earlier version of what verifies tokens",
        "high",
        lambda s: _patched(s, -1),
        lambda s: _comments(s, "requirements.txt"),
    ),
    Mutant(
        "X13b",
        "another index of packages",
        "high",
        _index,
        lambda s: _comments(s, "requirements.txt"),
    ),
    Mutant(
        "X14",
        "pytest told to leave tests out",
        "high",
        lambda s: s.edit(
            "pyproject.toml", r'addopts = "-q"', "addopts = \"-q -k 'not isolation'\""
        ),
        lambda s: s.edit("pyproject.toml", r'addopts = "-q"', 'addopts = "-q --durations=5"'),
    ),
    Mutant(
        "X15",
        "nobody is asked for changes of the spec",
        "high",
        lambda s: s.edit(".github/CODEOWNERS", r"/scaffold\.yaml .*\n", ""),
        lambda s: s.edit(
            ".github/CODEOWNERS", r"(/scaffold\.yaml .*)\n", r"\1\n/docs/ @acme/writers\n"
        ),
    ),
    Mutant(
        "X16",
        "types and lint no longer strict",
        "medium",
        lambda s: s.edit(
            "pyproject.toml", r"strict = true", "strict = false\nignore_errors = true"
        ),
        lambda s: s.edit("pyproject.toml", r"strict = true", "strict = true\npretty = true"),
    ),
    Mutant(
        "X17",
        "files of the spec hidden from review",
        "high",
        lambda s: {
            ".gitattributes": s.text(".gitattributes") + "scaffold.yaml -diff linguist-generated\n"
        },
        lambda s: {".gitattributes": s.text(".gitattributes") + "*.png binary\n"},
    ),
    Mutant(
        "X17a",
        "hooks left out by git",
        "high",
        lambda s: {".gitignore": s.text(".gitignore") + "hooks/*.py\n"},
        lambda s: {".gitignore": s.text(".gitignore") + "*.swp\n.DS_Store\n"},
    ),
    Mutant(
        "X17b",
        "some modules of hooks left out by git",
        "high",
        lambda s: {".gitignore": s.text(".gitignore") + "hooks/local_*.py\n"},
        lambda s: {".gitignore": s.text(".gitignore") + "*.log\n*.py[cod]\n/dump.sql\n"},
    ),
    Mutant(
        "X18",
        "the image has the secrets of the builder",
        "medium",
        lambda s: {".dockerignore": s.text(".dockerignore") + "!.env\n"},
        lambda s: {".dockerignore": s.text(".dockerignore") + "**/*.md\n"},
    ),
    Mutant(
        "X20",
        "a secret in the runs of pull requests",
        "high",
        lambda s: s.edit(
            CI,
            r"      - run: make test\n",
            "      - run: make test\n        env: {KEY: '${{ secrets.KEY }}'}\n",
        ),
        lambda s: s.edit(
            CI, r"      - run: make test\n", "      - run: make test\n        env: {TZ: UTC}\n"
        ),
    ),
    Mutant(
        "X22",
        "an option of pytest by a variable of CI",
        "high",
        lambda s: _job(s, "env: {PYTEST_ADDOPTS: '-k nothing'}"),
        lambda s: _job(s, "env: {TERM: xterm}"),
    ),
    Mutant(
        "X24",
        "the image runs as root",
        "high",
        lambda s: s.edit("Dockerfile", r"USER 10001:10001\n", ""),
        lambda s: s.edit("Dockerfile", r"USER 10001:10001\n", "USER 10002:10002\n"),
    ),
    Mutant(
        "X26",
        "the title of a pull request in a script",
        "high",
        lambda s: s.edit(
            CI,
            r"      - run: make test\n",
            "      - run: echo '${{ github.event.pull_request.title }}'\n      - run: make test\n",
        ),
        lambda s: s.edit(
            CI,
            r"      - run: make test\n",
            "      - run: echo '${{ github.run_number }}'\n      - run: make test\n",
        ),
    ),
    Mutant(
        "X28",
        "a container with the rights of the machine",
        "high",
        lambda s: s.edit(
            "compose.yaml", r"  read_only: true\n", "  read_only: true\n  privileged: true\n"
        ),
        lambda s: s.edit(
            "compose.yaml", r"  read_only: true\n", "  read_only: true\n  restart: unless-stopped\n"
        ),
    ),
    Mutant(
        "X30",
        "the environment of the generator in the tree",
        "critical",
        lambda s: {
            ".venv-scaffold/ready": "",
            ".venv-scaffold/bin/scaffold": "#!/bin/sh\nexit 0\n",
        },
        lambda s: {"bin/letters": "#!/bin/sh\necho Dear\n"},
    ),
    Mutant(
        "X32",
        "the workflow is a link",
        "critical",
        lambda s: {CI: Link("../../docs/ci.yml"), "docs/ci.yml": s.text(CI)},
        lambda s: _comments(s, CI),
    ),
)
