"""Preconditions (RFC 9110, section 13): versions as strong entity tags."""

import re
from typing import Final

from invoicing.gate.problems import malformed

TAGS: Final = re.compile(
    rb'\s*(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"\s*(?:,\s*(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"\s*)*'
)
STRONG: Final = re.compile(rb'(?<!W/)"([1-9][0-9]{0,17})"')
ANY: Final = re.compile(rb'"([1-9][0-9]{0,17})"')


def if_match(value: bytes | None) -> list[int] | None:
    """The versions that If-Match names, by strong comparison; None where there is no precondition.

    `*` does not count: it would let a writer change what they have not seen.
    """
    if value is None or value.strip() == b"*":
        return None
    if TAGS.fullmatch(value) is None:
        raise malformed("If-Match is not a list of entity tags.")
    return [int(version) for version in STRONG.findall(value)]


def if_none_match(value: bytes | None) -> list[int]:
    """The versions that If-None-Match names, by weak comparison; what is not a tag is ignored."""
    if value is None:
        return []
    return [int(version) for version in ANY.findall(value)]


def etag(version: int) -> tuple[bytes, bytes]:
    """The entity tag of a version."""
    return b"etag", b'"%d"' % version
