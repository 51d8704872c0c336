"""A certificate authority for tests, and the files that a verifier would get from one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

from vclib.keys import PrivateKey

NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
_AUTHORITY_KEY = ec.derive_private_key(4711, ec.SECP256R1())


def certificate(
    key: PrivateKey, *dns_names: str, until: datetime = NOW + timedelta(days=365), now: datetime = NOW
) -> x509.Certificate:
    """Return a certificate of the authority for a P-256 key."""
    public_key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), key.public_key.key_bytes)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "The Venue")])
    names = [x509.DNSName(each) for each in dns_names]
    return (
        _builder(name, until, now)
        .public_key(public_key)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(_AUTHORITY_KEY, hashes.SHA256())
    )


def authority(*, now: datetime = NOW) -> x509.Certificate:
    """Return the authority's own certificate."""
    usage = x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    return (
        _builder(_AUTHORITY, now + timedelta(days=3650), now)
        .public_key(_AUTHORITY_KEY.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(_AUTHORITY_KEY.public_key()), critical=False)
        .sign(_AUTHORITY_KEY, hashes.SHA256())
    )


def write_chain(path: Path, *certificates: x509.Certificate) -> Path:
    """Write certificates as one PEM file."""
    path.write_bytes(b"".join(each.public_bytes(Encoding.PEM) for each in certificates))
    return path


def write_key(path: Path, key: PrivateKey, password: bytes | None = None) -> Path:
    """Write a P-256 key as PKCS #8 in PEM."""
    handle = ec.derive_private_key(int.from_bytes(key.secret_bytes, "big"), ec.SECP256R1())
    encryption = NoEncryption() if password is None else BestAvailableEncryption(password)
    path.write_bytes(handle.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption))
    return path


_AUTHORITY = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test Authority")])


def _builder(subject: x509.Name, until: datetime, now: datetime) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(_AUTHORITY)
        .serial_number(1000)
        .not_valid_before(now - timedelta(days=10))
        .not_valid_after(until)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(_AUTHORITY_KEY.public_key()), critical=False
        )
    )
