"""`scaffold update`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scaffold.cli.output import FOUND, paint, refusing, say, say_difference

if TYPE_CHECKING:
    from scaffold.project.update import Offer, Update

COLOURS = {"replaced": "yellow", "merged": "yellow", "conflict": "red", "new": "green"}


def run(
    project: Annotated[Path, typer.Argument(help="The directory of the project.")] = Path(),
    write: Annotated[
        bool, typer.Option("--write", help="Take what is clean; conflicts stay as they are.")
    ] = False,
    adopt: Annotated[
        bool,
        typer.Option(
            "--adopt",
            help="Write no file of yours, and count what differs from now on as your edit.",
        ),
    ] = False,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="FILE", help="This file alone. May be repeated."),
    ] = None,
) -> None:
    """Offer what newer templates, or a changed spec, would write of your own files.

    These are the files that scaffold new wrote beside the generated ones, such as Makefile,
    Dockerfile, CI and requirements.txt; scaffold.yaml and hooks/ are none of them. Without an
    option it prints the difference and writes nothing. What scaffold wrote last is kept in
    .scaffold/own.json, so your edits stay: they are merged, or it is a conflict, and then the
    file is left as it is. All is written, or nothing is.

    \b
    Examples:
      scaffold update
      scaffold update --write
      scaffold update --write --only Dockerfile --only compose.yaml
      scaffold update --adopt --only Makefile    a conflict that you have settled by hand
    """
    if write and adopt:
        raise typer.BadParameter("--write and --adopt exclude each other")
    with refusing():
        from scaffold.project import update as updates

        if (write or adopt) and updates.undo(project):
            say("An update that was interrupted was undone.")
        found = updates.update(project, only or ())
        if adopt:
            updates.adopt(project, found, only or ())
            say("Recorded. What differs from the templates of now is your edit from here on.")
            return
        if write:
            updates.take(project, found)
        _tell(found, written=write)
    if write and any(each.state == "conflict" for each in found.offers):
        raise typer.Exit(FOUND)


def _tell(found: Update, *, written: bool) -> None:
    from scaffold.project.own import BASE
    from scaffold.project.update import PIN

    if found.pinned is not None:
        say(
            f"{PIN} pins scaffold {found.pinned}, and this is {found.theirs.generator}. Raise the "
            "pin first, so that CI runs the version whose files you take."
        )
    if found.former is None:
        say(
            f"There is no {BASE}: this project was made before scaffold kept what it wrote. "
            "Nobody can tell your edits from older templates, so all that differs is shown."
        )
    for each in found.offers:
        _tell_one(each, written=written)
    say(_summary(found, written=written))


def _tell_one(offer: Offer, *, written: bool) -> None:
    if offer.state == "taken":
        return
    colour = COLOURS.get(offer.state)
    label = f"{offer.state:<8}"
    say(f"{paint(label, colour) if colour else label} {offer.path} ({_remark(offer, written)})")
    if not written or offer.state == "conflict":
        _say_difference(offer)


def _remark(offer: Offer, written: bool) -> str:
    match offer.state:
        case "replaced":
            return f"unchanged by you, {'and replaced' if written else 'would be replaced'}"
        case "merged":
            return f"edited by you, {'and merged' if written else 'merges cleanly'}"
        case "conflict":
            where = ", ".join(map(str, offer.conflicts))
            noun = "line" if where.isdecimal() else "lines"
            why = offer.reason or "edited by you"
            return f"{why}, conflicts at your {noun} {where}: left as it is"
        case "new":
            return "new in this version"
        case "deleted":
            return "you deleted it: left alone"
        case "gone":
            return "scaffold no longer writes it: yours to keep or to delete"
        case "left":
            return f"{offer.reason}: left alone"
    return offer.reason or "not as scaffold would write it"


def _say_difference(offer: Offer) -> None:
    if offer.before == offer.after:
        return
    ours = offer.state != "conflict" or bool(offer.reason)
    names = (f"a/{offer.path}", f"b/{offer.path}")
    if offer.state == "new":
        names = ("/dev/null", names[1])
    if not ours:
        names = (f"{offer.path} (as scaffold wrote it)", f"{offer.path} (as it writes it now)")
    say_difference(offer.before, offer.after, names)


def _summary(found: Update, *, written: bool) -> str:
    from scaffold.project.update import counted

    version = found.theirs.generator
    clean = counted(found.offers, "replaced", "merged", "new")
    conflicts = counted(found.offers, "conflict")
    if found.former is None:
        return (
            "Nothing was written. Take by hand what you want, then run scaffold update --adopt: "
            "what differs then is your edit."
        )
    if not clean and not conflicts:
        return f"Nothing to offer: what differs from the templates of scaffold {version} is yours."
    settle = (
        "Conflicts are yours to settle: edit the file by its difference, then run "
        "scaffold update --adopt --only FILE."
    )
    if written:
        said = f"Written: {clean}." if clean else "Nothing was written."
        return f"{said} Left: {conflicts}. {settle}" if conflicts else said
    counts = ", ".join(filter(None, (clean, conflicts)))
    how = "scaffold update --write takes what is clean." if clean else ""
    return " ".join(
        filter(None, (f"{counts}. Nothing was written.", how, settle if conflicts else ""))
    )
