"""Which addresses may be connected to. Pure: no name is resolved here."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from socket import inet_aton, inet_ntoa

# The IANA special-purpose registries, written out: `ipaddress.is_global` changed its mind between releases of Python 3.11
# and calls multicast and NAT64 addresses global.
_CLOSED_4 = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",  # this network; Linux connects 0.0.0.0 to loopback
            "10.0.0.0/8",
            "100.64.0.0/10",  # carrier-grade NAT, RFC 6598
            "127.0.0.0/8",
            "169.254.0.0/16",  # link-local; the clouds' metadata services stand here
            "172.16.0.0/12",
            "192.0.0.0/24",  # protocol assignments, RFC 6890
            "192.0.2.0/24",  # documentation, RFC 5737
            "192.88.99.0/24",  # 6to4 relays, RFC 7526
            "192.168.0.0/16",
            "198.18.0.0/15",  # benchmarks, RFC 2544
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, and broadcast
        ),
    )
)
# Global unicast is all that IANA hands out; the rest is closed without a list: ::1, fe80::/10, site-local fec0::/10, fc00::/7,
# ff00::/8, local NAT64 64:ff9b:1::/48 (RFC 8215), IPv4-compatible ::a.b.c.d, IPv4-translated ::ffff:0:a.b.c.d (RFC 2765),
# 100::/64, 5f00::/16.
_OPEN_6 = IPv6Network("2000::/3")
_CLOSED_6 = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # protocol assignments, RFC 2928
            "2001:db8::/32",  # documentation, RFC 3849
            "3fff::/20",  # documentation, RFC 9637
        ),
    )
)
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052
_NUMERIC = re.compile(r"(?:0x[0-9a-f]*|\d+)(?:\.(?:0x[0-9a-f]*|\d+)){0,3}", re.IGNORECASE)


def public(address: str) -> bool:
    """Whether an address is one of the open internet. An IPv4 address carried inside an IPv6 one counts as itself; what is
    no address is not public."""
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return _public_4(ip) if isinstance(ip, IPv4Address) else _public_6(ip)


def _public_4(ip: IPv4Address) -> bool:
    return not any(ip in network for network in _CLOSED_4)


def _public_6(ip: IPv6Address) -> bool:
    carried = _carried(ip)
    if carried and not all(map(_public_4, carried)):
        return False
    if carried and ip not in _OPEN_6:  # mapped and NAT64: the address carried is all there is
        return True
    if ip.teredo:
        return True
    return ip in _OPEN_6 and not any(ip in network for network in _CLOSED_6)


def _carried(ip: IPv6Address) -> tuple[IPv4Address, ...]:
    """The IPv4 addresses that packets to this one end up at: mapped, NAT64, 6to4 (RFC 3056), Teredo (RFC 4380), ISATAP
    (RFC 5214 section 6.1: a prefix of the site, then 0:5efe or 200:5efe and the address)."""
    if ip.ipv4_mapped:
        return (ip.ipv4_mapped,)
    if ip in _NAT64:
        return (IPv4Address(int(ip) & 0xFFFF_FFFF),)
    if ip.sixtofour:
        return (ip.sixtofour,)
    if ip.teredo:
        return ip.teredo
    if int(ip) >> 32 & 0xFDFF_FFFF == 0x0000_5EFE and ip in _OPEN_6:
        return (IPv4Address(int(ip) & 0xFFFF_FFFF),)
    return ()


def literal(host: str) -> str | None:
    """The address that a host spells, in whatever way a resolver would take it: `127.1`, `2130706433`, `0x7f000001`,
    `[::1]`, `127.0.0.1.`; None for a name."""
    bare = host.strip("[]").rstrip(".")
    try:
        return str(ip_address(bare))
    except ValueError:
        pass
    if not _NUMERIC.fullmatch(bare):
        return None
    try:
        return inet_ntoa(inet_aton(bare))
    except OSError:
        return None


def loopback_name(host: str) -> bool:
    """RFC 6761 section 6.3: names that mean this machine, or another one for a proxy that resolves them."""
    bare = host.rstrip(".").lower()
    return bare == "localhost" or bare.endswith(".localhost")
