"""Random lives of databases: `python -m tests.history 100 --start 7`."""

import argparse
import sys
import tempfile
import traceback
from pathlib import Path

from tests.database.releases import Databases
from tests.emitted import PACKAGE, postgres

from .lives import live
from .shop import project


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="tests.history", description=__doc__)
    parser.add_argument("number", type=int, help="how many lives")
    parser.add_argument("--start", type=int, default=0, help="the number of the first one")
    parser.add_argument("--changes", type=int, default=6, help="of each life")
    given = parser.parse_args()
    wrong = 0
    with tempfile.TemporaryDirectory() as directory:
        shop = project(Path(directory) / PACKAGE)
        with postgres(shop.project) as server:
            roles = shop.project / PACKAGE / "store" / "roles.sql"
            databases = Databases(server, roles)
            for number in range(given.start, given.start + given.number):
                try:
                    found = list(
                        live(number, given.changes, databases, Path(directory) / str(number))
                    )
                except Exception:
                    found = [traceback.format_exc()]
                wrong += bool(found)
                print(f"life {number}: {'; '.join(found) or 'sound'}", flush=True)
    print(f"{given.number} lives of {given.changes} changes, {wrong} unsound")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
