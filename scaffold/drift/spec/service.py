"""Rules about roles and about the service as a whole."""

from __future__ import annotations

from scaffold.drift.spec.rule import Claim, SpecRule, Waiver, example
from scaffold.drift.spec.witness_requests import factors
from scaffold.drift.verdict import Chain, Exact, Free
from scaffold.drift.witness import Runs, Says

ROLE = SpecRule(
    id="SCF141",
    name="role-easier-to-hold",
    severity="high",
    controls=("AZ-1", "ID-3", "ID-7"),
    layer="spec",
    what="What a role asks of whoever holds it: people or services, a second factor, and that a "
    "tenant keeps a holder.",
    why="With a weaker sign-in, or as another kind of caller, somebody may do all that it grants.",
    remedy="Ask for the same factor; make a role of its own for services.",
    example=example(
        "roles: {clerk: {mfa: any, can: [{do: [list, read, create], on: note}]}}",
        change=("mfa: any, ", ""),
        dual=("mfa: any", "mfa: phishing_resistant"),
    ),
    claims=(
        Claim(
            "roles",
            "{role} kind",
            Exact(),
            shows=Says(
                "a {now} may hold {role} now, and a {old} could",
                "A member is of the kind of its roles: no caller is the same in both states.",
            ),
        ),
        Claim(
            "roles",
            "{role} mfa",
            Chain(("phishing_resistant", "any", "none")),
            shows=Runs(factors, "{role} is held with the factor {now} now"),
        ),
        Claim(
            "roles",
            "{role} last",
            Free(absent="everything"),
            shows=Says(
                "the last holder of {role} may leave a tenant now",
                "Which operation lets a member leave depends on the grants.",
            ),
        ),
    ),
)
UNCLAIMED = SpecRule(
    id="SCF199",
    name="meaning-unknown",
    severity="high",
    controls=("GEN-3",),
    layer="spec",
    what="Facts of the surface that no other rule judges.",
    why="This scaffold cannot say what the change means, so that somebody has to look at it.",
    remedy="Please report it: a rule is missing.",
    example=None,
    claims=(),
)
RULES = (ROLE,)
WAIVED = (
    Waiver("service", "name", "The name of the service permits nothing."),
    Waiver("service", "environment {name}", "Conditions about it are judged where they stand."),
    Waiver("roles", "{role} includes {name}", "Grants are compared with all that roles inherit."),
)
