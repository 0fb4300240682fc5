"""Preconditions (RFC 9110, section 13): versions as strong entity tags.

A tag is the version of a row, a full stop, and a digest of the row as its caller sees it: two
callers who see different fields have different tags (section 8.8.1). Only the version counts for
a write, so that a tag of one view is good in another.
"""

import hashlib
import re
from typing import Final

from invoicing.gate.problems import malformed

TAG: Final = rb'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"'
TAGS: Final = re.compile(rb"[\s,]*" + TAG + rb"(?:\s*,[\s,]*" + TAG + rb")*[\s,]*")
"""A list of entity tags, in which elements may be empty (section 5.6.1)."""
VERSION: Final = re.compile(rb'(?<!W/)"([1-9][0-9]{0,17})(?:\.[0-9a-f]{12})?"')
OPAQUE: Final = re.compile(rb'"[\x21\x23-\x7e\x80-\xff]*"')


def if_match(value: bytes | None) -> list[int] | None:
    """The versions that If-Match names, by strong comparison; None where there is no precondition.

    `*` does not count: it would let a writer change what they have not seen.
    """
    if value is None or value.strip() == b"*":
        return None
    if TAGS.fullmatch(value) is None:
        raise malformed("If-Match is not a list of entity tags.")
    return [int(version) for version in VERSION.findall(value)]


def is_known(value: bytes | None, tag: bytes) -> bool:
    """Does If-None-Match name this tag, by weak comparison? `*` is whatever there is."""
    if value is None:
        return False
    return value.strip() == b"*" or tag in OPAQUE.findall(value)


def entity_tag(version: int, body: bytes) -> bytes:
    """The entity tag of a version as it is shown."""
    return b'"%d.%s"' % (
        version,
        hashlib.blake2b(body, digest_size=6).hexdigest().encode(),
    )
