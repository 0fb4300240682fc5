"""How it is judged which events of providers are heard, and what they do."""

from __future__ import annotations

from scaffold.drift.spec.rule import Claim, SpecRule, example
from scaffold.drift.verdict import By, Exact, Number, Verdict
from scaffold.drift.witness import Runs, Says
from scaffold.features.feature import Judged
from scaffold.features.inbound.witness import larger_event, older_event, other_mode

_WEBHOOK = """
roles:
  clerk: {can: [{do: [list, read, create], on: note}]}
  worker: {kind: service, can: [{do: [list, read, settle], on: note}]}
  other: {kind: service, can: [{do: [list, read, settle], on: note}]}
resources:
  note:
    fields:
      body: {type: text, max: 500}
      paid: {type: boolean, default: false, set_by: [settle]}
    actions: {settle: {on: item, idempotent: required}}
webhooks:
  money:
    scheme: stripe
    tolerance: 5m
    secrets: [MONEY_SECRET]
    account: [data, object, customer]
    mode: livemode
    runs_as: worker
    events: {invoice.paid: {do: settle, on: note, id: [data, object, metadata, note_id]}}
"""


def _mode(before: str, after: str) -> Verdict:
    if before == "not asked":
        return "narrowed"
    return "widened" if after == "not asked" else "incomparable"


def _order(before: str, after: str) -> Verdict:
    if before == "none":
        return "narrowed"
    return "widened" if after == "none" else "incomparable"


HEARD = SpecRule(
    id="SCF156",
    name="webhook-heard",
    severity="critical",
    controls=("PAY-1", "AZ-4"),
    layer="spec",
    what="Providers whose events are heard without a token, what each event does, and as whom.",
    why="Whoever has the secret of the provider does it, in every tenant that is mapped.",
    remedy="Hear the events that you need, as a role that is granted these alone.",
    example=example(
        _WEBHOOK,
        change=("runs_as: worker", "runs_as: other"),
        dual=("tolerance: 5m", "tolerance: 4m"),
    ),
    claims=(
        Claim(
            "access",
            "{op} without a token",
            Exact(),
            lead=("op",),
            shows=Says(
                "{op} hears whoever signs: {now} now",
                "The secret of the provider lets in; each event has a fact of its own.",
            ),
        ),
        Claim(
            "access",
            "webhook {webhook} runs as",
            Exact(),
            shows=Says(
                "events of {webhook} do what {now} may now",
                "Its grants are told by themselves, each with a test.",
            ),
        ),
        Claim(
            "access",
            "webhook {webhook} {name}",
            Exact(),
            shows=Says(
                "an event of {webhook}, {name}: {now} now",
                "What the event has to say besides is up to the provider.",
            ),
        ),
        Claim(
            "identity",
            "webhook {webhook} account",
            Exact(),
            shows=Says(
                "events of {webhook} name their tenant by {now} now",
                "Which account is whose is what the operator said.",
            ),
        ),
    ),
)
REPLAY = SpecRule(
    id="SCF157",
    name="webhook-replayed-longer",
    severity="high",
    controls=("PAY-1",),
    layer="spec",
    what="How old a signed event may be, how large, how many secrets are good, whether late events "
    "undo newer ones, and whether test events count.",
    why="A captured or a test event is believed that was refused before.",
    remedy="Keep the window, the order and the mode; a second secret is for a rotation.",
    example=example(
        _WEBHOOK,
        change=("tolerance: 5m", "tolerance: 50m"),
        dual=("tolerance: 5m", "tolerance: 300s"),
    ),
    claims=(
        Claim(
            "limits",
            "webhook {webhook} tolerance",
            Number(),
            shows=Runs(older_event, "events of {webhook} are believed for {now} now"),
        ),
        Claim(
            "limits",
            "webhook {webhook} body",
            Number(),
            shows=Runs(larger_event, "events of {webhook} may have {now} bytes now"),
        ),
        Claim(
            "identity",
            "webhook {webhook} secrets",
            Number(),
            shows=Says(
                "{now} secrets of {webhook} are good now",
                "Which secrets there are is what the deployment says.",
            ),
        ),
        Claim(
            "identity",
            "webhook {webhook} mode",
            By(_mode),
            shows=Runs(other_mode, "test events of {webhook} count now: the mode is {now}"),
        ),
        Claim(
            "identity",
            "webhook {webhook} order",
            By(_order),
            shows=Says(
                "late events of {webhook} undo newer ones now: the order is {now}",
                "It takes two events of a provider, and what they do.",
            ),
        ),
    ),
)
JUDGED = Judged((HEARD, REPLAY))
