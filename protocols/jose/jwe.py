"""Compact JWE (RFC 7516 section 3.1): ECDH-ES without key wrapping, then AES-GCM."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from protocols.jose.compact import (
    AlgorithmNotAcceptedError,
    DecryptionError,
    JOSEError,
    decode_header,
    shown,
    split,
)
from protocols.jose.jwk import KEY_AGREEMENT, recipient_key
from vclib.encoding import decode_base64url, encode_base64url
from vclib.errors import UnsupportedKeyError
from vclib.keys import KeyType, PrivateKey, public_key_from_jwk, public_key_to_jwk
from vclib.strict_json import JSONObject

CONTENT_ENCRYPTIONS: tuple[str, ...] = ("A128GCM", "A256GCM")
# An encrypted response carries presentations of several credentials in base64url.
MAX_JWE_BYTES = 8 * 1024 * 1024
_MAX_JWE_HEADER_CHARACTERS = 4096
# AES-GCM (RFC 7518 section 5.3): 96 bits of initialization vector, 128 bits of tag.
_IV_BYTES, _TAG_BYTES = 12, 16
# RFC 7518 section 4.6.1.2: names of the parties, free bytes that enter the key derivation.
_MAX_PARTY_CHARACTERS = 512


def encrypt_jwe(payload: bytes, jwk: JSONObject, enc: str) -> str:
    """Return the compact JWE of `payload` for a P-256 JWK: ECDH-ES, direct; `kid` is copied if there is one.

    Raises AlgorithmNotAcceptedError for another `enc` or `alg` of the key, KeyMaterialError and its kinds for
    a JWK that is no public P-256 key for encryption.
    """
    if enc not in CONTENT_ENCRYPTIONS:
        raise AlgorithmNotAcceptedError(
            f"expected enc {' or '.join(CONTENT_ENCRYPTIONS)}, found {enc[:40]!r}"
        )
    key = recipient_key(jwk)
    header: dict[str, Any] = {"alg": KEY_AGREEMENT, "enc": enc}
    if "kid" in jwk:
        header["kid"] = jwk["kid"]
    return jwe.encrypt_compact(header, payload, _to_joserfc(public_key_to_jwk(key)), registry=_REGISTRY)


def parse_jwe_header(text: object, *, max_bytes: int = MAX_JWE_BYTES) -> JSONObject:
    """Return the protected header of a compact JWE, to find the key by `kid`; nothing else is decoded.

    Raises JOSEError for another form or a refused member, EncodingError, ParsingError.
    """
    return decode_header(split(text, 5, "JWE", max_bytes)[0], _MAX_JWE_HEADER_CHARACTERS)


def decrypt_jwe(
    text: object,
    private_key: PrivateKey,
    *,
    kid: str | None,
    enc_allowed: Collection[str] = CONTENT_ENCRYPTIONS,
    max_bytes: int = MAX_JWE_BYTES,
) -> bytes:
    """Return the payload of a compact JWE to `private_key`, P-256; its header must name `kid` unless None.

    Form, size, `alg`, `enc`, `kid`, the curve of `epk` and the lengths of all parts are checked before
    anything is decrypted; `zip` is refused. Raises JOSEError, AlgorithmNotAcceptedError, KeyMaterialError and
    UnsupportedKeyError (`epk`), DecryptionError, EncodingError, ParsingError.
    """
    if private_key.key_type is not KeyType.P256:
        raise UnsupportedKeyError(f"expected a P-256 key to decrypt with, found {private_key.key_type}")
    parts = split(text, 5, "JWE", max_bytes)
    header = decode_header(parts[0], _MAX_JWE_HEADER_CHARACTERS)
    _check_jwe_header(header, kid, enc_allowed)
    _check_jwe_parts(parts)
    try:
        opened = jwe.decrypt_compact(".".join(parts), _private_jwk(private_key), registry=_REGISTRY)
    except (JoseError, ValueError) as err:
        raise DecryptionError("the JWE does not open with this key") from err
    if opened.plaintext is None:
        raise DecryptionError("the JWE does not open with this key")
    return opened.plaintext


class _Registry(jwe.JWERegistry):
    """joserfc's rules, with our size limits (ours are checked first) and nothing but our algorithms."""

    max_protected_header_length = _MAX_JWE_HEADER_CHARACTERS
    max_ciphertext_length = MAX_JWE_BYTES


_REGISTRY = _Registry(algorithms=[KEY_AGREEMENT, *CONTENT_ENCRYPTIONS], strict_check_header=False)


def _check_jwe_header(header: JSONObject, kid: str | None, enc_allowed: Collection[str]) -> None:
    if header.get("alg") != KEY_AGREEMENT:
        raise AlgorithmNotAcceptedError(f"expected alg {KEY_AGREEMENT}, found {shown(header.get('alg'))}")
    enc = header.get("enc")
    if not isinstance(enc, str) or enc not in CONTENT_ENCRYPTIONS or enc not in enc_allowed:
        raise AlgorithmNotAcceptedError(
            f"expected enc {' or '.join(sorted(enc_allowed))}, found {shown(enc)}"
        )
    if kid is not None and header.get("kid") != kid:
        raise JOSEError("the JWE names another key than the one to answer with")
    epk = public_key_from_jwk(header.get("epk"))
    if epk.key_type is not KeyType.P256:
        raise UnsupportedKeyError(f"expected an ephemeral P-256 key, found {epk.key_type}")
    for member in ("apu", "apv"):
        party = header.get(member, "")
        if not isinstance(party, str) or len(party) > _MAX_PARTY_CHARACTERS:
            raise JOSEError(f"{member}: expected at most {_MAX_PARTY_CHARACTERS} characters of base64url")
        decode_base64url(party)


def _check_jwe_parts(parts: list[str]) -> None:
    _, encrypted_key, iv, ciphertext, tag = parts
    if encrypted_key:
        raise JOSEError("expected no encrypted key with ECDH-ES, found one")
    for name, part, size in (("initialization vector", iv, _IV_BYTES), ("tag", tag, _TAG_BYTES)):
        if len(decode_base64url(part)) != size:
            raise JOSEError(f"expected {size} bytes of {name} in the JWE")
    decode_base64url(ciphertext)


def _to_joserfc(jwk: JSONObject) -> ECKey:
    members: dict[str, str | list[str]] = {
        name: value for name, value in jwk.items() if isinstance(value, str)
    }
    return ECKey.import_key(members)


def _private_jwk(key: PrivateKey) -> ECKey:
    return _to_joserfc({**public_key_to_jwk(key.public_key), "d": encode_base64url(key.secret_bytes)})
