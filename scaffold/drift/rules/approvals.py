"""Rules about what has been approved: approvals that are over, of no use, new, or not allowed."""

from __future__ import annotations

from scaffold.drift.rule import Example, Rule

PATH = ".scaffold/approvals.yaml"
_HEAD = """# Exact changes that somebody has looked at and allowed. Written by scaffold approve.
approvals:
"""


def _entry(
    rule: str = "SCF101",
    fingerprint: str = "37c15f20b6d0a3ab693884c3",
    approved: str = "2026-01-05",
    expires: str = "2026-03-01",
) -> str:
    return f"""  - rule: {rule}
    key: "access invoice:delete member"
    from: "absent"
    to: "always"
    fingerprint: {fingerprint}
    reason: "Members clean up their drafts until the archive is there."
    owner: "@example/security"
    approved: {approved}
    expires: {expires}
"""


_ANOTHER = {"README.md": "Another change, months later.\n"}

EXPIRED = Rule(
    id="SCF701",
    name="approval-expired",
    severity="medium",
    controls=("GEN-3",),
    layer="project",
    what="Approvals of the base branch whose last day is over.",
    why="Nobody has looked again at what it allowed, and it hides from the next reviewer that "
    "nothing is allowed any more.",
    remedy=f"Remove the entry from {PATH}; a change that takes it out passes. If the change is "
    "still to come, have it approved anew.",
    example=Example(
        files={PATH: _HEAD + _entry()},
        change=_ANOTHER,
        dual={**_ANOTHER, PATH: "approvals: []\n"},
    ),
    waivable=False,
)
UNUSED = Rule(
    id="SCF702",
    name="approval-unused",
    severity="medium",
    controls=("GEN-3",),
    layer="project",
    what="Approvals of the base branch whose change can no longer come, since what it begins from "
    "is not so any more; and, as a note, those whose change is merged.",
    why="It is a key that is left in a lock: if the project comes back to where the approval "
    "begins, the change passes without a look.",
    remedy=f"Remove the entry from {PATH}, best in the change that it allows: that one is judged "
    "by the file of the base branch.",
    example=Example(
        files={PATH: _HEAD + _entry(approved="2026-11-01", expires="2026-12-24")},
        change=_ANOTHER,
        dual={**_ANOTHER, PATH: "approvals: []\n"},
    ),
    waivable=False,
)
ADDED = Rule(
    id="SCF703",
    name="approval-added",
    severity="low",
    controls=("GEN-3",),
    layer="project",
    what="Approvals that a change adds, extends or words differently. A note: it allows nothing "
    "before it is in the base branch.",
    why="Once this is merged, another change passes without a finding.",
    remedy="Whoever owns the file decides about this change: read what each entry allows, for how "
    "long, and why.",
    example=Example(
        files={PATH: "approvals: []\n"},
        change={PATH: _HEAD + _entry(approved="2026-11-01", expires="2026-12-24")},
        dual={PATH: "# Nothing is approved.\napprovals: []\n"},
    ),
    waivable=False,
)
REFUSED = Rule(
    id="SCF704",
    name="approval-not-allowed",
    severity="medium",
    controls=("GEN-3",),
    layer="project",
    what="Approvals of what nobody can approve: a rule without a waiver, or one that this scaffold "
    "does not know; and those that were approved in the future.",
    why="It has no effect, and who reads the file believes that it has.",
    remedy="Remove the entry, and undo the change that it was for.",
    example=Example(
        files={PATH: "approvals: []\n"},
        change={
            PATH: _HEAD + _entry("SCF701", "629df68f5d0403e5392e2b9c", "2026-11-01", "2026-12-24")
        },
        dual={PATH: _HEAD + _entry(approved="2026-11-01", expires="2026-12-24")},
    ),
    waivable=False,
)
UNREADABLE = Rule(
    id="SCF705",
    name="approvals-unreadable",
    severity="medium",
    controls=("GEN-3",),
    layer="project",
    what="A file of approvals that is not what it has to be: a key that is not known, an entry "
    "whose fingerprint is not that of its change, a time of more than 90 days.",
    why="None of its entries counts, which nobody sees from reading it.",
    remedy="Repair it, or take the file back from version control. scaffold approve writes "
    "entries that are right.",
    example=Example(
        files={PATH: "approvals: []\n"},
        change={PATH: _HEAD + _entry(fingerprint="0" * 24)},
        dual={PATH: _HEAD + _entry(approved="2026-11-01", expires="2026-12-24")},
    ),
    waivable=False,
)
RULES = (EXPIRED, UNUSED, ADDED, REFUSED, UNREADABLE)
