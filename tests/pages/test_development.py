"""The development tools of an emitted project: serving, tokens and the database."""

import base64
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.emitted import invoicing, postgres

PORT = 8497


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return invoicing(tmp_path_factory.mktemp("development") / "invoicing")


def _run(project: Path, module: str, *options: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", f"invoicing.development.{module}", *options]
    return subprocess.run(  # noqa: S603 - this Python, on a project that was made here
        command, cwd=project, capture_output=True, text=True, check=False, timeout=120
    )


def _claims(project: Path, *options: str) -> dict[str, object]:
    done = _run(project, "token", "--role", "analyst", "--tenant", "acme", *options)
    assert done.returncode == 0, done.stderr
    payload = done.stdout.split(".")[1]
    found: dict[str, object] = json.loads(base64.urlsafe_b64decode(payload + "=="))
    return found


def test_a_token_takes_attributes(project: Path) -> None:
    assert _claims(project, "--attributes", "regions=us,eu")["regions"] == ["us", "eu"]
    assert _claims(project, "--attributes", "regions=")["regions"] == []


@pytest.mark.parametrize("given", ["region=eu", "regions"])
def test_other_attributes_are_refused(project: Path, given: str) -> None:
    done = _run(project, "token", "--role", "analyst", "--tenant", "acme", "--attributes", given)
    assert done.returncode == 2
    assert f"'{given}' is not NAME=VALUE with a NAME of regions" in done.stderr


def test_make_knows_the_attributes_and_the_reset(project: Path) -> None:
    made = (project / "Makefile").read_text(encoding="utf-8")
    assert "$(if $(ATTRIBUTES),--attributes '$(ATTRIBUTES)')" in made
    listed = subprocess.run(
        ["make"],  # noqa: S607
        cwd=project,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "make db-reset" in listed
    assert "ATTRIBUTES=" in listed


def test_it_serves_again_when_a_hook_changes(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = next(each for each in (project / "hooks").glob("*.py") if each.stem != "__init__")
    text = hook.read_text(encoding="utf-8")
    with postgres(project) as admin:
        monkeypatch.setenv("DEVELOPMENT_POSTGRES_URL", admin)
        done = _run(project, "serve", "--reset")
        assert done.returncode == 0, done.stderr
        assert "made anew" in done.stdout
        command = [sys.executable, "-m", "invoicing.development.serve", "--port", str(PORT)]
        process = subprocess.Popen(command, cwd=project, start_new_session=True)  # noqa: S603
        try:
            _until(_answers)
            hook.write_text(f"{text}\nopen('loaded', 'w').close()\n", encoding="utf-8")
            _until((project / "loaded").exists)
            _until(_answers)
        finally:
            hook.write_text(text, encoding="utf-8")
            process.send_signal(signal.SIGINT)
            try:
                process.wait(20)
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)
        assert not _answers()


def _answers() -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/docs", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError):
        return False


def _until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.1)
