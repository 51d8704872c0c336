"""Integrity of a credential: steps 1 to 5 of the procedure in `vclib.verification`.

Apart from the rest because status lists and packaged schemas are credentials, too, and have to be as genuine
as what they are asked about.
"""

from __future__ import annotations

from collections.abc import Sequence

from vclib.credentials import Credential, parse_credential
from vclib.data_model import check_base_context
from vclib.environment import Environment, Lookups
from vclib.errors import CredentialError, IssuerKeyMismatchError, IssuerNotAcceptedError
from vclib.proofs import ASSERTION_METHOD, VerifiedProof, verify_proofs
from vclib.strict_json import JSONObject


def verify_integrity(
    document: JSONObject, environment: Environment, lookups: Lookups
) -> tuple[Credential, tuple[VerifiedProof, ...]]:
    # 1. and 2. Contexts and conformance.
    credential = parse_credential(document, contexts=environment.contexts)
    check_version(document, environment)
    # 3. Acceptable issuer.
    check_acceptable(credential.issuer_id, environment)
    # 4. Proofs.
    proofs = verify_proofs(
        document,
        purpose=ASSERTION_METHOD,
        resolve=lookups.resolve,
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
    version = check_base_context(document)
    if version not in environment.accepted_versions:
        accepted = " or ".join(sorted(environment.accepted_versions))
        raise CredentialError(f"expected data model {accepted}, found {version}")


def check_acceptable(issuer_id: str, environment: Environment) -> None:
    is_acceptable = environment.is_issuer_acceptable
    if is_acceptable is not None and not is_acceptable(issuer_id):
        raise IssuerNotAcceptedError("the issuer is not one that is accepted here; nothing was looked up")


def issuer_proofs(
    credential: Credential, proofs: Sequence[VerifiedProof], environment: Environment
) -> list[VerifiedProof]:
    dids = {credential.issuer_id, *environment.issuer_keys(credential.issuer_id)}
    return [proof for proof in proofs if proof.method.controller in dids]
