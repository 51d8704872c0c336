"""Compact JWS (RFC 7515 section 3.1), whose payload is always a JSON object."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from protocols.jose.compact import (
    MAX_DEPTH,
    REFUSED_MEMBERS,
    AlgorithmNotAcceptedError,
    JOSEError,
    decode_header,
    encode_json,
    media_type,
    shown,
    split,
)
from vclib.encoding import decode_base64url, encode_base64url
from vclib.errors import UnsupportedKeyError
from vclib.keys import KeyType, PublicKey, SigningKey
from vclib.strict_json import JSONObject, JSONValue, parse_json_object

# A request object with a certificate chain and a long query is some 20 kB.
MAX_JWS_BYTES = 256 * 1024
_MAX_HEADER_CHARACTERS = 64 * 1024

# What each key type signs with. "Ed25519" is RFC 9864's fully specified name for what "EdDSA" means here.
_ALGORITHMS: Mapping[str, KeyType] = MappingProxyType(
    {
        "ES256": KeyType.P256,
        "ES384": KeyType.P384,
        "EdDSA": KeyType.ED25519,
        "Ed25519": KeyType.ED25519,
    }
)
_SIGNING_ALGORITHMS: Mapping[KeyType, str] = MappingProxyType(
    {KeyType.P256: "ES256", KeyType.P384: "ES384", KeyType.ED25519: "EdDSA"}
)
SIGNATURE_ALGORITHMS: tuple[str, ...] = tuple(_ALGORITHMS)


@dataclass(frozen=True)
class JWS:
    """A compact JWS that was read; whether its signature holds is known only after `verify_jws`."""

    header: JSONObject
    payload: JSONObject
    signing_input: bytes
    signature: bytes

    @property
    def algorithm(self) -> str:
        """The header's `alg`, one of SIGNATURE_ALGORITHMS."""
        return str(self.header["alg"])


def signature_algorithm(key: PublicKey) -> str:
    """Return the `alg` that a key signs with; UnsupportedKeyError for a key that signs no JWS here."""
    algorithm = _SIGNING_ALGORITHMS.get(key.key_type)
    if algorithm is None:
        raise UnsupportedKeyError(f"a {key.key_type} key signs no JWS, expected P-256, P-384 or Ed25519")
    return algorithm


def sign_jws(header: Mapping[str, JSONValue], payload: JSONObject, key: SigningKey) -> str:
    """Return the compact JWS of a JSON payload; `alg` is the key's, so `header` must not hold one.

    Raises UnsupportedKeyError for a key that signs no JWS, JOSEError for a header with `alg`, `crit`, `b64`
    or `zip`.
    """
    set_here = [member for member in ("alg", *REFUSED_MEMBERS) if member in header]
    if set_here:
        raise JOSEError(f"the header member {set_here[0]!r} is not the caller's to set")
    protected: JSONObject = {"alg": signature_algorithm(key.public_key), **header}
    signing_input = f"{encode_json(protected)}.{encode_json(payload)}".encode("ascii")
    return f"{signing_input.decode('ascii')}.{encode_base64url(key.sign(signing_input))}"


def parse_jws(text: object, *, max_bytes: int = MAX_JWS_BYTES) -> JWS:
    """Return header and payload of a compact JWS, nothing verified: enough to find the key, not to believe.

    Raises JOSEError for another form (JSON serialization, detached or non-JSON payload, `crit`, `b64`,
    `zip`), AlgorithmNotAcceptedError for an `alg` that is not a signature made with a private key here
    (`none` and HMAC among them), EncodingError and ParsingError for the parts.
    """
    header_part, payload_part, signature_part = split(text, 3, "JWS", max_bytes)
    header = decode_header(header_part, _MAX_HEADER_CHARACTERS)
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in _ALGORITHMS:
        raise AlgorithmNotAcceptedError(f"expected alg {', '.join(_ALGORITHMS)}, found {shown(algorithm)}")
    if not signature_part:
        raise JOSEError("expected a signature in the JWS, found none")
    return JWS(
        header,
        parse_json_object(decode_base64url(payload_part), max_bytes=max_bytes, max_depth=MAX_DEPTH),
        f"{header_part}.{payload_part}".encode("ascii"),
        decode_base64url(signature_part),
    )


def verify_jws(
    jws: str | JWS,
    key: PublicKey,
    *,
    typ: str | None,
    algorithms: Collection[str] = SIGNATURE_ALGORITHMS,
) -> JWS:
    """Return a JWS whose signature was made with `key`, whose `typ` is `typ` (None: not compared).

    `algorithms` are the accepted `alg` values; one that is not the key's own is refused whatever it says.
    Raises as `parse_jws`, JOSEError for another `typ`, AlgorithmNotAcceptedError, InvalidSignatureError.
    """
    token = jws if isinstance(jws, JWS) else parse_jws(jws)
    if typ is not None and media_type(token.header.get("typ")) != typ.lower():
        raise JOSEError(f"expected typ {typ!r}, found {shown(token.header.get('typ'))}")
    if token.algorithm not in algorithms:
        raise AlgorithmNotAcceptedError(
            f"expected alg {' or '.join(sorted(algorithms))}, found {token.algorithm}"
        )
    if _ALGORITHMS[token.algorithm] is not key.key_type:
        raise AlgorithmNotAcceptedError(f"alg {token.algorithm} is not what a {key.key_type} key signs with")
    key.verify(token.signature, token.signing_input)
    return token
