"""Approvals: exact changes that somebody has looked at and allowed, for a while.

They are read from the base and never from the head: a change cannot approve itself. An entry says
one delta in full; there is no way to say "all of these". The file is input from outside.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Final, Self

import yaml
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from scaffold.drift.change import ABSENT, Change, fingerprint, ordered
from scaffold.drift.facts import Fact, Layer, Place, Surface
from scaffold.drift.project import documents
from scaffold.drift.rule import Rule
from scaffold.drift.rules.approvals import (
    ADDED,
    EXPIRED,
    PATH,
    REFUSED,
    UNREADABLE,
    UNUSED,
)
from scaffold.drift.trees import Tree
from scaffold.drift.verdict import Verdict
from scaffold.plan.quoting import yaml as quoted
from scaffold.spec.problems import escape, quote

MAX_DAYS: Final = 90
"""How long an approval may be good for."""
MAX_BYTES: Final = 256 * 1024
MAX_ENTRIES: Final = 200
MAX_TEXT: Final = 16 * 1024

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


class ApprovalsError(ValueError):
    """The file of approvals, or an approval, is not right; the message says where and why."""


def day(text: object) -> object:
    """A day as it is written, such as 2026-12-24.

    Raises:
        ValueError: it is no day.
    """
    if not isinstance(text, str):
        return text
    if _DATE.fullmatch(text) is None:
        raise ValueError(f"{quote(text)} is no day: write it like 2026-12-24")
    return date.fromisoformat(text)


def day_of(text: str) -> date:
    """The day that a text says.

    Raises:
        ApprovalsError: it is no day.
    """
    try:
        found = day(text)
    except ValueError as error:
        raise ApprovalsError(f"{error}") from None
    assert isinstance(found, date)
    return found


Day = Annotated[date, BeforeValidator(day)]
Words = Annotated[str, StringConstraints(min_length=1, max_length=1_000, pattern=r"\S")]
Text = Annotated[str, StringConstraints(max_length=MAX_TEXT)]


class Approval(BaseModel):
    """One change that is allowed: the rule, the key of the fact, and its two values."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, validate_by_alias=True)

    rule: Annotated[str, StringConstraints(pattern="^SCF[0-9]{3}$")]
    key: Annotated[str, StringConstraints(min_length=1, max_length=MAX_TEXT)]
    old: Text = Field(alias="from")
    now: Text = Field(alias="to")
    fingerprint: str
    reason: Words
    owner: Words
    approved: Day
    expires: Day

    @model_validator(mode="after")
    def _is_exact(self) -> Self:
        if self.fingerprint != fingerprint(self.rule, self.key, self.old, self.now):
            raise ValueError(
                "the fingerprint is not that of rule, key, from and to: write the entry by "
                "scaffold approve"
            )
        if not timedelta() <= self.expires - self.approved <= timedelta(days=MAX_DAYS):
            raise ValueError(
                f"expires is to be at most {MAX_DAYS} days after approved, and not before it"
            )
        return self

    @property
    def delta(self) -> str:
        """What it allows, on one line."""
        return f"{self.rule} {self.key}: {self.old} -> {self.now}"

    def __str__(self) -> str:
        """All that it says, on one line."""
        return f"{self.delta}; until {self.expires}, by {self.owner}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Book:
    """What a file of approvals says. With a `problem` nothing in it counts."""

    entries: tuple[Approval, ...] = ()
    lines: Mapping[str, int] = field(default_factory=dict)
    problem: str = ""
    line: int = 1

    def place(self, approval: Approval) -> Place:
        """Where an entry stands."""
        return Place(PATH, self.lines.get(approval.fingerprint, 1))

    def by_fingerprint(self) -> dict[str, Approval]:
        """The entries by what they allow."""
        return {each.fingerprint: each for each in self.entries}


def read(tree: Tree) -> Book:
    """The approvals of a tree. A file that is not right has a problem, and no entry."""
    entry = tree.entries.get(PATH)
    if entry is None:
        return Book()
    content = tree.read(PATH) if entry.regular and entry.size <= MAX_BYTES else None
    if content is None:
        return Book(problem=f"it is no regular file of at most {MAX_BYTES} bytes")
    return parse(content)


def parse(content: bytes) -> Book:
    """The approvals that a file holds."""
    if len(content) > MAX_BYTES:
        return Book(problem=f"it is longer than {MAX_BYTES} bytes")
    try:
        found = documents.entries(content.decode("utf-8"), "approvals", MAX_ENTRIES)
    except UnicodeDecodeError:
        return Book(problem="it is not UTF-8")
    except documents.Unreadable as wrong:
        return Book(problem=escape(str(wrong)), line=wrong.line)
    entries: dict[str, Approval] = {}
    lines: dict[str, int] = {}
    for line, values in found:
        try:
            each = Approval.model_validate(values)
        except ValidationError as error:
            return Book(problem=_said(error), line=line)
        if each.fingerprint in entries:
            return Book(problem="this change is approved twice: remove one of the two", line=line)
        entries[each.fingerprint] = each
        lines[each.fingerprint] = line
    return Book(tuple(entries.values()), lines)


def _said(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_context=False)[0]
    where = ".".join(map(str, first["loc"]))
    message = first["msg"].removeprefix("Value error, ")
    return escape(f"{where}: {message}" if where else message)


def apply(found: Iterable[Change], approvals: Book, today: date) -> list[Change]:
    """The changes, each of those that an approval allows marked with it."""
    allowed = {
        each.fingerprint: each
        for each in approvals.entries
        if each.approved <= today <= each.expires
    }
    return [
        (
            replace(each, approval=allowed[each.fingerprint])
            if each.blocks and each.rule.waivable and each.fingerprint in allowed
            else each
        )
        for each in found
    ]


def approved(
    found: Iterable[Change],
    base: Tree,
    head: Tree,
    surface: Surface,
    looked: Collection[Layer],
    today: date,
    known: Mapping[str, Rule] | None = None,
) -> list[Change]:
    """The changes with the approvals of the base applied, and what is wrong with approvals.

    `surface` are the facts of the base, `looked` the layers whose facts it has, and `known` the
    rules that there are. The result is sorted.
    """
    if not any(each.entries or each.problem for each in (read(base), read(head))):
        return ordered(found)
    if known is None:
        from scaffold.drift.rules import known as registered

        known = registered()
    books = read(base), read(head)
    marked = apply(found, books[0], today)
    used = {each.fingerprint for each in marked if each.approval is not None}
    about = _Judgement(*books, surface, frozenset(looked), today, known, frozenset(used))
    return ordered([*marked, *about.changes()])


@dataclass(frozen=True, slots=True)
class _Judgement:
    """What is wrong with the approvals of a base, as far as the head has them still.

    An entry that the head has taken out is no finding: a change that clears the file passes.
    """

    base: Book
    head: Book
    surface: Surface
    looked: frozenset[Layer]
    today: date
    known: Mapping[str, Rule]
    used: frozenset[str]

    def changes(self) -> Iterator[Change]:
        """The findings."""
        if self.head.problem:
            place = Place(PATH, self.head.line)
            yield _found(UNREADABLE, PATH, self.head.problem, place)
            return
        before = self.base.by_fingerprint()
        for each in self.head.entries:
            place = self.head.place(each)
            if refusal := self._refusal(each):
                yield _found(REFUSED, each.delta, refusal, place)
            elif each.expires < self.today:
                yield _found(EXPIRED, each.delta, f"expired after {each.expires}", place)
            elif each.fingerprint in before:
                yield from self._use(each, place)
            if before.get(each.fingerprint) != each:
                yield self._added(before.get(each.fingerprint), each, place)
        for each in self.base.entries:
            if each.fingerprint not in self.head.by_fingerprint():
                fact = Fact(ADDED, each.delta, str(each), self.base.place(each))
                yield Change(ADDED, each.delta, fact, None, "narrowed")

    def _refusal(self, approval: Approval) -> str:
        rule = self.known.get(approval.rule)
        if rule is None:
            return f"this scaffold has no rule {approval.rule}"
        if not rule.waivable:
            return f"{rule.id} {rule.name} cannot be approved"
        if approval.approved > self.today:
            return f"approved on {approval.approved}, which is to come"
        return ""

    def _use(self, approval: Approval, place: Place) -> Iterator[Change]:
        if approval.fingerprint in self.used:
            said = "this change uses it up: remove it together with it"
            yield _found(UNUSED, approval.delta, said, place, new=True)
            return
        if self.known[approval.rule].layer not in self.looked:
            return
        fact = self.surface.get((approval.rule, approval.key))
        value = fact.value if fact else ABSENT
        if value == approval.now:
            yield _found(UNUSED, approval.delta, "merged, and used up: remove it", place, new=True)
        elif value != approval.old:
            said = f"of no use, for the base has {value} there: remove it"
            yield _found(UNUSED, approval.delta, said, place)

    def _added(self, before: Approval | None, now: Approval, place: Place) -> Change:
        old = None
        verdict: Verdict = "widened"
        if before is not None:
            old = Fact(ADDED, now.delta, str(before), self.base.place(before))
            if now.expires <= before.expires:
                verdict = "narrowed" if now.expires < before.expires else "incomparable"
        fact = Fact(ADDED, now.delta, str(now), place)
        return Change(ADDED, now.delta, old, fact, verdict, new=True)


def _found(rule: Rule, key: str, value: str, place: Place, *, new: bool = False) -> Change:
    return Change(rule, key, None, Fact(rule, key, value, place), "widened", new=new)


def approval(
    wanted: str,
    found: Iterable[Change],
    *,
    reason: str,
    owner: str,
    expires: date,
    today: date,
) -> Approval:
    """The approval of one of some changes, by its fingerprint, of which a beginning is enough.

    Raises:
        ApprovalsError: there is no such change, or several; it needs none, or cannot have one; or
            what is said of it is not enough.
    """
    matching = {
        each.fingerprint: each
        for each in found
        if each.fingerprint.startswith(wanted) and len(wanted) >= 6
    }
    if len(matching) != 1:
        how = "Several changes have" if matching else "No change of this comparison has"
        raise ApprovalsError(
            f"{how} the fingerprint {quote(wanted)}. scaffold check names them; give one in full"
        )
    (change,) = matching.values()
    if not change.rule.waivable:
        raise ApprovalsError(
            f"{change.rule.id} {change.rule.name} cannot be approved. {change.rule.remedy}"
        )
    if not change.blocks:
        raise ApprovalsError(f"{change.fingerprint} needs no approval: it does not block")
    for what, text in (("reason", reason), ("owner", owner)):
        if not text.strip() or not text.isprintable() or len(text) > 1_000:
            raise ApprovalsError(f"The {what} is to be one line of text of at most 1000 characters")
    if not _is_text(change.key, change.old, change.now):
        raise ApprovalsError(
            f"{escape(change.key)[:200]} names a file whose name is not UTF-8, which cannot be "
            "approved. Rename the file"
        )
    if expires < today:
        raise ApprovalsError(f"{expires} is over. Give a day to come")
    if expires > today + timedelta(days=MAX_DAYS):
        raise ApprovalsError(
            f"{expires} is more than {MAX_DAYS} days away. At most it may be "
            f"{today + timedelta(days=MAX_DAYS)}"
        )
    try:
        return Approval.model_validate(
            {
                "rule": change.rule.id,
                "key": change.key,
                "from": change.old,
                "to": change.now,
                "fingerprint": change.fingerprint,
                "reason": reason.strip(),
                "owner": owner.strip(),
                "approved": today,
                "expires": expires,
            }
        )
    except ValidationError as error:
        raise ApprovalsError(_said(error)) from None


def _is_text(*values: str) -> bool:
    try:
        "".join(values).encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def add(content: bytes, entry: Approval) -> bytes:
    """The file with one entry more; what is there stays as it is written.

    Raises:
        ApprovalsError: the file is not right, has the entry, or is laid out so that nothing can
            be put behind its last entry.
    """
    before = parse(content)
    if before.problem:
        raise ApprovalsError(f"{PATH}:{before.line}: {before.problem}")
    if entry.fingerprint in before.by_fingerprint():
        raise ApprovalsError(
            f"{PATH} has this change already, until "
            f"{before.by_fingerprint()[entry.fingerprint].expires}. Remove the entry first"
        )
    text = content.decode("utf-8")
    newline = "\r\n" if "\r\n" in text else "\n"
    if not before.entries:
        text = _emptied(text)
    if text and not text.endswith("\n"):
        text += newline
    indent = _indent(text) if before.entries else "  "
    lines = written(entry, indent)
    after = (text + "".join(f"{each}{newline}" for each in lines)).encode()
    if parse(after).entries != (*before.entries, entry):
        raise ApprovalsError(
            f"{PATH} is laid out so that nothing can be put behind its last entry. Write one "
            "entry a line below approvals:, each behind a dash, and nothing after them"
        )
    return after


def written(entry: Approval, indent: str = "  ") -> list[str]:
    """The lines of an entry."""
    values = entry.model_dump(mode="json", by_alias=True)
    plain = ("rule", "fingerprint", "approved", "expires")
    found = [f"{key}: {text if key in plain else quoted(text)}" for key, text in values.items()]
    return [f"{indent}{'- ' if not number else '  '}{each}" for number, each in enumerate(found)]


def _emptied(text: str) -> str:
    """A file without entries as one that ends with `approvals:`; its comments go above."""
    if not text.strip():
        return (
            "# Exact changes that somebody has looked at and allowed. scaffold approve adds one.\n"
            "approvals:"
        )
    found = re.search(r"(?m)^approvals:[ \t]*(?:\[[ \t]*\])?[ \t]*(#[^\r\n]*)?(?:\r?\n|\Z)", text)
    if found is None:
        return f"{text.rstrip()}\napprovals:"
    above, below = text[: found.start()], text[found.end() :]
    parts = [above, f"{found[1]}\n" if found[1] else "", below]
    if parts[-1] and not parts[-1].endswith("\n"):
        parts[-1] += "\n"
    return f"{''.join(parts)}approvals:"


def _indent(text: str) -> str:
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.SequenceStartEvent):
            column = event.start_mark.column if event.start_mark else 2
            return " " * int(column)
    return "  "


def record(project: Path, entry: Approval) -> None:
    """Writes an approval to the file of a project, whole or not at all.

    Raises:
        ApprovalsError: the file is not right, or has it.
        TransactionError: another process changes this project.
        UnsafePath: the file lies behind a link.
        OSError: it cannot be written.
    """
    from scaffold.drift.trees import Directory
    from scaffold.tree import transaction

    place = project / PATH
    found = Directory(project).read(PATH)
    if found is None and (place.is_symlink() or place.exists()):
        raise ApprovalsError(f"{PATH} is no regular file. Replace it by one")
    transaction.replace(project, PATH, add(found or b"", entry))
