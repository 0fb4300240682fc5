"""Releases to try with."""

from __future__ import annotations

from scaffold.releases.data import Release, parse

TEXT = """
[[release]]
version = "0.10.0"
[[release.entry]]
kind = "security"
id = "SCF-2026-002"
severity = "critical"
affected = ">=0.9.0,<0.10.0"
text = "A replayed answer was not\\n filtered."
remedy = "Rotate what was shown."
controls = ["AZ-2", "PAY-2"]
where = {section = "operations", word = "idempotency_key"}
[[release.entry]]
kind = "added"
text = "A log line."

[[release]]
version = "0.2.0"
[[release.entry]]
kind = "changed"
text = "Errors have a type."
[[release.entry]]
kind = "security"
id = "SCF-2026-001"
severity = "low"
affected = "<0.2.0"
text = "A header was missing."
remedy = "Nothing more."
controls = ["API-1"]

[[release]]
version = "0.9.0"
[[release.entry]]
kind = "fixed"
text = "Cursors sort."

[[release]]
version = "0.1.0"
[[release.entry]]
kind = "added"
text = "All of it."
"""

RELEASES: tuple[Release, ...] = parse(TEXT)
REPLAYS = {"operations": {"order:create idempotency_key": "required"}}
