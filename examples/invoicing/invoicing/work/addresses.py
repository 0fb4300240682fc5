"""Where messages may go: to public addresses alone, which are looked up once for each attempt.

Whoever says where could otherwise make the worker reach what only this network reaches (server-side
request forgery, CWE-918), also by a name that leads elsewhere the second time (DNS rebinding): the
connection goes to the address that was looked at.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Final, TypeAlias
from urllib.parse import SplitResult, urlsplit

from invoicing.store.startup import UnsafeConfiguration

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve: TypeAlias = Callable[[str, int], Awaitable[list[str]]]
"""The addresses of a host, as text."""

HTTPS: Final = 443
UNICAST: Final = ipaddress.IPv6Network("2000::/3")
"""What is assigned of IPv6 (RFC 4291, section 2.4)."""
NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
"""Addresses of version 4 behind a translator (RFC 6052)."""
SPECIAL: Final = tuple(
    ipaddress.ip_network(each)
    for each in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "2001::/23",
        "2001:db8::/32",
        "2002::/16",
        "3fff::/20",
    )
)
"""What is for special purposes (RFC 6890 and the registries of IANA), of IPv6 as far as it is among
UNICAST. What Python itself calls global differs from one version to the next."""
RESOLVE_SECONDS: Final = 5.0


class Refused(Exception):
    """Nothing is sent there; the message is the reason in a word."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message goes: an address, and the host that its server has to prove to be."""

    scheme: str
    address: str
    port: int
    host: str
    target: str

    @property
    def url(self) -> str:
        """The URL with the address in place of the host."""
        address = f"[{self.address}]" if ":" in self.address else self.address
        return f"{self.scheme}://{address}:{self.port}{self.target}"

    @property
    def authority(self) -> str:
        """The value of Host (RFC 9110, section 7.2)."""
        return self.host if self.port == HTTPS else f"{self.host}:{self.port}"


class Addresses:
    """Finds the place of a URL. `ports` are allowed beside 443; without TLS, and to this machine,
    messages go in development alone."""

    def __init__(
        self,
        ports: Iterable[int] = (),
        *,
        development: bool = False,
        resolve: Resolve | None = None,
    ) -> None:
        self._ports = frozenset({HTTPS, *ports})
        self._development = development
        self._resolve = resolve or addresses

    async def place(self, url: str, attempt: int = 1) -> Place:
        """The place of a URL; another attempt takes the next address of several.

        Raises:
            Refused: it is not a place for messages.
        """
        parts = urlsplit(url)
        host, port = parts.hostname or "", _port(parts)
        if parts.username is not None or parts.password is not None:
            raise Refused("credentials_in_url")
        local = self._development and host in ("localhost", "127.0.0.1")
        if parts.scheme != "https" and not (local and parts.scheme == "http"):
            raise Refused("not_https")
        if port not in self._ports and not local:
            raise Refused("port_not_allowed")
        try:
            async with asyncio.timeout(RESOLVE_SECONDS):
                found = ["127.0.0.1"] if local else await self._resolve(host, port)
        except (OSError, UnicodeError):
            raise Refused("host_unknown") from None
        if not found:
            raise Refused("host_unknown")
        # One that is not public is enough: whoever answers so is not to be trusted with the rest.
        if not local and not all(is_public(each) for each in found):
            raise Refused("address_not_public")
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return Place(
            parts.scheme, found[(attempt - 1) % len(found)], port, host, target
        )


def ports(text: str) -> frozenset[int]:
    """The ports in the text of WEBHOOK_PORTS.

    Raises:
        UnsafeConfiguration: something in it is no port.
    """
    given = [each.strip() for each in text.split(",") if each.strip()]
    if not all(each.isdecimal() and 0 < int(each) < 65_536 for each in given):
        raise UnsafeConfiguration(
            f"WEBHOOK_PORTS must list ports such as 8443: {text!r} does not."
        )
    return frozenset(map(int, given))


def _port(parts: SplitResult) -> int:
    try:
        return parts.port or (HTTPS if parts.scheme == "https" else 80)
    except ValueError:
        raise Refused("port_not_allowed") from None


def is_public(text: str) -> bool:
    """Is it the address of one machine that everybody on the internet reaches?

    An address of version 6 that stands for one of version 4 is judged as that.
    """
    try:
        found: Address = ipaddress.ip_address(text)
    except ValueError:  # also one with the zone of a link
        return False
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or _translated(found)
        if inner is None:
            return found in UNICAST and _global(found)
        found = inner
    return _global(found)


def _translated(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    return (
        ipaddress.IPv4Address(int(address) & 0xFFFFFFFF) if address in NAT64 else None
    )


def _global(address: Address) -> bool:
    return address.is_global and not any(address in each for each in SPECIAL)


async def addresses(host: str, port: int) -> list[str]:
    """The addresses of a host, as the resolver of this machine knows them."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))
