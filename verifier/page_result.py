"""From a result to what stands on the page: one word, one colour, why, and what was disclosed.

Green needs more than that nothing was objected to. Everything that makes a result good is looked at again:
a known issuer, a signature, validity, every status, the presenter's key (threat M1). What is in order but
bound to nobody is amber until somebody has compared the name with an identity document. A note that is not
known to be harmless is amber, too. Results are read as JSON, because that is how one waits in the database
for the page that asked. Not here: HTML (`verifier.page_views`), and the decision itself (`verifier.service`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from health import Claim, translated
from vclib.datetimes import parse_datetime
from vclib.errors import MalformedValueError
from vclib.policy import Outcome, Severity
from vclib.strict_json import JSONObject, JSONValue
from verifier.page_clock import doubts_clock
from verifier.page_words import REASONS, Words
from verifier.report import TOLD_OTHERWISE

_NAME, _BIRTH_DATE = "/credentialSubject/name", "/credentialSubject/birthDate"
# Of use to nobody at a desk; shown on demand.
_TECHNICAL = ("/id", "/credentialSchema", "/relatedResource", "/schemaVersion", "/hcid", "/authority", "/ver")
_PAPER = {
    "vaccination": "Vaccination, on paper",
    "test": "Test result, on paper",
    "recovery": "Recovery, on paper",
}
# Notes that say: in order, but it could be anybody who shows it.
_BOUND_TO_NOBODY = frozenset({"not-bound", "not-fresh", "not-presented"})
# Notes that leave a result as good as it was.
_HARMLESS = frozenset(
    {"newer-available", "old-copy", "other-signer", "rules-met", "status-message", "unknown-codes"}
)
# Reasons whose detail, or whose own sentence, says what ours cannot know.
_WITH_DETAIL = frozenset({"rules-not-met", "rules-open", "status-message"})
_WITH_MESSAGE = frozenset({"not-supported"})
_ISO_DATE = len("2026-05-06")
_ORDER = (Severity.REFUSE, Severity.UNDECIDED, Severity.NOTE)


class Tone(StrEnum):
    """The colour of an answer; `COMPARE` is amber that somebody can turn to green."""

    ACCEPTED = "accepted"
    COMPARE = "compare"
    UNCLEAR = "unclear"
    REFUSED = "refused"


@dataclass(frozen=True)
class Line:
    """A sentence, and the language it is in where that is not the page's."""

    text: str
    language: str | None = None


@dataclass(frozen=True)
class Fact:
    """One value that was disclosed, with its name."""

    label: str
    text: str


@dataclass(frozen=True)
class ShownCredential:
    """What one credential discloses; `issuer` is the name that the trust file gives, None for a stranger."""

    kind: str
    issuer: str | None
    name: str
    birth_date: str
    # As the certificate writes it, for comparing.
    written_birth_date: str
    facts: tuple[Fact, ...]
    more: tuple[Fact, ...]


@dataclass(frozen=True)
class Shown:
    """An answer as the page shows it; `reasons` begins with what decided, `notes` decide nothing."""

    tone: Tone
    word: str
    reasons: tuple[Line, ...]
    notes: tuple[Line, ...]
    credentials: tuple[ShownCredential, ...]
    doubts_clock: bool = False


def show_result(
    result: JSONObject, words: Words, *, now: datetime, accept_without_status: bool = False
) -> Shown:
    """Return how a result of `verifier.report.result_json`, or several of `answers_json`, is shown.

    `accept_without_status` is for paper codes where no list of withdrawals is at hand: else they are amber.
    """
    if result.get("outcome") == "none":
        return show_trouble(
            "The guest's wallet sent nothing: it has nothing that fits, or its holder declined.", words
        )
    found = _reasons(result)
    credentials = list(_credentials(result))
    harmless = _HARMLESS | {"no-status"} if accept_without_status else _HARMLESS
    tone = _tone(result, found, credentials, harmless, now)
    lines = [(reason, line) for reason in found for line in _lines(reason, words)]
    deciding = [line for reason, line in lines if _decides(reason, tone, harmless)]
    notes = [line for reason, line in lines if not _decides(reason, tone, harmless)]
    if not deciding:
        deciding = [Line(words(_SENTENCES[tone]))]
    return Shown(
        tone,
        words(_WORDS[tone]),
        tuple(dict.fromkeys(deciding)),
        tuple(dict.fromkeys(notes)),
        tuple(_shown(credential, words) for credential in credentials if "claims" in credential),
        doubts_clock(result, now=now),
    )


def show_trouble(sentence: str, words: Words) -> Shown:
    """Return an answer that says only that nothing could be checked, and why."""
    return Shown(Tone.UNCLEAR, words(_WORDS[Tone.UNCLEAR]), (Line(words(sentence)),), (), ())


_WORDS = {
    Tone.ACCEPTED: "Accepted",
    Tone.COMPARE: "Compare",
    Tone.UNCLEAR: "Unclear",
    Tone.REFUSED: "Refused",
}
_SENTENCES = {
    Tone.ACCEPTED: "Everything was checked and is in order.",
    Tone.COMPARE: "In order, but a copy would look the same.",
    Tone.UNCLEAR: "Not everything could be checked.",
    Tone.REFUSED: "This could not be accepted.",
}


def _tone(
    result: JSONObject,
    reasons: Sequence[JSONObject],
    credentials: Sequence[JSONObject],
    harmless: frozenset[str],
    now: datetime,
) -> Tone:
    severities = {reason.get("severity") for reason in reasons}
    outcome = result.get("outcome")
    if outcome == Outcome.REFUSED or Severity.REFUSE in severities:
        return Tone.REFUSED
    codes = {str(reason.get("code")) for reason in reasons}
    is_positive = bool(credentials) and all(_is_positive(credential, now) for credential in credentials)
    if outcome != Outcome.ACCEPTED or Severity.UNDECIDED in severities or not is_positive:
        return Tone.UNCLEAR
    if codes - harmless - _BOUND_TO_NOBODY:
        return Tone.UNCLEAR
    is_bound = all(credential.get("binding") == "bound" for credential in credentials)
    return Tone.ACCEPTED if is_bound and not codes & _BOUND_TO_NOBODY else Tone.COMPARE


def _is_positive(credential: JSONObject, now: datetime) -> bool:
    """Whether everything that was checked of a credential came out well, and nothing was left out."""
    verdict = credential.get("verdict")
    if not isinstance(verdict, dict) or not verdict.get("issuerName"):
        return False
    if "format" in credential:
        return bool(credential.get("signer") and credential.get("algorithm")) and _is_in_time(credential, now)
    statuses = credential.get("status")
    if not isinstance(statuses, list) or not all(_is_looked_up(status) for status in statuses):
        return False
    return credential.get("validity") == "valid" and bool(credential.get("cryptosuites"))


def _is_in_time(certificate: JSONObject, now: datetime) -> bool:
    """Whether the signature on a paper code counts now; one without an end counts for ever."""
    begins, ends = certificate.get("validFrom"), certificate.get("validUntil")
    return (not isinstance(begins, str) or parse_datetime(begins) <= now) and (
        not isinstance(ends, str) or now <= parse_datetime(ends)
    )


def _is_looked_up(status: JSONValue) -> bool:
    return isinstance(status, dict) and status.get("checked") is True


def _decides(reason: JSONObject, tone: Tone, harmless: frozenset[str]) -> bool:
    severity, code = reason.get("severity"), reason.get("code")
    if tone is Tone.REFUSED:
        return severity == Severity.REFUSE
    if tone is Tone.UNCLEAR:
        return severity == Severity.UNDECIDED or code not in harmless | _BOUND_TO_NOBODY
    return False


def _reasons(result: JSONObject) -> list[JSONObject]:
    """Return all reasons, the ones that decide first."""
    found = list(_objects(result.get("reasons")))
    for presentation in _objects(result.get("presentations")):
        found += _objects(presentation.get("reasons"))
    return sorted(found, key=lambda reason: _rank(reason.get("severity")))


def _rank(severity: JSONValue) -> int:
    return next((place for place, known in enumerate(_ORDER) if known == severity), len(_ORDER))


def _credentials(result: JSONObject) -> Iterator[JSONObject]:
    yield from _objects(result.get("credentials"))
    for presentation in _objects(result.get("presentations")):
        yield from _objects(presentation.get("credentials"))


def _lines(reason: JSONObject, words: Words) -> Iterator[Line]:
    code, message = str(reason.get("code")), str(reason.get("message") or "")
    known = REASONS.get(code)
    if known is not None:
        yield Line(words(known))
    if known is None or code in _WITH_MESSAGE:
        yield Line(message, None if words.language == "en" else "en")
    if code in _WITH_DETAIL and reason.get("detail"):
        # In whatever language an issuer or a country wrote it.
        yield Line(str(reason["detail"]), "")


def _shown(credential: JSONObject, words: Words) -> ShownCredential:
    claims = [
        translated(_claim(item), "fr" if words.language == "fr" else "en")
        for item in _objects(credential.get("claims"))
    ]
    by_pointer = {claim.pointer: claim for claim in claims}
    verdict = credential.get("verdict")
    issuer = verdict.get("issuerName") if isinstance(verdict, dict) else None
    told = [
        claim
        for claim in claims
        if claim.pointer not in (_NAME, _BIRTH_DATE, "/type", "/dob", "/name", "/birthDate")
        and not claim.pointer.startswith(TOLD_OTHERWISE)
    ]
    born = _own(credential, "birthDate") or _display(by_pointer, _BIRTH_DATE)
    return ShownCredential(
        kind=_display(by_pointer, "/type") or words(_PAPER.get(_own(credential, "kind"), "")),
        issuer=issuer if isinstance(issuer, str) else None,
        name=_own(credential, "name") or _display(by_pointer, _NAME),
        birth_date=_readable(born, words),
        written_birth_date=born,
        facts=tuple(_fact(claim, words) for claim in told if not claim.pointer.startswith(_TECHNICAL)),
        more=tuple(_fact(claim, words) for claim in told if claim.pointer.startswith(_TECHNICAL)),
    )


def _own(credential: JSONObject, member: str) -> str:
    """Return what stands beside the claims of a paper code; a credential has it among its claims."""
    value = credential.get(member)
    return value if isinstance(value, str) else ""


def _display(by_pointer: Mapping[str, Claim], pointer: str) -> str:
    return by_pointer[pointer].display if pointer in by_pointer else ""


def _fact(claim: Claim, words: Words) -> Fact:
    return Fact(claim.label, _readable(claim.display, words))


def _claim(item: JSONObject) -> Claim:
    code = item.get("code")
    return Claim(
        str(item.get("pointer")),
        str(item.get("label")),
        str(item.get("display")),
        code if isinstance(code, str) else None,
    )


def _readable(text: str, words: Words) -> str:
    """Return a whole date or moment as the language writes it; everything else as it stands."""
    try:
        if len(text) == _ISO_DATE:
            return words.date(parse_datetime(f"{text}T00:00:00Z"))
        if "T" in text[_ISO_DATE : _ISO_DATE + 1]:
            return f"{words.moment(parse_datetime(text))} UTC" if text.endswith("Z") else text
    except MalformedValueError:
        pass
    return text


def _objects(value: JSONValue) -> list[JSONObject]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
