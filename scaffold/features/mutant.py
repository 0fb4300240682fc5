"""What a mutant is: a guard of an emitted service that is broken on purpose."""

import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Mutant:
    """One guard of the emitted service that is broken.

    In `file`, inside the package, `old` becomes `new`: it stands there exactly once, or once in
    the stored function or the policy (`TABLE NAME`) `within`. `control` is the id of what the guard
    is for, as the emitted tests name it. `noticed_by` is the emitted test that fails then, below
    tests/contract; it is empty where the service does not even start.
    """

    id: str
    control: str
    file: str
    old: str
    new: str
    noticed_by: str = ""
    within: str = ""
    service: str = "invoicing"

    def apply(self, package: Path) -> None:
        """Breaks the guard in the package of a service.

        Raises:
            LookupError: the text is not there exactly once.
        """
        place = package / self.file
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
        pattern = rf"^create or replace function {self.within}\(.*?^end \$\$;"
        if " " in self.within:  # the name of a policy ends in a digest
            pattern = rf"^-- policy: {self.within}(_[0-9a-f]{{8}})?\n.*?;$"
        found = re.search(pattern, text, re.DOTALL | re.MULTILINE)
        if found is None:
            raise LookupError(f"{self.id}: {self.file} has no {self.within}")
        return text[: found.start()], found[0], text[found.end() :]
