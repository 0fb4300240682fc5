"""Where a request comes from: the address of the client, behind proxies that are trusted."""

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import structlog
from starlette.types import Scope

from invoicing.settings import ForwardedHeader

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

UNKNOWN: Final = "unknown"
MAX_HOPS: Final = 20
FOR: Final = re.compile(
    r'(?:^|;)\s*for=(?:"([^"\\]*)"|([^";,\s]*))\s*(?=;|$)', re.IGNORECASE
)
"""The node of an element of Forwarded (RFC 7239, section 4)."""


@dataclass(frozen=True, slots=True)
class Proxies:
    """The networks of the proxies in front of the service, and the header that they write."""

    networks: Sequence[Network]
    header: ForwardedHeader

    def trusts(self, address: Address) -> bool:
        """Is it the address of a proxy of ours?"""
        return any(address in each for each in self.networks)

    def client(self, scope: Scope) -> str:
        """The address of whoever asks: the last hop that is no trusted proxy.

        What a hop says counts only if it is trusted itself, so that nobody chooses the address
        under which they are counted. A header that cannot be read is ignored from there on.
        """
        peer = scope.get("client")
        if not peer or not self.networks:
            return str(peer[0]) if peer else UNKNOWN
        found = _address(peer[0])
        if found is None or not self.trusts(found):
            return str(found or UNKNOWN)
        for hop in self._hops(scope):
            address = _address(hop)
            if address is None:
                structlog.get_logger().warning(
                    "forwarded_malformed", header=self.header
                )
                break
            found = address
            if not self.trusts(found):
                break
        return str(found)

    def _hops(self, scope: Scope) -> Sequence[str]:
        """What the header says, from the nearest hop on."""
        name = self.header.encode()
        values = [
            value.decode("latin-1") for each, value in scope["headers"] if each == name
        ]
        elements = ",".join(values).split(",") if values else []
        hops = [
            _node(each) if self.header == "forwarded" else each for each in elements
        ]
        return hops[: -MAX_HOPS - 1 : -1]


def _node(element: str) -> str:
    found = FOR.search(element)
    return (found[1] or found[2] or "") if found else ""


def _address(text: str) -> Address | None:
    """An address, without the port and the brackets that it may have; a zone is no part of one."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    if "%" in text:
        return None
    mapped = getattr(found, "ipv4_mapped", None)
    return mapped or found
