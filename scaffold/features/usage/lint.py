"""Rules about meters: what is counted twice, and what nobody sees."""

from __future__ import annotations

from collections.abc import Iterator

from scaffold.design.counted import counters
from scaffold.features.usage.design import READING, meters_of
from scaffold.lint.context import Context
from scaffold.lint.rule import Family, Found

family = Family()

_NOTES = """
roles:
  clerk: {can: [{do: [list, read, create], on: note}, {do: [list, read], on: meter_reading}]}
resources:
  note: {fields: {body: {type: text, max: 500}}}
"""


@family.rule(
    "L351",
    "counted-twice",
    "advice",
    "PAY-6",
    reason="Each use writes two counters, and every writer of a tenant waits for both.",
    remedy="Let the quota name the meter.",
    example=f"{_NOTES}meters: {{notes: {{counts: note, per: month}}}}\n"
    "plans: {free: {quotas: {note: 25/month}}}\n",
    repair=("{note: 25/month}", "{notes: 25/month}"),
)
def counted_twice(context: Context) -> Iterator[Found]:
    """A meter that counts what a quota of the same period counts by itself."""
    found = meters_of(context.design)
    known = {each.name for each in found.each} if found else set()
    others = [each for each in counters(context.design) if each.name not in known]
    for meter in found.each if found else ():
        for each in others:
            same = (each.period, each.counts) == (meter.counter.period, meter.counter.counts)
            if same and not meter.counter.amount:
                yield Found(
                    f"{meter.name} counts what a quota of {each.name} counts",
                    ("meters", meter.name),
                )


@family.rule(
    "L352",
    "meter-that-nobody-reads",
    "advice",
    "PAY-6",
    reason="A tenant pays for what it cannot see, or is refused without knowing how much is left.",
    remedy="Grant a role of people {do: [list, read], on: meter_reading}.",
    example=_NOTES.replace(", {do: [list, read], on: meter_reading}", "")
    + "meters: {notes: {counts: note, per: month}}\n",
    repair=("on: note}]", "on: note}, {do: [list, read], on: meter_reading}]"),
)
def meter_that_nobody_reads(context: Context) -> Iterator[Found]:
    """Meters, and no role that is granted what they read."""
    found = meters_of(context.design)
    if found and READING not in context.entities:
        yield Found("No role reads what the meters count", ("meters",))
