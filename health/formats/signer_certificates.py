"""Document signers from their certificates alone: what a file vouches for when an operator names it.

Not here: chains and trust lists (`health.trust`), and what a certificate may sign
(`health.formats.key_usage`).
"""

from __future__ import annotations

import re

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from health.trust import TrustedSigner, certificate_kid
from vclib.errors import KeyMaterialError

_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)
_MAX_NAME = 200


def read_signer_certificates(content: bytes, *, source: str) -> tuple[TrustedSigner, ...]:
    """Return the signers of certificates in PEM (several) or DER (one); KeyMaterialError.

    Their formats are not limited, and their kinds only by the certificates themselves.
    """
    try:
        found = [x509.load_pem_x509_certificate(block) for block in _PEM.findall(content)]
        return tuple(_signer(each, source) for each in found or [x509.load_der_x509_certificate(content)])
    except (ValueError, UnsupportedAlgorithm) as err:
        raise KeyMaterialError("expected certificates of signers in PEM or DER") from err


def _signer(certificate: x509.Certificate, source: str) -> TrustedSigner:
    key = certificate.public_key()
    if not isinstance(key, (ec.EllipticCurvePublicKey, rsa.RSAPublicKey)):
        raise KeyMaterialError("expected a certificate with a key for ES256 or PS256")
    der = certificate.public_bytes(Encoding.DER)
    name = _name(certificate, NameOID.ORGANIZATION_NAME) or _name(certificate, NameOID.COMMON_NAME)
    return TrustedSigner(
        kid=certificate_kid(der),
        certificate=der,
        public_key=key,
        authority=None,
        name=name or "a signer without a name",
        country=_name(certificate, NameOID.COUNTRY_NAME),
        formats=None,
        kinds=None,
        valid_from=certificate.not_valid_before_utc,
        valid_until=certificate.not_valid_after_utc,
        source=source,
        is_test=False,
    )


def _name(certificate: x509.Certificate, oid: x509.ObjectIdentifier) -> str:
    found = certificate.subject.get_attributes_for_oid(oid)
    return str(found[0].value)[:_MAX_NAME] if found else ""
