"""runtime.anchors: certificates from a file."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from runtime.anchors import read_anchors, system_anchors
from tests.protocols.oid4vp_parties import certificates
from vclib.errors import ConfigurationError, StoreError


def test_every_certificate_of_a_file_is_read(tmp_path: Path) -> None:
    chain = certificates("venue.example")
    text = "".join(ssl.DER_cert_to_PEM_cert(der) for der in (chain.anchor, chain.leaf))
    (tmp_path / "anchors.pem").write_text(f"# comment\n{text}")
    assert read_anchors(tmp_path / "anchors.pem") == (chain.anchor, chain.leaf)


@pytest.mark.parametrize("content", [b"", b"nothing", b"\xff", b"-----BEGIN CERTIFICATE-----\n!\n"])
def test_a_file_without_certificates_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "anchors.pem").write_bytes(content)
    with pytest.raises(ConfigurationError):
        read_anchors(tmp_path / "anchors.pem")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError):
        read_anchors(tmp_path / "anchors.pem")


def test_anchors_of_the_system_are_certificates_in_der() -> None:
    assert all(der.startswith(b"\x30") for der in system_anchors())
