"""`scaffold check --database-url` before it reads a database: URL, driver, connection."""

from __future__ import annotations

import re
import subprocess
import sys
import types
from collections.abc import Callable
from pathlib import Path

import pytest

from scaffold.live.address import protected
from scaffold.plan.templates import environment

from .support import scaffold, tree

_ROOT = Path(__file__).resolve().parents[2]
SECRET = "s3cr3t-of-production"  # noqa: S105 - of nothing
REFUSED = {
    f"mysql://shop_backup:{SECRET}@localhost/shop": "not one of a PostgreSQL",
    f"shop_backup:{SECRET}@localhost/shop": "not one of a PostgreSQL",
    SECRET: "not one of a PostgreSQL",
    f"postgresql://shop_backup:{SECRET}@[::1/shop": "cannot be read",
    f"postgresql://shop_backup:{SECRET}@db.example.com/shop": "without verified TLS",
    f"postgresql://shop_backup:{SECRET}@db.example.com/shop?sslmode=require": "without verified",
    f"postgresql://shop_backup:/{SECRET}@localhost/shop": "without verified TLS",
    f"postgresql:///shop?user=shop_backup&password={SECRET}": "without verified TLS",
    f"postgresql://shop_backup:{SECRET}@localhost:{SECRET}/shop": "without verified TLS",
    f"postgresql://shop_backup:{SECRET}@localhost:1/shop": "cannot be reached",
    f"postgresql://shop_backup:{SECRET}@localhost:1/shop?{SECRET}": "cannot be read",
    f"postgresql://shop_backup:{SECRET}@/shop?host=/{SECRET}": "cannot be reached",
    f"postgresql://localhost:1/shop?sslmode=verify-full&sslrootcert=/{SECRET}": "cannot be re",
}


@pytest.mark.parametrize("url", REFUSED)
def test_a_url_that_leads_nowhere_is_refused_and_not_repeated(url: str, project: Path) -> None:
    before = tree(project)
    for form in ("text", "json"):
        result = scaffold("check", project, "--database-url", url, "--format", form)
        assert (result.exit_code, result.stdout) == (2, "")
        assert REFUSED[url] in result.stderr
        assert SECRET not in result.output
        assert result.stderr.count("\n") == 1
    assert tree(project) == before


def test_without_the_driver_it_says_how_to_install_it(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "asyncpg", None)
    url = f"postgresql://shop_backup:{SECRET}@localhost/shop"
    result = scaffold("check", project, "--database-url", url)
    assert (result.exit_code, result.stdout) == (2, "")
    pinned = re.search(r'^database = \["(.+)"\]$', (_ROOT / "pyproject.toml").read_text(), re.M)
    assert pinned is not None
    assert f"python -m pip install '{pinned[1]}'" in result.stderr
    assert f'"{pinned[1]}"' in (_ROOT / "templates/project/pyproject.toml.jinja").read_text()
    assert SECRET not in result.output
    assert scaffold("check", project).exit_code == 0


def test_the_driver_is_loaded_for_a_database_alone(project: Path) -> None:
    code = """
import sys
from scaffold.cli import main
try:
    main()
finally:
    print(*(each for each in ("asyncpg", "scaffold.live.check") if each in sys.modules))
"""
    done = subprocess.run(  # noqa: S603 - this Python
        [sys.executable, "-c", code, "check", str(project)],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.stdout == "sound: the tree is what the spec yields.\n\n"


@pytest.mark.parametrize(
    "url",
    [
        *REFUSED,
        "postgresql://a@localhost/b",
        "postgresql://a@127.0.0.1:5433/b",
        "postgresql://a@[::1]:5433/b",
        "postgresql://a@%2Fvar%2Frun/b",
        "postgresql://a@/b?host=/var/run",
        "postgresql://a@localhost,db.example.com/b",
        "postgresql://a@db.example.com/b?sslmode=verify-full",
        "postgresql://a@db.example.com/b?sslmode=verify-full&sslmode=disable",
        "postgresql://a@db.example.com/b?sslmode=verify-ca",
        "postgresql://a@localhost.example.com/b",
    ],
)
def test_the_emitted_service_protects_the_same_connections(url: str) -> None:
    emitted = types.ModuleType("transport")
    text = environment("service").get_template("store/transport.py.jinja").render()
    exec(text, emitted.__dict__)  # noqa: S102 - our own template

    def said(question: Callable[[str], bool]) -> object:
        try:
            return question(url)
        except ValueError:
            return ValueError

    assert said(protected) == said(emitted.protected)
