"""Integrity of a credential: steps 1 to 5 of the procedure in `vclib.verification`.

Apart from the rest because status lists and packaged schemas are credentials, too, and have to be as genuine
as what they are asked about.
"""

from __future__ import annotations

from collections.abc import Sequence

from vclib.cid import Resolve
from vclib.credentials import Credential, parse_credential
from vclib.data_model import check_base_context
from vclib.environment import Environment, Lookups, is_self_contained
from vclib.errors import (
    ContextNotAcceptedError,
    CredentialError,
    IssuerKeyMismatchError,
    IssuerNotAcceptedError,
)
from vclib.proofs import ASSERTION_METHOD, VerifiedProof, verify_proofs
from vclib.strict_json import JSONObject


def verify_integrity(
    document: JSONObject, environment: Environment, lookups: Lookups
) -> tuple[Credential, tuple[VerifiedProof, ...]]:
    """Return a credential that is genuine, with its proofs; raises the error of the first step that fails."""
    # 1. and 2. Contexts and conformance.
    credential = parse_credential(document, contexts=environment.contexts)
    check_version(document, environment)
    check_context_sequence(credential, environment)
    # 3. Acceptable issuer.
    check_acceptable(credential.issuer_id, environment)
    # 4. Proofs.
    proofs = verify_proofs(
        document,
        purpose=ASSERTION_METHOD,
        resolve=_resolve_signers(credential.issuer_id, environment, lookups),
        now=environment.now,
        contexts=environment.contexts,
        accepted_suites=environment.accepted_suites,
        clock_skew=environment.clock_skew,
    )
    # 5. Issuer binding.
    if environment.bind_issuer_to_key and not issuer_proofs(credential, proofs, environment):
        raise IssuerKeyMismatchError("no proof was made by a key of the issuer that the credential names")
    return credential, proofs


def check_version(document: JSONObject, environment: Environment) -> None:
    """Return if the data model's version is one that is accepted; else CredentialError (threat A16)."""
    version = check_base_context(document)
    if version not in environment.accepted_versions:
        accepted = " or ".join(sorted(environment.accepted_versions))
        raise CredentialError(f"expected data model {accepted}, found {version}")


def check_context_sequence(credential: Credential, environment: Environment) -> None:
    """Return if a credential of a known type has the contexts known for it; else ContextNotAcceptedError.

    The proof covers what the terms mean, and whoever reads by term has to know that they mean what he thinks
    (https://www.w3.org/TR/vc-data-integrity/#validating-contexts, threat A3).
    """
    found = credential.document["@context"]
    sequence = tuple(found) if isinstance(found, list) else (found,)
    for type_iri in credential.type_iris:
        known = environment.context_sequences.get(type_iri)
        if known is not None and sequence not in known:
            raise ContextNotAcceptedError(f"the contexts are not those known for credentials of {type_iri}")


def check_acceptable(issuer_id: str, environment: Environment) -> None:
    """Return if the relying party accepts the issuer, or does not say; else IssuerNotAcceptedError."""
    is_acceptable = environment.is_issuer_acceptable
    if is_acceptable is not None and not is_acceptable(issuer_id):
        raise IssuerNotAcceptedError("the issuer is not one that is accepted here; nothing was looked up")


def _resolve_signers(issuer_id: str, environment: Environment, lookups: Lookups) -> Resolve:
    """Return the look-up of those who signed a credential of an acceptable issuer.

    Anybody can add a proof to a credential, so a signer that is neither the issuer nor acceptable itself
    causes no request (threat G11).
    """
    own = {issuer_id, *environment.issuer_keys(issuer_id)}

    def resolve(did: str) -> JSONObject:
        if did not in own and not is_self_contained(did):
            check_acceptable(did, environment)
        return lookups.resolve(did)

    return resolve


def issuer_proofs(
    credential: Credential, proofs: Sequence[VerifiedProof], environment: Environment
) -> list[VerifiedProof]:
    """Return those of `proofs` that were made by a key of the issuer's."""
    dids = {credential.issuer_id, *environment.issuer_keys(credential.issuer_id)}
    return [proof for proof in proofs if proof.method.controller in dids]
