"""Changes that are made by hand: rules, facts and what became of them."""

from scaffold.drift.change import Change, Clients
from scaffold.drift.facts import Fact, Layer, Place
from scaffold.drift.rule import Example, Rule, Severity
from scaffold.drift.verdict import Verdict


def rule(
    id_: str = "SCF101",
    *,
    severity: Severity = "high",
    layer: Layer = "spec",
    waivable: bool = True,
    why: str = "A role may do something that it could not do before.",
) -> Rule:
    return Rule(
        id=id_,
        name="permission-widened",
        severity=severity,
        controls=("AZ-1", "AZ-2"),
        layer=layer,
        what="Which roles are granted an operation.",
        why=why,
        remedy="Give the grant back its conditions.",
        example=Example({"scaffold.yaml": "a\n"}, {"scaffold.yaml": "b\n"}, {}),
        waivable=waivable,
    )


GRANTED = rule()
FIXED = rule("SCF102", severity="critical", waivable=False)


def change(
    about: Rule = GRANTED,
    key: str = "access invoice:delete member",
    old: str | None = None,
    now: str | None = "always",
    *,
    path: str = "scaffold.yaml",
    line: int = 7,
    verdict: Verdict = "widened",
    new: bool = False,
    witness: str = "",
    clients: Clients = "none",
) -> Change:
    place = Place(path, line)
    before = None if old is None else Fact(about, key, old, place)
    after = None if now is None else Fact(about, key, now, place)
    return Change(about, key, before, after, verdict, clients, new, witness)
