"""The words of a decision: reasons with stable codes, a verdict made of them, a reason for every error.

People at a door have to hear "expired", "revoked" or "could not check", each apart from "forged": the
standards keep these failures apart, and so does the tree in `vclib.errors`. This is the one table from
there to plain words. The codes are for programs and stay; the messages are for people and may improve.
Who decides what, from which facts: `vclib.policy`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from vclib import errors
from vclib.errors import VCError
from vclib.strict_json import JSONObject


class Outcome(StrEnum):
    """What a relying party does: let in, turn away, or look closer because something was not checked."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNDECIDED = "undecided"


class Severity(StrEnum):
    """What one reason does to the outcome: refuse it, leave it undecided, or only be told."""

    REFUSE = "refuse"
    UNDECIDED = "undecided"
    NOTE = "note"


@dataclass(frozen=True)
class Reason:
    """One finding. `type` is a standard's problem type URL, `detail` the technical message behind it."""

    code: str
    message: str
    severity: Severity = Severity.REFUSE
    type: str | None = None
    detail: str = ""

    def to_json(self) -> JSONObject:
        """Return the reason as JSON; members that say nothing are left out."""
        members: JSONObject = {
            "code": self.code,
            "severity": str(self.severity),
            "message": self.message,
            "type": self.type,
            "detail": self.detail,
        }
        return {name: value for name, value in members.items() if value}


@dataclass(frozen=True)
class Verdict:
    """A decision and why. `parts` are the verdicts on each credential of a presentation, in their order.

    `issuer_name` is the trust registry's name of the issuer, None if the registry does not know it; a name
    out of a credential is the issuer's own word and is never shown here (threat I7).
    """

    reasons: tuple[Reason, ...]
    issuer_name: str | None = None
    parts: tuple[Verdict, ...] = ()

    @property
    def outcome(self) -> Outcome:
        """REFUSED if anything refuses, else UNDECIDED if anything is open, else ACCEPTED."""
        severities = {reason.severity for reason in self.reasons}
        outcomes = {part.outcome for part in self.parts}
        if Severity.REFUSE in severities or Outcome.REFUSED in outcomes:
            return Outcome.REFUSED
        if Severity.UNDECIDED in severities or Outcome.UNDECIDED in outcomes:
            return Outcome.UNDECIDED
        return Outcome.ACCEPTED

    @property
    def all_reasons(self) -> tuple[Reason, ...]:
        """The reasons of this verdict and of its parts."""
        return self.reasons + tuple(reason for part in self.parts for reason in part.all_reasons)

    def to_json(self) -> JSONObject:
        """Return the verdict as JSON, parts included."""
        written: JSONObject = {
            "outcome": str(self.outcome),
            "reasons": [reason.to_json() for reason in self.reasons],
        }
        if self.issuer_name is not None:
            written["issuerName"] = self.issuer_name
        if self.parts:
            written["credentials"] = [part.to_json() for part in self.parts]
        return written


def reason_of(error: VCError, *, severity: Severity | None = None) -> Reason:
    """Return the reason that an error is, by its class; `severity` overrides what the table says."""
    for classes, code, message, default in _REASONS:
        if isinstance(error, classes):
            return Reason(code, message, severity or default, error.type, error.message)
    return Reason("refused", "This could not be accepted.", severity or Severity.REFUSE, None, error.message)


def worst(reasons: Iterable[Reason]) -> Severity:
    """Return the severity that decides among `reasons`."""
    severities = {reason.severity for reason in reasons}
    order = (Severity.REFUSE, Severity.UNDECIDED)
    return next((severity for severity in order if severity in severities), Severity.NOTE)


_REFUSE, _UNDECIDED = Severity.REFUSE, Severity.UNDECIDED

# The first row that fits counts, so a class stands above those it inherits from.
_REASONS: tuple[tuple[tuple[type[VCError], ...], str, str, Severity], ...] = (
    # Whose word it is, and whether it was changed.
    (
        (errors.InvalidSignatureError, errors.CryptographicSecurityError),
        "forged",
        "The signature does not fit: this was changed, or somebody else made it.",
        _REFUSE,
    ),
    (
        (errors.IssuerKeyMismatchError,),
        "forged",
        "This was signed by somebody other than the issuer it names.",
        _REFUSE,
    ),
    (
        (errors.IssuerNotAcceptedError,),
        "issuer-unknown",
        "The issuer is not recognised here. Nothing else was checked.",
        _REFUSE,
    ),
    (
        (errors.RetiredKeyError,),
        "key-retired",
        "The key that signed this was withdrawn or had run out.",
        _REFUSE,
    ),
    (
        (errors.VerificationMethodError,),
        "key-not-valid",
        "The key that signed this is not one that may sign it.",
        _REFUSE,
    ),
    # What was presented, to whom, by whom.
    (
        (errors.InvalidChallengeError,),
        "wrong-challenge",
        "This answers another request, not ours. It may be a copy of an earlier answer.",
        _REFUSE,
    ),
    (
        (errors.InvalidDomainError,),
        "wrong-domain",
        "This was made for another place, not for us.",
        _REFUSE,
    ),
    (
        (errors.HolderBindingError,),
        "wrong-holder",
        "This belongs to somebody else: whoever presents it does not have the holder's key.",
        _REFUSE,
    ),
    (
        (errors.ProofExpiredError,),
        "proof-expired",
        "The proof was made at another time than now.",
        _REFUSE,
    ),
    (
        (errors.ProofPurposeError,),
        "wrong-purpose",
        "The proof was made for another purpose.",
        _REFUSE,
    ),
    ((errors.NoProofError,), "unsigned", "This is not signed.", _REFUSE),
    (
        (errors.BaseProofPresentedError,),
        "base-proof",
        "This is the holder's own copy, which must not be shown. Ask for a presentation made from it.",
        _REFUSE,
    ),
    (
        (errors.UnsupportedCryptosuiteError, errors.UnsupportedSecuringMechanismError),
        "not-supported",
        "This is signed in a way that cannot be checked here.",
        _UNDECIDED,
    ),
    ((errors.ProofError,), "forged", "The proof does not hold.", _REFUSE),
    # What could not be looked up.
    (
        (errors.MethodNotSupportedError, errors.UnsupportedPublicKeyTypeError),
        "not-supported",
        "The issuer's or holder's kind of identifier cannot be checked here.",
        _UNDECIDED,
    ),
    (
        (errors.FetchRefusedError,),
        "address-refused",
        "An address that this names must not be visited.",
        _REFUSE,
    ),
    (
        (errors.DIDInternalError, errors.DIDNotFoundError, errors.FetchError, errors.StatusError),
        "not-checked",
        "Something could not be looked up now, so this could not be checked.",
        _UNDECIDED,
    ),
    # What is written in it.
    (
        (errors.ContextNotAcceptedError,),
        "context-not-accepted",
        "This uses words whose meaning is not known here.",
        _REFUSE,
    ),
    (
        (errors.ContextIntegrityError, errors.ConfigurationError, errors.StoreError),
        "not-checked",
        "This program is not installed or set up correctly, so nothing can be checked.",
        _UNDECIDED,
    ),
    ((errors.ComplexityError,), "too-large", "This is larger or more deeply nested than allowed.", _REFUSE),
    (
        (errors.RelatedResourceError,),
        "related-resource",
        "Something that this links to was exchanged.",
        _REFUSE,
    ),
    ((errors.CredentialSchemaError,), "schema", "This does not fit the form it names.", _REFUSE),
    (
        (
            errors.MalformedError,
            errors.JSONLDError,
            errors.CredentialError,
            errors.DIDError,
            errors.KeyMaterialError,
            errors.RecordError,
        ),
        "malformed",
        "This is not written as a credential or presentation has to be.",
        _REFUSE,
    ),
)
