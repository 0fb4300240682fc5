"""Example values for the schemas of the contract."""

import re
import string
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

LETTERS: Final = string.ascii_letters + string.digits
WORDS: Final = ("Amber", "Birch", "Cedar", "Delta", "Ember", "Fjord", "Grove", "Harbor")


def example(schema: Mapping[str, Any], number: int) -> Any:
    """The `number`-th example of a schema: valid, and another one for another number."""
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    if "anyOf" in schema:
        return example(schema["anyOf"][0], number)
    match schema["type"]:
        case "string":
            return _string(schema, number)
        case "integer":
            low, high = schema["minimum"], schema["maximum"]
            start = min(max(low, 1), high)
            return start + number % (high - start + 1)
        case "boolean":
            return False
        case "array":
            count = max(1, schema.get("minItems", 0))
            return [example(schema["items"], number + index) for index in range(count)]
        case _:
            return {
                name: example(each, number)
                for name, each in schema.get("properties", {}).items()
                if name in schema.get("required", ())
            }


def _string(schema: Mapping[str, Any], number: int) -> str:
    match schema.get("format", ""):
        case "uuid":
            return str(UUID(int=number + 1, version=4))
        case "date":
            return f"{date(2030, 1, 1) + timedelta(number % 1000)}"
        case "date-time":
            return f"{date(2030, 1, 1) + timedelta(number % 1000)}T09:00:00Z"
        case _:
            pass
    for candidate in _texts(number, schema.get("minLength", 0)):
        if _fits(candidate, schema):
            return candidate
    known = schema.get("examples", ["1".ljust(schema.get("minLength", 0), "x")])
    return _near(known[number % len(known)], number // len(known), schema)


def _near(text: str, number: int, schema: Mapping[str, Any]) -> str:
    """The `number`-th of the texts that differ from one in its last letters and digits."""
    for at in reversed(range(len(text))):
        if number == 0:
            break
        others = (text[:at] + letter + text[at + 1 :] for letter in LETTERS)
        found = [
            text,
            *(each for each in others if each != text and _fits(each, schema)),
        ]
        number, chosen = divmod(number, len(found))
        text = found[chosen]
    return text


def _texts(number: int, length: int) -> Iterator[str]:
    """What most strings accept: words, an address, a link, a number."""
    word = WORDS[number % len(WORDS)]
    yield f"{word} {number} ".ljust(length, "x").strip()
    yield f"{word.lower()}.{number}@example.com"
    yield f"https://example.com/{word.lower()}/{number}"
    yield str(1 + number % 9)
    yield f"{word.lower()}-{number}"
    yield f"{word.lower()}_{number}"
    yield f"{word.upper()}{number}"
    yield f"{word[:2].upper()}"
    yield word.lower()


def _fits(text: str, schema: Mapping[str, Any]) -> bool:
    low, high = schema.get("minLength", 0), schema.get("maxLength", len(text))
    fits = low <= len(text) <= high and bool(re.search(schema["pattern"], text))
    if fits and "x-minimum" in schema:
        fits = Decimal(text) >= Decimal(schema["x-minimum"])
    if fits and "x-maximum" in schema:
        fits = Decimal(text) <= Decimal(schema["x-maximum"])
    return fits
