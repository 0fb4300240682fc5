"""Compiled templates: kept beside compiled modules, believed only for the source they are of."""

import sys
from pathlib import Path

import pytest
from jinja2 import Environment

from scaffold.plan import templates

TEMPLATE = "gate/pages.py.jinja"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where compiled modules of this run are."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(templates, "cache_from_source", lambda _: str(tmp_path / "templates.pyc"))
    return tmp_path


def opened() -> Environment:
    """The templates of the service, as a process of its own has them."""
    templates.environment.cache_clear()
    return templates.environment("service")


def kept(home: Path) -> list[Path]:
    """The templates that are kept."""
    return sorted(home.glob("template-*"))


def test_a_compiled_template_is_kept_and_used(home: Path) -> None:
    opened().get_template(TEMPLATE)
    (one,) = kept(home)
    before = one.stat().st_mtime_ns
    opened().get_template(TEMPLATE)
    assert kept(home) == [one]
    assert one.stat().st_mtime_ns == before


def test_one_of_another_source_is_not_used(home: Path) -> None:
    room = opened()
    room.get_template(TEMPLATE)
    (one,) = kept(home)
    content = one.read_bytes()
    other = opened()
    other.get_template("gate/keys.py.jinja")
    [moved] = [each for each in kept(home) if each != one]
    one.write_bytes(moved.read_bytes())
    opened().get_template(TEMPLATE)
    assert one.read_bytes() == content


@pytest.mark.parametrize("content", [b"", b"damaged", b"\0" * 4096])
def test_a_damaged_one_is_written_again(home: Path, content: bytes) -> None:
    opened().get_template(TEMPLATE)
    (one,) = kept(home)
    sound = one.read_bytes()
    one.write_bytes(content)
    opened().get_template(TEMPLATE)
    assert one.read_bytes() == sound


def test_a_place_that_cannot_be_written_is_no_error(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("jinja2.bccache.tempfile.NamedTemporaryFile", full)
    assert opened().get_template(TEMPLATE)
    assert kept(home) == []


def test_nothing_is_kept_where_python_keeps_nothing(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    opened().get_template(TEMPLATE)
    assert kept(home) == []
