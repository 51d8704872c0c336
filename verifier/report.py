"""How a verdict is told: one word, why, then what was disclosed and by whom; or all of it as JSON.

The issuer is called by the name that the trust file gives it, never by the one in the credential (threat
I7). Claims of a credential that was refused stand under that verdict, and there are none where integrity
failed. The texts are an issuer's or a holder's: whoever prints the lines makes them inert.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from health import Claim
from health.formats import Certificate
from vclib.datetimes import format_datetime
from vclib.policy import Outcome, Reason, Severity, Verdict
from vclib.status import StatusResult
from vclib.strict_json import JSONObject
from vclib.verification import BindingState, NotChecked, VerifiedCredential
from verifier.service import CheckedCredential, CheckResult

WORDS: Mapping[Outcome, str] = MappingProxyType(
    {Outcome.ACCEPTED: "ACCEPTED", Outcome.REFUSED: "REFUSED", Outcome.UNDECIDED: "NOT DECIDED"}
)

_MARKS: Mapping[Severity, str] = MappingProxyType(
    {Severity.REFUSE: "x", Severity.UNDECIDED: "?", Severity.NOTE: "-"}
)
# Told in lines of their own, by what was verified.
TOLD_OTHERWISE = ("/issuer", "/credentialStatus", "/credentialSubject/id", "/credentialSubject/type")
_LABEL_WIDTH = 32


def result_lines(result: CheckResult) -> list[str]:
    """Return the lines that tell a result to a person."""
    lines = [WORDS[result.verdict.outcome], *_reason_lines(result.verdict)]
    several = len(result.credentials) > 1
    for number, checked in enumerate(result.credentials, start=1):
        if several:
            lines += ["", f"credential {number}: {WORDS[checked.verdict.outcome]}"]
        # Of one credential alone the verdict on it is the verdict on the whole, and was told above.
        told = () if several else result.verdict.reasons
        lines += [_reason_line(reason) for reason in checked.verdict.reasons if reason not in told]
        if checked.verified is not None:
            lines += ["", *_credential_lines(checked, checked.verified)]
        if checked.certificate is not None:
            lines += ["", *_certificate_lines(checked, checked.certificate)]
    return lines


def result_json(result: CheckResult) -> JSONObject:
    """Return a result with everything that was checked and disclosed."""
    written: JSONObject = {
        "outcome": str(result.verdict.outcome),
        "reasons": [reason.to_json() for reason in result.verdict.all_reasons],
    }
    if result.presentation is not None:
        written["signedBy"] = list(result.presentation.signers)
    written["credentials"] = [_credential_json(checked) for checked in result.credentials]
    return written


def _reason_lines(verdict: Verdict) -> list[str]:
    return [_reason_line(reason) for reason in verdict.reasons]


def _reason_line(reason: Reason) -> str:
    detail = f" ({reason.detail})" if reason.detail else ""
    return f"  {_MARKS[reason.severity]} [{reason.code}] {reason.message}{detail}"


def _credential_lines(checked: CheckedCredential, verified: VerifiedCredential) -> list[str]:
    credential = verified.credential
    issuer = checked.verdict.issuer_name
    lines = [
        claim_line("issued by", issuer if issuer is not None else f"not recognised: {credential.issuer_id}")
    ]
    lines += [
        claim_line(claim.label, claim.display)
        for claim in checked.claims
        if not claim.pointer.startswith(TOLD_OTHERWISE)
    ]
    lines.append(claim_line("bound to", _binding_words(checked)))
    lines.append(claim_line("withdrawn", _status_words(verified)))
    handles = dict.fromkeys(value.label for value in checked.linkable)
    lines.append(claim_line("recognisable again by", ", ".join(handles) or "nothing"))
    lines.append(claim_line("signed with", ", ".join(proof.cryptosuite for proof in verified.proofs)))
    return lines


def _certificate_lines(checked: CheckedCredential, certificate: Certificate) -> list[str]:
    lines = [
        claim_line("issued by", checked.verdict.issuer_name or "not recognised"),
        claim_line("name", certificate.name),
        claim_line("date of birth", certificate.birth_date or "not stated"),
        claim_line("kind", certificate.kind),
    ]
    lines += [claim_line(claim.label, claim.display) for claim in checked.claims]
    lines.append(claim_line("bound to", "nobody: compare with an identity document"))
    lines.append(claim_line("signed with", f"{certificate.format}, {certificate.algorithm}"))
    return lines


def claim_line(label: str, text: str) -> str:
    """Return one line of a table of claims."""
    return f"  {label:<{_LABEL_WIDTH}}{text}"


def _binding_words(checked: CheckedCredential) -> str:
    binding = checked.binding
    if binding is None:
        return "nobody presented it"
    if binding.state is BindingState.BOUND:
        return f"the presenter's key, {binding.did}"
    return "no key" if binding.state is BindingState.UNBOUND else "a key that has not signed this"


def _status_words(verified: VerifiedCredential) -> str:
    if not verified.status:
        return "no status entry"
    return ", ".join(
        f"{entry.purpose or 'status'} not checked"
        if isinstance(entry, NotChecked)
        else f"{entry.purpose}: {'yes' if entry.is_set else 'no'}"
        for entry in verified.status
    )


def _credential_json(checked: CheckedCredential) -> JSONObject:
    written: JSONObject = {"verdict": checked.verdict.to_json()}
    verified = checked.verified
    if checked.certificate is not None:
        return written | _certificate_json(checked, checked.certificate)
    if verified is None:
        return written
    credential = verified.credential
    written["issuer"] = credential.issuer_id
    written["types"] = list(credential.types)
    written["validity"] = str(verified.validity)
    written["cryptosuites"] = [proof.cryptosuite for proof in verified.proofs]
    written["status"] = [_status_json(entry) for entry in verified.status]
    if checked.binding is not None:
        written["binding"] = str(checked.binding.state)
        if checked.binding.did is not None:
            written["holder"] = checked.binding.did
    written["linkable"] = [value.pointer for value in checked.linkable]
    written["claims"] = [_claim_json(claim) for claim in checked.claims]
    return written


def _certificate_json(checked: CheckedCredential, certificate: Certificate) -> JSONObject:
    written: JSONObject = {
        "format": certificate.format,
        "kind": certificate.kind,
        "name": certificate.name,
        "birthDate": certificate.birth_date,
        "country": certificate.issuer,
        "certificateId": certificate.certificate_id,
        "algorithm": certificate.algorithm,
        "signer": certificate.kid.hex(),
        "validFrom": format_datetime(certificate.valid_from) if certificate.valid_from else None,
        "validUntil": format_datetime(certificate.valid_until) if certificate.valid_until else None,
        "claims": [_claim_json(claim) for claim in checked.claims],
    }
    return {name: value for name, value in written.items() if value is not None}


def _claim_json(claim: Claim) -> JSONObject:
    written: JSONObject = {"pointer": claim.pointer, "label": claim.label, "display": claim.display}
    if claim.code is not None:
        written["code"] = claim.code
    return written


def _status_json(entry: StatusResult | NotChecked) -> JSONObject:
    if isinstance(entry, NotChecked):
        return {"purpose": entry.purpose or "", "checked": False, "detail": entry.error.message}
    written: JSONObject = {"purpose": entry.purpose, "checked": True, "set": entry.is_set}
    if entry.list_valid_from is not None:
        written["listFrom"] = format_datetime(entry.list_valid_from)
    return written


def missing_lines(result: CheckResult, lists: Sequence[str]) -> list[str]:
    """Return what would help where a status list was not at hand."""
    unchecked = [
        entry
        for checked in result.credentials
        if checked.verified is not None
        for entry in checked.verified.status
        if isinstance(entry, NotChecked)
    ]
    if not unchecked or lists:
        return []
    return ["", "the issuer's status lists can be given as files: --status FILE"]
