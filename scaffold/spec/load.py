"""Loading: from text to a checked spec, or to all that is wrong with it.

A spec is input from outside. Loading one runs no code, follows nothing and costs a bounded amount
of time and memory; whatever is wrong with it leaves as a `SpecError`.
"""

from pathlib import Path

from pydantic import ValidationError

from .check import check_all
from .document import MAX_BYTES, Document, parse
from .model import Spec
from .positions import Positions
from .problems import Problem, Refusal, SpecError
from .salvage import sound_part, whole
from .translate import explain
from .upgrade import upgrade


def load(path: str | Path) -> Spec:
    """The spec that a file holds.

    Raises:
        SpecError: the file cannot be read or is not a spec.
    """
    return load_with_positions(path)[0]


def loads(text: str | bytes, source: str = "scaffold.yaml") -> Spec:
    """The spec that `text` holds; `source` names it in messages.

    Raises:
        SpecError: the text is not a spec.
    """
    return loads_with_positions(text, source)[0]


def load_with_positions(path: str | Path) -> tuple[Spec, Positions]:
    """The spec that a file holds, and where its parts stand.

    Raises:
        SpecError: the file cannot be read or is not a spec.
    """
    try:
        with Path(path).open("rb") as file:
            # One byte more than is allowed tells a file that is too large.
            content = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "The path is not valid"
        problem = Problem("E-READ", f"The file cannot be read: {reason}", "", (), 1, 1)
        raise SpecError(str(path), [problem]) from None
    return loads_with_positions(content, str(path))


def loads_with_positions(
    text: str | bytes, source: str = "scaffold.yaml"
) -> tuple[Spec, Positions]:
    """The spec that `text` holds, and where its parts stand.

    Raises:
        SpecError: the text is not a spec.
    """
    document = _newest(parse(text, source), source)
    found: list[Problem] = []
    try:
        sound = whole(Spec.model_validate(document.data))
    except ValidationError as error:
        found = explain(error.errors(include_url=False), document.positions)
        salvaged = sound_part(document.data, error)
        if salvaged is None:
            raise SpecError(source, found) from None
        sound = salvaged
    found += check_all(sound, document.positions)
    if found:
        raise SpecError(source, found)
    return sound.spec, document.positions


def _newest(document: Document, source: str) -> Document:
    """The document in the newest version; of an unknown one nothing else can be said."""
    try:
        return upgrade(document)
    except Refusal as refusal:
        place = document.positions.value(refusal.at)
        problem = Problem(refusal.code, refusal.message, refusal.hint, refusal.at, *place)
        raise SpecError(source, [problem]) from None
