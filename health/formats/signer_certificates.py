"""Certificates of document signers: as trusted signers when an operator names the file, and making one.

Not here: chains and trust lists (`health.trust`), and keeping keys.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.x509.oid import NameOID

from health.trust import TrustedSigner, certificate_kid, certificates_in, read_certificate
from vclib.errors import KeyMaterialError, UnsupportedKeyError
from vclib.keys import KeyType, SigningKey

# AlgorithmIdentifier of ecdsa-with-SHA256 in DER (RFC 5758 section 3.2).
_ECDSA_WITH_SHA256 = bytes.fromhex("300a06082a8648ce3d040302")
_SIGNS_DOCUMENTS = x509.KeyUsage(
    digital_signature=True,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=False,
    crl_sign=False,
    encipher_only=False,
    decipher_only=False,
)


def read_signer_certificates(content: bytes, *, source: str) -> tuple[TrustedSigner, ...]:
    """Return the signers of certificates in PEM (several) or DER (one); KeyMaterialError.

    Their formats are not limited, and their kinds only by the certificates themselves.
    """
    return tuple(_signer(der, source) for der in certificates_in(content))


def _signer(der: bytes, source: str) -> TrustedSigner:
    certificate = read_certificate(der)
    if certificate.key is None:
        raise KeyMaterialError("expected a certificate with a key for ES256 or PS256")
    return TrustedSigner(
        kid=certificate_kid(der),
        certificate=der,
        public_key=certificate.key,
        authority=None,
        name=certificate.name or "a signer without a name",
        country=certificate.country,
        formats=None,
        kinds=certificate.kinds,
        valid_from=certificate.valid_from,
        valid_until=certificate.valid_until,
        source=source,
        is_test=False,
    )


def make_signer_certificate(
    key: SigningKey, *, country: str, name: str, begins: datetime, ends: datetime
) -> bytes:
    """Return a certificate (DER) of a document signer for a P-256 key, signed by that key itself.

    `country` is alpha-2. It may sign every kind. A country's authority signs one in its place where there is
    an authority. Raises UnsupportedKeyError for another key, KeyMaterialError for a name or country that no
    certificate can hold.
    """
    public_key = key.public_key
    if public_key.key_type is not KeyType.P256:
        raise UnsupportedKeyError("a document signer's key is a P-256 key")
    handle = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public_key.key_bytes)
    try:
        subject = x509.Name(
            [
                x509.NameAttribute(NameOID.COUNTRY_NAME, country),
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, name[:64]),
                x509.NameAttribute(NameOID.COMMON_NAME, name[:64]),
            ]
        )
    except ValueError as err:
        raise KeyMaterialError("expected an alpha-2 country and a name") from err
    digest = hashlib.sha256(public_key.key_bytes + begins.isoformat().encode()).digest()
    serial = int.from_bytes(digest[:8], "big")
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(handle)
        .serial_number(serial or 1)
        .not_valid_before(begins)
        .not_valid_after(ends)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_SIGNS_DOCUMENTS, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(handle), critical=False)
    )
    # The key may be in a hardware module, which signs bytes and no builders. So a key made for the moment
    # gives the bytes to be signed, which do not depend on it, and the real signature takes the place of its.
    draft = builder.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    to_be_signed = draft.tbs_certificate_bytes
    signature = key.sign(to_be_signed)
    half = len(signature) // 2
    encoded = encode_dss_signature(
        int.from_bytes(signature[:half], "big"), int.from_bytes(signature[half:], "big")
    )
    bit_string = _tagged(0x03, b"\x00" + encoded)
    return _tagged(0x30, to_be_signed + _ECDSA_WITH_SHA256 + bit_string)


def _tagged(tag: int, content: bytes) -> bytes:
    """Return a DER element (X.690 section 8.1.3)."""
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content
