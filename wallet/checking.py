"""What a wallet checks before it keeps a credential: that it is what it claims to be, and for whom.

A base proof cannot be verified as it stands, for only derived proofs are verified; so everything is derived
from it and that is verified, which covers every signature in it. All proofs of known suites have to hold
(threats F13, C3). Not here: whether the issuer is to be trusted, which is the verifier's to say, and whether
the credential was revoked: that is asked for only when the holder says so (`check_status`), because asking
tells the issuer of an interest.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from vclib.credentials import Credential
from vclib.environment import Environment
from vclib.errors import (
    HolderBindingError,
    IssuerKeyMismatchError,
    ProofGenerationError,
    ProofVerificationError,
    UnsupportedCryptosuiteError,
)
from vclib.proofs import VerifiedProof, base_proofs, derive, drop_base_proofs, proofs_of
from vclib.status import StatusResult
from vclib.strict_json import JSONObject
from vclib.verification import NotChecked, Validity, VerifiedCredential, verify_credential
from wallet.holdings import EVERYTHING


@dataclass(frozen=True)
class CheckedCredential:
    """A credential whose proofs hold. `holder` is the DID of this wallet that it is bound to, if any."""

    credential: Credential
    proofs: tuple[VerifiedProof, ...]
    validity: Validity
    holder: str | None
    warnings: tuple[str, ...]


def check_credential(
    document: JSONObject, environment: Environment, *, own_dids: Collection[str], keep_foreign: bool = False
) -> CheckedCredential:
    """Return what was found about a credential that a wallet may keep.

    Raises what `verify_credential` raises; IssuerKeyMismatchError if no proof is by the issuer's own key;
    HolderBindingError if it is bound to somebody else's key, unless `keep_foreign`.
    """
    verified = _verify_each(document, environment)
    credential, validity = verified[0].credential, verified[0].validity
    proofs = tuple(proof for part in verified for proof in part.proofs)
    if not any(proof.method.controller == credential.issuer_id for proof in proofs):
        raise IssuerKeyMismatchError("no proof was made by a key of the issuer that the credential names")
    warnings = []
    if validity is not Validity.VALID:
        warnings.append(f"the credential is {validity.value.replace('-', ' ')}")
    bound_to = [subject_id for subject_id in credential.subject_ids if subject_id.startswith("did:")]
    holder = next((did for did in bound_to if did in own_dids), None)
    if bound_to and holder is None:
        if not keep_foreign:
            raise HolderBindingError(
                "the credential is bound to a key that this wallet does not have, so it could not present it"
            )
        warnings.append(
            "it is bound to a key that this wallet does not have: it cannot be presented from here"
        )
    if not bound_to:
        warnings.append("it is not bound to a person's key: whoever has a copy can present it")
    return CheckedCredential(credential, proofs, validity, holder, tuple(warnings))


def check_status(document: JSONObject, environment: Environment) -> tuple[StatusResult | NotChecked, ...]:
    """Return what the status lists say of a credential now; raises as `verify_credential`.

    Asking tells the list's host that somebody holds a credential of this list, not which one (threat H12).
    """
    return _verify_each(document, environment)[0].status


def _verify_each(document: JSONObject, environment: Environment) -> list[VerifiedCredential]:
    """Verify everything that can be derived from each base proof, and the plain proofs together."""
    # The issuer's keys need not be one DID; which belong together is judged over all proofs at once.
    unbound = replace(environment, bind_issuer_to_key=False)
    shown = drop_base_proofs(document)
    parts = [_derive_everything(document, base, environment) for base in base_proofs(document)]
    if proofs_of(shown) or not parts:
        parts.append(shown)
    verified: list[VerifiedCredential] = []
    for part in parts:
        try:
            verified.append(verify_credential(part, unbound))
        except UnsupportedCryptosuiteError:
            # Beside a base proof that holds, a proof of an unknown suite is passed over (threat C3).
            if not verified:
                raise
    return verified


def _derive_everything(document: JSONObject, base: JSONObject, environment: Environment) -> JSONObject:
    try:
        return derive(
            {**document, "proof": base}, selective_pointers=[EVERYTHING], contexts=environment.contexts
        )
    except ProofGenerationError as err:
        # All that can keep everything from being derived is a base proof of something else.
        raise ProofVerificationError(f"a base proof does not hold: {err.message}") from err
