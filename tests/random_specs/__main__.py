"""Makes projects of random specs and tries them: `python -m tests.random_specs 48 --start 7`.

Every spec is printed with the seconds that it took. One that is red is kept, with its project,
in the directory that is named, and the exit code is 1.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

from tests.emitted import PACKAGE, invoicing, postgres

from .holding import faults
from .specs import gather


def main() -> int:
    """Tries the specs, one after the other."""
    parser = argparse.ArgumentParser(prog="tests.random_specs")
    parser.add_argument("number", type=int, help="how many specs")
    parser.add_argument("--start", type=int, default=0, help="another number, other specs")
    parser.add_argument("--most", type=int, default=4, help="the most resources and roles of one")
    parser.add_argument("--keep", type=Path, help="where to keep the red ones")
    given = parser.parse_args()
    keep: Path = given.keep or Path(tempfile.mkdtemp(prefix="random-specs-"))
    red = 0
    with tempfile.TemporaryDirectory() as scratch:
        server = invoicing(Path(scratch) / PACKAGE)
        with postgres(server) as url:
            os.environ["DEVELOPMENT_POSTGRES_URL"] = url
            os.environ["MYPY_CACHE_DIR"] = f"{scratch}/.mypy_cache"  # of the packages, once
            for number, text in enumerate(gather(given.number, given.start, given.most), 1):
                began, name = time.monotonic(), f"{given.start}-{number}"
                target = Path(scratch) / name
                found = list(faults(text, target, json.loads(text)["service"]["name"]))
                took = time.monotonic() - began
                print(
                    f"{number}/{given.number}  {name}  {took:.0f} s  {'red' if found else 'green'}",
                    flush=True,
                )
                if found:
                    red += 1
                    shutil.copytree(target, keep / name)
                    (keep / name / "spec.json").write_text(text, encoding="utf-8")
                    (keep / name / "faults.txt").write_text("\n\n".join(found), encoding="utf-8")
                shutil.rmtree(target)
    print(f"{red} of {given.number} are red" + (f": {keep}" if red else ""))
    return 1 if red else 0


sys.exit(main())
