"""What can be told about a credential that is genuine: steps 6 to 9 of `vclib.verification`.

Related resources, validity period, status and schemas. Only an exchanged resource and a malformed status
entry raise; whatever could not be looked up is said in the result, and never read as good news.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from vclib.credentials import Credential
from vclib.cryptosuites import SELECTIVE_SUITES
from vclib.data_model import without_members
from vclib.environment import Environment, Lookups
from vclib.errors import (
    CredentialError,
    CredentialSchemaError,
    FetchError,
    MalformedError,
    StatusError,
    StatusVerificationError,
    VCError,
)
from vclib.integrity import check_acceptable, issuer_proofs, verify_integrity
from vclib.proofs import VerifiedProof
from vclib.related_resources import check_pinned_resources
from vclib.schemas import (
    SCHEMA_CREDENTIAL_TYPE,
    SchemaOutcome,
    check_schema_digest,
    evaluate_schema,
    parse_schema,
    schema_kind,
    schema_of_credential,
)
from vclib.status import StatusResult, check_status, decode_list, is_bitstring_entry, parse_status_entry
from vclib.strict_json import JSONObject, parse_json_object
from vclib.verdicts import Reason, Severity
from vclib.verified import NotChecked, SchemaResult, Validity, VerifiedCredential


def examine(
    credential: Credential,
    proofs: tuple[VerifiedProof, ...],
    environment: Environment,
    lookups: Lookups,
    *,
    self_asserted: bool = False,
) -> VerifiedCredential:
    """Return what can be told about a credential whose integrity was verified.

    Raises RelatedResourceError for a resource that was exchanged, MalformedValueError for a status entry that
    is none.
    """
    return VerifiedCredential(
        credential=credential,
        proofs=proofs,
        # 6. Related resources.
        warnings=_check_resources(credential, environment, lookups) + _notes(credential, proofs, environment),
        # 7. Validity period.
        validity=_validity(credential, environment),
        # 8. Status.
        status=tuple(_status(credential, entry, environment, lookups) for entry in credential.status_entries),
        # 9. Schemas.
        schemas=tuple(
            _schema(credential, proofs, entry, environment, lookups) for entry in credential.schemas
        ),
        self_asserted=self_asserted,
    )


def _check_resources(
    credential: Credential, environment: Environment, lookups: Lookups
) -> tuple[Reason, ...]:
    """Check the related resources that can be had; a note for each that could not."""
    notes: list[Reason] = []
    for resource in check_pinned_resources(credential.related_resources):
        try:
            resource.check(lookups.fetch(resource.url))
        except FetchError as err:
            notes.append(_note("resource-not-checked", "A linked resource was not checked.", err.message))
    return tuple(notes)


def _notes(
    credential: Credential, proofs: Sequence[VerifiedProof], environment: Environment
) -> tuple[Reason, ...]:
    notes: list[Reason] = []
    if len(credential.subjects) > 1:
        notes.append(_note("several-subjects", f"This is about {len(credential.subjects)} subjects."))
    if len(issuer_proofs(credential, proofs, environment)) < len(proofs):
        notes.append(_note("other-signer", "Somebody besides the issuer signed this, too."))
    return tuple(notes)


def _note(code: str, message: str, detail: str = "") -> Reason:
    return Reason(code, message, Severity.NOTE, None, detail)


def _validity(credential: Credential, environment: Environment) -> Validity:
    """Compare with the moment of the check.

    An issuer's clock may run a little ahead of ours, so a beginning in the next moments is forgiven; an end
    is not, since nobody has to wait for it.
    """
    if credential.valid_from is not None and credential.valid_from - environment.now > environment.clock_skew:
        return Validity.NOT_YET_VALID
    if credential.valid_until is not None and environment.now > credential.valid_until:
        return Validity.EXPIRED
    return Validity.VALID


def _status(
    credential: Credential, entry: JSONObject, environment: Environment, lookups: Lookups
) -> StatusResult | NotChecked:
    """Return what the list says, or why it says nothing. MalformedValueError for a malformed entry."""
    purpose = entry.get("statusPurpose")
    shown = purpose if isinstance(purpose, str) else None
    if not is_bitstring_entry(entry):
        return NotChecked(shown, StatusError("the type of this status is not supported here"))
    # A malformed entry is the credential's own fault, so it is raised, and never read as index 0 (H5).
    parsed = parse_status_entry(entry)
    try:
        list_credential = _status_list(credential, parsed.list_url, environment, lookups)
        memory = environment.list_memory
        return check_status(
            parsed,
            list_credential,
            minimum_entries=environment.minimum_status_entries,
            decode=decode_list if memory is None else memory.decode,
        )
    except (StatusError, FetchError, MalformedError) as err:
        return NotChecked(parsed.purpose, err)


def _status_list(credential: Credential, url: str, environment: Environment, lookups: Lookups) -> Credential:
    """Return the verified list credential of a URL: the issuer's own, and valid now (threat H2)."""
    if url not in lookups.verified_lists:
        document = lookups.status_list(url)
        try:
            lookups.verified_lists[url] = _verified_list(document, environment, lookups)
        except VCError as err:
            raise StatusVerificationError(f"the status list does not verify: {err.message}") from err
    list_credential = lookups.verified_lists[url]
    publishers = {credential.issuer_id, *environment.issuer_keys(credential.issuer_id)}
    if environment.bind_issuer_to_key and list_credential.issuer_id not in publishers:
        raise StatusVerificationError("the status list is of another issuer than the credential")
    validity = _validity(list_credential, environment)
    if validity is not Validity.VALID:
        raise StatusVerificationError(f"the status list itself is {validity}")
    return list_credential


def _verified_list(document: JSONObject, environment: Environment, lookups: Lookups) -> Credential:
    memory = environment.list_memory
    kept = None if memory is None else memory.find(document, environment.now)
    if kept is not None:
        check_acceptable(kept.issuer_id, environment)
        return kept
    credential, proofs = verify_integrity(document, environment, lookups)
    if memory is not None:
        memory.keep(document, credential, proofs, environment.now)
    return credential


def _schema(
    credential: Credential,
    proofs: Collection[VerifiedProof],
    entry: JSONObject,
    environment: Environment,
    lookups: Lookups,
) -> SchemaResult:
    schema_id = str(entry["id"])
    reason = _why_not_evaluated(proofs, entry, environment)
    if reason:
        return SchemaResult(schema_id, SchemaOutcome.INDETERMINATE, reason)
    try:
        content = lookups.fetch(schema_id)
        check_schema_digest(entry, content)
        schema = _schema_in(entry, content, environment, lookups)
    except CredentialSchemaError as err:
        return SchemaResult(schema_id, SchemaOutcome.FAILURE, err.message)
    except VCError as err:
        # Whatever kept the schema from being read, it says nothing about the credential.
        return SchemaResult(schema_id, SchemaOutcome.INDETERMINATE, err.message)
    return SchemaResult(schema_id, *evaluate_schema(without_members(credential.document, "proof"), schema))


def _why_not_evaluated(proofs: Collection[VerifiedProof], entry: JSONObject, environment: Environment) -> str:
    if schema_kind(entry) is None:
        return "the type of this schema is not supported here"
    if environment.fetch is None:
        return "schemas are not fetched here"
    # A schema can keep a validator busy for ever; only an issuer known here may ask for that.
    if environment.is_issuer_acceptable is None:
        return "schemas are evaluated only for issuers known to be acceptable"
    # What was withheld would be reported as missing.
    if proofs and all(proof.cryptosuite in SELECTIVE_SUITES for proof in proofs):
        return "the credential shows a part of itself only"
    return ""


def _schema_in(entry: JSONObject, content: bytes, environment: Environment, lookups: Lookups) -> JSONObject:
    if schema_kind(entry) != SCHEMA_CREDENTIAL_TYPE:
        return parse_schema(content)
    carrier, _ = verify_integrity(parse_json_object(content), environment, lookups)
    if _validity(carrier, environment) is not Validity.VALID or len(carrier.subjects) != 1:
        raise CredentialError("expected one schema in a credential that is valid now")
    return schema_of_credential(carrier.subjects[0])
