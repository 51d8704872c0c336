"""did:jwk: the DID is a JWK in base64url, the document wraps it.

The relationships follow from the JWK's `use`. The JWK stays as it came, unknown members and all; what
is refused is a private or symmetric key (threat G9) and one that is no key.
Source: https://github.com/quartzjer/did-jwk/blob/main/spec.md.
"""

from __future__ import annotations

from vclib.did.options import Fetch, ResolutionOptions
from vclib.did.syntax import DID
from vclib.encoding import decode_base64url, encode_base64url
from vclib.errors import (
    EncodingError,
    InvalidDIDError,
    InvalidPublicKeyError,
    KeyMaterialError,
    MalformedError,
    UnsupportedKeyError,
    UnsupportedPublicKeyTypeError,
    VCError,
)
from vclib.keys import PublicKey, public_key_from_jwk, public_key_to_jwk
from vclib.strict_json import JSONObject, JSONValue, dump_json, parse_json_object

_CONTEXTS: tuple[str, ...] = (
    "https://www.w3.org/ns/did/v1",
    "https://w3id.org/security/suites/jws-2020/v1",
)
_SIGNING_RELATIONSHIPS = (
    "assertionMethod",
    "authentication",
    "capabilityInvocation",
    "capabilityDelegation",
)

# A JWK of an 8,192 bit RSA key with a certificate digest or two.
_MAX_JWK_BYTES = 3000


def did_jwk(public_key: PublicKey, *, use: str | None = None) -> str:
    """Return the did:jwk of a public key; members are sorted, so that one key gives one DID.

    `use` is "sig" or "enc" or nothing. Raises UnsupportedKeyError for a key that has no JWK.
    """
    jwk = public_key_to_jwk(public_key)
    if use is not None:
        jwk["use"] = use
    text = dump_json(dict(sorted(jwk.items())))
    return "did:jwk:" + encode_base64url(text.encode("utf-8"))


def resolve_jwk(did: DID, *, fetch: Fetch | None, options: ResolutionOptions) -> JSONObject:
    """Return the document of a did:jwk; `fetch` and `options` are not used.

    Raises InvalidDIDError (base64url or JSON), InvalidPublicKeyError (private, symmetric or broken key),
    UnsupportedPublicKeyTypeError.
    """
    jwk = _decode(did)
    use = jwk.get("use")
    method_id = did.text + "#0"
    document: JSONObject = {
        "@context": list(_CONTEXTS),
        "id": did.text,
        "verificationMethod": [
            {"id": method_id, "type": "JsonWebKey2020", "controller": did.text, "publicKeyJwk": jwk}
        ],
    }
    if use != "enc":
        document |= {relationship: _only(method_id) for relationship in _SIGNING_RELATIONSHIPS}
    if use != "sig":
        document["keyAgreement"] = _only(method_id)
    return document


def _decode(did: DID) -> JSONObject:
    try:
        encoded = decode_base64url(did.method_specific_id)
        jwk = parse_json_object(encoded, max_bytes=_MAX_JWK_BYTES, max_depth=4)
    except EncodingError as err:
        raise InvalidDIDError(f"expected did:jwk: and base64url: {err}") from err
    except VCError as err:
        raise InvalidDIDError(f"expected a JSON Web Key in the did:jwk: {err}") from err
    use = jwk.get("use")
    if use is not None and not isinstance(use, str):
        raise InvalidDIDError("expected a string in the JWK's `use`")
    try:
        public_key_from_jwk(jwk)
    except UnsupportedKeyError as err:
        raise UnsupportedPublicKeyTypeError(str(err)) from err
    except (KeyMaterialError, MalformedError) as err:
        raise InvalidPublicKeyError(str(err)) from err
    return jwk


def _only(method_id: str) -> list[JSONValue]:
    return [method_id]
