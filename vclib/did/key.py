"""did:key: the DID is the public key, the document is computed from it.

Source: https://w3c-ccg.github.io/did-key-spec/ (version 0.7). Two choices where it leaves some:
version 1 is the only version, because another number would be a second name of the same key; and no
encryption key is derived unless asked for, because a signing key that also decrypts is one key for two
purposes. Beyond its text, an X25519 key gets `keyAgreement` only, since it cannot sign.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from vclib.did.options import Fetch, ResolutionOptions
from vclib.did.syntax import DID
from vclib.encoding import encode_base58btc
from vclib.errors import (
    EncodingError,
    InvalidDIDError,
    InvalidPublicKeyError,
    InvalidPublicKeyLengthError,
    InvalidPublicKeyTypeError,
    KeyMaterialError,
    UnsupportedKeyError,
    UnsupportedPublicKeyTypeError,
)
from vclib.keys import (
    PUBLIC_KEY_LENGTHS,
    KeyType,
    PublicKey,
    encode_multikey,
    public_key_to_jwk,
    split_multikey,
)
from vclib.strict_json import JSONObject, JSONValue

_DID_CONTEXT = "https://www.w3.org/ns/did/v1"

_SIGNING_RELATIONSHIPS = (
    "authentication",
    "assertionMethod",
    "capabilityInvocation",
    "capabilityDelegation",
)


@dataclass(frozen=True)
class _Format:
    """One way to write a verification method: `member` holds the key, `key_types` are those it can hold."""

    context: str
    member: str
    key_types: frozenset[KeyType] = frozenset(KeyType)


_EXPERIMENTAL = "https://w3id.org/security/suites/"
_JWK_TYPES = frozenset(KeyType) - {KeyType.BLS12_381_G1G2}
_ED25519, _X25519 = frozenset({KeyType.ED25519}), frozenset({KeyType.X25519})

_FORMATS: Mapping[str, _Format] = MappingProxyType(
    {
        "Multikey": _Format("https://w3id.org/security/multikey/v1", "publicKeyMultibase"),
        "JsonWebKey": _Format("https://w3id.org/security/jwk/v1", "publicKeyJwk", _JWK_TYPES),
        "JsonWebKey2020": _Format(_EXPERIMENTAL + "jws-2020/v1", "publicKeyJwk", _JWK_TYPES),
        "Ed25519VerificationKey2020": _Format(
            _EXPERIMENTAL + "ed25519-2020/v1", "publicKeyMultibase", _ED25519
        ),
        "X25519KeyAgreementKey2020": _Format(_EXPERIMENTAL + "x25519-2020/v1", "publicKeyMultibase", _X25519),
    }
)

# Forms of before the specification's present text; its published vectors use them.
_EXPERIMENTAL_FORMATS: Mapping[str, _Format] = MappingProxyType(
    {
        "Ed25519VerificationKey2018": _Format(_EXPERIMENTAL + "ed25519-2018/v1", "publicKeyBase58", _ED25519),
        "X25519KeyAgreementKey2019": _Format(_EXPERIMENTAL + "x25519-2019/v1", "publicKeyBase58", _X25519),
        "EcdsaSecp256k1VerificationKey2019": _Format(
            _EXPERIMENTAL + "secp256k1-2019/v1", "publicKeyBase58", frozenset({KeyType.SECP256K1})
        ),
        "P256Key2021": _Format(
            _EXPERIMENTAL + "multikey-2021/v1", "publicKeyBase58", frozenset({KeyType.P256})
        ),
        "Bls12381G2Key2020": _Format(
            _EXPERIMENTAL + "bls12381-2020/v1", "publicKeyBase58", frozenset({KeyType.BLS12_381_G2})
        ),
    }
)

# The form of the derived X25519 key that belongs to a form of its Ed25519 key.
_AGREEMENT_FORMATS: Mapping[str, str] = MappingProxyType(
    {
        "Ed25519VerificationKey2020": "X25519KeyAgreementKey2020",
        "Ed25519VerificationKey2018": "X25519KeyAgreementKey2019",
    }
)


def did_key(public_key: PublicKey) -> str:
    """Return the did:key of a public key: "did:key:z6Mk..."."""
    return "did:key:" + encode_multikey(public_key)


def did_key_method(public_key: PublicKey) -> str:
    """Return the DID URL of the verification method of a did:key: "did:key:z6Mk...#z6Mk..."."""
    multikey = encode_multikey(public_key)
    return f"did:key:{multikey}#{multikey}"


def public_key_of(did: DID) -> PublicKey:
    """Return the key inside a did:key.

    Raises InvalidDIDError (shape, version, multibase, varint), UnsupportedPublicKeyTypeError,
    InvalidPublicKeyLengthError, InvalidPublicKeyError.
    """
    # 2. Split into version and multibase value; the version is 1 if it is not written.
    version, _, multibase = did.method_specific_id.rpartition(":")
    if did.method != "key" or version not in ("", "1") or not multibase.startswith("z"):
        raise InvalidDIDError(f"expected did:key:z..., found {did.text[:80]!r}")
    if did.method_specific_id.startswith(":"):
        raise InvalidDIDError("expected did:key:z..., found an empty version")
    try:
        key_type, key_bytes = split_multikey(multibase)
    except EncodingError as err:
        raise InvalidDIDError(f"the key inside the did:key is not well formed: {err}") from err
    except UnsupportedKeyError as err:
        raise UnsupportedPublicKeyTypeError(str(err)) from err
    expected = PUBLIC_KEY_LENGTHS.get(key_type)
    if expected is not None and len(key_bytes) != expected:
        raise InvalidPublicKeyLengthError(
            f"expected {expected} bytes for a {key_type} key, the did:key holds {len(key_bytes)}"
        )
    try:
        return PublicKey(key_type, key_bytes)
    except KeyMaterialError as err:
        raise InvalidPublicKeyError(str(err)) from err


def resolve_key(did: DID, *, fetch: Fetch | None, options: ResolutionOptions) -> JSONObject:
    """Return the document of a did:key, in the form that `options` ask for; `fetch` is not used."""
    public_key = public_key_of(did)
    _known_format(options.public_key_format, options)
    contexts: list[JSONValue] = [_DID_CONTEXT]
    methods: list[JSONValue] = []
    signing: list[str] = []
    agreeing: list[str] = []
    for key in _keys_of(public_key, options):
        agrees = key.key_type is KeyType.X25519
        name = options.public_key_format
        if agrees:
            name = _AGREEMENT_FORMATS.get(name, name)
        form = _known_format(name, options)
        method = _verification_method(did.text, key, name, form)
        methods.append(method)
        (agreeing if agrees else signing).append(str(method["id"]))
        if form.context not in contexts:
            contexts.append(form.context)
    document: JSONObject = {"@context": contexts, "id": did.text, "verificationMethod": methods}
    if signing:
        document |= {relationship: list(signing) for relationship in _SIGNING_RELATIONSHIPS}
    if agreeing:
        document["keyAgreement"] = list(agreeing)
    return document


def _keys_of(public_key: PublicKey, options: ResolutionOptions) -> list[PublicKey]:
    """Return the keys that the document lists: one, or two where the DID holds or implies two."""
    if public_key.key_type is KeyType.BLS12_381_G1G2:
        return [
            PublicKey(KeyType.BLS12_381_G1, public_key.key_bytes[:48]),
            PublicKey(KeyType.BLS12_381_G2, public_key.key_bytes[48:]),
        ]
    if public_key.key_type is KeyType.ED25519 and options.enable_encryption_key_derivation:
        return [public_key, public_key.to_x25519()]
    return [public_key]


def _known_format(name: str, options: ResolutionOptions) -> _Format:
    if name in _FORMATS:
        return _FORMATS[name]
    if name not in _EXPERIMENTAL_FORMATS:
        raise UnsupportedPublicKeyTypeError(f"the public key format {name[:80]!r} is not known")
    if not options.enable_experimental_public_key_types:
        raise InvalidPublicKeyTypeError(f"the public key format {name!r} is experimental, and not enabled")
    return _EXPERIMENTAL_FORMATS[name]


def _verification_method(did: str, key: PublicKey, name: str, form: _Format) -> JSONObject:
    if key.key_type not in form.key_types:
        raise InvalidPublicKeyTypeError(f"a {key.key_type} key cannot be written as {name}")
    multikey = encode_multikey(key)
    values: Mapping[str, JSONValue] = {
        "publicKeyMultibase": multikey,
        "publicKeyBase58": encode_base58btc(key.key_bytes),
    }
    value = public_key_to_jwk(key) if form.member == "publicKeyJwk" else values[form.member]
    return {"id": f"{did}#{multikey}", "type": name, "controller": did, form.member: value}
