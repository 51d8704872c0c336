"""The whole check of a credential or a presentation, as one numbered procedure.

A credential (`verify_credential`):

 1. Contexts: every `@context` is one that the policy accepts; nothing is fetched.
 2. Conformance: the data model's rules, in safe mode (`vclib.credentials`); a version that is accepted, and
    for known types exactly the contexts known for them.
 3. Acceptable issuer: if the relying party says which issuers it accepts, before anything is looked up.
 4. Proofs: every proof of an accepted suite holds, for the purpose assertionMethod (`vclib.proofs`).
 5. Issuer binding: at least one of these keys is the issuer's own, or of a DID known to be the same issuer.
 6. Related resources: those whose bytes can be had have the digests given.
 7. Validity period: where the moment of the check lies to it.
 8. Status: what the status lists say, each list verified like a credential.
 9. Schemas: whether the credential fits them.

A presentation (`verify_presentation`):

 1. Contexts and conformance of its own members; at most so many credentials (`vclib.presentations`).
 2. Proofs: for the purpose authentication, with exactly the challenge and the domain that were asked.
 3. Holder: the holder it names is one of those who signed it.
 4. Each credential: the procedure above.
 5. Binding: the DID a credential is given to is one of those who signed.
 6. Freshness: what nobody's key binds, or no signature covers, answers this request by itself (bbs-2023).

What fails in 1 to 6 raises the named error: the thing is not what it claims to be. What 7 to 9 find is
returned as values. Of several credentials in a presentation, one that fails does not hide the others
(threat E5). Source: https://www.w3.org/TR/vc-data-model-2.0/#verification. Whether to believe the issuer, and
what to do about an expired or unchecked credential, is for `vclib.policy`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from vclib.credentials import Credential, is_enveloped, parse_credential
from vclib.cryptosuites.bbs_2023 import Bbs2023
from vclib.environment import Environment, Lookups
from vclib.errors import HolderBindingError, InvalidChallengeError, NoProofError, VCError
from vclib.examination import examine
from vclib.integrity import check_acceptable, check_version, verify_integrity
from vclib.presentations import Presentation, parse_presentation, presentation_header_for
from vclib.proofs import AUTHENTICATION, VerifiedProof, verify_proofs
from vclib.shapes import shared_readings
from vclib.strict_json import JSONObject
from vclib.verified import (
    Binding,
    BindingState,
    CredentialFailure,
    CredentialOutcome,
    NotChecked,
    SchemaResult,
    Validity,
    VerifiedCredential,
    VerifiedPresentation,
)

__all__ = [
    "Binding",
    "BindingState",
    "CredentialFailure",
    "CredentialOutcome",
    "Environment",
    "NotChecked",
    "SchemaResult",
    "Validity",
    "VerifiedCredential",
    "VerifiedPresentation",
    "verify_credential",
    "verify_presentation",
]


def verify_credential(document: JSONObject, environment: Environment) -> VerifiedCredential:
    """Return the credential if it is genuine, with what was found about time, status and schema.

    Raises the error of the first step that fails: JSONLDError, MalformedError, CredentialError,
    IssuerNotAcceptedError, ProofVerificationError, CryptographicSecurityError, VerificationMethodError,
    KeyMaterialError; DIDError and FetchError where something could not be looked up.
    """
    with shared_readings():
        return _verify_credential(document, environment, Lookups(environment))


def verify_presentation(
    document: JSONObject,
    environment: Environment,
    *,
    challenge: str | None,
    domain: str | None,
    require_proof: bool = True,
) -> VerifiedPresentation:
    """Return the presentation if it was made by its holder for this request, with each credential's outcome.

    `challenge` and `domain` are what was asked, None if nothing was: then a copy cannot be told from an
    answer. Without `require_proof` a presentation that has no proof at all is looked into, too. Raises what
    fails in the presentation itself, NoProofError among it, and what fails in the credential if it holds
    only one.
    """
    with shared_readings():
        return _verify_presentation(
            document, environment, challenge=challenge, domain=domain, require_proof=require_proof
        )


def _verify_presentation(
    document: JSONObject,
    environment: Environment,
    *,
    challenge: str | None,
    domain: str | None,
    require_proof: bool,
) -> VerifiedPresentation:
    lookups = Lookups(environment)
    # 1. Contexts and conformance.
    presentation = parse_presentation(
        document, contexts=environment.contexts, max_credentials=environment.max_credentials
    )
    check_version(presentation.document, environment)
    # 2. Proofs.
    proofs = _presentation_proofs(
        presentation, environment, lookups, challenge=challenge, domain=domain, require_proof=require_proof
    )
    signers = tuple(dict.fromkeys(proof.method.controller for proof in proofs))
    # 3. Holder.
    if presentation.holder is not None and signers and presentation.holder not in signers:
        raise HolderBindingError("the presentation was signed by somebody other than the holder it names")
    # 4. to 6. Each credential.
    outcomes: list[CredentialOutcome] = []
    bindings: list[Binding | None] = []
    for credential in presentation.credentials:
        try:
            verified = _verify_embedded(credential, presentation.holder, signers, environment, lookups)
            binding = _bind(verified.credential, signers, environment)
            _check_freshness(verified, binding, signed=bool(signers), challenge=challenge, domain=domain)
        except VCError as err:
            if len(presentation.credentials) == 1:
                raise
            outcomes.append(CredentialFailure(credential, err))
            bindings.append(None)
        else:
            outcomes.append(verified)
            bindings.append(binding)
    return VerifiedPresentation(
        presentation=presentation,
        proofs=proofs,
        signers=signers,
        holder=_holder(presentation, signers),
        credentials=tuple(outcomes),
        bindings=tuple(bindings),
    )


def _verify_credential(
    document: JSONObject, environment: Environment, lookups: Lookups
) -> VerifiedCredential:
    # 1. to 5. Integrity.
    credential, proofs = verify_integrity(document, environment, lookups)
    # 6. to 9. What is told about it.
    return examine(credential, proofs, environment, lookups)


def _presentation_proofs(
    presentation: Presentation,
    environment: Environment,
    lookups: Lookups,
    *,
    challenge: str | None,
    domain: str | None,
    require_proof: bool,
) -> tuple[VerifiedProof, ...]:
    if "proof" not in presentation.document and not require_proof:
        return ()
    return verify_proofs(
        presentation.document,
        purpose=AUTHENTICATION,
        resolve=lookups.resolve,
        now=environment.now,
        contexts=environment.contexts,
        accepted_suites=environment.accepted_suites,
        challenge=challenge,
        domain=domain,
        clock_skew=environment.clock_skew,
    )


def _holder(presentation: Presentation, signers: Sequence[str]) -> str | None:
    if not signers:
        return None
    return presentation.holder or (signers[0] if len(signers) == 1 else None)


def _verify_embedded(
    document: JSONObject,
    holder: str | None,
    signers: Collection[str],
    environment: Environment,
    lookups: Lookups,
) -> VerifiedCredential:
    """Verify a credential; one without a proof only as the holder's own word, where that is accepted.

    See https://www.w3.org/TR/vc-data-model-2.0/#presentations-including-holder-claims.
    """
    if "proof" in document or is_enveloped(document) or not environment.accept_self_asserted:
        return _verify_credential(document, environment, lookups)
    credential = parse_credential(document, contexts=environment.contexts)
    check_version(document, environment)
    check_acceptable(credential.issuer_id, environment)
    if holder is None or credential.issuer_id != holder or holder not in signers:
        raise NoProofError("a credential without a proof is not the word of the holder who signed")
    return examine(credential, (), environment, lookups, self_asserted=True)


def _bind(credential: Credential, signers: Collection[str], environment: Environment) -> Binding:
    """Return how the credential is bound to who presents it (threats D11, E4).

    Only a DID names a key. Raises HolderBindingError if it names keys and none of them signed.
    """
    dids = [subject_id for subject_id in credential.subject_ids if subject_id.startswith("did:")]
    if not dids:
        return Binding(BindingState.UNBOUND)
    for did in dids:
        if did in signers:
            return Binding(BindingState.BOUND, did)
    if not signers or not environment.bind_holder_to_key:
        return Binding(BindingState.NOT_PROVEN, dids[0])
    raise HolderBindingError("the credential was given to somebody other than who signed the presentation")


def _check_freshness(
    verified: VerifiedCredential,
    binding: Binding,
    *,
    signed: bool,
    challenge: str | None,
    domain: str | None,
) -> None:
    """Refuse a derived proof made for another request (threat D10).

    The holder's own signature answers for a credential that is bound to the holder's key. Anything else can
    be copied: a bbs-2023 proof must then carry the request in its presentation header, and in a presentation
    that nobody signed nothing else can.
    """
    if challenge is None and domain is None:
        return
    expected = presentation_header_for(challenge=challenge, domain=domain)
    headers = [
        Bbs2023().presentation_header(proof.proof)
        for proof in verified.proofs
        if proof.cryptosuite == Bbs2023().name
    ]
    covered = binding.state is BindingState.BOUND
    if any(header != expected and not (covered and header == b"") for header in headers):
        raise InvalidChallengeError("the derived proof was made for another request")
    if not signed and not headers:
        raise InvalidChallengeError("the presentation is not signed, so nothing in it answers the request")
