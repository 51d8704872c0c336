"""Keys and certificates as other programs write them: PEM files, read once and then kept in our own forms.

Sources: https://www.rfc-editor.org/rfc/rfc7468 (PEM), RFC 5958 (PKCS #8). Not here: whether a chain holds
(`vclib.certificates`).
"""

from __future__ import annotations

from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from runtime.atomic import read_file
from vclib.errors import ConfigurationError
from vclib.keys import KeyType, PrivateKey

_MAX_BYTES = 256 * 1024


def read_certificates(path: Path) -> tuple[bytes, ...]:
    """Return the certificates of a PEM file in DER, in their order; StoreError, ConfigurationError."""
    try:
        certificates = x509.load_pem_x509_certificates(read_file(path, max_bytes=_MAX_BYTES))
    except ValueError as err:
        raise ConfigurationError(f"{path}: expected certificates in PEM") from err
    return tuple(certificate.public_bytes(Encoding.DER) for certificate in certificates)


def read_private_key(path: Path, password: str | None = None) -> PrivateKey:
    """Return the P-256 or Ed25519 private key of a PEM file; `password` opens an encrypted one.

    Raises StoreError, and ConfigurationError for another kind of key or a password that does not fit.
    """
    content = read_file(path, max_bytes=_MAX_BYTES)
    try:
        key = load_pem_private_key(content, None if password is None else password.encode())
    except (ValueError, TypeError, UnsupportedAlgorithm) as err:
        # The library's message may tell of the content.
        raise ConfigurationError(f"{path}: expected a private key in PEM, with its password if any") from err
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return PrivateKey(KeyType.ED25519, key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption()))
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name == "secp256r1":
        return PrivateKey(KeyType.P256, key.private_numbers().private_value.to_bytes(32, "big"))
    raise ConfigurationError(f"{path}: expected a P-256 or Ed25519 key")
