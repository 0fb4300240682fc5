"""Messages go to public addresses alone, whatever an endpoint is called (AZ-4)."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from invoicing.store.startup import UnsafeConfiguration
from invoicing.work.addresses import Addresses, Place, Refused, is_public, ports

PUBLIC = (
    "93.184.215.14",
    "1.1.1.1",
    "2606:4700:4700::1111",
    "::ffff:93.184.215.14",
    "64:ff9b::5db8:d70e",
)
PRIVATE = (
    "0.0.0.1",
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "127.8.8.8",
    "169.254.169.254",
    "172.16.0.1",
    "192.0.0.8",
    "192.0.2.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::10.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::a00:1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::1",
    "100::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:20::1",
    "2001:db8::1",
    "3fff::1",
    "2002:a00:1::1",
    "2002:7f00:1::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "ff02::1",
    "4000::1",
    "localhost",
    "",
)


def run(work: Coroutine[Any, Any, Place]) -> Place:
    """What a coroutine finds."""
    return asyncio.run(work)


def looking_up(*answers: list[str]) -> tuple[Addresses, list[str]]:
    """Addresses with a resolver that gives these answers one after the other, and who was asked for."""
    asked: list[str] = []

    async def resolve(host: str, port: int) -> list[str]:
        del port
        asked.append(host)
        return answers[min(len(asked), len(answers)) - 1]

    return Addresses(resolve=resolve), asked


@pytest.mark.parametrize("address", PUBLIC)
def test_what_everybody_reaches_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", PRIVATE)
def test_what_this_network_reaches_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "found", [["10.0.0.1"], ["1.1.1.1", "10.0.0.1"], ["1.1.1.1", "::1"]]
)
def test_a_host_with_an_address_that_is_not_public_is_refused(found: list[str]) -> None:
    addresses, _ = looking_up(found)
    with pytest.raises(Refused, match="address_not_public"):
        run(addresses.place("https://hooks.example.com/"))


def test_a_host_is_looked_up_once_and_its_address_is_kept() -> None:
    """What it leads to the second time is of no interest (DNS rebinding)."""
    addresses, asked = looking_up(["1.1.1.1"], ["169.254.169.254"])
    place = run(addresses.place("https://hooks.example.com/a?b=c"))
    assert asked == ["hooks.example.com"]
    assert place.url == "https://1.1.1.1:443/a?b=c"
    assert (place.host, place.authority) == ("hooks.example.com", "hooks.example.com")
    with pytest.raises(Refused, match="address_not_public"):
        run(addresses.place("https://hooks.example.com/"))


def test_each_attempt_takes_the_next_address() -> None:
    addresses, _ = looking_up(["1.1.1.1", "2606:4700:4700::1111"])
    found = [
        run(addresses.place("https://a.example.com/", each)).url for each in (1, 2, 3)
    ]
    assert found == [
        "https://1.1.1.1:443/",
        "https://[2606:4700:4700::1111]:443/",
        "https://1.1.1.1:443/",
    ]


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://hooks.example.com/", "not_https"),
        ("http://localhost:8080/", "not_https"),
        ("ftp://hooks.example.com/", "not_https"),
        ("file:///etc/passwd", "not_https"),
        ("https://user@hooks.example.com/", "credentials_in_url"),
        ("https://user:password@hooks.example.com/", "credentials_in_url"),
        ("https://hooks.example.com:8443/", "port_not_allowed"),
        ("https://hooks.example.com:22/", "port_not_allowed"),
        ("https://hooks.example.com:99999/", "port_not_allowed"),
        ("https://localhost/", "address_not_public"),
    ],
)
def test_other_places_are_refused(url: str, reason: str) -> None:
    addresses, _ = looking_up(["127.0.0.1" if "localhost" in url else "1.1.1.1"])
    with pytest.raises(Refused, match=reason):
        run(addresses.place(url))


def test_a_host_that_nobody_knows_is_refused() -> None:
    async def resolve(host: str, port: int) -> list[str]:
        raise OSError(f"{host}:{port}")

    for addresses in (Addresses(resolve=resolve), looking_up([])[0]):
        with pytest.raises(Refused, match="host_unknown"):
            run(addresses.place("https://nobody.example.com/"))


def test_this_machine_is_reached_in_development_alone() -> None:
    place = run(Addresses(development=True).place("http://localhost:8080/hook"))
    assert place.url == "http://127.0.0.1:8080/hook"
    assert place.authority == "localhost:8080"


def test_ports_are_declared() -> None:
    assert ports("") == frozenset()
    assert ports(" 8443, 9443 ") == {8443, 9443}
    for bad in ("x", "0", "65536", "-1", "8443;9443"):
        with pytest.raises(UnsafeConfiguration, match="WEBHOOK_PORTS must list ports"):
            ports(bad)

    async def resolve(host: str, port: int) -> list[str]:
        return ["1.1.1.1"]

    addresses = Addresses(ports("8443"), resolve=resolve)
    place = run(addresses.place("https://a.example.com:8443/"))
    assert place.authority == "a.example.com:8443"
