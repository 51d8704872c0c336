"""The messages of the VC API (VCALM): what is asked for, and the verification results that answer.

Requests are read strictly, by the members the specification names; results keep apart what makes a document
untrue (errors: cryptography, data model, contexts) and what its issuer or the calendar says of it (warnings:
status, validity period, schema), since only the former make `verified` false
(https://w3c.github.io/vcalm/#verification-errors-vs-warnings). So nobody should read `verified` alone; the
venue's own answer is a verdict (`vclib.policy`), not one of these. Not here: HTTP, keys, any check.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from protocols.vcalm_reading import (
    UNKNOWN_OPTION,
    UnknownOptionError,
    check_members,
    flag_option,
    object_member,
    options_member,
    pointers_option,
    text_option,
)
from vclib.errors import VCError
from vclib.schemas import SchemaOutcome
from vclib.status import StatusResult
from vclib.strict_json import JSONObject, JSONValue
from vclib.verification import (
    CredentialFailure,
    NotChecked,
    Validity,
    VerifiedCredential,
    VerifiedPresentation,
)

__all__ = [
    "OWN_PROBLEMS",
    "UNKNOWN_OPTION",
    "DeriveRequest",
    "IssueRequest",
    "ProblemDetail",
    "ResultOptions",
    "UnknownOptionError",
    "VerificationResult",
    "VerifyCredentialRequest",
    "VerifyPresentationRequest",
    "credential_result",
    "presentation_result",
]

# For findings that no standard names: a credential that has ended or was withdrawn is not malformed.
OWN_PROBLEMS = "https://w3id.org/ddcc/problems#"


# --- what is asked for ----------------------------------------------------------------------------


@dataclass(frozen=True)
class IssueRequest:
    """POST /credentials/issue: `credential` without a proof, and what a selective suite must not hide."""

    credential: JSONObject
    mandatory_pointers: tuple[str, ...] = ()
    credential_id: str | None = None

    @classmethod
    def from_json(cls, body: JSONObject, *, ignored_options: Collection[str] = ()) -> IssueRequest:
        """Return the request of a body; raises MalformedValueError, UnknownOptionError."""
        check_members(body, {"credential", "options"})
        options = options_member(body, {"mandatoryPointers", "credentialId"}, ignored_options)
        return cls(
            object_member(body, "credential"),
            pointers_option(options, "mandatoryPointers"),
            text_option(options, "credentialId"),
        )


@dataclass(frozen=True)
class DeriveRequest:
    """POST /credentials/derive: a credential with a base proof, and what to show of it."""

    credential: JSONObject
    selective_pointers: tuple[str, ...]

    @classmethod
    def from_json(cls, body: JSONObject, *, ignored_options: Collection[str] = ()) -> DeriveRequest:
        """Return the request of a body; raises MalformedValueError, UnknownOptionError."""
        check_members(body, {"verifiableCredential", "options"})
        options = options_member(body, {"selectivePointers"}, ignored_options)
        return cls(object_member(body, "verifiableCredential"), pointers_option(options, "selectivePointers"))


@dataclass(frozen=True)
class ResultOptions:
    """What a verification result is to hold beside `verified`."""

    problem_details: bool = True
    results: bool = False
    document: bool = False


@dataclass(frozen=True)
class VerifyCredentialRequest:
    """POST /credentials/verify."""

    credential: JSONObject
    result: ResultOptions = field(default_factory=ResultOptions)
    challenge: str | None = None
    domain: str | None = None

    @classmethod
    def from_json(cls, body: JSONObject, *, ignored_options: Collection[str] = ()) -> VerifyCredentialRequest:
        """Return the request of a body; raises MalformedValueError, UnknownOptionError.

        The specification gives this request no `challenge` and `domain`; where they are among
        `ignored_options` they are read all the same, so that nobody believes they were compared.
        """
        check_members(body, {"verifiableCredential", "options"})
        options = options_member(
            body, {"returnCredential", "returnProblemDetails", "returnResults"}, ignored_options
        )
        return cls(
            object_member(body, "verifiableCredential"),
            _result_options(options, "returnCredential"),
            text_option(options, "challenge"),
            text_option(options, "domain"),
        )


@dataclass(frozen=True)
class VerifyPresentationRequest:
    """POST /presentations/verify: `challenge` and `domain` are what the presentation has to answer."""

    presentation: JSONObject
    result: ResultOptions = field(default_factory=ResultOptions)
    challenge: str | None = None
    domain: str | None = None

    @classmethod
    def from_json(cls, body: JSONObject) -> VerifyPresentationRequest:
        """Return the request of a body; raises MalformedValueError. Other options are allowed here."""
        check_members(body, {"verifiablePresentation", "options"})
        options = object_member(body, "options") if "options" in body else {}
        return cls(
            object_member(body, "verifiablePresentation"),
            _result_options(options, "returnPresentation"),
            text_option(options, "challenge"),
            text_option(options, "domain"),
        )


# --- what is answered -----------------------------------------------------------------------------


@dataclass(frozen=True)
class ProblemDetail:
    """One finding. An error makes the document unverified, a warning is for the caller to weigh."""

    type: str
    title: str
    detail: str
    is_error: bool

    def to_json(self) -> JSONObject:
        """Return the finding as a problem detail (RFC 9457); only what is an error has a `status`."""
        written: JSONObject = {"type": self.type, "title": self.title, "detail": self.detail}
        return written | {"status": 400} if self.is_error else written

    @classmethod
    def of_error(cls, error: VCError, *, is_error: bool = True) -> ProblemDetail:
        """Return a failure as a finding, by the type its standard gives it."""
        problem_type = error.type or OWN_PROBLEMS + error.code
        return cls(problem_type, problem_type.rpartition("#")[2], error.message, is_error)


@dataclass(frozen=True)
class VerificationResult:
    """The answer to a request to verify: the findings, and what was found about each part."""

    problems: tuple[ProblemDetail, ...]
    document_member: str
    document: JSONObject
    results: JSONObject

    @property
    def verified(self) -> bool:
        """Whether there is no error; a revoked or expired credential can be verified."""
        return not any(problem.is_error for problem in self.problems)

    def to_json(self, options: ResultOptions) -> JSONObject:
        """Return the result with the members that were asked for."""
        written: JSONObject = {"verified": self.verified}
        if options.document:
            written[self.document_member] = self.document
        if options.problem_details:
            written["problemDetails"] = [problem.to_json() for problem in self.problems]
        if options.results:
            written["results"] = self.results
        return written


def credential_result(document: JSONObject, outcome: VerifiedCredential | VCError) -> VerificationResult:
    """Return the result for one credential, from what its verification gave or raised."""
    if isinstance(outcome, VCError):
        return VerificationResult((ProblemDetail.of_error(outcome),), "credential", document, {})
    return VerificationResult(_warnings(outcome), "credential", document, _credential_results(outcome))


def presentation_result(
    document: JSONObject,
    outcome: VerifiedPresentation | VCError,
    *,
    challenge: str | None,
    domain: str | None,
) -> VerificationResult:
    """Return the result for a presentation, its credentials included: one that failed is an error."""
    member = "verifiablePresentation"
    if isinstance(outcome, VCError):
        return VerificationResult((ProblemDetail.of_error(outcome),), member, document, {})
    parts = [
        credential_result(item.document, item.error)
        if isinstance(item, CredentialFailure)
        else credential_result(item.credential.document, item)
        for item in outcome.credentials
    ]
    asked: JSONObject = {
        name: {"verified": True, "input": value}
        for name, value in (("challenge", challenge), ("domain", domain), ("holder", outcome.holder))
        if value is not None
    }
    proofs: list[JSONValue] = [{"verified": True, "input": proof.proof} for proof in outcome.proofs]
    results: JSONObject = {
        "presentation": {**asked, "proof": proofs},
        "credentials": [{"verified": part.verified, **part.results} for part in parts],
    }
    problems = tuple(problem for part in parts for problem in part.problems)
    return VerificationResult(problems, member, document, results)


def _warnings(outcome: VerifiedCredential) -> tuple[ProblemDetail, ...]:
    found: list[ProblemDetail] = []
    if outcome.validity is not Validity.VALID:
        found.append(_own_warning(str(outcome.validity), f"the credential is {outcome.validity} now"))
    for status in outcome.status:
        if isinstance(status, NotChecked):
            found.append(ProblemDetail.of_error(status.error, is_error=False))
        elif status.is_set:
            found.append(_own_warning("status-set", f"{status.purpose}: the status list says {status.value}"))
    found.extend(
        _own_warning("schema", f"{schema.schema_id}: {schema.outcome}, {schema.reason}")
        for schema in outcome.schemas
        if schema.outcome is not SchemaOutcome.SUCCESS
    )
    found.extend(_own_warning(note.code, note.detail or note.message) for note in outcome.warnings)
    return tuple(found)


def _own_warning(code: str, detail: str) -> ProblemDetail:
    return ProblemDetail(OWN_PROBLEMS + code, code, detail, is_error=False)


def _credential_results(outcome: VerifiedCredential) -> JSONObject:
    document, validity = outcome.credential.document, outcome.validity
    results: JSONObject = {}
    # 1.1 has other names for the same two moments.
    for member, older, broken in (
        ("validFrom", "issuanceDate", Validity.NOT_YET_VALID),
        ("validUntil", "expirationDate", Validity.EXPIRED),
    ):
        name = member if member in document else older
        if name in document:
            results[name] = {"verified": validity is not broken, "input": document[name]}
    results["credentialStatus"] = [
        _status_result(entry, status)
        for entry, status in zip(outcome.credential.status_entries, outcome.status, strict=True)
    ]
    results["credentialSchema"] = [
        {"verified": schema.outcome is SchemaOutcome.SUCCESS, "input": schema.schema_id}
        for schema in outcome.schemas
    ]
    results["proof"] = [{"verified": True, "input": proof.proof} for proof in outcome.proofs]
    return results


def _status_result(entry: JSONObject, status: StatusResult | NotChecked) -> JSONObject:
    if isinstance(status, NotChecked):
        return {"verified": False, "input": entry}
    return {"value": status.value, "verified": True, "input": entry}


def _result_options(options: JSONObject, document: str) -> ResultOptions:
    return ResultOptions(
        problem_details=flag_option(options, "returnProblemDetails", default=True),
        results=flag_option(options, "returnResults", default=False),
        document=flag_option(options, document, default=False),
    )
