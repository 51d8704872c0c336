"""Document signers from their certificates alone: what a file vouches for when an operator names it.

Not here: chains and trust lists (`health.trust`).
"""

from __future__ import annotations

from health.trust import TrustedSigner, certificate_kid, certificates_in, read_certificate
from vclib.errors import KeyMaterialError


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
