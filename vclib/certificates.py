"""X.509 chains: from the certificates in a message to the leaf's key, if an anchor vouches for it.

Verifiers in OpenID4VP prove with a certificate who they are. The chain is validated by `cryptography` (RFC
5280, with the CA rules of the web's PKI); what the leaf is for is not: these leaves sign requests, and their
extended key usage differs from profile to profile. So here the leaf must be no CA, may sign by its key usage,
and must be in force. A leaf that stands among the anchors itself needs no chain.
Not here: revocation (a wallet that asked for it would tell the CA where it is used), and which anchors count.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.verification import ExtensionPolicy, PolicyBuilder, Store, VerificationError

from vclib.errors import KeyMaterialError, UnsupportedKeyError
from vclib.keys import KeyType, PublicKey

MAX_CHAIN = 6
_MAX_CERTIFICATE_BYTES = 16 * 1024

_CURVES = {"secp256r1": KeyType.P256, "secp384r1": KeyType.P384}


class CertificateError(KeyMaterialError):
    """A certificate chain does not lead to an anchor, or its leaf may not sign."""

    code = "certificate"


@dataclass(frozen=True)
class Leaf:
    """A certificate whose chain holds: its key, the DNS names in it, and the SHA-256 of its DER (32 bytes).

    `subject` is the name as RFC 4514 writes it, which the CA vouches for as far as it checks names.
    """

    public_key: PublicKey
    dns_names: tuple[str, ...]
    sha256: bytes
    subject: str


def validate_chain(chain: Sequence[bytes], *, anchors: Sequence[bytes], at: datetime) -> Leaf:
    """Return the leaf of a chain that leads to one of `anchors` at `at`; all in DER, the leaf first.

    Raises CertificateError for a chain that does not, UnsupportedKeyError for a leaf with another key than
    P-256, P-384 and Ed25519.
    """
    if not 0 < len(chain) <= MAX_CHAIN:
        raise CertificateError(f"expected 1 to {MAX_CHAIN} certificates, found {len(chain)}")
    leaf, *others = [_load(der) for der in chain]
    _check_leaf(leaf, at)
    if chain[0] not in anchors:
        _check_chain(leaf, others, [_load(der) for der in anchors], at)
    return Leaf(_public_key(leaf), _dns_names(leaf), hashlib.sha256(chain[0]).digest(), _subject(leaf))


def _load(der: bytes) -> x509.Certificate:
    if len(der) > _MAX_CERTIFICATE_BYTES:
        raise CertificateError(f"a certificate of {len(der)} bytes, more than {_MAX_CERTIFICATE_BYTES}")
    try:
        certificate = x509.load_der_x509_certificate(der)
        # Parsed when first asked for, so asked for here.
        _ = certificate.extensions
    except (ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType) as err:
        raise CertificateError("expected a certificate in DER") from err
    return certificate


def _check_chain(
    leaf: x509.Certificate, others: list[x509.Certificate], anchors: list[x509.Certificate], at: datetime
) -> None:
    if not anchors:
        raise CertificateError("no certificate authority is trusted here")
    verifier = (
        PolicyBuilder()
        .store(Store(anchors))
        .time(at)
        .max_chain_depth(MAX_CHAIN)
        .extension_policies(
            ca_policy=ExtensionPolicy.webpki_defaults_ca(), ee_policy=ExtensionPolicy.permit_all()
        )
        .build_client_verifier()
    )
    try:
        verifier.verify(leaf, others)
    except (VerificationError, ValueError, UnsupportedAlgorithm) as err:
        raise CertificateError(
            "the certificate chain does not lead to a trusted authority at this time"
        ) from err


def _check_leaf(leaf: x509.Certificate, at: datetime) -> None:
    if not leaf.not_valid_before_utc <= at <= leaf.not_valid_after_utc:
        raise CertificateError(f"the certificate is not in force at {at.isoformat()}")
    try:
        if leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
            raise CertificateError("expected a certificate of a signer, found one of a certificate authority")
    except x509.ExtensionNotFound:
        pass
    try:
        usage = leaf.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return
    if not usage.digital_signature:
        raise CertificateError("the certificate's key may not be used for signatures")


def _public_key(leaf: x509.Certificate) -> PublicKey:
    try:
        key = leaf.public_key()
    except (ValueError, UnsupportedAlgorithm) as err:
        raise CertificateError("the certificate holds no usable key") from err
    if isinstance(key, ed25519.Ed25519PublicKey):
        return PublicKey(KeyType.ED25519, key.public_bytes(Encoding.Raw, PublicFormat.Raw))
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in _CURVES:
        return PublicKey(
            _CURVES[key.curve.name], key.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
        )
    raise UnsupportedKeyError("expected a certificate with a P-256, P-384 or Ed25519 key")


def _dns_names(leaf: x509.Certificate) -> tuple[str, ...]:
    try:
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    return tuple(names.get_values_for_type(x509.DNSName))


def _subject(leaf: x509.Certificate) -> str:
    try:
        return leaf.subject.rfc4514_string()[:500]
    except ValueError as err:
        raise CertificateError("the certificate's subject is no name") from err
