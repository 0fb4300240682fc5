"""What is sent to a database or to Redis: can anybody on the network read or change it?"""

import re
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
LOCAL: Final = re.compile(r"/.*|(localhost|127\.0\.0\.1|\[::1\])(:[0-9]+)?")
"""A Unix socket, or a loopback address and a port, as they stand in the URL of a database."""


def protected(url: str) -> bool:
    """Does the URL of a database ask for a connection that nobody on the network can read or change?

    It does with `sslmode=verify-full`, by which the certificate and the name in it are checked; and
    where every host is a Unix socket or a loopback address, at which a proxy may listen. Variables
    such as PGHOST and PGSSLMODE do not count: what is asked for stands in the URL.
    """
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query))
    if options.get("sslmode") == "verify-full":
        return True
    before, at, behind = parts.netloc.partition("@")
    hosts = (behind if at else before) or options.get("host", "")
    return all(LOCAL.fullmatch(unquote(each)) for each in hosts.split(","))
