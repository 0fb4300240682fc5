"""The digests of files, as the lock and the history of the tables have them."""

import hashlib


def digest(content: bytes) -> str:
    """The digest of a file."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"
