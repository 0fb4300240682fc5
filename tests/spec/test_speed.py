"""A spec of 1,000 resources loads quickly and in little memory."""

import subprocess
import sys

PROGRAM = """
import re, time
lines = ["scaffold: 2", "service: {name: large, title: Large}", "tenancy: {tenant: company}",
         "identity:", "  issuers: [{issuer: https://a.example/, audience: x, algorithms: [ES256]}]",
         "roles:"]
for role in range(4):
    lines.append(f"  role_{role}:\\n    can:")
    for each in range(1000):
        lines.append(f"      - {{do: [list, read], on: resource_{each}, only: [title, state]}}")
lines.append("resources:")
for each in range(1000):
    lines.append(f"  resource_{each}:\\n    description: What the customer keeps under {each}.")
    lines.append("    fields:")
    lines.append("      state: {type: enum, values: [open, done], default: open, set_by: finish}")
    lines.append(f"      other: {{type: reference, to: resource_{(each * 7) % 1000}}}")
    for field in ("title", "street", "city", "country"):
        lines.append(f"      {field}: {{type: string, max: 120, filter: [eq, prefix], sort: true}}")
    lines.append("    unique: [[title]]")
    lines.append("    actions: {finish: {on: item, step_up: 5m}}")
text = "\\n".join(lines).encode()
start = time.process_time()
from scaffold.spec.load import loads
from scaffold.spec.problems import SpecError
imported = time.process_time()
spec = loads(text)
loaded = time.process_time()
# Not ru_maxrss, in which there is what the process that started this one had.
status = open("/proc/self/status").read()
peak = int(re.search("VmHWM:[^0-9]*([0-9]+)", status)[1]) / 1024
broken = text.replace(b"max: 120", b"max: 120, maxx: 1").replace(b"on: resource_", b"on: resorce_")
try:
    loads(broken)
except SpecError as error:
    assert len(error.problems) == 50
refused = time.process_time()
print(len(text), len(spec.resources), imported - start, loaded - imported, refused - loaded, peak)
"""


def test_a_thousand_resources() -> None:
    done = subprocess.run(  # noqa: S603 - the program is the one above
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, timeout=60
    )
    size, count, imported, loaded, refused, peak = (float(word) for word in done.stdout.split())
    assert size > 600_000 and count == 1_000
    # Bounds, in CPU seconds and MiB, that only a growth with the square would pass.
    assert imported + loaded < 10
    assert refused < 30
    assert peak < 200
