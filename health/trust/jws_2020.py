"""JsonWebSignature2020 as WHO's trust network signs its lists: a detached JWS over two canonical hashes.

The signature is ECDSA on P-256 over `header + "." + SHA-256(proof) + SHA-256(document)`, both in canonical
RDF form under the document's own contexts, the proof without its `jws`. Two deviations from RFC 7515 are in
the published lists and are accepted here and nowhere else: the signature is in DER where JWS asks for r || s,
and lists of version 1 name the algorithm "EC". Source: https://w3c-ccg.github.io/lds-jws2020/. It is no
cryptosuite of `vclib`, because nothing but these lists may be signed so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from vclib.encoding import decode_base64url
from vclib.errors import (
    InvalidSignatureError,
    KeyMaterialError,
    MalformedError,
    NoProofError,
    ProofVerificationError,
    UnsupportedCryptosuiteError,
)
from vclib.jsonld import canonical_nquads_under
from vclib.strict_json import JSONObject, parse_json_object

PROOF_TYPE = "JsonWebSignature2020"

_ALGORITHMS = frozenset({"ES256", "EC"})
_RAW_BYTES = 64
# The largest DER of two 32-byte integers.
_MAX_DER_BYTES = 72


def verify_jws_2020(document: JSONObject, signer: JSONObject, contexts: Mapping[str, bytes]) -> None:
    """Return if the document's proof is by the key of `signer`, a DID document with a P-256 JsonWebKey2020.

    `contexts` are those of the publisher, by URL. Raises NoProofError, InvalidSignatureError,
    ProofVerificationError, UnsupportedCryptosuiteError, ContextNotAcceptedError and what else JSON-LD
    refuses, KeyMaterialError.
    """
    proof = document.get("proof")
    if not isinstance(proof, dict):
        raise NoProofError("the list has no proof")
    if proof.get("type") != PROOF_TYPE:
        raise UnsupportedCryptosuiteError(f"expected a proof of type {PROOF_TYPE}")
    if proof.get("proofPurpose") != "assertionMethod":
        raise ProofVerificationError("expected a proof for the purpose assertionMethod")
    header, signature = _parts(proof.get("jws"))
    options = {name: value for name, value in proof.items() if name != "jws"}
    options["@context"] = document.get("@context")
    unsecured = {name: value for name, value in document.items() if name != "proof"}
    message = header.encode("ascii") + b"."
    for part in (options, unsecured):
        message += hashlib.sha256(canonical_nquads_under(part, contexts)).digest()
    key = _key_of(signer, str(proof.get("verificationMethod")))
    try:
        key.verify(signature, message, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature as err:
        raise InvalidSignatureError("the list's signature does not fit") from err


def signer_of(document: JSONObject) -> str | None:
    """Return the DID that the proof names as its signer, None without one."""
    proof = document.get("proof")
    method = proof.get("verificationMethod") if isinstance(proof, dict) else None
    return method.partition("#")[0] if isinstance(method, str) else None


def _parts(jws: object) -> tuple[str, bytes]:
    if not isinstance(jws, str) or jws.count(".") != 2 or len(jws) > 1000:
        raise ProofVerificationError("expected a detached JWS in the proof")
    header, payload, signature = jws.split(".")
    try:
        members = parse_json_object(decode_base64url(header))
        decoded = decode_base64url(signature)
    except MalformedError as err:
        raise ProofVerificationError(f"the JWS of the proof: {err.message}") from err
    if payload or members.get("b64") is not False or members.get("crit") != ["b64"]:
        raise ProofVerificationError("expected a detached JWS with b64 false, marked as critical")
    if members.get("alg") not in _ALGORITHMS or members.keys() != {"alg", "b64", "crit"}:
        raise UnsupportedCryptosuiteError("expected a JWS with the algorithm ES256 and no other member")
    return header, _to_der(decoded)


def _to_der(signature: bytes) -> bytes:
    if len(signature) == _RAW_BYTES:
        r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
        return encode_dss_signature(r, s)
    if len(signature) > _MAX_DER_BYTES:
        raise ProofVerificationError(f"a signature of {len(signature)} bytes, more than P-256 has")
    return signature


def _key_of(signer: JSONObject, method_id: str) -> ec.EllipticCurvePublicKey:
    """Return the key; WHO's signing DIDs name it by the bare DID, without a fragment."""
    methods = signer.get("verificationMethod")
    for method in methods if isinstance(methods, list) else []:
        if isinstance(method, dict) and method.get("id") == method_id:
            jwk = method.get("publicKeyJwk")
            if isinstance(jwk, dict) and jwk.get("kty") == "EC" and jwk.get("crv") == "P-256":
                return _p256(jwk)
    raise KeyMaterialError(f"the publisher's document has no P-256 key {method_id[:200]!r}")


def _p256(jwk: JSONObject) -> ec.EllipticCurvePublicKey:
    coordinates = [jwk.get("x"), jwk.get("y")]
    try:
        x, y = (decode_base64url(each) for each in coordinates if isinstance(each, str))
        # A 33rd byte of zero in front is the publisher's habit.
        point = b"\x04" + x[-32:].rjust(32, b"\0") + y[-32:].rjust(32, b"\0")
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except (ValueError, MalformedError) as err:
        raise KeyMaterialError("the publisher's key is no point of P-256") from err
