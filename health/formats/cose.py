"""COSE_Sign1 as paper codes use it: one signature, ES256 or PS256, told apart by the signer's key.

Issuers differ in the envelope: with no tag, with COSE's, with CWT's and COSE's; with the key identifier in
the protected header, the other one, or both, when the protected one counts; one test code even has the
algorithm in the header that is not protected. The key type must fit the algorithm, so whoever changes an
unprotected algorithm reaches nothing but a refusal. A header that is marked critical is refused, since none
is known here. Sources: https://www.rfc-editor.org/rfc/rfc9052#section-4.2,
https://www.rfc-editor.org/rfc/rfc9053 (ES256: r || s), https://www.rfc-editor.org/rfc/rfc8230 (PS256).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

import cbor2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from health.formats.certificate import UnsupportedFormatError
from health.formats.strict_cbor import Item, decode_cbor
from health.trust import SignerKey
from vclib.errors import EncodingError, InvalidSignatureError

ES256, PS256 = "ES256", "PS256"

# https://www.iana.org/assignments/cose/cose.xhtml#algorithms
_ALGORITHMS: Mapping[int, str] = MappingProxyType({-7: ES256, -37: PS256})
_ALG, _CRIT, _KID = 1, 2, 4
# Tag 61 (CWT) and tag 18 (COSE_Sign1), as they are written; at most one of each.
_TAGS = (b"\xd8\x3d", b"\xd2", b"\xd8\x12")
_SHORT_TAG = b"\xd2"
_MAX_TAGS = 2
# COSE ties ES256 to SHA-256, not to a curve; Spain's and others' signers have P-384. By name of the curve.
_CURVES: Mapping[str, ec.EllipticCurve] = MappingProxyType(
    {curve.name: curve for curve in (ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1())}
)
_ORDER_OF_SIZE: Mapping[int, int] = MappingProxyType(
    {2 * ((curve.key_size + 7) // 8): curve.group_order for curve in _CURVES.values()}
)
# RFC 8230 section 2: the salt is as long as the hash.
_PSS = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=32)
_ECDSA = ec.ECDSA(hashes.SHA256())


@dataclass(frozen=True)
class SignedMessage:
    """A COSE_Sign1 message: `to_be_signed` is the Sig_structure; `kid` is empty where there is none.

    `kid_is_signed` says that the key identifier is in the protected header, so that nobody could exchange it.
    """

    algorithm: str
    kid: bytes
    payload: bytes
    to_be_signed: bytes
    signature: bytes
    kid_is_signed: bool


def read_sign1(data: bytes) -> SignedMessage:
    """Return the message in `data`; EncodingError, UnsupportedFormatError for another algorithm."""
    item = decode_cbor(_without_tags(data))
    if not isinstance(item, list) or len(item) != 4:
        raise EncodingError("expected COSE_Sign1, an array of four")
    protected, unprotected, payload, signature = item
    if not (isinstance(protected, bytes) and isinstance(payload, bytes) and isinstance(signature, bytes)):
        raise EncodingError("expected COSE_Sign1 with a protected header, a payload and a signature in bytes")
    header = _read_header(protected)
    if not isinstance(unprotected, dict):
        raise EncodingError("expected COSE headers that are maps")
    if _CRIT in header:
        raise UnsupportedFormatError("the signature needs a header parameter that is not known here")
    return SignedMessage(
        _algorithm(header, unprotected),
        _kid(header, unprotected),
        payload,
        sig_structure(protected, payload),
        signature,
        _KID in header,
    )


def write_sign1(payload: bytes, kid: bytes, sign: Callable[[bytes], bytes]) -> bytes:
    """Return a tagged message of `payload`, signed by ES256: `sign` gives r || s of 64 bytes."""
    protected: bytes = cbor2.dumps({_ALG: -7, _KID: kid})
    signature = sign(sig_structure(protected, payload))
    message: bytes = cbor2.dumps(cbor2.CBORTag(18, [protected, {}, payload, signature]))
    return message


def verify_signature(message: bytes, signature: bytes, algorithm: str, key: SignerKey) -> None:
    """Check a signature of `message`; InvalidSignatureError, also where the key is of another algorithm."""
    try:
        if algorithm == ES256 and isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(_to_der(signature, key), message, _ECDSA)
        elif algorithm == PS256 and isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, message, _PSS, hashes.SHA256())
        else:
            raise InvalidSignatureError(
                f"the signature says {algorithm}, the signer's key is of another kind"
            )
    except InvalidSignature as err:
        raise InvalidSignatureError(f"the {algorithm} signature does not fit") from err


def signature_spellings(signature: bytes, algorithm: str) -> tuple[bytes, ...]:
    """Return every signature of the same message that follows from this one without the key."""
    order = _ORDER_OF_SIZE.get(len(signature)) if algorithm == ES256 else None
    if order is None:
        return (signature,)
    size = len(signature) // 2
    other = (order - int.from_bytes(signature[size:], "big")) % order
    return signature, signature[:size] + other.to_bytes(size, "big")


def sig_structure(protected: bytes, payload: bytes) -> bytes:
    """Return what is signed (RFC 9052 section 4.4): ["Signature1", protected, no external data, payload]."""
    return b"\x84\x6aSignature1" + _byte_string(protected) + b"\x40" + _byte_string(payload)


@lru_cache(maxsize=1024)
def _read_header(protected: bytes) -> Mapping[Item, Item]:
    """Return a protected header; every code of a signer has the same, and nothing of a person is in it."""
    # RFC 9052 section 3: an empty header may be written as no bytes at all.
    header = decode_cbor(protected) if protected else {}
    if not isinstance(header, dict):
        raise EncodingError("expected COSE headers that are maps")
    return MappingProxyType(header)


def _without_tags(data: bytes) -> bytes:
    for _ in range(_MAX_TAGS):
        if not data.startswith(_TAGS):
            break
        data = data[1:] if data.startswith(_SHORT_TAG) else data[2:]
    return data


def _algorithm(header: Mapping[Item, Item], unprotected: Mapping[Item, Item]) -> str:
    number = header[_ALG] if _ALG in header else unprotected.get(_ALG)
    algorithm = _ALGORITHMS.get(number) if type(number) is int else None
    if algorithm is None:
        raise UnsupportedFormatError("the signature is made by an algorithm other than ES256 and PS256")
    return algorithm


def _kid(header: Mapping[Item, Item], unprotected: Mapping[Item, Item]) -> bytes:
    kid = header[_KID] if _KID in header else unprotected.get(_KID, b"")
    if not isinstance(kid, bytes):
        raise EncodingError("expected a key identifier in bytes")
    return kid


def _byte_string(data: bytes) -> bytes:
    size = len(data)
    if size < 24:
        return bytes((0x40 | size,)) + data
    if size < 1 << 8:
        return bytes((0x58, size)) + data
    if size < 1 << 16:
        return b"\x59" + size.to_bytes(2, "big") + data
    return b"\x5a" + size.to_bytes(4, "big") + data


def _to_der(signature: bytes, key: ec.EllipticCurvePublicKey) -> bytes:
    curve = key.curve
    if curve.name not in _CURVES:
        raise InvalidSignatureError(f"the signer's key is of a curve that is not accepted: {curve.name}")
    size = (curve.key_size + 7) // 8
    if len(signature) != 2 * size:
        raise InvalidSignatureError(f"expected {2 * size} signature bytes, found {len(signature)}")
    return encode_dss_signature(
        int.from_bytes(signature[:size], "big"), int.from_bytes(signature[size:], "big")
    )
