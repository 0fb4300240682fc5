"""What a mutant is, and how the emitted tests are asked about one."""

import os
import re
import subprocess
import sys
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.emitted import PACKAGE

SECONDS: Final = 180
REFUSED: Final = "UnsafeConfiguration"


@dataclass(frozen=True, slots=True)
class Mutant:
    """One guard of the emitted service that is broken.

    In `file`, inside the package, `old` becomes `new`: it stands there exactly once, or once in
    the stored function `within`. `control` is the id of what the guard is for, as the emitted
    tests name it. `noticed_by` is the emitted test that fails then, below tests/contract; it is
    empty where the service does not even start.
    """

    id: str
    control: str
    file: str
    old: str
    new: str
    noticed_by: str = ""
    within: str = ""

    def apply(self, project: Path) -> None:
        """Break the guard. It is an error if the text is not there exactly once."""
        place = project / PACKAGE / self.file
        before, text, after = self._split(place.read_text(encoding="utf-8"))
        count = text.count(self.old)
        if count != 1:
            raise LookupError(f"{self.id}: {self.file} has this text {count} times:\n{self.old}")
        changed = text.replace(self.old, self.new)
        place.write_text(before + changed + after, encoding="utf-8")

    def _split(self, text: str) -> tuple[str, str, str]:
        """A file as what comes before, what is searched, and what comes after."""
        if not self.within:
            return "", text, ""
        found = re.search(
            rf"create or replace function invoicing\.{self.within}_[0-9a-f]{{8}}\(.*?^\$function\$;",
            text,
            re.DOTALL | re.MULTILINE,
        )
        if found is None:
            raise LookupError(f"{self.id}: {self.file} has no stored function {self.within}")
        return text[: found.start()], found[0], text[found.end() :]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What pytest said of some emitted tests."""

    status: int
    output: str

    @property
    def passed(self) -> bool:
        """Did every test run and pass?"""
        return self.status == 0

    @property
    def refused_to_start(self) -> bool:
        """Did the service itself notice, before any test could?"""
        return self.status == 1 and not self.failed and REFUSED in self.output

    @property
    def failed(self) -> frozenset[str]:
        """The tests that failed; those that could not be tried are none of them."""
        return frozenset(re.findall(r"^FAILED tests/contract/(\S+)", self.output, re.MULTILINE))


def ask(project: Path, tests: Collection[str]) -> Outcome:
    """Run emitted tests of a project until one fails."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-rfE", "--tb=short"]
    done = subprocess.run(
        [*command, "-p", "no:cacheprovider", *(f"tests/contract/{each}" for each in tests)],
        cwd=project,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    return Outcome(done.returncode, done.stdout)
