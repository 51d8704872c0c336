"""runtime.serving: sockets that are ours alone, and a throw-away certificate for this machine."""

from __future__ import annotations

import socket
import stat
from datetime import UTC, datetime

import pytest
from cryptography import x509

from runtime.serving import bind_loopback, loopback_certificate, port_of
from vclib.errors import ConfigurationError

NOW = datetime(2026, 7, 1, 12, 0, 0, tzinfo=UTC)


def test_any_free_port_is_bound_on_loopback() -> None:
    with bind_loopback(0) as bound:
        assert bound.getsockname()[0] == "127.0.0.1"
        assert port_of(bound) > 0


def test_accepted_connections_send_at_once() -> None:
    """A socket that does not name its protocol is given 40 ms of delay for each answer."""
    with bind_loopback(0) as bound:
        assert bound.proto == socket.IPPROTO_TCP


def test_port_in_use_is_named() -> None:
    with bind_loopback(0) as bound:
        bound.listen()
        with pytest.raises(ConfigurationError, match=f"port {port_of(bound)} of 127.0.0.1 cannot be used"):
            bind_loopback(port_of(bound))


def test_certificate_is_for_this_machine_and_its_key_for_nobody_else() -> None:
    with loopback_certificate(NOW) as tls:
        certificate = x509.load_pem_x509_certificate(tls.certificate.read_bytes())
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        assert names.get_values_for_type(x509.DNSName) == ["localhost"]
        assert [str(each) for each in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1"]
        assert certificate.not_valid_before_utc <= NOW < certificate.not_valid_after_utc
        assert stat.S_IMODE(tls.key.stat().st_mode) == 0o600
    assert not tls.key.exists()
    assert not tls.certificate.exists()
