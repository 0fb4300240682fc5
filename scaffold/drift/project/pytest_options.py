"""Options of pytest that leave tests out, wherever they are said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from posixpath import normpath
from typing import Final

from scaffold.tree.paths import CONTRACT_TESTS

_LEAVE_OUT: Final = (
    *("-k", "-m", "--deselect", "--ignore", "--ignore-glob", "-o", "--override-ini", "-c"),
    *("--config-file", "--rootdir", "--confcutdir"),
)
"""Options with a value that leave tests out, or have other settings read."""
_STOP: Final = frozenset(
    {"--co", "--collect-only", "--collectonly", "--noconftest", "--lf", "--last-failed", "--nf"}
    | {"--sw", "--stepwise", "--stepwise-skip", "--setup-only", "--setup-plan", "--fixtures"}
    | {"--help", "-h", "--version", "-V", "--suppress-no-test-exit-code"}
    | {"--markers", "--disable-plugin-autoload", "--continue-on-collection-errors"}
)
_VALUED: Final = frozenset(
    {"-n", "--numprocesses", "--maxprocesses", "--maxfail", "--durations", "--dist", "--tb", "-W"}
    | {"--junitxml", "--junit-xml", "--cov", "--cov-report", "--timeout", "--log-level", "--color"}
    | {"--durations-min", "--basetemp", "--pythonwarnings", "--cov-fail-under", "--reruns", "--tx"}
    | {"--junit-prefix", "--log-cli-level", "--log-file", "--import-mode", "-r", "--seed"}
)


def deselecting(arguments: Sequence[str]) -> Iterator[str]:
    """What of some arguments leaves tests out; places that leave the contract tests out count."""
    places = []
    words = iter(arguments)
    for each in words:
        name, equals, value = each.partition("=")
        if each == "-p" or (each.startswith("-p") and not each.startswith("--")):
            plugin = each[2:] or next(words, "")
            yield f"-p {plugin}"
        elif name in _LEAVE_OUT:
            yield f"{name} {value if equals else next(words, '')}".strip()
        elif each[:2] in ("-k", "-m", "-o", "-c") and not each.startswith("--"):
            yield each
        elif name in _STOP:
            yield name
        elif name in _VALUED:
            if not equals:
                next(words, "")
        elif not each.startswith("-") and "$" not in each:
            places.append(each)
    if places and not any(covers(each) for each in places):
        yield f"only {', '.join(sorted(places))}"


def covers(place: str) -> bool:
    """Are the contract tests at or below this place?"""
    path = normpath(place.rstrip("/") or ".")
    return path in (".", "..") or f"{CONTRACT_TESTS}/".startswith(f"{path}/")
