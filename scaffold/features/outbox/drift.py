"""Why no rule judges what happens behind an answer."""

from __future__ import annotations

from scaffold.drift.spec.rule import Waiver
from scaffold.features.feature import Judged

JUDGED = Judged(
    waived=(
        Waiver(
            "operations",
            "{op} after_commit",
            "It names a function of the developer's, whose code is read by itself.",
        ),
    )
)
