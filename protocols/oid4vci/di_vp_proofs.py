"""Key proofs of type `di_vp`: a presentation without credentials, signed by the key to bind to.

The proof's `challenge` is the issuer's nonce and its `domain` the Credential Issuer Identifier (threat F6).
`proof` may be an object or an array; every proof of a listed cryptosuite has to hold. Whether the nonce is
ours and still good is for the caller to say.
Source: OpenID4VCI 1.0 appendix F.2 and F.4.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from protocols.oid4vci.errors import InvalidProofError
from protocols.oid4vci.jwt_proofs import KeyProof
from vclib.cid import Resolve
from vclib.did import did_key, did_key_method
from vclib.errors import MalformedValueError, VCError
from vclib.keys import SigningKey
from vclib.presentations import new_presentation
from vclib.proofs import AUTHENTICATION, add_proof
from vclib.strict_json import JSONObject, json_type_name
from vclib.verification import Environment, verify_presentation

DI_VP_SUITES = ("ecdsa-rdfc-2019", "eddsa-rdfc-2022")


def build_di_vp_proof(
    key: SigningKey,
    *,
    issuer: str,
    nonce: str | None,
    now: datetime,
    cryptosuite: str,
    holder: str | None = None,
    verification_method: str | None = None,
) -> JSONObject:
    """Return the proof of a key for the Credential Issuer Identifier `issuer`.

    `holder` and `verification_method` are the DID and the DID URL of the key, by default its did:key. Raises
    ProofGenerationError, UnsupportedKeyError.
    """
    return add_proof(
        new_presentation([], holder=holder if holder is not None else did_key(key.public_key)),
        cryptosuite=cryptosuite,
        key=key,
        verification_method=verification_method or did_key_method(key.public_key),
        created=now,
        purpose=AUTHENTICATION,
        domain=issuer,
        challenge=nonce,
    )


def verify_di_vp_proof(
    document: object,
    *,
    issuer: str,
    resolve: Resolve,
    now: datetime,
    suites: Collection[str] = DI_VP_SUITES,
) -> KeyProof:
    """Return the proof if it holds, is made with one of `suites`, and was made for `issuer` about `now`.

    Raises InvalidProofError; the nonce is not judged.
    """
    try:
        if not isinstance(document, dict):
            raise MalformedValueError(f"expected a presentation, found {json_type_name(document)}")
        nonce = _challenge(document)
        verified = verify_presentation(
            document,
            Environment(resolve, now, accepted_suites=frozenset(suites), max_credentials=0),
            challenge=nonce,
            domain=issuer,
        )
        if len(verified.signers) != 1:
            raise MalformedValueError("expected the proof of one key, found more")
        if any("created" not in proof.proof for proof in verified.proofs):
            raise MalformedValueError("created: expected when the proof was made")
        if nonce is None and any("challenge" in proof.proof for proof in verified.proofs):
            raise MalformedValueError("challenge: expected a text")
    except VCError as err:
        raise InvalidProofError(f"di_vp proof: {err.message}") from err
    return KeyProof(verified.signers[0], verified.proofs[0].method.public_key, nonce)


def _challenge(document: JSONObject) -> str | None:
    proof = document.get("proof")
    first = proof[0] if isinstance(proof, list) and proof else proof
    challenge = first.get("challenge") if isinstance(first, dict) else None
    if challenge is not None and (not isinstance(challenge, str) or not challenge):
        raise MalformedValueError(f"challenge: expected a text, found {json_type_name(challenge)}")
    return challenge
