"""X.509 certificates as trust lists carry them: read leniently, judged exactly.

The signer certificates in use were issued by a hundred authorities, and few satisfy the rules that web
browsers have for theirs; what counts here is little: the key, the dates, and who signed it. Not here: chains
in messages of verifiers (`vclib.certificates`), and revocation, which for signers is "no longer on the list".
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_public_key

from health.trust.signers import SignerKey
from vclib.errors import KeyMaterialError

_MAX_BYTES = 16 * 1024
_MAX_PEM = 10_000
_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_MINIMUM_RSA_BITS = 2048

# The library warns of names longer than the standard allows and of odd serial numbers; published lists have
# both, nothing here depends on either, and whoever runs an audit could do nothing about it.
warnings.filterwarnings("ignore", category=UserWarning, module=re.escape(__name__))

# What the library raises for a certificate that it cannot read, now or when it is asked for a part.
_UNREADABLE = (
    ValueError,
    TypeError,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)

# Extended key usages of EU signers, in both spellings that are in use.
# https://github.com/ehn-dcc-development/eu-dcc-hcert-spec/blob/main/hcert_spec.md#a3-extended-key-usage-identifiers
_ARCS = ("1.3.6.1.4.1.1847.2021.1.", "1.3.6.1.4.1.0.1847.2021.1.")
# The same as DER: tag, length, and all but the last byte.
_ENCODED_ARCS = (bytes.fromhex("060b2b060104018e378f6501"), bytes.fromhex("060c2b06010401008e378f6501"))
_KINDS: Mapping[str, str] = MappingProxyType({"1": "test", "2": "vaccination", "3": "recovery"})


@dataclass(frozen=True)
class Certificate:
    """A certificate that was read. `key` is None where it holds none that could sign a document.

    `kinds` is None for a signer of all kinds; `country` is alpha-2 out of the subject, "" without one.
    """

    der: bytes
    handle: x509.Certificate
    key: SignerKey | None
    valid_from: datetime
    valid_until: datetime
    kinds: frozenset[str] | None
    name: str
    country: str

    @property
    def is_well_encoded(self) -> bool:
        """Whether its extensions are written as DER asks; the signature holds in any case."""
        try:
            _ = self.handle.extensions
        except _UNREADABLE:
            return False
        return True

    @property
    def is_authority(self) -> bool:
        """Whether it says that it may sign other certificates."""
        try:
            return self.handle.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
        except (x509.ExtensionNotFound, *_UNREADABLE):
            return False

    def is_signed_by(self, authority: Certificate) -> bool:
        """Say whether the authority's key signed this and its name is the issuer's, whatever the time.

        It has to say of itself that it is an authority: a signer's key vouches for nobody.
        """
        if not authority.is_authority:
            return False
        try:
            self.handle.verify_directly_issued_by(authority.handle)
        except (InvalidSignature, ValueError, TypeError, UnsupportedAlgorithm):
            return False
        return True


# A list is read, checked and audited, and its few authorities stand beside each of their signers.
@lru_cache(maxsize=4096)
def read_certificate(der: bytes) -> Certificate:
    """Return a certificate in DER; KeyMaterialError for what is none."""
    if len(der) > _MAX_BYTES:
        raise KeyMaterialError(f"a certificate of {len(der)} bytes, more than {_MAX_BYTES}")
    try:
        handle = x509.load_der_x509_certificate(der)
        # Parsed when first asked for, so asked for here.
        _ = handle.issuer
        return Certificate(
            der=der,
            handle=handle,
            key=_key(handle),
            valid_from=handle.not_valid_before_utc,
            valid_until=handle.not_valid_after_utc,
            kinds=_kinds(handle),
            name=_attribute(handle, x509.NameOID.COMMON_NAME)
            or _attribute(handle, x509.NameOID.ORGANIZATION_NAME),
            country=_attribute(handle, x509.NameOID.COUNTRY_NAME),
        )
    except _UNREADABLE as err:
        raise KeyMaterialError("expected a certificate in DER") from err


def certificates_in(content: bytes) -> list[bytes]:
    """Return the certificates of a PEM or DER file, as DER; KeyMaterialError where there is none."""
    blocks = _PEM.findall(content)
    if len(blocks) > _MAX_PEM:
        raise KeyMaterialError(f"{len(blocks)} certificates in one file, more than {_MAX_PEM}")
    if not blocks:
        return [read_certificate(content).der]
    try:
        return [x509.load_pem_x509_certificate(block).public_bytes(Encoding.DER) for block in blocks]
    except _UNREADABLE as err:
        raise KeyMaterialError("expected certificates in PEM") from err


def read_public_key(pem: bytes) -> SignerKey:
    """Return a public key in PEM, or that of a certificate; KeyMaterialError."""
    if b"BEGIN CERTIFICATE" in pem:
        key = read_certificate(certificates_in(pem)[0]).key
    else:
        try:
            loaded = load_pem_public_key(pem)
        except (ValueError, UnsupportedAlgorithm) as err:
            raise KeyMaterialError("expected a public key in PEM") from err
        key = loaded if isinstance(loaded, ec.EllipticCurvePublicKey | rsa.RSAPublicKey) else None
    if key is None:
        raise KeyMaterialError("expected an elliptic curve or RSA key")
    return key


def authority_of(certificate: Certificate, candidates: Iterable[Certificate]) -> Certificate | None:
    """Return the first of `candidates` that signed the certificate, None if none did."""
    return next((each for each in candidates if certificate.is_signed_by(each)), None)


def _key(handle: x509.Certificate) -> SignerKey | None:
    try:
        key = handle.public_key()
    except (*_UNREADABLE, UnsupportedAlgorithm):
        return None
    if isinstance(key, ec.EllipticCurvePublicKey):
        return key
    if isinstance(key, rsa.RSAPublicKey) and key.key_size >= _MINIMUM_RSA_BITS:
        return key
    return None


def _kinds(handle: x509.Certificate) -> frozenset[str] | None:
    try:
        usages = handle.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return None
    except _UNREADABLE:
        # Some authorities write a default value where DER leaves it out; the library then reads none of them.
        return _kinds_in(handle.tbs_certificate_bytes)
    found = [
        usage.dotted_string.removeprefix(arc)
        for usage in usages
        for arc in _ARCS
        if usage.dotted_string.startswith(arc)
    ]
    # A member of the arc that is not known yet is a limit too.
    return frozenset(_KINDS[each] for each in found if each in _KINDS) if found else None


def _kinds_in(encoded: bytes) -> frozenset[str] | None:
    """Return the kinds by looking for the usages as they are encoded, which nothing else looks like."""
    found = {
        str(encoded[at])
        for arc in _ENCODED_ARCS
        for at in range(len(arc), len(encoded))
        if encoded[at - len(arc) : at] == arc
    }
    return frozenset(_KINDS[each] for each in found if each in _KINDS) if found else None


def _attribute(handle: x509.Certificate, oid: x509.ObjectIdentifier) -> str:
    found = handle.subject.get_attributes_for_oid(oid)
    value = found[0].value if found else ""
    return value if isinstance(value, str) else ""
