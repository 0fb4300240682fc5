"""How a new project pins its generator, for each way in which scaffold can have been installed."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

import scaffold
from scaffold.project.provenance import Pin, of_checkout, of_record, pin

from .support import scaffold as command

VERSION = scaffold.__version__
HASHED = "--require-hashes"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
SHA256, SHA512 = "ab" * 32, "cd" * 64
WHEEL = f"scaffold-{VERSION}-py3-none-any.whl"
FORGE = "https://git.example.com/org/scaffold.git"
HASH = r"(?: --hash=\w+:[0-9a-f]+)?"
LINE = re.compile(
    rf"--require-hashes|--find-links vendor|scaffold=={re.escape(VERSION)}{HASH}"
    r"|scaffold @ (?:git\+)?(?:https|ssh)://(?:git@)?[a-z0-9.:-]+/[\w./~%+-]+(?:@[0-9a-f]{40,64})?"
    rf"(?:#subdirectory=[\w./-]+)?{HASH}"
)
"""All that a pin may say to pip."""

Installed = Callable[[object], Pin]


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Installed:
    """The pin of this scaffold as if it were installed, with the given `direct_url.json`."""
    site = tmp_path / "site-packages"
    metadata = site / f"scaffold-{VERSION}.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.4\nName: scaffold\nVersion: {VERSION}")
    (site / "scaffold").symlink_to(Path(scaffold.__file__).parent)
    monkeypatch.syspath_prepend(site)

    def pinned(record: object) -> Pin:
        place = metadata / "direct_url.json"
        if isinstance(record, bytes):
            place.write_bytes(record)
        elif record is not None:
            place.write_text(json.dumps(record), encoding="utf-8")
        return pin()

    return pinned


def archive(url: str, **info: object) -> dict[str, object]:
    """The record of a wheel or another archive."""
    return {"url": url, "archive_info": info}


def repository(url: str, commit: str = COMMIT, **more: object) -> dict[str, object]:
    """The record of a commit of a git repository."""
    return {"url": url, "vcs_info": {"vcs": "git", "commit_id": commit}, **more}


def git(directory: Path, *arguments: str) -> str:
    """Runs git, as nobody in particular."""
    identity = ["-c", "user.name=Nobody", "-c", "user.email=nobody@example.com"]
    done = subprocess.run(  # noqa: S603
        ["git", *identity, "-C", str(directory), *arguments],  # noqa: S607
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository with one commit and a remote, as far as a pin looks at it."""
    place = tmp_path / "checkout"
    (place / "scaffold").mkdir(parents=True)
    (place / "scaffold" / "__init__.py").write_text("")
    (place / ".gitignore").write_text("ignored/\n")
    git(tmp_path, "init", "--quiet", str(place))
    git(place, "add", ".")
    git(place, "commit", "--quiet", "--message", "All")
    git(place, "remote", "add", "origin", FORGE)
    return place


def remote(place: Path, url: str) -> None:
    """Give the remote of a repository another address."""
    git(place, "config", "remote.origin.url", url)


def test_from_an_index_the_digest_is_asked_for(installed: Installed) -> None:
    found = installed(None)
    assert found.lines == (HASHED, f"scaffold=={VERSION}")
    assert "--hash=sha256:DIGEST" in " ".join(found.comment)


@pytest.mark.parametrize(
    ("record", "lines"),
    [
        (
            archive(f"https://files.example.com/x/{WHEEL}", hashes={"sha256": SHA256}),
            [HASHED, f"scaffold @ https://files.example.com/x/{WHEEL} --hash=sha256:{SHA256}"],
        ),
        (
            archive(f"https://me:secret@files.example.com/{WHEEL}#egg=x", hash=f"sha256={SHA256}"),
            [HASHED, f"scaffold @ https://files.example.com/{WHEEL} --hash=sha256:{SHA256}"],
        ),
        (
            archive(
                "https://files.example.com/s.tar.gz",
                hashes={"md5": "0" * 32, "sha512": SHA512},
            )
            | {"subdirectory": "tools/scaffold"},
            [
                HASHED,
                "scaffold @ https://files.example.com/s.tar.gz#subdirectory=tools/scaffold "
                f"--hash=sha512:{SHA512}",
            ],
        ),
        (
            archive(f"https://files.example.com/{WHEEL}"),
            [HASHED, f"scaffold @ https://files.example.com/{WHEEL}"],
        ),
        (
            archive(f"file:///home/jane/{WHEEL}", hashes={"sha256": SHA256}),
            [HASHED, "--find-links vendor", f"scaffold=={VERSION} --hash=sha256:{SHA256}"],
        ),
        (
            archive(f"https://files.example.com/{WHEEL}?token=secret", hashes={"sha256": SHA256}),
            [HASHED, "--find-links vendor", f"scaffold=={VERSION} --hash=sha256:{SHA256}"],
        ),
        (
            archive(f"http://files.example.com/{WHEEL}", hashes={"sha256": SHA256}),
            [HASHED, "--find-links vendor", f"scaffold=={VERSION} --hash=sha256:{SHA256}"],
        ),
        (repository(FORGE), [f"scaffold @ git+{FORGE}@{COMMIT}"]),
        (
            repository("https://me:secret@git.example.com:8443/org/scaffold.git"),
            [f"scaffold @ git+https://git.example.com:8443/org/scaffold.git@{COMMIT}"],
        ),
        (
            repository("https://${USER}:${SECRET}@git.example.com/org/scaffold.git"),
            [f"scaffold @ git+{FORGE}@{COMMIT}"],
        ),
        (
            repository("ssh://git@git.example.com/org/scaffold.git", subdirectory="tools"),
            [
                f"scaffold @ git+ssh://git@git.example.com/org/scaffold.git@{COMMIT}"
                "#subdirectory=tools"
            ],
        ),
        (
            repository("ssh://secret@git.example.com/org/scaffold.git", commit="ab" * 32),
            [f"scaffold @ git+ssh://git.example.com/org/scaffold.git@{'ab' * 32}"],
        ),
    ],
)
def test_what_an_installer_recorded_is_pinned(
    record: dict[str, object], lines: list[str], installed: Installed
) -> None:
    found = installed(record)
    assert list(found.lines) == lines
    assert all(LINE.fullmatch(each) for each in lines)
    Requirement(lines[-1].partition(" --hash")[0])
    assert "secret" not in " ".join((*found.lines, *found.comment)).lower()


def test_a_file_of_this_machine_is_called_by_its_name_alone() -> None:
    found = of_record(json.dumps(archive(f"file:///home/jane/{WHEEL}")))
    assert f"the file {WHEEL}" in " ".join(found.comment)
    assert "jane" not in " ".join(found.comment)
    found = of_record(json.dumps(archive("file:///x/a%0A--index-url%20b.whl")))
    assert "index-url" not in " ".join(found.comment)


@pytest.mark.parametrize(
    "record",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"\xff\xfe",
        b"[" * 100_000,
        {"url": FORGE},
        {"url": 1, "dir_info": {}},
        {"url": FORGE, "dir_info": {}},
        {"url": "file://elsewhere/x", "dir_info": {}},
        {"url": "file:///%00", "dir_info": {}},
        {"url": "file:///nowhere", "dir_info": {"editable": False}},
        {"url": FORGE, "vcs_info": {"vcs": "hg", "commit_id": COMMIT}},
        {"url": FORGE, "vcs_info": {"vcs": "git"}},
        {"url": FORGE, "archive_info": []},
        archive("https://files.example.com/x.whl") | {"subdirectory": 1},
        repository(FORGE, commit="main"),
        repository(FORGE, commit=f"{COMMIT}\n--index-url https://evil.example"),
        repository(FORGE, subdirectory="../.."),
        repository(FORGE, subdirectory="x&egg=y"),
        repository(FORGE, subdirectory=["x"]),
        repository("https://git.example.com/x\n--index-url https://evil.example"),
        repository("https://git.example.com/x\t/y"),
        repository("https://git.example.com/x ; python_version > '3'"),
        repository("https://git.example.com/${HOME}"),
        repository("https://git.example.com/x@main"),
        repository("https://git.example.com"),
        repository("https://git.example.com:99999/x"),
        repository("https://[git.example.com/x"),
        repository("https://git\uff0eexample.com/x"),
        repository("https:///x"),
        repository("ssh://-oProxyCommand=id/x"),
        repository("ext::sh -c id"),
        repository("git://git.example.com/x"),
        repository("file:///nowhere"),
    ],
)
def test_a_record_that_cannot_be_repeated_pins_nothing(
    record: object, installed: Installed
) -> None:
    found = installed(record)
    assert found.lines == ()
    assert "not pinned yet" in found.comment[0]
    assert "evil" not in " ".join(found.comment)


@pytest.mark.parametrize(
    "digests",
    [
        {"hashes": {"md5": "0" * 32}},
        {"hashes": {"sha256": f"{SHA256[:-1]}\n"}},
        {"hashes": {"sha256": f"{SHA256} --index-url https://evil.example"}},
        {"hashes": {"sha256": 1}},
        {"hashes": [SHA256]},
        {"hash": f"sha256={SHA256[1:]}"},
        {"hash": {}},
    ],
)
def test_a_digest_that_is_none_is_asked_for(digests: Mapping[str, object]) -> None:
    found = of_record(json.dumps(archive(f"https://files.example.com/{WHEEL}", **digests)))
    assert found.lines == (HASHED, f"scaffold @ https://files.example.com/{WHEEL}")
    assert "--hash=sha256:DIGEST" in " ".join(found.comment)


def test_from_a_directory_it_is_the_commit_of_the_checkout(
    installed: Installed, checkout: Path
) -> None:
    found = installed({"url": checkout.as_uri(), "dir_info": {}})
    assert found.lines == (f"scaffold @ git+{FORGE}@{git(checkout, 'rev-parse', 'HEAD')}",)


def test_from_a_clone_it_is_the_commit_that_was_installed(
    installed: Installed, checkout: Path
) -> None:
    found = installed(repository(checkout.as_uri()))
    assert found.lines == (f"scaffold @ git+{FORGE}@{COMMIT}",)


def test_what_runs_beside_an_installed_scaffold_is_not_taken_for_it(
    installed: Installed, tmp_path: Path, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An editable installation, or a checkout on the path: what counts is where the code lies."""
    module = checkout / "scaffold" / "emit" / "provenance.py"
    monkeypatch.setattr("scaffold.project.provenance.__file__", str(module))
    assert "--require-hashes" not in installed(None).lines
    assert installed(archive(f"https://files.example.com/{WHEEL}")) == of_checkout(checkout)


def test_without_metadata_it_is_the_checkout(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = checkout / "scaffold" / "emit" / "provenance.py"
    monkeypatch.setattr("scaffold.project.provenance.__file__", str(module))
    monkeypatch.setattr("sys.path", [])
    assert pin() == of_checkout(checkout)


@pytest.mark.parametrize(
    ("url", "address"),
    [
        (FORGE, FORGE),
        ("https://me:secret@git.example.com/org/scaffold.git", FORGE),
        ("git@git.example.com:org/scaffold.git", "ssh://git@git.example.com/org/scaffold.git"),
        ("git@git.example.com:/srv/scaffold", "ssh://git@git.example.com/srv/scaffold"),
        ("ssh://git@git.example.com:2222/scaffold", "ssh://git@git.example.com:2222/scaffold"),
    ],
)
def test_a_checkout_is_pinned_by_its_remote(checkout: Path, url: str, address: str) -> None:
    remote(checkout, url)
    commit = git(checkout, "rev-parse", "HEAD")
    assert of_checkout(checkout).lines == (f"scaffold @ git+{address}@{commit}",)


def test_a_checkout_inside_a_repository_is_pinned_with_its_directory(tmp_path: Path) -> None:
    place = tmp_path / "tools" / "generator"
    (place / "scaffold").mkdir(parents=True)
    (place / "scaffold" / "__init__.py").write_text("")
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message", "All")
    remote(tmp_path, FORGE)
    (only,) = of_checkout(place).lines
    assert only.endswith("#subdirectory=tools/generator")


@pytest.mark.parametrize("url", ["/srv/git/scaffold", "../scaffold", "file:///srv/x", "me@host:x"])
def test_a_remote_that_others_cannot_reach_is_none(checkout: Path, url: str) -> None:
    remote(checkout, url)
    found = of_checkout(checkout)
    assert found.lines == ()
    assert "no origin with a public address" in " ".join(found.comment)


def edited(place: Path) -> Path:
    (place / "scaffold" / "__init__.py").write_text("# Edited.\n")
    return place


def added(place: Path) -> Path:
    (place / "templates").mkdir()
    (place / "templates" / "new.jinja").write_text("")
    return place


def empty(place: Path) -> Path:
    shutil.rmtree(place / ".git")
    git(place, "init", "--quiet")
    return place


def unversioned(place: Path) -> Path:
    shutil.rmtree(place / ".git")
    return place


def unpacked_beside(place: Path) -> Path:
    (place / "ignored" / "scaffold").mkdir(parents=True)
    (place / "ignored" / "scaffold" / "__init__.py").write_text("")
    return place / "ignored"


def missing(place: Path) -> Path:
    return place / "missing"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (edited, "changes that are not committed"),
        (added, "changes that are not committed"),
        (empty, "git knows no commit"),
        (unversioned, "git knows no commit"),
        (unpacked_beside, "git knows no commit"),
        (missing, "git knows no commit"),
    ],
)
def test_what_no_commit_holds_is_not_pinned(
    checkout: Path, change: Callable[[Path], Path], reason: str
) -> None:
    found = of_checkout(change(checkout))
    assert found.lines == ()
    said = " ".join(found.comment)
    assert reason in said
    assert "make check SCAFFOLD=scaffold" in said
    assert str(checkout) not in said


def test_without_git_nothing_is_pinned(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(checkout))
    assert of_checkout(checkout).lines == ()


def test_the_repository_of_a_hook_is_not_taken_for_the_checkout(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other"
    git(tmp_path, "init", "--quiet", str(other))
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / ".git" / "index"))
    (only,) = of_checkout(checkout).lines
    assert FORGE in only


def test_a_file_system_monitor_of_a_repository_is_not_started(
    checkout: Path, tmp_path: Path
) -> None:
    monitor = tmp_path / "monitor"
    monitor.write_text(f"#!/bin/sh\ntouch {tmp_path / 'started'}\n")
    monitor.chmod(0o755)
    git(checkout, "config", "core.fsmonitor", str(monitor))
    assert of_checkout(checkout).lines
    assert not (tmp_path / "started").exists()


@pytest.mark.parametrize(
    "record", [None, archive(f"file:///home/jane/{WHEEL}"), repository(FORGE), b"{"]
)
def test_a_new_project_has_the_pin_among_comments(
    record: Any, installed: Installed, tmp_path: Path
) -> None:
    wanted = installed(record)
    assert command("new", "shop", "--defaults", "--into", tmp_path / "shop").exit_code == 0
    text = (tmp_path / "shop" / "requirements-scaffold.txt").read_text(encoding="ascii")
    lines = [line for line in text.splitlines() if line != "#" and not line.startswith("# ")]
    assert lines == list(wanted.lines)
    assert all(f"# {line}\n" in text for line in wanted.comment)
    assert "jane" not in text
    assert all(len(line) <= 100 or line in lines for line in text.splitlines())
