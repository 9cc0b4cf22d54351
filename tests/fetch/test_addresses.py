from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.fetch import addresses


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("8.8.8.8", id="an ordinary IPv4 address"),
        pytest.param("100.63.255.255", id="just below carrier-grade NAT"),
        pytest.param("172.32.0.1", id="just above the private 172.16/12"),
        pytest.param("223.255.255.255", id="just below multicast"),
        pytest.param("2a01:4f8::1", id="an ordinary IPv6 address"),
        pytest.param("2001:4860:4860::8888", id="2001: outside the protocol assignments"),
        pytest.param("::ffff:8.8.8.8", id="mapped, the IPv4 address is public"),
        pytest.param("64:ff9b::808:808", id="NAT64, the IPv4 address is public"),
        pytest.param("2002:808:808::1", id="6to4, the IPv4 address is public"),
        pytest.param("2001:0:808:808:8000:0:f7f7:f7f7", id="Teredo, server and client are public"),
        pytest.param("2a01:4f8::5efe:808:808", id="ISATAP, the IPv4 address is public"),
        pytest.param("2a01:4f8::5eff:a00:1", id="nearly ISATAP"),
    ],
)
def test_public(address: str) -> None:
    assert addresses.public(address)


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("0.0.0.0", id="this host"),
        pytest.param("0.1.2.3", id="this network"),
        pytest.param("10.0.0.5", id="private 10/8"),
        pytest.param("100.64.0.1", id="carrier-grade NAT"),
        pytest.param("127.0.0.1", id="loopback"),
        pytest.param("127.255.255.254", id="the other end of loopback"),
        pytest.param("169.254.169.254", id="a cloud's metadata service"),
        pytest.param("172.16.0.1", id="private 172.16/12"),
        pytest.param("192.0.0.8", id="protocol assignments"),
        pytest.param("192.0.2.1", id="documentation 1"),
        pytest.param("198.51.100.1", id="documentation 2"),
        pytest.param("203.0.113.1", id="documentation 3"),
        pytest.param("192.88.99.1", id="6to4 relay"),
        pytest.param("192.168.1.1", id="private 192.168/16"),
        pytest.param("198.19.0.1", id="benchmarks"),
        pytest.param("224.0.0.1", id="multicast"),
        pytest.param("240.0.0.1", id="reserved"),
        pytest.param("255.255.255.255", id="broadcast"),
        pytest.param("::", id="unspecified"),
        pytest.param("::1", id="IPv6 loopback"),
        pytest.param("::7f00:1", id="IPv4-compatible loopback"),
        pytest.param("::ffff:127.0.0.1", id="mapped loopback"),
        pytest.param("::ffff:10.0.0.1", id="mapped private"),
        pytest.param("64:ff9b::7f00:1", id="NAT64 loopback"),
        pytest.param("64:ff9b::a00:1", id="NAT64 private"),
        pytest.param("64:ff9b:1::1", id="local NAT64"),
        pytest.param("2002:7f00:1::", id="6to4 loopback"),
        pytest.param("2002:c0a8:101::1", id="6to4 private"),
        pytest.param("2001:0:7f00:1:8000:0:f7f7:f7f7", id="Teredo whose server is loopback"),
        pytest.param("2001:0:808:808:8000:0:80ff:fffe", id="Teredo whose client is loopback"),
        pytest.param("::ffff:0:7f00:1", id="IPv4-translated loopback"),
        pytest.param("::ffff:0:808:808", id="IPv4-translated, even of a public address"),
        pytest.param("::808:808", id="IPv4-compatible, even of a public address"),
        pytest.param("64:ff9b:1::808:808", id="local NAT64, even of a public address"),
        pytest.param("64:ff9b:1:ffff:ffff:ffff:ffff:ffff", id="the other end of local NAT64"),
        pytest.param("2a01:4f8::5efe:a00:1", id="ISATAP private"),
        pytest.param("2a01:4f8::200:5efe:7f00:1", id="ISATAP loopback, marked as unique"),
        pytest.param("2002:a00:1::5efe:808:808", id="6to4 private in front of a public ISATAP address"),
        pytest.param("feff::1", id="the other end of site-local"),
        pytest.param("5f00::1", id="segment routing"),
        pytest.param("fe80::1", id="link-local"),
        pytest.param("fe80::1%eth0", id="link-local with a zone"),
        pytest.param("fec0::1", id="site-local"),
        pytest.param("fc00::1", id="unique local"),
        pytest.param("fd12:3456::1", id="unique local as it is used"),
        pytest.param("ff02::1", id="IPv6 multicast"),
        pytest.param("2001:db8::1", id="IPv6 documentation"),
        pytest.param("3fff::1", id="the newer IPv6 documentation"),
        pytest.param("2001:2::1", id="IPv6 benchmarks"),
        pytest.param("100::1", id="discard-only"),
        pytest.param("localhost", id="no address at all"),
        pytest.param("", id="nothing"),
    ],
)
def test_not_public(address: str) -> None:
    assert not addresses.public(address)


@given(st.ip_addresses(v=4))
def test_an_address_inside_ipv6_is_judged_as_itself(address: object) -> None:
    public = addresses.public(str(address))
    number = int(address)  # type: ignore[call-overload]
    assert addresses.public(f"::ffff:{address}") == public
    assert addresses.public(f"64:ff9b::{number >> 16:x}:{number & 0xFFFF:x}") == public
    assert addresses.public(f"2002:{number >> 16:x}:{number & 0xFFFF:x}::1") == public


@pytest.mark.parametrize(
    ("host", "address"),
    [
        pytest.param("127.0.0.1", "127.0.0.1", id="plain"),
        pytest.param("127.0.0.1.", "127.0.0.1", id="with the dot of the root"),
        pytest.param("127.1", "127.0.0.1", id="short"),
        pytest.param("2130706433", "127.0.0.1", id="one number"),
        pytest.param("0x7f000001", "127.0.0.1", id="one hexadecimal number"),
        pytest.param("0X7F.1", "127.0.0.1", id="hexadecimal parts in capitals"),
        pytest.param("0177.0.0.1", "127.0.0.1", id="octal"),
        pytest.param("0", "0.0.0.0", id="nought"),
        pytest.param("[::1]", "::1", id="IPv6 in brackets"),
        pytest.param("news.example", None, id="a name"),
        pytest.param("1.2.3.4.5", None, id="five parts are a name"),
        pytest.param("999999999999", None, id="a number too large for an address"),
        pytest.param("127.0.0.1.nip.example", None, id="a name that holds an address"),
    ],
)
def test_every_spelling_of_an_address(host: str, address: str | None) -> None:
    assert addresses.literal(host) == address


@pytest.mark.parametrize(("host", "expected"), [("localhost", True), ("a.LOCALHOST.", True), ("notlocalhost", False)])
def test_names_of_this_machine(host: str, expected: bool) -> None:
    assert addresses.loopback_name(host) is expected
