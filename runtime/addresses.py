"""Which network addresses a fetch may go to: public ones, and nothing that only a neighbour can reach.

The table is written out because `ipaddress.is_global` differs between the Python versions that are in use
(CVE-2024-4032). IPv6 is an allow list: global unicast without the ranges that wrap an IPv4 address, so
mapped (::ffff:0:0/96), NAT64 (64:ff9b::/96) and 6to4 addresses cannot carry a private one inside.
Sources: the IANA special-purpose address registries for IPv4 and IPv6 (RFC 6890), as of 2024.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

IPAddress = IPv4Address | IPv6Address

_REFUSED_IPV4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # shared by a provider's customers
        "127.0.0.0/8",  # loopback
        "169.254.0.0/16",  # link-local, with the metadata services of clouds
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays, deprecated
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarking
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)

_GLOBAL_UNICAST = IPv6Network("2000::/3")

_REFUSED_IPV6 = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments, Teredo among them
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4, wraps an IPv4 address
        "3fff::/20",  # documentation
    )
)


def is_public(address: IPAddress) -> bool:
    """Return whether the address is one that the whole Internet can reach."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _REFUSED_IPV4)
    if address.scope_id is not None or address not in _GLOBAL_UNICAST:
        return False
    return not any(address in network for network in _REFUSED_IPV6)


def is_loopback(address: IPAddress) -> bool:
    """Return whether the address is this machine's own: 127.0.0.0/8 or ::1, in no other spelling."""
    if isinstance(address, IPv4Address):
        return address in IPv4Network("127.0.0.0/8")
    return address == IPv6Address("::1")


def listens_on_loopback_only(host: str) -> bool:
    """Whether a service that listens on this address, or name, is reached from this machine alone."""
    if host == "localhost":
        return True
    try:
        return is_loopback(ip_address(host))
    except ValueError:
        return False
