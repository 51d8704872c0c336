"""runtime.addresses: public addresses, and nothing else."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from runtime.addresses import is_loopback, is_public


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "10.255.255.255",
        "100.64.0.1",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.255.254",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.8",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.7",
        "203.0.113.9",
        "224.0.0.1",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::7f00:1",  # IPv4-compatible
        "::ffff:127.0.0.1",  # IPv4-mapped
        "::ffff:10.0.0.1",
        "::ffff:8.8.8.8",
        "64:ff9b::7f00:1",  # NAT64
        "64:ff9b::808:808",
        "64:ff9b:1::1",
        "100::1",  # discard
        "2001::1",  # Teredo
        "2001:10::1",
        "2001:20::1",
        "2001:db8::1",
        "2002:7f00:1::1",  # 6to4 around 127.0.0.1
        "3fff::1",
        "fc00::1",
        "fd12:3456:789a::1",
        "fe80::1",
        "fe80::1%eth0",
        "2606:4700::1%eth0",
        "fec0::1",
        "ff02::1",
        "4000::1",
    ],
)
def test_address_that_only_some_can_reach_is_not_public(address: str) -> None:
    """G1: private, loopback, link-local, multicast, reserved, and IPv4 inside IPv6."""
    assert not is_public(ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        "1.1.1.1",
        "8.8.8.8",
        "9.255.255.255",
        "11.0.0.0",
        "93.184.216.34",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.1",
        "172.15.255.255",
        "172.32.0.0",
        "192.0.1.0",
        "223.255.255.255",
        "2606:4700::1111",
        "2a00:1450:4001::1",
        "2001:200::1",
        "2003::1",
    ],
)
def test_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(ip_address(address))


def test_loopback_is_this_machine_in_its_plain_spelling() -> None:
    assert is_loopback(ip_address("127.0.0.1"))
    assert is_loopback(ip_address("127.9.9.9"))
    assert is_loopback(ip_address("::1"))
    for other in ("128.0.0.1", "10.0.0.1", "::", "::2", "::ffff:127.0.0.1", "0.0.0.0"):
        assert not is_loopback(ip_address(other))
