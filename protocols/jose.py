"""Signed and encrypted compact tokens: JWS, JWE and the JWKs in messages, in the few forms that are taken.

JOSE lets a token choose how it is checked: `alg` names the algorithm, `jku` a key, `crit` an extension, `zip`
a compression that may inflate without bound. So nothing here follows a token's choice. A JWS is verified with
the algorithm of the key in hand, and `alg` must agree; a JWE is opened with ECDH-ES on P-256 and one of the
content encryptions the caller lists. Everything else is refused before it is decoded (threats E7, E18).

Signatures are made through `vclib.keys.SigningKey`, so that a key inside a hardware module signs as well;
the compact form around it is written here. Encryption is joserfc's. Times and audiences are the caller's.
Sources: RFC 7515 section 3.1, RFC 7516 section 3.1, RFC 7518 sections 3.1, 4.6 and 5.3, RFC 8037, RFC 9864.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from vclib.encoding import decode_base64url, encode_base64url
from vclib.errors import (
    CryptographicSecurityError,
    KeyMaterialError,
    MalformedError,
    UnsupportedKeyError,
    VCError,
)
from vclib.keys import (
    KeyType,
    PrivateKey,
    PublicKey,
    SigningKey,
    generate_private_key,
    jwk_thumbprint,
    public_key_from_jwk,
    public_key_to_jwk,
)
from vclib.strict_json import JSONObject, JSONValue, dump_json, json_type_name, parse_json_object

# A request object with a certificate chain and a long query is some 20 kB.
MAX_JWS_BYTES = 256 * 1024
# An encrypted response carries presentations of several credentials in base64url.
MAX_JWE_BYTES = 8 * 1024 * 1024
MAX_JWKS_KEYS = 20
_MAX_HEADER_CHARACTERS = 64 * 1024
_MAX_JWE_HEADER_CHARACTERS = 4096
_MAX_DEPTH = 32
_MAX_KID = 2048

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

KEY_AGREEMENT = "ECDH-ES"
CONTENT_ENCRYPTIONS: tuple[str, ...] = ("A128GCM", "A256GCM")

# Each would change what is checked or what comes out: no message here uses them.
_REFUSED_MEMBERS = ("crit", "b64", "zip")
# AES-GCM (RFC 7518 section 5.3): 96 bits of initialization vector, 128 bits of tag.
_IV_BYTES, _TAG_BYTES = 12, 16
# RFC 7518 section 4.6.1.2: names of the parties, free bytes that enter the key derivation.
_MAX_PARTY_CHARACTERS = 512


class JOSEError(MalformedError):
    """The text is not a JWS, JWE or JWK of the form that is taken here."""

    code = "jose"


class AlgorithmNotAcceptedError(JOSEError):
    """The token names an algorithm that is not accepted, or that is not the key's."""

    code = "jose-algorithm"


class DecryptionError(CryptographicSecurityError):
    """The JWE does not open with this key."""

    code = "decryption"


# --- JWS ------------------------------------------------------------------------------------------


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
    set_here = [member for member in ("alg", *_REFUSED_MEMBERS) if member in header]
    if set_here:
        raise JOSEError(f"the header member {set_here[0]!r} is not the caller's to set")
    protected: JSONObject = {"alg": signature_algorithm(key.public_key), **header}
    signing_input = f"{_encode_json(protected)}.{_encode_json(payload)}".encode("ascii")
    return f"{signing_input.decode('ascii')}.{encode_base64url(key.sign(signing_input))}"


def parse_jws(text: object, *, max_bytes: int = MAX_JWS_BYTES) -> JWS:
    """Return header and payload of a compact JWS, nothing verified: enough to find the key, not to believe.

    Raises JOSEError for another form (JSON serialization, detached or non-JSON payload, `crit`, `b64`,
    `zip`), AlgorithmNotAcceptedError for an `alg` that is not a signature made with a private key here
    (`none` and HMAC among them), EncodingError and ParsingError for the parts.
    """
    header_part, payload_part, signature_part = _split(text, 3, "JWS", max_bytes)
    header = _decode_header(header_part, _MAX_HEADER_CHARACTERS)
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in _ALGORITHMS:
        raise AlgorithmNotAcceptedError(f"expected alg {', '.join(_ALGORITHMS)}, found {_shown(algorithm)}")
    if not signature_part:
        raise JOSEError("expected a signature in the JWS, found none")
    return JWS(
        header,
        parse_json_object(decode_base64url(payload_part), max_bytes=max_bytes, max_depth=_MAX_DEPTH),
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
    if typ is not None and _media_type(token.header.get("typ")) != typ.lower():
        raise JOSEError(f"expected typ {typ!r}, found {_shown(token.header.get('typ'))}")
    if token.algorithm not in algorithms:
        raise AlgorithmNotAcceptedError(
            f"expected alg {' or '.join(sorted(algorithms))}, found {token.algorithm}"
        )
    if _ALGORITHMS[token.algorithm] is not key.key_type:
        raise AlgorithmNotAcceptedError(f"alg {token.algorithm} is not what a {key.key_type} key signs with")
    key.verify(token.signature, token.signing_input)
    return token


# --- JWK ------------------------------------------------------------------------------------------


def generate_encryption_key() -> PrivateKey:
    """Return a new P-256 key to agree on keys with; never one that also signs."""
    return generate_private_key(KeyType.P256)


def encryption_jwk(key: PublicKey, *, kid: str | None = None) -> JSONObject:
    """Return the public JWK to encrypt to: `use`, `alg` and `kid` (its thumbprint, if none is given) set.

    Raises UnsupportedKeyError for another key than P-256.
    """
    if key.key_type is not KeyType.P256:
        raise UnsupportedKeyError(f"expected a P-256 key to encrypt to, found {key.key_type}")
    jwk = public_key_to_jwk(key)
    return {**jwk, "use": "enc", "alg": KEY_AGREEMENT, "kid": kid if kid is not None else jwk_thumbprint(jwk)}


def parse_jwks(value: JSONValue) -> tuple[JSONObject, ...]:
    """Return the keys of a JWK Set, unknown kinds included, none of them private or symmetric.

    At most MAX_JWKS_KEYS, every `kid` once. Raises JOSEError, KeyMaterialError for a private or symmetric
    key.
    """
    keys = value.get("keys") if isinstance(value, dict) else None
    if not isinstance(keys, list) or len(keys) > MAX_JWKS_KEYS:
        raise JOSEError(f"expected a JWK Set with a list of at most {MAX_JWKS_KEYS} keys")
    found = tuple(key for key in keys if isinstance(key, dict))
    if len(found) != len(keys):
        raise JOSEError("expected a JWK Set of JWK objects")
    for jwk in found:
        try:
            public_key_from_jwk(jwk)
        except UnsupportedKeyError:
            # RFC 7517 section 5: keys of unknown kinds are ignored by whoever looks for a usable one.
            continue
    names = [jwk["kid"] for jwk in found if isinstance(jwk.get("kid"), str)]
    if len(set(map(str, names))) != len(names):
        raise JOSEError("expected every kid of the JWK Set once")
    return found


def usable_encryption_jwk(keys: Collection[JSONObject]) -> JSONObject | None:
    """Return the first key that `encrypt_jwe` can encrypt to, None if there is none."""
    for jwk in keys:
        try:
            _recipient_key(jwk)
        except VCError:
            continue
        return jwk
    return None


# --- JWE ------------------------------------------------------------------------------------------


def encrypt_jwe(payload: bytes, jwk: JSONObject, enc: str) -> str:
    """Return the compact JWE of `payload` for a P-256 JWK: ECDH-ES, direct; `kid` is copied if there is one.

    Raises AlgorithmNotAcceptedError for another `enc` or `alg` of the key, KeyMaterialError and its kinds for
    a JWK that is no public P-256 key for encryption.
    """
    if enc not in CONTENT_ENCRYPTIONS:
        raise AlgorithmNotAcceptedError(
            f"expected enc {' or '.join(CONTENT_ENCRYPTIONS)}, found {enc[:40]!r}"
        )
    key = _recipient_key(jwk)
    header: dict[str, Any] = {"alg": KEY_AGREEMENT, "enc": enc}
    if "kid" in jwk:
        header["kid"] = jwk["kid"]
    return jwe.encrypt_compact(header, payload, _to_joserfc(public_key_to_jwk(key)), registry=_REGISTRY)


def parse_jwe_header(text: object, *, max_bytes: int = MAX_JWE_BYTES) -> JSONObject:
    """Return the protected header of a compact JWE, to find the key by `kid`; nothing else is decoded.

    Raises JOSEError for another form or a refused member, EncodingError, ParsingError.
    """
    return _decode_header(_split(text, 5, "JWE", max_bytes)[0], _MAX_JWE_HEADER_CHARACTERS)


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
    parts = _split(text, 5, "JWE", max_bytes)
    header = _decode_header(parts[0], _MAX_JWE_HEADER_CHARACTERS)
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


def _recipient_key(jwk: JSONObject) -> PublicKey:
    key = public_key_from_jwk(jwk)
    if key.key_type is not KeyType.P256:
        raise UnsupportedKeyError(f"expected a P-256 key to encrypt to, found {key.key_type}")
    if jwk.get("alg") != KEY_AGREEMENT:
        raise AlgorithmNotAcceptedError(
            f"expected a JWK with alg {KEY_AGREEMENT}, found {_shown(jwk.get('alg'))}"
        )
    if jwk.get("use", "enc") != "enc":
        raise KeyMaterialError("expected a JWK for encryption, its use is another")
    if "kid" in jwk:
        _check_kid(jwk["kid"])
    return key


def _check_jwe_header(header: JSONObject, kid: str | None, enc_allowed: Collection[str]) -> None:
    if header.get("alg") != KEY_AGREEMENT:
        raise AlgorithmNotAcceptedError(f"expected alg {KEY_AGREEMENT}, found {_shown(header.get('alg'))}")
    enc = header.get("enc")
    if not isinstance(enc, str) or enc not in CONTENT_ENCRYPTIONS or enc not in enc_allowed:
        raise AlgorithmNotAcceptedError(
            f"expected enc {' or '.join(sorted(enc_allowed))}, found {_shown(enc)}"
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


# --- both -----------------------------------------------------------------------------------------


def _split(text: object, count: int, name: str, max_bytes: int) -> list[str]:
    if not isinstance(text, str):
        raise JOSEError(f"expected a compact {name}, found {json_type_name(text)}")
    if len(text) > max_bytes:
        raise JOSEError(f"{name} of {len(text)} characters, more than {max_bytes}")
    # Counted first: a text of nothing but full stops must not become a list of its length.
    if text.count(".") != count - 1 or not text.isascii():
        raise JOSEError(f"expected a compact {name} of {count} parts")
    return text.split(".")


def _decode_header(part: str, max_characters: int) -> JSONObject:
    if len(part) > max_characters:
        raise JOSEError(f"header of {len(part)} characters, more than {max_characters}")
    header = parse_json_object(decode_base64url(part), max_depth=_MAX_DEPTH)
    refused = [member for member in _REFUSED_MEMBERS if member in header]
    if refused:
        raise JOSEError(f"the header member {refused[0]!r} is not supported")
    if "kid" in header:
        _check_kid(header["kid"])
    return header


def _check_kid(kid: JSONValue) -> None:
    if not isinstance(kid, str) or not 0 < len(kid) <= _MAX_KID:
        raise JOSEError(f"kid: expected a text of 1 to {_MAX_KID} characters")


def _encode_json(value: JSONObject) -> str:
    return encode_base64url(dump_json(value).encode("utf-8"))


def _media_type(value: JSONValue) -> str | None:
    # RFC 7515 section 4.1.9: media types compare without case, and "application/" may be left out.
    return value.lower().removeprefix("application/") if isinstance(value, str) else None


def _shown(value: JSONValue) -> str:
    return repr(value[:40]) if isinstance(value, str) else json_type_name(value)
